"""The figures of `rag eval` and `rag calibrate`: how good search and answers are, before and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rag_app.console.screen import clause_text, label_text, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.evaluation.compare import Comparison, Evaluation
    from rag_app.reports import CalibrationReport, RefusalState


def show_evaluation(evaluation: Evaluation) -> None:
    """Write a line for each system: each figure with its 95 % interval."""
    figures = evaluation.as_json()
    systems = figures["systems"]
    measures = list(systems[0]["interval"])
    dataset, documents, questions = label_text(figures["dataset"]), figures["documents"], figures["queries"]
    print(f"{dataset}: {documents:,} documents, {questions:,} questions\n")
    table(
        ("system", *measures, "s/question"),
        [_system_row(system, measures) for system in systems],
        right=range(1, len(measures) + 2),
    )
    if "answers" in figures:
        _show_answers(figures["answers"])


def _system_row(system: dict[str, Any], measures: Sequence[str]) -> list[str]:
    row = [system["name"]]
    for measure in measures:
        interval = system["interval"][measure]
        row.append(_with_interval(system[measure], interval))
    seconds = system["seconds_per_query"]
    return [*row, f"{seconds:.3f}"]


def _show_answers(answers: dict[str, Any]) -> None:
    right = _with_interval(answers["right"], answers["interval"])
    questions = answers["questions"]
    print(f"\nright answers: {right} of {questions:,}")
    unanswerable = answers["unanswerable"]
    if unanswerable:
        refused = answers["refused"]
        print(f"refused: {refused:.3f} of {unanswerable:,} without an answer")


def _with_interval(value: float, interval: Sequence[float]) -> str:
    low, high = interval
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def show_comparisons(comparisons: Sequence[Comparison], changed: Sequence[str]) -> None:
    """Write the differences to an earlier run, and which of them are more than chance."""
    print()
    for setting in changed:
        print(f"changed setting: {clause_text(setting)}")
    table(
        ("system", "metric", "before", "now", "difference", "p", ""),
        [_comparison_row(comparison) for comparison in comparisons],
        right=(2, 3, 4, 5),
    )


def _comparison_row(comparison: Comparison) -> tuple[str, ...]:
    before, now = comparison.before, comparison.now
    verdict = ""
    if comparison.significant:
        verdict = "worse" if comparison.dropped else "better"
    return (
        comparison.system,
        comparison.metric,
        f"{before:.3f}",
        f"{now:.3f}",
        f"{now - before:+.3f}",
        f"{comparison.chance:.4f}",
        verdict,
    )


def show_calibration(report: CalibrationReport) -> None:
    """Write what a calibration found, and what the program's own errs in on the same questions."""
    show_refusal(report.refusal)
    if report.changed:
        print(
            f"Before: {report.before_refused:.0%} of the answerable questions refused, "
            f"{report.before_answered:.0%} of the others answered."
        )
    else:
        print("The weights that come with the program err no more often, and are kept.")


def show_refusal(state: RefusalState) -> None:
    """Write by what it is decided whether the documents answer."""
    print(f"Refusal is {refusal_text(state)}.")


def refusal_text(state: RefusalState) -> str:
    """Return by what it is decided whether the documents answer, and how often that is expected to be wrong."""
    whose = "calibrated on this library" if state.own else "calibrated as the program comes"
    if not state.fits:
        return "not calibrated for the models that are chosen: the generator's check decides alone"
    return (
        f"{whose}; of {state.questions:,} questions, {state.wrongly_refused:.0%} of the answerable ones were "
        f"refused and {state.wrongly_answered:.0%} of the others answered"
    )
