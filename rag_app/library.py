"""The Python API: a folder that holds one collection of documents, and what can be asked of it.

from rag_app import Library

with Library.open("notes.library") as library:
    library.ingest(["papers/"])
    print(library.ask("What is reranking?").answer)
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shlex import quote
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from rag_app import config, facts
from rag_app.errors import LibraryMismatch, UsageError
from rag_app.store import Store
from rag_app.types import MODES, Answer, DocumentReport, ModelNames, SearchResult, SearchSeconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from types import TracebackType

    from langchain_classic.retrievers import ContextualCompressionRetriever
    from langchain_core.documents import Document as LangChainDocument

    from ingest import Document
    from rag_app.builder import Builder, Step
    from rag_app.config import Settings
    from rag_app.embedder import Embedder
    from rag_app.evaluate import SharedScores
    from rag_app.generator import Generator
    from rag_app.index import VectorIndex
    from rag_app.models import InstalledModel
    from rag_app.questioner import MadeQuestion
    from rag_app.reranker import Reranker
    from rag_app.retriever import LibraryRunnable
    from rag_app.search import Trace
    from rag_app.store import StoredPassage
    from rag_app.types import (
        Candidate,
        DocumentReceipt,
        Event,
        Hit,
        IngestReport,
        Mode,
        Scored,
        StoredDocument,
        Turn,
        Vectors,
        VerifyReport,
    )

    About = Callable[[str], dict[str, float]]  # how much a question names each document, 0 to 1

LONGEST_QUESTION = 4000  # characters


class Library:
    """A collection of documents; models are loaded when they are first needed."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self._store = store
        self._lock = threading.RLock()
        self._index: VectorIndex | None = None
        self._embedder: Embedder | None = None
        self._reranker: Reranker | None = None
        self._generator: Generator | None = None

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        create: bool = True,
        repair: bool = True,
        **changes: Any,
    ) -> Self:
        """Open the library in `folder`.

        Args:
            folder: where it lies; the settings' library by default.
            settings: from `rag_app.config.load()` by default.
            create: make one where there is none.
            repair: write damaged files anew that are copies of the database; else they are left for `verify` to find.
            changes: single settings that go before all others, such as `embedder="bge-small-en-v1.5-int8"`.

        Raises:
            LibraryError: the folder holds no library, or a damaged or newer one.
            SettingsError: an unknown or unusable setting.
        """
        settings = config.load(flags=changes) if settings is None else config.changed(settings, changes)
        if folder is not None:
            settings = config.with_library(settings, folder)
        store = Store.open(settings.library, create=create)
        if repair:
            facts.restore(store)
        return cls(store, settings)

    def close(self) -> None:
        """Release the files; models go with the object."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Documents

    def ingest(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
    ) -> IngestReport:
        """Add new and changed files; folders are walked, unchanged files skipped.

        Args:
            paths: files and folders, or a single one.
            password: for encrypted PDFs.
            progress: told of each step.

        Raises:
            LibraryBusy: another process is writing.
            LibraryMismatch: the library was built with another embedder.
            DiskError: the disk is full or failing; documents already done are kept.
        """
        with self._store.writing():
            try:
                return self._builder(password, progress).ingest([Path(path) for path in _each(paths)])
            finally:
                self._save()

    def sync(
        self,
        folder: str | Path,
        *,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        confirmed: bool = False,
        only: Collection[str] | None = None,
        skip: Collection[str] = (),
    ) -> IngestReport:
        """Make what the library holds of a folder equal to it: new, changed, renamed and deleted files.

        Args:
            folder: walked; documents that lie elsewhere are left alone.
            password: for encrypted PDFs.
            progress: told of each step.
            confirmed: forget all documents of the folder where it holds none any more.
            only: compare these by content, and take others of the same size and time for unchanged; None means all.
            skip: files in it that are to stay as they are in the library.

        Raises:
            UsageError: there is no such folder, or it holds nothing any more and that was not confirmed.
            LibraryBusy, LibraryMismatch, DiskError: as for `ingest`.
        """
        with self._store.writing():
            try:
                builder = self._builder(password, progress)
                return builder.sync(Path(folder), confirmed=confirmed, only=only, skip=skip)
            finally:
                self._save()

    def add(self, documents: Iterable[Document], *, progress: Callable[[Step], None] | None = None) -> None:
        """Add documents that come from no file, such as those of a test collection; known paths are left out.

        Raises:
            LibraryBusy, LibraryMismatch, DiskError: as for `ingest`.
        """
        with self._store.writing():
            try:
                self._builder(progress=progress).add(documents)
            finally:
                self._save()

    def remove(self, paths: str | Path | Iterable[str | Path]) -> IngestReport:
        """Remove documents from the library; their files stay.

        Args:
            paths: of documents, or of folders, which stand for all that lies below; what is not in the library
                becomes a failed line.
        """
        from rag_app.builder import report_of

        begun, reports = perf_counter(), []
        with self._store.writing():
            try:
                for path in _each(paths):
                    try:
                        reports += self._builder().forget(self._named(path))
                    except UsageError as error:
                        reports.append(DocumentReport(str(path), "failed", reason=error.message))
            finally:
                self._save()
        return report_of(reports, (), perf_counter() - begun)

    def documents(self) -> list[StoredDocument]:
        """List the documents, sorted by path."""
        return self._store.documents()

    def read(self, path: str | Path) -> Document:
        """Return the stored pages and text of a document, named by its path or, where that is unique, its file name.

        Raises:
            UsageError: no document, or several, go by that name.
        """
        return self._store.read(self._find(path))

    def receipt(self, path: str | Path) -> DocumentReceipt:
        """Return what was read of each page of a document, and how.

        Raises:
            UsageError: no document, or several, go by that name.
        """
        from rag_app.receipts import receipt_of

        name = self._find(path)
        return receipt_of(self._store.read(name), *self._store.receipt(name))

    def verify(self, sample: int | None = 5, *, password: str | None = None) -> VerifyReport:
        """Compare the library with its files and with itself; nothing is written.

        Args:
            sample: documents that are read again and compared; None means all.
            password: for encrypted PDFs.
        """
        from ingest import Readers
        from rag_app.verify import verify

        with Readers() as readers:
            return verify(self._store, lambda path: readers.read(path, password), sample)

    # Questions

    def search(
        self,
        question: str,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
    ) -> list[Hit]:
        """Return the best `k` passages for a question, best first."""
        return list(self.search_result(question, k, candidates=candidates, mode=mode, rerank=rerank).passages)

    def search_result(
        self,
        question: str,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
    ) -> SearchResult:
        """Return the best passages, and the seconds that each stage took.

        Args:
            question: at most 4,000 characters.
            k: passages to return, 5 by default.
            candidates: passages that the first stage proposes, 50 by default.
            mode: how the first stage finds them.
            rerank: order them with the cross-encoder.

        Raises:
            UsageError: an empty or too long question, an unknown mode, or a number below 1.
            ModelMissing: a model is not installed.
        """
        question = _checked(question)
        begun = perf_counter()
        hits, trace = self._find_passages(question, k, candidates, mode, rerank)
        seconds = {stage: round(value, 4) for stage, value in trace.seconds.items()}
        return SearchResult(question, mode, hits, SearchSeconds(**seconds, total=round(perf_counter() - begun, 4)))

    def ask(self, question: str, *, history: Sequence[Turn] = (), budget: float | None = None) -> Answer:
        """Return the answer to a question, with its citations; see `stream`."""
        *_, last = self.stream(question, history=history, budget=budget)
        assert isinstance(last, Answer)
        return last

    def stream(self, question: str, *, history: Sequence[Turn] = (), budget: float | None = None) -> Iterator[Event]:
        """Yield `Passages`, then `Token`s as they are written, then the `Answer`.

        Args:
            question: at most 4,000 characters.
            history: the conversation so far, oldest first; a question that leans on it is rewritten to stand alone.
            budget: seconds until the first word should come; a small one reads fewer passages.

        Raises:
            UsageError: an empty or too long question.
            ModelMissing: a model is not installed.
        """
        from rag_app.answerer import answer
        from rag_app.context import EVIDENCE

        question = _checked(question)
        depth, evidence = _depth(budget, self.settings.candidates, EVIDENCE)
        return answer(question, history, self._stages(depth, evidence))

    def as_retriever(
        self, k: int | None = None, *, candidates: int | None = None, mode: Mode = "hybrid", rerank: bool = True
    ) -> ContextualCompressionRetriever:
        """Return a LangChain retriever over both stages; the scores are in its documents' metadata."""
        return self._two_stages(k, candidates, mode, rerank, None)

    def as_runnable(self) -> LibraryRunnable:
        """Return a LangChain Runnable: a question, or {"question", "history"}, to an `Answer`; it streams events."""
        from rag_app.retriever import LibraryRunnable

        return LibraryRunnable(self.stream)

    @property
    def embedder(self) -> Embedder:
        """The bi-encoder whose vectors the library holds."""
        return self._open_embedder()

    def passages_and_vectors(self) -> tuple[list[StoredPassage], Vectors]:
        """Return all n passages with their (n, d) float32 rows of unit length, in the order they were stored."""
        with self._store.snapshot():
            ids, vectors = self._store.vectors()
            return self._store.passages(ids.tolist()), vectors

    # Evaluation

    @contextmanager
    def shared_scores(self) -> Iterator[SharedScores]:
        """Score each pair of question and passage once in the block, and count the seconds that this saves."""
        from rag_app.evaluate import SharedScores

        own = self._open_reranker()
        shared = SharedScores(own)
        self._reranker = shared
        try:
            yield shared
        finally:
            self._reranker = own

    def make_questions(self, n: int, *, seed: int = 0) -> Iterator[MadeQuestion]:
        """Yield at most `n` questions that the generator writes about passages chosen at random.

        Each comes with an answer that stands word for word on the page that it names.

        Args:
            n: how many; fewer come back where too many passages yield none.
            seed: of the choice.
        """
        from rag_app.questioner import make_questions

        sizes = {document.path: document.chunks for document in self.documents()}
        return make_questions(n, sizes, self._passage, self._store.read, self._open_generator(), seed)

    def _passage(self, path: str, ordinal: int) -> tuple[int, int]:
        """Return the span of a passage in its document's text."""
        return self._store.receipt(path)[2][ordinal]

    # What is loaded, and when

    def _stages(self, candidates: int, evidence: int) -> Any:
        from rag_app.answerer import Stages

        settings, cited = self.settings, self._cited()
        about = cache(lambda question: self._about(question, cited))  # for passages, and then for their sentences
        return Stages(
            find=lambda question: self._find_passages(question, None, candidates, "hybrid", True, about),
            score=self._score,
            about=about,
            generator=self._open_generator,
            read=self._store.read,
            models=ModelNames(settings.embedder, settings.reranker, settings.generator),
            answer_tokens=settings.answer_tokens,
            evidence=evidence,
        )

    def _find_passages(
        self,
        question: str,
        k: int | None,
        candidates: int | None,
        mode: Mode,
        rerank: bool,
        about: About | None = None,
    ) -> tuple[tuple[Hit, ...], Trace]:
        from rag_app.retriever import to_hits, untraced
        from rag_app.search import Trace

        trace = Trace()
        documents = untraced(self._two_stages(k, candidates, mode, rerank, trace, about), question)
        return to_hits(documents), trace

    def _two_stages(
        self,
        k: int | None,
        candidates: int | None,
        mode: Mode,
        rerank: bool,
        trace: Trace | None,
        about: About | None = None,
    ) -> ContextualCompressionRetriever:
        from rag_app.retriever import two_stages
        from rag_app.search import Search
        from rag_app.search import Trace as NewTrace

        k = self.settings.k if k is None else k
        candidates = self.settings.candidates if candidates is None else candidates
        for name, number in (("k", k), ("candidates", candidates)):
            if number < 1:
                raise UsageError(f"{name} = {number} is less than 1.", hint="Ask for at least one passage.")
        if mode not in MODES:
            raise UsageError(f"There is no search mode {mode!r}.", hint=f"Choose one of: {', '.join(MODES)}.")
        embed = self._open_embedder().embed_question if mode != "keyword" else _no_embedding
        cited = self._cited()
        search = Search(embed, self._nearest, self._store.keyword, self._store.places)
        return two_stages(
            lambda question: search.candidates(question, max(candidates, k), mode, trace or NewTrace()),
            lambda candidates: self._documents_of(candidates, cited),
            self._open_reranker() if rerank else None,
            k,
            trace,
            about or (lambda question: self._about(question, cited)),
        )

    def _documents_of(self, candidates: Sequence[Candidate], cited: dict[str, str]) -> list[LangChainDocument]:
        from langchain_core.documents import Document

        by_id = {candidate.passage: candidate for candidate in candidates}
        return [
            Document(
                passage.text,
                metadata={
                    "document": cited.get(passage.document, passage.document),
                    "title": passage.title,
                    "page": passage.page,
                    "page_end": passage.page_end,
                    "page_label": passage.page_label,
                    "start": passage.start,
                    "end": passage.end,
                    "section": passage.section,
                    "hidden": passage.hidden,
                    "confidence": passage.confidence,
                    "retrieval_rank": by_id[passage.id].rank,
                    "retrieval_score": by_id[passage.id].score,
                },
            )
            for passage in self._store.passages(list(by_id))
        ]

    def _about(self, question: str, cited: dict[str, str]) -> dict[str, float]:
        from rag_app.names import aboutness

        named = aboutness(question, self._store.shares, self._store.document_count())
        return {cited.get(document, document): share for document, share in named.items()}

    def _cited(self) -> dict[str, str]:
        """Return which path to cite of each document that has several: the first whose file is there."""
        return {
            first: next((path for path in paths if os.path.exists(path)), first)  # noqa: PTH110  names may hold a NUL
            for first, paths in self._store.copies().items()
        }

    def _score(self, question: str, texts: Sequence[str]) -> Vectors:
        return self._open_reranker().score(question, texts)

    def _nearest(self, vector: Vectors, k: int) -> list[Scored]:
        return self._open_index().search(vector, k, self._store.places)

    def _open_index(self) -> VectorIndex:
        from rag_app.index import open_index

        with self._lock:
            if self._index is None or self._index.generation != self._store.generation:
                self._index = open_index(self._store.folder, self._store)
            return self._index

    def _open_embedder(self) -> Embedder:
        from rag_app.embedder import open_embedder

        with self._lock:
            if self._embedder is None:
                model = self._installed(self.settings.embedder, "embedder")
                self._check_embedder(model)
                self._embedder = open_embedder(model, self.settings)
            return self._embedder

    def _check_embedder(self, model: InstalledModel) -> None:
        """Refuse an embedder other than the one whose vectors the library holds; an empty library takes any."""
        name, fingerprint = self._store.get("embedder"), self._store.get("embedder_fingerprint")
        if fingerprint == model.fingerprint:
            return
        if fingerprint and self._store.count():
            raise LibraryMismatch(
                f"The library {self.settings.library} was built with the embedder {name}, not with {model.name}.",
                hint=f"Set RAG_EMBEDDER={quote(str(name))}, or build a new library: {self._rebuilding(model)}",
            )
        with self._store.together():
            self._store.set("embedder", model.name)
            self._store.set("embedder_fingerprint", model.fingerprint)
        facts.restore(self._store, changed=True)

    def _rebuilding(self, model: InstalledModel) -> str:
        """Return the command that reads the library's files into a new one beside it."""
        folder = os.path.commonpath([Path(document.path).parent for document in self._store.documents()])
        beside = self.settings.library.with_name(f"{self.settings.library.name}-{Path(model.name).name}")
        return f"rag ingest {quote(folder)} --library {quote(str(beside))}"

    def _open_reranker(self) -> Reranker:
        from rag_app.reranker import open_reranker

        with self._lock:
            if self._reranker is None:
                self._reranker = open_reranker(self._installed(self.settings.reranker, "reranker"), self.settings)
            return self._reranker

    def _open_generator(self) -> Generator:
        from rag_app.generator import open_generator

        with self._lock:
            if self._generator is None:
                self._generator = open_generator(self._installed(self.settings.generator, "generator"), self.settings)
            return self._generator

    def _installed(self, name: str, role: Any) -> InstalledModel:
        from rag_app.models import resolve

        return resolve(name, role, self.settings)

    def _builder(self, password: str | None = None, progress: Callable[[Step], None] | None = None) -> Builder:
        from rag_app.builder import Builder

        return Builder(
            self._store,
            self._open_embedder,
            self._drop_index,
            passage_tokens=self.settings.passage_tokens,
            overlap_tokens=self.settings.overlap_tokens,
            password=password,
            progress=progress,
        )

    def _drop_index(self) -> None:
        """Forget the index in memory after a change; it is opened again when needed."""
        with self._lock:
            self._index = None

    def _save(self) -> None:
        """Save what lies beside the database: the settings, the vector index, and last the seal."""
        facts.restore(self._store, changed=True)
        if self._store.count():
            self._open_index()
        self._store.seal()

    def _named(self, path: str | Path) -> list[str]:
        """Return the stored paths that `path` stands for: a document's, or all below a folder."""
        from rag_app.sync import is_below

        stored = list(self._store.files())
        wanted = os.path.abspath(path)  # noqa: PTH100  keeps links as they are, as the stored paths do
        if wanted in stored:
            return [wanted]
        return [known for known in stored if is_below(known, wanted)] or [self._find(path)]

    def _find(self, path: str | Path) -> str:
        """Return the one stored path that `path` stands for, whole or by its file name."""
        wanted = os.path.abspath(path)  # noqa: PTH100
        stored = list(self._store.files())
        found = [known for known in stored if known in {wanted, str(path)}] or [
            known for known in stored if Path(known).name == str(path)
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"Several documents are called {path}: {', '.join(found)}.", hint="Give the whole path.")
        raise UsageError(f"{path} is not in the library.", hint="List what is there with `rag documents`.")


def _each(paths: str | Path | Iterable[str | Path]) -> Iterable[str | Path]:
    return [paths] if isinstance(paths, str | Path) else paths


def _checked(question: str) -> str:
    question = question.encode("utf-8", "replace").decode("utf-8").strip()
    if not question:
        raise UsageError("The question is empty.", hint='Ask something: rag ask "How long is the notice period?"')
    if len(question) > LONGEST_QUESTION:
        raise UsageError(
            f"The question has {len(question):,} characters; at most {LONGEST_QUESTION:,} can be used.",
            hint="Ask in a sentence or two; put long texts into the library with `rag ingest`.",
        )
    return question


def _depth(budget: float | None, candidates: int, evidence: int) -> tuple[int, int]:
    """Return how many candidates are reranked and how many characters are read to keep within `budget` seconds."""
    if budget is None:
        return candidates, evidence
    if not budget > 0:  # nan included
        raise UsageError(f"A budget of {budget} seconds is too small.", hint="Give a positive number of seconds.")
    share = min(budget / 4, 1.0)  # the reference machine gives its first word after 3 to 4 seconds
    return max(int(candidates * share), 10), max(round(evidence * share), 400)


def _no_embedding(question: str) -> Vectors:
    raise AssertionError(f"keyword search embeds nothing, not even {question!r}")
