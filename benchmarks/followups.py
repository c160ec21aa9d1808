"""Ask the second question of each dialogue in dialogues.jsonl, rewritten, and count the right pages among five.

Run: python benchmarks/followups.py [--held-out] [--only leaning|alone] [--skip N --limit N] [--compare] [--show]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rag_app import Library, Turn
from rag_app.asking.followup import standalone

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent / "data" / "samples"


@dataclass(frozen=True)
class Outcome:
    """One dialogue and what became of its second question."""

    dialogue: dict[str, Any]
    rewritten: str
    seconds: float
    found: bool  # the right page among five, for the rewritten question
    found_before: bool | None  # the same for the question as it was asked, where that was measured

    @property
    def unchanged(self) -> bool:
        return self.rewritten == str(self.dialogue["second"])


def is_found(library: Library, question: str, dialogue: dict[str, Any]) -> bool:
    """Tell whether the right page is among the five passages."""
    return any(
        Path(hit.document).name == dialogue["document"] and hit.page <= dialogue["page"] <= hit.page_end
        for hit in library.search(question, k=5)
    )


def outcome(library: Library, dialogue: dict[str, Any], compare: bool) -> Outcome:
    """Rewrite the second question and search for it, and to compare also for the form in which it was asked."""
    history = [Turn("user", dialogue["first"]), Turn("assistant", dialogue["answer"])]
    begun = time.perf_counter()
    rewritten = standalone(dialogue["second"], history, lambda: library.loaded.generator)
    seconds = time.perf_counter() - begun
    found = is_found(library, rewritten, dialogue)
    before = is_found(library, dialogue["second"], dialogue) if compare else None
    return Outcome(dialogue, rewritten, seconds, found, before)


def show(outcome: Outcome) -> None:
    """Print a rewritten question, and whether it went wrong."""
    leans = outcome.dialogue["leans"]
    wrong = not outcome.found if leans else not outcome.unchanged
    if leans or wrong:
        mark = "WRONG " if wrong else ""
        print(f"{mark}{outcome.dialogue['second']} -> {outcome.rewritten} ({outcome.seconds:.1f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true", help="those that the rules were not made with")
    parser.add_argument("--show", action="store_true", help="print every rewritten question, and what went wrong")
    parser.add_argument("--only", choices=["leaning", "alone"], help="dialogues of one kind")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the first N")
    parser.add_argument("--limit", type=int, metavar="N", help="take N only")
    parser.add_argument("--compare", action="store_true", help="search also for the questions as they were asked")
    parser.add_argument("--library", type=Path, metavar="DIR", help="keep the library here, for the next run")
    options = parser.parse_args()
    lines = (HERE / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    dialogues = [d for d in map(json.loads, lines) if d["held_out"] == options.held_out]
    if options.only:
        dialogues = [d for d in dialogues if d["leans"] == (options.only == "leaning")]
    dialogues = dialogues[options.skip :][: options.limit]
    outcomes = []
    with tempfile.TemporaryDirectory() as folder, Library.open(options.library or Path(folder) / "library") as library:
        library.ingest([SAMPLES])
        standalone("And the other one?", [Turn("user", "What is a warm-up?")], lambda: library.loaded.generator)
        for n, dialogue in enumerate(dialogues, 1):
            outcomes.append(outcome(library, dialogue, options.compare))
            if options.show:
                show(outcomes[-1])
            print(f"\r{n}/{len(dialogues)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    leaning = [o for o in outcomes if o.dialogue["leans"]]
    alone = [o for o in outcomes if not o.dialogue["leans"]]
    if leaning:
        written = [o.seconds for o in leaning]
        print(f"| leaning: right page among five, rewritten | {sum(o.found for o in leaning)} of {len(leaning)} |")
        if options.compare:
            before = sum(bool(o.found_before) for o in leaning)
            print(f"| leaning: right page among five, as asked | {before} of {len(leaning)} |")
        print(f"| leaning: median seconds of rewriting | {median(written):.1f} |")
    if alone:
        print(f"| standing alone: unchanged | {sum(o.unchanged for o in alone)} of {len(alone)} |")
        print(f"| standing alone: right page among five | {sum(o.found for o in alone)} of {len(alone)} |")


if __name__ == "__main__":
    main()
