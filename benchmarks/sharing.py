"""How much of its speed does an answer keep beside other programs at work? Rounds take turns, alone and beside them.

    python benchmarks/sharing.py                     # five questions on the sample PDFs, three rounds
    python benchmarks/sharing.py --rounds 5 --beside 2

Beside one busy process, and beside `rag ingest` at work on the same PDFs in another library. Run it on a machine that
does nothing else; what others take meanwhile is printed, so that a disturbed run is seen.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rag_app import Library
from rag_app.models.threads import Load

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).resolve().parent.parent / "data" / "samples"
BUSY = "while True: pass"
INGESTING = """
import sys, tempfile
from pathlib import Path
from rag_app import Library
from rag_app.models.threads import step_aside
step_aside()  # as `rag ingest` does
while True:
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest(sys.argv[1])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=5)
    parser.add_argument("--beside", type=int, default=1, help="busy processes")
    options = parser.parse_args()
    rows = [json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text().splitlines()]
    questions = [row["question"] for row in rows if row["answers"] and not row.get("history")]
    questions = questions[:: max(1, len(rows) // options.questions)][: options.questions]
    beside: dict[str, list[list[str]]] = {
        "alone": [],
        f"beside {options.beside} busy": [[sys.executable, "-c", BUSY]] * options.beside,
        "beside rag ingest": [[sys.executable, "-c", INGESTING, str(SAMPLES)]],
    }
    seconds: dict[str, list[float]] = {name: [] for name in beside}
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest(SAMPLES)
        _round(library, questions)  # loads the models
        for _ in range(options.rounds):
            for name, commands in beside.items():
                with _running(commands):
                    taken, others = _round(library, questions)
                seconds[name].append(taken)
                print(f"{name}: {taken:.1f} s, others took {others:.2f} cores", file=sys.stderr)
    alone = median(seconds["alone"])
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, {len(questions)} questions, {options.rounds} rounds, medians\n"
    )
    print("| answers | seconds | of the speed alone |\n|---|---|---|")
    for name, rounds in seconds.items():
        print(f"| {name} | {median(rounds):.1f} | {alone / median(rounds):.2f} |")


def _round(library: Library, questions: list[str]) -> tuple[float, float]:
    """Ask everything once; return the seconds, and how many cores others were using."""
    load, begun = Load(), time.perf_counter()
    for question in questions:
        library.ask(question)
    return time.perf_counter() - begun, load.since().others


@contextmanager
def _running(commands: list[list[str]]) -> Iterator[None]:
    processes = [subprocess.Popen(command) for command in commands]
    try:
        if processes:
            time.sleep(8)  # until it is at work
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
