"""Pages that show their text only as a picture: what recognition makes of them, and what is said without it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.readers.ocr import ocr_available
from ingest.remarks import Remark
from ingest.tables.continued import continued

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.types import Document, Page, Recognised

_LOW = 0.6  # confidence


def worth_reading_again(remarks: Iterable[Remark]) -> bool:
    """Tell whether a document with these remarks has pages that were not recognised then and can be now."""
    return any(remark.code == "ocr_missing" for remark in remarks) and ocr_available()


def completed(document: Document, found: Mapping[int, Recognised], problem: str | None = None) -> Document:
    """Return `document` with the recognised pages in it, and with remarks on those that are unread or unsure.

    Args:
        document: with pages that are unread.
        found: what was recognised, by page number; a page without text counts as read.
        problem: why pages were left out, where recognition was tried.
    """
    unread = tuple(number for number in document.unread if number not in found)
    pages = tuple(continued([_page(page, found.get(page.number)) for page in document.pages]))
    unsure = tuple(page.number for page in pages if page.method == "ocr" and (page.confidence or 0) < _LOW)
    empty = tuple(number for number in document.unread if number in found and not found[number].text)
    remarks = [*document.remarks]
    if unread:
        remarks.append(Remark("ocr_failed", unread, problem) if problem else Remark("ocr_missing", unread))
    if empty:
        remarks.append(Remark("ocr_empty", empty))
    if unsure:
        remarks.append(Remark("ocr_unsure", unsure))
    return replace(document, pages=pages, unread=unread, remarks=tuple(remarks))


def _page(page: Page, found: Recognised | None) -> Page:
    """Take the recognised text, unless the text layer says more; lines that only the latter has come after it."""
    if found is None or len(found.text) <= len(page.text):
        return page
    recognised = _packed(found.text)
    text, hidden, start = found.text, [], 0
    for line in page.text.split("\n"):
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
