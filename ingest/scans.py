"""Pages that show their text only as a picture: what recognition makes of them, and what is said without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.numbers import name_pages
from ingest.readers.ocr import ocr_available

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.types import Document, Page

UNREAD = "not read, shown only as pictures"
HOW_TO_READ = "`pip install '.[ocr]'` in the folder of rag-app's source and `rag ingest` again would read them"
_LOW = 0.6  # confidence


@dataclass(frozen=True, slots=True)
class Recognised:
    """The text of a page as it was recognised."""

    text: str
    confidence: float  # mean over its letters, 0 to 1


def worth_reading_again(warnings: Iterable[str]) -> bool:
    """Tell whether a document with these warnings has pages that were not recognised then and can be now."""
    return any(UNREAD in warning for warning in warnings) and ocr_available()


def completed(document: Document, found: Mapping[int, Recognised], problem: str | None = None) -> Document:
    """Return `document` with the recognised pages in it, and with warnings of those that are unread or unsure.

    Args:
        document: with pages that are unread.
        found: what was recognised, by page number; a page without text counts as read.
        problem: why pages were left out, where recognition was tried.
    """
    unread = tuple(number for number in document.unread if number not in found)
    pages = tuple(_page(page, found.get(page.number)) for page in document.pages)
    unsure = [page.number for page in pages if page.method == "ocr" and (page.confidence or 0) < _LOW]
    empty = [number for number in document.unread if number in found and not found[number].text]
    warnings = [*document.warnings]
    if unread:
        what = f"could not be recognised: {problem}" if problem else f"{UNREAD}: {HOW_TO_READ}"
        warnings.append(f"{name_pages(unread)} {what}")
    if empty:
        warnings.append(f"{name_pages(empty)} shown as pictures in which no text was recognised")
    if unsure:
        warnings.append(f"{name_pages(unsure)} recognised with low confidence")
    return replace(document, pages=pages, unread=unread, warnings=tuple(warnings))


def _page(page: Page, found: Recognised | None) -> Page:
    """Take the recognised text, unless the text layer says more."""
    if found is None or len(found.text) <= len(page.text):
        return page
    return replace(page, text=found.text, method="ocr", confidence=found.confidence, hidden=())
