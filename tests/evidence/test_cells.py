"""Which cell of the tables round the passages is meant, by its labels."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fakes import WordEmbedder, make_hit
from tabled import PATH, fitted, joined, meant, others, tabled, tables_of, whole

from rag_app.evidence import cells as module
from rag_app.evidence.cells import Chooser, Lookup, cells_meant, likelihoods, shipped, tables_near
from rag_app.evidence.labels import Fit
from rag_app.models.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest import Document
    from rag_app.types import Vectors

SHEET = tabled(
    ["", "2021", "2020"],
    ["Current assets", "", ""],
    ["Cash", "120", "90"],
    ["Total current assets", "200", "180"],
    ["Total assets", "500", "450"],
    ["Total current liabilities", "150", "140"],
    ["Total liabilities", "300", "280"],
    ["Total liabilities and equity", "501", "451"],
)
PLANS = tabled(
    ["Region", ("2023", 1, 2), ("2024", 1, 2)],
    ["", "Plan", "Actual", "Plan", "Actual"],
    ["North", "11", "12", "13", "14"],
    ["South", "21", "22", "23", "24"],
    heads=2,
)
GOODS = tabled(
    ["", "2021", "2020"],
    ["Revenue", "", ""],
    ["Services", "31", "32"],
    ["Products", "33", "34"],
    ["Cost", "", ""],
    ["Services", "41", "42"],
    ["Products", "43", "44"],
)
BILANZ = tabled(
    ["", "2021", "2020"],
    ["Kurzfristige Verbindlichkeiten", "15", "14"],
    ["Verbindlichkeiten", "30", "28"],
    ["Summe der Aktiva", "50", "45"],
)
QUARTERS = tabled(["", "Q1", "Q2", "Q3"], ["Rent", "11", "12", "13"], ["Tax", "21", "22", "23"])
SPELT = tabled(["", "First quarter", "Third quarter"], ["Rent", "11", "13"], ["Tax", "21", "23"])
SPACED = tabled(["", "2 0 1 7", "2 0 1 8"], ["Rent", "17", "18"], ["Tax", "27", "28"])
LOOKUPS = pytest.mark.parametrize("lookup", [fitted, others])


# What is meant


@LOOKUPS
@pytest.mark.parametrize(
    ("document", "question", "text"),
    [
        (SHEET, "What are total liabilities in 2021?", "300"),
        (SHEET, "What are total liabilities in 2020?", "280"),
        (SHEET, "What are total current liabilities in 2021?", "150"),
        (SHEET, "What were total current assets in 2020?", "180"),
        (SHEET, "What were total assets in 2020?", "450"),
        (SHEET, "total liabilities and equity in 2021", "501"),
        (SHEET, "total liabilities", "300"),
        (PLANS, "What was actual for North in 2023?", "12"),
        (PLANS, "What was the plan for South in 2024?", "23"),
        (PLANS, "What was the plan for South in 2023?", "21"),
        (GOODS, "What was the revenue of services in 2021?", "31"),
        (GOODS, "What was the cost of services in 2021?", "41"),
        (GOODS, "What was the cost of products in 2020?", "44"),
        (BILANZ, "Wie hoch sind die Verbindlichkeiten 2020?", "28"),
        (BILANZ, "Wie hoch sind die kurzfristigen Verbindlichkeiten 2021?", "15"),
        (BILANZ, "Was ist die Summe der Aktiva 2021?", "50"),
        (QUARTERS, "What was the rent in the third quarter?", "13"),
        (QUARTERS, "What was the tax in Q2?", "22"),
        (SPELT, "What was the rent in Q3?", "13"),
        (SPELT, "What was the tax in the 1st quarter?", "21"),
        (SPACED, "What was the rent in 2017?", "17"),
        (SPACED, "What was the tax?", "28"),
    ],
)
def test_the_cell_is_meant_of_which_row_and_column_are_asked_for(
    document: Document, question: str, text: str, lookup: Callable[[], Lookup]
) -> None:
    assert meant(question, document, lookup=lookup()).cell.text == text


def test_what_is_found_comes_with_its_labels_and_passage() -> None:
    found = meant("What was the cost of services in 2021?", GOODS)
    assert [cell.text for cell in found.row] == ["Cost", "Services"]
    assert [cell.text for cell in found.column] == ["2021"]
    assert [cell.text for cell in found.labels] == ["Cost", "Services", "2021"]
    assert (found.hit, found.table) == (whole(GOODS), GOODS.tables[0])
    planned = meant("What was the plan for South in 2024?", PLANS)
    assert [cell.text for cell in planned.column] == ["2024", "Plan"]


@LOOKUPS
def test_all_cells_with_a_value_come_likeliest_first_and_share_one(lookup: Callable[[], Lookup]) -> None:
    found = cells_meant("total assets in 2020", tables_of(SHEET), lookup())
    assert {one.cell.text for one in found} == {cell.text for cell in SHEET.tables[0].cells if cell.text.isdigit()} - {
        "2021",
        "2020",
    }
    likely = [one.likely for one in found]
    assert likely == sorted(likely, reverse=True)
    assert sum(likely) == pytest.approx(1)


def test_a_column_without_a_value_in_the_row_is_not_meant() -> None:
    holed = tabled(["", "2021", "2020"], ["Rent", "", "7"], ["Wages", "8", "9"])
    assert meant("What was the rent in 2021?", holed).cell.text == "7"
    assert meant("What were the wages in 2021?", holed).cell.text == "8"
    assert meant("What was the rent in 2021?", holed).seen.other_year == 1
    assert meant("What was the rent?", holed).cell.text == "7"


@LOOKUPS
@pytest.mark.parametrize(
    ("heads", "question", "text"),
    [
        (["", "2021", "2020"], "What was the rent?", "1"),
        (["", "2020", "2021"], "What was the rent?", "2"),
        (["", "2020", "2021"], "What was the rent in 2020?", "1"),
        (["", "Plan 2020", "Actual 2021"], "What was the plan of the rent?", "1"),
        (["", "2021", "Change"], "What was the change of the rent?", "2"),
    ],
)
def test_of_columns_that_differ_in_their_year_alone_the_latest_is_meant_where_no_year_is_asked_for(
    heads: Sequence[str], question: str, text: str, lookup: Callable[[], Lookup]
) -> None:
    document = tabled(heads, ["Rent", "1", "2"], ["Wages", "3", "4"])
    assert meant(question, document, lookup=lookup()).cell.text == text


REPORT = tabled(["Test", "Unit", "Result"], ["LDL", "mmol/L", "3.4"], ["Iron", "mg/L", "0.2"])


@LOOKUPS
@pytest.mark.parametrize(
    ("question", "text"), [("What is the LDL?", "3.4"), ("What is the unit of the LDL?", "mmol/L"), ("LDL", "3.4")]
)
def test_a_unit_is_meant_only_where_it_is_asked_for(question: str, text: str, lookup: Callable[[], Lookup]) -> None:
    assert meant(question, REPORT, lookup=lookup()).cell.text == text


def test_a_table_of_units_alone_has_no_values() -> None:
    assert cells_meant("What is the LDL?", tables_of(tabled(["Test", "Unit"], ["LDL", "mmol/L"])), others()) == []


@LOOKUPS
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What was the revenue of the nine months ended June 30, 2023?", "3"),
        ("What was the revenue of the three months ended June 30, 2022?", "2"),
        ("What was the revenue of the six months ended June 30, 2023?", None),
    ],
)
def test_how_many_months_a_column_is_of_is_part_of_its_time(
    question: str, text: str | None, lookup: Callable[[], Lookup]
) -> None:
    interim = tabled(
        ["", ("Three months ended June 30,", 1, 2), ("Nine months ended June 30,", 1, 2)],
        ["", "2023", "2022", "2023", "2022"],
        ["Revenue", *"1234"],
        heads=2,
    )
    found = meant(question, interim, lookup=lookup())
    assert found.seen.other_year == (text is None)
    assert text in {None, found.cell.text}


def test_a_quarter_that_is_written_otherwise_is_said_by_its_column() -> None:
    sales = tabled(["", "Q1", "Q2", "Q3"], ["Bread", *"123"])
    found = meant("bread in the third quarter", sales)
    assert (found.cell.text, found.seen.said) == ("3", 1)
    assert meant("bread in the fourth quarter", sales).seen.said < 1


def test_the_table_is_meant_whose_row_or_caption_is_asked_for() -> None:
    north = tabled(["", "2021"], ["Rent", "1"], ["Wages", "2"], caption="Costs of the north")
    south = tabled(["", "2021"], ["Rent", "3"], ["Tax", "4"], caption="Costs of the south", path="/files/b.html")
    both = (north, south)
    assert [meant(f"{name} in 2021", *both).cell.text for name in ("wages", "tax")] == ["2", "4"]
    found = meant("rent costs of the south", *both)
    assert (found.cell.text, found.hit.document) == ("3", "/files/b.html")
    assert meant("rent costs of the north", *both).cell.text == "1"


def test_columns_are_compared_within_a_table() -> None:
    old = tabled(["", "2011", "2010"], ["Rent", "1", "2"])
    new = tabled(["", "2021", "2020"], ["Rent", "3", "4"])
    for question, text in (("rent in 2010", "2"), ("rent in 2021", "3")):
        found = cells_meant(question, tables_of(old, new), fitted())
        assert text in [one.cell.text for one in found[:2]]
        assert [one.seen.other_year for one in found if one.cell.text == text] == [0]


@pytest.mark.parametrize(
    "document",
    [
        tabled(["1", "2"], ["3", "4"], heads=0),  # no label
        tabled(["Name", "Town"], heads=1),  # no row
        tabled(["", "2021"], ["Rent", ""]),  # no value
    ],
)
def test_without_labels_or_values_nothing_is_meant(document: Document) -> None:
    assert cells_meant("What was the rent in 2021?", tables_of(document), fitted()) == []
    beside = cells_meant("total assets", tables_of(document, SHEET), fitted())
    assert beside[0].cell.text == "500"


def test_without_tables_nothing_is_looked_up() -> None:
    def fail(*_: object) -> Vectors:
        raise AssertionError

    assert cells_meant("rent", [], Lookup("a", "b", fail, fail)) == []


def test_a_table_without_headers_is_read_by_its_rows() -> None:
    plain = tabled(["Rent", "7"], ["Wages", "8"], heads=0)
    found = meant("What are the wages?", plain)
    assert (found.cell.text, found.column) == ("8", ())


# Likelihoods


def fit_with(**values: float) -> Fit:
    return Fit(**{**{field.name: 0.0 for field in fields(Fit)}, **values})


def test_likelihoods_add_up_to_one_and_grow_with_what_speaks_for_a_label() -> None:
    found = likelihoods([fit_with(asked=1), fit_with(asked=0.5), fit_with()], {"asked": 2.0})
    assert sum(found) == pytest.approx(1)
    assert found[0] / found[1] == pytest.approx(np.exp(1))
    assert found[1] / found[2] == pytest.approx(np.exp(1))
    against = likelihoods([fit_with(asked=1), fit_with(asked=0.5), fit_with()], {"asked": -2.0})
    assert against == pytest.approx(found[::-1])


def test_likelihoods_of_any_size_are_finite() -> None:
    assert likelihoods([fit_with(relevant=1e4), fit_with()], {"relevant": 1.0}) == [1, 0]
    assert likelihoods([fit_with(relevant=-1e4)], {"relevant": 1.0}) == [1]


# Other encoders


def test_with_other_encoders_the_words_alone_decide() -> None:
    chooser = Chooser("e", "r", {"alike": 1.0}, {"alike": 1.0}, {"rows": {"asked": 1.0}, "columns": {"asked": 1.0}})
    embed, score = WordEmbedder().embed_passages, others().score
    assert chooser.weights("rows", Lookup("e", "r", embed, score)) == {"alike": 1.0}
    for names in (("e", "other"), ("other", "r"), ("", "")):
        for axis in ("rows", "columns"):
            assert chooser.weights(axis, Lookup(*names, embed, score)) == {"asked": 1.0}


def test_what_other_encoders_say_changes_nothing() -> None:
    def random(texts: Sequence[str]) -> Vectors:
        return np.random.default_rng(0).random((len(texts), 3)).astype(np.float32)

    question = "What are total current liabilities in 2020?"
    wild = Lookup("other", "another", random, lambda _, texts: 50 * random(texts)[:, 0])
    mild = cells_meant(question, tables_of(SHEET), others())
    assert [(one.cell, one.likely) for one in cells_meant(question, tables_of(SHEET), wild)] == [
        (one.cell, one.likely) for one in mild
    ]


# Limits


def test_the_cross_encoder_reads_the_labels_that_are_most_alike_and_no_more() -> None:
    read: list[str] = []

    def score(question: str, texts: Sequence[str]) -> Vectors:
        assert question == "wages of Odense"
        read.extend(texts)
        return np.zeros(len(texts), np.float32)

    towns = tabled(["Town", "People"], *([f"Town {n}", str(n)] for n in range(200)), ["Wages of Odense", "7"])
    lookup = Lookup(shipped().embedder, shipped().reranker, WordEmbedder().embed_passages, score)
    assert meant("wages of Odense", towns, lookup=lookup).cell.text == "7"
    assert (len(read), read[0]) == (module._READ, "Wages of Odense")


LONG = tabled(["Town", "People"], *([f"Town {n}", str(n)] for n in range(3 * module._ROWS)))


def test_no_more_rows_are_looked_at_than_there_is_time_for() -> None:
    assert len(cells_meant("people of town 9", tables_of(LONG), others())) == module._ROWS


@pytest.mark.parametrize("row", [0, module._ROWS, 2 * module._ROWS, 3 * module._ROWS - 1])
def test_of_a_long_table_the_rows_nearest_to_the_passage_are_looked_at(row: int) -> None:
    [table] = LONG.tables
    cell = next(cell for cell in table.cells if cell.text == f"Town {row}")
    hit = make_hit(cell.text, start=cell.start, document=LONG.path)
    found = cells_meant(f"people of town {row}", [(hit, table)], others())
    assert found[0].cell.text == str(row)
    seen = sorted(int(one.cell.text) for one in found)
    assert (len(seen), seen[-1] - seen[0] + 1) == (module._ROWS, module._ROWS)


# Tables near passages


def test_tables_are_near_that_passages_overlap_those_of_the_best_first() -> None:
    paper = joined(tabled(["", "2021"], ["Rent", "1"]), SHEET, PLANS)
    rent, sheet, plans = paper.tables
    inside = [make_hit("x" * 5, start=table.span[0] + 3, document=PATH) for table in (plans, rent)]
    assert tables_near(inside, lambda _: paper.tables) == [(inside[0], plans), (inside[1], rent)]
    around = whole(paper)
    assert [table for _, table in tables_near([inside[1], around], lambda _: paper.tables)] == [rent, sheet, plans]
    assert [hit for hit, _ in tables_near([inside[1], around], lambda _: paper.tables)] == [inside[1], around, around]


def test_a_table_that_a_passage_only_touches_is_not_near() -> None:
    start, end = SHEET.tables[0].span
    for hit in (make_hit("x" * 9, start=end, document=PATH), make_hit("x" * start, start=0, document=PATH)):
        assert tables_near([hit], lambda _: SHEET.tables) == []
    assert tables_near([make_hit("x", start=end - 1, document=PATH)], lambda _: SHEET.tables)


def test_tables_of_two_documents_at_one_place_are_two() -> None:
    other = tabled(["", "2021"], ["Rent", "1"], path="/files/b.html")
    by_path = {one.path: one.tables for one in (SHEET, other)}
    hits = [whole(other), whole(SHEET)]
    assert [hit.document for hit, _ in tables_near(hits, by_path.__getitem__)] == [other.path, SHEET.path]


def test_so_many_tables_are_looked_at_and_no_more() -> None:
    paper = joined(*(tabled(["", "2021"], ["Rent", str(n)]) for n in range(module._TABLES + 5)))
    assert tables_near([whole(paper)], lambda _: paper.tables) == [
        (whole(paper), table) for table in paper.tables[: module._TABLES]
    ]


# Weights


def test_the_weights_of_the_program_are_finite_and_of_what_is_seen() -> None:
    value = json.loads(files("rag_app.evidence").joinpath("cells.json").read_text(encoding="utf-8"))
    assert set(value) == {"embedder", "reranker", "rows", "columns", "words_alone"}
    seen = {field.name for field in fields(Fit)}
    of_encoders = {"alike", "own_alike", "relevant"}
    for weights in (value["rows"], value["columns"]):
        assert set(weights) <= seen
    for weights in value["words_alone"].values():
        assert set(weights) <= seen - of_encoders
    assert set(value["words_alone"]) == {"rows", "columns"}
    every = [value["rows"], value["columns"], *value["words_alone"].values()]
    assert all(weights and all(map(isfinite, weights.values())) for weights in every)
    assert shipped() == Chooser(**value)


def test_the_weights_of_the_program_are_those_of_the_default_encoders() -> None:
    names = {spec.role: spec.name for spec in registry() if spec.default}
    assert (shipped().embedder, shipped().reranker) == (names["embedder"], names["reranker"])
