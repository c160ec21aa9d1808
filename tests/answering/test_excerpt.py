"""Windows in the words of their documents: what is one quote, and where its marker stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fakes import make_hit
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import CELL, Document
from ingest.types import Page
from rag_app.answering.excerpt import SHAPES, Excerpt, Shape, excerpt, stated_in
from rag_app.evidence.choose import Evidence
from rag_app.evidence.windows import Size, Window
from rag_app.proof.quotes import cite, markers, stands

if TYPE_CHECKING:
    from rag_app.types import Citation

SIZE = Size(20, 500)
RUNNING, BY_LINE, PAIR = Shape(SIZE), Shape(SIZE, by_line=True), Shape(SIZE, count=2)
LIST = ("Bring these things:", "a towel", "a pair of shoes", "no dogs")


def paper(*pages: str, path: str = "/files/a.pdf") -> Document:
    return Document(path, "", tuple(Page(n, str(n), text) for n, text in enumerate(pages, 1)))


def window(document: Document, *lines: str) -> Window:
    """Return a window of lines that each stand once in a document."""
    spans = []
    for line in lines:
        start = document.text.index(line)
        spans.append((start, start + len(line)))
    text = "\n".join(" ".join(line.split()) for line in lines)
    return Window(make_hit(document.text, document=document.path), tuple(spans), text)


def shown(shape: Shape, *windows: Window, documents: tuple[Document, ...]) -> Excerpt:
    by_path = {document.path: document for document in documents}
    found = excerpt(windows, shape, by_path.__getitem__)
    for citation in found.citations:
        assert citation.verified
        assert stands(citation, by_path[citation.document])
    assert markers(found.text) == [citation.marker for citation in found.citations]
    assert [citation.marker for citation in found.citations] == list(range(1, len(found.citations) + 1))
    return found


def quotes(found: Excerpt) -> list[str]:
    return [citation.quote for citation in found.citations]


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (RUNNING, f"{' '.join(LIST)} [1]"),
        (BY_LINE, "\n".join(f"{line} [1]" for line in LIST)),
        (PAIR, f"{' '.join(LIST)} [1]"),
    ],
)
def test_lines_that_follow_each_other_are_one_quote(shape: Shape, text: str) -> None:
    document = paper("\n".join(LIST))
    found = shown(shape, window(document, *LIST), documents=(document,))
    assert found.text == text
    assert quotes(found) == ["\n".join(LIST)]


@pytest.mark.parametrize("between", ["\n\n", " ", "\n \n", "\n"])
def test_white_space_between_lines_parts_no_quote(between: str) -> None:
    document = paper(between.join(LIST))
    assert len(shown(RUNNING, window(document, *LIST), documents=(document,)).citations) == 1


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        (RUNNING, "Bring these things: a towel [1] no dogs [2]"),
        (BY_LINE, "Bring these things: [1]\na towel [1]\nno dogs [2]"),
        (PAIR, "Bring these things: a towel [1]\nno dogs [2]"),
    ],
)
def test_lines_that_something_stands_between_are_two_quotes(shape: Shape, text: str) -> None:
    document = paper("\n".join(LIST))
    found = shown(shape, window(document, LIST[0], LIST[1], LIST[3]), documents=(document,))
    assert found.text == text
    assert quotes(found) == ["\n".join(LIST[:2]), LIST[3]]


def test_lines_on_two_pages_are_two_quotes_each_with_its_page() -> None:
    document = paper("\n".join(LIST[:2]), "\n".join(LIST[2:]))
    found = shown(BY_LINE, window(document, *LIST), documents=(document,))
    assert found.text == "Bring these things: [1]\na towel [1]\na pair of shoes [2]\nno dogs [2]"
    assert [(citation.page, citation.quote) for citation in found.citations] == [
        (1, "\n".join(LIST[:2])),
        (2, "\n".join(LIST[2:])),
    ]


def test_markers_run_on_over_windows_of_several_documents() -> None:
    one, other = paper("\n".join(LIST)), paper("The gate is closed.\fat night", path="/files/b.pdf")
    windows = (window(one, *LIST[:2]), window(other, "The gate is closed."), window(one, LIST[3]))
    found = shown(Shape(SIZE, count=3), *windows, documents=(one, other))
    assert found.text == "Bring these things: a towel [1]\nThe gate is closed. [2]\nno dogs [3]"
    assert [citation.document for citation in found.citations] == [one.path, other.path, one.path]


@pytest.mark.parametrize(("count", "left"), [(1, LIST[:2]), (2, (*LIST[:2], LIST[3])), (3, (*LIST[:2], LIST[3]))])
def test_so_many_windows_are_shown_as_the_shape_has_and_none_twice(count: int, left: tuple[str, ...]) -> None:
    document = paper("\n".join(LIST))
    windows = (window(document, *LIST[:2]), window(document, *LIST[1:3]), window(document, LIST[3]))
    found = shown(Shape(SIZE, count=count, by_line=True), *windows, documents=(document,))
    assert [line.rpartition(" [")[0] for line in found.text.splitlines()] == list(left)


def test_a_row_is_shown_with_spaces_and_quoted_with_its_cells() -> None:
    row = CELL.join(("Rent", "1,200", "1,250"))
    document = paper(row)
    found = shown(BY_LINE, window(document, row), documents=(document,))
    assert (found.text, quotes(found)) == ("Rent 1,200 1,250 [1]", [row])


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("as was found [2] and [13].", "as was found (2) and (13). [1]"),
        ("see [the rules](http://a.example/x?q=1).", "see the rules. [1]"),
        ("it is <b>closed</b>.", "it is closed. [1]"),
    ],
)
def test_nothing_of_a_document_is_taken_for_a_marker_or_can_act(line: str, text: str) -> None:
    document = paper(line)
    found = excerpt([window(document, line)], RUNNING, lambda _: document)
    assert (found.text, quotes(found)) == (text, [line])
    assert found.citations[0].verified


def test_a_window_that_is_all_markup_is_not_shown() -> None:
    document = paper("<br/>\nThe gate is closed.")
    windows = (window(document, "<br/>"), window(document, "The gate is closed."))
    found = shown(PAIR, *windows, documents=(document,))
    assert (found.text, quotes(found)) == ("The gate is closed. [1]", ["The gate is closed."])
    assert shown(BY_LINE, windows[0], documents=(document,)) == Excerpt("", ())


def test_without_windows_nothing_is_shown() -> None:
    assert excerpt([], RUNNING, paper) == Excerpt("", ())


def test_every_shape_has_room_for_words() -> None:
    assert all(shape.size.lines > 0 and shape.size.words > 0 and shape.count > 0 for shape in SHAPES.values())


lines = st.lists(
    st.sampled_from(
        ["The gate is closed.", "• one cat", "3 [4] 5", f"Rent{CELL}1", "مدة الإشعار ثلاثة أشهر.", "<i>", "。"]
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=80, deadline=None)
@given(lines, st.sampled_from(["\n", "\n\n", " - "]), st.booleans(), st.sets(st.integers(0, 7)))
def test_whatever_stands_in_a_window_its_quotes_hold(
    texts: list[str], gap: str, by_line: bool, left_out: set[int]
) -> None:
    document = paper(gap.join(texts[:4]), gap.join(texts[4:]))
    spans, at = [], 0
    for row, text in enumerate(texts):
        start = document.text.index(text, at)
        at = start + len(text)
        if row not in left_out:
            spans.append((start, at))
    if not spans:
        return
    whole = Window(make_hit(document.text), tuple(spans), "\n".join(texts))
    found = shown(Shape(SIZE, by_line=by_line), whole, documents=(document,))
    assert sum(len(citation.quote) for citation in found.citations) <= len(document.text)
    if by_line:
        assert all(re.search(r" \[\d+\]$", line) for line in found.text.splitlines())


# Where a quote is stated


def quoted(document: Document, text: str) -> Citation:
    whole = window(document, text)
    return cite(1, _piece(whole, document), document)


def _piece(whole: Window, document: Document) -> Evidence:
    text = document.text[whole.start : whole.end]
    return Evidence(whole.hit, whole.start, whole.end, text, "", row=False, score=0.0, worth=0.0)


@pytest.mark.parametrize(
    ("quote", "row"),
    [("a towel", 0), ("a pair of shoes", 1), ("no dogs", None), ("these things:\na towel", 0), ("shoes\nno", None)],
)
def test_a_quote_is_stated_in_the_first_window_that_holds_all_of_it(quote: str, row: int | None) -> None:
    document = paper("\n".join(LIST))
    windows = [window(document, *LIST[:2]), window(document, *LIST[1:3])]
    assert stated_in(windows, quoted(document, quote)) == (None if row is None else windows[row])


def test_a_quote_is_not_stated_at_the_same_place_of_another_document() -> None:
    one, other = paper("\n".join(LIST)), paper("\n".join(LIST), path="/files/b.pdf")
    assert stated_in([window(other, *LIST)], quoted(one, LIST[1])) is None
