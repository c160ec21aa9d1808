"""What makes an answer right in a benchmark: all points, in whole words, within the length of its kind."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes import make_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = {"kind": "list", "need": [["taps"], ["window catches", "catches"]]}
FACT = {"answers": ["90 euros", "EUR 90"]}
VERDICT = {"kind": "yesno", "need": [["forbidden"]], "opposite": ["yes"]}


@pytest.fixture
def points(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    yield import_module("points")
    sys.modules.pop("points", None)


@pytest.mark.parametrize(
    ("row", "answer", "right"),
    [
        (FACT, "up to 90 euros [1]", True),
        (FACT, "up to 900 euros [1]", False),
        (FACT, " ".join(["90 euros", *["more"] * 58]), True),
        (FACT, " ".join(["90 euros", *["more"] * 59]), False),
        (LIST, "Taps, [1] and the window-catches. [2]", True),
        (LIST, "taps and switches", False),
        (LIST, "catches", False),
        (LIST, "taps and watchcatches", False),
        (LIST, " ".join(["taps", "catches", *["more"] * 178]), True),
        (LIST, " ".join(["taps", "catches", *["more"] * 179]), False),
        (VERDICT, "No: gas stoves are forbidden.", True),
        (VERDICT, "Yes, though they are forbidden.", False),
        (VERDICT, "Yesterday they were forbidden.", True),
    ],
)
def test_an_answer_is_right_that_has_all_points_and_no_more_words_than_its_kind_may(
    points: Any, row: dict[str, Any], answer: str, right: bool
) -> None:
    assert points.is_right(row, answer) is right


@pytest.mark.parametrize(
    ("form", "text", "met"),
    [
        ("five", "The 5 meetings", True),
        ("12", "zwölf Monate", True),
        ("12", "112", False),
        ("2,850", "2850 euros", True),
        ("3,60", "3.60 m", True),
        ("the seller", "a date, the Seller", True),
        ("E-Mail genügt", "eine E-Mail\ngenügt.", True),
        ("question, last", "last, the question", False),
    ],
)
def test_a_form_is_compared_without_case_punctuation_articles_and_the_way_numbers_are_written(
    points: Any, form: str, text: str, met: bool
) -> None:
    assert points.is_met([form], text) is met


def test_a_row_without_a_kind_asks_for_a_fact_and_every_kind_of_the_samples_has_a_length(points: Any) -> None:
    assert points.kind_of(FACT) == "fact"
    assert points.kind_of(LIST) == "list"
    assert [points.LONGEST[kind] for kind in ("fact", "yesno", "followup", "list", "howto")] == [60, 90, 110, 180, 220]


def test_the_samples_are_told_by_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    samples = import_module("samples")
    rows = [{**FACT, "document": "lease.pdf", "page": 2}, {**LIST, "document": "b.pdf", "page": 1, "answers": ["taps"]}]
    outcomes = [samples.Outcome(row, make_answer(text="90 euros and taps [1]")) for row in rows]
    none = samples.Outcome({"answers": [], "document": None, "page": None}, make_answer(status="not_found"))
    assert list(samples.by_kind([*outcomes, none]))[2:] == [
        "| fact | 1 | 0.00 | 1.00 | 0.00 | 0.00 | 5 |",
        "| list | 1 | 0.00 | 0.00 | 0.00 | 0.00 | 5 |",
    ]
    assert samples.table([*outcomes, none])["right answer"] == 0.5
    for name in ("samples", "memo", "points"):
        sys.modules.pop(name, None)
