"""The models that benchmarks remember: what is asked again costs nothing and is answered as before."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import LIKELIHOODS, SCORES, ScriptedGenerator, WordReranker

from rag_app.models.generator import Message, Usage
from rag_app.proof.quotes import form_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from rag_app.models.generator import Generator
    from rag_app.types import Vectors

ASKED = [Message("system", "Answer."), Message("user", "How long?")]


class Counting(ScriptedGenerator):
    """Counts how often each thing is asked of it."""

    def __init__(self) -> None:
        super().__init__(lambda _: "It is three months.")
        self.asked: list[str] = []

    def count_tokens(self, text: str) -> int:
        self.asked.append("tokens")
        return super().count_tokens(text)

    def stream(self, messages: Sequence[Message], usage: Usage, **options: Any) -> Iterator[str]:
        self.asked.append("stream")
        self.certainty = -0.25
        return super().stream(messages, usage, **options)

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        self.asked.append("preference")
        return 1.5

    def leanings(self, messages: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        self.asked.append("leanings")
        return np.arange(len(words), dtype=np.float32).tolist()


class CountingReranker(WordReranker):
    def __init__(self) -> None:
        self.read: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        self.read += texts
        return super().score(question, texts)


@pytest.fixture
def memo(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    yield import_module("memo")
    del sys.modules["memo"]


def written(generator: Generator, **options: Any) -> tuple[str, Usage]:
    usage = Usage()
    return "".join(generator.stream(ASKED, usage, **{"max_tokens": 50, **options})), usage


CALLS: dict[str, Callable[[Any], Any]] = {
    "stream": written,
    "preference": lambda generator: generator.preference(ASKED, "yes", "no"),
    "leanings": lambda generator: generator.leanings(ASKED, ("fact", "list")),
    "tokens": lambda generator: generator.count_tokens("How long?"),
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("kept", [True, False])
def test_a_call_that_is_made_again_is_answered_as_before_without_the_model(
    memo: ModuleType, tmp_path: Path, kind: str, kept: bool
) -> None:
    file, real = tmp_path / "calls.sqlite" if kept else None, Counting()
    generator = memo.MemoGenerator("script", LIKELIHOODS, lambda: real, file)
    first = CALLS[kind](generator)
    count = real.asked.count(kind)
    assert count
    assert CALLS[kind](generator) == first == CALLS[kind](Counting())
    assert real.asked.count(kind) == count
    if kept:
        assert CALLS[kind](memo.MemoGenerator("script", LIKELIHOODS, pytest.fail, file)) == first


def test_what_a_text_cost_and_how_likely_it_was_is_remembered_with_it(memo: ModuleType) -> None:
    generator = memo.MemoGenerator("script", LIKELIHOODS, Counting, None)
    for _ in range(2):
        text, usage = written(generator)
        assert (text, usage.completion, usage.certainty) == ("It is three months.", 4, -0.25)
        assert usage.prompt > 0


def test_what_a_choice_cost_is_remembered_with_it(memo: ModuleType) -> None:
    class Costly(Counting):
        def counting(self, total: Usage) -> Costly:
            total.add(Usage(7, 5))
            return self

    total = Usage()
    generator = memo.MemoGenerator("script", LIKELIHOODS, Costly, None)
    for times in (1, 2):
        assert generator.counting(total).preference(ASKED, "yes", "no") == 1.5
        assert (total.prompt, total.evaluated) == (7 * times, 5 * times)
    assert generator.counting(total).leanings(ASKED, ("yes", "no")) == [0.0, 1.0]
    assert (total.prompt, total.evaluated, total.completion) == (21, 15, 0)
    generator.leanings(ASKED, ("yes", "no"))
    assert total.prompt == 21


def test_another_call_is_no_call_that_is_remembered(memo: ModuleType) -> None:
    real = Counting()
    generator = memo.MemoGenerator("script", LIKELIHOODS, lambda: real, None)
    form = form_for("It is three months.", [])
    written(generator)
    written(generator, max_tokens=2)
    written(generator, form=form)
    generator.preference(ASKED, "yes", "no")
    generator.preference(ASKED, "no", "yes")
    generator.leanings(ASKED, ("yes", "no"))
    generator.leanings(ASKED, ("no", "yes"))
    generator.leanings(ASKED[1:], ("no", "yes"))
    assert [real.asked.count(kind) for kind in ("stream", "preference", "leanings")] == [3, 2, 3]


def test_calls_of_another_model_are_others(memo: ModuleType, tmp_path: Path) -> None:
    for name in ("one", "other"):
        real = Counting()
        memo.MemoGenerator(name, LIKELIHOODS, lambda real=real: real, tmp_path / "calls").leanings(ASKED, ("yes",))
        assert real.asked == ["leanings"]


def test_of_texts_only_those_that_are_new_are_scored_and_all_come_back_in_order(
    memo: ModuleType, tmp_path: Path
) -> None:
    real = CountingReranker()
    reranker = memo.MemoReranker("words", SCORES, lambda: real, tmp_path / "calls.sqlite")
    texts = ["The gate is closed.", "مدة الإشعار", "", "The river is deep."]
    first = reranker.score("Which gate?", texts[:2])
    again = reranker.score("Which gate?", [texts[3], *texts, texts[0]])
    assert real.read == [*texts[:2], texts[3], texts[2]]
    assert first.dtype == again.dtype == np.float32
    wanted = WordReranker().score("Which gate?", [texts[3], *texts, texts[0]])
    assert again.tolist() == wanted.tolist()
    assert reranker.score("Which gate?", []).shape == (0,)
    assert (
        reranker.score("Which river?", texts[:1]).tolist() == WordReranker().score("Which river?", texts[:1]).tolist()
    )
