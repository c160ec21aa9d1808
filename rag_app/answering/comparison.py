"""Two documents or two things side by side: what is asked about each, and how the answers are put together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rag_app.language.language import DEFAULT, filled, get_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.asking.kind import Asked
    from rag_app.types import AnswerStatus, Citation

    Side = tuple[str, AnswerStatus, str, Sequence[Citation]]  # its name, and its answer

_MARKER = re.compile(r"\[(\d+)\]")


def topic_question(wish: Asked, thing: str = "") -> str:
    """Return the question that is asked of each document, or about each thing."""
    said = get_language(wish.language).kinds
    values = {"topic": wish.topic, "of": said.of.replace("{thing}", thing) if thing else ""}
    for topic, asked in said.each:
        if match := re.fullmatch(topic, wish.topic, re.IGNORECASE):
            return filled(asked, **values, **match.groupdict())
    return f"{wish.topic}?"


def side_by_side(sides: Sequence[Side], *, language: str = DEFAULT) -> tuple[str, tuple[Citation, ...]]:
    """Return one line a side, and the citations of all, numbered through; a side without an answer says so."""
    lines: list[str] = []
    cited: list[Citation] = []
    missing = get_language(language).sentences.not_stated
    for name, status, text, citations in sides:
        moved = {citation.marker: len(cited) + row for row, citation in enumerate(citations, 1)}
        cited += [replace(citation, marker=moved[citation.marker]) for citation in citations]
        said = _MARKER.sub(lambda match, moved=moved: f"[{moved.get(int(match[1]), match[1])}]", text)  # type: ignore[misc]
        lines.append(f"{name}: {missing if status == 'not_found' else said}")
    return "\n".join(lines), tuple(cited)
