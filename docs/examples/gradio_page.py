"""A page that chats with your documents, made with Gradio: answers as they come, quote and page of each source below.

Run: python gradio_page.py notes.library

It needs rag-app and `pip install gradio`. The library is opened in this process; only this machine reaches the page.
Gradio's Chatbot takes all text for HTML, even with Markdown switched off, and loads the pictures that it names; so each
text is escaped before it is shown. The fonts are those of the system, and Gradio's usage statistics are switched off.
"""

from __future__ import annotations

import html
import os
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before Gradio is imported

import gradio

from ingest import place_name
from rag_app import Answer, Library, Token
from rag_app.errors import RagError
from rag_app.types import Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def make_page(library: Library) -> gradio.Blocks:
    """Return the page; `launch` serves it."""

    async def respond(question: str, shown: list[Any], said: tuple[Turn, ...]) -> AsyncIterator[tuple[Any, ...]]:
        shown = [*shown, message("user", question)]
        yield "", shown, said  # empties the field
        text = ""
        try:
            async for event in library.astream(question, history=said):
                if isinstance(event, Token):
                    text += event.text
                    yield "", [*shown, message("assistant", text)], said
                elif isinstance(event, Answer):
                    said += (Turn("user", event.standalone_question), Turn("assistant", event.answer))
                    yield "", [*shown, message("assistant", event.answer), *sources(event)], said
        except RagError as error:
            yield question, [*shown, message("assistant", f"{error.message}\n{error.hint}")], said

    page = gradio.Blocks(title="Ask your documents", analytics_enabled=False)
    with page:
        chatbot = gradio.Chatbot(render_markdown=False, buttons=[], height="75vh", show_label=False)
        field = gradio.Textbox(placeholder="Ask your documents", show_label=False, submit_btn=True, autofocus=True)
        memory = gradio.State(())  # what follow-up questions may lean on
        chatbot.clear(tuple, None, memory)
        inputs = outputs = [field, chatbot, memory]
        field.submit(respond, inputs, outputs, api_name="ask", concurrency_limit=1)  # an answer takes the whole machine
    return page


def message(role: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a message of the chat whose text is shown as it is."""
    return {"role": role, "content": html.escape(text).replace("\n", "<br>"), **more}


def sources(answer: Answer) -> list[dict[str, Any]]:
    """Return what stands under an answer: each source with its place and the words of the document."""
    lines = []
    for citation in answer.citations:
        place = place_name(citation.document, citation.page, citation.page_label)
        where = ", ".join(filter(None, (PurePath(citation.document).name, place)))
        check = "" if citation.verified else " (quote not found on the page)"
        lines.append(f"[{citation.marker}] {where}{check}\n“{' '.join(citation.quote.split())}”")
    return [message("assistant", "\n".join(lines), metadata={"title": "Sources"})] if lines else []


def make_theme() -> gradio.themes.Default:
    """Return a theme with the fonts of the reader's system, so that none is fetched from elsewhere."""
    return gradio.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])


def main() -> None:
    with Library.open(sys.argv[1], create=False) as library:
        make_page(library).launch(server_name="127.0.0.1", theme=make_theme(), footer_links=[])


if __name__ == "__main__":
    main()
