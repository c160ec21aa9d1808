"""Passages: spans of the documents' texts, with their vectors."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ingest.types import PAGE_BREAK
from rag_app.language.reading import above_row
from rag_app.storage.connection import encode
from rag_app.storage.database import altered, damaged
from rag_app.storage.json_columns import pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Document, Passage
    from rag_app.storage.database import Database
    from rag_app.storage.facts import Facts
    from rag_app.types import Place, Vectors

_PUT_PASSAGE = """
    INSERT INTO passages (document, ordinal, start, "end", page, page_end, page_label, vector)
    VALUES (?, ?, ?, ?, ?, ?, CAST(? AS TEXT), ?)"""

# One row for each page that a passage touches, in order.
_PASSAGES = """
    SELECT p.id, d.path, d.title, p.ordinal, p.start, p."end", p.page, p.page_end, p.page_label,
        d.id, g.confidence, g.id, g.start
    FROM passages p JOIN documents d ON d.id = p.document JOIN pages g ON g.document = p.document
        AND g.start < p."end"
        AND g.start >= (SELECT max(start) FROM pages WHERE document = p.document AND start <= p.start)
    WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY p.id, g.start"""

_PASSAGE = (int, str, str, int, int, int, int, int, str)  # what a passage is, up to its text

# What belongs to all passages of a document or a page comes apart from them, once: of a text file it can be long.
_SECTIONS = "SELECT id, path, sections FROM documents WHERE id IN (SELECT value FROM json_each(?))"
_PAGES = """
    SELECT g.id, d.path, g.text, g.hidden FROM pages g JOIN documents d ON d.id = g.document
    WHERE g.id IN (SELECT value FROM json_each(?))"""

_PLACES = """
    SELECT p.id, d.path, p.ordinal FROM passages p JOIN documents d ON d.id = p.document
    WHERE p.id IN (SELECT value FROM json_each(?))"""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage of the library: `text` is the document text at `start:end`."""

    id: int
    document: str  # path
    title: str  # of the document
    ordinal: int  # 0-based position in the document
    start: int  # characters into the document text
    end: int
    page: int  # holds `start`
    page_end: int  # holds the last character
    page_label: str  # label of `page`
    text: str
    section: str = ""  # where a format has no pages: the heading or line that it stands under
    hidden: int = 0  # characters that a reader of the page does not see
    confidence: float | None = None  # the lowest of its pages, where they were recognised
    above: str = ""  # where it begins within a table: what that is called and its columns, from the same page


@dataclass(frozen=True, slots=True)
class _Page:
    """What passages are cut from."""

    text: str
    hidden: tuple[tuple[int, int], ...]  # characters into the text


@dataclass(frozen=True, slots=True)
class _Around:
    """What several passages stand in."""

    sections: Mapping[int, Sequence[tuple[int, str]]]  # by document
    pages: Mapping[int, _Page]


class Passages:
    """The passages of a library, by id; no id is used twice."""

    def __init__(self, database: Database, facts: Facts) -> None:
        self._database = database
        self._facts = facts

    def get(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages in the order asked; those that are gone are left out."""
        with self._database.snapshot():
            rows = self._database.rows(_PASSAGES, json.dumps([int(passage) for passage in ids]))
            around = _Around(self._sections({row[-4] for row in rows}), self._pages({row[-2] for row in rows}))
            found: dict[int, list[Any]] = defaultdict(list)
            for row in rows:
                found[row[0]].append(row)
            self._need_pages(passage for passage in ids if passage not in found)
        return [self._put_together(found[passage], around) for passage in ids if passage in found]

    def places(self, ids: Iterable[int]) -> dict[int, Place]:
        """Return the path and the position of each passage; those that are gone are left out.

        Ids tell in which order passages came. This tells where they are, whatever happened to the library before.
        """
        rows = self._database.rows(_PLACES, json.dumps([int(passage) for passage in ids]))
        return {passage: (path, ordinal) for passage, path, ordinal in rows}

    def count(self) -> int:
        """Return the number of passages."""
        return int(self._database.value("SELECT count(*) FROM passages"))

    def ids(self) -> NDArray[np.int64]:
        """Return the ids of all passages, rising; no passage is read for it."""
        import numpy as np

        with self._database.snapshot():
            # Not ordered by SQLite: it would take the table, which holds the vectors, and not the index on it.
            ids = self._database.connection.execute("SELECT id FROM passages")
            return np.sort(np.fromiter((passage for (passage,) in ids), np.int64, self.count()))

    def vectors(self) -> tuple[NDArray[np.int64], Vectors]:
        """Return the ids of all passages, rising, and their vectors as (n, d) rows in the same order."""
        import numpy as np

        with self._database.snapshot():
            n, row = self.count(), 0
            ids, matrix = np.empty(n, dtype=np.int64), np.empty((n, self._facts.dimensions), dtype=np.float32)
            for some, vectors in self.vector_batches():
                rows = slice(row, row := row + len(some))
                ids[rows], matrix[rows] = some, vectors
        return ids, matrix

    def vector_batches(self, size: int = 4096, *, after: int = 0) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
        """Yield ids greater than `after`, rising, and their (n, d) rows, at most `size` at a time."""
        with self._database.snapshot():
            query = "SELECT id, vector FROM passages WHERE id > ? ORDER BY id"
            cursor = self._database.connection.execute(query, (after,))
            while batch := cursor.fetchmany(size):
                yield self._matrix(batch)

    def vectors_of(self, ids: Iterable[int]) -> tuple[NDArray[np.int64], Vectors]:
        """Return those of the ids that are there, rising, and their (n, d) rows."""
        query = "SELECT id, vector FROM passages WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
        return self._matrix(self._database.rows(query, json.dumps([int(passage) for passage in ids])))

    def spans(self, key: int) -> list[tuple[int, int]]:
        """Return the start and the end of each passage of a document, in reading order."""
        return self._database.rows('SELECT start, "end" FROM passages WHERE document = ? ORDER BY ordinal', key)

    def of(self, key: int) -> tuple[int, ...]:
        """Return the ids of the passages of a document, in reading order."""
        rows = self._database.rows("SELECT id FROM passages WHERE document = ? ORDER BY ordinal", key)
        return tuple(passage for (passage,) in rows)

    def put(self, key: int, passages: Sequence[Passage], rows: Sequence[bytes]) -> None:
        """Store the passages of a document; `rows` are their vectors, as `blobs` returns them."""
        self._facts.check_dimensions(len(rows[0]) // 4 if rows else 0)
        self._database.execute_all(
            _PUT_PASSAGE,
            [
                (key, ordinal, p.start, p.end, p.page, p.page_end, encode(p.page_label), row)
                for ordinal, (p, row) in enumerate(zip(passages, rows, strict=True))
            ],
        )

    def drop(self, key: int) -> None:
        """Forget the passages of a document."""
        self._database.execute("DELETE FROM passages WHERE document = ?", key)

    def drop_all(self) -> None:
        """Forget all passages."""
        self._database.execute("DELETE FROM passages")

    def _need_pages(self, ids: Iterable[int]) -> None:
        """Refuse passages that are there without a page or a document; those that are gone may be asked for."""
        query = "SELECT count(*) FROM passages WHERE id IN (SELECT value FROM json_each(?))"
        lost = [int(passage) for passage in ids]
        if lost and self._database.value(query, json.dumps(lost)):
            raise damaged(self._database.path, "a passage has no page or no document")

    def _put_together(self, rows: Sequence[Any], around: _Around) -> StoredPassage:
        try:
            passage = _passage(rows, around)
        except (ValueError, TypeError) as error:
            raise altered(self._database, str(rows[0][1])) from error
        if len(passage.text) != passage.end - passage.start:
            raise altered(self._database, passage.document)
        return passage

    def _matrix(self, rows: Sequence[tuple[int, bytes]]) -> tuple[NDArray[np.int64], Vectors]:
        import numpy as np

        joined, d = b"".join(vector for _, vector in rows), self._facts.dimensions
        if len(joined) != 4 * d * len(rows):
            raise damaged(self._database.path, "a vector has the wrong length")
        ids = np.array([passage for passage, _ in rows], dtype=np.int64)
        return ids, np.frombuffer(joined, dtype="<f4").reshape(len(rows), d)

    def _sections(self, keys: Iterable[int]) -> dict[int, Sequence[tuple[int, str]]]:
        rows = self._database.rows(_SECTIONS, json.dumps(sorted(keys)))
        return {key: self._pairs(path, sections) for key, path, sections in rows}

    def _pages(self, keys: Iterable[int]) -> dict[int, _Page]:
        rows = self._database.rows(_PAGES, json.dumps(sorted(keys)))
        return {key: _Page(text, self._pairs(path, hidden)) for key, path, text, hidden in rows}

    def _pairs(self, path: str, column: str) -> tuple[Any, ...]:
        try:
            return pairs(column)
        except (ValueError, TypeError) as error:
            raise altered(self._database, path) from error


def check_passages(document: Document, passages: Iterable[Passage]) -> None:
    """Raise ValueError where a passage is not the text at its offsets."""
    for passage in passages:
        if not passage.text or document.text[passage.start : passage.end] != passage.text:
            raise ValueError(f"{document.path}: a passage is not the text at {passage.start}:{passage.end}")


def blobs(vectors: Vectors | None, n: int) -> list[bytes]:
    """Return the vectors of n passages as they are stored; ValueError where they have another shape."""
    import numpy as np

    if vectors is None and not n:
        return []
    rows = np.ascontiguousarray(vectors, dtype="<f4")
    if len(rows) != n or (n and (rows.ndim != 2 or not rows.size)) or not np.isfinite(rows).all():
        raise ValueError(f"vectors of shape {rows.shape}, or not finite, for {n} passages")
    return [row.tobytes() for row in rows]


def _passage(rows: Sequence[Any], around: _Around) -> StoredPassage:
    """Put a passage together from a row for each page that it touches."""
    *fields, key, _, _, first = rows[0]
    if not all(map(isinstance, fields, _PASSAGE)):
        raise TypeError("a value of another kind")
    start, end = fields[4], fields[5]
    pages = [(begin, around.pages[page]) for *_, page, begin in rows]
    text = "".join(_part(page.text, start - begin, end - begin) for begin, page in pages)
    hidden = sum(
        max(min(begin + to, end) - max(begin + since, start), 0) for begin, page in pages for since, to in page.hidden
    )
    sections = around.sections[key]
    at = bisect_right(sections, start, key=itemgetter(0))
    heading = sections[at - 1][1] if at else ""
    sure = [confidence for *_, confidence, _, _ in rows if confidence is not None]
    above = above_row(pages[0][1].text, start - first)
    values = (*fields, text, heading, hidden, min(sure, default=None), above)
    return StoredPassage(*values)


def _part(text: str, start: int, end: int) -> str:
    """Return a part of a page and of the break after it; the page is not copied."""
    part = text[max(start, 0) : end]
    return part + PAGE_BREAK if end > len(text) else part
