from __future__ import annotations

import random

import pytest

from rag_app.proof.calibration import Logistic, auc, errors, fit, held_out, logistic

FLAT = Logistic(0.0, {"x": 0.0})


def examples(n: int, middle: float = 0.0, seed: int = 0) -> tuple[list[dict[str, float]], list[bool]]:
    """Return values about `middle`, of which the higher are true with the odds exp(2 (x - middle))."""
    chance = random.Random(seed)
    rows = [{"x": middle + chance.gauss(0, 1.5), "noise": chance.gauss(0, 1)} for _ in range(n)]
    model = Logistic(-2 * middle, {"x": 2.0})
    return rows, [chance.random() < model.probability(row) for row in rows]


def test_the_model_that_made_the_examples_is_found() -> None:
    rows, labels = examples(4000, middle=1.0)
    found = fit(rows, labels, Logistic(0.0, {"x": 0.0, "noise": 0.0}), pull=0.1)
    assert found.weights["x"] == pytest.approx(2.0, abs=0.2)
    assert found.weights["noise"] == pytest.approx(0.0, abs=0.15)
    assert -found.bias / found.weights["x"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("prior", [0.3, 5.0])
def test_few_examples_leave_the_weights_where_they_were_and_move_the_bias(prior: float) -> None:
    rows, labels = examples(20, middle=3.0)
    found = fit(rows, labels, Logistic(0.0, {"x": prior}), pull=200)
    assert found.weights["x"] == pytest.approx(prior, rel=0.5)
    assert -found.bias / found.weights["x"] == pytest.approx(3.0, abs=1.0)


def test_examples_that_separate_wholly_give_a_finite_model() -> None:
    found = fit([{"x": -1.0}, {"x": 1.0}], [False, True], FLAT, pull=1.0)
    assert 0.5 < found.probability({"x": 1.0}) < 1.0


def test_the_rarer_kind_weighs_as_much_as_the_other() -> None:
    rows = [{"x": 1.0}] * 90 + [{"x": -1.0}] * 10
    found = fit(rows, [True] * 90 + [False] * 10, FLAT, pull=1.0)
    assert found.bias == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("label", [True, False])
def test_examples_of_one_kind_are_refused(label: bool) -> None:
    rows = [{"x": 1.0}] * 12
    with pytest.raises(ValueError, match="both kinds"):
        fit(rows, [label] * 12, FLAT, pull=1.0)
    with pytest.raises(ValueError, match="each kind"):
        held_out(rows, [label] * 12, FLAT, pull=1.0)
    with pytest.raises(ValueError, match="both kinds"):
        errors([0.5] * 12, [label] * 12, 0.5)


def test_a_held_out_example_is_judged_by_the_others_alone() -> None:
    rows = [{f"x{n}": float(n == m) for n in range(20)} for m in range(20)]
    labels = [n % 2 == 0 for n in range(20)]
    prior = Logistic(0.0, {f"x{n}": 0.0 for n in range(20)})
    own = [fit(rows, labels, prior, pull=0.1).probability(row) for row in rows]
    assert all((p > 0.5) == label for p, label in zip(own, labels, strict=True))
    assert held_out(rows, labels, prior, pull=0.1) == pytest.approx([0.5] * 20, abs=1e-3)


def test_errors_are_counted_by_kind() -> None:
    found = errors([0.2, 0.5, 0.9, 0.4, 0.5], [True, True, True, False, False], 0.5)
    assert (found.missed, found.false) == (pytest.approx(1 / 3), 0.5)


@pytest.mark.parametrize(
    ("scores", "area"), [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([1, 1, 1, 1], 0.5), ([1, 3, 2, 4], 0.75)]
)
def test_the_area_is_the_share_of_pairs_in_order(scores: list[float], area: float) -> None:
    assert auc(scores, [False, False, True, True]) == area


def test_a_model_goes_through_json() -> None:
    model = Logistic(-1.5, {"a": 0.25, "b": -2.0})
    assert logistic(model.as_json()) == model
    assert model.probability({"a": 1e9, "b": 0.0}) == 1.0
    assert model.probability({"a": -1e9, "b": 0.0}) == pytest.approx(0.0)
