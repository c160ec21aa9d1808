"""The LangChain door: both stages of search as a retriever with contextual compression, the library as a Runnable.

This is the path that `search` and `ask` themselves take, so a chain built on it returns the same passages. What the
stages do is in `searching`; here they are only put into LangChain's forms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from pydantic import ConfigDict

from rag_app.searching.candidates import Trace
from rag_app.searching.second_stage import Proposed, SecondStage
from rag_app.types import Answer, Filter, Hit, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
        Callbacks,
    )
    from langchain_core.runnables import RunnableConfig

    from rag_app.searching.searcher import FoundPassage, Searcher, Wanted
    from rag_app.searching.second_stage import About
    from rag_app.storage.selection import Selection
    from rag_app.types import Event


class CandidateRetriever(BaseRetriever):
    """First stage as a LangChain retriever: `propose(question)` in LangChain's documents, best first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    propose: Any  # Callable[[str], Sequence[FoundPassage]]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [to_document(found) for found in self.propose(query)]


class CrossEncoderCompressor(BaseDocumentCompressor):
    """Second stage as a LangChain compressor: keeps the best documents, with their scores in the metadata."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    stage: SecondStage

    def compress_documents(
        self,
        documents: Sequence[Document],
        query: str,
        callbacks: Callbacks = None,
    ) -> Sequence[Document]:
        """Return the best of `documents`, best first; equal scores keep their order."""
        kept = self.stage.best(query, [proposed(document) for document in documents])
        return [_scored(documents[one.row], one.score) for one in kept]


class TwoStages(ContextualCompressionRetriever):
    """Candidates and cross-encoder as one LangChain retriever."""

    door: Any = None  # Callable[[str], str]: returns a caller's question as it is searched, or refuses it

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        query = self.door(query) if self.door else query
        return super()._get_relevant_documents(query, run_manager=run_manager, **kwargs)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> list[Document]:
        query = self.door(query) if self.door else query
        return await super()._aget_relevant_documents(query, run_manager=run_manager, **kwargs)


LibraryRetriever: TypeAlias = ContextualCompressionRetriever  # both stages, the reranker as the compressor


def two_stages(
    propose: Callable[[str], Sequence[FoundPassage]], stage: SecondStage, door: Callable[[str], str] | None = None
) -> LibraryRetriever:
    """Join candidates and cross-encoder into one LangChain retriever."""
    return TwoStages(
        door=door,
        base_retriever=CandidateRetriever(propose=propose),
        base_compressor=CrossEncoderCompressor(stage=stage),
    )


class Pipeline:
    """A library's search, run by LangChain."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    def retriever(
        self,
        wanted: Wanted,
        choose: Callable[[], Selection | None],
        *,
        about: About | None = None,
        trace: Trace | None = None,
        door: Callable[[str], str] | None = None,
    ) -> LibraryRetriever:
        """Return both stages as one retriever.

        Args:
            wanted: how to search.
            choose: returns the documents that are searched, asked anew at each question.
            about: how much a question names each document; found out by default.
            trace: is told of the seconds.
            door: returns a caller's question as it is searched, or refuses it.
        """
        searcher = self._searcher
        searcher.need_models(wanted)

        def propose(question: str) -> list[FoundPassage]:
            chosen = choose()
            return searcher.passages(searcher.candidates(question, wanted, chosen, trace or Trace()), chosen)

        def named(question: str) -> dict[str, float]:
            return searcher.about(question, choose())

        return two_stages(propose, searcher.second_stage(wanted, about or named, trace), door)

    def find(
        self, question: str, wanted: Wanted, chosen: Selection | None, about: About | None = None
    ) -> tuple[tuple[Hit, ...], Trace]:
        """Return the best passages, best first, and how long each stage took."""
        trace = Trace()
        retriever = self.retriever(wanted, lambda: chosen, about=about, trace=trace)
        return to_hits(untraced(retriever, question)), trace


def untraced(retriever: BaseRetriever, question: str) -> list[Document]:
    """Ask a retriever without telling LangSmith, whatever the environment says: passages are the user's own."""
    from langsmith.run_helpers import tracing_context

    with tracing_context(enabled=False):
        return retriever.invoke(question)


def to_document(found: FoundPassage) -> Document:
    """Return a passage as a LangChain document."""
    passage = found.passage
    metadata = {
        "document": found.document,
        "title": passage.title,
        "page": passage.page,
        "page_end": passage.page_end,
        "page_label": passage.page_label,
        "start": passage.start,
        "end": passage.end,
        "section": passage.section,
        "hidden": passage.hidden,
        "confidence": passage.confidence,
        "retrieval_rank": found.candidate.rank,
        "retrieval_score": found.candidate.score,
    }
    if passage.above:
        metadata["above"] = passage.above
    if found.stale:
        metadata["stale"] = found.stale
    return Document(passage.text, metadata=metadata)


def proposed(document: Document) -> Proposed:
    """Return a document of the first stage as the second stage takes it."""
    metadata = document.metadata
    return Proposed(
        document.page_content,
        metadata.get("document", ""),
        metadata["title"],
        metadata["retrieval_rank"],
        metadata["retrieval_score"],
        metadata.get("above", ""),
    )


def to_hits(documents: Sequence[Document]) -> tuple[Hit, ...]:
    """Turn the documents of `two_stages` into hits."""
    return tuple(
        Hit(
            rank=rank,
            text=document.page_content,
            hidden_characters=document.metadata.get("hidden", 0),
            stale=document.metadata.get("stale", ""),
            **{key: document.metadata[key] for key in _HIT_KEYS},
        )
        for rank, document in enumerate(documents, 1)
    )


_HIT_KEYS = (
    "document",
    "page",
    "page_end",
    "page_label",
    "start",
    "end",
    "score",
    "retrieval_rank",
    "retrieval_score",
)


def _scored(document: Document, score: float) -> Document:
    return Document(document.page_content, metadata={**document.metadata, "score": score})


class LibraryRunnable(Runnable[Any, Any]):
    """A library as a LangChain Runnable: a question, or {"question", "history", "where"}, in; an `Answer` out.

    `stream` yields the events of `Library.stream`: `Passages`, then `Token`s, then the `Answer`.
    """

    def __init__(self, stream: Callable[..., Iterator[Event]], where: Filter | None = None) -> None:
        self._stream = stream
        self._where = where  # where the input has none

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:
        """Return the whole answer."""
        answer: Answer = self._call_with_config(self._answer, input, config, **kwargs)
        return answer

    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Event]:
        """Yield the answer's events as they come."""
        yield from self._stream(**{"where": self._where, **_arguments(input)})

    def _answer(self, value: Any) -> Answer:
        *_, last = self._stream(**{"where": self._where, **_arguments(value)})
        return last  # type: ignore[return-value]


def _arguments(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"question": value}
    history = [_turn(turn) for turn in value.get("history") or ()]
    where = value.get("where")
    chosen = {"where": Filter(**where) if isinstance(where, dict) else where} if where else {}
    return {"question": value["question"], "history": history, **chosen}


def _turn(turn: Any) -> Turn:
    """Accept our own turns, LangChain messages, {"role", "content"} and (role, content)."""
    if isinstance(turn, Turn):
        return turn
    if isinstance(turn, dict):
        role, content = turn["role"], turn["content"]
    elif isinstance(turn, tuple):
        role, content = turn
    else:
        role, content = turn.type, turn.content
    return Turn("assistant" if role in {"ai", "assistant"} else "user", str(content))
