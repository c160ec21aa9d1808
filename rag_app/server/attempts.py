"""Wrong keys: each is answered later than the one before, then not before a stated time; right keys never wait.

A right key is let in at once from any address, so nobody can shut others out who share an address, as behind a proxy.
That gives nothing away: no number of guesses finds 256 random bits. What ends is a client that floods with old keys.
"""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from rag_app.server.api_errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

_FREE = 3  # wrong keys that are answered at once
_LONGEST_DELAY = 2.0  # seconds
_FIRST_PENALTY, _LONGEST_PENALTY = 30.0, 300.0  # seconds; each is twice the one before
_FORGOTTEN = 600.0  # seconds without a wrong key, after which an address begins anew
_SLEEPING = 32  # wrong keys whose answers are held back at once; more get 429


@dataclass(slots=True)
class _Record:
    """What an address did."""

    wrong: int = 0
    last: float = 0.0
    until: float = 0.0  # when its penalty ends


class Attempts:
    """The wrong keys of each address; an IPv6 network of 64 bits counts as one."""

    def __init__(
        self, most: int, first_delay: float, now: Callable[[], float] = time.monotonic, addresses: int = 10_000
    ) -> None:
        """Take how many wrong keys are answered with 401, and the seconds by which the first late one is late."""
        self._most = most
        self._first_delay = first_delay
        self._now = now
        self._addresses = addresses  # that are remembered
        self._records: dict[str, _Record] = {}
        self._sleeping = 0

    async def refuse(self, address: str, refusal: ApiError) -> ApiError:
        """Count a wrong key; return what to answer, once it is time to."""
        delay, penalty = self.count(address)
        if penalty:
            return _too_many(penalty)
        if delay and self._sleeping >= _SLEEPING:
            return _too_many(delay)
        self._sleeping += 1
        try:
            await asyncio.sleep(delay)
        finally:
            self._sleeping -= 1
        return refusal

    def count(self, address: str) -> tuple[float, float]:
        """Count a wrong key; return the seconds to hold the answer back, and those of the penalty, if there is one."""
        now, network = self._now(), network_of(address)
        record = self._records.pop(network, None) or _Record()
        self._records[network] = record
        if len(self._records) > self._addresses:
            del self._records[next(iter(self._records))]  # the one that was quiet for longest
        if now < record.until:
            return 0.0, record.until - now
        if now - max(record.last, record.until) > _FORGOTTEN:
            record.wrong = 0
        record.wrong += 1
        record.last = now
        beyond = record.wrong - self._most
        if beyond > 0:
            penalty = min(_LONGEST_PENALTY, _FIRST_PENALTY * 2.0 ** min(beyond - 1, 10))
            record.until = now + penalty
            return 0.0, penalty
        if record.wrong <= _FREE:
            return 0.0, 0.0
        return min(_LONGEST_DELAY, self._first_delay * 2.0 ** min(record.wrong - _FREE - 1, 10)), 0.0


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return f"{IPv6Address(int(known) >> 64 << 64)}/64"


def _too_many(seconds: float) -> ApiError:
    wait = {"retry-after": str(max(1, math.ceil(seconds)))}
    return ApiError(429, "Too many wrong keys came from this address. Try again later.", "too_many_wrong_keys", wait)
