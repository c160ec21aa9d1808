"""A problem as a person reads it: one message, one hint, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.console import screen
from rag_app.console.screen import clause_text, name_text
from rag_app.text import flat

if TYPE_CHECKING:
    from rag_app.reports import DocumentReport, IngestReport

_PROBLEM_LENGTH = 1000  # characters of a message or a hint
_PATH_LENGTH = 500


def show_error(message: str, hint: str) -> None:
    """Write one message and one hint to standard error."""
    from rich.text import Text

    problem = Text.assemble(("error: ", "bold red"), flat(message, _PROBLEM_LENGTH))
    advice = Text.assemble(("hint: ", "bold"), flat(hint, _PROBLEM_LENGTH))
    for line in (problem, advice):
        screen.console(error=True).print(line, soft_wrap=True)


def show_failures(report: IngestReport) -> None:
    """Write one message and one hint on the files that failed."""
    failed = [document for document in report.documents if document.status == "failed"]
    paths = len(report.documents)
    message = _failure_text(failed[0])
    if len(failed) > 1:
        message = f"{len(failed):,} of {paths:,} paths failed; the first: {message}"
    hints = _hints(failed)
    if len(failed) < paths:
        hints.append("The rest is done.")
    show_error(message, " ".join(hints))


def _failure_text(document: DocumentReport) -> str:
    path, reason = flat(document.path, _PATH_LENGTH), reason_text(document)
    return f"{path} {reason.rstrip('.')}."


def reason_text(document: DocumentReport) -> str:
    """Return why a file failed or needs attention, as the clause that goes on after its path."""
    path = name_text(document.path)
    reason = clause_text(document.reason or "")
    return reason.removeprefix(f"{path} ")


def _hints(failed: list[DocumentReport]) -> list[str]:
    """Return what to do about the files, each advice once; a general one for those that have none of their own."""
    own = [document.hint for document in failed if document.hint]
    hints = list(dict.fromkeys(own))
    if len(own) < len(failed):
        hints.append("Repair what failed, or leave it out.")
    return hints
