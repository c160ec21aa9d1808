"""The values of form fields and content controls in Word documents."""

from __future__ import annotations

from typing import Any

from ingest.readers.package import is_on, local_name, number
from ingest.readers.word_styles import VALUE, WORDS, value_of
from ingest.ticks import CROSSED, EMPTY

_FORM_PARTS = ("ddList", "checkBox")


def box_of(control: Any) -> str:
    """Return the check box that a content control is; "" where it is none."""
    state = control.find(f"{WORDS}sdtPr/{{*}}checkbox/{{*}}checked")
    if state is None:
        return ""
    return CROSSED if is_on(state, next(iter(state.attrib.values()), None)) else EMPTY


def is_placeholder(control: Any) -> bool:
    """Tell whether a content control shows what asks for a value, and no value."""
    mark = control.find(f"{WORDS}sdtPr/{WORDS}showingPlcHdr")
    return is_on(mark, value_of(mark))


def form_value(element: Any) -> str | None:
    """Return the value of a form field that has no text of its own; None for all others."""
    data = element.find(f"{WORDS}ffData")
    part = None if data is None else next((one for one in data if local_name(one) in _FORM_PARTS), None)
    if part is None:
        return None
    if local_name(part) == "checkBox":
        checked = part.find(f"{WORDS}checked")
        checked = part.find(f"{WORDS}default") if checked is None else checked
        return CROSSED if is_on(checked, value_of(checked)) else EMPTY
    chosen = value_of(part.find(f"{WORDS}result")) or value_of(part.find(f"{WORDS}default"))
    entries = [entry.get(VALUE, "") for entry in part.iterfind(f"{WORDS}listEntry")]
    return next(iter(entries[number(chosen) :][:1]), "")
