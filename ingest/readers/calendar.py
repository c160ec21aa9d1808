"""Calendars (iCalendar): a heading an event, and what, when, where and who."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.compose import Composer
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.events import write_events
from ingest.readers.verbatim import checked
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path

_BEGIN = re.compile(r"\s*BEGIN:VCALENDAR\s", re.IGNORECASE)
_NAME = re.compile(r"^X-WR-CALNAME[^:\r\n]*:(.+)", re.IGNORECASE | re.MULTILINE)


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read the events of a calendar, as one page; the title is its name.

    Raises:
        DocumentError: the file is no calendar.
    """
    content = checked(path, "a calendar")
    text = content.text
    if not _BEGIN.match(text):
        raise DocumentError(str(path), "is not a calendar", "wrong_type")
    composer = Composer(str(path), lexicon)
    write_events(text, composer)
    name = _NAME.search(text)
    return composer.document((name[1].strip() if name else "") or stem(path), content.remarks)
