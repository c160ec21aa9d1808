"""Standard output and standard error: lines in colours, tables and JSON, in which document text is only ever data."""

from __future__ import annotations

import json
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from rag_app.console.wrapping import indented
from rag_app.text import CONTROL, flat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

_NAME_LENGTH = 1000  # characters of a file's name or path
_REASON_LENGTH = 400
_LABEL_LENGTH = 60  # of a page's label or a heading
_NOTE_LENGTH = 500
_WIDE = 10_000  # columns of a file or a pipe, where no line should be broken
_UNPRINTABLE = re.compile(f"{CONTROL.pattern}|[\u200c\u200d\ud800-\udfff]")


@cache
def console(*, error: bool = False) -> Console:
    """Return the console of standard output, or of standard error."""
    from rich.console import Console

    width = None if error or sys.stdout.isatty() else _WIDE
    return Console(stderr=error, width=width, highlight=False, markup=False, emoji=False, soft_wrap=not error)


def name_text(name: str) -> str:
    """Return the name or path of a file, or what is as long, on one line."""
    return flat(name, _NAME_LENGTH)


def clause_text(clause: str) -> str:
    """Return a reason or a detail on one line."""
    return flat(clause, _REASON_LENGTH)


def label_text(label: str) -> str:
    """Return the label of a page, or a heading, on one line."""
    return flat(label, _LABEL_LENGTH)


def note_text(note: str) -> str:
    """Return a sentence that may name a file, on one line."""
    return flat(note, _NAME_LENGTH + _REASON_LENGTH)


def show_line(*parts: str | tuple[str, str] | Text) -> None:
    """Write one line to standard output; a part may be a text with its style."""
    from rich.text import Text

    console().print(Text.assemble(*parts))


def show_indented(text: str, indent: int) -> None:
    """Write a text in a quiet colour, broken between words, behind so many spaces."""
    lines = indented(text, indent, console().width)
    show_line((lines, "dim"))


def show_note(text: str) -> None:
    """Write a remark in a quiet colour."""
    show_line((flat(text, _NOTE_LENGTH), "dim italic"))


def show_notes(notes: Sequence[str]) -> None:
    """Write what is to be known of sources, a line each."""
    for note in notes:
        show_line((note_text(note), "yellow"))


def show_remark(text: str) -> None:
    """Write a remark to standard error."""
    print(note_text(text), file=sys.stderr, flush=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Write a plain table; the columns in `right` hold figures."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        cells = [Text(name_text(cell)) for cell in row]
        drawn.add_row(*cells)
    console().print(drawn, soft_wrap=False)


def json_line(value: Any) -> str:
    """Return JSON on one line, with what a terminal could act on, and what UTF-8 cannot hold, as escapes."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(_escape, text)


def print_json(value: Any) -> None:
    """Write one line of JSON to standard output, at once."""
    print(json_line(value), flush=True)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
