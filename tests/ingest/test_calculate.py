"""What formulas come to that have no stored value."""

from __future__ import annotations

import pytest

from ingest.readers.workbook.calculate import Calculation, Spot
from ingest.readers.workbook.cells import Value, area_of
from ingest.readers.workbook.formula import Formula, NotUnderstoodError

CELLS: dict[str, Value] = {
    **{"A1": "Item", "B1": "North", "C1": "South", "A2": "Oil", "A3": "Wick", "A4": "Oil"},
    **{"B2": 12.5, "B3": 3, "B4": 1.5, "C2": 2, "C3": 4, "C4": "none", "D2": True, "E2": "#N/A"},
}


def spot(name: str) -> Spot:
    area = area_of(name)
    assert area is not None
    return "sheet", area.top, area.left


def calculation(formulas: dict[str, str]) -> Calculation:
    cells: dict[Spot, Value] = {spot(name): value for name, value in CELLS.items()}
    found = Calculation(
        cells | {("second one", 0, 0): 7}, {spot(name): Formula(text, 0, 0) for name, text in formulas.items()},
        {"rate": "Sheet!$B$4", "endless": "endless"},
    )  # fmt: skip
    found.faults[spot("E2")] = "#N/A"
    return found


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1+2*3", 7),
        ("-2^2", 4),
        ("2^3^2", 64),
        ("(1+2)*3%", 0.09),
        ("10/4-1", 1.5),
        ('"a"&1&TRUE', "a1TRUE"),
        ("B2+C2", 14.5),
        ("SUM(B2:B4)", 17),
        ("SUM(B:B)", 17),
        ("SUM(3:3)", 7),
        ("SUM(B2:B4,C2,10)", 29),
        ("AVERAGE(C2:C4)", 3),
        ("MIN(B2:C4)", 1.5),
        ("MAX(B2:C4)", 12.5),
        ("COUNT(B2:C4)", 5),
        ("COUNTA(C1:C4)", 4),
        ("ROUND(2.345,2)", 2.35),
        ("ROUNDDOWN(-2.7,0)", -2),
        ("INT(-2.1)", -3),
        ("MOD(-7,3)", 2),
        ('IF(B2>C2,"more","less")', "more"),
        ("IF(B2=1,1)", False),
        ("IF(FALSE,1/0,5)", 5),
        ('IFERROR(1/0,"-")', "-"),
        ('SUMIF(A2:A4,"oil",B2:B4)', 14),
        ('COUNTIF(B2:B4,">=3")', 2),
        ('COUNTIF(A1:A4,"*i*")', 4),
        ('SUMIFS(B2:B4,A2:A4,"Oil",B2:B4,"<5")', 1.5),
        ("SUMPRODUCT(B2:B3,C2:C3)", 37),
        ('VLOOKUP("Wick",A2:C4,3,FALSE)', 4),
        ('INDEX(B2:B4,MATCH("Wick",A2:A4,0))', 3),
        ("AND(B2>1,C2>5)", False),
        ("SUBTOTAL(9,B2:B4)", 17),
        ("'Second one'!A1*Rate", 10.5),
        ("_xlfn.CONCAT(A2,LEFT(A3,2))", "OilWi"),
        ("Z99", 0),
    ],
)
def test_a_formula_comes_to_what_its_program_shows(formula: str, value: Value) -> None:
    found = calculation({"F1": formula}).value(spot("F1"))
    assert found == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("formula", "fault"),
    [("1/0", "#DIV/0!"), ('"x"+1', "#VALUE!"), ("E2+1", "#N/A"), ("10^400", "#NUM!"), ("#REF!+1", "#REF!")],
)
def test_a_fault_is_what_a_formula_comes_to(formula: str, fault: str) -> None:
    found = calculation({"F1": formula, "F2": "F1+1"})
    assert (found.value(spot("F2")), found.faults[spot("F1")]) == (fault, fault)


@pytest.mark.parametrize(
    "formula",
    [
        *(
            "NOW()",
            "RAND()",
            'INDIRECT("A1")',
            "[1]Sheet!A1",
            "SUM(",
            "1+",
            "Other!A1",
            "Unknown",
            "Endless",
            "Table1[Sum]",
        ),
        *(
            '"5 March"+1',
            "B2:B4+1",
            "SUM(1",
            "{1,2}",
            "__import__('os')",
            "ROUND()",
            "(" * 60 + "1" + ")" * 60,
            "1+" * 5000 + "1",
        ),
    ],
)
def test_what_is_not_known_is_not_guessed(formula: str) -> None:
    found = calculation({"F1": formula, "F2": "F1"})
    for name in ("F1", "F2"):
        with pytest.raises(NotUnderstoodError):
            found.value(spot(name))


def test_formulas_may_need_others_however_many() -> None:
    chain = {f"F{row}": f"F{row + 1}+1" for row in range(1, 5_000)}
    assert calculation({**chain, "F5000": "1"}).value(spot("F1")) == 5_000


def test_formulas_that_need_each_other_are_not_worked_out() -> None:
    found = calculation({"F1": "F2+1", "F2": "F3+1", "F3": "F1+1", "F4": "SUM(F1:F4)", "F5": "B2"})
    for name in ("F1", "F2", "F3", "F4"):
        with pytest.raises(NotUnderstoodError):
            found.value(spot(name))
    assert found.value(spot("F5")) == 12.5


@pytest.mark.timeout(60)
def test_formulas_over_very_many_cells_are_given_up() -> None:
    found = calculation({"XFD1048576": "1", **{f"F{row}": "SUM(A1:XFD1048576)" for row in range(1, 1_000)}})
    with pytest.raises(NotUnderstoodError):
        found.value(spot("F1"))


def test_a_formula_that_several_cells_share_moves_with_them() -> None:
    cells: dict[Spot, Value] = {("sheet", row, 0): row for row in range(5)}
    formulas = {("sheet", row, 1): Formula("A1+$A$2", row, 0) for row in range(5)}
    found = Calculation(cells, formulas, {})
    assert [found.value(("sheet", row, 1)) for row in range(5)] == [1, 2, 3, 4, 5]
