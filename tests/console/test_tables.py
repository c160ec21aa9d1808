from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from shown import plain

from ingest import Table, read
from rag_app.console import screen
from rag_app.console.tables import show_tables, write_csv
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from pathlib import Path

    from shown import Screen

COSTS = (
    "<h2>Costs</h2><table><caption>In thousands of euros</caption>"
    "<tr><th rowspan=2>Region<th colspan=2>2023, as it was planned</tr><tr><th>Plan<th>Real</tr>"
    "<tr><th rowspan=2>North<td>1<td>12.5</tr><tr><td>(3)<td></tr><tr><td colspan=3>Rest</tr>"
    "<tr><th>South and all that lies below it<td>1,234<td>6</tr></table>"
)


@pytest.fixture
def costs(tmp_path: Path) -> Table:
    path = tmp_path / "a.html"
    path.write_text(COSTS)
    [table] = read(path, lexicon=lexicon()).tables
    return table


def test_columns_are_aligned_and_figures_stand_on_the_right(costs: Table, screens: tuple[Screen, Screen]) -> None:
    show_tables([costs])
    assert plain(screens[0].getvalue()) == (
        "--- page 1: Costs, In thousands of euros ---\n"
        "Region                            2023, as it was planned\n"
        "                                   Plan              Real\n"
        "North                                 1              12.5\n"
        "                                    (3)\n"
        "Rest\n"
        "South and all that lies below it  1,234                 6\n"
    )


def test_headers_are_bold(costs: Table, screens: tuple[Screen, Screen]) -> None:
    show_tables([costs])
    shown = screens[0].getvalue()
    assert "\x1b[1mRegion" in shown
    assert "\x1b[1mNorth" not in shown


@pytest.mark.parametrize("width", [60, 40, 30, 12, 5])
def test_no_line_is_wider_than_the_terminal(costs: Table, screens: tuple[Screen, Screen], width: int) -> None:
    screen.console().width = width
    show_tables([costs])
    _, *lines = plain(screens[0].getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) == 6


def test_the_widest_columns_are_cut_first(costs: Table, screens: tuple[Screen, Screen]) -> None:
    screen.console().width = 40
    show_tables([costs])
    assert plain(screens[0].getvalue()).splitlines()[-1] == "South and all…   1,234                6"


def test_tables_are_parted_by_an_empty_line(costs: Table, screens: tuple[Screen, Screen]) -> None:
    show_tables([costs, costs])
    assert plain(screens[0].getvalue()).count("\n\n--- page 1") == 1


def test_wide_characters_take_two_columns(tmp_path: Path, screens: tuple[Screen, Screen]) -> None:
    path = tmp_path / "a.md"
    path.write_text("| 都市 | a |\n|---|---|\n| 東京都 | b |\n| x | c |\n")
    show_tables(read(path).tables)
    assert plain(screens[0].getvalue()).splitlines()[1:] == ["都市    a", "東京都  b", "x       c"]


def test_what_a_terminal_acts_on_is_left_out(screens: tuple[Screen, Screen], costs: Table) -> None:
    evil = replace(costs.cells[0], text="\x1b[2Jevil\u202e")
    show_tables([replace(costs, caption="a\x1b]0;x", cells=(evil, *costs.cells[1:]))])
    shown = plain(screens[0].getvalue())
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[2Jevil" in shown


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('=HYPERLINK("x")', '\'=HYPERLINK("x")'),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("-12.5", "-12.5"),
        ("-3 %", "-3 %"),
        ("-", "-"),
        ("+49 (30) 1234-56", "+49 (30) 1234-56"),
    ],
)
def test_no_cell_is_run_as_a_formula(costs: Table, capsys: pytest.CaptureFixture[str], text: str, written: str) -> None:
    write_csv([replace(costs, cells=(replace(costs.cells[0], text=text),))])
    assert next(csv.reader(io.StringIO(capsys.readouterr().out)))[0] == written


def test_values_separated_by_commas_can_be_read_again(costs: Table, capsys: pytest.CaptureFixture[str]) -> None:
    write_csv([costs, costs])
    first, second = capsys.readouterr().out.split("\n\n")
    assert list(csv.reader(io.StringIO(second))) == list(csv.reader(io.StringIO(first)))
    assert list(csv.reader(io.StringIO(first))) == [
        ["Region", "2023, as it was planned", ""],
        ["", "Plan", "Real"],
        ["North", "1", "12.5"],
        ["", "(3)", ""],
        ["Rest", "", ""],
        ["South and all that lies below it", "1,234", "6"],
    ]
