"""Repairs the text of pages: characters, running heads, tables, hyphens and wrapped lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.furniture import without_furniture
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.reflow import reflow
from ingest.old_tables import mark

if TYPE_CHECKING:
    from collections.abc import Sequence


def repair(pages: Sequence[str], layouts: Sequence[str] = (), lexicon: Lexicon = NO_WORDS) -> list[str]:
    """Return the pages of one document as a reader would write them down.

    Characters are normalised, running heads and page numbers go, rows of tables stand on lines of their own with a tab
    between cells, and lines that only the layout wrapped are joined: "\\n" then stands for a real break (heading, item,
    table row), "\\n\\n" for the end of a paragraph. A page never loses all of its text.

    Args:
        pages: raw texts, in page order; what counts as a running head depends on all of them.
        layouts: the same pages in fixed-width characters, where they are known; "" where a page has no table.
        lexicon: tells page numbers, dates, and lines that a phrase runs over.
    """
    texts = without_furniture([characters(page) for page in pages], lexicon)
    if layouts:
        texts = [mark(text, layout) for text, layout in zip(texts, layouts, strict=True)]
    return reflow(texts, lexicon)
