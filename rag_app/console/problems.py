"""A problem as a person reads it: one message, one hint, on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.console import screen
from rag_app.console.screen import NAME_LENGTH, REASON_LENGTH
from rag_app.text import flat

if TYPE_CHECKING:
    from rag_app.types import DocumentReport, IngestReport

_PROBLEM_LENGTH = 1000  # characters of a message or a hint
_PATH_LENGTH = 500


def show_error(message: str, hint: str) -> None:
    """Write one message and one hint to standard error."""
    from rich.text import Text

    out = screen.console(error=True)
    out.print(Text.assemble(("error: ", "bold red"), flat(message, _PROBLEM_LENGTH)), soft_wrap=True)
    out.print(Text.assemble(("hint: ", "bold"), flat(hint, _PROBLEM_LENGTH)), soft_wrap=True)


def show_failures(report: IngestReport) -> None:
    """Write one message and one hint on the files that failed."""
    failed = [document for document in report.documents if document.status == "failed"]
    message = f"{flat(failed[0].path, _PATH_LENGTH)} {reason_text(failed[0])}"
    if len(failed) > 1:
        message = f"{len(failed):,} of {len(report.documents):,} paths failed; the first: {message}"
    hints = _hints(failed)
    if len(failed) < len(report.documents):
        hints.append("The rest is done.")
    show_error(f"{message.rstrip('.')}.", " ".join(hints))


def reason_text(document: DocumentReport) -> str:
    """Return why a file failed or needs attention, as the clause that goes on after its path."""
    path = flat(document.path, NAME_LENGTH)
    reason = flat(document.reason or "", REASON_LENGTH)
    return reason.removeprefix(f"{path} ")


def _hints(failed: list[DocumentReport]) -> list[str]:
    """Return what to do about the files, each advice once; a general one for those that have none of their own."""
    own = [document.hint for document in failed if document.hint]
    hints = list(dict.fromkeys(own))
    if len(own) < len(failed):
        hints.append("Repair what failed, or leave it out.")
    return hints
