from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import WordReranker, make_settings
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from rag_app.models import reranker as module
from rag_app.models.catalogue import InstalledModel
from rag_app.models.conventions import Conventions
from rag_app.models.reranker import CrossEncoder, open_reranker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tokenizers import Encoding

    from rag_app.models.reranker import Reranker
    from rag_app.types import Vectors

WORDS = ["which", "cat", "sat", "dog", "ran", "tax", "the", "a"]
TEXTS = ["the dog ran", "the cat sat", "tax", "the cat sat"]


class SharedTokens:
    """The logit of a pair is how many tokens of its second text occur in its first; with two logits, half of it each.

    With two, the first speaks against relevance.
    """

    precision = "f32"

    def __init__(self, logits: int) -> None:
        self.logits = logits
        self.tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(["[UNK]", *WORDS])}, unk_token="[UNK]"))
        self.tokenizer.pre_tokenizer = Whitespace()
        self.tokenizer.post_processor = TemplateProcessing(single="$A", pair="$A $B:1", special_tokens=[])

    def run(self, sequences: Sequence[Encoding], progress: Callable[[int], None] | None = None) -> Vectors:
        shared = [
            sum(token in s.ids[: s.type_ids.count(0)] for token in s.ids[s.type_ids.count(0) :]) for s in sequences
        ]
        rows = [[n] if self.logits == 1 else [-n / 2, n / 2] for n in shared]
        return np.array(rows, np.float32)


RERANKERS: dict[str, Callable[[], Reranker]] = {
    "words": WordReranker,
    "one logit": lambda: CrossEncoder("one", SharedTokens(1)),
    "two logits": lambda: CrossEncoder("two", SharedTokens(2)),
}


@pytest.fixture(params=RERANKERS)
def reranker(request: pytest.FixtureRequest) -> Reranker:
    return RERANKERS[request.param]()


# What every reranker promises


def test_the_text_that_answers_scores_best_and_equal_texts_score_alike(reranker: Reranker) -> None:
    scores = reranker.score("which cat sat", TEXTS)
    assert (scores.shape, scores.dtype) == ((4,), np.float32)
    assert scores[1] == scores[3] > max(scores[0], scores[2])


def test_a_score_does_not_depend_on_the_other_texts(reranker: Reranker) -> None:
    together = reranker.score("which cat sat", TEXTS)
    assert together.tolist() == [float(reranker.score("which cat sat", [text])[0]) for text in TEXTS]


def test_no_texts_have_no_scores(reranker: Reranker) -> None:
    assert reranker.score("which cat", []).shape == (0,)


# The cross-encoder


@pytest.mark.parametrize("logits", [1, 2])
def test_two_logits_count_by_their_difference(logits: int) -> None:
    scores = CrossEncoder("shared", SharedTokens(logits)).score("which cat sat", TEXTS)
    assert scores.tolist() == [0, 2, 0, 2]


def test_question_and_passage_are_read_as_a_pair_in_this_order() -> None:
    seen: list[Any] = []

    class Watching(SharedTokens):
        def run(self, sequences: Sequence[Encoding], progress: Callable[[int], None] | None = None) -> Vectors:
            seen.extend((s.tokens, s.type_ids) for s in sequences)
            return super().run(sequences, progress)

    CrossEncoder("watching", Watching(1)).score("which cat", ["the dog"])
    assert seen == [(["which", "cat", "the", "dog"], [0, 0, 1, 1])]


def test_the_limit_of_the_model_reaches_the_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []

    def open_encoder(*arguments: Any) -> SharedTokens:
        opened.append(arguments[1:3])
        return SharedTokens(1)

    monkeypatch.setattr(module, "open_encoder", open_encoder)
    monkeypatch.setattr(module, "conventions", lambda model: Conventions("", "", "cls", False, 8, 512))
    loaded = open_reranker(InstalledModel("mine", "reranker", tmp_path, None, "0" * 64), make_settings(tmp_path))
    assert (loaded.name, opened) == ("mine", [("reranker", 512)])
