"""The bi-encoder: one text, one vector, computed alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rag_app.models.catalogue import conventions, half_conventions, halves
from rag_app.models.encoder import open_encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokenizers import Tokenizer

    from rag_app.config import Settings
    from rag_app.models.catalogue import Conventions, InstalledModel
    from rag_app.models.encoder import Encoder
    from rag_app.types import Vectors


class Embedder(Protocol):
    """Turns text into vectors whose inner product tells how near they are: unit vectors, if their cosine does.

    `name` and `fingerprint` are written into the library.
    """

    name: str
    fingerprint: str  # SHA-256 of the weights
    dimensions: int
    max_tokens: int  # longest text, prompt and special tokens included; the rest of a longer one is not read
    special_tokens: int  # that a passage's prompt and the model's own marks take

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (len(texts), d) float32 rows, in order."""
        ...

    def embed_question(self, text: str) -> Vectors:
        """Return (d,) float32."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, without special tokens and without a limit."""
        ...


class BiEncoder:
    """A sentence-transformers model with its own prompts, pooling and limit."""

    def __init__(
        self,
        name: str,
        fingerprint: str,
        encoder: Encoder,
        conventions: Conventions,
        questions: Encoder | None = None,
    ) -> None:
        """Take the parts; `questions` is the encoder of questions where it is not that of passages."""
        self.name = name
        self.fingerprint = fingerprint
        self.dimensions = conventions.dimensions
        self.max_tokens = conventions.max_tokens
        self._encoder = encoder
        self._questions = questions or encoder
        self._conventions = conventions
        self._counter = _without_limit(encoder)
        self.special_tokens = len(encoder.tokenizer.encode(conventions.passage_prompt).ids)

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (len(texts), d) float32 rows, in order."""
        return self._embed(self._encoder, [self._conventions.passage_prompt + text for text in texts], progress)

    def embed_question(self, text: str) -> Vectors:
        """Return (d,) float32."""
        vector: Vectors = self._embed(self._questions, [self._conventions.query_prompt + text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the tokens of each text, without special tokens and without a limit."""
        encodings = self._counter.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encodings]

    def _embed(self, encoder: Encoder, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        vectors = encoder.run(encoder.tokenizer.encode_batch(list(texts)), progress)
        if not self._conventions.normalize:
            return vectors
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
        return unit


def open_embedder(model: InstalledModel, settings: Settings) -> BiEncoder:
    """Load the bi-encoder `model`; of a pair, both.

    Raises:
        ModelError: as for `conventions` and `open_encoder`.
    """
    rules, questions, passages = conventions(model), None, model
    if pair := halves(model):
        asking, passages = pair
        asked = half_conventions(asking)
        questions = open_encoder(asking, "embedder", asked.max_tokens, settings, asked.pooling)
    encoder = open_encoder(passages, "embedder", rules.max_tokens, settings, rules.pooling)
    return BiEncoder(model.name, model.fingerprint, encoder, rules, questions)


def _without_limit(encoder: Encoder) -> Tokenizer:
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(encoder.tokenizer.to_str())
    copy.no_truncation()
    return copy
