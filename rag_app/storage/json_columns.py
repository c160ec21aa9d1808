"""Columns that hold JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ingest.remarks import remark_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest import Remark


def pairs(text: str) -> tuple[Any, ...]:
    """Return the pairs that a column holds; ValueError or TypeError where it holds something else."""
    return tuple((one, other) for one, other in json.loads(text))


def remarks_in(text: str | bytes) -> tuple[Remark, ...]:
    """Return the remarks that a column holds; ValueError or TypeError where it holds something else."""
    values = json.loads(text)
    if not isinstance(values, list):
        raise TypeError("no list of remarks")
    return tuple(map(remark_of, values))


def remarks_column(values: Iterable[Remark]) -> str:
    """Return what a column holds of remarks."""
    return json.dumps([asdict(remark) for remark in values])
