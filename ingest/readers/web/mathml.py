"""Formulas of web pages as a line of text: fractions with a stroke, powers raised."""

from __future__ import annotations

from dataclasses import dataclass, field

from ingest.raised import lowered, raised

_DEEPEST = 40  # elements within each other; deeper ones stand in line
_OF_TWO = {"mfrac", "msup", "msub"}


@dataclass(slots=True)
class Formula:
    """An element that is being read; `math` itself first."""

    tag: str = "math"
    children: list[Formula | str] = field(default_factory=list)
    above: list[Formula] = field(default_factory=list)  # open elements around the innermost one, of the outermost only

    def start(self, tag: str) -> None:
        """Go into an element."""
        inner = Formula(tag)
        self._open.children.append(inner)
        self.above.append(inner)

    def end(self) -> None:
        """Go out of the innermost element."""
        if self.above:
            self.above.pop()

    def data(self, text: str) -> None:
        """Take text that stands in the innermost element."""
        if text.strip():
            self._open.children.append(" ".join(text.split()))

    @property
    def text(self) -> str:
        """The formula in one line."""
        return _line(self)

    @property
    def _open(self) -> Formula:
        depth = min(len(self.above), _DEEPEST)
        return self.above[depth - 1] if depth else self


def _line(formula: Formula) -> str:
    parts = [part if isinstance(part, str) else _line(part) for part in formula.children]
    if formula.tag == "mo":
        sign = "".join(parts)
        return sign if sign in "()[]{},.|!" else f" {sign} "
    if formula.tag in _OF_TWO and len(parts) == 2:
        return _joined(formula.tag, *map(str.strip, parts))
    if formula.tag == "msubsup" and len(parts) == 3:
        return _joined("msup", _joined("msub", parts[0], parts[1]), parts[2])
    if formula.tag == "msqrt":
        return f"√({''.join(parts).strip()})"
    if formula.tag == "mroot" and len(parts) == 2:
        return f"{raised(parts[1])}√({parts[0].strip()})"
    return "".join(parts)


def _joined(tag: str, first: str, second: str) -> str:
    if tag == "mfrac":
        return f"{_whole(first)}/{_whole(second)}"
    small = raised(second) if tag == "msup" else lowered(second)
    if small != second:
        return f"{_whole(first)}{small}"
    return f"{_whole(first)}{'^' if tag == 'msup' else '_'}{_whole(second)}"


def _whole(text: str) -> str:
    """Return `text` in brackets where it is more than one number or name."""
    return text if text.replace(".", "").replace(",", "").isalnum() else f"({text})"
