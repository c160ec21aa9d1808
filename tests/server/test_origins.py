"""Pages of other sites and programs made of web pages: what a browser asks before, and what its scripts may read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from running import SMALL, filled, running

from rag_app.errors import UsageError
from rag_app.server.key_ring import origin_of
from rag_app.server.origins import allowed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx
    from running import Running

pytestmark = pytest.mark.slow

SITE, PROGRAM, SHOP = "https://pages.example", "capacitor://localhost", "https://shop.example"
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
ASKED = {"messages": [{"role": "user", "content": "How long is the notice period?"}]}

SENT_BY_THE_SDK = (
    *("authorization", "content-type", "openai-organization", "openai-project", "openai-beta", "user-agent"),
    *("x-stainless-arch", "x-stainless-lang", "x-stainless-os", "x-stainless-package-version"),
    *("x-stainless-retry-count", "x-stainless-runtime", "x-stainless-runtime-version", "x-stainless-timeout"),
    *("x-stainless-helper-method", "x-stainless-poll-helper", "idempotency-key", "http-referer", "x-title"),
)


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """A server that a site and a program may use, with an admin's key; a shop's widget may chat."""
    folder = filled(tmp_path_factory.mktemp("origins"))
    with running(folder, origins=(SITE, PROGRAM)) as served:
        secret = served.ring.add("mine")
        served.ring.add("shop", "widget", origins=[SHOP], rate=5)
        yield served, secret


def preflight(served: Running, path: str, origin: str, headers: str, **more: str) -> httpx.Response:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": headers, **more}
    return served.client.request("OPTIONS", path, headers={"origin": origin, **asked})


@pytest.mark.parametrize("origin", [SITE, PROGRAM])
@pytest.mark.parametrize("path", [CHAT, RESPONSES, "/v1/embeddings", "/v1/models"])
def test_all_headers_of_the_sdk_pass_the_preflight(keyed: tuple[Running, str], origin: str, path: str) -> None:
    answer = preflight(keyed[0], path, origin, ",".join(SENT_BY_THE_SDK))
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == origin
    assert set(answer.headers["access-control-allow-headers"].split(", ")) == set(SENT_BY_THE_SDK)


def test_the_preflight_lets_only_headers_of_known_kinds_through() -> None:
    asked = "X-Stainless-OS, x-forwarded-for, Cookie, host, x-real-ip, via, x-stainless-, x-stainless-" + "a" * 99
    assert allowed_headers(asked) == "authorization, content-type, x-stainless-os"
    assert allowed_headers("") == "authorization, content-type"


def test_the_preflight_of_a_page_that_is_not_listed_is_refused_whatever_it_asks_for(keyed: tuple[Running, str]) -> None:
    for origin in ("https://evil.example", "null", "file://", "capacitor://localhost.evil", "app://localhost"):
        answer = preflight(keyed[0], CHAT, origin, "authorization")
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_public_page_may_reach_a_private_address_where_it_is_listed(keyed: tuple[Running, str]) -> None:
    asked = {"access-control-request-private-network": "true"}
    answer = preflight(keyed[0], CHAT, SITE, "authorization", **asked)
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert "access-control-allow-private-network" not in preflight(keyed[0], CHAT, SITE, "authorization").headers


ERRORS: list[tuple[int, str, str, dict[str, str], bytes]] = [
    (401, "POST", CHAT, {"authorization": "Bearer x"}, json.dumps(ASKED).encode()),
    (401, "GET", "/v1/models", {"authorization": ""}, b""),
    (400, "POST", CHAT, {}, b"{}"),
    (400, "POST", RESPONSES, {}, b"{}"),
    (404, "GET", "/v1/models/none", {}, b""),
    (405, "DELETE", CHAT, {}, b""),
    (413, "POST", CHAT, {}, b"x" * (SMALL.body + 1)),
    (413, "POST", "/v1/embeddings", {}, b"x" * (SMALL.texts + 1)),
    (415, "POST", CHAT, {"content-type": "text/plain"}, b"x"),
    (421, "GET", "/v1/models", {"host": "evil.example"}, b""),
]


@pytest.mark.parametrize(("status", "method", "path", "headers", "content"), ERRORS, ids=lambda value: str(value)[:30])
def test_a_listed_page_can_read_every_error(
    keyed: tuple[Running, str], status: int, method: str, path: str, headers: dict[str, str], content: bytes
) -> None:
    served, secret = keyed
    sent = {"authorization": f"Bearer {secret}", "content-type": "application/json", "origin": SITE, **headers}
    answer = served.client.request(method, path, headers=sent, content=content)
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert "retry-after" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "origin"
    assert answer.json()["error"]["message"]
    other = served.client.request(method, path, headers={**sent, "origin": "https://evil.example"}, content=content)
    assert other.status_code >= 400
    assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", CHAT, "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("GET", "/v1/documents/doc-x", "DELETE"),
        ("PUT", "/v1/documents", "DELETE, GET, HEAD, OPTIONS, POST"),
    ],
)
def test_a_method_that_is_not_allowed_is_told_which_are(
    keyed: tuple[Running, str], method: str, path: str, allowed: str
) -> None:
    served, secret = keyed
    answer = served.client.request(method, path, headers={"authorization": f"Bearer {secret}"})
    assert (answer.status_code, ", ".join(sorted(answer.headers["allow"].split(", ")))) == (405, allowed)


def test_a_listed_page_can_read_that_too_many_questions_wait(tmp_path: Path) -> None:
    with running(filled(tmp_path)) as served:
        secret = served.ring.add("shop", "widget", origins=[SHOP], rate=1)
        headers = {"authorization": f"Bearer {secret}", "origin": SHOP}
        answers = [served.client.post(CHAT, json=ASKED, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {SHOP}
    assert int(answers[1].headers["retry-after"]) >= 1


def test_a_listed_page_can_read_that_the_keys_are_damaged(tmp_path: Path) -> None:
    with running(filled(tmp_path), origins=(SITE,)) as served:
        served.ring.path.write_text("{")
        for origin, allowed in ((SITE, SITE), (SHOP, None)):
            answer = served.client.post(CHAT, json=ASKED, headers={"origin": origin})
            assert answer.status_code == 503
            assert answer.headers.get("access-control-allow-origin") == allowed


def test_a_widgets_site_reads_the_chats_errors_and_nothing_else(keyed: tuple[Running, str]) -> None:
    served, secret = keyed
    headers = {"authorization": "Bearer x", "origin": SHOP}
    refused = served.client.post(CHAT, json=ASKED, headers=headers)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, SHOP)
    for path in (RESPONSES, "/v1/search", "/v1/documents"):
        answer = served.client.post(path, json=ASKED, headers={**headers, "authorization": f"Bearer {secret}"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_of_a_program_asks_with_an_admins_key(keyed: tuple[Running, str]) -> None:
    served, secret = keyed
    headers = {"authorization": f"Bearer {secret}", "origin": PROGRAM}
    answer = served.client.post(CHAT, json=ASKED, headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PROGRAM)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("app://obsidian.md", "app://obsidian.md"),
        ("App://Obsidian.md/", "app://obsidian.md"),
        ("app://.", "app://."),
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("tauri://localhost", "tauri://localhost"),
        ("vscode-webview://0a1b2c", "vscode-webview://0a1b2c"),
        ("chrome-extension://abcdefghijklmnopabcdefghijklmnop", "chrome-extension://abcdefghijklmnopabcdefghijklmnop"),
        ("app://localhost:5173", "app://localhost:5173"),
        *(
            (text, None)
            for text in ("app://", "app:localhost", "app://a/b", "app://a?b", "app://u@a", "app://*", "app://a b")
        ),
        *((text, None) for text in ("file://", "file://server", "file:///a", "null", "data://x", "blob://x", "://x")),
        *((text, None) for text in ("about://blank", "content://media", "filesystem://x", "javascript://x")),
    ],
)
def test_a_program_has_an_origin_of_its_own_and_files_have_none(text: str, origin: str | None) -> None:
    if origin is None:
        with pytest.raises(UsageError, match="is not the origin of a site"):
            origin_of(text)
    else:
        assert origin_of(text) == origin


def test_an_origin_that_is_none_says_how_one_is_written() -> None:
    with pytest.raises(UsageError) as caught:
        origin_of("file:///home")
    assert caught.value.hint == "Write it like https://example.com or app://example."
