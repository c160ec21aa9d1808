from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from shown import plain

from rag_app.console.screen import json_line, show_note, table
from rag_app.text import clean

if TYPE_CHECKING:
    from shown import Screen


def test_markup_in_a_text_is_shown_and_not_obeyed(screens: tuple[Screen, Screen]) -> None:
    show_note("[bold]x[/bold] :smile:")
    assert plain(screens[0].getvalue()) == "[bold]x[/bold] :smile:\n"


@settings(max_examples=50)
@given(st.text(st.characters() | st.sampled_from("\x1b\x9b\u202e\u2066\ufeff\ud800\udfff\n")))
def test_a_line_of_json_says_the_same_without_steering_the_terminal(text: str) -> None:
    line = json_line({"text": text})
    assert json.loads(line) == {"text": text}
    assert clean(line) == line
    assert "\n" not in line
    line.encode("utf-8")  # a lone surrogate would fail here


def test_a_table_aligns_figures_to_the_right_and_shows_cells_as_they_are(screens: tuple[Screen, Screen]) -> None:
    table(("name", "n"), [("[red]a\x1b", "5"), ("b", "1,000")], right=(1,))
    assert [line.rstrip() for line in plain(screens[0].getvalue()).splitlines()] == [
        "name        n",
        "[red]a      5",
        "b       1,000",
    ]
