from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.packing import packed, unpacked
from ingest.table import Cell, Table

TEXT = "before\fTown\tPeople\nBern\t130"
TABLE = Table(
    2,
    2,
    "Towns",
    None,
    (
        Cell("Town", 0, 0, 1, 1, True, 0, 4),
        Cell("People", 0, 1, 1, 1, True, 5, 11),
        Cell("Bern", 1, 0, 1, 1, False, 12, 16),
        Cell("130", 1, 1, 1, 1, False, 17, 20),
    ),
)
ORIGIN = 7


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, str]:
    text = draw(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=40))
    cells, taken = [], set()
    for row in range(draw(st.integers(0, 4))):
        for column in range(draw(st.integers(0, 4))):
            down, across = draw(st.integers(1, 2)), draw(st.integers(1, 2))
            places = {(row + y, column + x) for y in range(down) for x in range(across)}
            if places & taken:
                continue
            taken |= places
            start = draw(st.integers(0, len(text)))
            end = draw(st.integers(start, len(text)))
            own = draw(st.none() | st.text(st.characters(exclude_categories=["C"]), max_size=5))
            box = draw(st.none() | st.tuples(*[st.floats(-900, 900)] * 4))
            said = text[start:end] if own is None else own
            cells.append(Cell(said, row, column, down, across, draw(st.booleans()), start, end, box))
    caption, unit = draw(st.none() | st.just("Costs")), draw(st.none() | st.just("in euros"))
    page = draw(st.integers(1, 3))
    return Table(page, page + 1, caption, unit, tuple(cells), draw(st.none() | st.just((1, 2.5, 3, 4)))), text


@given(tables(), st.text(max_size=5))
def test_a_table_is_the_same_when_it_is_unpacked(made: tuple[Table, str], before: str) -> None:
    table, text = made
    assert unpacked(packed(table, before + text, len(before)), before + text, len(before)) == table


def test_what_stands_in_the_text_is_not_written_again() -> None:
    assert "Bern" not in packed(TABLE, TEXT, ORIGIN)


def test_a_large_table_takes_a_few_characters_a_cell() -> None:
    rows = [f"{n}\tTown {n}\t{n * n}" for n in range(2000)]
    cells, place = [], 0
    for row, line in enumerate(rows):
        for column, said in enumerate(line.split("\t")):
            cells.append(Cell(said, row, column, 1, 1, False, place, place + len(said)))
            place += len(said) + 1
    text = "\n".join(rows)
    record = packed(Table(1, 1, None, None, tuple(cells)), text)
    assert len(record) < 4 * len(cells)
    assert unpacked(record, text).cells == tuple(cells)


def changed(**parts: Any) -> str:
    return json.dumps(json.loads(packed(TABLE, TEXT, ORIGIN)) | parts)


@pytest.mark.parametrize(
    "record",
    [
        pytest.param("[" * 100_000, id="deep"),
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="a list"),
        pytest.param("{}", id="nothing"),
        pytest.param(changed(rows=[2, 1]), id="lists of different lengths"),
        pytest.param(changed(steps=[[1, -1]]), id="two cells at one place"),
        pytest.param(changed(rows=[-1, 3, 2]), id="a row before the first"),
        pytest.param(changed(steps=[[0, -1]]), id="a column before the first"),
        pytest.param(changed(rows=[2, *[0] * 10_000, 2]), id="rows without an end"),
        pytest.param(changed(steps=[[1, 10**9]]), id="columns without an end"),
        pytest.param(changed(spans=[[0, 10**9, 1]]), id="a span without an end"),
        pytest.param(changed(spans=[[0, 2, 1]]), id="a span over another cell"),
        pytest.param(changed(spans=[[0, 0, 1]]), id="no span"),
        pytest.param(changed(spans=[[4, 1, 1]]), id="the span of no cell"),
        pytest.param(changed(rows=[2, True, True]), id="no number"),
        pytest.param(changed(lengths=[4, 6, 4, 99]), id="beyond the text"),
        pytest.param(changed(lengths=[4, 6, -4, 3]), id="an end before its start"),
        pytest.param(changed(gaps=[[0, -1]]), id="before the text"),
        pytest.param(changed(texts=[[9, "x"]]), id="the text of no cell"),
        pytest.param(changed(texts=[[0, 7]]), id="a number for a text"),
        pytest.param(changed(texts=[[0, "\ud800"]]), id="half a character"),
        pytest.param(changed(headers=[3, 1]), id="headers out of order"),
        pytest.param(changed(headers=[9]), id="headers beyond the cells"),
        pytest.param(changed(boxes=[None]), id="too few boxes"),
        pytest.param(changed(box=[1, 2, 3]), id="half a box"),
        pytest.param(changed(box=[1, 2, 3, float("nan")]), id="a box without a side"),
        pytest.param(changed(caption="x" * 2000), id="a long caption"),
        pytest.param(changed(unit=5), id="a number for a unit"),
        pytest.param(changed(pages=[0, 1]), id="page 0"),
        pytest.param(changed(pages=[3, 2]), id="an end before the first page"),
    ],
)
def test_what_is_no_table_is_refused(record: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of a parser or our own
        unpacked(record, TEXT, ORIGIN)


def test_the_table_that_those_are_made_of_is_one() -> None:
    assert unpacked(changed(), TEXT, ORIGIN) == TABLE
