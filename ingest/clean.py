"""Repairs the text of pages: characters, running heads, hyphens and wrapped lines."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ingest.characters import characters
from ingest.furniture import parted
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.reflow import reflow
from ingest.sentences import runs_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.remarks import Remark


@dataclass(frozen=True, slots=True)
class Layout:
    """How much of the text of a page is a running head at its top and a foot at its end, in characters."""

    head: int
    foot: int


@dataclass(frozen=True, slots=True)
class Arranged:
    """The repaired pages of one document."""

    texts: list[str]
    layout: list[Layout]  # of each page
    remarks: tuple[Remark, ...]  # on what was set aside


def repair(pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> list[str]:
    """Return the pages of one document as a reader would write them down.

    Characters are normalised, and what `arranged` does is done.

    Args:
        pages: raw texts, in page order; what counts as a running head depends on all of them.
        lexicon: tells page numbers, dates, and lines that a phrase runs over.
    """
    return arranged([characters(page) for page in pages], lexicon).texts


def arranged(pages: Sequence[str], lexicon: Lexicon = NO_WORDS) -> Arranged:
    """Return pages whose characters are normalised without what only their layout brought in.

    Page numbers go, and running heads but where they say something new; lines that only the layout wrapped are joined:
    "\n" then stands for a real break (heading, item, table row), "\n\n" for the end of a paragraph. Rows of tables,
    lines with a tab, stay as they are. A page never loses all of its text.

    A running head stands above the text of its page, a foot below it. Where a sentence runs over the page break, they
    stand below and above the paragraph with its part, so that they are not within it.
    """
    parts, remarks = parted(pages, lexicon)
    count = len(parts)
    layout = [*(part.head for part in parts), *(part.foot for part in parts)]
    texts = reflow([part.body for part in parts], lexicon, layout)
    bodies, heads, feet = texts[:count], texts[count : 2 * count], texts[2 * count :]
    over = [False, *(runs_over(above, below, lexicon) for above, below in pairwise(bodies)), False]
    whole = [
        _with_foot(_with_head(bodies[at], heads[at], over=over[at]), feet[at], over=over[at + 1]) for at in range(count)
    ]
    layouts = [Layout(0 if over[at] else len(heads[at]), 0 if over[at + 1] else len(feet[at])) for at in range(count)]
    return Arranged(whole, layouts, remarks)


def _with_head(body: str, head: str, *, over: bool) -> str:
    """Put a running head above the text of its page; below the first paragraph where it goes on from another page."""
    if not head:
        return body
    first, _, rest = body.partition("\n")
    return "\n\n".join(filter(None, (first, head, rest.lstrip("\n")))) if over else f"{head}\n{body}"


def _with_foot(text: str, foot: str, *, over: bool) -> str:
    """Put a running foot below the text of its page; above the last paragraph where it goes on on another page."""
    if not foot:
        return text
    rest, _, last = text.rpartition("\n")
    return "\n\n".join(filter(None, (rest.rstrip("\n"), foot, last) if over else (text, foot)))
