"""Where a streamed text ends early: at a stop sequence, or at the most tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Cut:
    """Lets text through until a stop sequence, or the most tokens; what may begin a stop sequence waits."""

    def __init__(self, stops: Sequence[str], most: int | None, count: Callable[[str], int]) -> None:
        self._stops = stops
        self._most = most
        self._count = count
        self._held = ""
        self._sent = ""
        self.reason: Literal["stop", "length"] | None = None  # why it ended early

    def take(self, text: str) -> str:
        """Return what can be sent now."""
        if self.reason:
            return ""
        if self._is_full(text):
            self.reason = "length"
            return self.rest()
        self._held += text
        places = [self._held.find(stop) for stop in self._stops if stop in self._held]
        if places:
            self.reason = "stop"
            self._held = self._held[: min(places)]
            return self.rest()
        kept = max(map(self._begun, self._stops), default=0)
        return self._send(self._held[: len(self._held) - kept])

    def _is_full(self, text: str) -> bool:
        """Tell whether there is no room for `text` after all that has come."""
        if self._most is None:
            return False
        return self._count(self._sent + self._held + text) > self._most

    def _begun(self, stop: str) -> int:
        """Return how many characters at the end of what is held may begin a stop sequence."""
        for count in range(len(stop) - 1, 0, -1):
            if self._held.endswith(stop[:count]):
                return count
        return 0

    def rest(self) -> str:
        """Return what was held back."""
        return self._send(self._held)

    def _send(self, text: str) -> str:
        self._held = self._held[len(text) :]
        self._sent += text
        return text
