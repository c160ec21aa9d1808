"""The Python API: a folder that holds one collection of documents, and what can be asked of it.

from rag_app import Library

with Library.open("notes.library") as library:
    library.ingest(["papers/"])
    print(library.ask("What is reranking?").answer)
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from shlex import quote
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from rag_app import __version__, config
from rag_app.asking.question import readable_turns, usable
from rag_app.errors import DiskError, LibraryMismatch, UsageError
from rag_app.storage import settings_copy
from rag_app.storage.store import Store
from rag_app.storage.tags import tag_name
from rag_app.types import (
    MODES,
    Answer,
    CalibrationReport,
    DocumentReport,
    Filter,
    ModelNames,
    SearchResult,
    SearchSeconds,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Sequence
    from types import TracebackType

    from langchain_core.documents import Document as LangChainDocument
    from langchain_core.tools import StructuredTool

    from ingest import Document
    from rag_app.answering.answer import Stages
    from rag_app.answering.listing import Mention
    from rag_app.config import Settings
    from rag_app.langchain.retriever import LibraryRetriever, LibraryRunnable
    from rag_app.models.catalogue import InstalledModel
    from rag_app.models.embedder import Embedder
    from rag_app.models.generator import Generator
    from rag_app.models.reranker import Reranker
    from rag_app.models.shared_scores import SharedScores
    from rag_app.proof.refusal import Calibration, Look
    from rag_app.searching.candidates import Search, Trace
    from rag_app.storage.jobs import Jobs
    from rag_app.storage.selection import Selection
    from rag_app.storage.store import StoredPassage
    from rag_app.storage.vector_index import VectorIndex
    from rag_app.types import (
        Candidate,
        Citation,
        DocumentReceipt,
        Event,
        Hit,
        IngestReport,
        MadeQuestion,
        Mode,
        RebuildReport,
        RefusalState,
        Scored,
        Session,
        SessionTurn,
        StoredDocument,
        Turn,
        Vectors,
        VerifyReport,
    )
    from rag_app.writing.builder import Builder, Step

    About = Callable[[str], dict[str, float]]  # how much a question names each document, 0 to 1

T = TypeVar("T")


class Library:
    """A collection of documents; models are loaded when they are first needed."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.settings = settings
        self._store = store
        self._lock = threading.RLock()
        self._kept = False  # a session or a job was written, and the library perhaps not sealed since
        self._changing = False  # inside `writing`, which saves at its end
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
            settings_copy.restore(store)
        return cls(store, settings)

    def close(self) -> None:
        """Release the files; models go with the object."""
        if self._kept:
            self._store.seal()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Documents

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer, over all processes and threads, until the block ends; what it changes is saved once.

        Raises:
            LibraryBusy: another process or thread is writing; names its process.
        """
        with self._store.writing():
            if self._changing:
                yield
                return
            self._changing = True
            try:
                yield
            finally:
                self._changing = False
                self._save()

    def ingest(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        tags: str | Iterable[str] = (),
        stop: Callable[[], bool] | None = None,
    ) -> IngestReport:
        """Add new and changed files; folders are walked, unchanged files skipped.

        Args:
            paths: files and folders, or a single one.
            password: for encrypted PDFs.
            progress: told of each step.
            tags: given to the files that are new to the library.
            stop: asked at each step, and twice a second while a file is read; True ends the work.

        Raises:
            UsageError: a tag that cannot be used.
            LibraryBusy: another process is writing.
            LibraryMismatch: the library was built with another embedder.
            DiskError: the disk is full or failing; documents already done are kept.
            Stopped: `stop` said so; documents already done are kept.
        """
        with self.writing():
            builder = self._builder(password, progress, tags=_each(tags), stop=stop)
            return builder.ingest([Path(path) for path in _each(paths)])

    def sync(
        self,
        folder: str | Path,
        *,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        confirmed: bool = False,
        only: Collection[str] | None = None,
        skip: Collection[str] = (),
        tags: str | Iterable[str] = (),
    ) -> IngestReport:
        """Make what the library holds of a folder equal to it: new, changed, renamed and deleted files.

        Args:
            folder: walked; documents that lie elsewhere are left alone.
            password: for encrypted PDFs.
            progress: told of each step.
            confirmed: forget all documents of the folder where it holds none any more, or where a disk in it is away.
            only: compare these by content, and take others of the same size and time for unchanged; None means all.
            skip: files in it that are to stay as they are in the library.
            tags: given to the files that are new to the library.

        Raises:
            UsageError: there is no such folder, or it holds nothing any more and that was not confirmed, or a
                tag cannot be used.
            LibraryBusy, LibraryMismatch, DiskError: as for `ingest`.
        """
        with self.writing():
            builder = self._builder(password, progress, tags=_each(tags))
            return builder.sync(Path(folder), confirmed=confirmed, only=only, skip=skip)

    def add(self, documents: Iterable[Document], *, progress: Callable[[Step], None] | None = None) -> None:
        """Add documents that come from no file, such as those of a test collection; known paths are left out.

        Raises:
            LibraryBusy, LibraryMismatch, DiskError: as for `ingest`.
        """
        with self.writing():
            self._builder(progress=progress).add(documents)

    def remove(self, paths: str | Path | Iterable[str | Path]) -> IngestReport:
        """Remove documents from the library; their files stay.

        Args:
            paths: of documents, or of folders, which stand for all that lies below; what is not in the library
                becomes a failed line.
        """
        from rag_app.writing.builder import report_of

        begun, reports = perf_counter(), []
        with self.writing():
            for path in _each(paths):
                try:
                    for known in self._named(path):
                        reports += self._on_a_full_disk_too(partial(self._builder().forget, [known]))
                except UsageError as error:
                    reports.append(DocumentReport(str(path), "failed", reason=error.message))
        return report_of(reports, (), perf_counter() - begun)

    def rebuild(self, *, progress: Callable[[Step], None] | None = None) -> RebuildReport:
        """Cut and embed all stored text anew, with the settings' embedder and lengths; no file is read.

        The library stays as it is, and can be searched with its embedder, until all is done; then everything changes
        at once. An interrupted rebuild goes on where it stopped, and embeds again what has changed since.

        Args:
            progress: told of each step.

        Raises:
            ModelMissing: the embedder is not installed.
            LibraryBusy: another process is writing.
            LibraryError: what is stored is damaged.
            DiskError: the disk is full or failing.
        """
        from rag_app.writing.rebuild import rebuild

        with self._store.writing():
            embedder = self._embedder or self._load_embedder()
            builder = self._builder(progress=progress, embedder=embedder)
            report = rebuild(self._store, embedder, builder.stage, self.settings, __version__)
            with self._lock:
                self._embedder, self._index = embedder, None
            self._save()
        return report

    def documents(self, where: Filter | None = None) -> list[StoredDocument]:
        """List the documents, sorted by path; UsageError for a filter that leaves none."""
        chosen = self._selected(where)
        return [document for document in self._store.documents() if chosen is None or document.path in chosen.names]

    def find_document(self, path: str | Path) -> StoredDocument | None:
        """Return the document at `path`, which is a whole one and may be any of its paths, or None."""
        return self._store.document(str(path))

    def tag(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        add: str | Iterable[str] = (),
        remove: str | Iterable[str] = (),
    ) -> list[StoredDocument]:
        """Give documents tags and take others from them, of all or of none; return the documents.

        Args:
            paths: of documents, or of folders, which stand for all that lies below.
            add: tags of at most 64 characters; one that differs only in case is the same.
            remove: those that a document does not have are passed over.

        Raises:
            UsageError: a path is not in the library, or a tag cannot be used.
        """
        add, remove = ([tag_name(tag) for tag in _each(tags)] for tags in (add, remove))
        with self._store.writing():
            named = dict.fromkeys(known for path in _each(paths) for known in self._named(path))
            found = {document.path: document for path in named if (document := self._store.document(path))}
            if add or remove:
                try:
                    with self._store.together():
                        for path in found:
                            self._store.tag(path, add=add, remove=remove)
                finally:
                    self._store.seal()
            return [document for path in found if (document := self._store.document(path))]

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
        from rag_app.writing.receipts import receipt_of

        name = self._find(path)
        return receipt_of(self._store.read(name), *self._store.receipt(name))

    def stands(self, citation: Citation) -> bool:
        """Tell whether a citation still holds: its quote stands in the stored text, at its place and on its page.

        A citation kept from an earlier answer may have been overtaken by a new version of its document.
        """
        from rag_app.proof.quotes import stands

        try:
            document = self._store.read(self._find(citation.document))
        except UsageError:
            return False
        return stands(citation, document)

    def verify(self, sample: int | None = 5, *, password: str | None = None) -> VerifyReport:
        """Compare the library with its files and with itself; nothing is written.

        Args:
            sample: documents that are read again and compared; None means all.
            password: for encrypted PDFs.
        """
        from ingest import Readers
        from rag_app.writing.verify import verify

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
        where: Filter | None = None,
    ) -> list[Hit]:
        """Return the best `k` passages for a question, best first; see `search_result`."""
        result = self.search_result(question, k, candidates=candidates, mode=mode, rerank=rerank, where=where)
        return list(result.passages)

    def search_result(
        self,
        question: str,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
        where: Filter | None = None,
    ) -> SearchResult:
        """Return the best passages, and the seconds that each stage took.

        Args:
            question: at most 4,000 characters.
            k: passages to return, 5 by default.
            candidates: passages that the first stage proposes, 50 by default.
            mode: how the first stage finds them.
            rerank: order them with the cross-encoder.
            where: which documents are searched; all by default.

        Raises:
            EmptyQuestion: the question has no letter and no digit.
            UsageError: a too long question, an unknown mode, a number below 1, or a filter that leaves
                nothing.
            ModelMissing: a model is not installed.
        """
        question = usable(question)
        begun = perf_counter()
        hits, trace = self._find_passages(question, k, candidates, mode, rerank, self._selected(where))
        seconds = {stage: round(value, 4) for stage, value in trace.seconds.items()}
        return SearchResult(question, mode, hits, SearchSeconds(**seconds, total=round(perf_counter() - begun, 4)))

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
    ) -> Answer:
        """Return the answer to a question, with its citations; see `stream`."""
        *_, last = self.stream(question, history=history, budget=budget, where=where)
        assert isinstance(last, Answer)
        return last

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> Iterator[Event]:
        """Yield `Passages`, then `Token`s as they are written, then the `Answer`.

        Args:
            question: at most 4,000 characters.
            history: the conversation so far, oldest first; a question that leans on it is rewritten to stand alone.
            budget: seconds until the first word should come; a small one reads fewer passages.
            where: which documents are searched; all by default.
            stop: asked before each token and each stage, from the thread that reads the stream; True ends the work.

        Raises:
            EmptyQuestion: the question has no letter and no digit.
            UsageError: a too long question, or a filter that leaves nothing.
            ModelMissing: a model is not installed.
            Stopped: `stop` said so.
        """
        from rag_app.answering.answer import answer
        from rag_app.evidence.choose import EVIDENCE

        question = usable(question)
        depth, evidence = _depth(budget, self.settings.candidates, EVIDENCE)
        stages = self._stages(depth, evidence, self._selected(where))
        return answer(question, readable_turns(history), stages if stop is None else _stoppable(stages, stop))

    async def asearch(
        self,
        question: str,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
        where: Filter | None = None,
    ) -> list[Hit]:
        """Search in another thread; see `search`."""
        return await asyncio.to_thread(
            self.search, question, k, candidates=candidates, mode=mode, rerank=rerank, where=where
        )

    async def aask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
    ) -> Answer:
        """Answer in another thread; see `ask`."""
        return await asyncio.to_thread(self.ask, question, history=history, budget=budget, where=where)

    def astream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        budget: float | None = None,
        where: Filter | None = None,
    ) -> AsyncIterator[Event]:
        """Yield the events of `stream`, which runs in another thread."""
        from rag_app.asynchronous import each

        return each(lambda: self.stream(question, history=history, budget=budget, where=where))

    def as_tool(
        self, name: str | None = None, description: str | None = None, *, where: Filter | None = None
    ) -> StructuredTool:
        """Return a tool for a LangChain or LangGraph agent: a question in, the answer with its sources out.

        Args:
            name: as the agent's model sees it; `ask_documents` by default.
            description: what the documents are about helps the model to decide when to ask.
            where: which documents are searched; all by default.
        """
        from rag_app.langchain.tool import DESCRIPTION, NAME, answering_tool

        def ask(question: str) -> Answer:
            return self.ask(question, where=where)

        return answering_tool(ask, name or NAME, description or DESCRIPTION)

    def as_retriever(
        self,
        k: int | None = None,
        *,
        candidates: int | None = None,
        mode: Mode = "hybrid",
        rerank: bool = True,
        where: Filter | None = None,
    ) -> LibraryRetriever:
        """Return a LangChain retriever over both stages; the scores are in its documents' metadata.

        The filter `where` is applied anew to each question; UsageError at once where it leaves nothing.
        """
        self._selected(where)
        return self._two_stages(k, candidates, mode, rerank, lambda: self._selected(where), door=usable)

    def as_runnable(self, *, where: Filter | None = None) -> LibraryRunnable:
        """Return a LangChain Runnable: a question, or {"question", "history", "where"}, to an `Answer`.

        It streams events. The `where` given here counts where the input has none.
        """
        from rag_app.langchain.retriever import LibraryRunnable

        return LibraryRunnable(self.stream, where)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, in those of the generator.

        Raises:
            ModelMissing: it is not installed.
        """
        return self._open_generator().count_tokens(text)

    def generators(self) -> list[str]:
        """List the generators that are installed, by the names that `use_generator` takes."""
        from rag_app.models.catalogue import generators

        return generators(self.settings)

    def use_generator(self, name: str) -> None:
        """Let another installed generator write from now on, in this object only; it is loaded when it is needed.

        Args:
            name: as listed, or the path of a GGUF file.

        Raises:
            ModelMissing: it is not installed.
            ModelDamaged: a file is not what it should be.
            ModelError: it is no generator.
        """
        self._installed(name, "generator")
        with self._lock:
            if name != self.settings.generator:
                self.settings = config.changed(self.settings, {"generator": name})
                self._generator = None

    @property
    def embedder(self) -> Embedder:
        """The bi-encoder whose vectors the library holds."""
        return self._open_embedder()

    def passages_and_vectors(self) -> tuple[list[StoredPassage], Vectors]:
        """Return all n passages with their (n, d) float32 rows, in the order they were stored."""
        with self._store.snapshot():
            ids, vectors = self._store.vectors()
            return self._store.passages(ids.tolist()), vectors

    # Sessions

    def sessions(self) -> list[Session]:
        """List the conversations that are kept here, the one used last first."""
        return self._store.sessions()

    def session(self, name: str) -> list[SessionTurn]:
        """Return the turns of a session, oldest first, each with its whole answer.

        Raises:
            UsageError: there is no session of that name; capitals do not count.
        """
        return self._store.session(name)

    def keep(self, name: str, answer: Answer) -> None:
        """Keep an answer, with its question, as the last turn of a session; the first turn begins the session.

        Nothing waits for another process that adds documents.

        Raises:
            UsageError: the name is empty, too long, or has characters that cannot be seen.
            LibraryBusy, DiskError: it could not be written.
        """
        self._store.add_turn(name, answer)
        self._kept = True

    def remove_sessions(self, names: str | Iterable[str]) -> None:
        """Forget sessions with all their turns; UsageError, and none is forgotten, where one is not there."""
        named = [names] if isinstance(names, str) else list(names)
        self._on_a_full_disk_too(lambda: self._store.remove_sessions(named))
        self._kept = True

    # Uploads

    @property
    def jobs(self) -> Jobs:
        """The files that came over HTTP, and what became of them; written also while another process adds documents."""
        self._kept = True
        return self._store.jobs

    # Evaluation

    @contextmanager
    def shared_scores(self) -> Iterator[SharedScores]:
        """Score each pair of question and passage once in the block, and count the seconds that this saves."""
        from rag_app.models.shared_scores import SharedScores

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
        from rag_app.asking.question_maker import make_questions

        sizes = {document.path: document.chunks for document in self.documents()}
        return make_questions(n, sizes, self._passage, self._store.read, self._open_generator(), seed)

    def calibrate(
        self, questions: int = 40, *, progress: Callable[[str, int, int], None] | None = None, seed: int = 0
    ) -> CalibrationReport:
        """Fit to the documents when a question is refused, and keep that in the library.

        Questions are made about passages chosen at random and asked twice, with their document and without it; no
        answers are written. The weights that come with the program are kept where they err no more often.

        Args:
            questions: how many are made; each takes some seconds.
            progress: told what is counted, how many are done and how many there are.
            seed: of the choice.

        Raises:
            UsageError: the library holds fewer than two documents, or too few questions could be made.
            ModelMissing: a model is not installed.
            LibraryBusy: another process is writing.
        """
        from rag_app.proof.calibrate import calibrated, examples

        if self._store.document_count() < 2:
            raise UsageError(
                "Calibration needs at least two documents: each question is also asked without the one that answers.",
                hint="Add more with `rag ingest PATH`.",
            )
        begun, tell = perf_counter(), progress or (lambda _name, _done, _total: None)
        tell("questions", 0, questions)
        made = self.make_questions(questions, seed=seed)
        found = list(examples(made, self._look, lambda done: tell("questions", done, questions)))
        program = self._program_calibration()
        own, before = calibrated(found, program)
        own = replace(own, reranker=self.settings.reranker, generator=self.settings.generator)
        self._keep_calibration(json.dumps(own.as_json()))
        return CalibrationReport(
            self.refusal(), before.missed, before.false, own.second != program.second, perf_counter() - begun
        )

    def reset_calibration(self) -> None:
        """Forget the library's own calibration; that of the program counts again."""
        self._keep_calibration("")

    def refusal(self) -> RefusalState:
        """Tell by what it is decided whether the documents answer a question."""
        from rag_app.models.catalogue import measured_as
        from rag_app.proof.refusal import CALIBRATION, state_of, supplied

        settings = self.settings
        program = supplied(measured_as("reranker", settings), measured_as("generator", settings))
        return state_of(self._store.get(CALIBRATION), settings.reranker, settings.generator, program)

    def _keep_calibration(self, text: str) -> None:
        from rag_app.proof.refusal import CALIBRATION

        with self._store.writing():
            try:
                with self._store.together():
                    self._store.set(CALIBRATION, text)
            finally:
                self._store.seal()

    def _look(self, question: str, without: str | None) -> Look | None:
        """Return what is seen of a question when one document is left out; None where no passage is found."""
        from rag_app.answering.answer import look
        from rag_app.evidence.choose import EVIDENCE

        chosen = self._store.select(Filter())
        if without is not None:
            rest = {key: path for key, path in chosen.documents.items() if path != without}
            chosen = replace(chosen, documents=rest)
        return look(question, self._stages(self.settings.candidates, EVIDENCE, chosen))

    def _passage(self, path: str, ordinal: int) -> tuple[int, int]:
        """Return the span of a passage in its document's text."""
        return self._store.receipt(path)[2][ordinal]

    # What is loaded, and when

    def _stages(self, candidates: int, evidence: int, chosen: Selection | None) -> Any:
        from rag_app.answering.answer import Stages

        settings, cited = self.settings, self._cited(chosen)
        about = cache(lambda question: self._about(question, cited, chosen))  # for passages, and then their sentences
        return Stages(
            find=lambda question: self._find_passages(question, None, candidates, "hybrid", True, chosen, about),
            score=self._score,
            about=about,
            generator=self._open_generator,
            read=self._store.read,
            models=ModelNames(settings.embedder, settings.reranker, settings.generator),
            answer_tokens=settings.answer_tokens,
            evidence=evidence,
            find_in=lambda question, path: self._find_passages(
                question, None, candidates, "hybrid", True, self._selected(Filter(within=(path,))), about
            ),
            documents=lambda: self._chosen_documents(chosen),
            mentions=lambda topic: self._mentions(topic, cited, chosen),
            embed=lambda texts: self._open_embedder().embed_passages(texts),
            numbers=lambda: self._open_reranker().numbers,
            calibration=cache(self._calibration),
            trouble=self._trouble_now,
            generation=lambda: self._store.generation,
        )

    def _calibration(self) -> Calibration:
        """Return by what it is decided whether the documents answer."""
        from rag_app.proof.refusal import CALIBRATION, in_force

        stored, settings = self._store.get(CALIBRATION), self.settings
        return in_force(stored, settings.reranker, settings.generator, self._program_calibration())[0]

    def _program_calibration(self) -> Calibration:
        """Return the same for a library that has none of its own."""
        from rag_app.models.catalogue import measured_as
        from rag_app.proof.refusal import supplied

        with self._lock:
            generator = self._generator
        known = generator.numbers.model if generator else measured_as("generator", self.settings)  # nothing is loaded
        return supplied(self._open_reranker().numbers.model, known)

    def _chosen_documents(self, chosen: Selection | None) -> list[StoredDocument]:
        return [document for document in self._store.documents() if chosen is None or document.path in chosen.names]

    def _mentions(self, topic: str, cited: dict[str, str], chosen: Selection | None) -> list[Mention]:
        from rag_app.answering.listing import Mention

        return [
            Mention(cited.get(passage.document, passage.document), passage.start, passage.end)
            for passage in self._store.mentions(topic)
            if chosen is None or passage.document in chosen.names
        ]

    def _find_passages(
        self,
        question: str,
        k: int | None,
        candidates: int | None,
        mode: Mode,
        rerank: bool,
        chosen: Selection | None,
        about: About | None = None,
    ) -> tuple[tuple[Hit, ...], Trace]:
        from rag_app.langchain.retriever import to_hits, untraced
        from rag_app.searching.candidates import Trace

        trace = Trace()
        documents = untraced(self._two_stages(k, candidates, mode, rerank, lambda: chosen, trace, about), question)
        return to_hits(documents), trace

    def _two_stages(
        self,
        k: int | None,
        candidates: int | None,
        mode: Mode,
        rerank: bool,
        choose: Callable[[], Selection | None],
        trace: Trace | None = None,
        about: About | None = None,
        door: Callable[[str], str] | None = None,
    ) -> LibraryRetriever:
        from rag_app.langchain.retriever import two_stages
        from rag_app.searching.candidates import Trace as NewTrace

        k = self.settings.k if k is None else k
        candidates = self.settings.candidates if candidates is None else candidates
        for name, number in (("k", k), ("candidates", candidates)):
            if number < 1:
                raise UsageError(f"{name} = {number} is less than 1.", hint="Ask for at least one passage.")
        if mode not in MODES:
            raise UsageError(f"There is no search mode {mode!r}.", hint=f"Choose one of: {', '.join(MODES)}.")
        embedder = self._open_embedder() if mode != "keyword" else None
        cited = self._cited(choose())
        return two_stages(
            lambda question: self._search(embedder, choose()).candidates(
                question, max(candidates, k), mode, trace or NewTrace()
            ),
            lambda candidates: self._documents_of(candidates, cited),
            self._open_reranker() if rerank else None,
            k,
            trace,
            about or (lambda question: self._about(question, cited, choose())),
            per_document=self.settings.per_document,
            adaptive=self.settings.adaptive,
            door=door,
        )

    def _search(self, embedder: Embedder | None, chosen: Selection | None) -> Search:
        from rag_app.searching.candidates import Search

        documents = chosen.documents if chosen else None
        return Search(
            embedder.embed_question if embedder else _no_embedding,
            lambda vector, k: self._nearest(vector, k, embedder, documents),
            lambda question, k: self._store.keyword(question, k, documents),
            self._store.places,
        )

    def _documents_of(self, candidates: Sequence[Candidate], cited: dict[str, str]) -> list[LangChainDocument]:
        from langchain_core.documents import Document

        by_id = {candidate.passage: candidate for candidate in candidates}
        trouble = self._trouble()
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
                    **({"stale": said} if (said := trouble(cited.get(passage.document, passage.document))) else {}),
                },
            )
            for passage in self._store.passages(list(by_id))
        ]

    def _trouble(self) -> Callable[[str], str]:
        """Return what tells of a file that is not what was read of it; it looks at each once."""
        from rag_app.evidence.sources import trouble

        stale = self._store.stale()
        return cache(lambda path: trouble(path, stale))

    def _trouble_now(self, path: str) -> str:
        return self._trouble()(path)

    def _selected(self, where: Filter | None) -> Selection | None:
        return None if where is None or where == Filter() else self._store.select(where)

    def _about(self, question: str, cited: dict[str, str], chosen: Selection | None) -> dict[str, float]:
        from rag_app.searching.document_names import aboutness

        def shares(word: str) -> dict[str, float]:
            found = self._store.shares(word).items()
            return {path: share for path, share in found if chosen is None or path in chosen.names}

        documents = len(chosen.documents) if chosen else self._store.document_count()
        named = aboutness(question, shares, documents)
        return {cited.get(document, document): share for document, share in named.items()}

    def _cited(self, chosen: Selection | None) -> dict[str, str]:
        """Return which path to cite of each document that has several: the first that is as it was read, else is there.

        Chosen ones go before.
        """
        found, trouble = {}, self._trouble()
        for first, paths in self._store.copies().items():
            ordered = sorted(paths, key=lambda path: chosen is not None and path not in chosen.paths)
            there = [path for path in ordered if os.path.exists(path)]  # noqa: PTH110  may hold a NUL
            found[first] = next((path for path in there if not trouble(path)), next(iter(there), first))
        return found

    def _score(self, question: str, texts: Sequence[str]) -> Vectors:
        return self._open_reranker().score(question, texts)

    def _nearest(
        self, vector: Vectors, k: int, embedder: Embedder | None, documents: Iterable[int] | None = None
    ) -> list[Scored]:
        index = self._open_index()
        if embedder:  # after the index was opened: another process may have rebuilt the library
            self._need_same(embedder)
        allowed = None if documents is None else self._store.passages_in(documents)
        return index.search(vector, k, self._store.places, allowed)

    def _open_index(self) -> VectorIndex:
        from rag_app.storage.vector_index import open_index

        with self._lock:
            if self._index is None or self._index.generation != self._store.generation:
                self._index = open_index(self._store.folder, self._store, self._index)
            return self._index

    def _open_embedder(self) -> Embedder:
        with self._lock:
            if self._embedder is None:
                self._embedder = self._load_embedder(check=self._check_embedder)
            else:
                self._need_same(self._embedder)
            return self._embedder

    def _load_embedder(self, check: Callable[[InstalledModel], None] | None = None) -> Embedder:
        from rag_app.models.embedder import open_embedder

        model = self._installed(self.settings.embedder, "embedder")
        if check:
            check(model)
        return open_embedder(model, self.settings)

    def _need_same(self, embedder: Embedder) -> None:
        """Refuse an embedder in memory after another process has rebuilt the library with another one."""
        fingerprint = self._store.get("embedder_fingerprint")
        if fingerprint and fingerprint != embedder.fingerprint:
            self._check_embedder(embedder)

    def _check_embedder(self, model: InstalledModel | Embedder) -> None:
        """Refuse an embedder other than the one whose vectors the library holds; an empty library takes any."""
        name, fingerprint = self._store.get("embedder"), self._store.get("embedder_fingerprint")
        if fingerprint == model.fingerprint:
            return
        if fingerprint and self._store.count():
            raise LibraryMismatch(
                f"The library {self.settings.library} was built with the embedder {name}, not with {model.name}.",
                hint=f"Set RAG_EMBEDDER={quote(str(name))}, or run `rag rebuild --embedder {quote(model.name)} "
                f"--library {quote(str(self.settings.library))}`.",
            )
        with self._store.together():
            self._store.set("embedder", model.name)
            self._store.set("embedder_fingerprint", model.fingerprint)
        settings_copy.restore(self._store, changed=True)

    def _open_reranker(self) -> Reranker:
        from rag_app.models.reranker import open_reranker

        with self._lock:
            if self._reranker is None:
                self._reranker = open_reranker(self._installed(self.settings.reranker, "reranker"), self.settings)
            return self._reranker

    def _open_generator(self) -> Generator:
        from rag_app.models.generator import open_generator

        with self._lock:
            if self._generator is None:
                self._generator = open_generator(self._installed(self.settings.generator, "generator"), self.settings)
            return self._generator

    def _installed(self, name: str, role: Any) -> InstalledModel:
        from rag_app.models.catalogue import resolve

        return resolve(name, role, self.settings)

    def _builder(
        self,
        password: str | None = None,
        progress: Callable[[Step], None] | None = None,
        embedder: Embedder | None = None,
        tags: Iterable[str] = (),
        stop: Callable[[], bool] | None = None,
    ) -> Builder:
        from rag_app.writing.builder import Builder

        return Builder(
            self._store,
            (lambda: embedder) if embedder else self._open_embedder,
            passage_tokens=self.settings.passage_tokens,
            overlap_tokens=self.settings.overlap_tokens,
            password=password,
            progress=progress,
            tags=[tag_name(tag) for tag in tags],
            stop=stop,
        )

    def _save(self) -> None:
        """Save what lies beside the database: the settings, the vector index, and last the seal."""
        settings_copy.restore(self._store, changed=True)
        if self._store.count():
            self._open_index()
        self._store.keep_room()
        self._store.seal()

    def _on_a_full_disk_too(self, remove: Callable[[], T]) -> T:
        """Return what `remove` returns; where it finds no room to note that, copies go that can be made anew."""
        while True:
            try:
                return remove()
            except DiskError:
                self._index = None  # it may keep the file of the copy
                if not self._store.make_room():
                    raise

    def _named(self, path: str | Path) -> list[str]:
        """Return the stored paths that `path` stands for: a document's, or all below a folder."""
        from rag_app.writing.plan import is_below

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


@overload
def _each(values: str | Iterable[str]) -> Iterable[str]: ...


@overload
def _each(values: str | Path | Iterable[str | Path]) -> Iterable[str | Path]: ...


def _each(values: Any) -> Any:
    return [values] if isinstance(values, str | Path) else values


def _depth(budget: float | None, candidates: int, evidence: int) -> tuple[int, int]:
    """Return how many candidates are reranked and how many characters are read to keep within `budget` seconds."""
    if budget is None:
        return candidates, evidence
    if not budget > 0:  # nan included
        raise UsageError(f"A budget of {budget} seconds is too small.", hint="Give a positive number of seconds.")
    share = min(budget / 4, 1.0)  # the reference machine gives its first word after 3 to 4 seconds
    return max(int(candidates * share), 10), max(round(evidence * share), 400)


def _stoppable(stages: Stages, stop: Callable[[], bool]) -> Stages:
    """Return the stages so that each asks `stop` before it begins."""
    from rag_app.models.stopping import StoppableGenerator, check

    def find(question: str) -> tuple[tuple[Hit, ...], Trace]:
        check(stop)
        return stages.find(question)

    def find_in(question: str, path: str) -> tuple[tuple[Hit, ...], Trace]:
        check(stop)
        return stages.find_in(question, path)

    def embed(texts: Sequence[str]) -> Vectors:
        check(stop)
        return stages.embed(texts)

    def score(question: str, texts: Sequence[str]) -> Vectors:
        check(stop)
        return stages.score(question, texts)

    def generator() -> StoppableGenerator:
        return StoppableGenerator(stages.generator(), stop)

    return replace(stages, find=find, find_in=find_in, embed=embed, score=score, generator=generator)


def _no_embedding(question: str) -> Vectors:
    raise AssertionError(f"keyword search embeds nothing, not even {question!r}")
