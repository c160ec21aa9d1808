"""The bi-encoder: one text, one vector, computed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rag_app.encoder import open_encoder
from rag_app.models import conventions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokenizers import Tokenizer

    from rag_app.config import Settings
    from rag_app.encoder import Encoder
    from rag_app.models import Conventions, InstalledModel
    from rag_app.types import Vectors


class Embedder(Protocol):
    """Turns text into unit vectors; `name` and `fingerprint` are written into the library."""

    name: str
    fingerprint: str  # SHA-256 of the weights
    dimensions: int
    max_tokens: int  # longest text, prompt and special tokens included; the rest of a longer one is not read
    special_tokens: int  # that a passage's prompt and the model's own marks take

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (len(texts), d) float32 rows of unit length, in order."""
        ...

    def embed_question(self, text: str) -> Vectors:
        """Return (d,) float32 of unit length."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, without special tokens and without a limit."""
        ...


class BiEncoder:
    """A sentence-transformers model with its own prompts, pooling and limit."""

    def __init__(self, name: str, fingerprint: str, encoder: Encoder, conventions: Conventions) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.dimensions = conventions.dimensions
        self.max_tokens = conventions.max_tokens
        self._encoder = encoder
        self._conventions = conventions
        self._counter = _without_limit(encoder)
        self.special_tokens = len(encoder.tokenizer.encode(conventions.passage_prompt).ids)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (len(texts), d) float32 rows of unit length, in order."""
        return self._embed([self._conventions.passage_prompt + text for text in texts], progress)

    def embed_question(self, text: str) -> Vectors:
        """Return (d,) float32 of unit length."""
        vector: Vectors = self._embed([self._conventions.query_prompt + text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, without special tokens and without a limit."""
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def _embed(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        vectors = self._encoder.run(self._encoder.tokenizer.encode_batch(list(texts)), progress)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
        return unit


def open_embedder(model: InstalledModel, settings: Settings) -> BiEncoder:
    """Load the bi-encoder `model`."""
    rules = conventions(model)
    return BiEncoder(model.name, model.fingerprint, open_encoder(model, "embedder", rules.max_tokens, settings), rules)


def _without_limit(encoder: Encoder) -> Tokenizer:
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(encoder.tokenizer.to_str())
    copy.no_truncation()
    return copy
