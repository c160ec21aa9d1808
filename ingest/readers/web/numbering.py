"""The numbers that a browser shows before the items of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.readers.figures import roman

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NUMBER = re.compile(r"\s*([+-]?\d{1,6})")
_MOST_ROMAN = 3999


@dataclass(slots=True)
class _List:
    kind: str  # 1, a, A, i, I; "" for one without numbers
    next: int = 1
    step: int = 1


class Numbering:
    """Counts the items of lists within each other."""

    def __init__(self, items: Sequence[int]) -> None:
        """Begin a page; `items` counts those of each ordered list."""
        self._items: Iterator[int] = iter(items)
        self._lists: list[_List] = []

    def open(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin a list."""
        if tag == "ul":
            self._lists.append(_List(""))
            return
        count = next(self._items, 1)
        backwards = "reversed" in attributes
        kind = attributes.get("type", "1").strip()
        start = _stated(attributes.get("start"))
        first = start if start is not None else count if backwards else 1
        self._lists.append(_List(kind if kind in ("a", "A", "i", "I") else "1", first, -1 if backwards else 1))

    def close(self) -> bool:
        """End a list, and tell whether it lay in another one."""
        if self._lists:
            self._lists.pop()
        return bool(self._lists)

    def marker(self, attributes: Mapping[str, str]) -> str:
        """Return what stands before the next item: "3.", "c.", "-"."""
        if not self._lists or not self._lists[-1].kind:
            return "-"
        listed = self._lists[-1]
        value = _stated(attributes.get("value"))
        here = listed.next if value is None else value
        listed.next = here + listed.step
        return f"{numeral(here, listed.kind)}."


def numeral(number: int, kind: str) -> str:
    """Return a number in the way of a list: "a" for letters, "i" for Roman numerals, capitals alike, else digits."""
    if kind in ("a", "A") and number > 0:
        letters = ""
        while number > 0:
            number, rest = divmod(number - 1, 26)
            letters = chr(ord("a") + rest) + letters
        return letters.upper() if kind == "A" else letters
    if kind in ("i", "I") and 0 < number <= _MOST_ROMAN:
        return roman(number).upper() if kind == "I" else roman(number)
    return str(number)


def _stated(text: str | None) -> int | None:
    match = _NUMBER.match(text or "")
    return int(match[1]) if match else None
