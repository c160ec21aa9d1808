"""End a server at random while files are uploaded, and count what is lost of those that it accepted: nothing may be.

    python benchmarks/uploads.py                       # 200 uploads, ended 20 times
    python benchmarks/uploads.py --uploads 30 --ends 5 --seed 7

Needs the tests beside it. The models are made of words. The server is ended by kill -9, SIGTERM or SIGINT, alone or one
after the other, while it starts, reads or rests.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import uploading


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--ends", type=int, default=20, help="how often the server is ended")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="another one each time")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        trial = uploading.trial(Path(folder), options.uploads, options.ends, options.seed)
    counts = ", ".join(f"{n} {what}" for what, n in sorted(trial.counts.items()))
    print(f"{len(trial.accepted)} uploads accepted, {time.monotonic() - begun:.0f} s ({counts})")
    for problem in trial.problems:
        print(problem)
    print(f"{len(trial.problems)} problems")
    sys.exit(bool(trial.problems) or len(trial.accepted) != options.uploads)


if __name__ == "__main__":
    main()
