"""Columns that hold JSON."""

from __future__ import annotations

import json
from typing import Any


def pairs(text: str) -> tuple[Any, ...]:
    """Return the pairs that a column holds; ValueError or TypeError where it holds something else."""
    return tuple((one, other) for one, other in json.loads(text))


def texts(text: str) -> tuple[str, ...]:
    """Return the texts that a column holds; ValueError or TypeError where it holds something else."""
    values = json.loads(text)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("no list of texts")
    return tuple(values)
