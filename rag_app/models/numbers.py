"""Numbers that were measured with one model, found by its fingerprint in `calibrations/`; neutral ones for any other.

A bound in the logits of one cross-encoder says nothing about the scores of another. Each field has a neutral value for
a model that was not measured: it switches a rule off, or lets what is left of it decide without the model's scale.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.resources import files as resource_files
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rag_app.models.catalogue import InstalledModel
    from rag_app.models.registry import ModelRole

FOLDER = "calibrations"
LARGE = 7_000_000_000  # parameters of a generator that writes freely unless it was measured
_SWITCHES = frozenset({"writes_freely"})  # may be left out of a calibration, and then are off


@dataclass(frozen=True, slots=True)
class RerankerNumbers:
    """What the scores of a cross-encoder are worth, in its logits; those that are left out are neutral."""

    model: str = ""  # that they were measured with; empty: none, all are neutral

    # Searching
    late_rank: float = 0.0  # a candidate loses it each time its first-stage rank doubles; 0: it loses nothing
    named_document: float = 0.0  # passages of the document named most gain it; 0: names do not count
    margin: float = inf  # one of the unread may be so much more relevant than those read last; infinite: all are read
    relevant: float = -inf  # a passage is likelier relevant than not; infinitely little: each is taken to be
    gives_way: float = inf  # one too many of its document gives way to one so much less relevant; infinite: to any

    # Evidence
    named_sentence: float = 0.0  # sentences of the document named most gain it; 0: names do not count
    out_of_reach: float = inf  # a piece worth so much less than the best is not read; infinite: any is, that has room
    only_a_change: float = 0.0  # a sentence loses it that says by how much, not how much; 0: it loses nothing
    another_row: float = 0.0  # a row loses it beside one whose label is what is asked for; 0: it loses nothing

    # Answering
    named_value: float = 0.0  # a line gains it that has all words of the value looked for; 0: its words do not count
    states_value: float = -inf  # a line must bear so much on the value; infinitely little: any line may state it
    clearly_best: float = inf  # with so good a piece only the best is read; infinite: always all of the evidence

    # Proof
    proof_share: float = 0.0  # of a logit, beside the words that a piece has of the answer; 0: words alone decide
    carries_alone: float = inf  # evidence from it on carries an answer in doubt unseen; infinite: it is looked at
    look_share: float = 0.0  # of a logit, beside the generator's preferences; 0: these alone decide
    rival_behind: float = 0.0  # what another document says may bear so much less on the question; 0: not less
    rival_least: float = -inf  # it must bear so much on it; infinitely little: that is not asked for
    support_bias: float = -2.0  # log-odds that a quote supports an answer of which it holds nothing, at the score 0
    support_score: float = 0.0  # of those for each logit; 0: the score does not count
    support_held: float = 4.0  # of those for all words of the answer; with half of them the odds are even


@dataclass(frozen=True, slots=True)
class GeneratorNumbers:
    """What the likelihoods and preferences of a language model are worth; those that are left out are neutral."""

    model: str = ""  # that they were measured with; empty: none, all are neutral
    certain: float = -inf  # mean log-likelihood; below it another way is asked, too; infinitely little: never
    believed: float = -inf  # of the likelier of two that differ; below it the document is quoted; likewise
    repeated: float = -inf  # of an answer that is given twice; likewise
    calculation: float = inf  # logits by which "calculation" must be ahead of "none"; infinite: nothing is worked out
    order_none: float = 0.0  # logits that "none" has beside its own, in what is asked for of two figures; 0: no more
    writes_freely: bool = False  # whole sentences of its own, which are proved one by one
    verdict: float = 0.0  # logits that yes and no must be apart for one to be said; 0: neither is ever
    agreed: float = 0.0  # logits of two preferences for yes together, that let an answer in doubt pass; 0: rather yes


_Numbers = TypeVar("_Numbers", RerankerNumbers, GeneratorNumbers)


@dataclass(frozen=True, slots=True)
class Calibration:
    """One file of `calibrations/`."""

    model: str  # its name in the registry
    role: ModelRole
    fingerprint: str  # SHA-256 of the weights
    values: Mapping[str, Any]


def reranker_numbers(model: InstalledModel) -> RerankerNumbers:
    """Return the numbers of a cross-encoder."""
    return _numbers(RerankerNumbers, model)


def generator_numbers(model: InstalledModel, parameters: int = 0) -> GeneratorNumbers:
    """Return the numbers of a language model; one of many `parameters` that was not measured writes freely."""
    numbers = _numbers(GeneratorNumbers, model)
    return numbers if numbers.model else replace(numbers, writes_freely=parameters >= LARGE)


def find_calibration(model: InstalledModel) -> Calibration | None:
    """Return what was measured with a model, found by its fingerprint; None where nothing was."""
    for one in calibrations():
        if one.role == model.role and (one.fingerprint == model.fingerprint or _is_same(one, model)):
            return one
    return None


def _numbers(kind: type[_Numbers], model: InstalledModel) -> _Numbers:
    found = find_calibration(model)
    return kind(model=found.model, **found.values) if found else kind()


def _is_same(one: Calibration, model: InstalledModel) -> bool:
    """Tell whether the registry vouches for a model: the file that its publisher has may be written in another way."""
    return model.spec is not None and model.spec.name == one.model


@cache
def calibrations() -> tuple[Calibration, ...]:
    """Return what comes with the program, sorted by the names of the files."""
    folder = resource_files("rag_app.models").joinpath(FOLDER)
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return tuple(parse(file.read_text(encoding="utf-8")) for file in found)


def parse(text: str) -> Calibration:
    """Return a calibration from its JSON; ValueError where a number is missing, unknown, or of no known origin."""
    entry: dict[str, Any] = json.loads(text)
    kind = {"reranker": RerankerNumbers, "generator": GeneratorNumbers}[entry["role"]]
    wanted = {field.name for field in fields(kind)} - {"model"} - (_SWITCHES - set(entry["numbers"]))
    if wanted != set(entry["numbers"]):
        raise ValueError(f"missing or unknown numbers: {', '.join(sorted(wanted ^ set(entry['numbers'])))}")
    for name, number in entry["numbers"].items():
        if set(number) != {"value", "unit", "from"} or not number["from"]:
            raise ValueError(f"{name} needs a value, a unit and where it is from")
    values: dict[str, float | bool] = {}
    for name, number in entry["numbers"].items():
        values[name] = bool(number["value"]) if name in _SWITCHES else float(number["value"])
    return Calibration(entry["model"], entry["role"], entry["fingerprint"], values)
