"""Filters through the library: search, answers, LangChain."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import write_pdf

from rag_app import Filter
from rag_app.errors import UsageError
from rag_app.types import MODES, Passages, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from rag_app.library import Library
    from rag_app.types import Mode

NOTICE = "How long is the notice period?"
MANUAL = Filter(within=("manual.pdf",))


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Library:
    """The library, with a document whose passages are better than all others for any question about notice periods."""
    texts = [f"The notice period of contract {n} is three months." for n in range(120)]
    library.ingest([write_pdf(tmp_path / "papers" / "many" / "contracts.pdf", *texts)])
    return library


def files(hits: Any) -> set[str]:
    return {Path(hit.document).name for hit in hits}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rerank", [False, True])
def test_k_passages_come_back_however_many_others_are_better(shelf: Library, mode: Mode, rerank: bool) -> None:
    plain = shelf.search(NOTICE, 3, candidates=10, mode=mode, rerank=rerank)
    assert files(plain) == {"contracts.pdf"}
    where = Filter(within=("lease.pdf",))
    hits = shelf.search(NOTICE, 3, candidates=10, mode=mode, rerank=rerank, where=where)
    assert files(hits) == {"lease.pdf"}
    assert len(hits) == (1 if mode == "keyword" else 2)


def test_an_empty_filter_is_none(shelf: Library) -> None:
    assert shelf.search(NOTICE, where=Filter()) == shelf.search(NOTICE)
    assert shelf.documents(Filter()) == shelf.documents()


def test_an_answer_is_drawn_from_the_chosen_documents_only(shelf: Library) -> None:
    answer = shelf.ask("What does the dishwasher weigh?", where=MANUAL)
    assert {Path(citation.document).name for citation in answer.citations} == {"manual.pdf"}
    answer = shelf.ask(NOTICE, where=MANUAL)
    assert (answer.status, files(answer.passages)) == ("not_found", {"manual.pdf"})
    first = next(iter(shelf.stream(NOTICE, where=Filter(within=("lease.pdf",)))))
    assert isinstance(first, Passages)
    assert files(first.passages) == {"lease.pdf"}


def test_the_filter_stays_with_a_follow_up(shelf: Library) -> None:
    history = (Turn("user", "What does the dishwasher weigh?"), Turn("assistant", "3.5 kg."))
    answer = shelf.ask("And its filter?", history=history, where=MANUAL)
    assert answer.standalone_question != "And its filter?"
    assert files(answer.passages) == {"manual.pdf"}


def test_documents_can_be_listed_by_a_filter(shelf: Library) -> None:
    shelf.tag("lease.pdf", add="home")
    assert files_of(shelf.documents(Filter(tags=("HOME",)))) == ["lease.pdf"]
    assert files_of(shelf.documents(Filter(within=("papers/many",)))) == ["contracts.pdf"]


def files_of(documents: Any) -> list[str]:
    return [Path(document.path).name for document in documents]


def test_a_relative_folder_is_taken_from_where_one_is(
    shelf: Library, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(papers)
    assert files_of(shelf.documents(Filter(within=("many",)))) == ["contracts.pdf"]
    assert len(shelf.documents(Filter(within=(".",)))) == 3


def test_dates_are_those_of_the_files(shelf: Library, papers: Path) -> None:
    os.utime(papers / "lease.pdf", (1_700_000_000, 1_700_000_000))  # 14 November 2023
    shelf.ingest(papers)
    assert files_of(shelf.documents(Filter(until="2023-11-15"))) == ["lease.pdf"]
    assert files_of(shelf.documents(Filter(since="2023-11-16"))) == ["manual.pdf", "contracts.pdf"]
    assert files_of(shelf.documents(Filter(since="30d"))) == ["manual.pdf", "contracts.pdf"]


def test_the_copy_in_the_chosen_folder_is_cited(shelf: Library, papers: Path) -> None:
    copy = papers / "zoo" / "lease copy.pdf"
    copy.parent.mkdir()
    copy.write_bytes((papers / "lease.pdf").read_bytes())
    shelf.ingest(copy)
    where = Filter(within=(str(copy.parent),))
    assert shelf.search(NOTICE, 1, where=where)[0].document == str(copy)
    assert shelf.ask(NOTICE, where=where).citations[0].document == str(copy)
    copy.unlink()
    assert shelf.ask(NOTICE, where=where).citations[0].document == str(papers / "lease.pdf")


def test_a_question_names_only_documents_that_are_searched(shelf: Library) -> None:
    chosen = shelf.searcher.selected(Filter(within=("lease.pdf", "manual.pdf")))
    named = shelf.searcher.about("Does the Residential Lease allow a dog, Dishwasher?", chosen)
    assert files_of([type("D", (), {"path": path}) for path in named]) == ["lease.pdf", "manual.pdf"]
    assert shelf.searcher.about("What does the Residential Lease say?", shelf.searcher.selected(MANUAL)) == {}


ASKING: dict[str, Callable[[Library, Filter], object]] = {
    "search": lambda library, where: library.search(NOTICE, where=where),
    "ask": lambda library, where: library.ask(NOTICE, where=where),
    "stream": lambda library, where: library.stream(NOTICE, where=where),
    "documents": lambda library, where: library.documents(where),
    "retriever": lambda library, where: library.as_retriever(where=where),
    "runnable": lambda library, where: library.as_runnable(where=where).invoke(NOTICE),
}


@pytest.mark.parametrize("way", ASKING)
def test_a_filter_that_leaves_nothing_is_an_error_whatever_is_asked(shelf: Library, way: str) -> None:
    with pytest.raises(UsageError, match="No document of the library is tagged work") as raised:
        ASKING[way](shelf, Filter(tags=("work",)))
    assert "rag documents tag" in raised.value.hint


def test_a_retriever_applies_its_filter_anew_to_each_question(shelf: Library) -> None:
    shelf.tag("manual.pdf", add="now")
    retriever = shelf.as_retriever(2, where=Filter(tags=("now",)))
    assert {Path(d.metadata["document"]).name for d in retriever.invoke(NOTICE)} == {"manual.pdf"}
    shelf.tag("manual.pdf", remove="now")
    shelf.tag("lease.pdf", add="now")
    assert {Path(d.metadata["document"]).name for d in retriever.invoke(NOTICE)} == {"lease.pdf"}


def test_a_runnable_takes_its_filter_from_the_input_or_from_the_start(shelf: Library) -> None:
    chain = shelf.as_runnable(where=MANUAL)
    assert files(chain.invoke(NOTICE).passages) == {"manual.pdf"}
    for where in (Filter(within=("lease.pdf",)), {"within": ["lease.pdf"]}):
        assert files(chain.invoke({"question": NOTICE, "where": where}).passages) == {"lease.pdf"}
    *_, last = chain.stream({"question": NOTICE, "history": []})
    assert files(last.passages) == {"manual.pdf"}  # type: ignore[union-attr]
