"""Clients that people have: the OpenAI package and LangChain, against a real server."""

from __future__ import annotations

import functools
import operator
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytestmark = pytest.mark.slow

openai = pytest.importorskip("openai", reason="the package openai is not installed")

if TYPE_CHECKING:
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


def test_the_openai_package_reads_the_status_in_a_header(served: Running) -> None:
    with client_of(served) as client:
        asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": NOTICE}]
        raw = client.chat.completions.with_raw_response.create(model="rag", messages=asked)
    assert (raw.headers["x-rag-status"], raw.headers["x-rag-system"]) == ("answered", "unused")
    assert raw.parse().choices[0].message.status == "answered"
    assert [note["code"] for note in raw.parse().choices[0].message.notes] == ["system_unused"]


def test_the_openai_package_reads_a_response(served: Running) -> None:
    with client_of(served) as client:
        response = client.responses.create(model="rag", input=NOTICE, instructions="Be brief.", metadata={"mine": "1"})
    assert response.output_text == SAID
    [annotation] = response.output[0].content[0].annotations
    assert (annotation.type, annotation.filename, annotation.index) == ("file_citation", "lease.pdf", SAID.index("[1]"))
    assert (annotation.page, annotation.verified) == (1, True)
    assert response.metadata == {"mine": "1", "rag_status": "answered", "rag_notes": "system_unused"}
    assert response.citations[0]["verified"] is True
    assert response.answer_status == "answered"
    assert response.usage.total_tokens > 20


def test_the_openai_package_gathers_the_events_of_a_response(served: Running) -> None:
    with client_of(served) as client:
        with client.responses.stream(model="rag", input=[{"role": "user", "content": NOTICE}]) as stream:
            kinds = [event.type for event in stream]
            response = stream.get_final_response()
        plain = list(client.responses.create(model="rag", input=NOTICE, stream=True))
    assert (kinds[0], kinds[-1]) == ("response.created", "response.completed")
    assert response.output_text == SAID
    assert response.output[0].content[0].annotations[0].filename == "lease.pdf"
    assert "".join(event.delta for event in plain if event.type == "response.output_text.delta") == SAID
    [added] = [event for event in plain if event.type == "response.output_text.annotation.added"]
    assert added.annotation.type == "file_citation"
    assert plain[-1].response.metadata == {"rag_status": "answered"}


def test_the_openai_package_embeds_and_lists_models(served: Running) -> None:
    texts = [f"the cat sat {n} times" for n in range(2048)]
    with client_of(served) as client:
        value = client.embeddings.create(model="words", input=texts)
        plain = client.embeddings.create(model="words", input=texts[:1], encoding_format="float")
        models = [model.id for model in client.models.list()]
        retrieved = client.models.retrieve("words").id
    rows = [entry.embedding for entry in value.data]
    assert np.allclose(rows, served.library.embedder.embed_passages(texts))
    assert np.allclose(plain.data[0].embedding, rows[0])
    assert models == ["script", "words"]
    assert retrieved == "words"


def test_the_openai_package_raises_its_own_errors(served: Running) -> None:
    with client_of(served) as client:
        with pytest.raises(openai.BadRequestError, match="The question is empty"):
            client.chat.completions.create(model="rag", messages=[{"role": "user", "content": " "}])
        with pytest.raises(openai.BadRequestError, match="The server keeps no conversation"):
            client.responses.create(model="rag", input=NOTICE, previous_response_id="resp_1")
        for name in ("other", "org/other"):
            with pytest.raises(openai.NotFoundError, match="There is no such model"):
                client.models.retrieve(name)
        served.ring.add("mine")
        with pytest.raises(openai.AuthenticationError, match="The key is not known"):
            client.models.list()


def langchain_of(served: Running, **changes: Any) -> Any:
    chat_models = pytest.importorskip("langchain_openai", reason="the package langchain-openai is not installed")
    return chat_models.ChatOpenAI(base_url=f"{served.url}/v1", api_key="none", model="rag", max_retries=0, **changes)


def added(pieces: Any) -> Any:
    """Return the sum of the chunks of a LangChain stream."""
    return functools.reduce(operator.add, pieces)


def test_langchain_talks_to_the_server(served: Running) -> None:
    model = langchain_of(served)
    try:
        answer = model.invoke([("user", "May the tenant keep a cat?"), ("ai", "One cat."), ("user", NOTICE)])
        pieces = [piece.content for piece in model.stream(NOTICE)]
    finally:
        model.root_client.close()
    assert answer.content == SAID
    assert answer.response_metadata["finish_reason"] == "stop"
    assert "".join(pieces) == SAID
    assert len(pieces) > 5


def test_langchain_reads_the_status_in_a_header(served: Running) -> None:
    model = langchain_of(served, include_response_headers=True)
    try:
        headers = model.invoke([("system", "Be brief."), ("user", NOTICE)]).response_metadata["headers"]
    finally:
        model.root_client.close()
    assert (headers["x-rag-status"], headers["x-rag-note"]) == ("answered", "system_unused")


def test_langchain_reads_citations_and_status_of_a_response(served: Running) -> None:
    model = langchain_of(served, use_responses_api=True)
    try:
        whole = model.invoke([("system", "Be brief."), ("user", NOTICE)])
        streamed = added(model.stream([("system", "Be brief."), ("user", NOTICE)]))
        again = model.invoke([("user", "May the tenant keep a cat?"), whole, ("user", NOTICE)])
    finally:
        model.root_client.close()
    for answer in (whole, streamed):
        assert answer.text == SAID
        assert answer.response_metadata["metadata"] == {"rag_status": "answered", "rag_notes": "system_unused"}
        [citation] = answer.content_blocks[0]["annotations"]
        assert (citation["type"], citation["title"]) == ("citation", "lease.pdf")
        assert (citation["extras"]["page"], citation["extras"]["verified"]) == (1, True)
        assert "three months" in citation["extras"]["quote"]
    assert again.text == SAID
    assert again.response_metadata["metadata"] == {"rag_status": "answered"}


def test_langchain_offers_tools_and_is_answered_from_the_documents(served: Running) -> None:
    def weather(city: str) -> str:
        """Tell the weather."""
        return city

    model = langchain_of(served, include_response_headers=True)
    try:
        answer = model.bind_tools([weather]).invoke(NOTICE)
        with pytest.raises(openai.BadRequestError, match="The field tool_choice asks for what this server cannot do"):
            model.bind_tools([weather], tool_choice="required").invoke(NOTICE)
    finally:
        model.root_client.close()
    assert (answer.content, answer.tool_calls) == (SAID, [])
    assert answer.response_metadata["headers"]["x-rag-note"] == "tools_unused"


def test_the_snippets_of_the_documentation_print_the_answer_and_its_proof(
    served: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("langchain_openai", reason="the package langchain-openai is not installed")
    page = (Path(__file__).parents[2] / "docs" / "server.md").read_text("utf-8")
    blocks = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "gradio" not in block]
    assert len(blocks) == 3
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block.replace("http://127.0.0.1:8000", served.url), names)
    names["client"].close()
    quote = SAID.removesuffix(" [1]")
    assert capsys.readouterr().out.splitlines() == [
        SAID,
        f"1 lease.pdf 1 {quote} True",
        f"{SAID} answered",
        f"lease.pdf 1 {quote} True",
        f"{SAID} answered",
        f"{SAID} answered",
        f"lease.pdf 1 {quote}",
    ]


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
