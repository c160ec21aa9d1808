from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import CELL, Document, DocumentError, limits, row_at
from ingest.compose import Composer

HEAD = ("Town", "Country", "Inhabitants")


def table(rows: int) -> list[tuple[str, ...]]:
    return [HEAD, *((f"Town{n}", f"Land{n}", str(1000 + n)) for n in range(rows))]


def test_blocks_are_parted_as_a_reader_would_part_them() -> None:
    composer = Composer("a.md")
    composer.paragraph("Before.")
    composer.heading(" A  heading ")
    composer.paragraph("Text\nwith a break:")
    composer.item("one", "-")
    composer.item("two", "-")
    composer.table([("a", "b"), ("1", "")], "Figures")
    composer.table([("c", "d"), ("", "2")])
    composer.code("x\n\n\ty  \n")
    document = composer.document("T")
    assert document.text == (
        "Before.\n\nA heading\nText\nwith a break:\n- one\n- two\n\nFigures\na\tb\n1\t\n\nc\td\n\t2\n\nx\n\n    y"
    )
    assert document.sections == ((9, "A heading"),)


def test_a_long_table_repeats_its_header_row_for_every_passage() -> None:
    composer = Composer("a.csv")
    composer.table(table(100), labels=[f"line {n}" for n in range(1, 102)])
    document = composer.document("a")
    blocks = document.text.split("\n\n")
    assert len(blocks) > 3
    assert {block.split("\n")[0] for block in blocks} == {"Town\tCountry\tInhabitants"}
    assert max(map(len, blocks)) < 600
    for n in (0, 50, 99):
        place = document.text.index(f"Town{n}\t")
        assert row_at(document.text, place).text == f"Town: Town{n}; Country: Land{n}; Inhabitants: {1000 + n}"
        assert document.label_at(place, place + 5) == f"line {n + 2}"
    repeated = document.text.index(blocks[1])
    assert document.label_at(repeated, repeated + 4).removeprefix("line ") == str(blocks[0].count("\n") + 2)


def test_a_table_without_a_header_row_is_left_as_it_is() -> None:
    composer = Composer("a.csv")
    composer.table([(str(n), str(n * n), str(n**3)) for n in range(200)])
    assert "\n\n" not in composer.document("a").text


def test_a_title_above_a_table_and_a_line_between_its_rows_are_no_cells() -> None:
    composer = Composer("a.xlsx")
    composer.table([("Costs",), ("Item", "2023", "2024"), ("Travel",), ("Rail", "5", "6")])
    text = composer.document("a").text
    assert text == "Costs\nItem\t2023\t2024\nTravel\nRail\t5\t6"
    row = row_at(text, text.index("Rail"))
    assert (row.caption, row.text) == ("Costs", "Item: Travel: Rail; 2023: 5; 2024: 6")


def test_a_row_of_prose_becomes_paragraphs_under_the_names_of_its_columns() -> None:
    composer = Composer("a.csv")
    composer.table([("Id", "Stars", "Review"), ("1", "5", "Long words. " * 60), ("2", "4", "Short.")])
    blocks = composer.document("a").text.split("\n\n")
    assert [block[:20] for block in blocks] == [
        "Id\tStars\tReview", "Id: 1", "Stars: 5", "Review: Long words. ", "Id\tStars\tReview\n2\t4\t",
    ]  # fmt: skip


def test_a_long_heading_is_shortened_in_the_label_only() -> None:
    composer = Composer("a.md")
    composer.heading("word " * 40)
    document = composer.document("a")
    assert document.text == ("word " * 40).strip()
    [(_, label)] = document.sections
    assert label == ("word " * 12)[:59].rstrip() + "…"


def test_a_document_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_TEXT", 1_000_000)
    composer = Composer("a.md")
    composer.paragraph("x" * 999_000)
    with pytest.raises(DocumentError) as caught:
        composer.paragraph("x" * 2000)
    assert caught.value.reason == "holds more than 1 million characters of text"


BLOCKS = st.lists(
    st.tuples(
        st.sampled_from(["page", "heading", "paragraph", "item", "code", "table"]),
        st.text(st.characters(exclude_categories=["Cs", "S"]), max_size=30),
    ),
    max_size=20,
)


@given(BLOCKS)
def test_sections_begin_with_their_headings_whatever_is_written(blocks: list[tuple[str, str]]) -> None:
    composer = Composer("a")
    for kind, text in blocks:
        if kind == "table":
            composer.table([(text, text), (text, "1")])
        else:
            getattr(composer, kind)(text)
    document: Document = composer.document("a")
    assert list(document.sections) == sorted(document.sections)
    for offset, label in document.sections:
        assert document.text[offset:].startswith(label.rstrip("…"))
    assert all("\f" not in page.text for page in document.pages)
    assert CELL not in document.text or any(kind == "table" for kind, _ in blocks)
