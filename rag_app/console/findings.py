"""What `rag doctor` has found, line by line: the machine, disks, models and library, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.console.amounts import bytes_text, time_text
from rag_app.console.evaluation_figures import refusal_text
from rag_app.console.screen import clause_text, name_text, show_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag_app.reports import Diagnosis, LibraryState, MachineState

    Finding = tuple[str, str]
    """What it is about, and what was found."""


def show_diagnosis(diagnosis: Diagnosis) -> None:
    """Write what was found, a line each, and then what to do."""
    for name, text in _findings(diagnosis):
        column = f"{name:<10}"
        show_line((column, "bold"), name_text(text))
    for item in diagnosis.advice:
        heading = ("to do     ", "red") if item.serious else ("advice    ", "yellow")
        problem, remedy = name_text(item.problem), clause_text(item.remedy)
        show_line(heading, f"{problem} {remedy}")
    if not diagnosis.advice:
        show_line("Everything is in order.")


def _findings(diagnosis: Diagnosis) -> Iterator[Finding]:
    yield "machine", _machine_text(diagnosis.machine)
    for disk in diagnosis.disks:
        free, total = bytes_text(disk.free), bytes_text(disk.total)
        yield "disk", f"{free} of {total} free for {disk.role}, {disk.path}"
    for model in diagnosis.models:
        yield "model", _model_text(model)
    if diagnosis.library:
        yield from _library_findings(diagnosis.library)


def _machine_text(machine: MachineState) -> str:
    cores = f"{machine.usable_cores} of {machine.cores} cores"
    if machine.features:
        features = ", ".join(machine.features)
        cores += f", with {features}"
    available, memory = bytes_text(machine.memory_available), bytes_text(machine.memory)
    return f"{machine.system}, Python {machine.python}; {cores}; {available} of {memory} memory available"


def _model_text(model: dict[str, object]) -> str:
    chosen = " (chosen)" if model["chosen"] else ""
    state = _model_state(model)
    return f"{model['role']} {model['name']}{chosen}: {state}"


def _model_state(model: dict[str, object]) -> str:
    if model["problem"]:
        return "damaged"
    return "verified" if model["verified"] else "not installed"


def _library_findings(library: LibraryState) -> Iterator[Finding]:
    last = time_text(library.last_write) if library.last_write else "never"
    yield (
        "library",
        f"{library.documents:,} documents in {library.paths:,} files, {library.pages:,} pages, "
        f"{library.passages:,} passages, {bytes_text(library.bytes)}; last write {last}",
    )
    if library.index and library.index_recall is not None:
        yield "index", f"{library.index}: {_recall_text(library.index_recall)}"
    if library.refusal:
        yield "refusal", refusal_text(library.refusal)
    yield "writer", library.writer or "nobody is writing"


def _recall_text(recall: float) -> str:
    if recall < 1:
        return f"{recall:.3f} of the true 50 nearest vectors found"
    return "all vectors compared"
