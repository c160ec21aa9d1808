"""Keys: made, kept as hashes, found, revoked; and what each kind opens."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest
from helpers_cli import rag
from running import filled, running

from rag_app.errors import LibraryError, UsageError
from rag_app.server.key_ring import KeyRing, origin_of
from rag_app.server.limits import Rates
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from running import Running

pytestmark = pytest.mark.slow

SITE = "https://shop.example"
NOTICE = "How long is the notice period?"


def test_a_key_is_kept_as_its_hash_and_found_by_itself(tmp_path: Path) -> None:
    ring = KeyRing(tmp_path)
    secret, other = ring.add("mine"), ring.add("shop", "widget", origins=[SITE], where=Filter(tags=("public",)))
    assert secret.startswith("rag-admin-")
    assert len(secret.removeprefix("rag-admin-")) == 43  # 256 bits
    text = ring.path.read_text()
    assert secret not in text
    assert other not in text
    if sys.platform != "win32":
        assert stat.S_IMODE(ring.path.stat().st_mode) == 0o600
    fresh = KeyRing(tmp_path)
    found = fresh.find(other)
    assert found is not None
    assert (found.name, found.kind, found.origins, found.where) == ("shop", "widget", (SITE,), Filter(tags=("public",)))
    assert [key.name for key in fresh.all()] == ["mine", "shop"]
    assert [fresh.find(text) for text in ("", secret[:-1], secret + "x", secret.upper(), "\ud800", "é" * 900)] == [
        None
    ] * 6


def test_a_revoked_key_opens_nothing_also_for_a_ring_that_was_open(tmp_path: Path) -> None:
    ring, open_one = KeyRing(tmp_path), KeyRing(tmp_path)
    secret = ring.add("mine")
    assert open_one.find(secret) is not None
    ring.revoke("mine")
    assert open_one.find(secret) is None
    with pytest.raises(UsageError, match="There is no key mine"):
        ring.revoke("mine")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "a b"}, "cannot name a key"),
        ({"name": "../x"}, "cannot name a key"),
        ({"name": "mine"}, "a key mine already"),
        ({"name": "w", "kind": "widget"}, "needs a site"),
        ({"name": "a", "origins": [SITE]}, "takes no origin"),
        ({"name": "w", "kind": "widget", "origins": ["*"]}, "not the origin"),
        ({"name": "w", "kind": "widget", "origins": [SITE], "rate": 0}, "out of range"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    ring = KeyRing(tmp_path)
    ring.add("mine")
    with pytest.raises(UsageError, match=message):
        ring.add(**arguments)
    assert [key.name for key in ring.all()] == ["mine"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"keys": [{}]}', '{"keys": [1]}', "\0"])
def test_damaged_keys_are_an_error_and_never_no_keys(tmp_path: Path, damage: str) -> None:
    (tmp_path / "server-keys.json").write_text(damage)
    with pytest.raises(LibraryError, match="cannot be read"):
        KeyRing(tmp_path).all()


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Shop.Example/", SITE),
        ("https://shop.example:443", SITE),
        ("http://localhost:5173", "http://localhost:5173"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:80", "http://[::1]"),
        *[(text, None) for text in ("null", "shop.example", "https://*.example", "https://a.example/x", "file:///")],
        *[(text, None) for text in ("https://u@a.example", "https://a.example:x", "https://", "javascript:1", "")],
    ],
)
def test_an_origin_is_written_as_a_browser_sends_it(text: str, origin: str | None) -> None:
    if origin is None:
        with pytest.raises(UsageError, match="not the origin of a site"):
            origin_of(text)
    else:
        assert origin_of(text) == origin


def test_a_client_has_a_minutes_worth_and_gets_it_back_evenly() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    assert [rates.wait("k", "a", 3) for _ in range(3)] == [0.0] * 3
    assert rates.wait("k", "a", 3) == pytest.approx(20)
    assert rates.wait("k", "b", 3) == 0.0  # another address
    now[0] = 20.0
    assert rates.wait("k", "a", 3) == 0.0
    assert rates.wait("k", "a", 3) == pytest.approx(20)


def test_clients_that_come_and_go_do_not_fill_the_memory() -> None:
    rates = Rates(most=10)
    for n in range(1000):
        rates.wait("k", str(n), 3)
    assert len(rates._buckets) == 10


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[tuple[Running, str, str]]:
    """A server with an admin and a widget key, the latter for documents tagged public."""
    with running(filled(tmp_path)) as served:
        admin = served.ring.add("mine")
        widget = served.ring.add("shop", "widget", origins=[SITE], where=Filter(tags=("public",)), rate=5)
        yield served, admin, widget


ROUTES = [
    ("GET", "/v1/models"),
    ("GET", "/v1/documents"),
    ("GET", "/v1/documents/doc-0/pages/1"),
    ("DELETE", "/v1/documents/doc-0"),
    ("POST", "/v1/documents"),
    ("POST", "/v1/search"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/responses"),
    ("GET", "/v1/models/script"),
    ("GET", "/v1/documents/jobs/job-0"),
    ("GET", "/metrics"),
    ("GET", "/nothing"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_with_keys_every_route_needs_one(keyed: tuple[Running, str, str], method: str, path: str) -> None:
    served, admin, widget = keyed
    for authorization in (None, "Bearer x", "Basic eDp5", f"Bearer {admin}x", admin, "Bearer", f"bearer{admin}"):
        headers = {"authorization": authorization} if authorization else {}
        answer = served.client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
        assert answer.headers["www-authenticate"] == "Bearer"
    if path != "/v1/chat/completions":
        answer = served.client.request(method, path, headers={"authorization": f"Bearer {widget}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "key_not_allowed")
    assert served.client.request(method, path, headers={"authorization": f"Bearer {admin}"}).status_code not in {
        401,
        403,
    }


def test_what_is_open_tells_nothing_of_the_library(keyed: tuple[Running, str, str]) -> None:
    served, *_ = keyed
    for path in ("/", "/chat.js", "/chat.css", "/icon.svg", "/widget.js", "/health"):
        answer = served.client.get(path)
        assert answer.status_code == 200
        assert "lease" not in answer.text


def chat(served: Running, key: str, question: str, **headers: str) -> httpx.Response:
    body = {"messages": [{"role": "user", "content": question}]}
    headers = {"authorization": f"Bearer {key}", **headers}
    return served.client.post("/v1/chat/completions", json=body, headers=headers)


def test_a_widget_key_answers_from_its_documents_and_without_paths(keyed: tuple[Running, str, str]) -> None:
    served, admin, widget = keyed
    answer = chat(served, widget, "How much does the dishwasher weigh?", origin=SITE)
    [citation] = answer.json()["choices"][0]["message"]["citations"]
    assert citation["document"] == citation["name"] == "manual.pdf"
    assert answer.headers["access-control-allow-origin"] == SITE
    refused = chat(served, widget, NOTICE).json()["choices"][0]["message"]
    assert refused["status"] == "not_found"
    assert "passages" not in refused
    assert chat(served, admin, NOTICE).json()["choices"][0]["message"]["status"] == "answered"


@pytest.mark.parametrize(
    "question",
    [
        "Which of my documents mention the notice period?",
        "Which documents mention the tenant?",
        "Summarise lease.pdf.",
        "Summarize the residential lease.",
        "Compare lease.pdf and manual.pdf: how long is the notice period?",
        "What does the residential lease say about dogs?",
        "List all documents about the landlord.",
    ],
)
def test_no_kind_of_question_gets_around_the_documents_of_a_widget_key(
    keyed: tuple[Running, str, str], question: str
) -> None:
    served, _, widget = keyed
    answer = chat(served, widget, question)
    assert answer.status_code == 200
    assert {citation["name"] for citation in answer.json()["choices"][0]["message"]["citations"]} <= {"manual.pdf"}
    said = answer.json()["choices"][0]["message"]["content"].lower()
    for secret in ("three months", "1,250", "one cat", "written consent", "second floor"):
        assert secret not in said


def test_a_widget_key_cannot_choose_documents(keyed: tuple[Running, str, str]) -> None:
    served, _, widget = keyed
    body = {"messages": [{"role": "user", "content": NOTICE}], "filter": {}}
    answer = served.client.post("/v1/chat/completions", json=body, headers={"authorization": f"Bearer {widget}"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "key_not_allowed")


def test_a_widget_key_works_on_its_site_only(keyed: tuple[Running, str, str]) -> None:
    served, _, widget = keyed
    for origin in ("https://evil.example", "null", "http://shop.example", f"{SITE}.evil.example", f"{SITE}:444"):
        answer = chat(served, widget, NOTICE, origin=origin)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in answer.headers


def test_a_preflight_is_answered_for_known_sites_and_the_chat_only(keyed: tuple[Running, str, str]) -> None:
    served, *_ = keyed
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}

    def preflight(path: str, origin: str) -> httpx.Response:
        return served.client.request("OPTIONS", path, headers={"origin": origin, **asked})

    answer = preflight("/v1/chat/completions", SITE)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert preflight("/v1/chat/completions", "https://evil.example").status_code == 403
    assert preflight("/v1/documents", SITE).status_code == 403


def test_a_widget_key_has_a_rate(keyed: tuple[Running, str, str]) -> None:
    served, _, widget = keyed
    answers = [chat(served, widget, "x") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 12
    assert answers[-1].json()["error"]["type"] == "rate_limit_error"


def test_a_running_server_sees_new_and_revoked_keys(served: Running) -> None:
    assert served.client.get("/v1/models").status_code == 200
    secret = served.ring.add("mine")
    assert served.client.get("/v1/models").status_code == 401
    assert served.client.get("/v1/models", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    served.ring.revoke("mine")
    assert served.client.get("/v1/models", headers={"authorization": f"Bearer {secret}"}).status_code == 200


def test_damaged_keys_shut_the_server(served: Running) -> None:
    served.ring.path.write_text("{")
    answer = served.client.get("/v1/models")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "library_error")
    assert str(served.ring.path) not in answer.text
    assert served.healthy()


def test_keys_on_the_command_line(tmp_path: Path) -> None:
    library = ("--library", tmp_path / "library")
    made = rag("keys", "add", "mine", *library)
    assert (made.code, made.out.startswith("rag-admin-")) == (0, True)
    shop = rag("keys", "add", "shop", "--widget", "--origin", SITE, "--rate", "7", *library, "--json").json
    assert (shop["name"], shop["kind"], shop["key"][:11]) == ("shop", "widget", "rag-widget-")
    listed = rag("keys", "list", *library, "--json").json["keys"]
    assert [(key["name"], key["kind"], key["rate"], key["origins"]) for key in listed] == [
        ("mine", "admin", 20, []),
        ("shop", "widget", 7, [SITE]),
    ]
    shown = rag("keys", "list", *library)
    assert shop["key"] not in shown.out
    assert SITE in shown.out
    assert rag("keys", "revoke", "mine", *library).out == "mine is revoked.\n"
    again = rag("keys", "revoke", "mine", *library)
    assert (again.code, again.message) == (1, "There is no key mine.")


@pytest.mark.parametrize("arguments", [("--host", "0.0.0.0"), ("--allow-host", "docs.example")])
def test_without_a_key_the_server_is_for_this_machine(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    run = rag("serve", *arguments, "--port", "0", "--library", tmp_path / "library")
    assert run.code == 1
    assert "there is no key yet" in run.message
    assert "rag keys add" in run.error


def test_the_mask_of_new_files_is_as_before_once_a_key_was_made(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        KeyRing(tmp_path).add("mine")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(mask)
