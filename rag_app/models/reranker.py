"""The cross-encoder: question and passage read together, one relevance score a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rag_app.errors import ModelError
from rag_app.models.catalogue import conventions
from rag_app.models.encoder import open_encoder
from rag_app.models.numbers import RerankerNumbers, reranker_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.config import Settings
    from rag_app.models.catalogue import InstalledModel
    from rag_app.models.encoder import Encoder
    from rag_app.types import Vectors


class Reranker(Protocol):
    """Scores passages for one question."""

    name: str
    numbers: RerankerNumbers  # what its scores are worth

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return (len(texts),) float32 logits: larger is more relevant, independent of the other texts."""
        ...


class CrossEncoder:
    """A sequence classifier with one logit, or two of which the difference counts."""

    def __init__(self, name: str, encoder: Encoder, numbers: RerankerNumbers | None = None) -> None:
        """Take the parts; without `numbers` the scores are those of a model that was not measured."""
        self.name = name
        self.numbers = numbers or RerankerNumbers()
        self._encoder = encoder

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return (len(texts),) float32 logits: larger is more relevant, independent of the other texts."""
        import numpy as np

        if not texts:
            return np.zeros(0, np.float32)
        pairs = self._encoder.tokenizer.encode_batch([(question, text) for text in texts])
        logits = self._encoder.run(pairs)
        scores: Vectors = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        return scores


def open_reranker(model: InstalledModel, settings: Settings) -> CrossEncoder:
    """Load the cross-encoder `model`.

    Raises:
        ModelError: it gives a pair more than two logits; and as for `conventions` and `open_encoder`.
    """
    rules = conventions(model)
    encoder = open_encoder(model, "reranker", rules.max_tokens, settings)
    [logits] = encoder.run([encoder.tokenizer.encode("question", "passage")])
    if len(logits) not in {1, 2}:
        raise ModelError(
            f"The model {model.name} sorts a pair into {len(logits)} classes; a reranker gives it one score, or two.",
            hint="Choose a cross-encoder for ranking, such as ms-marco-MiniLM-L-12-v2.",
        )
    return CrossEncoder(model.name, encoder, reranker_numbers(model))
