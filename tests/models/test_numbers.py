from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from importlib.resources import files
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rag_app.models import numbers
from rag_app.models.catalogue import InstalledModel
from rag_app.models.numbers import (
    GeneratorNumbers,
    RerankerNumbers,
    calibrations,
    generator_numbers,
    parse,
    reranker_numbers,
)
from rag_app.models.provenance import fingerprint
from rag_app.models.registry import ROLES, find_spec, registry

if TYPE_CHECKING:
    from rag_app.models.registry import ModelRole

FILES = [
    json.loads(file.read_text(encoding="utf-8")) for file in files("rag_app.models").joinpath("calibrations").iterdir()
]


def model(fingerprint: str, role: ModelRole = "reranker", name: str = "mine") -> InstalledModel:
    return InstalledModel(name, role, Path("mine"), None, fingerprint)


def test_the_default_reranker_and_generator_are_calibrated() -> None:
    defaults = {spec.name for spec in registry() if spec.default and spec.role != "embedder"}
    assert {one.model for one in calibrations()} == defaults


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["model"])
def test_a_calibration_names_the_weights_of_the_registry(entry: dict[str, Any]) -> None:
    spec = find_spec(entry["model"])
    assert spec is not None
    assert (entry["role"], entry["fingerprint"]) == (spec.role, fingerprint(spec.files))
    assert entry["role"] in ROLES


@pytest.mark.parametrize("entry", FILES, ids=lambda entry: entry["model"])
def test_each_number_differs_from_its_neutral_value(entry: dict[str, Any]) -> None:
    neutral = RerankerNumbers() if entry["role"] == "reranker" else GeneratorNumbers()
    same = [name for name, number in entry["numbers"].items() if number["value"] == getattr(neutral, name)]
    assert same == []


def test_numbers_are_found_by_the_fingerprint_whatever_the_model_is_called() -> None:
    reranker, generator = (
        next(one for one in calibrations() if one.role == role) for role in ("reranker", "generator")
    )
    found = reranker_numbers(model(reranker.fingerprint))
    assert found == RerankerNumbers(model=reranker.model, **reranker.values)
    assert (found.model, found.late_rank) == ("ms-marco-MiniLM-L-12-v2", 0.5)
    assert generator_numbers(model(generator.fingerprint, "generator")).certain == -0.15


@pytest.mark.parametrize(("parameters", "freely"), [(0, False), (1_543_714_304, False), (7_000_000_000, True)])
def test_a_large_generator_that_was_not_measured_writes_freely(parameters: int, freely: bool) -> None:
    found = generator_numbers(model("0" * 64, "generator"), parameters)
    assert found == GeneratorNumbers(writes_freely=freely)


def test_a_generator_that_was_measured_writes_as_it_was_found_to_write_best() -> None:
    measured = next(one for one in calibrations() if one.role == "generator")
    found = generator_numbers(model(measured.fingerprint, "generator"), 70_000_000_000)
    assert found.writes_freely is False


@pytest.mark.parametrize("value", [0, 1])
def test_a_calibration_may_say_whether_a_generator_writes_freely(value: int) -> None:
    entry = next(entry for entry in FILES if entry["role"] == "generator")
    said = {"value": value, "unit": "yes or no", "from": "a comparison"}
    found = parse(json.dumps({**entry, "numbers": {**entry["numbers"], "writes_freely": said}}))
    assert found.values["writes_freely"] is bool(value)


def test_a_model_of_the_registry_has_its_numbers_however_its_publisher_writes_the_file() -> None:
    spec = find_spec("cross-encoder/ms-marco-MiniLM-L12-v2")
    assert spec is not None
    assert reranker_numbers(replace(model("0" * 64), spec=spec)).model == spec.name


def test_any_other_model_has_neutral_numbers() -> None:
    assert reranker_numbers(model("0" * 64, name="ms-marco-MiniLM-L-12-v2")) == RerankerNumbers()
    assert generator_numbers(model("0" * 64, "generator")) == GeneratorNumbers()
    reranker = next(one for one in calibrations() if one.role == "reranker")
    assert generator_numbers(model(reranker.fingerprint, "generator")) == GeneratorNumbers()


def spoilt(**changes: Any) -> str:
    entry = next(entry for entry in FILES if entry["role"] == "generator")
    return json.dumps(entry | {"numbers": entry["numbers"] | changes})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (spoilt(brave={"value": 1, "unit": "logit", "from": "nowhere"}), "missing or unknown numbers: brave"),
        (spoilt(certain={"value": 1, "unit": "logit", "from": ""}), "certain needs a value, a unit and where"),
        (spoilt(certain={"value": 1, "from": "somewhere"}), "certain needs a value, a unit and where"),
    ],
)
def test_a_number_that_is_unknown_or_of_no_known_origin_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse(text)


def test_a_missing_number_is_told() -> None:
    entry = next(entry for entry in FILES if entry["role"] == "generator")
    left = {name: number for name, number in entry["numbers"].items() if name != "agreed"}
    with pytest.raises(ValueError, match="missing or unknown numbers: agreed"):
        parse(json.dumps(entry | {"numbers": left}))


@pytest.mark.parametrize("kind", [RerankerNumbers, GeneratorNumbers])
def test_each_neutral_value_is_explained_where_it_is_given(kind: type) -> None:
    text = Path(numbers.__file__).read_text(encoding="utf-8")
    lines = {line.strip().partition(":")[0]: line for line in text.splitlines()}
    assert [field.name for field in fields(kind) if " = " in lines[field.name] and "# " not in lines[field.name]] == []


def test_each_neutral_value_is_the_one_that_is_explained() -> None:
    said = {"0": 0.0, "infinite": inf, "infinitely little": -inf, "likewise": -inf}
    text = Path(numbers.__file__).read_text(encoding="utf-8")
    explained = dict(re.findall(rf"^    (\w+): float = .*; ({'|'.join(said)})\b(?: means|:|$)", text, re.MULTILINE))
    neutral = {field.name: field.default for kind in (RerankerNumbers, GeneratorNumbers) for field in fields(kind)}
    assert {name: neutral[name] for name in explained} == {name: said[word] for name, word in explained.items()}
    assert neutral.keys() - explained.keys() == {"model", "support_bias", "support_held", "writes_freely"}
