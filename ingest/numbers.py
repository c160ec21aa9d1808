"""Names page numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


_MOST = 20  # pages, or runs of them, that are named


def name_pages(numbers: Sequence[int], noun: str = "page") -> str:
    """Return "page 3", or "pages 3-5, 9", or "pages 1, 3, ... and 70 more"; `noun`: another word for a page."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    names = ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in ranges[:_MOST])
    left = sum(last - first + 1 for first, last in ranges[_MOST:])
    names += f" and {left:,} more" if left else ""
    return f"{noun}{'s' * (len(numbers) > 1)} {names}"
