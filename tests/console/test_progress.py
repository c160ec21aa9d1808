from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shown import plain

from rag_app.console.progress import fetch_progress, ingest_progress, speed_text
from rag_app.writing.builder import Step

if TYPE_CHECKING:
    from shown import Screen


def test_progress_is_silent_where_standard_error_is_no_terminal() -> None:
    with ingest_progress(shown=True) as step:
        assert step is None
    with ingest_progress(shown=False) as step:
        assert step is None


def test_progress_of_reading_is_drawn_on_a_terminal(
    screens: tuple[Screen, Screen], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr", screens[1])
    with ingest_progress(shown=True) as step:
        assert step is not None
        step(Step("/files/a\x1b[2J.pdf", 1, 2, 3, 4))
    shown = plain(screens[1].getvalue())
    assert "a[2J.pdf" in shown
    assert "1/2" in shown
    assert screens[0].getvalue() == ""


def test_a_fetch_into_a_pipe_says_a_line_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with fetch_progress(shown=True) as step:
        for done in range(0, 101, 5):
            step("model", done * 1_000_000, 100_000_000)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["model: 0 of 100 MB", "model: 10 of 100 MB"]
    assert len(lines) == 11


def test_a_fetch_that_is_not_shown_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with fetch_progress(shown=False) as step:
        step("model", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step("/a", 0, 9, 0, 0), ""),
        (Step("/a", 0, 9, 0, 0, pages=12), "12 pages"),
        (Step("/a", 1, 9, 0, 0, 12, 300, 1000, 4000), "12 pages, 30 passages/s, 0:00:30 left"),
        (Step("/a", 1, 9, 5, 10, 12, 300, 1000, 4000, 2000), "12 pages, 30 passages/s, 0:00:10 left"),
        (Step("/a", 9, 9, 0, 0, 1200, 30_000, 4000, 4000), "1,200 pages, 3,000 passages/s"),
        (Step("/a", 1, 9, 0, 0, 1, 10, 1, 1000), "1 pages, 1 passages/s, 2:46:30 left"),
    ],
)
def test_progress_tells_the_speed_and_the_time_left(step: Step, text: str) -> None:
    assert speed_text(step, 10.0) == text
