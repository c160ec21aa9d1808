"""Two documents side by side: what each is asked, and how the answers are put together."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.kinds import Asked
    from rag_app.types import AnswerStatus, Citation

    Side = tuple[str, AnswerStatus, str, Sequence[Citation]]  # document, and its answer

_MARKER = re.compile(r"\[(\d+)\]")
_ASKS = re.compile(r"(?:who|what|when|where|which|why|how|wer|was|wann|wo|welche\w*|warum|wie)\b", re.IGNORECASE)


def topic_question(wish: Asked) -> str:
    """Return the question that each document is asked."""
    if _ASKS.match(wish.topic):
        return f"{wish.topic}?"
    return f"Was ist {wish.topic}?" if wish.german else f"What is {wish.topic}?"


def side_by_side(sides: Sequence[Side]) -> tuple[str, tuple[Citation, ...]]:
    """Return one line a document, and the citations of all, numbered through; a side without an answer says so."""
    lines: list[str] = []
    cited: list[Citation] = []
    for document, status, text, citations in sides:
        moved = {citation.marker: len(cited) + row for row, citation in enumerate(citations, 1)}
        cited += [replace(citation, marker=moved[citation.marker]) for citation in citations]
        said = _MARKER.sub(lambda match, moved=moved: f"[{moved.get(int(match[1]), match[1])}]", text)  # type: ignore[misc]
        lines.append(f"{PurePath(document).name}: {'not stated' if status == 'not_found' else said}")
    return "\n".join(lines), tuple(cited)
