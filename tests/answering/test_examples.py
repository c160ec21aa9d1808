"""The programs under docs/examples run as they stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from documented import load
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.library import Library

NOTICE = "How long is the notice period?"


class CallsOnce(GenericFakeChatModel):
    """Calls the first tool it is given with one question, and then repeats what the tool said."""

    seen: list[Any] = []  # noqa: RUF012 a pydantic field

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        self.seen.append([tool.name for tool in tools])
        return self

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> Any:
        last = messages[-1]
        call = {"name": "ask_documents", "args": {"question": NOTICE}, "id": "1", "type": "tool_call"}
        said = AIMessage(last.content) if last.type == "tool" else AIMessage("", tool_calls=[call])
        self.messages = iter([said])
        return super()._generate(messages, *args, **kwargs)


def test_a_langgraph_agent_asks_the_documents_and_keeps_the_proof(library: Library) -> None:
    example = load("langgraph_agent")
    model = CallsOnce(messages=iter([]))
    said, [answer] = example.ask(example.make_agent(library, model), "When can I leave the flat?")
    assert model.seen[0] == ["ask_documents"]
    assert said.startswith(answer.answer)
    assert answer.citations[0].quote in library.read(answer.citations[0].document).text


@pytest.mark.slow
def test_a_telegram_bot_answers_over_http_with_quote_and_page(tmp_path: Path) -> None:
    from running import filled, running

    example = load("telegram_bot")
    history: list[dict[str, str]] = []
    with running(filled(tmp_path)) as served:
        said = example.answer_to(NOTICE, history, served.url, "")
    assert "three months" in said
    assert "[1] lease.pdf, page 1: “" in said
    assert [turn["role"] for turn in history] == ["user", "assistant"]
