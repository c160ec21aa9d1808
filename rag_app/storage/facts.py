"""What is known of a library as a whole: its embedder, its generation, and whatever others keep under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.storage.connection import encode
from rag_app.storage.database import damaged
from rag_app.storage.json_columns import parsed

if TYPE_CHECKING:
    from rag_app.storage.database import Database

JSON_FACTS = ("mounts", "refusal")  # that are kept as JSON


class Facts:
    """Texts by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> str | None:
        """Return the fact called `key`, such as the embedder's name, or None."""
        value = self._database.value("SELECT value FROM meta WHERE key = ?", key)
        return None if value is None else str(value)

    def set(self, key: str, value: str) -> None:
        """Remember a fact about the library."""
        with self._database.transaction():
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, CAST(? AS TEXT))", key, encode(value))

    def forget(self, fact: str) -> None:
        """Forget a fact about the library."""
        with self._database.transaction():
            self._database.execute("DELETE FROM meta WHERE key = ?", fact)

    @property
    def generation(self) -> int:
        """How many writes have changed the passages; a copy of another generation is outdated."""
        return self._number("generation")

    def bump(self) -> int:
        """Count a write that has changed the passages, and return the new generation."""
        generation = self.generation + 1
        self.set("generation", str(generation))
        return generation

    @property
    def dimensions(self) -> int:
        """Length of every vector; 0 until the first is stored. An empty library takes any other."""
        return self._number("dimensions")

    def check_dimensions(self, given: int) -> None:
        """Take the length of the first vectors, or of those of an empty library; ValueError where others are longer."""
        known = self.dimensions
        if not given or given == known:
            return
        if known and self._database.value("SELECT EXISTS (SELECT 1 FROM passages)"):
            raise ValueError(f"vectors of {given} dimensions in a library of {known}")
        self.set("dimensions", str(given))

    def index_record(self) -> tuple[int, str] | None:
        """Return the generation and the SHA-256 of the saved vector index, or None."""
        generation, _, sha256 = (self.get("index_file") or "").partition(" ")
        return (int(generation), sha256) if sha256 and generation.isdigit() else None

    def index_facts(self) -> str:
        """Return how the saved vector index was built, as it was recorded."""
        return self.get("index_facts") or ""

    def record_index(self, generation: int, sha256: str, facts: str = "") -> None:
        """Remember which file is the vector index of `generation`, and how it was built."""
        with self._database.transaction():
            self.set("index_file", f"{generation} {sha256}")
            self.set("index_facts", facts)

    def forget_index(self) -> None:
        """Forget that there is a vector index."""
        with self._database.transaction():
            self._database.execute("DELETE FROM meta WHERE key IN ('index_file', 'index_facts')")

    def unreadable(self) -> list[str]:
        """Return the facts about the library that should be JSON and are not."""
        return [fact for fact in JSON_FACTS if not self._is_json(fact)]

    def _is_json(self, fact: str) -> bool:
        try:
            parsed(self.get(fact) or "null")
        except ValueError:
            return False
        return True

    def _number(self, key: str) -> int:
        value = self.get(key) or "0"
        if not value.isdigit():
            raise damaged(self._database.path, f"{key} is not a number")
        return int(value)
