"""Documents in a store, without files: tests of the storage make and find them with these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.remarks import Remark
from ingest.types import Document, Page, Passage

if TYPE_CHECKING:
    from rag_app.storage.documents import Change
    from rag_app.storage.store import Store
    from rag_app.types import Vectors


def make_document(path: str, *texts: str, title: str = "Title") -> Document:
    pages = tuple(Page(number, f"p{number}", text) for number, text in enumerate(texts, 1))
    return Document(path, title, pages, (Remark("parser_said", detail="a warning"),))


def make_passage(document: Document, start: int, end: int) -> Passage:
    first, last = document.page_at(start), document.page_at(end - 1)
    return Passage(start, end, first.number, last.number, first.label, document.text[start:end])


def one_a_page(document: Document) -> list[Passage]:
    spans = ((start, start + len(page.text)) for start, page in zip(document.starts, document.pages, strict=True))
    return [make_passage(document, start, end) for start, end in spans if end > start]


def vectors_of(passages: list[Passage], d: int = 8) -> Vectors:
    """Unit vectors that depend on nothing but the texts."""
    rows = np.array([np.random.default_rng([ord(c) for c in p.text[:99]]).normal(size=d) for p in passages])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32) if passages else np.empty((0, d))


def put(store: Store, document: Document, passages: list[Passage] | None = None) -> Change:
    passages = one_a_page(document) if passages is None else passages
    vectors = vectors_of(passages)
    return store.put(
        document, sha256="ab" * 32, bytes=7, mtime_ns=1_700_000_000_123_456_789, passages=passages, vectors=vectors
    )


def found(store: Store, question: str) -> list[str]:
    return [passage.text for passage in store.passages([i for i, _ in store.keyword(question, 50)])]


VERSIONS = [
    make_document("/a", *(f"{word} page {n} " * 20 for n in range(size))) for word, size in (("old", 60), ("new", 90))
]
