"""A stretch of a document in the form of a passage, though nobody searched for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.types import Hit

if TYPE_CHECKING:
    from ingest import Document


def as_passage(document: Document, start: int, end: int) -> Hit:
    """Return the characters from `start` to `end` of a document as a passage; its scores say nothing."""
    return Hit(
        rank=1,
        document=document.path,
        page=document.page_at(start).number,
        page_end=document.page_at(max(start, end - 1)).number,
        page_label=document.label_at(start, end),
        start=start,
        end=end,
        text=document.text[start:end],
        score=0.0,
        retrieval_rank=1,
        retrieval_score=0.0,
    )
