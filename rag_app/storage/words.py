"""Words: the keyword index over passages, and what can be asked of it."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from rag_app.errors import LibraryDamaged
from rag_app.language import keywords
from rag_app.storage.database import damaged
from rag_app.storage.schema import PUT_KEYWORDS, keyword_rows, write_keywords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag_app.storage.database import Database
    from rag_app.storage.facts import Facts
    from rag_app.storage.passages import Passages, StoredPassage
    from rag_app.types import Scored

_KEYWORD = """
    SELECT rowid, bm25(keywords, ?, 1.0, ?) AS score
    FROM keywords WHERE keywords MATCH ? AND {} ORDER BY score, rowid LIMIT ?"""

# The plus keeps the index from being asked once for each passage: with 10,000 of 100,000 that takes 6.4 s, not 0.02 s.
_OF_DOCUMENTS = "+rowid IN (SELECT id FROM passages WHERE document IN (SELECT value FROM json_each(?)))"

_WEIGHTS = (keywords.TITLE_WEIGHT, keywords.STEM_WEIGHT)

_DROP_KEYWORDS = "INSERT INTO keywords (keywords, rowid, title, text, stems) VALUES ('delete', ?, ?, ?, ?)"

# Without it SQLite cannot open the table, not even to drop it.
_KEYWORDS_FORM = "INSERT OR IGNORE INTO keywords_config VALUES ('version', 4)"

_SHARES = """
    SELECT documents.path, count(*) * 1.0 / (SELECT count(*) FROM passages WHERE document = documents.id)
    FROM keywords JOIN passages ON passages.id = keywords.rowid JOIN documents ON documents.id = passages.document
    WHERE keywords MATCH ? GROUP BY documents.id"""

# What the keyword index consists of, beside the same of one that was built anew: words, lengths, averages.
_KEYWORD_TWINS = (
    ("SELECT * FROM temp.kept_words", "SELECT * FROM temp.new_words"),
    ("SELECT * FROM main.keywords_docsize", "SELECT * FROM temp.again_docsize"),
    ("SELECT block FROM main.keywords_data WHERE id = 1", "SELECT block FROM temp.again_data WHERE id = 1"),
)

_log = logging.getLogger(__name__)


class Words:
    """The words of the passages and of the names of their documents."""

    def __init__(self, database: Database, facts: Facts, passages: Passages) -> None:
        self._database = database
        self._facts = facts
        self._passages = passages

    def keyword(self, question: str, k: int, documents: Iterable[int] | None = None) -> list[Scored]:
        """Rank the passages that hold any of the question's words by BM25; `Store.keyword` tells of its arguments."""
        if k < 1:
            raise ValueError(f"k = {k} is less than 1")
        query = keywords.query(question, self._languages())
        if not query:
            return []
        statement = _KEYWORD.format("1" if documents is None else _OF_DOCUMENTS)
        values = (*_WEIGHTS, query, *(() if documents is None else (json.dumps(list(documents)),)))
        with self._database.snapshot():
            fetch = k + 1
            rows = self._database.rows(statement, *values, fetch)
            while len(rows) == fetch and rows[-1][1] == rows[k - 1][1]:  # where the first k end is not settled yet
                fetch *= 4
                rows = self._database.rows(statement, *values, fetch)
            places = self._passages.places([passage for passage, _ in rows])
        if len(places) < len(rows):
            raise damaged(self._database.path, "its keyword index holds passages that are not there")
        rows.sort(key=lambda row: (row[1], places[row[0]]))
        return [(passage, -score) for passage, score in rows[:k]]

    def mentions(self, topic: str) -> list[StoredPassage]:
        """Return every passage that holds the words of `topic` side by side, as they stand or by their stems."""
        query = keywords.mention(topic, self._languages())
        if not query:
            return []
        with self._database.snapshot():
            rows = self._database.rows("SELECT rowid FROM keywords WHERE keywords MATCH ? ORDER BY rowid", query)
            return self._passages.get([passage for (passage,) in rows])

    def shares(self, word: str) -> dict[str, float]:
        """Return the share of its passages, 0 to 1, in which each document has `word`; others are left out."""
        query = keywords.phrase(word)
        return dict(self._database.rows(_SHARES, query)) if query else {}

    def _languages(self) -> list[str]:
        return [language for (language,) in self._database.rows("SELECT DISTINCT language FROM documents")]

    def index(self, key: int) -> None:
        """Put the passages of a document into the keyword index, under its present name."""
        self._database.execute_all(PUT_KEYWORDS, keyword_rows(self._database.connection, key))

    def unindex(self, key: int) -> None:
        """Take them out again, before the name changes or they go."""
        self._database.execute_all(_DROP_KEYWORDS, keyword_rows(self._database.connection, key))

    def drop_all(self) -> None:
        """Take all passages out."""
        self._database.execute("INSERT INTO keywords (keywords) VALUES ('delete-all')")

    def analyse(self) -> None:
        """Write the keyword index anew where it was written by another version, whose words cannot be taken out."""
        if self._facts.get("keywords") != keywords.analysis():
            write_keywords(self._database.connection)

    def rewrite(self) -> None:
        """Write the keyword index anew, from nothing but the passages."""
        with self._database.transaction():
            try:
                with suppress(sqlite3.OperationalError):  # there is no such table
                    self._database.execute(_KEYWORDS_FORM)
                self._database.execute("DROP TABLE IF EXISTS keywords")
                self._database.execute(f"CREATE VIRTUAL TABLE keywords USING {keywords.TABLE}")
            except sqlite3.OperationalError as error:
                raise damaged(self._database.path, error) from error
            write_keywords(self._database.connection)

    def problems(self, broken: bool) -> Iterator[str]:
        """Tell what is wrong with the keyword index; its words prove nothing beside passages that are `broken`."""
        try:
            passages = {row[0] for row in self._database.rows("SELECT id FROM passages")}
            if passages != {row[0] for row in self._database.rows("SELECT rowid FROM keywords")}:
                yield "the keyword index does not hold the passages that are stored"
                return
            known = self._facts.get("keywords") == keywords.analysis()  # else other stems are no damage
            if passages and known and not broken and not self._agree():
                yield "the keyword index does not hold the words of the passages"
        except (sqlite3.Error, LibraryDamaged) as error:
            _log.info("The keyword index cannot be read: %s", error)
            yield "the keyword index cannot be read"

    def _agree(self) -> bool:
        """Index all passages once more, and compare word by word."""
        connection = self._database.connection
        connection.execute(f"CREATE VIRTUAL TABLE temp.again USING {keywords.TABLE}")
        try:
            for (key,) in self._database.rows("SELECT id FROM documents"):
                rows = keyword_rows(connection, key)
                connection.executemany(PUT_KEYWORDS.replace("INTO keywords", "INTO temp.again"), rows)
            connection.execute("CREATE VIRTUAL TABLE temp.new_words USING fts5vocab('temp', 'again', 'instance')")
            connection.execute("CREATE VIRTUAL TABLE temp.kept_words USING fts5vocab('main', 'keywords', 'instance')")
            return all(_same_rows(connection.execute(one), connection.execute(other)) for one, other in _KEYWORD_TWINS)
        finally:
            for table in ("kept_words", "new_words", "again"):
                connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _same_rows(one: Iterable[Any], other: Iterable[Any]) -> bool:
    return all(a == b for a, b in zip_longest(one, other))
