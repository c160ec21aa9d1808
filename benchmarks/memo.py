"""Models that remember what they were asked, so that asking the same again costs no model time.

A call of the generator is known by its name, the messages, the limit of tokens, and the form with its code; writing is
greedy, so the same call gives the same text. The cross-encoder's score is known by its name, question and text. Seconds
that a memo saved are not in what is measured: take times from runs without one.
"""

from __future__ import annotations

import copy
import hashlib
import json
import sqlite3
from dataclasses import asdict
from inspect import getsource
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rag_app.models.catalogue import resolve
from rag_app.models.counting import counting
from rag_app.models.generator import Usage
from rag_app.models.loaded import LoadedModels
from rag_app.models.numbers import generator_numbers, reranker_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rag_app.config import Settings
    from rag_app.models.generator import Form, Generator, Message
    from rag_app.models.numbers import GeneratorNumbers, RerankerNumbers
    from rag_app.models.reranker import Reranker
    from rag_app.types import Vectors


class MemoGenerator:
    """A generator whose calls are kept in an SQLite file, or in memory; the real one is loaded when a call is new."""

    def __init__(self, name: str, numbers: GeneratorNumbers, real: Callable[[], Generator], file: Path | None) -> None:
        self.name, self.numbers = name, numbers
        self._real = real
        self._file = _calls(file)
        self._total = Usage()

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
            _said(messages),
            max_tokens,
            repr(form),
            getsource(type(form)) if form else "",
        ]
        pieces, cost = self._call("stream", parts, write)
        for name, value in cost.items():
            setattr(usage, name, value)
        yield from pieces

    def counting(self, total: Usage) -> Self:
        """Return the same generator, which adds to `total` what its choices cost when they were made."""
        counted = copy.copy(self)
        counted._total = total
        return counted

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Return by how many logits the reply would rather begin with `one` than with `other`."""
        parts = [_said(messages), one, other]
        return self._choice("preference", parts, lambda real: [real.preference(messages, one, other)])[0]

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Return for each of some words the logit with which the reply would begin with it."""
        parts = [_said(messages), list(words)]
        return self._choice("leanings", parts, lambda real: list(real.leanings(messages, words)))

    def _choice(self, kind: str, parts: list[Any], choose: Callable[[Generator], list[float]]) -> list[float]:
        """Return the logits of a choice, and count what it cost."""

        def work() -> Any:
            spent = Usage()
            values = choose(counting(self._real(), spent))
            return [[float(value) for value in values], asdict(spent)]

        values, cost = self._call(f"counted {kind}", parts, work)
        self._total.add(Usage(**cost))
        return [float(value) for value in values]

    def _call(self, kind: str, parts: list[Any], work: Callable[[], Any]) -> Any:
        key = _key(self.name, kind, parts)
        found = self._file.execute("SELECT value FROM calls WHERE key = ?", (key,)).fetchone()
        if found:
            return json.loads(found[0])
        value = work()
        self._file.execute("INSERT OR REPLACE INTO calls VALUES (?, ?)", (key, json.dumps(value)))
        return value


class MemoReranker:
    """A cross-encoder whose scores are kept, in the same file or another; the real one is loaded for a new pair."""

    def __init__(self, name: str, numbers: RerankerNumbers, real: Callable[[], Reranker], file: Path | None) -> None:
        self.name, self.numbers = name, numbers
        self._real = real
        self._file = _calls(file)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return (len(texts),) float32 logits."""
        keys = [_key(self.name, "score", [question, text]) for text in texts]
        known = {key: self._known(key) for key in keys}
        new = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        if new:
            scores = self._real().score(question, list(new.values())).tolist()
            known.update(zip(new, scores, strict=True))
            self._file.execute("BEGIN")
            self._file.executemany("INSERT OR REPLACE INTO calls VALUES (?, ?)", zip(new, scores, strict=True))
            self._file.execute("COMMIT")
        return np.array([known[key] for key in keys], np.float32)

    def _known(self, key: str) -> float | None:
        found = self._file.execute("SELECT value FROM calls WHERE key = ?", (key,)).fetchone()
        return float(found[0]) if found else None


def remembering(settings: Settings, file: Path | None) -> LoadedModels:
    """Return the models that the settings name, whose calls are kept in `file`, else in memory."""
    real = LoadedModels(settings)
    generator, reranker = (resolve(getattr(settings, role), role, settings) for role in ("generator", "reranker"))
    numbers = generator_numbers(generator)
    numbers = numbers if numbers.model else real.generator.numbers  # whether it writes freely only its file tells
    return LoadedModels(
        settings,
        reranker=MemoReranker(settings.reranker, reranker_numbers(reranker), lambda: real.reranker, file),
        generator=MemoGenerator(settings.generator, numbers, lambda: real.generator, file),
    )


def _said(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _key(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def _calls(file: Path | None) -> sqlite3.Connection:
    calls = sqlite3.connect(file or ":memory:", isolation_level=None, check_same_thread=False, timeout=60)
    calls.execute("PRAGMA journal_mode = WAL")
    calls.execute("PRAGMA synchronous = NORMAL")
    calls.execute("CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
    return calls
