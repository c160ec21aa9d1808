"""Answers to questions for a figure by a known name: its formula, a document's own word, and the user's formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import LIKELIHOODS, ScriptedGenerator, fakes_of, make_settings, nearest_line, open_library

from rag_app.answering import shaped
from rag_app.answering.cell import InCell
from rag_app.config import load
from rag_app.errors import SettingsError
from rag_app.evidence.windows import Window
from rag_app.library import Library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rag_app.models.generator import Message
    from rag_app.types import Answer, Hit

ACCOUNTS = "Item,2021,2020\nTotal revenue,900,800\nCost of sales,-450,-410\nInventories,90,82\n"


class Plain(ScriptedGenerator):
    """Takes every question for one about a fact that needs no working out."""

    numbers = LIKELIHOODS

    def __init__(self) -> None:
        super().__init__(nearest_line)

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        return [100.0 * (word in ("fact", "none")) for word in words]

    def preference(self, _: Sequence[Message], one: str, other: str) -> float:
        return 2.0


def asked(folder: Path, name: str, text: str, question: str, **changes: object) -> Answer:
    (folder / name).write_text(text, encoding="utf-8")
    with open_library(folder, **changes) as library:
        library.ingest([folder / name])
        fakes_of(library).generator = Plain()
        return library.ask(question)


def test_a_figure_is_worked_out_by_its_name_without_a_formula_of_the_generator(tmp_path: Path) -> None:
    found = asked(tmp_path, "acme.csv", ACCOUNTS, "What was the gross margin in 2021?")
    assert found.kind == "calculation"
    assert found.answer == "50 % = (900 [1] − |-450 [1]|) / 900 [1] × 100"


def test_what_is_deducted_counts_by_its_size(tmp_path: Path) -> None:
    found = asked(tmp_path, "acme.csv", ACCOUNTS, "What was the inventory turnover in 2020?")
    assert found.answer.startswith("5 = |-410 [1]| / 82 [1]")


def test_a_figure_that_a_table_states_by_this_name_goes_before_the_formula(tmp_path: Path) -> None:
    text = f"{ACCOUNTS}Gross margin,45 %,43 %\n"
    found = asked(tmp_path, "acme.csv", text, "What was the gross margin in 2021?")
    assert found.kind == "short"
    assert "2021: 45 %" in found.answer


def test_a_cell_that_is_surely_meant_is_shown_before_any_formula_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_cell(_: str, hits: Sequence[Hit], __: object) -> InCell:
        return InCell("45 %", (), 0.9, "45 %", Window(hits[0], (), ""), ())

    monkeypatch.setattr(shaped, "in_cell", in_cell)
    found = asked(tmp_path, "acme.csv", ACCOUNTS, "What was the gross margin in 2021?")
    assert (found.kind, found.answer, found.confidence) == ("short", "45 %", 0.9)


def test_a_figure_that_a_sentence_states_by_this_name_goes_before_the_formula(tmp_path: Path) -> None:
    text = "Total revenue was 900 euros. Cost of sales was 450 euros. The gross margin was 45 % after returns."
    assert asked(tmp_path, "acme.txt", text, "What was the gross margin?").kind != "calculation"
    less = text.replace(" The gross margin was 45 % after returns.", " The gross margin is good.")
    assert asked(tmp_path, "acme.txt", less, "What was the gross margin?").answer.startswith("50 % = (900 euros")


@pytest.mark.parametrize("row", ["Cost of sales", "Cost of goods sold", "Cost of revenue"])
def test_a_value_is_found_by_any_of_its_forms(tmp_path: Path, row: str) -> None:
    text = ACCOUNTS.replace("Cost of sales", row).replace("Total revenue", "Net sales")
    found = asked(tmp_path, "acme.csv", text, "What was the gross margin in 2020?")
    assert found.answer == "48.75 % = (800 [1] − |-410 [1]|) / 800 [1] × 100"


def test_a_figure_without_one_of_its_values_is_not_worked_out(tmp_path: Path) -> None:
    text = "Item,2021,2020\nTotal revenue,900,800\n"
    assert asked(tmp_path, "acme.csv", text, "What was the inventory turnover in 2020?").kind != "calculation"


def test_a_formula_of_the_users_own_is_used(tmp_path: Path) -> None:
    found = asked(
        tmp_path,
        "acme.csv",
        ACCOUNTS,
        "What was the stock share in 2021?",
        formulas=(("stock share", "percent([inventories] / [total revenue])"),),
    )
    assert found.answer.startswith("10 % = 90 ")


def test_a_library_is_opened_with_the_formulas_of_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[formulas]\n"stock share" = "percent([inventories] / [total revenue])"\n', encoding="utf-8")
    settings = load(file, environment={}, flags={"library": tmp_path / "library", "models": tmp_path / "models"})
    with Library.open(settings=settings) as library:
        assert library.settings.formulas == (("stock share", "percent([inventories] / [total revenue])"),)


@pytest.mark.parametrize(
    ("name", "formula", "message"),
    [
        ("mine", "[a] / ", "The formula '[a] / ' of 'mine' cannot be read."),
        ("mine", "2 * 3", "The formula '2 * 3' of 'mine' has no value in brackets."),
        ("mine", "[a]", "The formula '[a]' of 'mine' works nothing out."),
        (
            "mine",
            "median([a], [b])",
            "The formula 'median([a], [b])' of 'mine' has the unknown word 'median' outside of brackets.",
        ),
        ("of the", "[a] / [b]", "A formula cannot be known by the name 'of the'."),
    ],
)
def test_a_formula_that_is_none_is_refused_before_a_library_is_opened(
    tmp_path: Path, name: str, formula: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        Library.open(settings=make_settings(tmp_path, formulas=((name, formula),)))
    assert caught.value.message == message
    assert not (tmp_path / "library").exists()
