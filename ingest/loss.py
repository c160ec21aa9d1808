"""What readers say of a file of which only a part can be read, and how that is known again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NOT_READ = "could not be read"  # pages, and why
SOME_LOST = "its list of pages was damaged and made anew: some may be lost"
MISSING = "pages are missing"


def tells_of_loss(warnings: Iterable[str]) -> bool:
    """Tell whether parts of a file were not read because it is damaged."""
    return any(sign in warning for warning in warnings for sign in (NOT_READ, SOME_LOST, MISSING))
