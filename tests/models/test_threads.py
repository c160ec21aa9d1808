from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from fakes import make_settings

from rag_app.models import threads
from rag_app.models.threads import Crew, Load, Threads, available_threads

if TYPE_CHECKING:
    from pathlib import Path


def test_threads_are_those_of_the_settings_else_those_this_process_may_use(tmp_path: Path) -> None:
    assert available_threads(make_settings(tmp_path, threads=7)) == 7
    assert available_threads(make_settings(tmp_path)) == len(os.sched_getaffinity(0))


@pytest.mark.slow
def test_stepping_aside_twice_is_stepping_aside_once() -> None:
    program = "import os; from rag_app.models.threads import step_aside as f; f(); f(); print(os.nice(0) - BEFORE)"
    assert child(program.replace("BEFORE", str(os.nice(0)))) == str(max(0, 10 - os.nice(0)))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A machine whose clocks are set by hand: seconds since the start, of all cores, of others with low priority."""
    now = {"at": 0.0, "busy": 0.0, "low": 0.0, "own": 0.0}
    ticks = os.sysconf("SC_CLK_TCK")
    monkeypatch.setattr(threads, "_line", lambda: f"cpu {now['busy'] * ticks:.0f} {now['low'] * ticks:.0f} 0 0 0 0 0 0")
    monkeypatch.setattr("time.monotonic", lambda: now["at"])
    monkeypatch.setattr("os.times", lambda: os.times_result((now["own"], 0.0, 0.0, 0.0, 0.0)))
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    return now


def test_what_others_take_is_told_without_what_this_process_takes(machine: dict[str, float]) -> None:
    load = Load()
    machine |= {"at": 1.0, "busy": 2.5, "own": 1.5}
    assert load.since().others == 1.0
    machine |= {"at": 2.0, "busy": 3.5, "own": 2.5, "low": 1.0}  # low priority gives way by itself
    assert load.since().others == 0.0
    machine |= {"at": 2.01, "busy": 9.0}
    assert load.since().others == 0.0  # too soon to tell
    machine |= {"at": 3.0, "busy": 99.0}
    assert load.since().others == 4.0  # no more than there is


def test_where_nothing_is_known_nobody_else_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert Load().since().others == 0.0


def test_a_crew_grows_with_the_cores_that_others_take(machine: dict[str, float], tmp_path: Path) -> None:
    own = len(os.sched_getaffinity(0))
    crew, fixed = Crew(make_settings(tmp_path)), Crew(make_settings(tmp_path, threads=3))
    assert (crew.size(), fixed.size()) == (Threads(own, own), Threads(3, 3))
    more = Threads(own + 1, min(own + 4, 3 * own))
    machine |= {"at": 1.0, "busy": 1.2, "own": 0.4}
    assert (crew.size(), fixed.size()) == (more, Threads(3, 3))
    machine |= {"at": 2.0, "busy": 9.0}
    assert crew.size().writing == own + min(4, own)
    machine |= {"at": 3.0, "busy": 9.3}
    assert crew.size() == Threads(own, own)


def test_a_crew_does_not_shrink_because_it_leaves_others_little(machine: dict[str, float], tmp_path: Path) -> None:
    own = len(os.sched_getaffinity(0))
    crew = Crew(make_settings(tmp_path))
    machine |= {"at": 1.0, "busy": 1.0}
    grown = crew.size()
    share = own / (grown.reading + 1)  # of each thread, where one other wants a core
    for second in range(2, 6):
        machine |= {"at": float(second), "busy": machine["busy"] + own, "own": machine["own"] + own - share}
        assert crew.size() == grown


def child(program: str, **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=inherited | environment)
    return done.stdout.strip()


@pytest.mark.slow
def test_waiting_threads_spin_only_for_a_moment_unless_the_user_says_otherwise() -> None:
    program = (
        "import os; from rag_app.models.threads import let_waiting_threads_sleep as f; f(); "
        "print(os.environ.get('GOMP_SPINCOUNT'), os.environ.get('OMP_WAIT_POLICY'))"
    )
    assert child(program) == "1000 None"
    assert child(program, OMP_WAIT_POLICY="active") == "None active"
    assert child(program, GOMP_SPINCOUNT="7") == "7 None"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("llama_cpp", "from rag_app.models import generator; generator.open_generator(None, None)"),
        ("openvino", "from rag_app.models import encoder; encoder._openvino()"),
    ],
)
def test_it_is_said_before_the_libraries_are_loaded(module: str, call: str) -> None:
    program = """
import builtins, os
load = builtins.__import__
def watched(name, *rest):
    if name == MODULE:
        print(os.environ.get("GOMP_SPINCOUNT"), flush=True)
        os._exit(0)
    return load(name, *rest)
builtins.__import__ = watched
"""
    assert child(program.replace("MODULE", repr(module)) + call) == "1000"
