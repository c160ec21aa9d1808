"""The processor, shared with others: how many threads work, how they wait, and what else keeps it busy."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag_app.config import Settings

_ASIDE = 10  # added to the niceness: about a tenth of what a process beside it gets
_BRIEF = 0.05  # seconds of which nothing can be told: the system counts in hundredths


def cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_threads(settings: Settings) -> int:
    """Return how many threads to use: the setting, or the cores this process may run on."""
    return settings.threads or cores()


def let_waiting_threads_sleep() -> None:
    """Let threads of OpenMP sleep while they wait; to be called before a library that uses it is loaded.

    By default they spin, which takes the core from whoever else could use it, the thread they wait for among them.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")


def step_aside() -> None:
    """Let other programs go first, answers among them; for work that takes long and that nobody waits for."""
    if hasattr(os, "nice") and os.nice(0) < _ASIDE:
        os.nice(_ASIDE - os.nice(0))


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float  # seconds
    busy: float  # seconds of all cores, those of low priority left out
    own: float  # of this process


class Load:
    """What other processes take of the processor; known on Linux only, nothing elsewhere."""

    def __init__(self) -> None:
        self._last = _sample()
        self._others = 0.0

    def others(self) -> float:
        """Return how many cores were busy with others since the last call, at most all."""
        now, last = _sample(), self._last
        if now and last and now.at - last.at >= _BRIEF:
            taken = (now.busy - last.busy) - (now.own - last.own)
            self._others = min(max(taken / (now.at - last.at), 0.0), float(os.cpu_count() or 1))
            self._last = now
        return self._others


def _sample() -> _Sample | None:
    if sys.platform != "linux":
        return None
    try:
        user, _nice, system, _idle, _wait, irq, softirq, *_ = map(int, _line().split()[1:])
    except (OSError, ValueError):
        return None
    own = os.times()
    ticks = os.sysconf("SC_CLK_TCK")
    return _Sample(time.monotonic(), (user + system + irq + softirq) / ticks, own.user + own.system)


def _line() -> str:
    with Path("/proc/stat").open() as file:
        return file.readline()
