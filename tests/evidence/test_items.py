"""Lists whose windows hold a part of them only."""

from __future__ import annotations

import pytest
from fakes import make_hit

from ingest import Document
from ingest.types import Page
from rag_app.evidence.items import whole_list
from rag_app.evidence.windows import Window

MORE = "It was built by the harbour board and is looked after by its own staff all year round."
PIERS = ("North pier takes ferries.", "Coal pier takes freight.", "Old pier takes yachts.", "Long pier takes tugs.")


def listed(*marks: str, opening: str = "The harbour has these piers:", more: str = MORE) -> Document:
    items = [f"{mark} {pier} {more}".rstrip() for mark, pier in zip(marks, PIERS, strict=True)]
    text = "\n".join(["The harbour lies at the river.", opening, *items, "The river is wide there."])
    return Document("/files/harbour.txt", "", (Page(1, "1", text),))


def window(document: Document, first: str, last: str) -> Window:
    """Return a window from one text to the end of another."""
    start, end = document.text.index(first), document.text.index(last) + len(last)
    return Window(make_hit("", document=document.path), ((start, end),), document.text[start:end])


def items(document: Document, first: str, last: str, most: int = 100) -> list[str]:
    return [document.text[start:end] for start, end in whole_list(window(document, first, last), document, most)]


@pytest.mark.parametrize("marks", [("•",) * 4, ("-",) * 4, ("1.", "2.", "3.", "4."), ("(a)", "(b)", "(c)", "(d)")])
@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 2), (2, 3)])
def test_all_items_are_there_each_by_its_first_sentence(marks: tuple[str, ...], first: int, last: int) -> None:
    document = listed(*marks)
    wanted = [f"{mark} {pier}" for mark, pier in zip(marks, PIERS, strict=True)]
    found = items(document, wanted[first], PIERS[last])
    assert found == ["The harbour has these piers:", *wanted]


def test_a_line_that_opens_no_list_is_left_out() -> None:
    assert items(listed(*"••••", opening="There are some piers."), "• North", PIERS[1])[0] == f"• {PIERS[0]}"


def test_a_list_that_a_window_holds_whole_stays_as_it_is() -> None:
    assert items(listed(*"••••"), "• North", PIERS[3]) == []


def test_items_of_another_mark_are_of_another_list() -> None:
    assert items(listed("•", "•", "-", "-"), "• North", PIERS[1]) == []
    assert items(listed("•", "•", "•", "-"), "• North", PIERS[1])[1:] == [f"• {pier}" for pier in PIERS[:3]]


def test_items_that_stand_far_apart_are_of_several_lists() -> None:
    document = listed(*"••••", more=MORE * 10)
    assert items(document, "• North", PIERS[1]) == []


@pytest.mark.parametrize("text", [PIERS[0], "The harbour lies"])
def test_prose_or_a_single_item_is_no_list(text: str) -> None:
    assert items(listed(*"••••"), text, text) == []


def test_a_list_that_is_too_long_even_so_stays_as_it_is() -> None:
    assert items(listed(*"••••"), "• North", PIERS[1], most=10) == []
