"""Filters before ranking: what comes back equals the whole ranking, filtered afterwards."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from exact_index import ExactIndex
from hypothesis import given, settings
from hypothesis import strategies as st
from stored import make_document, one_a_page, put, vectors_of

from rag_app.errors import UsageError
from rag_app.storage.store import Store
from rag_app.storage.vector_index import VectorIndex
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = 86_400 * 10**9
WORDS = ("plum", "pear", "fig")


def place(store: Store, path: str, *texts: str, day: int = 0, copies: dict[str, int] | None = None) -> None:
    """Store a document whose file was changed some days after 1 January 2024."""
    since = int(datetime(2024, 1, 1, 12).timestamp()) * 10**9
    document = make_document(path, *(texts or ("Plums.",)))
    passages = one_a_page(document)
    store.put(
        document,
        sha256="ab" * 32,
        bytes=7,
        mtime_ns=since + day * DAY,
        passages=passages,
        vectors=vectors_of(passages),
        copies={copy: since + at * DAY for copy, at in (copies or {}).items()},
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "library") as opened:
        opened._database.connection.execute("PRAGMA synchronous = OFF")
        yield opened


@pytest.fixture
def shelf(store: Store) -> Store:
    place(store, "/files/lease.pdf", day=0)
    place(store, "/files/law/lease.docx", day=10)
    place(store, "/files/law.2024/notes.txt", day=20)
    place(store, "/files/law/act.PDF", day=31, copies={"/copies/act.pdf": 40})
    place(store, "/other/a b.md", day=60)
    store.tag("/files/lease.pdf", add=["Home", "2024"])
    store.tag("/files/law/act.PDF", add=["home"])
    return store


def names(store: Store, where: Filter) -> list[str]:
    return [os.path.basename(path) for path in store.select(where).documents.values()]  # noqa: PTH119


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Filter(), ["lease.pdf", "lease.docx", "notes.txt", "act.pdf", "a b.md"]),
        (Filter(within=("/files/lease.pdf",)), ["lease.pdf"]),
        (Filter(within=("/files/law",)), ["lease.docx", "act.pdf"]),
        (Filter(within=("/files/law/",)), ["lease.docx", "act.pdf"]),
        (Filter(within=("/files/law", "/other")), ["lease.docx", "act.pdf", "a b.md"]),
        (Filter(within=("/",)), ["lease.pdf", "lease.docx", "notes.txt", "act.pdf", "a b.md"]),
        (Filter(within=("lease.docx",)), ["lease.docx"]),
        (Filter(within=("a b.md",)), ["a b.md"]),
        (Filter(within=("law/",)), ["lease.docx", "act.pdf"]),
        (Filter(within=("/copies",)), ["act.pdf"]),
        (Filter(types=("pdf",)), ["lease.pdf", "act.pdf"]),
        (Filter(types=("word", "md")), ["lease.docx", "a b.md"]),
        (Filter(since="2024-02"), ["act.pdf", "a b.md"]),
        (Filter(until="2024-01-11"), ["lease.pdf", "lease.docx"]),
        (Filter(since="2024-01-11", until="2024-01"), ["lease.docx", "notes.txt"]),
        (Filter(tags=("HOME",)), ["lease.pdf", "act.pdf"]),
        (Filter(tags=("home", "2024")), ["lease.pdf"]),
        (Filter(within=("/files",), types=("pdf",), since="2024-01-02", tags=("home",)), ["act.pdf"]),
    ],
)
def test_the_documents_that_a_filter_leaves(shelf: Store, where: Filter, expected: list[str]) -> None:
    assert names(shelf, where) == expected


def test_one_file_of_a_document_has_to_meet_all_conditions_on_files(shelf: Store) -> None:
    chosen = shelf.select(Filter(within=("/copies",), since="2024-02-05"))
    assert chosen.paths == {"/copies/act.pdf"}
    with pytest.raises(UsageError, match="No document meets all conditions"):
        shelf.select(Filter(within=("/files",), since="2024-02-05"))


def test_a_path_may_begin_with_ones_own_folder(shelf: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/files")
    assert names(shelf, Filter(within=("~/law",))) == ["lease.docx", "act.pdf"]


def test_a_name_is_found_in_either_unicode_form(store: Store) -> None:
    place(store, unicodedata.normalize("NFD", "/files/Müll/Café.pdf"))
    for text in ("Café.pdf", "/files/Müll", "Müll"):
        assert len(store.select(Filter(within=(unicodedata.normalize("NFC", text),))).documents) == 1


def test_a_name_that_is_not_utf8_and_one_with_a_quote_are_found(store: Store) -> None:
    place(store, "/files/\udcff'%_.pdf")
    place(store, "/files/x.pdf", "Pears.")
    assert list(store.select(Filter(within=("\udcff'%_.pdf",), types=("pdf",))).documents) == [1]


@pytest.mark.parametrize(
    ("where", "message", "hint"),
    [
        (Filter(within=("lease",)), "lease is neither a document nor a folder", "rag documents"),
        (Filter(within=("/files", "/file")), "/file is neither a document nor a folder", "rag documents"),
        (Filter(within=("",)), "A path is empty.", "Name a document"),
        (Filter(types=("epub",)), "No document of the library is of type epub.", "There are: docx, md, pdf, txt."),
        (Filter(since="2025"), "No document of the library was changed since 2025.", "from 2024-01-01 to 2024-03-01"),
        (Filter(until="2023"), "No document of the library was changed until 2023.", "from 2024-01-01 to 2024-03-01"),
        (Filter(tags=("home", "work")), "No document of the library is tagged work.", "Tags in use: 2024, Home."),
        (Filter(types=("md",), tags=("2024",)), "No document meets all conditions: of type md; tagged 2024.", "--tag"),
        (Filter(since="2024-03", until="2024-01"), "meets all conditions: changed since 2024-03; changed", "--until"),
    ],
)
def test_what_leaves_nothing_names_the_condition_and_what_to_do(
    shelf: Store, where: Filter, message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as raised:
        shelf.select(where)
    assert message in raised.value.message
    assert hint in raised.value.hint


def test_a_filter_on_an_empty_library_says_that_it_is_empty(store: Store) -> None:
    with pytest.raises(UsageError, match="tagged work") as raised:
        store.select(Filter(tags=("work",)))
    assert raised.value.hint == "Add some with `rag ingest PATH`."


def test_the_passages_of_documents(shelf: Store) -> None:
    put(shelf, make_document("/scan.pdf", ""))
    place(shelf, "/long.txt", "Pears.", "Figs.")
    chosen = shelf.select(Filter(within=("/long.txt", "/scan.pdf", "/files/lease.pdf")))
    assert sorted(shelf.passages_in(chosen.documents).tolist()) == [1, 6, 7]
    assert shelf.passages_in(shelf.select(Filter(within="/scan.pdf")).documents).tolist() == []  # type: ignore[arg-type]


def test_the_passages_of_a_filter_are_found_by_their_index(shelf: Store) -> None:
    from rag_app.storage.selection import _IDS

    [plan, *_] = [row[3] for row in shelf._database.rows(f"EXPLAIN QUERY PLAN {_IDS}", "[1]")]
    assert plan.startswith("SEARCH passages USING COVERING INDEX")


def test_the_keyword_index_is_asked_once_however_many_documents_are_allowed(shelf: Store) -> None:
    from rag_app.storage.words import _KEYWORD, _OF_DOCUMENTS

    statement = _KEYWORD.format(_OF_DOCUMENTS)
    plan = [row[3] for row in shelf._database.rows(f"EXPLAIN QUERY PLAN {statement}", 0.5, 0.5, '"plums"', "[1]", 5)]
    assert not plan[0].endswith("=")  # a lookup by row, repeated for each, would end with it


# Against the whole ranking

DOCUMENTS = st.lists(
    st.tuples(
        st.sampled_from(("/a/x.pdf", "/a/y.md", "/a/b/x.docx", "/b/x.md", "/b/z.pdf")),
        st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), max_size=4),
        st.integers(0, 3),
        st.sets(st.sampled_from(("red", "blue"))),
    ),
    max_size=5,
    unique_by=lambda document: document[0],
)
FILTERS = st.builds(
    Filter,
    within=st.lists(st.sampled_from(("/a", "/b", "/a/x.pdf", "x.docx")), max_size=2).map(tuple),
    types=st.lists(st.sampled_from(("pdf", "markdown", "docx")), max_size=2).map(tuple),
    since=st.sampled_from((None, "2024-01-01", "2024-01-02")),
    until=st.sampled_from((None, "2024-01-03", "2024-01-02")),
    tags=st.lists(st.sampled_from(("red", "BLUE")), max_size=2).map(tuple),
)
INSIDE = {
    "/a": ("/a/x.pdf", "/a/y.md", "/a/b/x.docx"),
    "/b": ("/b/x.md", "/b/z.pdf"),
    "/a/x.pdf": ("/a/x.pdf",),
    "x.docx": ("/a/b/x.docx",),
}
ENDS = {"pdf": ".pdf", "markdown": ".md", "docx": ".docx"}


def by_hand(where: Filter, path: str, day: int, tags: set[str]) -> bool:
    return (
        (not where.within or any(path in INSIDE[text] for text in where.within))
        and (not where.types or any(path.endswith(ENDS[name]) for name in where.types))
        and (where.since is None or day >= int(str(where.since)[-1]) - 1)
        and (where.until is None or day <= int(str(where.until)[-1]) - 1)
        and {tag.lower() for tag in where.tags} <= tags
    )


@pytest.mark.slow
@given(DOCUMENTS, FILTERS, st.integers(1, 12), st.lists(st.sampled_from(WORDS), min_size=1, max_size=2))
@settings(max_examples=150, deadline=None)
def test_a_filtered_search_is_the_whole_ranking_filtered(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Any], where: Filter, k: int, question: list[str]
) -> None:
    with Store.open(tmp_path_factory.mktemp("library")) as store:
        store._database.connection.execute("PRAGMA synchronous = OFF")
        for path, texts, day, tags in documents:
            place(store, path, *(" ".join(text) for text in texts), day=day)
            store.tag(path, add=tags)
        expected = {path for path, _, day, tags in documents if by_hand(where, path, day, tags)}
        try:
            chosen = store.select(where)
        except UsageError:
            missing = any(not set(INSIDE[text]) & {path for path, *_ in documents} for text in where.within)
            assert missing or not expected
            return
        assert set(chosen.documents.values()) == chosen.paths == expected
        allowed = {i for i, (path, _) in store.places(store.vectors()[0].tolist()).items() if path in expected}
        text = " ".join(question)
        ranked = [item for item in store.keyword(text, 1000) if item[0] in allowed]
        assert store.keyword(text, k, chosen.documents) == ranked[:k]
        ids, vectors = store.vectors()
        vector = np.random.default_rng(k).normal(size=8).astype(np.float32)
        whole = ExactIndex(ids, vectors).search(vector, 1000, store.places)
        found = VectorIndex.build(ids, vectors).search(vector, k, store.places, store.passages_in(chosen.documents))
        assert found == [item for item in whole if item[0] in allowed][:k]


def test_equal_keyword_scores_of_a_filter_are_ordered_by_place(store: Store) -> None:
    for name in "dbca":
        place(store, f"/{name}.txt", *["Same words."] * 3)
    chosen = store.select(Filter(within=("/b.txt", "/d.txt")))
    ranked = store.keyword("same", 4, chosen.documents)
    places = store.places([i for i, _ in ranked])
    assert [places[i] for i, _ in ranked] == [("/b.txt", 0), ("/b.txt", 1), ("/b.txt", 2), ("/d.txt", 0)]


def test_renaming_into_a_folder_is_seen_by_the_next_filter(store: Store) -> None:
    place(store, "/a/x.pdf")
    store.relocate("/a/x.pdf", {"/b/x.pdf": 5})
    assert store.select(Filter(within=("/b",))).paths == {"/b/x.pdf"}
    assert replace(store.documents()[0], ingested=0).modified == 5e-9
