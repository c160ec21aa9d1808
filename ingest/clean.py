"""Repairs the text of pages: characters, running heads, hyphens and wrapped lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.furniture import without_furniture
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.reflow import reflow

if TYPE_CHECKING:
    from collections.abc import Sequence


def repair(pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> list[str]:
    """Return the pages of one document as a reader would write them down.

    Characters are normalised, and what `rearrange` does is done.

    Args:
        pages: raw texts, in page order; what counts as a running head depends on all of them.
        lexicon: tells page numbers, dates, and lines that a phrase runs over.
    """
    return rearrange([characters(page) for page in pages], lexicon)


def rearrange(pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> list[str]:
    """Return pages whose characters are normalised without what only their layout brought in.

    Running heads and page numbers go, and lines that only the layout wrapped are joined: "\n" then stands for a real
    break (heading, item, table row), "\n\n" for the end of a paragraph. Rows of tables, lines with a tab, stay as they
    are. A page never loses all of its text.
    """
    return reflow(without_furniture(pages, lexicon), lexicon)
