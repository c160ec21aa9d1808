"""How well search finds what it should: every system on every topic, and the difference to an earlier run."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rag_app.errors import QualityDropped, UsageError
from rag_app.evaluation.measures import METRICS, chances, interval, mean, per_query
from rag_app.text import holds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rag_app.evaluation.measures import PerQuery
    from rag_app.evaluation.questions import Question, Topic
    from rag_app.models.shared_scores import SharedScores
    from rag_app.types import Answer, Hit, Mode

    Find = Callable[[str, Mode, bool], Sequence[Hit]]

SYSTEMS: dict[str, tuple[Mode, bool]] = {
    "keyword": ("keyword", False),
    "dense": ("dense", False),
    "hybrid": ("hybrid", False),
    "dense+rerank": ("dense", True),
    "hybrid+rerank": ("hybrid", True),
}
LEVEL = 0.05  # chance of calling a run worse that is not, over all its comparisons together
_FORMAT = 1  # of saved files


@dataclass(frozen=True, slots=True)
class SystemScores:
    """One system on all topics."""

    name: str
    values: PerQuery
    seconds_per_query: float

    def as_json(self) -> dict[str, Any]:
        """Return means and intervals."""
        return {
            "name": self.name,
            **{metric: round(mean(self.values[metric]), 4) for metric in METRICS},
            "seconds_per_query": round(self.seconds_per_query, 4),
            "interval": {metric: [round(x, 4) for x in interval(self.values[metric])] for metric in METRICS},
        }


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """What became of the questions whose answers are known."""

    right: Mapping[str, float]  # id of each question with an answer: 1 where the answer holds it
    refused: Mapping[str, float]  # id of each question without an answer: 1 where it was refused

    def as_json(self) -> dict[str, Any]:
        """Return the shares, with the interval of the first."""
        return {
            "questions": len(self.right),
            "right": round(mean(self.right), 4),
            "interval": [round(x, 4) for x in interval(self.right)],
            "unanswerable": len(self.refused),
            "refused": round(mean(self.refused), 4),
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run over one dataset."""

    dataset: str
    documents: int
    digest: str  # of the topics; runs of different topics cannot be compared
    systems: tuple[SystemScores, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)  # that the figures depend on
    answers: AnswerScores | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the figures."""
        queries = len(self.systems[0].values[METRICS[0]])
        figures = {"dataset": self.dataset, "documents": self.documents, "queries": queries}
        figures |= {"systems": [system.as_json() for system in self.systems]}
        return figures | ({"answers": self.answers.as_json()} if self.answers else {})

    def saved(self) -> dict[str, Any]:
        """Return the figures with all that a later run needs to be compared with this one."""
        return self.as_json() | {
            "format": _FORMAT,
            "topics_sha256": self.digest,
            "settings": dict(self.settings),
            "per_query": {system.name: system.values for system in self.systems},
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric of one system, before and now."""

    system: str
    metric: str
    before: float
    now: float
    chance: float  # of a difference so large anywhere in the run where nothing has changed

    @property
    def significant(self) -> bool:
        """Tell whether it is more than chance, with all comparisons of the run taken together."""
        return self.chance <= LEVEL

    @property
    def dropped(self) -> bool:
        """Tell whether it is worse, beyond chance."""
        return self.significant and self.now < self.before


def evaluate(
    topics: Sequence[Topic],
    find: Find,
    scores: SharedScores,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[SystemScores, ...]:
    """Ask every system every topic.

    Args:
        topics: at least one.
        find: a question, the first stage's mode and whether to rerank, to passages, best first.
        scores: the cross-encoder that `find` uses; the time that it saves is added to the time taken.
        progress: told the system, how many searches are done and how many there are.
    """
    find(topics[0].text, *SYSTEMS["hybrid+rerank"])  # loads the models and warms them
    scores.forget()
    relevant = {topic.id: topic.relevant for topic in topics}
    results, done = [], 0
    for name, (mode, rerank) in SYSTEMS.items():
        rankings, seconds = {}, 0.0
        for topic in topics:
            begun, saved = perf_counter(), scores.saved
            hits = find(topic.text, mode, rerank)
            seconds += perf_counter() - begun + scores.saved - saved
            rankings[topic.id] = topic.rank(hits)
            done += 1
            if progress:
                progress(name, done, len(SYSTEMS) * len(topics))
        results.append(SystemScores(name, per_query(relevant, rankings), seconds / len(topics)))
    return tuple(results)


def grade_answers(
    questions: Mapping[str, Question],
    ask: Callable[[str], Answer],
    progress: Callable[[str, int, int], None] | None = None,
) -> AnswerScores:
    """Ask the questions whose answers are known, and look for one of these in each answer."""
    right, refused = {}, {}
    for done, (key, question) in enumerate(questions.items(), 1):
        answer = ask(question.text)
        if question.answers:
            said = any(holds(answer.answer, known) for known in question.answers)
            right[key] = float(answer.status != "not_found" and said)
        else:
            refused[key] = float(answer.status == "not_found")
        if progress:
            progress("answers", done, len(questions))
    return AnswerScores(right, refused)


def compare(now: Evaluation, baseline: Mapping[str, Any], name: str) -> list[Comparison]:
    """Compare a run with the saved one of the same topics, query by query.

    Args:
        now: the run.
        baseline: what `Evaluation.saved` has returned.
        name: of its file.

    Raises:
        UsageError: it holds no saved run, or one of other topics.
    """
    if baseline.get("format") != _FORMAT or not isinstance(baseline.get("per_query"), dict):
        raise UsageError(
            f"{name} is not a saved evaluation.",
            hint="Save one with `rag eval ... --output FILE`, and compare with that.",
        )
    if baseline.get("topics_sha256") != now.digest:
        raise UsageError(
            f"{name} was measured with other questions: {baseline.get('queries')} of {baseline.get('dataset')}.",
            hint="Compare runs over the same dataset with the same --limit.",
        )
    pairs = [
        (
            system.name,
            metric,
            _values(baseline, system.name, metric, system.values[metric], name),
            system.values[metric],
        )
        for system in now.systems
        for metric in METRICS
    ]
    found = chances([(before, after) for _, _, before, after in pairs])
    return [
        Comparison(system, metric, mean(before), mean(after), p)
        for (system, metric, before, after), p in zip(pairs, found, strict=True)
    ]


def raise_drops(comparisons: Sequence[Comparison]) -> None:
    """Raise QualityDropped where anything is worse, beyond chance."""
    drops = [comparison for comparison in comparisons if comparison.dropped]
    if not drops:
        return
    worst = min(drops, key=lambda drop: drop.now - drop.before)
    more = f", and {len(drops) - 1} more figures" if len(drops) > 1 else ""
    raise QualityDropped(
        f"{worst.metric} of {worst.system} fell from {worst.before:.3f} to {worst.now:.3f}{more}.",
        hint="Undo what has changed since the baseline, or save a new one with --output.",
    )


def _values(
    baseline: Mapping[str, Any], system: str, metric: str, now: Mapping[str, float], name: str
) -> Mapping[str, float]:
    saved = baseline["per_query"].get(system)
    values = saved.get(metric) if isinstance(saved, dict) else None
    if not isinstance(values, dict) or values.keys() != now.keys() or not all(map(_is_share, values.values())):
        raise UsageError(
            f"{name} holds no {metric} of {system} for every question.", hint="Save the baseline again with --output."
        )
    return values


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1
