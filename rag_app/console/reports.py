"""What a run did to a library, or found in it: files, a rebuild, a check, a repair, what was read of a document."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from rag_app.console.amounts import count_text
from rag_app.console.problems import reason_text
from rag_app.console.screen import clause_text, label_text, name_text, note_text, show_line, show_remark, table
from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rag_app.reports import (
        DocumentReceipt,
        DocumentReport,
        IngestReport,
        PageReceipt,
        RebuildReport,
        RepairReport,
        Unreachable,
        VerifyReport,
    )

_STORED_BEFORE = frozenset({"renamed", "copy"})  # codes of files whose content the library held already
_MOST_PASSED = 20  # lines
_SENTENCE_LENGTH = 4000  # characters, for several names
_COUNTS = ("added", "updated", "unchanged", "removed", "failed")  # fields of a report, as they are named


def show_news(document: DocumentReport) -> None:
    """Write what became of one file, at once."""
    line = f"{document.status:<9} {name_text(document.path)}"
    if document.reason:
        line += f": {reason_text(document)}"
    print(line, flush=True)


def show_report(report: IngestReport) -> None:
    """Write a summary of a run, then the files that need attention, then what was passed over."""
    summary = _summary(report)
    passages = _new_passages(report.documents)
    show_line(f"{summary}; {passages:,} new passages in {report.seconds:.1f} s")
    for document in report.documents:
        if document.reason:
            name, reason = name_text(document.path), reason_text(document)
            show_line(_heading(document), f"{name}: {reason}")
    for passed in report.passed_over[:_MOST_PASSED]:
        show_line(("passed  ", "dim"), f"{name_text(passed.path)}: {clause_text(passed.reason)}")
    more = len(report.passed_over) - _MOST_PASSED
    if more > 0:
        show_line(("passed  ", "dim"), f"{more:,} more; `--json` names them all")


def _summary(report: IngestReport) -> str:
    parts = []
    for name in _COUNTS:
        count = getattr(report, name)
        if count:
            parts.append(f"{count} {name}")
    return ", ".join(parts) or "nothing to do"


def _new_passages(documents: Iterable[DocumentReport]) -> int:
    """Return how many passages were made; those of a renamed file or of a copy were there before."""
    made = 0
    for document in documents:
        if document.status in {"added", "updated"} and document.code not in _STORED_BEFORE:
            made += document.chunks
    return made


def _heading(document: DocumentReport) -> tuple[str, str]:
    """Return what is written before a file that is not simply there now, and its colour."""
    if document.status == "failed":
        return "failed  ", "red"
    if document.code in _STORED_BEFORE:
        return "note    ", "dim"
    return "warning ", "yellow"


def show_rebuild(report: RebuildReport, *, chosen: bool) -> None:
    """Write what a rebuild did, and how the embedder is chosen where the settings name another."""
    resumed = f" ({report.resumed:,} of them done before)" if report.resumed else ""
    print(
        f"{report.documents:,} documents{resumed}, {report.passages:,} passages embedded with {report.embedder} "
        f"in {report.seconds:.1f} s"
    )
    if not chosen:
        show_remark(f"From now on set RAG_EMBEDDER={shlex.quote(report.embedder)} for this library.")


def show_verification(report: VerifyReport) -> None:
    """Write what was compared, and a line for each difference and each page that no question can reach."""
    found = "everything agrees" if report.ok else count_text(len(report.differences), "difference")
    show_line(
        f"{report.documents:,} documents, {report.pages:,} pages, {report.passages:,} passages, "
        f"{report.sampled:,} documents read again: {found} ({report.seconds:.1f} s)"
    )
    for difference in report.differences:
        heading = f"{difference.kind:<12}"
        path, detail = name_text(difference.path), clause_text(difference.detail)
        show_line((heading, "red"), f"{path}: {detail}")
    for page in report.unreachable:
        show_line(("unread      ", "yellow"), _unread_page(page))
    for note in report.notes:
        show_line(("note        ", "dim"), note_text(note))


def _unread_page(page: Unreachable) -> str:
    from ingest import place_name

    place = place_name(page.document, page.page, label_text(page.page_label))
    whole = ", ".join(part for part in (name_text(page.document), place) if part)
    return f"{whole}: {clause_text(page.reason)}"


def show_repair(report: RepairReport) -> None:
    """Write what was done for a library, a line each, what is missing, and what to do next."""
    _show_each(report.done, "done", "green")
    _show_each(report.texts, "text only", "yellow")
    _show_each(report.lost, "lost", "red")
    _show_each(report.missing, "missing", "red")
    _show_each(report.steps, "next", "bold")


def _show_each(texts: Iterable[str], heading: str, style: str) -> None:
    column = f"{heading:<10}"
    for text in texts:
        show_line((column, style), flat(text, _SENTENCE_LENGTH))


def show_receipt(receipt: DocumentReceipt) -> None:
    """Write what was read of each page, and a summary."""
    table(
        ("page", "label", "characters", "method", "confidence", "hidden", "passages", "remark"),
        [_page_row(page) for page in receipt.pages],
        right=(0, 2, 4, 5, 6),
    )
    cut = count_text(receipt.tokens_cut, "token")
    print(f"\n{count_text(receipt.passages, 'passage')}, {cut} cut; SHA-256 {receipt.sha256}")
    for path in receipt.paths:
        print(name_text(path))
    for warning in receipt.warnings:
        print(f"warning: {clause_text(warning)}")
    for note in receipt.notes:
        print(f"note: {clause_text(note)}")


def _page_row(page: PageReceipt) -> tuple[str, ...]:
    return (
        str(page.page),
        page.page_label,
        f"{page.characters:,}",
        page.method,
        "" if page.confidence is None else f"{page.confidence:.2f}",
        f"{page.hidden:,}",
        str(page.passages),
        page.warning or "",
    )
