"""Kill a library's writer at random moments and at every write, and count what was lost: nothing may be.

    python benchmarks/crash.py --kills 200
    python benchmarks/crash.py --kills 0 --every 1 --steps 200

Needs the tests beside it, and for single writes Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import crashing

if TYPE_CHECKING:
    from collections.abc import Iterable


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="random kills of sync, remove, index and rebuild")
    parser.add_argument("--every", type=int, default=10, help="hit every N-th write, flush or rename; 0: none")
    parser.add_argument("--steps", type=int, default=200, help="steps of the random walk; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # a rebuilt index is no news here
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        bad += _loop("kills", crashing.kill_loop(_new(folder, "kills"), options.kills, options.seed))
        if options.every:
            for order in ("sync", "rebuild"):
                faults = crashing.fault_loop(_new(folder, order), step=options.every, seed=options.seed, order=order)
                bad += _loop(f"faults of {order}", faults)
        if options.steps:
            begun = time.monotonic()
            kills, problems = crashing.walk(_new(folder, "walk"), options.steps, options.seed)
            verdict = problems or "verify is clean, and a fresh library finds the same"
            print(f"walk: {options.steps} steps, {kills} kills, {time.monotonic() - begun:.0f} s: {verdict}")
            bad += len(problems)
    sys.exit(bad > 0)


def _loop(name: str, ends: Iterable[tuple[str, crashing.End, list[str]]]) -> int:
    begun, total, bad = time.monotonic(), Counter[str](), 0
    for what, end, problems in ends:
        total["killed" if end.code < 0 else "failed with a message" if end.error else "ended well"] += 1
        if problems:
            bad += 1
            print(f"{what}: {'; '.join(problems)}")
    counts = ", ".join(f"{n} {how}" for how, n in total.items())
    print(f"{name}: {total.total()} ({counts}), {bad} with a loss, {time.monotonic() - begun:.0f} s")
    return bad


def _new(folder: str, name: str) -> Path:
    path = Path(folder, name)
    path.mkdir()
    return path


if __name__ == "__main__":
    main()
