"""Embeddings: as many texts as clients send at once, in slices that let questions in between."""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from fakes import WordEmbedder, fakes_of
from helpers_cli import wait_for
from running import SMALL, filled, running

from rag_app.server.embeddings import MOST_TEXTS, SLICE
from rag_app.server.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from running import Running

    from rag_app.types import Vectors

pytestmark = pytest.mark.slow

NOTICE = "How long is the notice period?"
PASSAGE = "The tenant shall keep the flat, the cellar and the garden in good order and repair them at once. " * 13


class Counting(WordEmbedder):
    """Keeps how many texts it was given at a time, and can wait before the second slice."""

    def __init__(self, dimensions: int = 64) -> None:
        super().__init__(dimensions)
        self.sizes: list[int] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def embed_passages(self, texts: Sequence[str], progress: Any = None) -> Vectors:
        self.sizes.append(len(texts))
        self.begun.set()
        assert self.go_on.wait(20)
        return super().embed_passages(texts, progress)


def embed(served: Running, texts: Any, **fields: Any) -> httpx.Response:
    return served.client.post("/v1/embeddings", json={"input": texts, **fields}, timeout=60)


@pytest.mark.parametrize("form", ["float", "base64", None])
def test_two_thousand_passages_fit_in_one_request(served: Running, form: str | None) -> None:
    fakes_of(served.library).embedder = embedder = Counting()
    texts = [f"{n} {PASSAGE}" for n in range(MOST_TEXTS)]
    assert MOST_TEXTS == 2048
    assert sum(map(len, texts)) > 2 * SMALL.body
    answer = embed(served, texts, encoding_format=form, dimensions=64.0)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    value = answer.json()
    assert [entry["index"] for entry in value["data"]] == list(range(MOST_TEXTS))
    given = [entry["embedding"] for entry in value["data"]]
    rows = [np.frombuffer(base64.b64decode(row), "<f4") for row in given] if form == "base64" else given
    assert np.array_equal(np.array(rows, np.float32), WordEmbedder(64).embed_passages(texts))
    tokens = sum(embedder.count_tokens(texts))
    assert value["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    assert set(embedder.sizes) == {SLICE}
    assert served.healthy()


def test_a_question_is_answered_between_two_slices(served: Running) -> None:
    fakes_of(served.library).embedder = embedder = Counting(2048)
    embedder.go_on.clear()
    ended: list[str] = []

    def many() -> None:
        answer = httpx.post(f"{served.url}/v1/embeddings", json={"input": ["a cat"] * 10 * SLICE}, timeout=60)
        ended.append(f"embeddings {answer.status_code} after {len(embedder.sizes)} slices")

    def ask() -> None:
        answer = httpx.post(
            f"{served.url}/v1/chat/completions",
            json={"messages": [{"role": "user", "content": NOTICE}]},
            timeout=60,
        )
        ended.append(f"question {answer.status_code} after {len(embedder.sizes)} slices")

    threads = [threading.Thread(target=many), threading.Thread(target=ask)]
    threads[0].start()
    assert embedder.begun.wait(10)
    threads[1].start()
    wait_for(lambda: "rag_queue 2\n" in served.client.get("/metrics").text)
    embedder.go_on.set()
    for thread in threads:
        thread.join()
    assert ended[0].startswith("question 200 after ")
    assert int(ended[0].split()[3]) < 10
    assert ended[1] == "embeddings 200 after 10 slices"


def test_what_was_let_in_is_not_refused_in_the_middle(served: Running) -> None:
    """The queue fills while the first slice is embedded; the other slices wait with the rest."""
    fakes_of(served.library).embedder = embedder = Counting(2048)
    embedder.go_on.clear()
    statuses: list[int] = []

    def many(n: int) -> None:
        answer = httpx.post(f"{served.url}/v1/embeddings", json={"input": ["a cat"] * n}, timeout=60)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=many, args=(3 * SLICE,))]
    threads[0].start()
    assert embedder.begun.wait(10)
    threads += [threading.Thread(target=many, args=(1,)) for _ in range(Limits().waiting)]
    for thread in threads[1:]:
        thread.start()
    wait_for(lambda: f"rag_queue {1 + Limits().waiting}\n" in served.client.get("/metrics").text)
    refused = embed(served, ["a cat"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
    embedder.go_on.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * len(threads)


def test_only_two_large_requests_are_in_memory_at_once(served: Running) -> None:
    fakes_of(served.library).embedder = embedder = Counting()
    embedder.go_on.clear()
    texts = [f"{n} {PASSAGE}" for n in range(1000)]
    statuses: list[int] = []

    def many() -> None:
        answer = httpx.post(f"{served.url}/v1/embeddings", json={"input": texts}, timeout=60)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=many) for _ in range(SMALL.large)]
    for thread in threads:
        thread.start()
    wait_for(lambda: f"rag_queue {SMALL.large}\n" in served.client.get("/metrics").text)
    with httpx.Client(base_url=served.url) as client:
        refused = client.post("/v1/embeddings", json={"input": texts}, timeout=60)
    assert refused.status_code == 429
    assert refused.json()["error"]["message"] == "Too many large requests at once. Try again in a moment."
    assert refused.headers["retry-after"] == "5"
    embedder.go_on.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * SMALL.large
    assert embed(served, texts).status_code == 200  # their places are free again


@pytest.mark.parametrize(
    ("given", "fields", "status", "message"),
    [
        (["x"] * (MOST_TEXTS + 1), {}, 400, "The field input takes 1 to 2,048 texts."),
        ([], {}, 400, "The field input takes 1 to 2,048 texts."),
        (
            [[1, 2], [3]],
            {},
            400,
            "The field input takes texts, not tokens; with LangChain set check_embedding_ctx_length=False.",
        ),
        (
            [1, 2, 3],
            {},
            400,
            "The field input takes texts, not tokens; with LangChain set check_embedding_ctx_length=False.",
        ),
        (["x", " "], {}, 400, "A text is empty or has more than 20,000 characters."),
        ("x" * 20_001, {}, 400, "A text is empty or has more than 20,000 characters."),
        ("x", {"dimensions": 7}, 400, "The vectors have 2048 dimensions, and cannot have others."),
        ("x", {"dimensions": 7.5}, 400, "The field dimensions cannot be used: it has the wrong type or value."),
        (
            "x",
            {"encoding_format": "hex"},
            400,
            "The field encoding_format cannot be used: it has the wrong type or value.",
        ),
        (["x" * 19_000] * 900, {}, 413, "The body is larger than 16,777,216 bytes."),
    ],
)
def test_texts_that_cannot_be_embedded(
    served: Running, given: Any, fields: dict[str, Any], status: int, message: str
) -> None:
    answer = embed(served, given, **fields)
    assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)


def test_other_routes_take_no_large_bodies(served: Running) -> None:
    for path in ("/v1/chat/completions", "/v1/responses", "/v1/search"):
        answer = served.client.post(path, content=b" " * (SMALL.body + 1), headers={"content-type": "application/json"})
        assert answer.json()["error"]["message"] == "The body is larger than 1,048,576 bytes."


def test_null_is_as_good_as_absent(served: Running) -> None:
    fields = dict.fromkeys(("model", "encoding_format", "dimensions", "input_type", "user"))
    assert embed(served, "the cat sat", **fields).json() == embed(served, "the cat sat").json()


@pytest.mark.parametrize("name", ["script", "words"])
def test_a_model_is_told_by_its_id(served: Running, name: str) -> None:
    assert served.client.get(f"/v1/models/{name}").json()["id"] == name


@pytest.mark.parametrize("name", ["other", "org/words", "org%2Fwords", "a/b/c", "words/", "/words"])
def test_a_model_that_is_not_there_is_not_found_with_slashes_as_well(served: Running, name: str) -> None:
    answer = served.client.get(f"/v1/models/{name}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "There is no such model.")


def test_a_model_of_an_organisation_is_told_by_the_name_in_the_settings(tmp_path: Path) -> None:
    with running(filled(tmp_path)) as served:
        object.__setattr__(served.library.settings, "embedder", "org/words")
        for name in ("org/words", "org%2Fwords", "words"):
            assert served.client.get(f"/v1/models/{name}").json()["id"] == "words"
        assert served.client.get("/v1/models/other/words").status_code == 404
