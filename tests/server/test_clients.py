"""Clients that people have: the OpenAI package and LangChain, against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

openai = pytest.importorskip("openai", reason="the package openai is not installed")

if TYPE_CHECKING:
    from pathlib import Path

    from running import Running

NOTICE = "How long is the notice period?"
SAID = "The notice period is three months to the end of a calendar month. [1]"


def client_of(served: Running, **changes: Any) -> Any:
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="none", max_retries=0, **changes)


def test_the_openai_package_reads_an_answer_with_its_citations(served: Running) -> None:
    with client_of(served) as client:
        answer = client.chat.completions.create(model="rag", messages=[{"role": "user", "content": NOTICE}])
    message = answer.choices[0].message
    assert message.content == SAID
    assert message.citations[0]["verified"] is True
    assert answer.usage.total_tokens > 20


def test_the_openai_package_reads_a_stream(served: Running) -> None:
    with client_of(served) as client:
        chunks = list(
            client.chat.completions.create(
                model="rag",
                messages=[{"role": "user", "content": NOTICE}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == SAID
    assert chunks[-1].usage.total_tokens > 20
    assert chunks[-1].citations[0]["page"] == 1


def test_the_openai_package_embeds_and_lists_models(served: Running) -> None:
    with client_of(served) as client:
        value = client.embeddings.create(model="words", input=["the cat sat"])
        models = [model.id for model in client.models.list()]
    assert np.allclose(value.data[0].embedding, served.library.embedder.embed_passages(["the cat sat"])[0])
    assert models == ["script", "words"]


def test_the_openai_package_raises_its_own_errors(served: Running) -> None:
    with client_of(served) as client:
        with pytest.raises(openai.BadRequestError, match="The question is empty"):
            client.chat.completions.create(model="rag", messages=[{"role": "user", "content": " "}])
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("other")
        served.ring.add("mine")
        with pytest.raises(openai.AuthenticationError, match="The key is not known"):
            client.models.list()


def test_langchain_talks_to_the_server(served: Running) -> None:
    chat_models = pytest.importorskip("langchain_openai", reason="the package langchain-openai is not installed")
    model = chat_models.ChatOpenAI(base_url=f"{served.url}/v1", api_key="none", model="rag", max_retries=0)
    try:
        answer = model.invoke([("user", "May the tenant keep a cat?"), ("ai", "One cat."), ("user", NOTICE)])
        pieces = [piece.content for piece in model.stream(NOTICE)]
    finally:
        model.root_client.close()
    assert answer.content == SAID
    assert answer.response_metadata["finish_reason"] == "stop"
    assert "".join(pieces) == SAID
    assert len(pieces) > 5


@pytest.mark.models
def test_a_real_model_answers_through_the_openai_package_with_a_verified_citation(tmp_path: Path) -> None:
    from conftest import LEASE
    from fakes import write_pdf
    from running import Running as Served
    from running import serving

    from rag_app.library import Library

    write_pdf(tmp_path / "lease.pdf", *LEASE, title="Residential Lease")
    with Library.open(tmp_path / "library") as library, Library.open(tmp_path / "library") as writer:
        library.ingest([tmp_path / "lease.pdf"])
        with serving(library, writer) as served, client_of(served, timeout=120) as client:
            assert isinstance(served, Served)
            answer = client.chat.completions.create(model="rag", messages=[{"role": "user", "content": NOTICE}])
    message = answer.choices[0].message
    assert "three months" in message.content
    [citation, *_] = message.citations
    assert (citation["verified"], citation["page"], citation["name"]) == (True, 1, "lease.pdf")
    assert "notice period is three months" in citation["quote"]
