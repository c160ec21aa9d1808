"""Which column or row of a table a name means, and which of its cells are values of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import WordEmbedder, WordReranker

import ingest
from rag_app.evidence.cells import Lookup
from rag_app.evidence.members import years_meant
from rag_app.evidence.series import series_meant
from rag_app.language.detector import language_of
from rag_app.proof.cell_figure import figure_of
from rag_app.types import Hit

if TYPE_CHECKING:
    from pathlib import Path

    from rag_app.evidence.series import Series

GIFTS = """Date,Giver,Amount
2011-03-01,Olga,20.50 euros
2011-03-04,Sven,40 euros
2012-04-02,Olga,9.50 euros
"""
SALES = """Year,Boats,Income
2011,12,"40,000 euros"
2012,15,"50,000 euros"
2013,20,"45,000 euros"
"""
TOTAL = 'Together,47,"135,000 euros"\n'
ITEMS = """Item,2016,2017,2018,Change,Change %
Sale of goods,100,120,150,30,25%
Sale of services,(20),70,–,-70,-100%
Total,80,190,150,-40,
"""
PLOTS = """Plot,Area,Region
Mill,120,north
Forge,80,south
Hill,200,north
"""
RAIN = """Town,Spring,Summer,Both,More
Lund,10,25,35,15
Malta,50,80,130,30
Cork,70,71,141,1
"""
QUARTERS = """Town,Q1,Q3
Lund,10,25
Cork,70,71
"""
SPELT = QUARTERS.replace("Q1,Q3", "First quarter,Third quarter")
PRICES = """Wine,Price,Share
Rioja,"1.250,50 €",30 %
Barolo,"980,00 €",70 %
Port,k. A.,
"""


def series(folder: Path, name: str, text: str, *, figures: bool = True, called: str = "paper.csv") -> Series | None:
    path = folder / called
    path.write_text(text, encoding="utf-8")
    document = ingest.read(path)
    hit = Hit(1, called, 1, 1, "1", 0, len(document.text), document.text, 1.0, 1, 1.0)
    embedder, reranker = WordEmbedder(), WordReranker()
    lookup = Lookup(embedder.name, reranker.name, embedder.embed_passages, reranker.score)
    return series_meant(name, [(hit, table) for table in document.tables], lookup, figure_of, figures=figures)


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("each income", SALES, {"2011": "40,000 euros", "2012": "50,000 euros", "2013": "45,000 euros"}),
        ("each income", SALES + TOTAL, {"2011": "40,000 euros", "2012": "50,000 euros", "2013": "45,000 euros"}),
        ("number of boats", SALES + TOTAL, {"2011": "12", "2012": "15", "2013": "20"}),  # the column beside it
        ("income in 2012 to 2013", SALES, {"2012": "50,000 euros", "2013": "45,000 euros"}),
        ("each amount of Olga", GIFTS, {"2011-03-01, Olga": "20.50 euros", "2012-04-02, Olga": "9.50 euros"}),
        ("each amount of Olga in 2012", GIFTS, {"2012-04-02, Olga": "9.50 euros"}),
        ("area of each plot", PLOTS, {"Mill": "120", "Forge": "80", "Hill": "200"}),
        ("area of each plot in the north", PLOTS, {"Mill": "120", "Hill": "200"}),
        ("sale of goods in each year", ITEMS, {"2016": "100", "2017": "120", "2018": "150"}),
        ("sale of goods in 2016 to 2018", ITEMS, {"2016": "100", "2017": "120", "2018": "150"}),
        ("sale of goods in 2016 and 2018", ITEMS, {"2016": "100", "2018": "150"}),
        ("sale of services in each year", ITEMS, {"2016": "(20)", "2017": "70"}),  # a dash is nothing
        ("each item in 2017", ITEMS, {"Sale of goods": "120", "Sale of services": "70"}),
        ("rain in Malta", RAIN, {"Spring": "50", "Summer": "80"}),  # neither both together nor the difference
        ("rain of each town in spring", RAIN, {"Lund": "10", "Malta": "50", "Cork": "70"}),
        ("rain of each town in the third quarter", QUARTERS, {"Lund": "25", "Cork": "71"}),
        ("rain of each town in Q1", SPELT, {"Lund": "10", "Cork": "70"}),
        ("price of each wine", PRICES, {"Rioja": "1.250,50 €", "Barolo": "980,00 €"}),
    ],
)
def test_the_values_of_a_name_are_those_of_its_column_or_row(
    tmp_path: Path, name: str, text: str, values: dict[str, str]
) -> None:
    found = series(tmp_path, name, text)
    assert found is not None
    assert {one.called: one.cell.text for one in found.members} == values


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("each plot", PLOTS, ["Mill", "Forge", "Hill"]),
        ("region of each plot", PLOTS, ["north", "south", "north"]),
        ("each plot in the north", PLOTS, ["Mill", "Hill"]),
        ("each item", ITEMS, ["Sale of goods", "Sale of services"]),  # the total is none
    ],
)
def test_words_are_values_where_no_figures_are_asked_for(
    tmp_path: Path, name: str, text: str, values: list[str]
) -> None:
    found = series(tmp_path, name, text, figures=False)
    assert found is not None
    assert [one.cell.text for one in found.members] == values


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("each amount of Zoe", GIFTS),  # nobody of that name
        ("each amount in 2031", GIFTS),
        ("sale of goods in 2031 to 2033", ITEMS),
        ("colour of the roof", PLOTS),  # nothing of it
        ("each income", SALES + '2014,9,"7,000 euros and 30 kg"\n'),  # a value that is not understood
        ("each name", "Name,Town\nAda,Lund\nBo,Cork\n"),  # no figures
    ],
)
def test_what_the_table_does_not_have_is_no_series(tmp_path: Path, name: str, text: str) -> None:
    assert series(tmp_path, name, text) is None


def test_no_series_is_taken_from_a_table_that_is_too_large(tmp_path: Path) -> None:
    rows = [",".join([f"r{row}", *["1"] * 99]) for row in range(1001)]
    text = "\n".join([",".join(["name", *(f"c{column}" for column in range(99))]), *rows])
    assert series(tmp_path, "each c5", text) is None


def test_a_long_column_is_taken_whole_and_only_headers_are_embedded(tmp_path: Path) -> None:
    count = 5000
    text = "Customer,Amount\n" + "".join(f"C{row},{row} euros\n" for row in range(count))
    embedder, reranker = WordEmbedder(), WordReranker()
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    document = ingest.read(path)
    hit = Hit(1, "orders.csv", 1, 1, "1", 0, len(document.text), document.text, 1.0, 1, 1.0)
    lookup = Lookup(embedder.name, reranker.name, embedder.embed_passages, reranker.score)
    found = series_meant("each amount", [(hit, one) for one in document.tables], lookup, figure_of)
    assert found is not None
    assert (len(found.members), found.looked) == (count, count)
    assert set(embedder.read) <= {"each amount", "Amount", "orders: Amount"}


def test_how_likely_it_is_falls_with_every_word_that_stands_nowhere(tmp_path: Path) -> None:
    all_said = series(tmp_path, "area of each plot", PLOTS)
    one_missing = series(tmp_path, "fenced area of each plot", PLOTS)
    assert all_said is not None
    assert one_missing is not None
    assert 0 < one_missing.likely < all_said.likely <= 1


def test_the_name_of_the_document_says_what_its_columns_are(tmp_path: Path) -> None:
    said = series(tmp_path, "each gift of Olga", GIFTS, called="gifts.csv")
    unsaid = series(tmp_path, "each gift of Olga", GIFTS)
    assert said is not None
    assert unsaid is not None
    assert said.likely > unsaid.likely


@pytest.mark.parametrize(
    ("name", "years"),
    [
        ("rent", set()),
        ("rent in 2012", {"2012"}),
        ("rent from 2012 to 2014", {"2012", "2013", "2014"}),
        ("rent 2012-2014", {"2012", "2013", "2014"}),
        ("rent for 2012 and 2014", {"2012", "2014"}),
        ("Miete 2012 und 2014", {"2012", "2014"}),
        ("Miete von 2012 bis 2014", {"2012", "2013", "2014"}),
        ("rent in 2012, 2014 and 2016", {"2012", "2014", "2016"}),
    ],
)
def test_years_of_a_name_are_single_ones_or_all_from_one_to_another(name: str, years: set[str]) -> None:
    assert years_meant(name, language_of(name)) == years
