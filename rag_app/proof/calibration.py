"""Probabilities from scores: a logistic model, how one is fitted to examples, and how often it errs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from rag_app.types import Json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Values = Mapping[str, float]

_STEPS = 50  # of Newton's method at most; it needs about ten
_SETTLED = 1e-9  # change of a parameter that ends it
_LOOSE = 0.01  # pull of the bias to that of the prior: next to none
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Logistic(Json):
    """The log-odds of something as a weighted sum."""

    bias: float
    weights: Mapping[str, float]

    def probability(self, values: Values) -> float:
        """Return the probability, 0 to 1; values without a weight do not count."""
        logit = self.bias + sum(weight * values[name] for name, weight in self.weights.items())
        return 1 / (1 + exp(-max(min(logit, 500.0), -500.0)))


@dataclass(frozen=True, slots=True)
class Errors(Json):
    """How often a decision is wrong, as shares from 0 to 1."""

    missed: float  # of the examples that are true
    false: float  # of those that are not


def logistic(value: Mapping[str, Any]) -> Logistic:
    """Return the model that was written as JSON; KeyError, TypeError or ValueError where it is none."""
    return Logistic(float(value["bias"]), {str(name): float(w) for name, w in value["weights"].items()})


def fit(rows: Sequence[Values], labels: Sequence[bool], prior: Logistic, pull: float, *, even: bool = True) -> Logistic:
    """Fit the weights of `prior` to examples, from which they are drawn back to it.

    Args:
        rows: the values of each example.
        labels: whether it is true; both kinds must occur.
        prior: names the values that count. Its weights hold where the examples say nothing.
        pull: how strongly: as much as so many examples would, about. The bias is next to free.
        even: both classes weigh the same; else each example does, and probabilities are as often right as they say.

    Raises:
        ValueError: all examples are of one kind.
    """
    import numpy as np

    names = list(prior.weights)
    y = np.array(labels, float)
    if not 0 < y.sum() < len(y):
        raise ValueError("examples of both kinds are needed")
    x = np.array([[1.0, *(row[name] for name in names)] for row in rows])
    start = np.array([prior.bias, *prior.weights.values()])
    share = np.where(y > 0, len(y) / (2 * y.sum()), len(y) / (2 * (len(y) - y.sum()))) if even else np.ones(len(y))
    strength = np.array([_LOOSE, *(pull * x[:, 1:].var(axis=0))])
    solution = start.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(x @ solution, -500, 500)))
        gradient = x.T @ (share * (p - y)) + strength * (solution - start)
        curvature = (x.T * (share * p * (1 - p))) @ x + np.diag(strength + 1e-9)
        change = np.linalg.solve(curvature, gradient)
        solution = solution - np.clip(change, -5, 5)
        if float(np.abs(change).max()) < _SETTLED:
            break
    return Logistic(float(solution[0]), dict(zip(names, map(float, solution[1:]), strict=True)))


def held_out(rows: Sequence[Values], labels: Sequence[bool], prior: Logistic, pull: float) -> list[float]:
    """Return the probability of each example by a model that was fitted without it: in five parts, both kinds in each.

    Raises:
        ValueError: fewer than five examples of one kind.
    """
    if min(sum(labels), len(labels) - sum(labels)) < _FOLDS:
        raise ValueError(f"at least {_FOLDS} examples of each kind are needed")
    fold = [0] * len(rows)
    for kind in (True, False):
        places = [place for place, label in enumerate(labels) if label is kind]
        random.Random(0).shuffle(places)
        for turn, place in enumerate(places):
            fold[place] = turn % _FOLDS
    found = [0.0] * len(rows)
    for left in range(_FOLDS):
        known = [place for place in range(len(rows)) if fold[place] != left]
        model = fit([rows[place] for place in known], [labels[place] for place in known], prior, pull)
        for place in range(len(rows)):
            if fold[place] == left:
                found[place] = model.probability(rows[place])
    return found


def errors(probabilities: Sequence[float], labels: Sequence[bool], bound: float) -> Errors:
    """Return how often "at least `bound`" is wrong; ValueError where all examples are of one kind."""
    true = [p for p, label in zip(probabilities, labels, strict=True) if label]
    false = [p for p, label in zip(probabilities, labels, strict=True) if not label]
    if not true or not false:
        raise ValueError("examples of both kinds are needed")
    return Errors(sum(p < bound for p in true) / len(true), sum(p >= bound for p in false) / len(false))


def auc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the probability that a true example scores above a false one; ties count half."""
    order = sorted(range(len(scores)), key=lambda place: scores[place])
    ranks, begin = [0.0] * len(scores), 0
    while begin < len(order):
        end = begin
        while end < len(order) and scores[order[end]] == scores[order[begin]]:
            end += 1
        for place in order[begin:end]:
            ranks[place] = (begin + end + 1) / 2
        begin = end
    true = sum(labels)
    total = sum(rank for rank, label in zip(ranks, labels, strict=True) if label)
    return (total - true * (true + 1) / 2) / (true * (len(scores) - true))
