"""How long the server waits for a client that takes its answer slowly."""

from __future__ import annotations


class Patience:
    """The seconds that one answer may wait for its reader: a fixed number, and more for what was taken meanwhile.

    What the system takes before the first wait earns nothing: it lies in buffers, whoever reads them.
    """

    def __init__(self, seconds: float, rate: int) -> None:
        """Take the seconds, and the bytes a second that a slow client has to take after them."""
        self._seconds = seconds
        self._rate = rate
        self._waited = 0.0
        self._taken = 0  # bytes, in earlier waits
        self._since: float | None = None
        self._buffered = 0  # bytes, when this wait began

    def wait(self, now: float, buffered: int) -> None:
        """Begin to wait for the client to take the `buffered` bytes."""
        self._since, self._buffered = now, buffered

    def left(self, now: float, buffered: int) -> float:
        """Return the seconds that are left of the wait, when so many bytes are not yet taken."""
        assert self._since is not None
        earned = (self._taken + self._buffered - buffered) / self._rate
        return self._seconds + earned - self._waited - (now - self._since)

    def go_on(self, now: float) -> None:
        """End the wait: all was taken."""
        if self._since is not None:
            self._waited += now - self._since
            self._taken += self._buffered
            self._since = None
