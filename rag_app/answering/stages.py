"""What answering needs of a library, and the library's own way to give it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Protocol

from rag_app.answering.listing import Mention
from rag_app.errors import UsageError
from rag_app.evidence.choose import EVIDENCE
from rag_app.models.counting import CountedGenerator
from rag_app.models.stopping import StoppableGenerator, check
from rag_app.proof.refusal import CALIBRATION, in_force, supplied
from rag_app.types import Filter, ModelNames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest import Document, Table
    from rag_app.config import Formulas, Settings
    from rag_app.models.generator import Generator, Usage
    from rag_app.models.loaded import Models
    from rag_app.models.numbers import RerankerNumbers
    from rag_app.proof.refusal import Calibration
    from rag_app.searching.candidates import Trace
    from rag_app.searching.searcher import Searcher, Wanted
    from rag_app.searching.second_stage import About
    from rag_app.storage.selection import Selection
    from rag_app.storage.store import Store
    from rag_app.types import Hit, StoredDocument, Vectors

    Found = tuple[tuple[Hit, ...], Trace]  # passages, best first, and how they were found


_KEPT = 16  # documents of which the tables are kept while a question is answered


class Stages(Protocol):
    """What one answer is made with."""

    @property
    def models(self) -> ModelNames:
        """Which models these are."""
        ...

    @property
    def answer_tokens(self) -> int:
        """Most tokens of an answer."""
        ...

    @property
    def evidence(self) -> int:
        """Characters that the generator reads."""
        ...

    @property
    def formulas(self) -> Formulas:
        """The user's own, by the names of their figures."""
        ...

    def calibration(self) -> Calibration:
        """Return what decides whether there is an answer."""
        ...

    def numbers(self) -> RerankerNumbers:
        """Return what the cross-encoder's scores are worth."""
        ...

    def find(self, question: str) -> Found:
        """Return the passages that bear most on a question."""
        ...

    def find_in(self, question: str, path: str) -> Found:
        """Return the same of one document."""
        ...

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return the cross-encoder's logits."""
        ...

    def about(self, question: str) -> Mapping[str, float]:
        """Return how much a question names each document, 0 to 1."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return n texts as n vectors of the bi-encoder."""
        ...

    def generator(self) -> Generator:
        """Return what writes; it is loaded at its first use."""
        ...

    def documents(self) -> Sequence[StoredDocument]:
        """Return those that are searched."""
        ...

    def read(self, path: str) -> Document:
        """Return the stored pages and text of a document."""
        ...

    def tables(self, path: str) -> Sequence[Table]:
        """Return the tables of a document."""
        ...

    def mentions(self, topic: str) -> Sequence[Mention]:
        """Return every passage with these words side by side."""
        ...

    def trouble(self, path: str) -> str:
        """Return what is said of a file that is not what was read of it; empty where nothing is."""
        ...

    def generation(self) -> int:
        """Return a number; another one tells that the library has changed."""
        ...


class Finder(Protocol):
    """Both stages of search as one."""

    def find(self, question: str, wanted: Wanted, chosen: Selection | None, about: About | None = None) -> Found:
        """Return the best passages, best first, and how long each stage took."""
        ...


@dataclass(frozen=True, slots=True)
class ReadingDepth:
    """How much is read for one answer."""

    candidates: int  # by the cross-encoder
    evidence: int  # characters, by the generator


def reading_depth(candidates: int, budget: float | None = None) -> ReadingDepth:
    """Return how much is read to keep within `budget` seconds; all `candidates` where there is none."""
    if budget is None:
        return ReadingDepth(candidates, EVIDENCE)
    if not budget > 0:  # nan included
        raise UsageError(f"A budget of {budget} seconds is too small.", hint="Give a positive number of seconds.")
    share = min(budget / 4, 1.0)  # the reference machine gives its first word after 3 to 4 seconds
    return ReadingDepth(max(int(candidates * share), 10), max(round(EVIDENCE * share), 400))


def program_calibration(models: Models) -> Calibration:
    """Return what decides whether there is an answer for a library that has no calibration of its own."""
    return supplied(models.reranker.numbers.model, models.generator_measured_as)


class LibraryStages:
    """Answers from the documents of a library that a filter leaves."""

    def __init__(
        self,
        store: Store,
        models: Models,
        searcher: Searcher,
        finder: Finder,
        settings: Settings,
        chosen: Selection | None,
        depth: ReadingDepth,
    ) -> None:
        """Take the parts.

        Args:
            store: what is answered from.
            models: what is read and written with.
            searcher: of the library.
            finder: its two stages.
            settings: of the library.
            chosen: the documents that are searched; None means all.
            depth: how much is read.
        """
        self.models = ModelNames(settings.embedder, settings.reranker, settings.generator)
        self.answer_tokens = settings.answer_tokens
        self.evidence = depth.evidence
        self.formulas = settings.formulas
        self._store = store
        self._settings = settings
        self._models = models
        self._searcher = searcher
        self._finder = finder
        self._chosen = chosen
        self._wanted = searcher.wanted(candidates=depth.candidates)
        self._cited = searcher.cited(chosen)
        self._about = cache(self._named)  # asked for passages, and then for their sentences
        self._tables = lru_cache(_KEPT)(store.recent_tables)
        self._calibration = cache(self._in_force)

    def calibration(self) -> Calibration:
        """Return what decides whether there is an answer."""
        return self._calibration()

    def numbers(self) -> RerankerNumbers:
        """Return what the cross-encoder's scores are worth."""
        return self._models.reranker.numbers

    def find(self, question: str) -> Found:
        """Return the passages that bear most on a question."""
        return self._finder.find(question, self._wanted, self._chosen, self._about)

    def find_in(self, question: str, path: str) -> Found:
        """Return the same of one document.

        Raises:
            UsageError: it is not there any more.
        """
        only = self._searcher.selected(Filter(within=(path,)))
        return self._finder.find(question, self._wanted, only, self._about)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return the cross-encoder's logits."""
        return self._models.reranker.score(question, texts)

    def about(self, question: str) -> Mapping[str, float]:
        """Return how much a question names each document, 0 to 1."""
        return self._about(question)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return n texts as n vectors of the bi-encoder."""
        return self._searcher.embedder.embed(texts)

    def generator(self) -> Generator:
        """Return what writes."""
        return self._models.generator

    def documents(self) -> Sequence[StoredDocument]:
        """Return those that are searched."""
        chosen = self._chosen
        return [document for document in self._store.documents() if chosen is None or document.path in chosen.names]

    def read(self, path: str) -> Document:
        """Return the stored pages and text of a document; UsageError where it is not there any more."""
        return self._store.read(path)

    def tables(self, path: str) -> Sequence[Table]:
        """Return the tables of a document; UsageError where it is not there any more."""
        return self._tables(path)

    def mentions(self, topic: str) -> Sequence[Mention]:
        """Return every passage with these words side by side."""
        found = []
        for passage in self._store.mentions(topic):
            if self._chosen is None or passage.document in self._chosen.names:
                path = self._cited.get(passage.document, passage.document)
                found.append(Mention(path, passage.start, passage.end))
        return found

    def trouble(self, path: str) -> str:
        """Return what is said of a file that is not what was read of it."""
        return self._searcher.trouble(path)

    def generation(self) -> int:
        """Return a number; another one tells that the library has changed."""
        return self._store.generation

    def _in_force(self) -> Calibration:
        names = self._settings.reranker, self._settings.generator
        return in_force(self._store.get(CALIBRATION), *names, program_calibration(self._models))[0]

    def _named(self, question: str) -> dict[str, float]:
        return self._searcher.about(question, self._chosen, self._cited)


class Relay:
    """Stages that pass on what they are asked; subclasses change some of it."""

    def __init__(self, stages: Stages) -> None:
        self.models = stages.models
        self.answer_tokens = stages.answer_tokens
        self.evidence = stages.evidence
        self.formulas = stages.formulas
        self._stages = stages

    def calibration(self) -> Calibration:
        """Pass on."""
        return self._stages.calibration()

    def numbers(self) -> RerankerNumbers:
        """Pass on."""
        return self._stages.numbers()

    def find(self, question: str) -> Found:
        """Pass on."""
        return self._stages.find(question)

    def find_in(self, question: str, path: str) -> Found:
        """Pass on."""
        return self._stages.find_in(question, path)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Pass on."""
        return self._stages.score(question, texts)

    def about(self, question: str) -> Mapping[str, float]:
        """Pass on."""
        return self._stages.about(question)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Pass on."""
        return self._stages.embed(texts)

    def generator(self) -> Generator:
        """Pass on."""
        return self._stages.generator()

    def documents(self) -> Sequence[StoredDocument]:
        """Pass on."""
        return self._stages.documents()

    def read(self, path: str) -> Document:
        """Pass on."""
        return self._stages.read(path)

    def tables(self, path: str) -> Sequence[Table]:
        """Pass on."""
        return self._stages.tables(path)

    def mentions(self, topic: str) -> Sequence[Mention]:
        """Pass on."""
        return self._stages.mentions(topic)

    def trouble(self, path: str) -> str:
        """Pass on."""
        return self._stages.trouble(path)

    def generation(self) -> int:
        """Pass on."""
        return self._stages.generation()


class CountedStages(Relay):
    """Stages that add what their generator reads and writes to a total."""

    def __init__(self, stages: Stages, total: Usage) -> None:
        super().__init__(stages)
        self._total = total

    def generator(self) -> Generator:
        """Return what writes; what it costs is counted."""
        return CountedGenerator(super().generator(), self._total)


class StoppableStages(Relay):
    """Stages of which those that take long ask `stop` before they begin, and raise Stopped."""

    def __init__(self, stages: Stages, stop: Callable[[], bool]) -> None:
        super().__init__(stages)
        self._stop = stop

    def find(self, question: str) -> Found:
        """Return the passages that bear most on a question."""
        check(self._stop)
        return super().find(question)

    def find_in(self, question: str, path: str) -> Found:
        """Return the same of one document."""
        check(self._stop)
        return super().find_in(question, path)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return the cross-encoder's logits."""
        check(self._stop)
        return super().score(question, texts)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return n texts as n vectors of the bi-encoder."""
        check(self._stop)
        return super().embed(texts)

    def generator(self) -> Generator:
        """Return what writes; it asks before each token."""
        return StoppableGenerator(super().generator(), self._stop)
