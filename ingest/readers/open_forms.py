"""The fields of a form in an OpenDocument file: each with its label, and what is filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.readers.open_styles import attribute, local

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICKED = frozenset(("checkbox", "radio"))
_VALUES = ("current-value", "value")
_NO_FIELDS = frozenset(("form", "hidden", "button", "image", "password", "fixed-text", "option", "item"))


def fields_of(forms: Any) -> Iterator[str]:
    """Yield the fields that say something, as "Label: value"; what is ticked or not as yes or no."""
    for field in forms.iter():
        kind = local(field)
        label = attribute(field, "label") or attribute(field, "title") or attribute(field, "name")
        if not label or kind in _NO_FIELDS:
            continue
        if kind in _TICKED:
            state = attribute(field, "current-state") or attribute(field, "state")
            ticked = state == "checked" or attribute(field, "current-selected") == "true"
            yield f"{label}: {'yes' if ticked else 'no'}"
        elif value := _value(field):
            yield f"{label}: {value}"


def _value(field: Any) -> str:
    chosen = [
        attribute(option, "label") or attribute(option, "value")
        for option in field
        if local(option) == "option"
        and "true" in (attribute(option, "current-selected"), attribute(option, "selected"))
    ]
    return ", ".join(chosen) or next((value for name in _VALUES if (value := attribute(field, name))), "")
