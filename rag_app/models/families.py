"""Families of bi-encoders and what each was trained for: `families.json` as values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files


@dataclass(frozen=True, slots=True)
class Family:
    """What holds for a model where its folder does not say otherwise."""

    name: str
    pattern: str  # found in the lower-case name of a model
    query_prompt: str = ""
    passage_prompt: str = ""
    pooling: str = "mean"
    similarity: str = "cosine"  # or dot: then vectors keep their lengths
    pair: bool = False  # one model for questions, another for passages


@cache
def families() -> tuple[Family, ...]:
    """Return the families; the first that fits a name counts, and the last fits every name."""
    text = resource_files("rag_app.models").joinpath("families.json").read_text(encoding="utf-8")
    return tuple(Family(**entry) for entry in json.loads(text)["families"])


def family_of(*names: str) -> Family:
    """Return the family of a model by its names; what fits none is a plain sentence-transformers model."""
    text = " ".join(names).lower()
    return next(family for family in families() if re.search(family.pattern, text))
