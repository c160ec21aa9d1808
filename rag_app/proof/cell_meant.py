"""How likely the likeliest cell is what a question asks for at all: it may ask for what no table has.

A logistic model over how well its labels fit, fitted to questions that cells answer and to others of the same documents
(benchmarks/cells.py); its weights are data, `cell_meant.json`, with the encoders that they were fitted with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resource_files
from typing import TYPE_CHECKING

from rag_app.proof.calibration import Logistic, logistic

if TYPE_CHECKING:
    from rag_app.evidence.cells import Seen


@dataclass(frozen=True, slots=True)
class CellJudge:
    """Tells how likely a cell is meant, by what is seen of it."""

    model: Logistic
    embedder: str
    reranker: str

    def probability(self, seen: Seen, embedder: str, reranker: str) -> float:
        """Return how likely it is, 0 to 1; with other encoders than these nothing is known of it."""
        if (embedder, reranker) != (self.embedder, self.reranker):
            return 0.0
        return self.model.probability(seen.as_json())


@cache
def shipped() -> CellJudge:
    """Return the weights that come with the program."""
    value = json.loads(resource_files("rag_app.proof").joinpath("cell_meant.json").read_text(encoding="utf-8"))
    return CellJudge(logistic(value["model"]), str(value["embedder"]), str(value["reranker"]))
