"""The planted traps: as many as are told of, each written so that its tables are read, and judged by what they need."""

from __future__ import annotations

import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ingest import Grid, read
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
NAMES = ("traps", "papers", "tables", "tatqa", "memo", "points")


@pytest.fixture(scope="module")
def planted() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield import_module("traps")
    for name in NAMES:
        sys.modules.pop(name, None)


def test_there_are_forty_ten_of_each_kind_in_several_formats_and_languages(planted: Any) -> None:
    every = planted.traps()
    assert Counter(one.trap for one in every) == dict.fromkeys(planted.KINDS, 10)
    assert {one.format for one in every} == {"pdf", "csv", "xlsx", "docx", "md", "html"}
    assert {one.layout for one in every if one.format == "pdf"} == {"ruled", "rules", "open", "filing"}
    assert Counter(one.language for one in every) == {"en": 32, "de": 4, "fr": 2, "es": 2}
    assert sum(not one.need for one in every) == 5
    assert len({one.name for one in every}) == len({one.question for one in every}) == 40


def test_the_right_value_and_its_neighbours_are_cells_of_what_is_read(planted: Any, tmp_path: Path) -> None:
    is_met = import_module("points").is_met
    for seed, one in enumerate(planted.traps()):
        document = read(one.write(tmp_path, seed), lexicon=lexicon())
        wanted = [part for part in one.parts if not isinstance(part, str)]
        assert len(document.tables) == len(wanted), one.name
        values = [cell.text for table in document.tables for cell in Grid(table).value_cells]
        assert all(any(is_met(forms, text) for text in values) for forms in one.need[:1]), one.name
        figures = [word for word in one.traps if any(map(str.isdigit, word))]
        assert [word for word in figures if not any(is_met([word], text) for text in values)] == [], one.name


def test_what_is_right_meets_all_points_and_says_nothing_of_a_neighbour(planted: Any) -> None:
    one = next(one for one in planted.traps() if one.name == "trailmaster-tents")
    assert one.is_right("answered", "3.1 (kg)")
    assert one.is_right("partial", "It weighs 3,1 kg.")
    assert not one.is_right("answered", "3.1")
    assert not one.is_right("answered", "3.1 (lb)")
    assert not one.is_right("answered", "6.8 lb, which is 3.1 kg")
    assert one.is_right("partial", "3.1 kg = 6.2 kg / 2")
    assert not one.is_right("partial", "6.2 kg = 3.1 kg × 2")
    assert not one.is_right("not_found", "The documents do not say that it is 3.1 kg.")


def test_a_share_may_be_written_with_its_sign(planted: Any) -> None:
    one = next(one for one in planted.traps() if one.name == "holm-hardware-sales")
    assert [one.is_right("answered", text) for text in ("18.5 %", "18.5%", "18.5 percent", "18.5")] == [
        *(True, True, True, False)
    ]


def test_where_the_table_has_only_neighbours_it_is_right_not_to_be_sure(planted: Any) -> None:
    one = next(one for one in planted.traps() if not one.need)
    assert [one.is_right(status, "812") for status in ("answered", "partial", "not_found")] == [False, True, True]


def test_what_was_said_is_counted_by_kind(planted: Any) -> None:
    [first, second, *_] = [one for one in planted.traps() if one.trap == "row"]
    column = next(one for one in planted.traps() if one.trap == "column")
    said = [
        planted.Said(first, "answered", "", right=True),
        planted.Said(second, "answered", "", right=False),
        planted.Said(column, "not_found", "", right=False),
    ]
    assert list(planted.table(said))[1:] == [
        "| row | 1/2 0.50 | 2 | 1 | 0 |",
        "| column | 0/1 0.00 | 0 | 0 | 1 |",
        "| period | - | 0 | 0 | 0 |",
        "| scale | - | 0 | 0 | 0 |",
        "| all | 1/3 0.33 | 2 | 1 | 1 |",
    ]
