from __future__ import annotations

import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import Document, Page, Passage, cut, sentences

if TYPE_CHECKING:
    from collections.abc import Sequence


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def letters(texts: Sequence[str]) -> list[int]:
    """Not additive: white space between the sentences of a passage counts as well."""
    return [(len(text) + 3) // 4 + text.count("\n") for text in texts]


def document(*pages: str) -> Document:
    return Document("a.pdf", "a", tuple(Page(n, f"p{n}", text) for n, text in enumerate(pages, start=1)))


def texts(passages: Sequence[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def test_a_short_document_is_one_passage() -> None:
    assert cut(document("One two. Three."), words, 10, 2) == [Passage(0, 15, 1, 1, "p1", "One two. Three.")]


def test_an_empty_document_has_no_passage() -> None:
    assert cut(document(), words, 10, 2) == []
    assert cut(document("", " \n", ""), words, 10, 2) == []


def test_passages_are_whole_sentences_and_overlap_by_whole_sentences() -> None:
    text = " ".join(f"Sentence number {n} is here." for n in range(60))
    passages = cut(document(text), words, 100, 12)
    sizes = words(texts(passages))
    assert max(sizes) <= 100
    ends = {end for _, end in sentences(text)}
    starts = {start for start, _ in sentences(text)}
    assert {passage.start for passage in passages} <= starts
    assert {passage.end for passage in passages} <= ends
    for before, after in pairwise(passages):
        assert words([text[after.start : before.end]]) == [10]  # two sentences of five words


def test_passages_end_with_a_paragraph_where_one_is_near() -> None:
    paragraph = " ".join(["This is a sentence of words."] * 6)  # 36 words
    passages = cut(document("\n\n".join([paragraph] * 6)), words, 50, 0)
    assert texts(passages) == [paragraph] * 6


def test_a_heading_stays_with_the_text_after_it() -> None:
    body = " ".join(["These are seven words in a row."] * 5)  # 35 words
    passages = cut(document(f"First Part\n{body}\nSecond Part\n{body}\nThird Part\n{body}"), words, 42, 6)
    assert texts(passages) == [f"{name} Part\n{body}" for name in ("First", "Second", "Third")]


def test_the_line_that_announces_a_table_stays_with_it() -> None:
    rows = "\n".join(f"Row {n} 1 2" for n in range(6))
    body = " ".join(["These are seven words in a row."] * 4)
    passages = cut(document(f"{body}\nThe sales of the year were as follows:\n{rows}"), words, 36, 0)
    assert passages[-1].text.startswith("The sales of the year were as follows:\nRow 0 1 2")


def test_a_passage_knows_the_pages_of_its_first_and_last_character() -> None:
    doc = document("Alpha beta", "gamma delta. Next.", "", "Last one here.")
    assert [(p.text, p.page, p.page_end, p.page_label) for p in cut(doc, words, 4, 0)] == [
        ("Alpha beta\fgamma delta.", 1, 2, "p1"),
        ("Next.\f\fLast one here.", 2, 4, "p2"),
    ]


def test_a_crumb_at_the_end_is_avoided_by_sharing() -> None:
    text = " ".join(["Five words are in here."] * 21)  # 105 words
    assert words(texts(cut(document(text), words, 100, 0))) == [50, 55]


def test_a_sentence_over_the_limit_is_split_at_spaces() -> None:
    passages = cut(document("one two three four five six seven eight nine ten"), words, 4, 0)
    assert " ".join(texts(passages)) == "one two three four five six seven eight nine ten"
    assert max(words(texts(passages))) <= 4


def test_a_word_over_the_limit_is_split_at_characters() -> None:
    passages = cut(document("x" * 100), letters, 5, 0)
    assert "".join(texts(passages)) == "x" * 100
    assert max(letters(texts(passages))) <= 5


@pytest.mark.parametrize(("limit", "overlap"), [(0, 0), (10, 10), (10, -1)])
def test_impossible_sizes_are_refused(limit: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=re.escape(f"limit ({limit})")):
        cut(document("text"), words, limit, overlap)


PAGES = st.lists(
    st.text(alphabet="abC1. \n?!。-:", max_size=200)
    | st.lists(st.sampled_from(["The cat sat.", "Heading", "Net sales 1 2", "\n", "\n\n", "and so", "x" * 50])).map(
        " ".join
    ),
    max_size=5,
)


@pytest.mark.parametrize("measure", [words, letters])
@given(pages=PAGES, limit=st.integers(1, 40), share=st.floats(0, 0.99))
def test_passages_are_exact_cover_the_text_and_keep_the_limit(
    measure: object, pages: list[str], limit: int, share: float
) -> None:
    assert callable(measure)
    doc = document(*pages)
    overlap = min(int(share * limit), limit - 1)
    passages = cut(doc, measure, limit, overlap)
    covered = bytearray(len(doc.text))
    for passage in passages:
        assert passage.text == doc.text[passage.start : passage.end] == passage.text.strip()
        assert measure([passage.text])[0] <= limit or len(passage.text) == 1
        assert passage.page == doc.page_at(passage.start).number
        assert passage.page_end == doc.page_at(passage.end - 1).number
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    assert [c for c, seen in zip(doc.text, covered, strict=True) if not seen and not c.isspace()] == []
    for before, after in pairwise(passages):
        assert before.start < after.start
        assert before.end < after.end
        if measure is words and after.start < before.end:
            assert words([doc.text[after.start : before.end]])[0] <= overlap


@pytest.mark.slow
def test_four_thousand_pages_are_cut_in_seconds_with_few_calls() -> None:
    page = "Results\n" + "\n".join(["Revenue rose because more people bought telephones. " * 8, "Net sales 1 2"] * 5)
    doc = document(*[page.strip()] * 4000)
    calls = []

    def counted(batch: Sequence[str]) -> list[int]:
        calls.append(len(batch))
        return words(batch)

    started = time.process_time()
    passages = cut(doc, counted, 200, 30)
    assert time.process_time() - started < 15
    assert len(calls) == 2
    assert max(words(texts(passages))) <= 200
