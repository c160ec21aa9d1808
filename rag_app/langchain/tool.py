"""A library as a tool that a LangChain or LangGraph agent may call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from langchain_core.tools import StructuredTool, ToolException
from pydantic import BaseModel, Field

from rag_app.errors import RagError
from rag_app.types import Answer  # noqa: TC001 LangGraph reads the annotations of `run`

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "ask_documents"
DESCRIPTION = (
    "Answer one question from the user's own documents. The answer comes with quotes and pages as proof, or says that "
    "the documents do not hold it. Ask whole questions that stand alone, one at a time."
)


class _Asked(BaseModel):
    question: Annotated[str, Field(description="A whole question, in the language of the documents.")]


def answering_tool(ask: Callable[[str], Answer], name: str = NAME, description: str = DESCRIPTION) -> StructuredTool:
    """Return a tool whose content is the answer with its sources as text, and whose artifact is the `Answer`.

    What the user can act on, such as a missing model, is told to the agent as the tool's error.
    """

    def run(question: str) -> tuple[str, Answer]:
        try:
            answer = ask(question)
        except RagError as error:
            raise ToolException(f"{error.message} {error.hint}") from error
        return told(answer), answer

    return StructuredTool.from_function(
        run,
        name=name,
        description=description,
        args_schema=_Asked,
        response_format="content_and_artifact",
        handle_tool_error=True,
    )


def told(answer: Answer) -> str:
    """Return an answer and its sources as an agent reads them."""
    lines = [answer.answer]
    if answer.unsure:
        lines.append(f"({answer.unsure})")
    elif answer.status == "partial":
        lines.append("(Not all of this is proved by the quotes.)")
    lines += [f"({note})" for note in answer.notes]
    lines += [
        f'[{citation.marker}] {citation.document}, page {citation.page}: "{" ".join(citation.quote.split())}"'
        for citation in answer.citations
    ]
    return "\n".join(lines)
