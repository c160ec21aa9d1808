"""Two documents or two things side by side: what is asked about each, and how the answers are put together."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.asking.kind import Asked
    from rag_app.types import AnswerStatus, Citation

    Side = tuple[str, AnswerStatus, str, Sequence[Citation]]  # its name, and its answer

_MARKER = re.compile(r"\[(\d+)\]")
_ASKS = re.compile(r"(?:who|what|when|where|which|why|how|wer|was|wann|wo|welche\w*|warum|wie)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?:the )?number of (?P<of>.+)|(?:die )?(?:Anzahl|Zahl) der (?P<der>.+)", re.IGNORECASE)


def topic_question(wish: Asked, thing: str = "") -> str:
    """Return the question that is asked of each document, or about each thing."""
    if _ASKS.match(wish.topic):
        return f"{wish.topic}?"
    of = f" {'für' if wish.german else 'for'} {thing}" if thing else ""
    if counted := _NUMBER.fullmatch(wish.topic):
        return (
            f"Wie viele {counted['der']} gibt es{of}?" if counted["der"] else f"How many {counted['of']} are there{of}?"
        )
    return f"Was ist {wish.topic}{of}?" if wish.german else f"What is {wish.topic}{of}?"


def side_by_side(sides: Sequence[Side], *, german: bool = False) -> tuple[str, tuple[Citation, ...]]:
    """Return one line a side, and the citations of all, numbered through; a side without an answer says so."""
    lines: list[str] = []
    cited: list[Citation] = []
    missing = "nicht angegeben" if german else "not stated"
    for name, status, text, citations in sides:
        moved = {citation.marker: len(cited) + row for row, citation in enumerate(citations, 1)}
        cited += [replace(citation, marker=moved[citation.marker]) for citation in citations]
        said = _MARKER.sub(lambda match, moved=moved: f"[{moved.get(int(match[1]), match[1])}]", text)  # type: ignore[misc]
        lines.append(f"{name}: {missing if status == 'not_found' else said}")
    return "\n".join(lines), tuple(cited)
