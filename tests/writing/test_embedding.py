"""What the bi-encoder and the cross-encoder read of a passage that begins within a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes import WordEmbedder, open_library, words

from ingest import Document, Page
from rag_app.searching.second_stage import Proposed
from rag_app.writing.embedding import Embedding
from rag_app.writing.steps import Progress

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Towns of the world\nTown\tCountry\tPeople"
ROWS = [f"Town{n}\tLand{n}\t{1000 + n}" for n in range(40)]
TABLE = Document("/a.pdf", "Title", (Page(1, "1", "\n".join([HEAD, *ROWS])),))


def read_of(document: Document, most: int) -> list[tuple[str, str]]:
    """Return of each passage what is embedded, and its own text."""
    embedder = WordEmbedder(max_tokens=most)
    embedded = Embedding(lambda: embedder, 32, 0, Progress(None, None)).of(document)
    return [(text, passage.text) for text, passage in zip(embedder.read, embedded.passages, strict=True)]


def test_a_passage_within_a_table_is_embedded_under_the_head_of_the_table() -> None:
    (first, _), *others = read_of(TABLE, 64)
    assert first.startswith(f"Title\n{HEAD}\nTown0\t")
    assert len(others) > 2
    assert [text for text, _ in others] == [f"Title\n{HEAD}\n{own}" for _, own in others]
    assert all(own in TABLE.text and own.startswith("Town") for _, own in others)


def test_a_head_for_which_there_is_no_room_is_left_out() -> None:
    _, *others = read_of(TABLE, 34)
    longest = max(others, key=lambda one: len(words(one[1])))
    assert longest[0] == f"Title\n{longest[1]}"
    assert all(len(words(text)) <= 32 for text, _ in others)


def test_other_passages_are_embedded_under_the_title_alone() -> None:
    prose = Document("/a.pdf", "Title", (Page(1, "1", "These are six words in all. " * 30),))
    assert [text for text, _ in read_of(prose, 64)] == [f"Title\n{own}" for _, own in read_of(prose, 64)]


def test_the_cross_encoder_reads_a_passage_under_the_head_of_its_table() -> None:
    plain = Proposed("Bern\t130", "/a.pdf", "a", 1, 1.0)
    assert plain.reading == "a\nBern\t130"
    assert Proposed("Bern\t130", "/a.pdf", "a", 1, 1.0, "Town\tPeople").reading == "a\nTown\tPeople\nBern\t130"


def test_a_passage_that_is_found_within_a_table_knows_what_stands_above_it(tmp_path: Path) -> None:
    with open_library(tmp_path, passage_tokens=32, overlap_tokens=0) as library:
        library.add([TABLE])
        first, *others = library.passages_and_vectors()[0]
        [hit] = library.search("Town39 Land39", k=1)
    assert first.above == ""
    assert {passage.above for passage in others} == {HEAD}
    assert hit.text in TABLE.text
    assert "People" not in hit.text
