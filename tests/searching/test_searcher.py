from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeModels, WordEmbedder, fakes_of, open_library

from rag_app.errors import LibraryMismatch
from rag_app.searching.candidates import Trace
from rag_app.searching.second_stage import Proposed
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rag_app.library import Library
    from rag_app.storage.stale import Stale
    from rag_app.storage.vector_index import VectorIndex

NOTICE = "How long is the notice period?"
OPTIONS: list[dict[str, Any]] = [
    {},
    {"k": 2},
    {"k": 1, "candidates": 1},
    {"mode": "dense"},
    {"mode": "keyword", "k": 1},
    {"rerank": False},
    {"where": Filter(within=("lease.pdf",))},
]
QUESTIONS = (
    NOTICE,
    "Does the dishwasher weigh 3.5 kg?",
    "dog",
    "Residential Lease or Dishwasher Manual?",  # that of the documents' titles, which their names do not say
)


def plainly(library: Library, question: str, where: Filter | None = None, **options: Any) -> list[tuple[Any, ...]]:
    """Search by the two stages alone: no LangChain."""
    searcher, trace = library.searcher, Trace()
    wanted, chosen = searcher.wanted(**options), searcher.selected(where)
    found = searcher.passages(searcher.candidates(question, wanted, chosen, trace), chosen)
    stage = searcher.second_stage(wanted, lambda asked: searcher.about(asked, chosen), trace)
    proposed = [
        Proposed(one.passage.text, one.document, one.passage.title, one.candidate.rank, one.candidate.score)
        for one in found
    ]
    return [
        (found[kept.row].document, found[kept.row].passage.start, found[kept.row].candidate.rank, kept.score)
        for kept in stage.best(question, proposed)
    ]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_langchain_keeps_what_the_stages_alone_keep(library: Library, options: dict[str, Any]) -> None:
    for question in QUESTIONS:
        hits = library.search(question, **options)
        assert [(hit.document, hit.start, hit.retrieval_rank, hit.score) for hit in hits] == plainly(
            library, question, **options
        )


def test_an_embedder_that_is_exchanged_under_a_library_is_refused(library: Library) -> None:
    class Other(WordEmbedder):
        name, fingerprint = "other", "0" * 64

    assert library.search(NOTICE)
    fakes_of(library).embedder = Other()
    for use in (library.search, library.ask, lambda _: library.embedder):
        with pytest.raises(LibraryMismatch, match="was built with the embedder words, not with other"):
            use(NOTICE)
    assert library.search(NOTICE, mode="keyword")


def test_a_search_and_an_answer_look_at_each_file_no_more_often_than_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_library(tmp_path) as library:
        first, second = tmp_path / "a.txt", tmp_path / "b.txt"
        for file in (first, second):
            file.write_text("The notice period of flat D540 is three months.", encoding="utf-8")
        library.ingest([first, second])
        looked, trouble = [], library.searcher._trouble

        def look(path: str, stale: Mapping[str, Stale]) -> str:
            looked.append(path)
            return trouble(path, stale)

        monkeypatch.setattr(library.searcher, "_trouble", look)
        assert [hit.document for hit in library.search("What is the notice period?")] == [str(first)]
        assert looked == [str(first)]
        looked.clear()
        assert library.ask("What is the notice period of D540?").citations[0].document == str(first)
        assert looked == [str(first)] * 3  # before it is asked, when it is found, and when it has been cited


def test_an_embedder_that_another_process_changes_during_a_search_is_refused(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = library.searcher.index
    opened = index.get

    def rebuilt() -> VectorIndex:
        found = opened()
        library._store.set("embedder_fingerprint", "0" * 64)
        return found

    monkeypatch.setattr(index, "get", rebuilt)
    with pytest.raises(LibraryMismatch):
        library.search(NOTICE)


def test_searching_an_empty_library_writes_nothing_into_it(tmp_path: Path) -> None:
    with open_library(tmp_path, FakeModels()) as library:
        assert library.search(NOTICE) == []
        assert library._store.get("embedder") is None
        with library.writing():  # and it may be searched while it is written
            assert library.search(NOTICE) == []
