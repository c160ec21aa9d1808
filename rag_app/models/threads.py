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
_MORE = 4  # threads that read for each core that is taken, measured on two cores beside one busy process
_SPINS = "1000"  # some microseconds
_FULL = 0.9  # of the cores busy: then whoever wants one has to wait for it
_BRIEF = 0.05  # seconds of which nothing can be told: the system counts in hundredths


def cores() -> int:
    """Return how many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_threads(settings: Settings) -> int:
    """Return how many threads to use: the setting, or the cores this process may run on."""
    return settings.threads or cores()


def step_aside() -> None:
    """Let other programs go first, answers among them; for work that takes long and that nobody waits for."""
    if hasattr(os, "nice") and os.nice(0) < _ASIDE:
        os.nice(_ASIDE - os.nice(0))


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float  # seconds
    busy: float  # seconds of all cores, those of low priority left out
    own: float  # of this process


def let_waiting_threads_sleep() -> None:
    """Let threads of OpenMP spin only for a moment while they wait; call it before a library that uses it is loaded.

    Left alone they spin for milliseconds, which takes the core from whoever else could use it, the thread they wait for
    among them. Never to spin costs a third of the speed of writing where nobody else is there.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", _SPINS)


@dataclass(frozen=True, slots=True)
class Threads:
    """How many threads the generator uses."""

    writing: int  # token by token
    reading: int  # of prompts


class Crew:
    """How many threads suit what others leave free now.

    While others are busy there are more threads than cores: the system shares the cores among all threads, so more of
    them get more. For reading a prompt many help; in writing they wait for each other at every step.
    """

    def __init__(self, settings: Settings) -> None:
        self._fixed = settings.threads
        self._cores = cores()
        self._load = Load()
        self._now = Threads(self._cores, self._cores)

    def size(self) -> Threads:
        """Return how many threads to use; the setting where there is one."""
        if self._fixed:
            return Threads(self._fixed, self._fixed)
        taken = min(round(self._rivals()), self._cores)
        self._now = Threads(self._cores + taken, min(self._cores + _MORE * taken, (_MORE - 1) * self._cores))
        return self._now

    def _rivals(self) -> float:
        """Return how many threads of others want a core; what they got is less where more of ours share the cores."""
        load = self._load.since()
        if load.others + load.own < _FULL * self._cores:
            return load.others
        return load.others * self._now.reading / max(load.own, 1.0)


@dataclass(frozen=True, slots=True)
class Shares:
    """Cores that were busy, on average."""

    others: float  # with other processes, at most all
    own: float  # with this one


class Load:
    """What this and other processes take of the processor; known on Linux only, nothing elsewhere."""

    def __init__(self) -> None:
        self._last = _sample()
        self._found = Shares(0.0, 0.0)

    def since(self) -> Shares:
        """Return who took how much since the last call; where that is too short ago, what was found then."""
        last = self._last
        if last and time.monotonic() - last.at >= _BRIEF and (now := _sample()):
            passed = now.at - last.at
            own = (now.own - last.own) / passed
            others = (now.busy - last.busy) / passed - own
            self._found = Shares(min(max(others, 0.0), float(os.cpu_count() or 1)), own)
            self._last = now
        return self._found


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
