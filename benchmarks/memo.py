"""A generator that remembers what it wrote and preferred, so that asking it the same again costs no model time.

A call is known by the generator's name, the messages, the limit of tokens, and the form with its code; writing is
greedy, so the same call gives the same text. Seconds that a memo saved are not in what is measured: take times from
runs without one.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict
from inspect import getsource
from typing import TYPE_CHECKING, Any

from rag_app.models.catalogue import resolve
from rag_app.models.loaded import LoadedModels
from rag_app.models.numbers import generator_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rag_app.config import Settings
    from rag_app.models.generator import Form, Generator, Message, Usage
    from rag_app.models.numbers import GeneratorNumbers


class MemoGenerator:
    """A generator whose calls are kept in an SQLite file, or in memory; the real one is loaded when a call is new."""

    def __init__(self, name: str, numbers: GeneratorNumbers, real: Callable[[], Generator], file: Path | None) -> None:
        self.name, self.numbers = name, numbers
        self._real = real
        self._file = sqlite3.connect(file or ":memory:", isolation_level=None, check_same_thread=False)
        self._file.execute("CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, value TEXT NOT NULL)")

    @property
    def context(self) -> int:
        """The number of tokens that fit."""
        return int(self._call("context", [], lambda: self._real().context))

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        return int(self._call("tokens", [text], lambda: self._real().count_tokens(text)))

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the text in pieces, and set what it cost."""

        def write() -> Any:
            pieces = list(self._real().stream(messages, usage, max_tokens=max_tokens, form=form))
            return [pieces, asdict(usage)]

        parts = [
            [asdict(message) for message in messages],
            max_tokens,
            repr(form),
            getsource(type(form)) if form else "",
        ]
        pieces, cost = self._call("stream", parts, write)
        for name, value in cost.items():
            setattr(usage, name, value)
        yield from pieces

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the reply would rather begin with `one` than with `other`."""
        parts = [[asdict(message) for message in messages], one, other]
        return float(self._call("preference", parts, lambda: self._real().preference(messages, one, other)))

    def _call(self, kind: str, parts: list[Any], work: Callable[[], Any]) -> Any:
        text = json.dumps([self.name, kind, parts], ensure_ascii=True)
        key = hashlib.sha256(text.encode()).hexdigest()
        found = self._file.execute("SELECT value FROM calls WHERE key = ?", (key,)).fetchone()
        if found:
            return json.loads(found[0])
        value = work()
        self._file.execute("INSERT OR REPLACE INTO calls VALUES (?, ?)", (key, json.dumps(value)))
        return value


def remembering(settings: Settings, file: Path | None) -> LoadedModels:
    """Return the models that the settings name, with a generator whose calls are kept in `file`, else in memory."""
    numbers = generator_numbers(resolve(settings.generator, "generator", settings))
    real = LoadedModels(settings)
    return LoadedModels(settings, generator=MemoGenerator(settings.generator, numbers, lambda: real.generator, file))
