"""Pages that show their text only as a picture: what recognition makes of them, and what is said without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal, Protocol

from ingest.remarks import Remark
from ingest.tables.continued import continued

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ingest.remarks import RemarkCode
    from ingest.types import Document, Page, Recognised

Ocr = Literal["auto", "off", "force"]
"""Which pages are recognised: those without text, none, or all pages of PDFs."""

_LOW = 0.6  # confidence
_UNREAD: frozenset[RemarkCode] = frozenset({"ocr_missing", "ocr_off", "ocr_waiting"})  # nobody has tried yet


class Kept(Protocol):
    """Recognised pages of documents that are not complete yet; it is asked by several threads."""

    def find(self, path: Path, member: str, number: int) -> Recognised | None:
        """Return what was recognised on a page of the file at `path`, or of the `member` of it, or None."""
        ...

    def keep(self, path: Path, member: str, number: int, page: Recognised) -> None:
        """Take what was recognised on such a page."""
        ...


@dataclass(frozen=True, slots=True)
class Scans:
    """What becomes of pages that are pictures."""

    ocr: Ocr = "auto"
    later: bool = False  # they are named only, as those that wait
    kept: Kept | None = None  # pages that need not be recognised again

    def wanted(self, document: Document) -> tuple[int, ...]:
        """Return the pages of a document that are to be recognised, now or later."""
        if self.ocr == "force" and _is_pdf(document):
            return tuple(page.number for page in document.pages)
        return document.unread


def is_unread(remarks: Iterable[Remark]) -> bool:
    """Tell whether a document with these remarks has pages that nobody has tried to recognise."""
    return any(remark.code in _UNREAD for remark in remarks)


def waiting(remarks: Iterable[Remark]) -> tuple[int, ...]:
    """Return the pages of a document with these remarks that wait to be recognised."""
    return tuple(number for remark in remarks if remark.code == "ocr_waiting" for number in remark.pages)


def was_forced(remarks: Iterable[Remark]) -> bool:
    """Tell whether all pages of a document with these remarks were recognised, whatever text they had."""
    return any(remark.code == "ocr_forced" for remark in remarks)


def left(document: Document, numbers: tuple[int, ...], code: RemarkCode) -> Document:
    """Return `document` with the remark that these pages of it are not recognised."""
    return replace(document, remarks=(*document.remarks, Remark(code, numbers))) if numbers else document


def completed(
    document: Document, found: Mapping[int, Recognised], problem: str | None = None, *, forced: bool = False
) -> Document:
    """Return `document` with the recognised pages in it, and with remarks on those that are unread or unsure.

    Args:
        document: with pages that are unread.
        found: what was recognised, by page number; a page without text counts as read.
        problem: why pages were left out, where recognition was tried.
        forced: what is recognised counts more than the text of a page.
    """
    wanted = Scans("force" if forced else "auto").wanted(document)
    unread = tuple(number for number in wanted if number not in found)
    text = {*wanted} - {*document.unread}  # that is to be replaced
    pages = tuple(
        continued([_page(page, found.get(page.number), replaced=page.number in text) for page in document.pages])
    )
    unsure = tuple(page.number for page in pages if page.method == "ocr" and (page.confidence or 0) < _LOW)
    empty = tuple(number for number in document.unread if number in found and not found[number].text)
    remarks = [*document.remarks]
    if forced and _is_pdf(document):
        remarks.append(Remark("ocr_forced"))
    if unread:
        remarks.append(Remark("ocr_failed", unread, problem) if problem else Remark("ocr_missing", unread))
    if empty:
        remarks.append(Remark("ocr_empty", empty))
    if unsure:
        remarks.append(Remark("ocr_unsure", unsure))
    still = tuple(number for number in document.unread if number not in found)
    return replace(document, pages=pages, unread=still, remarks=tuple(remarks))


def _is_pdf(document: Document) -> bool:
    return PurePath(document.path).suffix.lower() == ".pdf"


def _page(page: Page, found: Recognised | None, *, replaced: bool) -> Page:
    """Take the recognised text, unless the text layer says more; lines that only the latter has come after it.

    `replaced`: whatever text is recognised stands alone.
    """
    if found is None or not found.text or (not replaced and len(found.text) <= len(page.text)):
        return page
    recognised = _packed(found.text)
    text, hidden, start = found.text, [], 0
    for line in [] if replaced else page.text.split("\n"):
        end = start + len(line)
        if (packed := _packed(line)) and packed not in recognised:
            text += f"\n\n{line}" if text == found.text else f"\n{line}"
            shift = len(text) - end
            hidden += [(max(a, start) + shift, min(b, end) + shift) for a, b in page.hidden if a < end and b > start]
        start = end + 1
    return replace(
        page, text=text, method="ocr", confidence=found.confidence, hidden=tuple(hidden), tables=found.tables
    )


def _packed(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))
