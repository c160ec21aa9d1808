"""Controls of forms as a reader sees them: the value with its label, a ticked box as "yes"."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.marks import hidden
from ingest.ticks import EMPTY, NO, TICKED, YES

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTROLS = frozenset(("input", "select", "textarea"))
# They show nothing that somebody entered, or what nobody may see.
_NOT_SHOWN = frozenset(("hidden", "submit", "button", "reset", "image", "password", "file"))
_BOXES = frozenset(("checkbox", "radio"))
_OWN_LABELS = ("aria-label", "title", "placeholder")
_MOST_OTHERS = 200  # characters of the options that are not chosen


@dataclass(slots=True)
class Control:
    """A control that is being read."""

    tag: str
    name: str  # its id, by which a label may name it
    label: str  # that it states itself
    value: str = ""
    box: str = ""  # of a check box or radio button: the character for it
    options: list[tuple[str, bool]] = field(default_factory=list)  # of a list: text, and whether it is chosen
    several: bool = False  # options may be chosen
    parts: list[str] = field(default_factory=list)  # of the text within it

    def option(self, attributes: Mapping[str, str]) -> None:
        """Begin an option of a list."""
        self.end_option()
        self.options.append(("", "selected" in attributes))

    def end_option(self) -> None:
        """Note what the last option says."""
        if self.options and not self.options[-1][0]:
            self.options[-1] = (" ".join("".join(self.parts).split()), self.options[-1][1])
        if self.tag == "select":
            self.parts = []

    @property
    def said(self) -> str:
        """What it shows: its value, the chosen options and the others as no evidence, "yes" or "no"."""
        if self.box:
            return YES if self.box == TICKED else NO
        if self.tag == "textarea":
            return "".join(self.parts).strip()
        return self._chosen() if self.tag == "select" else self.value.strip()

    def _chosen(self) -> str:
        chosen = [text for text, is_chosen in self.options if is_chosen]
        if not chosen and not self.several:
            chosen = [text for text, _ in self.options[:1]]  # the list shows it
        others = [f"{EMPTY} {text}" for text, _ in self.options if text and text not in chosen]
        aside = ", ".join(others)
        more = f" ({hidden(aside)})" if aside and len(aside) <= _MOST_OTHERS else ""
        return f"{', '.join(chosen)}{more}".strip()


def control(tag: str, attributes: Mapping[str, str]) -> Control | None:
    """Return the control that begins; None for one that shows nothing of its own."""
    kind = attributes.get("type", "").lower() if tag == "input" else ""
    if kind in _NOT_SHOWN:
        return None
    label = next((attributes[name].strip() for name in _OWN_LABELS if attributes.get(name, "").strip()), "")
    made = Control(tag, attributes.get("id", ""), label, several="multiple" in attributes)
    if kind in _BOXES:
        made.box = TICKED if "checked" in attributes else EMPTY
    else:
        made.value = attributes.get("value", "")
    return made


def labelled(label: str, value: str) -> str:
    """Return the line of a form: "Label: value"."""
    name = " ".join(label.split()).rstrip(" :：*")
    return f"{name}: {value}".rstrip() if name else value
