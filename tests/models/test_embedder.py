from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from exact_index import ExactIndex
from fakes import WordEmbedder, make_settings
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import TemplateProcessing

from rag_app.models import embedder as module
from rag_app.models.catalogue import InstalledModel
from rag_app.models.conventions import Conventions
from rag_app.models.embedder import BiEncoder, open_embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tokenizers import Encoding

    from rag_app.models.embedder import Embedder
    from rag_app.types import Vectors

RULES = Conventions("query: ", "passage: ", "mean", True, 64, 16)


class CountingEncoder:
    """A token a byte; the row of a text is three times the count of each token, so it is not of unit length."""

    precision = "f32"

    def __init__(self, max_tokens: int = RULES.max_tokens) -> None:
        alphabet = sorted(ByteLevel.alphabet())
        self.tokenizer = Tokenizer(BPE({mark: n for n, mark in enumerate(["[CLS]", "[SEP]", *alphabet])}, []))
        self.tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
        self.tokenizer.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 0), ("[SEP]", 1)]
        )
        self.tokenizer.enable_truncation(max_tokens)
        self.read: list[str] = []

    def run(self, sequences: Sequence[Encoding], progress: Callable[[int], None] | None = None) -> Vectors:
        self.read += ["".join(sequence.tokens) for sequence in sequences]
        rows = np.zeros((len(sequences), RULES.dimensions), np.float32)
        for row, sequence in zip(rows, sequences, strict=True):
            for token in sequence.ids:
                row[token % RULES.dimensions] += 3
            if progress:
                progress(1)
        return rows


def counting() -> BiEncoder:
    return BiEncoder("counting", "c" * 64, CountingEncoder(512), RULES)


EMBEDDERS: dict[str, Callable[[], Embedder]] = {"words": WordEmbedder, "bi-encoder": counting}


@pytest.fixture(params=EMBEDDERS)
def embedder(request: pytest.FixtureRequest) -> Embedder:
    return EMBEDDERS[request.param]()


# What every embedder promises


def test_passages_become_unit_rows_of_float32_in_order(embedder: Embedder) -> None:
    texts = ["the cat sat", "tax return 2023", "", "a cat and a dog"]
    rows = embedder.embed_passages(texts)
    assert (rows.shape, rows.dtype) == ((4, embedder.dimensions), np.float32)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(4), abs=1e-6)
    assert all(np.array_equal(embedder.embed_passages([text])[0], row) for text, row in zip(texts, rows, strict=True))


def test_a_question_becomes_one_unit_vector(embedder: Embedder) -> None:
    vector = embedder.embed_question("Which tax?")
    assert (vector.shape, vector.dtype) == ((embedder.dimensions,), np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_no_passages_become_no_rows(embedder: Embedder) -> None:
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)


def test_progress_adds_up_to_the_passages(embedder: Embedder) -> None:
    heard: list[int] = []
    embedder.embed_passages(["one", "two two", "three"], heard.append)
    assert sum(heard) == 3


def test_counting_tokens_has_no_limit_and_no_special_tokens(embedder: Embedder) -> None:
    [nothing, one, many] = embedder.count_tokens(["", "word", "word " * 5000])
    assert nothing == 0
    assert one > 0
    assert many >= 5000


def test_a_passage_and_its_special_tokens_fit(embedder: Embedder) -> None:
    assert 0 < embedder.special_tokens < embedder.max_tokens


# The words of the fake


def test_the_word_embedder_ranks_the_text_that_shares_words_first() -> None:
    embedder = WordEmbedder()
    rows = embedder.embed_passages(["the cat sat", "tax return 2023", "a cat and a dog"])
    [(row, score)] = ExactIndex(np.arange(3), rows).search(embedder.embed_question("2023 tax"), 1)
    assert row == 1
    assert score == pytest.approx(2 / 6**0.5)  # 2 shared words, of 2 and 3


# The bi-encoder


def test_questions_and_passages_are_read_with_their_own_prompts() -> None:
    encoder = CountingEncoder()
    embedder = BiEncoder("counting", "c" * 64, encoder, RULES)
    embedder.embed_question("why")
    embedder.embed_passages(["so"])
    assert encoder.read == ["[CLS]query:Ġwhy[SEP]", "[CLS]passage:Ġso[SEP]"]


def test_special_tokens_are_those_of_the_prompt_and_the_marks() -> None:
    assert BiEncoder("counting", "c" * 64, CountingEncoder(), RULES).special_tokens == len("passage: ") + 2


def test_a_passage_within_the_limit_is_read_whole_and_a_longer_one_to_the_limit() -> None:
    encoder = CountingEncoder()
    embedder = BiEncoder("counting", "c" * 64, encoder, RULES)
    room = embedder.max_tokens - embedder.special_tokens
    embedder.embed_passages(["x" * room, "x" * (room + 50)])
    assert encoder.read == ["[CLS]passage:Ġ" + "x" * room + "[SEP]"] * 2


def test_vectors_that_are_compared_by_dot_product_keep_their_lengths() -> None:
    rules = replace(RULES, normalize=False, similarity="dot")
    embedder = BiEncoder("counting", "c" * 64, CountingEncoder(), rules)
    raw = CountingEncoder()
    [row] = raw.run([raw.tokenizer.encode("passage: so so")])
    assert embedder.embed_passages(["so so"]).tolist() == [row.tolist()]
    assert np.linalg.norm(embedder.embed_question("so so")) > 3


def test_questions_may_be_read_by_an_encoder_of_their_own() -> None:
    passages, questions = CountingEncoder(), CountingEncoder()
    embedder = BiEncoder("counting", "c" * 64, passages, RULES, questions)
    embedder.embed_question("why")
    embedder.embed_passages(["so"])
    assert (questions.read, passages.read) == (["[CLS]query:Ġwhy[SEP]"], ["[CLS]passage:Ġso[SEP]"])


def test_a_vector_of_zeros_stays_finite() -> None:
    class Zeros(CountingEncoder):
        def run(self, sequences: Sequence[Encoding], progress: Callable[[int], None] | None = None) -> Vectors:
            return np.zeros((len(sequences), 2), np.float32)

    assert BiEncoder("zeros", "0" * 64, Zeros(), RULES).embed_passages(["x"]).tolist() == [[0, 0]]


def test_the_conventions_of_the_model_reach_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def open_encoder(*arguments: Any) -> CountingEncoder:
        opened.append(arguments[1:3])
        return CountingEncoder()

    monkeypatch.setattr(module, "open_encoder", open_encoder)
    monkeypatch.setattr(module, "conventions", lambda model: RULES)
    fingerprint = hashlib.sha256(b"weights").hexdigest()
    model = InstalledModel("mine", "embedder", tmp_path, None, fingerprint)
    embedder = open_embedder(model, make_settings(tmp_path))
    assert opened == [("embedder", 16)]
    assert (embedder.name, embedder.fingerprint, embedder.dimensions, embedder.max_tokens) == (
        "mine",
        fingerprint,
        64,
        16,
    )
