"""What reading a file yields: documents made of pages, and passages cut from them."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Literal

from ingest.table import Table, shifted

if TYPE_CHECKING:
    from ingest.remarks import Remark

Method = Literal["text", "ocr", "fallback"]
"""How a page's text was won: its text layer, optical recognition, or a second parser."""

PAGE_BREAK = "\f"
INSIDE = " > "  # between the name of a file and that of a document in it

_LINE = re.compile(r"line (\d+)")


ErrorCode = Literal[
    "unreadable",  # for a reason that has no code of its own
    "missing",
    "no_access",  # the system does not let it be opened
    "not_a_file",  # but a pipe, a socket or a device
    "wrong_type",  # its kind is not read, or it is not of the kind that its name says
    "nothing_found",  # a folder without any document
    "empty",
    "too_large",
    "damaged",
    "password_needed",
    "password_wrong",
    "protected",  # in a way that no password given here opens
    "package_missing",
    "over_limits",  # of time or memory
    "crashed",  # what read it
    "being_written",
    "in_library",  # a file of the library itself
    "unmounted",  # its disk is away
    "unknown",  # it is not in the library
]
"""Why a file could not be read; the reason says the same in words."""

_HINTS: dict[ErrorCode, str] = {
    "password_needed": "Give the password of an encrypted PDF with --password.",
    "password_wrong": "Check the password.",
    "missing": "Check the path.",
    "unknown": "List what is there with `rag documents`.",
}


class DocumentError(Exception):
    """One file that could not be read; `reason` is one sentence for the report."""

    def __init__(self, path: str, reason: str, code: ErrorCode = "unreadable") -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.code = code
        self.hint = hint_of(code)


def hint_of(code: ErrorCode) -> str:
    """Return what to do about it; "" where there is nothing to say beside the reason."""
    return _HINTS.get(code, "")


@dataclass(frozen=True, slots=True)
class Page:
    """One physical page."""

    number: int  # 1-based, as a PDF viewer counts
    label: str  # the number printed on it: "iv", "12"
    text: str  # repaired; holds no form feed
    method: Method = "text"
    confidence: float | None = None  # of optical recognition, 0 to 1
    hidden: tuple[tuple[int, int], ...] = ()  # spans of `text` that a reader of the page does not see
    tables: tuple[Table, ...] = ()  # that begin on it; offsets count from the page's first character


@dataclass(frozen=True, slots=True)
class Recognised:
    """What recognition makes of a page."""

    text: str
    confidence: float  # mean over its letters, 0 to 1
    tables: tuple[Table, ...] = ()  # as those of a page


@dataclass(frozen=True, slots=True)
class Document:
    """The pages of one file; every offset in the system counts characters of `text`."""

    path: str
    title: str
    pages: tuple[Page, ...]
    remarks: tuple[Remark, ...] = ()
    sections: tuple[tuple[int, str], ...] = ()  # where a format has no pages: offset into `text`, heading or line
    unread: tuple[int, ...] = ()  # pages that show text only as a picture, which nobody recognised
    members: tuple[Member, ...] = ()  # documents that lie in the file, in those of them, and so on
    text: str = field(init=False, repr=False, compare=False)  # the pages joined by one form feed
    starts: tuple[int, ...] = field(init=False, repr=False, compare=False)  # offset of each page in `text`

    def __post_init__(self) -> None:
        starts, offset = [], 0
        for page in self.pages:
            starts.append(offset)
            offset += len(page.text) + len(PAGE_BREAK)
        object.__setattr__(self, "starts", tuple(starts))
        object.__setattr__(self, "text", PAGE_BREAK.join(page.text for page in self.pages))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What there is to look after, in words."""
        return tuple(remark.text for remark in self.remarks if remark.warns)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else there is to say of how it was read, in words."""
        return tuple(remark.text for remark in self.remarks if not remark.warns)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables of all pages in order, with offsets into `text`."""
        pages = zip(self.starts, self.pages, strict=True)
        return tuple(shifted(table, start) for start, page in pages for table in page.tables)

    def page_at(self, offset: int) -> Page:
        """Return the page that holds the character at `offset`."""
        return self.pages[self._index(offset)]

    def label_at(self, start: int, end: int) -> str:
        """Return where a reader finds `text[start:end]`: under which heading or in which lines, else on which page.

        Lines come as "line 12" or "lines 12-14", those of the file. Headings count for their own page only.
        """
        first = self._section_at(start)
        if first is None:
            return self.page_at(start).label
        last = self._section_at(max(start, end - 1)) or first
        lines = [line[1] for section in (first, last) if (line := _LINE.fullmatch(section))]
        return first if len(lines) < 2 or lines[0] == lines[1] else f"lines {lines[0]}-{lines[1]}"

    @property
    def headings(self) -> frozenset[int]:
        """Where the headings that `sections` names begin, in characters of `text`."""
        return frozenset(offset for offset, label in self.sections if not _LINE.fullmatch(label))

    def _index(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset) - 1, 0)

    def _section_at(self, offset: int) -> str | None:
        at = bisect_right(self.sections, offset, key=itemgetter(0)) - 1
        begun = at >= 0 and self.sections[at][0] >= self.starts[self._index(offset)]
        return self.sections[at][1] if begun else None


@dataclass(frozen=True, slots=True)
class Member:
    """A document inside another one, such as an attachment."""

    document: Document  # its path is its name there, without a slash, after those of what it lies in; it has no members
    sha256: str  # of its bytes
    bytes: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A span of one document: `text == document.text[start:end]`."""

    start: int
    end: int
    page: int  # holds `start`
    page_end: int  # holds the last character
    page_label: str  # label of `page`; where the format has no pages, heading or lines
    text: str
