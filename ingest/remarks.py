"""What reading says of a document beside its text: a code to act on, the pages, and a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from ingest.numbers import name_pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RemarkCode = Literal[
    "pages_lost",  # nothing of them can be read
    "slide_cut",  # only a part of it can be read
    "chapter_missing",  # the book names it, and does not have it
    "pages_missing",  # fewer were found than there are; it is not known which
    "page_list_lost",  # what is left was found without it
    "second_parser",  # all pages are its own
    "pages_second_parser",
    "no_letters",  # a font does not say them: what it says is no text
    "letters_lost",  # a font of some of its words does not say them
    "ocr_missing",  # pages are pictures, and the extra that recognises text is not installed
    "ocr_failed",
    "ocr_empty",  # it found nothing
    "ocr_unsure",
    "line_numbers",  # that stood in the margin are left out
    "text_hidden",  # the program of the file does not show it
    "beside_lost",  # annotations: form fields, typed-on text, notes
    "hidden_unknown",  # it was not looked for
    "slides_hidden",  # left out when the presentation is shown
    "parts_missing",  # of an Office file
    "parser_said",  # in its own words
    "as_it_stands",  # without what its format says
    "bytes_lost",  # they are no characters in the encoding of the file
    "encoding_unsure",  # its few letters speak for several
    "encoding_other",  # than the one that the file states
    "cells_forgotten",  # a table is text only, because it has too many of them
    "not_shown",  # parts that the program of the file hides; they are kept, and no evidence
    "worked_out",  # what formulas come to was not stored
    "not_worked_out",  # the same, and it is not known
    "line_repeated",  # at the edge of a page, as it stands on an earlier one: it is kept there only
    "page_numbers",  # they were set aside
    "pages_forgotten",  # the library was damaged, not the file: reading that again brings them back
    "members_unread",  # documents that lie in it, such as attachments
]
"""What there is to know of a document; the sentence says the same in words."""

_HOW_TO_RECOGNISE = "`pip install '.[ocr]'` in the folder of rag-app's source and `rag ingest` again would read them"

# `{pages}` stands in those, and only those, that are about pages by number; so does `{detail}` where there is one.
_SENTENCES: dict[RemarkCode, str] = {
    "pages_lost": "{pages} could not be read: {detail}",
    "slide_cut": "{pages} could not be read whole: {detail}",
    "chapter_missing": "{pages} is missing: {detail}",
    "pages_missing": "pages are missing: {detail}",
    "page_list_lost": "its list of pages was damaged and made anew: some may be lost",
    "second_parser": "read with the second parser, as {detail}",
    "pages_second_parser": "{pages} read with the second parser: {detail}",
    "no_letters": "{pages} set in a font that does not say which letters its shapes are",
    "letters_lost": "{pages} without some words: their font does not say which letters its shapes are",
    "ocr_missing": f"{{pages}} not read, shown only as pictures: {_HOW_TO_RECOGNISE}",
    "ocr_failed": "{pages} could not be recognised: {detail}",
    "ocr_empty": "{pages} shown as pictures in which no text was recognised",
    "ocr_unsure": "{pages} recognised with low confidence",
    "line_numbers": "{pages} without the numbers in the margin that count lines",
    "text_hidden": "{pages} with hidden text, which is kept and is no evidence",
    "beside_lost": "{pages} holding form fields or notes that could not all be read: {detail}",
    "hidden_unknown": "the second parser {detail}: hidden text was not looked for, nor the labels of form fields",
    "slides_hidden": "{pages} left out when it is shown: the text is kept and is no evidence",
    "parts_missing": "parts of it are missing or damaged: {detail}",
    "parser_said": "{detail}",
    "as_it_stands": "read as it stands: {detail}",
    "bytes_lost": "bytes at {detail} are no characters: � stands for them",
    "encoding_unsure": "it does not say how its letters are encoded: read as {detail}, which may be wrong",
    "encoding_other": "it says that it is written in {detail}",
    "cells_forgotten": "tables of more than {detail} cells are kept as text only",
    "not_shown": "hidden in its program, kept as hidden text: {detail}",
    "worked_out": "formulas without a stored value that were worked out: {detail}",
    "not_worked_out": "formulas without a stored value that are not worked out, and stand as written: {detail}",
    "line_repeated": "{pages} without a line that stands on an earlier one: “{detail}”",
    "page_numbers": "{pages} without page numbers, such as “{detail}”",
    "pages_forgotten": "some of its pages were lost with a damaged library: read the file again",
    "members_unread": "not read of what is in it: {detail}",
}
_NOUNS: dict[RemarkCode, str] = {"slide_cut": "slide", "slides_hidden": "slide", "chapter_missing": "chapter"}
_LOSSES = frozenset[RemarkCode](
    {"pages_lost", "slide_cut", "chapter_missing", "pages_missing", "page_list_lost", "parts_missing"}
)
_NOTES = frozenset[RemarkCode]({"line_repeated", "page_numbers"})
_LONGEST = 1_000  # characters of a sentence
_MOST_REASONS = 20  # of one code that are told; a damaged file may have another one on each page
_OTHER_REASONS = "various reasons"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that reading says of a document; ValueError for what no sentence can be made of."""

    code: RemarkCode
    pages: tuple[int, ...] = ()  # it is about, from 1 and in order; none where it is about the file
    detail: str = ""  # what the sentence says beside that: why, or how many

    def __post_init__(self) -> None:
        form = _SENTENCES.get(self.code, "")
        fits = ("{pages}" in form) == bool(self.pages) and ("{detail}" in form or not self.detail)
        if not (form and fits and _are_page_numbers(self.pages)):
            raise ValueError("no remark that reading makes")

    @property
    def text(self) -> str:
        """The sentence for people."""
        names = name_pages(self.pages, _NOUNS.get(self.code, "page"))
        sentence = _SENTENCES[self.code].format(pages=names, detail=self.detail)
        return sentence if len(sentence) <= _LONGEST else sentence[: _LONGEST - 1] + "…"

    def text_on(self, page: int) -> str:
        """Return the sentence for one of its pages alone."""
        return replace(self, pages=(page,)).text

    @property
    def warns(self) -> bool:
        """Whether there is something to look after; else it only tells what reading does with such a file."""
        return self.code not in _NOTES

    @property
    def tells_of_loss(self) -> bool:
        """Whether parts of the file were not read because it is damaged."""
        return self.code in _LOSSES


def remark_of(value: Any) -> Remark:
    """Return the remark of which `value`, read from JSON, holds the fields.

    Raises:
        ValueError: it holds something else.
    """
    match value:
        case {"code": str(code), "pages": [*pages], "detail": str(detail)} if len(value) == 3:
            return Remark(cast("RemarkCode", code), tuple(pages), detail)
    raise ValueError("no remark")


def by_page(remarks: Iterable[Remark]) -> dict[int, Remark]:
    """Return the first warning of some remarks that names a page, by its number; pages that none names are left out."""
    found: dict[int, Remark] = {}
    for remark in filter(lambda one: one.warns, remarks):
        for page in remark.pages:
            found.setdefault(page, remark)
    return found


def by_reason(code: RemarkCode, reasons: Mapping[int, str]) -> list[Remark]:
    """Return what is said of pages, those together that have one reason; of many reasons the last ones are not told.

    Args:
        code: of all of them.
        reasons: by page number.
    """
    together: dict[str, list[int]] = {}
    for page in sorted(reasons):
        reason = reasons[page]
        known = reason in together or len(together) < _MOST_REASONS
        together.setdefault(reason if known else _OTHER_REASONS, []).append(page)
    return [Remark(code, tuple(pages), reason) for reason, pages in together.items()]


def tells_of_loss(remarks: Iterable[Remark]) -> bool:
    """Tell whether parts of a file were not read because it is damaged."""
    return any(remark.tells_of_loss for remark in remarks)


def _are_page_numbers(pages: tuple[Any, ...]) -> bool:
    """Tell whether these are numbers from 1, each greater than the one before."""
    last = 0
    for page in pages:
        if not isinstance(page, int) or isinstance(page, bool) or page <= last:
            return False
        last = page
    return True
