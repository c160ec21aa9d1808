"""A session as Markdown: questions, answers and their sources; what comes from documents and models is only text."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from ingest import place_name
from rag_app.console.amounts import count_text, time_text
from rag_app.console.answers import doubt_text
from rag_app.errors import UsageError, disk_errors
from rag_app.text import clean, single_spaced

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.types import Answer, Citation, SessionTurn

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&$^@]|:(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_BLOCK = re.compile(r"^(?:(\d+)(?=[.)])|(?=[-+=]))")  # what would begin a list, a line or a heading
_NAME = re.compile(r"[^\w.-]+")


def transcript(name: str, turns: Sequence[SessionTurn]) -> str:
    """Return a session as Markdown, each answer with the document, page and words of its sources."""
    blocks = [f"# {escaped(name)}", *_head(turns)]
    for n, turn in enumerate(turns, 1):
        blocks += _turn(n, turn)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Return `text` on one line, so that no character of it is Markdown or HTML."""
    line = single_spaced(clean(text)).encode("utf-8", "replace").decode()
    line = _SPECIAL.sub(r"\\\g<0>", line)
    return _BLOCK.sub(r"\g<1>\\", line)


def file_name(name: str) -> str:
    """Return the name of the file that a session called `name` is written to where none is given."""
    return f"{_NAME.sub('-', name).strip('-.') or 'session'}.md"


def write_new(path: Path, text: str) -> Path:
    """Write a file that is not there yet, and return where it is.

    Raises:
        UsageError: there is something of that name, or no folder for it.
        DiskError: it could not be written.
    """
    path = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  keeps links as they are
    try:
        with disk_errors(f"the transcript {path}"):
            try:
                with path.open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError as error:
                raise UsageError(f"{path} is there already.", hint="Give another name.") from error
    except ValueError as error:  # a NUL in it
        raise UsageError("The name of the file cannot be used.", hint="Give another name.") from error
    return path


def _head(turns: Sequence[SessionTurn]) -> Iterator[str]:
    if turns:
        yield f"{count_text(len(turns), 'question')}, {time_text(turns[0].asked)} to {time_text(turns[-1].asked)}"


def _turn(n: int, turn: SessionTurn) -> Iterator[str]:
    answer = turn.answer
    yield f"## {n}\\. {escaped(answer.question)}"
    if answer.standalone_question != answer.question:
        yield f"*Understood as: {escaped(answer.standalone_question)}*"
    yield "  \n".join(map(escaped, answer.answer.splitlines()))
    if doubt := doubt_text(answer):
        yield f"*{escaped(doubt)}*"
    for note in answer.notes:
        yield f"*{escaped(note)}*"
    yield from _sources(answer)


def _sources(answer: Answer) -> Iterator[str]:
    if answer.citations:
        yield "\n".join(f"- {_source(citation)}" for citation in answer.citations)


def _source(citation: Citation) -> str:
    place = place_name(citation.document, citation.page, citation.page_label)
    where = PurePath(citation.document).name
    if place:
        where += f", {place}"
    check = "" if citation.verified else " (quote not found on the page)"
    name, quote = escaped(where), escaped(citation.quote)
    return f"\\[{citation.marker}\\] {name}{check}  \n  “{quote}”"
