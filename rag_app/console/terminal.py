"""What the terminal shows: answers and their sources, tables, progress, errors; document text is only ever data."""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from rag_app.console.wrapping import Words, indented
from rag_app.text import CONTROL, clean, flat
from rag_app.types import COPY, RENAMED, WEAK_SUPPORT, Answer, Passages, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.console import Console
    from rich.text import Text

    from rag_app.evaluation.compare import Comparison, Evaluation
    from rag_app.types import (
        CalibrationReport,
        Citation,
        Diagnosis,
        DocumentReceipt,
        DocumentReport,
        Event,
        Hit,
        IngestReport,
        RebuildReport,
        RefusalState,
        RepairReport,
        Session,
        SessionTurn,
        VerifyReport,
    )
    from rag_app.writing.builder import Step

_UNPRINTABLE = re.compile(f"{CONTROL.pattern}|[\u200c\u200d\ud800-\udfff]")
_QUOTE = 300  # characters of a quote shown
_PREVIEW = 240
_REASON = 400
_LABEL = 60  # characters of a page's label or a heading
_NAME = 1000  # characters of a file's name or path
_WIDE = 10_000  # columns of a file or a pipe, where no line should be broken

NOT_COVERED = "Part of this answer is not covered by the quoted text."

_ADVICE = {  # by what stands in the reason of a failed file
    "password is needed": "Give the password of an encrypted PDF with --password.",
    "password is wrong": "Check the password.",
    "does not exist": "Check the path.",
    "not in the library": "List what is there with `rag documents`.",
}


@cache
def console(*, error: bool = False) -> Console:
    """Return the console of standard output, or of standard error."""
    from rich.console import Console

    width = None if error or sys.stdout.isatty() else _WIDE
    return Console(stderr=error, width=width, highlight=False, markup=False, emoji=False, soft_wrap=not error)


def json_line(value: Any) -> str:
    """Return JSON on one line, with what a terminal could act on, and what UTF-8 cannot hold, as escapes."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def show_error(message: str, hint: str) -> None:
    """Write one message and one hint to standard error."""
    from rich.text import Text

    out = console(error=True)
    out.print(Text.assemble(("error: ", "bold red"), flat(message, 1000)), soft_wrap=True)
    out.print(Text.assemble(("hint: ", "bold"), flat(hint, 1000)), soft_wrap=True)


def show_token(text: str) -> None:
    """Write a piece of an answer at once."""
    sys.stdout.write(clean(text))
    sys.stdout.flush()


def show_note(text: str) -> None:
    """Write a remark in a quiet colour."""
    from rich.text import Text

    console().print(Text(flat(text, 500), style="dim italic"))


def show_remark(text: str) -> None:
    """Write a remark to standard error."""
    print(flat(text, _NAME + _REASON), file=sys.stderr, flush=True)


def show_news(document: DocumentReport) -> None:
    """Write what became of one file, at once."""
    reason = f": {_reason(document)}" if document.reason else ""
    print(f"{document.status:<9} {flat(document.path, _NAME)}{reason}", flush=True)


def show_sources(citations: Sequence[Citation]) -> None:
    """Write each citation with its marker, document, page and quote."""
    from rich.text import Text

    for citation in citations:
        place = place_text(citation.document, citation.page, citation.page_label)
        weak = "  (weak support)" if citation.support is not None and citation.support < WEAK_SUPPORT else ""
        check = weak if citation.verified else "  (quote not found on the page)"
        check += "  (its last readable text)" if citation.stale else ""
        console().print(
            Text.assemble(
                (f"[{citation.marker}] ", "bold"),
                _link(flat(place, _NAME), citation.document, citation.page),
                (check, "yellow" if citation.verified else "red"),
            )
        )
        console().print(Text(indented(f"“{flat(citation.quote, _QUOTE)}”", 4, console().width), style="dim"))


def show_passages(hits: Sequence[Hit], *, scores: bool) -> None:
    """Write passages, best first."""
    from rich.text import Text

    for hit in hits:
        place = place_text(hit.document, hit.page, hit.page_label)
        score = f"  {hit.score:.2f}" if scores else ""
        hidden = "  holds text that the page hides" if hit.hidden_characters else ""
        link = _link(flat(place, _NAME), hit.document, hit.page)
        stale = f"  {flat(hit.stale, _REASON)}" if hit.stale else ""
        line = Text.assemble((f"{hit.rank}. ", "bold"), link, (score, "dim"), (hidden, "yellow"), (stale, "yellow"))
        console().print(line)
        console().print(Text(indented(flat(hit.text, _PREVIEW), 3, console().width), style="dim"))


def show_events(events: Iterator[Event]) -> Answer:
    """Write an answer while it comes, tell meanwhile what is done, and return it."""
    with waiting("searching"):
        event = next(events)
    assert isinstance(event, Passages)
    with waiting("reading"):
        event = next(events)
    words = Words(show_token, console().width)
    while not isinstance(event, Answer):
        if isinstance(event, Token):
            words.add(clean(event.text))
        event = next(events)
    words.end()
    return event


def show_answer_end(answer: Answer) -> None:
    """Write what follows a streamed answer: a note on its status, and its sources."""
    from rich.text import Text

    out = console()
    out.print()
    if answer.status == "partial":
        out.print(Text(NOT_COVERED, style="yellow"))
    show_notes(answer.notes)
    if answer.citations:
        out.print()
        show_sources(answer.citations)
    elif answer.passages:
        out.print(Text("\nThe nearest passages:", style="bold"))
        show_passages(answer.passages[:3], scores=False)


def show_notes(notes: Sequence[str]) -> None:
    """Write what is to be known of sources, a line each."""
    from rich.text import Text

    for note in notes:
        console().print(Text(flat(note, _NAME + _REASON), style="yellow"))


def show_turn(turn: SessionTurn) -> None:
    """Write a question of a session, its answer and sources."""
    from rich.text import Text

    answer = turn.answer
    console().print(Text(f"> {flat(answer.question, _NAME)}", style="bold"))
    if answer.standalone_question != answer.question:
        show_note(f"Understood as: {answer.standalone_question}")
    console().print(Text(indented(clean(answer.answer), 0, console().width)), end="")
    show_answer_end(answer)
    console().print()


def show_sessions(sessions: Sequence[Session]) -> None:
    """Write the name of each session, how many questions it has, and when it was used last."""
    if not sessions:
        print("No conversation is kept here yet. `rag chat` begins one.")
        return
    rows = [(session.name, f"{session.turns:,}", time_text(session.used)) for session in sessions]
    table(("session", "questions", "last used"), rows, right=(1,))


def time_text(seconds: float) -> str:
    """Return a time, in seconds since 1970, as local date and time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def show_report(report: IngestReport) -> None:
    """Write a summary of a run, then the files that need attention."""
    from rich.text import Text

    out = console()
    counts = {
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": report.failed,
    }
    new = [document for document in report.documents if document.status in {"added", "updated"}]
    passages = sum(document.chunks for document in new if not _is_stored_already(document))
    summary = ", ".join(f"{n} {name}" for name, n in counts.items() if n) or "nothing to do"
    out.print(f"{summary}; {passages:,} new passages in {report.seconds:.1f} s")
    for document in report.documents:
        if document.status == "failed":
            out.print(Text.assemble(("failed  ", "red"), f"{flat(document.path, _NAME)}: {_reason(document)}"))
        elif _is_stored_already(document):
            out.print(Text.assemble(("note    ", "dim"), f"{flat(document.path, _NAME)}: {_reason(document)}"))
        elif document.reason:
            out.print(Text.assemble(("warning ", "yellow"), f"{flat(document.path, _NAME)}: {_reason(document)}"))


def show_rebuild(report: RebuildReport, *, chosen: bool) -> None:
    """Write what a rebuild did, and how the embedder is chosen where the settings name another."""
    resumed = f" ({report.resumed:,} of them done before)" if report.resumed else ""
    print(
        f"{report.documents:,} documents{resumed}, {report.passages:,} passages embedded with {report.embedder} "
        f"in {report.seconds:.1f} s"
    )
    if not chosen:
        show_remark(f"From now on set RAG_EMBEDDER={shlex.quote(report.embedder)} for this library.")


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


def _is_stored_already(document: DocumentReport) -> bool:
    return (document.reason or "").startswith((COPY, RENAMED))


def show_verification(report: VerifyReport) -> None:
    """Write what was compared, and a line for each difference and each page that no question can reach."""
    from rich.text import Text

    from ingest import place_name

    out = console()
    found = "everything agrees" if report.ok else f"{len(report.differences):,} differences"
    out.print(
        f"{report.documents:,} documents, {report.pages:,} pages, {report.passages:,} passages, "
        f"{report.sampled:,} documents read again: {found} ({report.seconds:.1f} s)"
    )
    for difference in report.differences:
        what = f"{flat(difference.path, _NAME)}: {flat(difference.detail, _REASON)}"
        out.print(Text.assemble((f"{difference.kind:<12}", "red"), what))
    for page in report.unreachable:
        place = place_name(page.document, page.page, flat(page.page_label, _LABEL))
        what = f"{flat(page.document, _NAME)}, {place}: {flat(page.reason, _REASON)}"
        out.print(Text.assemble(("unread      ", "yellow"), what))
    for note in report.notes:
        out.print(Text.assemble(("note        ", "dim"), flat(note, _NAME + _REASON)))


def show_diagnosis(diagnosis: Diagnosis) -> None:
    """Write what was found, a line each, and then what to do."""
    from rich.text import Text

    out = console()
    for name, text in _findings(diagnosis):
        out.print(Text.assemble((f"{name:<10}", "bold"), flat(text, _NAME)))
    for item in diagnosis.advice:
        colour = "red" if item.serious else "yellow"
        what = f"{flat(item.problem, _NAME)} {flat(item.remedy, _REASON)}"
        out.print(Text.assemble(("to do     " if item.serious else "advice    ", colour), what))
    if not diagnosis.advice:
        out.print("Everything is in order.")


def show_repair(report: RepairReport) -> None:
    """Write what was done for a library, a line each, what is missing, and what to do next."""
    from rich.text import Text

    out = console()
    lines = [
        *(("done", "green", sentence) for sentence in report.done),
        *(("text only", "yellow", path) for path in report.texts),
        *(("lost", "red", path) for path in report.lost),
        *(("missing", "red", sentence) for sentence in report.missing),
        *(("next", "bold", sentence) for sentence in report.steps),
    ]
    for name, colour, text in lines:
        out.print(Text.assemble((f"{name:<10}", colour), flat(text, 4 * _NAME)))


def _findings(diagnosis: Diagnosis) -> Iterator[tuple[str, str]]:
    from datetime import datetime

    machine, library = diagnosis.machine, diagnosis.library
    features = f", with {', '.join(machine.features)}" if machine.features else ""
    yield (
        "machine",
        (
            f"{machine.system}, Python {machine.python}; {machine.usable_cores} of {machine.cores} cores{features}; "
            f"{bytes_text(machine.memory_available)} of {bytes_text(machine.memory)} memory available"
        ),
    )
    for disk in diagnosis.disks:
        yield "disk", f"{bytes_text(disk.free)} of {bytes_text(disk.total)} free for {disk.role}, {disk.path}"
    for model in diagnosis.models:
        state = "damaged" if model["problem"] else "verified" if model["verified"] else "not installed"
        yield "model", f"{model['role']} {model['name']}{' (chosen)' if model['chosen'] else ''}: {state}"
    if library:
        last = datetime.fromtimestamp(library.last_write).strftime("%Y-%m-%d %H:%M") if library.last_write else "never"
        yield (
            "library",
            (
                f"{library.documents:,} documents in {library.paths:,} files, {library.pages:,} pages, "
                f"{library.passages:,} passages, {bytes_text(library.bytes)}; last write {last}"
            ),
        )
        if library.index and library.index_recall is not None:
            found = f"{library.index_recall:.3f} of the true 50 nearest vectors found" * (library.index_recall < 1)
            yield "index", f"{library.index}: {found or 'all vectors compared'}"
        if library.refusal:
            yield "refusal", refusal_text(library.refusal)
        yield "writer", library.writer or "nobody is writing"


def show_receipt(receipt: DocumentReceipt) -> None:
    """Write what was read of each page, and a summary."""
    table(
        ("page", "label", "characters", "method", "confidence", "hidden", "passages", "remark"),
        [
            (
                *(str(page.page), page.page_label, f"{page.characters:,}", page.method),
                "" if page.confidence is None else f"{page.confidence:.2f}",
                *(f"{page.hidden:,}", str(page.passages), page.warning or ""),
            )
            for page in receipt.pages
        ],
        right=(0, 2, 4, 5, 6),
    )
    print(f"\n{receipt.passages:,} passages, {receipt.tokens_cut:,} tokens cut; SHA-256 {receipt.sha256}")
    for path in receipt.paths:
        print(flat(path, _NAME))
    for warning in receipt.warnings:
        print(f"warning: {flat(warning, _REASON)}")


def show_failures(report: IngestReport) -> None:
    """Write one message and one hint on the files that failed."""
    failed = [document for document in report.documents if document.status == "failed"]
    reasons = [_reason(document) for document in failed]
    message = f"{flat(failed[0].path, 500)} {reasons[0]}"
    if len(failed) > 1:
        message = f"{len(failed):,} of {len(report.documents):,} paths failed; the first: {message}"
    known = {reason: [text for words, text in _ADVICE.items() if words in reason] for reason in reasons}
    advice = list(dict.fromkeys(text for reason in reasons for text in known[reason]))
    if not all(known.values()):
        advice.append("Repair what failed, or leave it out.")
    if len(failed) < len(report.documents):
        advice.append("The rest is done.")
    show_error(f"{message.rstrip('.')}.", " ".join(advice))


def _reason(document: DocumentReport) -> str:
    """Return why a file failed or needs attention, as the clause that goes on after its path."""
    return flat(document.reason or "", _REASON).removeprefix(f"{flat(document.path, _NAME)} ")


def table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> None:
    """Write a plain table; the columns in `right` hold figures."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column, heading in enumerate(headings):
        drawn.add_column(heading, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(flat(cell, _NAME)) for cell in row))
    console().print(drawn, soft_wrap=False)


def show_evaluation(evaluation: Evaluation) -> None:
    """Write a line for each system: each figure with its 95 % interval."""
    figures = evaluation.as_json()
    metrics = list(figures["systems"][0]["interval"])
    print(f"{flat(figures['dataset'], _LABEL)}: {figures['documents']:,} documents, {figures['queries']:,} questions\n")
    table(
        ("system", *metrics, "s/question"),
        [
            (
                system["name"],
                *("{:.3f} [{:.3f}, {:.3f}]".format(system[m], *system["interval"][m]) for m in metrics),
                f"{system['seconds_per_query']:.3f}",
            )
            for system in figures["systems"]
        ],
        right=range(1, len(metrics) + 2),
    )
    if answers := figures.get("answers"):
        low, high = answers["interval"]
        print(f"\nright answers: {answers['right']:.3f} [{low:.3f}, {high:.3f}] of {answers['questions']:,}")
        if answers["unanswerable"]:
            print(f"refused: {answers['refused']:.3f} of {answers['unanswerable']:,} without an answer")


def show_comparisons(comparisons: Sequence[Comparison], changed: Sequence[str]) -> None:
    """Write the differences to an earlier run, and which of them are more than chance."""
    print()
    for line in changed:
        print(f"changed setting: {flat(line, _REASON)}")
    table(
        ("system", "metric", "before", "now", "difference", "p", ""),
        [
            (
                *(c.system, c.metric, f"{c.before:.3f}", f"{c.now:.3f}", f"{c.now - c.before:+.3f}"),
                *(f"{c.chance:.4f}", ("worse" if c.dropped else "better") if c.significant else ""),
            )
            for c in comparisons
        ],
        right=(2, 3, 4, 5),
    )


@contextmanager
def ingest_progress(*, shown: bool) -> Iterator[Callable[[Step], None] | None]:
    """Draw files, pages, passages per second and the time left on standard error, where that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}", markup=False),
        console=console(error=True),
        transient=True,
    )
    with bar:
        files = bar.add_task("files", speed="")
        passages = bar.add_task("passages", visible=False, speed="")
        begun = time.monotonic()

        def step(now: Step) -> None:
            name = flat(PurePath(now.path).name, 40)
            speed = speed_text(now, time.monotonic() - begun)
            bar.update(files, completed=now.files_done, total=now.files, description=name, speed=speed)
            bar.update(passages, completed=now.passages_done, total=now.passages or None, visible=now.passages > 0)

        yield step


def speed_text(now: Step, seconds: float) -> str:
    """Return how many pages and passages a run has done, how fast, and how long the rest will take."""
    if not now.embedded or seconds <= 0:
        return f"{now.pages:,} pages" if now.pages else ""
    text = f"{now.pages:,} pages, {now.embedded / seconds:,.0f} passages/s"
    part = now.passages_done / now.passages if now.passages else 0.0
    done = now.bytes_done + part * now.bytes_now
    if done <= 0 or done >= now.bytes:
        return text
    left = round(seconds * (now.bytes - done) / done)
    hours, minutes = divmod(left // 60, 60)
    return f"{text}, {hours}:{minutes:02}:{left % 60:02} left"


@contextmanager
def fetch_progress(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Draw the bytes and the time left of each model on standard error; a line a model where that is no terminal."""
    if not shown:
        yield lambda _name, _done, _total: None
        return
    if not sys.stderr.isatty():
        yield _announcer()
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console(error=True),
    )
    tasks: dict[str, Any] = {}
    with bar:

        def step(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield step


def _announcer() -> Callable[[str, int, int], None]:
    announced: set[tuple[str, int]] = set()

    def step(name: str, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 0
        if (name, tenth) not in announced:
            announced.add((name, tenth))
            print(f"{name}: {done / 1e6:,.0f} of {total / 1e6:,.0f} MB", file=sys.stderr, flush=True)

    return step


@contextmanager
def counting(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Draw how many of something are done and the time left on standard error, where that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield lambda _name, _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(error=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda name, done, total: bar.update(task, description=name, completed=done, total=total)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that something takes a moment, on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    with console(error=True).status(what):
        yield


@contextmanager
def nothing() -> Iterator[None]:
    """Show nothing."""
    yield


def place_text(document: str, page: int, label: str) -> str:
    """Return the name of a document and where in it a passage stands."""
    from ingest import place_name

    place = place_name(document, page, flat(label, _LABEL))
    return f"{PurePath(document).name}, {place}" if place else PurePath(document).name


def _link(text: str, document: str, page: int) -> Text:
    """Return text that opens the document at the page, in terminals that can."""
    from rich.style import Style
    from rich.text import Text

    return Text(text, style=Style(link=file_link(document, page)))


def file_link(document: str, page: int) -> str:
    """Return the address of a page of a file; it has no character that a terminal or program could act on."""
    target = Path(document).as_posix().encode("utf-8", "surrogateescape")
    return f"file://{quote(target)}#page={page}"


def show_link(document: str, page: int) -> None:
    """Write the address of a page of a file, as a link in terminals that can."""
    address = file_link(document, page)
    console().print(_link(address, document, page))


def bytes_text(size: int) -> str:
    """Return a size for people."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
