from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import WordReranker, make_hit

from rag_app.errors import QualityDropped, UsageError
from rag_app.evaluation.compare import SYSTEMS, Evaluation, SystemScores, compare, evaluate, raise_drops
from rag_app.evaluation.measures import METRICS
from rag_app.evaluation.questions import Topic
from rag_app.models.shared_scores import SharedScores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import Hit, Mode, Vectors


class Counting(WordReranker):
    """Remembers what it has scored."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        self.read += texts
        return super().score(question, texts)


def documents(hits: Sequence[Hit]) -> list[str]:
    return [hit.document for hit in hits]


TOPICS = [Topic(f"q{n}", f"question {n}", {f"d{n}": 1}, documents) for n in range(40)]


def run(ranks: dict[str, int] | None = None, worse: int = 0, settings: dict[str, Any] | None = None) -> Evaluation:
    """Evaluate a search whose right document stands at the rank of its system, and for some topics at the eleventh."""
    ranks = ranks or {}

    def find(question: str, mode: Mode, rerank: bool) -> list[Hit]:
        name = mode + "+rerank" * rerank
        number = int(question.split()[1])
        rank = 11 if number < worse and name == "hybrid+rerank" else ranks.get(name, 1)
        return [make_hit("x", document=f"d{number}" if place == rank else f"other{place}") for place in range(1, 13)]

    systems = evaluate(TOPICS, find, SharedScores(Counting()))
    return Evaluation("small", 40, "digest", systems, settings or {})


def saved(evaluation: Evaluation) -> Any:
    """Return what a file would hold after it was written and read."""
    return json.loads(json.dumps(evaluation.saved()))


def test_every_system_is_scored_on_all_topics() -> None:
    figures = run({"keyword": 4, "dense": 2}).as_json()
    assert (figures["dataset"], figures["documents"], figures["queries"]) == ("small", 40, 40)
    assert {system["name"]: system["mrr@10"] for system in figures["systems"]} == {
        **{"keyword": 0.25, "dense": 0.5},
        **dict.fromkeys(["hybrid", "dense+rerank", "hybrid+rerank"], 1.0),
    }
    assert set(figures) == {"dataset", "documents", "queries", "systems"}
    assert set(figures["systems"][0]) == {"name", *METRICS, "seconds_per_query", "interval"}
    assert figures["systems"][0]["interval"] == {m: [figures["systems"][0][m]] * 2 for m in METRICS}


def test_progress_counts_every_search() -> None:
    told: list[tuple[str, int, int]] = []
    evaluate(TOPICS[:2], lambda *_: [], SharedScores(Counting()), lambda *step: told.append(step))
    assert told == [(name, 2 * i + j, 10) for i, name in enumerate(SYSTEMS) for j in (1, 2)]


def test_a_pair_is_scored_once_with_the_same_result_and_its_time_is_counted_again() -> None:
    own = Counting()
    shared = SharedScores(own)
    texts = ["red car", "blue car", "red car"]
    first = shared.score("red", texts)
    assert shared.saved == 0
    second = shared.score("red", ["green car", *texts])
    assert own.read == ["red car", "blue car", "green car"]
    assert np.array_equal(first, WordReranker().score("red", texts))
    assert np.array_equal(second[1:], first)
    assert shared.saved > 0
    shared.score("blue", ["red car"])
    shared.forget()
    shared.score("blue", ["red car"])
    assert own.read[3:] == ["red car", "red car"]


def test_a_rerun_without_a_change_passes() -> None:
    comparisons = compare(run(), saved(run()), "before.json")
    assert len(comparisons) == len(SYSTEMS) * len(METRICS)
    assert {(c.now - c.before, c.chance, c.significant) for c in comparisons} == {(0.0, 1.0, False)}
    raise_drops(comparisons)


def test_a_drop_is_flagged_where_it_is_and_nowhere_else() -> None:
    comparisons = compare(run({"dense": 6}), saved(run()), "before.json")
    dropped = {(c.system, c.metric) for c in comparisons if c.dropped}
    assert dropped == {("dense", "ndcg@10"), ("dense", "mrr@10"), ("dense", "recall@5")}
    with pytest.raises(QualityDropped) as caught:
        raise_drops(comparisons)
    assert caught.value.message == "recall@5 of dense fell from 1.000 to 0.000, and 2 more figures."


def test_a_gain_is_significant_but_no_drop() -> None:
    comparisons = compare(run(), saved(run({"dense": 6})), "before.json")
    assert {c.system for c in comparisons if c.significant} == {"dense"}
    raise_drops(comparisons)


def test_a_drop_on_a_few_questions_may_be_chance() -> None:
    raise_drops(compare(run(worse=3), saved(run()), "before.json"))
    with pytest.raises(QualityDropped, match=r"fell from 1\.000 to 0\.700"):
        raise_drops(compare(run(worse=12), saved(run()), "before.json"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": None}, "before.json is not a saved evaluation."),
        ({"per_query": 3}, "before.json is not a saved evaluation."),
        ({"topics_sha256": "other"}, "before.json was measured with other questions: 40 of small."),
        ({"per_query": {}}, "before.json holds no ndcg@10 of keyword for every question."),
        ({"per_query": {"keyword": {"ndcg@10": {f"q{n}": "1" for n in range(40)}}}}, "before.json holds no ndcg@10"),
        ({"per_query": {"keyword": []}}, "before.json holds no ndcg@10 of keyword for every question."),
    ],
)
def test_a_file_that_cannot_be_compared_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        compare(run(), saved(run()) | change, "before.json")
    assert caught.value.message.startswith(message)
    assert caught.value.hint


def test_the_printed_object_has_no_values_of_single_questions_and_the_saved_one_has_all() -> None:
    evaluation = replace(
        run(settings={"k": 5}), systems=(SystemScores("dense", {m: {"q1": 1.0} for m in METRICS}, 0.5),)
    )
    assert "per_query" not in evaluation.as_json()
    assert saved(evaluation)["per_query"] == {"dense": {metric: {"q1": 1.0} for metric in METRICS}}
    assert saved(evaluation)["settings"] == {"k": 5}
