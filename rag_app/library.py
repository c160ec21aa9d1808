"""The Python API: a folder that holds one collection of documents, and what can be asked of it.

from rag_app import Library

with Library.open("notes.library") as library:
    library.ingest(["papers/"])
    print(library.ask("What is reranking?").answer)
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from rag_app import __version__, config
from rag_app.answering.known_figure import check_formulas
from rag_app.asking.question import readable_turns, usable
from rag_app.asynchronous import Awaited
from rag_app.models.loaded import models_for
from rag_app.searching.own_embedder import OwnEmbedder
from rag_app.searching.searcher import Searcher
from rag_app.storage import settings_json
from rag_app.storage.current_index import CurrentIndex
from rag_app.storage.store import Store
from rag_app.types import Answer, Filter, SearchResult, SearchSeconds
from rag_app.writing.documents import Documents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from langchain_core.tools import StructuredTool

    from rag_app.answering.own_calibration import OwnCalibration
    from rag_app.answering.stages import LibraryStages
    from rag_app.config import Settings
    from rag_app.langchain.retriever import LibraryRetriever, LibraryRunnable, Pipeline
    from rag_app.models.loaded import Models
    from rag_app.models.shared_scores import SharedScores
    from rag_app.reports import CalibrationReport, RefusalState
    from rag_app.storage.jobs import Jobs
    from rag_app.storage.selection import Selection
    from rag_app.storage.stale import Stale
    from rag_app.types import Event, Hit, MadeQuestion, Mode, Session, SessionTurn, Turn


_UNFORESEEN = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)  # by a value of another kind


class Library(Documents, Awaited):
    """A collection of documents, for any number of threads and tasks; models are loaded when they are first needed.

    Whatever is called after `close` raises LibraryClosed; what is being done then stops at its next step.
    """

    def __init__(
        self, store: Store, settings: Settings, loaded: Models, searcher: Searcher, *, owns_models: bool
    ) -> None:
        """Take the parts; `open` chooses them."""
        super().__init__(store, loaded, searcher.embedder, searcher.index, settings, __version__)
        self.loaded = loaded
        self.searcher = searcher
        self._owns_models = owns_models
        self._kept = False  # a session or a job was written, and the library perhaps not sealed since
        self._closing = threading.Lock()
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        settings: Settings | None = None,
        create: bool = True,
        repair: bool = True,
        loaded: Models | None = None,
        **changes: Any,
    ) -> Self:
        """Open the library in `folder`.

        Args:
            folder: where it lies; the settings' library by default.
            settings: from `rag_app.config.load()` by default.
            create: make one where there is none.
            repair: write damaged files anew that are copies of the database; else they are left for `verify` to find.
            loaded: models that others use as well, and that stay when this library is closed; its own by default.
            changes: single settings that go before all others, such as `embedder="bge-small-en-v1.5-int8"`.

        Raises:
            LibraryError: the folder holds no library, or a damaged or newer one.
            SettingsError: an unknown or unusable setting, or an own formula that is none.
        """
        settings = config.load(flags=changes) if settings is None else config.changed(settings, changes)
        if folder is not None:
            settings = config.with_library(settings, folder)
        check_formulas(settings.formulas)
        store = Store.open(settings.library, create=create)
        if repair:
            settings_json.restore(store)
        models = loaded or models_for(settings)
        searcher = Searcher(store, models, OwnEmbedder(store, models), CurrentIndex(store), settings, _trouble)
        return cls(store, settings, models, searcher, owns_models=loaded is None)

    def close(self) -> None:
        """Release the files and the models; what is under way in other threads ends with LibraryClosed."""
        with self._closing:
            if self._closed:
                return
            if self._kept:
                self._store.seal()
            self._store.close()
            self._closed = True
            if self._owns_models:
                self.loaded.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, _UNFORESEEN) and _is_ours(trace) and (damage := self._store.damage()):
                raise damage from error
        finally:
            self.close()

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
        self._need_open()
        question, begun = usable(question), perf_counter()
        wanted = self.searcher.wanted(k, candidates, mode, rerank=rerank)
        hits, trace = self._pipeline().find(question, wanted, self.searcher.selected(where))
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
        from rag_app.answering.stages import StoppableStages

        self._need_open()
        question = usable(question)
        stages = self._stages(self.searcher.selected(where), budget)
        return answer(question, readable_turns(history), stages if stop is None else StoppableStages(stages, stop))

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

        self._need_open()
        return answering_tool(partial(self.ask, where=where), name or NAME, description or DESCRIPTION)

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
        self._need_open()
        searcher = self.searcher
        wanted = searcher.wanted(k, candidates, mode, rerank=rerank)
        searcher.selected(where)
        return self._pipeline().retriever(wanted, partial(searcher.selected, where), door=self._usable)

    def as_runnable(self, *, where: Filter | None = None) -> LibraryRunnable:
        """Return a LangChain Runnable: a question, or {"question", "history", "where"}, to an `Answer`.

        It streams events. The `where` given here counts where the input has none.
        """
        from rag_app.langchain.retriever import LibraryRunnable

        self._need_open()
        return LibraryRunnable(self.stream, where)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, in those of the generator.

        Raises:
            ModelMissing: it is not installed.
        """
        self._need_open()
        return self.loaded.generator.count_tokens(text)

    def generators(self) -> list[str]:
        """List the generators that are installed, by the names that `use_generator` takes."""
        self._need_open()
        return self.loaded.generators()

    def use_generator(self, name: str) -> None:
        """Let another installed generator write from now on, for all that share the models; it is loaded when needed.

        Args:
            name: as listed, or the path of a GGUF file.

        Raises:
            ModelMissing: it is not installed.
            ModelDamaged: a file is not what it should be.
            ModelError: it is no generator.
        """
        self._need_open()
        self.loaded.use_generator(name)
        self.settings = config.changed(self.settings, {"generator": name})

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
        self._need_open()
        self._kept = True
        return self._store.jobs

    # Evaluation

    @contextmanager
    def shared_scores(self) -> Iterator[SharedScores]:
        """Score each pair of question and passage once in the block, and count the seconds that this saves."""
        from rag_app.models.shared_scores import SharedScores

        self._need_open()
        own = self.loaded.reranker
        shared = SharedScores(own)
        self.loaded.use_reranker(shared)
        try:
            yield shared
        finally:
            self.loaded.use_reranker(own)

    def make_questions(self, n: int, *, seed: int = 0) -> Iterator[MadeQuestion]:
        """Yield at most `n` questions that the generator writes about passages chosen at random.

        Each comes with an answer that stands word for word on the page that it names.

        Args:
            n: how many; fewer come back where too many passages yield none.
            seed: of the choice.
        """
        from rag_app.asking.question_maker import make_questions

        store = self._store
        sizes = {document.path: document.chunks for document in store.documents()}

        def span(path: str, ordinal: int) -> tuple[int, int]:
            return store.receipt(path)[2][ordinal]

        return make_questions(n, sizes, span, store.read, self.loaded.generator, seed)

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
        tell, calibration = progress or (lambda _name, _done, _total: None), self._calibration()
        calibration.need_documents()
        tell("questions", 0, questions)
        made = self.make_questions(questions, seed=seed)
        return calibration.fit(made, self._stages, lambda done: tell("questions", done, questions))

    def reset_calibration(self) -> None:
        """Forget the library's own calibration; that of the program counts again."""
        self._calibration().reset()

    def refusal(self) -> RefusalState:
        """Tell by what it is decided whether the documents answer a question."""
        return self._calibration().state()

    # How its parts are put together

    def _stages(self, chosen: Selection | None, budget: float | None = None) -> LibraryStages:
        from rag_app.answering.stages import LibraryStages, reading_depth

        depth = reading_depth(self.settings.candidates, budget)
        return LibraryStages(self._store, self.loaded, self.searcher, self._pipeline(), self.settings, chosen, depth)

    def _usable(self, question: str) -> str:
        """Return a caller's question as it is searched, or refuse it."""
        self._need_open()
        return usable(question)

    def _pipeline(self) -> Pipeline:
        from rag_app.langchain.retriever import Pipeline

        return Pipeline(self.searcher)

    def _calibration(self) -> OwnCalibration:
        from rag_app.answering.own_calibration import OwnCalibration

        return OwnCalibration(self._store, self.settings, self.loaded)


def _is_ours(trace: TracebackType | None) -> bool:
    """Tell whether an error arose in this program, and not in what uses it."""
    modules = []
    while trace:
        modules.append(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return any(name.startswith("rag_app.") for name in modules)


def _trouble(path: str, stale: Mapping[str, Stale]) -> str:
    """Return what is said of a file that is not what was read of it."""
    from rag_app.evidence.file_trouble import trouble  # not before a search: its patterns take their time to load

    return trouble(path, stale)
