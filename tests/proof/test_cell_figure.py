"""The figure of a cell: what it comes to, how it is written, and where it is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_app.proof.amounts import amounts
from rag_app.proof.cell_figure import figure_of


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("20.50 euros", "20.50", "euros"),
        ("1.200,50 Euro", "1200.50", "Euro"),
        ("0,5", "0.5", ""),
        ("$ 900", "900", "$"),
        ("45 %", "45", "%"),
        ("3 m²", "3", "m²"),
        ("three", "3", ""),
        ("007", "7", ""),
        ("1998", "1998", ""),
        ("1.234.567", "1234567", ""),
        ("1'200", "1200", ""),
        ("1 234", "1234", ""),
        ("12\u00a0345,60 €", "12345.60", "€"),
        ("(1,234)", "-1234", ""),
        ("$ (900)", "-900", ""),
        ("(12.3%)", "-12.3", "%"),
        ("-5 kg", "-5", "kg"),
        ("− 5", "-5", ""),
        ("–7 %", "-7", "%"),
        ("$-5", "-5", "$"),
        ("- $ 7", "-7", "$"),
        ("8.4M $", "8.4", "M $"),  # as formats of workbooks show them
        ("12.5k €", "12.5", "k €"),
        ("(48,200.50 €)", "-48200.50", "€"),
        ("$(1,234.50)", "-1234.50", ""),
        ("1,275 crates", "1275", "crates"),
        ("91,300.00 €", "91300.00", "€"),
        ("18%", "18", "%"),
        ("0150", "150", ""),
    ],
)
def test_a_cell_with_one_figure_comes_to_it(cell: str, value: str, unit: str) -> None:
    found = figure_of(cell)
    assert found is not None
    assert (str(found.value), " ".join(found.unit)) == (value, unit)
    assert found.said in found.written


@pytest.mark.parametrize(
    "cell",
    [
        *("", "–", "n/a", "2011-03-01", "4 March 2011", "12:30", "5th", "E05"),
        *("5-6", "34 (1)", "34 (a)", "£3m", "7 euros and 30 kg"),
        *("37:30", "2.5E-06", "3/4", "1 3/4", "M-00077", "~~49.00~~", "#N/A"),
    ],
)
def test_no_figure_or_several_or_a_date_or_a_code_is_none(cell: str) -> None:
    assert figure_of(cell) is None


def test_a_figure_is_shown_as_the_cell_has_it() -> None:
    cells = ["(1,234)", "1 234 kg", "$-5", "20.50 euros"]
    assert [found.written for cell in cells if (found := figure_of(cell))] == cells


@given(st.integers(1, 10**9), st.sampled_from(["", " kg", " euros", " %", "€"]), st.sampled_from(["", "$", "-"]))
def test_the_quick_way_reads_as_the_slow_one_does(figure: int, after: str, before: str) -> None:
    cell = f"{before}{figure}{'' if before == '$' else after}"
    [slow] = amounts(cell)
    quick = figure_of(cell)
    assert quick is not None
    assert (quick.value, quick.unit, quick.written) == (slow.value, slow.unit, slow.written)
