from __future__ import annotations

from typing import TYPE_CHECKING

from shown import plain

from ingest import PassedOver
from rag_app.console.reports import show_report, show_verification
from rag_app.reports import Difference, DocumentReport, IngestReport, Unreachable, VerifyReport

if TYPE_CHECKING:
    from shown import Screen


def test_a_report_counts_and_then_names_the_files_that_need_attention(screens: tuple[Screen, Screen]) -> None:
    documents = (
        DocumentReport("/a.pdf", "added", 2, 2, 1200),
        DocumentReport("/b.pdf", "unchanged", 2, 2, 5),
        DocumentReport("/c.pdf", "failed", reason="is \x1bempty"),
        DocumentReport("/d.pdf", "empty", 1, 0, 0, "no text found"),
    )
    show_report(IngestReport(2, 0, 1, 0, 1, 1.25, documents))
    assert plain(screens[0].getvalue()) == (
        "2 added, 1 unchanged, 1 failed; 1,200 new passages in 1.2 s\n"
        "failed  /c.pdf: is empty\n"
        "warning /d.pdf: no text found\n"
    )


def test_a_report_of_nothing_says_that_there_is_nothing_to_do(screens: tuple[Screen, Screen]) -> None:
    show_report(IngestReport())
    assert plain(screens[0].getvalue()) == "nothing to do; 0 new passages in 0.0 s\n"


def test_what_was_passed_over_is_named_up_to_twenty_lines(screens: tuple[Screen, Screen]) -> None:
    passed = tuple(PassedOver(f"/f{n:02}.xyz", "is not a type that can be read: .xyz") for n in range(23))
    show_report(IngestReport(passed_over=passed[:1]))
    assert plain(screens[0].getvalue()).splitlines()[1:] == ["passed  /f00.xyz: is not a type that can be read: .xyz"]
    show_report(IngestReport(passed_over=passed))
    lines = plain(screens[0].getvalue()).splitlines()[3:]
    assert len(lines) == 21
    assert lines[-1] == "passed  3 more; `--json` names them all"


def test_a_renamed_file_or_a_copy_is_a_note_and_no_warning(screens: tuple[Screen, Screen]) -> None:
    documents = (
        DocumentReport("/a.pdf", "updated", 2, 2, 5, "renamed from /b.pdf", "renamed"),
        DocumentReport("/c.pdf", "added", 2, 2, 5, "the same content as /a.pdf", "copy"),
    )
    show_report(IngestReport(1, 1, 0, 0, 0, 1.0, documents))
    assert plain(screens[0].getvalue()).splitlines()[1:] == [
        "note    /a.pdf: renamed from /b.pdf",
        "note    /c.pdf: the same content as /a.pdf",
    ]


def test_what_cannot_be_reached_is_told_with_its_place_where_the_file_has_places(
    screens: tuple[Screen, Screen],
) -> None:
    differences = (Difference("missing", "/a.pdf", "the file is gone"),)
    unreachable = (Unreachable("/b.html", 1, "", "no text"), Unreachable("/c.pdf", 2, "2", "no text"))
    show_verification(VerifyReport(False, 9, 9, 9, 1, differences, unreachable, (), 1.0))
    first, *lines = plain(screens[0].getvalue()).splitlines()
    assert ": 1 difference (" in first
    assert lines == [
        "missing     /a.pdf: the file is gone",
        "unread      /b.html: no text",
        "unread      /c.pdf, page 2: no text",
    ]
