"""How likely the likeliest cell is what is asked for at all."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from importlib.resources import files
from math import isfinite

import pytest
from tabled import meant, tabled

from rag_app.evidence.cells import Seen
from rag_app.evidence.cells import shipped as chooser
from rag_app.models.registry import registry
from rag_app.proof.calibration import Logistic
from rag_app.proof.cell_meant import CellJudge, shipped

SHEET = tabled(
    ["", "2021", "2020"],
    ["Total assets", "500", "450"],
    ["Total current liabilities", "150", "140"],
    ["Total liabilities", "300", "280"],
)
NOTHING = Seen(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def likely(question: str) -> float:
    return shipped().probability(meant(question, SHEET).seen, shipped().embedder, shipped().reranker)


def test_what_a_table_has_is_likelier_meant_than_what_it_lacks() -> None:
    there = [likely("total liabilities in 2021"), likely("total current liabilities in 2020")]
    lacking = [
        likely("Which auditor signed the report of the board?"),
        likely("revenue of the Japanese subsidiary in 2021"),
        likely("total liabilities of the Japanese subsidiary by segment and by country"),
    ]
    assert min(there) > 0.5 > max(lacking)


def test_another_year_than_is_asked_for_is_less_likely_meant() -> None:
    assert likely("total liabilities in 2015") < likely("total liabilities in 2021")


def test_a_probability_follows_from_the_weights() -> None:
    judge = CellJudge(Logistic(-1.0, {"said": 2.0, "likely": 1.0}), "e", "r")
    assert judge.probability(NOTHING, "e", "r") == pytest.approx(0.2689, abs=1e-4)
    assert judge.probability(replace(NOTHING, said=0.5), "e", "r") == 0.5
    assert judge.probability(replace(NOTHING, said=0.5, likely=1.0), "e", "r") == pytest.approx(0.7311, abs=1e-4)


@pytest.mark.parametrize(("embedder", "reranker"), [("other", "r"), ("e", "other"), ("", "")])
def test_with_other_encoders_nothing_is_known(embedder: str, reranker: str) -> None:
    judge = CellJudge(Logistic(9.0, {}), "e", "r")
    assert judge.probability(NOTHING, "e", "r") > 0.99
    assert judge.probability(NOTHING, embedder, reranker) == 0


def test_the_weights_of_the_program_are_finite_and_of_what_is_seen() -> None:
    value = json.loads(files("rag_app.proof").joinpath("cell_meant.json").read_text(encoding="utf-8"))
    assert set(value) == {"embedder", "reranker", "model"}
    assert set(value["model"]) == {"bias", "weights"}
    weights = value["model"]["weights"]
    assert weights
    assert set(weights) <= {field.name for field in fields(Seen)}
    assert all(map(isfinite, [value["model"]["bias"], *weights.values()]))
    assert shipped() == CellJudge(Logistic(value["model"]["bias"], weights), value["embedder"], value["reranker"])


def test_the_weights_of_the_program_are_those_of_the_default_encoders() -> None:
    names = {spec.role: spec.name for spec in registry() if spec.default}
    assert (shipped().embedder, shipped().reranker) == (names["embedder"], names["reranker"])
    assert (shipped().embedder, shipped().reranker) == (chooser().embedder, chooser().reranker)
