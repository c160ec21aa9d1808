"""The LangChain door: both stages of search as a retriever with contextual compression, the library as a Runnable.

This is the path that `search` and `ask` themselves take, so a chain built on it returns the same passages.
"""

from __future__ import annotations

import time
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable
from pydantic import ConfigDict

from rag_app.language.keywords import codes
from rag_app.searching.ranking import blended, exactness, keep, read_until_settled
from rag_app.storage.heading import heading
from rag_app.types import Answer, Filter, Hit, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
        Callbacks,
    )
    from langchain_core.runnables import RunnableConfig

    from rag_app.models.reranker import Reranker
    from rag_app.searching.candidates import Trace
    from rag_app.types import Candidate, Event


class CandidateRetriever(BaseRetriever):
    """First stage as a LangChain retriever: `propose(question)` in LangChain's documents, best first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    propose: Any  # Callable[[str], list[Candidate]]
    fetch: Any  # Callable[[list[Candidate]], list[Document]]

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        documents: list[Document] = self.fetch(self.propose(query))
        return documents


class CrossEncoderCompressor(BaseDocumentCompressor):
    """Second stage as a LangChain compressor: keeps the best `k` documents, with their scores in the metadata.

    The best differ: of passages that say the same one is kept, and at most `per_document` come from one document, as
    long as others are nearly as relevant. Without a reranker the first stage's best are kept as they are.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    reranker: Any  # Reranker, or None to keep the first stage's order
    k: int
    about: Any = None  # Callable[[str], dict[str, float]]: how much a question names each document, 0 to 1
    trace: Any = None  # Trace
    per_document: int = 0  # 0: four fifths of k
    adaptive: bool = True  # stop reading once the best k are settled

    def compress_documents(
        self,
        documents: Sequence[Document],
        query: str,
        callbacks: Callbacks = None,
    ) -> Sequence[Document]:
        """Return the best `k` of `documents`, best first; equal scores keep their order."""
        if self.reranker is None:
            return [_scored(document, document.metadata["retrieval_score"]) for document in documents[: self.k]]
        since = time.perf_counter()
        ranked = self._ranked(documents, query)
        kept = keep(
            [document.metadata["score"] for document in ranked],
            [document.page_content for document in ranked],
            [document.metadata.get("document", "") for document in ranked],
            self.k,
            self.per_document or ceil(0.8 * self.k),
            self.reranker.numbers,
        )
        if self.trace is not None:
            self.trace.timed("rerank", since)
        return [ranked[row] for row in kept]

    def _ranked(self, documents: Sequence[Document], query: str) -> list[Document]:
        named, numbers = self.about(query) if self.about else {}, self.reranker.numbers
        texts = [reading(document) for document in documents]
        priors = [
            blended(
                numbers.named_document * named.get(document.metadata.get("document", ""), 0.0)
                + numbers.exact_words * exact,
                document.metadata["retrieval_rank"],
                numbers.late_rank,
            )
            for document, exact in zip(documents, exactness(codes(query), texts), strict=True)
        ]

        def read(rows: Sequence[int]) -> Sequence[float]:
            scores: Sequence[float] = self.reranker.score(query, [texts[row] for row in rows])
            return scores

        scores = read_until_settled(priors, read, self.k, numbers.margin, adaptive=self.adaptive)
        return [_scored(documents[row], scores[row]) for row in sorted(scores, key=lambda row: (-scores[row], row))]


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


def reading(document: Document) -> str:
    """Return what the cross-encoder reads of a passage: its document's name and title, then the passage."""
    return f"{heading(document.metadata.get('document', ''), document.metadata['title'])}\n{document.page_content}"


LibraryRetriever: TypeAlias = ContextualCompressionRetriever  # both stages, the reranker as the compressor


def two_stages(
    propose: Callable[[str], list[Candidate]],
    fetch: Callable[[list[Candidate]], list[Document]],
    reranker: Reranker | None,
    k: int,
    trace: Trace | None = None,
    about: Callable[[str], dict[str, float]] | None = None,
    *,
    per_document: int = 0,
    adaptive: bool = True,
    door: Callable[[str], str] | None = None,
) -> ContextualCompressionRetriever:
    """Join candidates and cross-encoder into one LangChain retriever."""
    return TwoStages(
        door=door,
        base_retriever=CandidateRetriever(propose=propose, fetch=fetch),
        base_compressor=CrossEncoderCompressor(
            reranker=reranker, k=k, about=about, trace=trace, per_document=per_document, adaptive=adaptive
        ),
    )


def untraced(retriever: BaseRetriever, question: str) -> list[Document]:
    """Ask a retriever without telling LangSmith, whatever the environment says: passages are the user's own."""
    from langsmith.run_helpers import tracing_context

    with tracing_context(enabled=False):
        return retriever.invoke(question)


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
