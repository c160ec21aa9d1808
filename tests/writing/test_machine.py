"""Programs that share a library; `make torture` does the same for longer."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from machine import trials

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TRIALS = int(os.environ.get("RAG_TEST_TRIALS", "40"))
STEPS = int(os.environ.get("RAG_TEST_TRIAL_STEPS", "12"))
SEED = int(os.environ.get("RAG_TEST_SEED", "1"))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
@pytest.mark.timeout(3600)
def test_programs_that_share_a_library_lose_nothing_and_agree_after_every_step(tmp_path: Path) -> None:
    ended = list(trials(tmp_path, TRIALS, STEPS, SEED))
    assert len(ended) == TRIALS
    assert [(seed, problem, steps) for seed, steps, problem in ended if problem] == []
