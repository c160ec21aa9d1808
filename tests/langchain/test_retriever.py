from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import SCORES, ScriptedGenerator, WordEmbedder, WordReranker, fakes_of
from langchain_classic.retrievers import ContextualCompressionRetriever
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda

from rag_app.errors import UsageError
from rag_app.langchain.retriever import CrossEncoderCompressor, proposed, to_hits, two_stages
from rag_app.models.numbers import RerankerNumbers
from rag_app.searching.candidates import Trace
from rag_app.searching.ranking import blended
from rag_app.searching.searcher import FoundPassage
from rag_app.searching.second_stage import SecondStage
from rag_app.storage.passages import StoredPassage
from rag_app.types import Answer, AnswerSeconds, Candidate, Passages, Token, Turn

if TYPE_CHECKING:
    from rag_app.library import Library
    from rag_app.types import Vectors

NOTICE = "How long is the notice period?"
FILTER = "How often is it to be cleaned?"
DISHWASHER = "What about the dishwasher?"


def timeless(answer: Any) -> Answer:
    assert isinstance(answer, Answer)
    return replace(answer, seconds=AnswerSeconds())


def document(text: str, rank: int, title: str = "") -> Document:
    return Document(text, metadata={"title": title, "retrieval_rank": rank, "retrieval_score": 1 / rank})


# The second stage


def test_the_compressor_orders_by_relevance_and_keeps_the_best_with_their_scores() -> None:
    documents = [document("the rent", 1), document("notice of the tenant", 2), document("notice period", 3)]
    kept = CrossEncoderCompressor(stage=SecondStage(WordReranker(), 2)).compress_documents(documents, "notice period")
    assert [d.page_content for d in kept] == ["notice period", "notice of the tenant"]
    assert [d.metadata["score"] for d in kept] == [blended(10, 3, SCORES.late_rank), blended(5, 2, SCORES.late_rank)]
    assert "score" not in documents[0].metadata  # the first stage's documents stay as they were


def test_equally_relevant_documents_keep_the_first_stages_order() -> None:
    documents = [document("notice", rank) for rank in (1, 2, 3)]
    unmeasured = WordReranker()
    unmeasured.numbers = RerankerNumbers()  # by which a later rank costs nothing
    kept = CrossEncoderCompressor(stage=SecondStage(unmeasured, 3)).compress_documents(documents, "notice")
    assert [d.metadata["retrieval_rank"] for d in kept] == [1, 2, 3]


def test_the_title_counts_as_part_of_the_text() -> None:
    documents = [document("it is due monthly", 1, "Manual"), document("it is due monthly", 2, "Lease")]
    kept = CrossEncoderCompressor(stage=SecondStage(WordReranker(), 1)).compress_documents(documents, "lease due")
    assert kept[0].metadata["title"] == "Lease"


def test_without_a_reranker_the_first_k_stay_with_their_own_scores() -> None:
    documents = [document("b", 1), document("a", 2), document("c", 3)]
    kept = CrossEncoderCompressor(stage=SecondStage(None, 2)).compress_documents(documents, "a")
    assert [(d.page_content, d.metadata["score"]) for d in kept] == [("b", 1.0), ("a", 0.5)]


def test_the_two_stages_pass_the_question_and_the_candidates_on() -> None:
    asked: list[str] = []

    def propose(question: str) -> list[FoundPassage]:
        asked.append(question)
        passage = StoredPassage(7, "/a.pdf", "Lease", 0, 0, 6, 1, 1, "i", "notice")
        return [FoundPassage(Candidate(7, 1, 0.5), passage, "/b.pdf", "is empty now")]

    trace = Trace()
    [found] = two_stages(propose, SecondStage(WordReranker(), 5, trace=trace)).invoke("notice")
    assert (found.page_content, found.metadata["score"]) == ("notice", 10.0)
    assert (found.metadata["document"], found.metadata["stale"]) == ("/b.pdf", "is empty now")
    assert asked == ["notice"]
    assert trace.seconds.keys() == {"rerank"}


# A library as a LangChain retriever


def test_the_retriever_is_a_langchain_retriever_with_contextual_compression(library: Library) -> None:
    retriever = library.as_retriever()
    assert isinstance(retriever, BaseRetriever)
    assert isinstance(retriever, ContextualCompressionRetriever)


@pytest.mark.parametrize(
    "options", [{}, {"k": 2}, {"mode": "dense"}, {"mode": "keyword"}, {"rerank": False}, {"candidates": 1, "k": 1}]
)
def test_the_retriever_gives_the_same_passages_and_scores_as_search(library: Library, options: dict[str, Any]) -> None:
    documents = library.as_retriever(**options).invoke(NOTICE)
    assert to_hits(documents) == tuple(library.search(NOTICE, **options))
    assert documents[0].metadata["title"] == "Residential Lease"


def test_a_retriever_finds_what_is_added_after_it_was_made(library: Library, tmp_path: Path) -> None:
    retriever = library.as_retriever(k=1)
    (tmp_path / "oven.txt").write_text("The oven weighs 40 kg.")
    library.ingest([tmp_path / "oven.txt"])
    assert retriever.invoke("oven weight")[0].page_content == "The oven weighs 40 kg."


def test_the_retriever_composes_with_other_runnables(library: Library) -> None:
    chain = library.as_retriever(k=1) | RunnableLambda(lambda documents: documents[0].metadata["page"])
    assert chain.batch([NOTICE, "dishwasher"]) == [1, 1]


@pytest.mark.parametrize("options", [{"k": 0}, {"mode": "fuzzy"}])
def test_unusable_options_are_refused_when_the_retriever_is_made(library: Library, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        library.as_retriever(**options)


# A library as a LangChain Runnable


def test_the_runnable_answers_a_question_as_ask_does(library: Library) -> None:
    chain = library.as_runnable()
    assert isinstance(chain, Runnable)
    expected = timeless(library.ask(NOTICE))
    assert timeless(chain.invoke(NOTICE)) == expected
    assert timeless(chain.invoke({"question": NOTICE})) == expected
    assert timeless(chain.invoke({"question": NOTICE, "history": None})) == expected


@pytest.mark.parametrize(
    "history",
    [
        [Turn("user", DISHWASHER), Turn("assistant", "Yes.")],
        [HumanMessage(DISHWASHER), AIMessage("Yes.")],
        [{"role": "user", "content": DISHWASHER}, {"role": "assistant", "content": "Yes."}],
        [("user", DISHWASHER), ("ai", "Yes.")],
        [("human", DISHWASHER), ("assistant", "Yes.")],
    ],
)
def test_a_history_may_come_in_any_of_the_usual_forms(library: Library, history: list[Any]) -> None:
    answer = library.as_runnable().invoke({"question": FILTER, "history": history})
    assert answer.standalone_question == f"{FILTER} ({DISHWASHER})"
    generator = fakes_of(library).generator
    assert isinstance(generator, ScriptedGenerator)
    assert f"user: {DISHWASHER}\nassistant: Yes." in generator.prompts[0][-1].content


def test_the_runnable_streams_the_events(library: Library) -> None:
    first, *tokens, last = list(library.as_runnable().stream(NOTICE))
    assert isinstance(first, Passages)
    assert "".join(token.text for token in tokens if isinstance(token, Token)) == last.answer
    assert timeless(last) == timeless(library.ask(NOTICE))


def test_closing_the_runnables_stream_leaves_the_generator_free(library: Library) -> None:
    whole = library.ask(NOTICE)
    events = library.as_runnable().stream(NOTICE)
    next(events)
    next(events)
    events.close()  # type: ignore[attr-defined]
    assert library.ask(NOTICE).answer == whole.answer


def test_a_batch_answers_each_question_in_order(library: Library) -> None:
    answers = library.as_runnable().batch([NOTICE, {"question": "How often is the filter cleaned?"}, NOTICE])
    assert [Path(answer.citations[0].document).name for answer in answers] == ["lease.pdf", "manual.pdf", "lease.pdf"]


def test_the_runnable_can_be_awaited(library: Library) -> None:
    assert timeless(asyncio.run(library.as_runnable().ainvoke(NOTICE))) == timeless(library.ask(NOTICE))


def test_the_runnable_composes_with_other_runnables(library: Library) -> None:
    chain = RunnableLambda(lambda text: {"question": text}) | library.as_runnable() | RunnableLambda(lambda a: a.status)
    assert chain.batch([NOTICE, "Who is the president of France?"]) == ["answered", "not_found"]


def test_searching_tells_no_tracer_whatever_the_environment_says(library: Library) -> None:
    from langsmith.run_helpers import tracing_context
    from langsmith.utils import tracing_is_enabled

    seen: list[object] = []

    class Watching(WordEmbedder):
        def embed_question(self, text: str) -> Vectors:
            seen.append(tracing_is_enabled())
            return super().embed_question(text)

    fakes_of(library).embedder = Watching()
    with tracing_context(enabled=True):
        library.search(NOTICE)
    assert seen == [False]


@pytest.mark.parametrize(
    ("path", "title", "first"),
    [
        ("/files/2022 Q3 ACME.pdf", "Annual report", "2022 Q3 ACME: Annual report"),
        ("/files/annual-report.pdf", "Annual Report 2024", "Annual Report 2024"),
        ("/files/notes.txt", "notes", "notes"),
    ],
)
def test_the_file_name_is_read_with_the_title_where_it_says_more(path: str, title: str, first: str) -> None:
    metadata = {"document": path, "title": title, "retrieval_rank": 1, "retrieval_score": 1.0}
    text = proposed(Document("A passage.", metadata=metadata)).reading
    assert text == f"{first}\nA passage."
