"""Search 100,000 passages of words drawn at random, with filters that leave less and less; print milliseconds.

Run: python benchmarks/filters.py [--documents 5000] [--each 20] [--turns 7]
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest import Document, Page, Passage
from rag_app.storage.store import Store
from rag_app.storage.vector_index import VectorIndex
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.storage.faiss_index import Ids

WORDS = 20_000
DIMENSIONS = 384
DAY = 86_400 * 10**9
FIRST = 1_600_000_000 * 10**9  # September 2020
QUESTION = "w50 w300 w1000"  # of middling frequency
FILTERS = {
    "one document": Filter(within=("doc9.docx",)),
    "one folder of 50": Filter(within=("/home/u/folder7",)),
    "a tag, one document in 10": Filter(tags=("tenth",)),
    "PDF, two documents in 3": Filter(types=("pdf",)),
    "all but the oldest": Filter(since="2020-09-15"),
}


def fill(store: Store, documents: int, each: int) -> None:
    """Store documents of one-page passages, whose words have the frequencies of a language."""
    chance, rng = random.Random(1), np.random.default_rng(1)
    words = [f"w{rank}" for rank in range(WORDS)]
    weights = list(accumulate(1 / (rank + 5) for rank in range(WORDS)))
    with store.together():
        for n in range(documents):
            texts = [" ".join(chance.choices(words, cum_weights=weights, k=120)) for _ in range(each)]
            path = f"/home/u/folder{n % 50}/doc{n}.{'pdf' if n % 3 else 'docx'}"
            document = Document(path, f"Title {n}", tuple(Page(i, str(i), text) for i, text in enumerate(texts, 1)))
            starts = enumerate(zip(document.starts, texts, strict=True), 1)
            passages = [Passage(start, start + len(text), i, i, str(i), text) for i, (start, text) in starts]
            rows = rng.normal(size=(each, DIMENSIONS))
            store.put(
                document,
                sha256=str(n),
                bytes=1,
                mtime_ns=FIRST + n * DAY // 5,
                passages=passages,
                vectors=(rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32),
            )
            if n % 10 == 0:
                store.tag(path, add=["tenth"])


def chosen(store: Store, where: Filter) -> Ids:
    """Return the passages that a filter leaves."""
    return store.passages_in(store.select(where).documents)


def best(work: Callable[[], Any], turns: int) -> tuple[str, Any]:
    """Return the shortest of several times in milliseconds, and the result."""
    times, result = [], None
    for _ in range(turns):
        since = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - since)
    return f"{min(times) * 1e3:.1f}", result


def main() -> None:
    """Fill a library and print a line a filter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--each", type=int, default=20, help="passages of a document")
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        fill(store, options.documents, options.each)
        index = VectorIndex.build(*store.vectors())
        vector = np.eye(1, DIMENSIONS, dtype=np.float32)[0]
        print("| filter | passages left | which | by vector | by words |\n|---|--:|--:|--:|--:|")
        dense, _ = best(lambda: index.search(vector, 50, store.places), options.turns)
        words, _ = best(lambda: store.keyword(QUESTION, 50), options.turns)
        print(f"| none | {store.count():,} | | {dense} | {words} |")
        for name, where in FILTERS.items():
            documents = store.select(where).documents
            which, ids = best(partial(chosen, store, where), options.turns)
            dense, _ = best(partial(index.search, vector, 50, store.places, ids), options.turns)
            words, _ = best(partial(store.keyword, QUESTION, 50, documents), options.turns)
            print(f"| {name} | {len(ids):,} | {which} | {dense} | {words} |")


if __name__ == "__main__":
    main()
