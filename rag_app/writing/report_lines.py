"""What is said of each file of a run, and of all of them together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from operator import attrgetter
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.reports import DocumentReport, IngestReport

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ingest import Document, DocumentError, PassedOver
    from rag_app.reports import FileStatus
    from rag_app.types import StoredDocument

KEPT = "; the last text that could be read is kept"
_NO_TEXT = "no text found"
_MAY_BE_SCANS = f"{_NO_TEXT}: the pages may be scans"


def line(path: str, status: FileStatus, known: StoredDocument) -> DocumentReport:
    """Return the line of a file of which there is nothing more to say."""
    return DocumentReport(path, status, known.pages, known.pages_with_text, known.chunks)


def failed(path: str, problem: DocumentError, *, kept: bool = False) -> DocumentReport:
    """Return the line of a file that cannot be read; `kept`: the library holds an older text of it."""
    reason = problem.reason + KEPT if kept else problem.reason
    return DocumentReport(path, "failed", reason=reason, code=problem.code, hint=problem.hint)


def read(path: str, status: FileStatus, known: StoredDocument, document: Document) -> DocumentReport:
    """Return the line of a file that was read; one without text has a status of its own."""
    reason = "; ".join(document.warnings)
    if known.chunks:
        return replace(line(path, status, known), reason=reason or None)
    no_text = _MAY_BE_SCANS if PurePath(path).suffix.lower() == ".pdf" else _NO_TEXT
    return replace(line(path, "empty", known), reason=f"{no_text}; {reason}" if reason else no_text)


def renamed(path: str, known: StoredDocument, old: str) -> DocumentReport:
    """Return the line of a file that had another name."""
    return replace(line(path, "updated", known), reason=f"renamed from {old}", code="renamed", other=old)


def copied(path: str, status: FileStatus, known: StoredDocument, original: str) -> DocumentReport:
    """Return the line of a file whose content is that of another one."""
    reason = f"the same content as {original}"
    return replace(line(path, status, known), reason=reason, code="copy", other=original)


def report_of(
    reports: Sequence[DocumentReport],
    known: Collection[str],
    seconds: float,
    passed_over: Iterable[PassedOver] = (),
) -> IngestReport:
    """Count what became of the files; `known` are the documents that were there before."""
    kinds = Counter(_counted(report, known) for report in reports)
    return IngestReport(
        kinds["added"],
        kinds["updated"],
        kinds["unchanged"],
        kinds["removed"],
        kinds["failed"],
        round(seconds, 3),
        tuple(reports),
        tuple(sorted(passed_over, key=attrgetter("path"))),
    )


def _counted(report: DocumentReport, known: Collection[str]) -> FileStatus:
    if report.status != "empty":
        return report.status
    return "updated" if report.path in known else "added"
