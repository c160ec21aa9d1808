from __future__ import annotations

from typing import TYPE_CHECKING

from shown import plain

from rag_app.console.problems import show_error, show_failures
from rag_app.reports import DocumentReport, IngestReport

if TYPE_CHECKING:
    from shown import Screen


def test_an_error_is_one_message_and_one_hint_on_standard_error(screens: tuple[Screen, Screen]) -> None:
    show_error("Bad \x1b[2Jname\nof a file.", "Rename it.")
    out, error = screens
    assert out.getvalue() == ""
    assert plain(error.getvalue()) == "error: Bad [2Jname of a file.\nhint: Rename it.\n"


def test_a_long_error_is_not_wrapped(screens: tuple[Screen, Screen]) -> None:
    show_error("word " * 100, "hint " * 100)
    assert plain(screens[1].getvalue()).count("\n") == 2


def test_failures_become_one_message_with_the_hint_that_fits(screens: tuple[Screen, Screen]) -> None:
    failed = DocumentReport("/a.pdf", "failed", reason="does not exist", hint="Check the path.")
    show_failures(IngestReport(failed=1, documents=(failed,)))
    show_failures(IngestReport(failed=2, documents=(failed, DocumentReport("/b.pdf", "failed", reason="bad"))))
    show_failures(IngestReport(1, failed=1, documents=(failed, DocumentReport("/c.pdf", "added"))))
    assert plain(screens[1].getvalue()).splitlines() == [
        "error: /a.pdf does not exist.",
        "hint: Check the path.",
        "error: 2 of 2 paths failed; the first: /a.pdf does not exist.",
        "hint: Check the path. Repair what failed, or leave it out.",
        "error: /a.pdf does not exist.",
        "hint: Check the path. The rest is done.",
    ]
