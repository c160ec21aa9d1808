"""`rag eval`, `calibrate`: how good search and answers are, and fitting the refusal of questions to a library."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rag_app.cli.options import (
    CandidatesOption,
    ConfigOption,
    JsonOption,
    LibraryOption,
    open_library,
    settings_for,
)
from rag_app.console.evaluation_figures import show_calibration, show_comparisons, show_evaluation, show_refusal
from rag_app.console.progress import counting, ingest_progress
from rag_app.console.screen import print_json

CollectionArgument = Annotated[
    Path | None, typer.Argument(metavar="PATH", help="A folder in the BEIR layout, or a file of questions.")
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Ask the first N only.")]
MakeOption = Annotated[
    Path | None,
    typer.Option("--make", metavar="FILE", help="Write questions on your documents into this file, then ask them."),
]
QuestionsOption = Annotated[
    int, typer.Option("--questions", min=1, max=10_000, metavar="N", help="How many --make writes.")
]
AnswersOption = Annotated[
    bool, typer.Option("--answers", help="Let each question be answered, too, and count the right ones.")
]
BaselineOption = Annotated[
    Path | None, typer.Option("--baseline", metavar="FILE", help="Compare with this earlier --output.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Save the figures, with those of each question.")
]
PlotOption = Annotated[Path | None, typer.Option("--plot", metavar="FILE.svg", help="Draw quality against seconds.")]


def evaluate(
    path: CollectionArgument = None,
    limit: LimitOption = None,
    candidates: CandidatesOption = None,
    make: MakeOption = None,
    questions: QuestionsOption = 50,
    answers: AnswersOption = False,
    baseline: BaselineOption = None,
    output: OutputOption = None,
    plot: PlotOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well search finds what it should, on a test collection or on your own documents.

    A line of a question file: {"question": "...", "document": "lease.pdf", "page": 2, "answer": "three months"}.
    With --baseline, a drop that is more than chance ends with exit code 1.

    Example: rag eval questions.jsonl --output before.json
    """
    from rag_app.evaluation.compare import raise_drops
    from rag_app.evaluation.run import Meter, Wish, fulfil

    wish = Wish(path, limit, candidates, make, questions, answers, baseline, output, plot)
    shown = not as_json
    meter = Meter(partial(ingest_progress, shown=shown), partial(counting, shown=shown))
    evaluation, comparisons, changed = fulfil(wish, settings_for(library, config_file), meter)
    if as_json:
        print_json(evaluation.as_json())
    else:
        show_evaluation(evaluation)
        if comparisons:
            show_comparisons(comparisons, changed)
    raise_drops(comparisons)


def calibrate(
    questions: Annotated[
        int, typer.Option("--questions", min=1, max=10_000, metavar="N", help="How many are made and asked.")
    ] = 40,
    reset: Annotated[bool, typer.Option("--reset", help="Forget the library's own calibration.")] = False,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit to your documents when a question is refused, and tell how often that is wrong.

    Questions are made about your documents and asked with and without the one that answers; each
    takes some ten seconds.

    Example: rag calibrate --questions 60
    """
    if reset:
        _reset_calibration(library, config_file, as_json)
        return
    with open_library(library, config_file) as opened, counting(shown=not as_json) as progress:
        report = opened.calibrate(questions, progress=progress)
    if as_json:
        print_json(report.as_json())
    else:
        show_calibration(report)


def _reset_calibration(library: Path | None, config_file: Path | None, as_json: bool) -> None:
    with open_library(library, config_file) as opened:
        opened.reset_calibration()
        state = opened.refusal()
    if as_json:
        print_json({"refusal": state.as_json()})
    else:
        show_refusal(state)
