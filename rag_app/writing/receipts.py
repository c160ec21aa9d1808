"""Receipts: what was read of each page of a document, how, and into how many passages it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.remarks import by_page
from rag_app.reports import DocumentReceipt, PageReceipt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document, Page, Remark
    from rag_app.types import StoredDocument

_UNSURE = 0.8  # confidence below which recognised text is likely to hold wrong letters


def receipt_of(
    content: Document, document: StoredDocument, tokens_cut: int, spans: Sequence[tuple[int, int]]
) -> DocumentReceipt:
    """Return the receipt of a document; `spans` are those of its passages."""
    remarks = by_page(content.remarks)
    return DocumentReceipt(
        document.path,
        document.paths,
        document.sha256,
        document.ingested,
        tuple(
            PageReceipt(
                page=page.number,
                page_label=page.label,
                characters=len(page.text),
                method=page.method,
                confidence=page.confidence,
                hidden=sum(end - begin for begin, end in page.hidden),
                passages=sum(max(a, start) < min(b, start + len(page.text)) for a, b in spans),
                warning=warning_of(page, remarks.get(page.number)),
            )
            for start, page in zip(content.starts, content.pages, strict=True)
        ),
        document.chunks,
        tokens_cut,
        content.warnings,
        content.notes,
    )


def warning_of(page: Page, remark: Remark | None) -> str | None:
    """Return what is to be said of a page; `remark`: the one that names it."""
    if remark:
        return remark.text_on(page.number)
    if not page.text.strip():
        return "no text was found on it"
    if page.confidence is not None and page.confidence < _UNSURE:
        return f"recognised with a confidence of {page.confidence:.2f} only"
    return None
