"""The search of a library: which documents a question may see, its candidates, and what keeps the best of them.

What joins the two stages, as one LangChain retriever, is `langchain/retriever.py`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag_app.errors import UsageError
from rag_app.searching.candidates import Search
from rag_app.searching.document_names import aboutness
from rag_app.searching.second_stage import SecondStage
from rag_app.types import MODES, Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag_app.config import Settings
    from rag_app.models.embedder import Embedder
    from rag_app.models.loaded import Models
    from rag_app.searching.candidates import Trace
    from rag_app.searching.own_embedder import OwnEmbedder
    from rag_app.searching.second_stage import About
    from rag_app.storage.current_index import CurrentIndex
    from rag_app.storage.passages import StoredPassage
    from rag_app.storage.selection import Selection
    from rag_app.storage.stale import Stale
    from rag_app.storage.store import Store
    from rag_app.types import Candidate, Mode, Scored, Vectors

    Trouble = Callable[[str, Mapping[str, Stale]], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a search is done."""

    k: int  # passages
    candidates: int  # that the first stage proposes
    mode: Mode  # how it finds them
    rerank: bool  # order them with the cross-encoder


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A candidate with its passage, as a reader is shown it."""

    candidate: Candidate
    passage: StoredPassage
    document: str  # the path to cite
    stale: str  # what is said of a file that is not what was read of it; else empty


class Searcher:
    """Searches one library, for any number of threads."""

    def __init__(
        self,
        store: Store,
        models: Models,
        embedder: OwnEmbedder,
        index: CurrentIndex,
        settings: Settings,
        trouble: Trouble,
    ) -> None:
        """Take the parts.

        Args:
            store: what is searched.
            models: the cross-encoder is theirs.
            embedder: the library's own.
            index: of its vectors.
            settings: what is wanted where nothing else is said.
            trouble: what is said of a file that is not what was read of it, given those known to be so.
        """
        self.embedder = embedder
        self.index = index
        self._store = store
        self._models = models
        self._settings = settings
        self._trouble = trouble

    def wanted(
        self, k: int | None = None, candidates: int | None = None, mode: Mode = "hybrid", *, rerank: bool = True
    ) -> Wanted:
        """Return how to search, by the settings where nothing else is said.

        Raises:
            UsageError: an unknown mode, or a number below 1.
        """
        k = self._settings.k if k is None else k
        candidates = self._settings.candidates if candidates is None else candidates
        for name, number in (("k", k), ("candidates", candidates)):
            if number < 1:
                raise UsageError(f"{name} = {number} is less than 1.", hint="Ask for at least one passage.")
        if mode not in MODES:
            raise UsageError(f"There is no search mode {mode!r}.", hint=f"Choose one of: {', '.join(MODES)}.")
        return Wanted(k, candidates, mode, rerank)

    def need_models(self, wanted: Wanted) -> None:
        """Load the models that this takes, so that one that is missing is told now."""
        if wanted.mode != "keyword":
            self.embedder.get()
        if wanted.rerank:
            _ = self._models.reranker

    def selected(self, where: Filter | None) -> Selection | None:
        """Return the documents that a filter leaves; None means all.

        Raises:
            UsageError: it leaves none.
        """
        return None if where is None or where == Filter() else self._store.select(where)

    def candidates(self, question: str, wanted: Wanted, chosen: Selection | None, trace: Trace) -> list[Candidate]:
        """Return what the first stage proposes, best first."""
        embedder = self.embedder.get() if wanted.mode != "keyword" else None
        documents = chosen.documents if chosen else None
        search = Search(
            embedder.embed_question if embedder else _no_embedding,
            lambda vector, k: self.nearest(vector, k, embedder, chosen),
            lambda question, k: self._store.keyword(question, k, documents),
            self._store.places,
        )
        return search.candidates(question, max(wanted.candidates, wanted.k), wanted.mode, trace)

    def second_stage(self, wanted: Wanted, about: About, trace: Trace | None = None) -> SecondStage:
        """Return what keeps the best of the candidates."""
        return SecondStage(
            self._models.reranker if wanted.rerank else None,
            wanted.k,
            about=about,
            trace=trace,
            per_document=self._settings.per_document,
            adaptive=self._settings.adaptive,
        )

    def passages(self, candidates: Sequence[Candidate], chosen: Selection | None) -> list[FoundPassage]:
        """Return the passages of candidates, in their order; those that are gone meanwhile are left out."""
        by_id = {candidate.passage: candidate for candidate in candidates}
        trouble = self._trouble_of_each()
        cited = self._cited(chosen, trouble)
        found = []
        for passage in self._store.passages(list(by_id)):
            path = cited.get(passage.document, passage.document)
            found.append(FoundPassage(by_id[passage.id], passage, path, trouble(path)))
        return found

    def nearest(
        self, vector: Vectors, k: int, embedder: Embedder | None = None, chosen: Selection | None = None
    ) -> list[Scored]:
        """Rank passages by the inner product of their vectors with this one, which comes from `embedder`."""
        index = self.index.get()
        if embedder:  # after the index was opened: another process may have rebuilt the library
            self.embedder.need_same(embedder)
        allowed = None if chosen is None else self._store.passages_in(chosen.documents)
        return index.search(vector, k, self._store.places, allowed)

    def about(
        self, question: str, chosen: Selection | None, cited: Mapping[str, str] | None = None
    ) -> dict[str, float]:
        """Return how much a question names each document that may be searched, 0 to 1, by the path to cite.

        Which path that is, is looked up where it is not given as `cited`, and only where the question names a document.
        """

        def shares(word: str) -> dict[str, float]:
            found = self._store.shares(word).items()
            return {path: share for path, share in found if chosen is None or path in chosen.names}

        documents = len(chosen.documents) if chosen else self._store.document_count()
        named = aboutness(question, shares, documents)
        if cited is None:
            cited = self.cited(chosen) if named else {}
        return {cited.get(document, document): share for document, share in named.items()}

    def cited(self, chosen: Selection | None) -> dict[str, str]:
        """Return which path to cite of each document that has several: the first that is as it was read, else is there.

        Chosen ones go before.
        """
        return self._cited(chosen, self._trouble_of_each())

    def _cited(self, chosen: Selection | None, trouble: Callable[[str], str]) -> dict[str, str]:
        found = {}
        for first, paths in self._store.copies().items():
            ordered = sorted(paths, key=lambda path: chosen is not None and path not in chosen.paths)
            there = [path for path in ordered if os.path.exists(path)]  # noqa: PTH110  may hold a NUL
            found[first] = next((path for path in there if not trouble(path)), next(iter(there), first))
        return found

    def trouble(self, path: str) -> str:
        """Return what is said of a file that is not what was read of it; empty where nothing is."""
        return self._trouble(path, self._store.stale())

    def _trouble_of_each(self) -> Callable[[str], str]:
        """Return what tells of files; it looks at each once."""
        stale = self._store.stale()
        return cache(lambda path: self._trouble(path, stale))


def _no_embedding(question: str) -> Vectors:
    raise AssertionError(f"keyword search embeds nothing, not even {question!r}")
