"""Columns that hold JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ingest.remarks import remark_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest import Remark


def parsed(text: str | bytes) -> Any:
    """Return the value that a text is JSON of; ValueError where it is none, and where it is nested too deep to read."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def pairs(text: str) -> tuple[Any, ...]:
    """Return the pairs that a column holds; ValueError or TypeError where it holds something else."""
    return tuple((one, other) for one, other in parsed(text))


def remarks_in(text: str | bytes) -> tuple[Remark, ...]:
    """Return the remarks that a column holds; ValueError or TypeError where it holds something else."""
    values = parsed(text)
    if not isinstance(values, list):
        raise TypeError("no list of remarks")
    return tuple(map(remark_of, values))


def remarks_column(values: Iterable[Remark]) -> str:
    """Return what a column holds of remarks."""
    return json.dumps([asdict(remark) for remark in values])
