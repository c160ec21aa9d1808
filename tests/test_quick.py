"""What `make unit` runs: nothing that is marked as slow, and nothing that starts another program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
TESTS = """
import socket, subprocess, sys
import pytest

def test_quick():
    pass

@pytest.mark.slow
def test_slow():
    raise AssertionError

def test_a_program():
    subprocess.run([sys.executable, "-c", "open('started', 'w')"])

def test_a_connection():
    socket.create_connection(("127.0.0.1", 9))

def test_a_caught_one():
    try:
        subprocess.run([sys.executable, "-c", "open('started', 'w')"])
    except Exception:
        pass

@pytest.fixture
def served():
    raise AssertionError

def test_a_server(served):
    raise AssertionError
"""


def run(folder: Path, *options: str) -> tuple[list[str], str]:
    """Run TESTS beside our conftest; return the tests that did not pass, and the last line."""
    (folder / "test_some.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "conftest", "-p", "no:cacheprovider", "-rfE", *options]
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{here.parent}"}
    done = subprocess.run(
        [*command, "-o", "markers=slow", "test_some.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    bad = [
        line.split(" - ")[0].replace("test_some.py::", "") for line in lines if line.startswith(("FAILED", "ERROR "))
    ]
    return bad, lines[-1].partition(" in ")[0]


def test_a_quick_test_that_starts_or_calls_another_program_is_stopped_and_fails(tmp_path: Path) -> None:
    bad, last = run(tmp_path, "--quick")
    assert bad == [
        "FAILED test_a_program",
        "FAILED test_a_connection",
        "ERROR test_a_program",
        "ERROR test_a_connection",
        "ERROR test_a_caught_one",
    ]
    assert last == "2 failed, 2 passed, 2 deselected, 3 errors"
    assert not (tmp_path / "started").exists()


def test_all_of_them_run_where_all_are_wanted(tmp_path: Path) -> None:
    bad, last = run(tmp_path)
    assert bad == ["FAILED test_slow", "FAILED test_a_connection", "ERROR test_a_server"]
    assert last == "2 failed, 3 passed, 1 error"
    assert (tmp_path / "started").exists()
