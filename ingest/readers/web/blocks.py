"""What a web page is made of once its markup is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.cells import PLAIN, Form

if TYPE_CHECKING:
    from ingest.compose import Composer


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, an item, a table."""

    kind: str  # heading, paragraph, item, code, table
    text: str = ""  # of a table the caption
    marker: str = ""  # of an item
    rows: tuple[tuple[str, ...], ...] = ()
    form: Form = PLAIN


def write(block: Block, composer: Composer) -> None:
    """Hand a block on."""
    if block.kind == "heading":
        composer.heading(block.text)
    elif block.kind == "item":
        composer.item(block.text, block.marker)
    elif block.kind == "code":
        composer.code(block.text)
    elif block.kind == "table":
        composer.table(block.rows, block.text, form=block.form)
    else:
        composer.paragraph(block.text)
