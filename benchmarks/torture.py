"""Let several programs share a library, kill them at random, and count the trials in which anything was lost.

    python benchmarks/torture.py --trials 500
    python benchmarks/torture.py --seed 7 --first 113 --trials 1      one of them again

Needs the tests beside it, and Linux.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from machine import trials


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--steps", type=int, default=12, help="of each trial; after each all is compared")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="another one each time by default")
    parser.add_argument("--first", type=int, default=0, help="number of the first trial")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    begun, bad, total = time.monotonic(), 0, Counter[str]()
    folder = Path(tempfile.mkdtemp(prefix="rag-torture-"))
    ended = trials(folder, options.trials, options.steps, options.seed, options.first)
    for n, (name, steps, problem) in enumerate(ended, 1):
        total.update(step.partition(" ")[0] for step in steps)
        if problem:
            bad += 1
            print(f"trial {name}: {problem}\n  after {', '.join(steps)}\n  its files stay in {folder}", flush=True)
        if n % 25 == 0:
            print(f"{n} trials, {bad} wrong, {time.monotonic() - begun:.0f} s", flush=True)
    print(f"{options.trials} trials, {total.total()} steps, {bad} wrong, {time.monotonic() - begun:.0f} s")
    print(", ".join(f"{step} {n}" for step, n in total.most_common()))
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
