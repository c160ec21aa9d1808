from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import TRUSTING, write_pdf
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from tools import call, talk

from rag_app.errors import EmptyQuestion
from rag_app.language.language import get_language
from rag_app.server.mcp import build

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library

NOTICE = "How long is the notice period?"


def test_the_tools_say_what_they_do_and_that_they_only_read(library: Library) -> None:
    listed = talk(build(library), lambda client: client.list_tools())
    tools = {tool.name: tool for tool in listed.tools}
    assert set(tools) == {"search_documents", "ask_documents", "list_documents", "read_page"}
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
        assert not tool.annotations.open_world_hint
    assert tools["search_documents"].input_schema["required"] == ["question"]


def test_a_search_returns_the_passages_of_the_library(library: Library) -> None:
    found = call(library, "search_documents", question=NOTICE, k=2).structured_content
    assert [hit["text"] for hit in found["passages"]] == [hit.text for hit in library.search(NOTICE, 2)]


def test_tools_that_are_called_at_once_answer_as_they_do_one_by_one(library: Library) -> None:
    questions = [NOTICE, "How heavy is the dishwasher?", "May the tenant keep a cat?", "When is the rent due?"] * 4
    tools = ["search_documents", "ask_documents"] * 8

    async def at_once(client: Client) -> Any:
        pairs = zip(tools, questions, strict=True)
        return await asyncio.gather(*(client.call_tool(tool, {"question": asked}) for tool, asked in pairs))

    found = [result.structured_content for result in talk(build(library), at_once)]
    alone = [
        call(library, tool, question=asked).structured_content for tool, asked in zip(tools, questions, strict=True)
    ]
    assert [timeless(one) for one in found] == [timeless(one) for one in alone]


def timeless(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "seconds"}


def test_an_answer_comes_with_its_citations(library: Library) -> None:
    told = call(library, "ask_documents", question=NOTICE).structured_content
    assert (told["status"], told["nearest"]) == ("answered", [])
    [citation] = told["citations"]
    assert citation["verified"]
    assert citation["quote"] in library.read(citation["document"]).text


def test_an_agent_is_told_the_kind_of_an_answer_and_how_likely_it_is_right(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = call(library, "ask_documents", question=NOTICE).structured_content
    assert (told["kind"], 0 < told["confidence"] <= 1, "unsure" in told) == ("short", True, False)
    monkeypatch.setattr("rag_app.answering.shaped.judge_of", lambda *_: replace(TRUSTING, answered=1.0))
    told = call(library, "ask_documents", question=NOTICE).structured_content
    assert (told["status"], told["unsure"]) == ("partial", get_language("en").sentences.unsure)
    assert {"document", "page", "page_label", "text"} == set(told["nearest"][0])


def test_without_an_answer_the_nearest_passages_are_named(library: Library) -> None:
    told = call(library, "ask_documents", question="Who is the president of France?").structured_content
    assert (told["status"], told["citations"]) == ("not_found", [])
    assert {"document", "page", "page_label", "text"} == set(told["nearest"][0])


def test_documents_are_listed_and_their_pages_read(library: Library) -> None:
    listed = call(library, "list_documents").structured_content["documents"]
    assert [entry["document"] for entry in listed] == [document.path for document in library.documents()]
    page = call(library, "read_page", document="lease.pdf", page=2).structured_content
    assert (page["page"], page["pages"]) == (2, 2)
    assert page["text"] == library.read("lease.pdf").pages[1].text


def test_a_search_can_be_limited_to_documents(library: Library) -> None:
    found = call(library, "search_documents", question=NOTICE, within=["manual.pdf"]).structured_content
    assert {hit["document"].rpartition("/")[2] for hit in found["passages"]} == {"manual.pdf"}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("search_documents", {"question": "x" * 5000}, "4,000"),
        *(
            (tool, {"question": asked}, f"{EmptyQuestion()} {EmptyQuestion().hint}")
            for tool in ("search_documents", "ask_documents")
            for asked in ("", "\u200b", "?", "❤️")
        ),
        ("search_documents", {"question": NOTICE, "k": 0}, "k"),
        ("search_documents", {"question": NOTICE, "k": 51}, "k"),
        ("search_documents", {"question": NOTICE, "within": ["nowhere.pdf"]}, "nowhere.pdf"),
        ("search_documents", {}, "question"),
        ("ask_documents", {"question": ["a"]}, "question"),
        ("read_page", {"document": "nowhere.pdf"}, "nowhere.pdf"),
        ("read_page", {"document": "../../etc/passwd"}, "passwd"),
        ("read_page", {"document": "lease.pdf", "page": 3}, "2 pages"),
        ("read_page", {"document": "lease.pdf", "page": 0}, "page"),
    ],
)
def test_a_wrong_call_is_told_in_a_sentence_and_the_server_goes_on(
    library: Library, tool: str, arguments: dict[str, Any], words: str
) -> None:
    async def said(client: Client) -> Any:
        wrong = await client.call_tool(tool, arguments)
        return wrong, await client.call_tool("list_documents", {})

    wrong, after = talk(build(library), said)
    text = wrong.content[0].text
    assert wrong.is_error
    assert words in text
    assert "Traceback" not in text
    assert not after.is_error


def test_documents_are_resources_as_long_as_they_are_in_the_library(library: Library) -> None:
    async def said(client: Client) -> Any:
        before = (await client.list_resources()).resources
        texts = [(await client.read_resource(str(one.uri))).contents[0].text for one in before]
        page = (await client.read_resource(f"{before[0].uri}/pages/1")).contents[0].text
        library.remove(library.documents()[0].path)
        return texts, page, (await client.list_resources()).resources

    stored = [library.read(document.path) for document in library.documents()]
    texts, page, after = talk(build(library), said)
    assert texts == [document.text for document in stored]
    assert page == stored[0].pages[0].text
    assert len(after) == len(stored) - 1


@pytest.mark.parametrize(
    "address",
    ["rag://documents/0000000000000000", "rag://documents/..%2F..%2Fetc%2Fpasswd", "file:///etc/passwd", "rag://x"],
)
def test_no_other_address_is_read(library: Library, address: str) -> None:
    async def said(client: Client) -> str:
        with pytest.raises(MCPError) as caught:
            await client.read_resource(address)
        return str(caught.value)

    told = talk(build(library), said)
    assert told
    assert "root:" not in told
    assert "Traceback" not in told


@pytest.mark.models
def test_a_client_that_starts_the_command_gets_a_proved_answer(tmp_path: Path) -> None:
    text = "The notice period of the lease is three months to the end of a calendar month."
    write_pdf(tmp_path / "lease.pdf", text)
    from rag_app.library import Library

    with Library.open(tmp_path / "library") as library:
        library.ingest([tmp_path / "lease.pdf"])
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "rag_app", "mcp", "--library", str(tmp_path / "library")],
        env=dict(os.environ),
    )

    async def said(client: Client) -> Any:
        return await client.call_tool("ask_documents", {"question": NOTICE})

    told = talk(stdio_client(server), said)
    answer = told.structured_content or json.loads(told.content[0].text)
    assert answer["status"] == "answered"
    assert "three months" in answer["answer"]
    assert [citation["quote"] for citation in answer["citations"]] == [text]
