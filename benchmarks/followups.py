"""Ask the second question of each dialogue in dialogues.jsonl, rewritten, and count the right pages among five.

Run: python benchmarks/followups.py [--held-out] [--show]
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
from rag_app.followup import standalone

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parent / "data" / "samples"


@dataclass(frozen=True)
class Outcome:
    """One dialogue and what became of its second question."""

    dialogue: dict[str, Any]
    rewritten: str
    seconds: float
    found: bool  # the right page among five, for the rewritten question
    found_before: bool  # the same for the question as it was asked

    @property
    def unchanged(self) -> bool:
        return self.rewritten == self.dialogue["second"]


def is_found(library: Library, question: str, dialogue: dict[str, Any]) -> bool:
    """Tell whether the right page is among the five passages."""
    return any(
        Path(hit.document).name == dialogue["document"] and hit.page <= dialogue["page"] <= hit.page_end
        for hit in library.search(question, k=5)
    )


def outcome(library: Library, dialogue: dict[str, Any]) -> Outcome:
    """Rewrite the second question and search for both forms of it."""
    history = [Turn("user", dialogue["first"]), Turn("assistant", dialogue["answer"])]
    begun = time.perf_counter()
    rewritten = standalone(dialogue["second"], history, library._open_generator)
    seconds = time.perf_counter() - begun
    found = is_found(library, rewritten, dialogue)
    same = rewritten == dialogue["second"]
    return Outcome(
        dialogue, rewritten, seconds, found, found if same else is_found(library, dialogue["second"], dialogue)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--held-out", action="store_true", help="those that the rules were not made with")
    parser.add_argument("--show", action="store_true", help="print every rewritten question, and what went wrong")
    options = parser.parse_args()
    lines = (HERE / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
    dialogues = [d for d in map(json.loads, lines) if d["held_out"] == options.held_out]
    outcomes = []
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest([SAMPLES])
        standalone("And the other one?", [Turn("user", "What is a warm-up?")], library._open_generator)
        for n, dialogue in enumerate(dialogues, 1):
            outcomes.append(outcome(library, dialogue))
            print(f"\r{n}/{len(dialogues)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    leaning = [o for o in outcomes if o.dialogue["leans"]]
    alone = [o for o in outcomes if not o.dialogue["leans"]]
    if options.show:
        for o in outcomes:
            wrong = not o.found if o.dialogue["leans"] else not o.unchanged
            if o.dialogue["leans"] or wrong:
                print(f"{'WRONG ' if wrong else ''}{o.dialogue['second']} -> {o.rewritten} ({o.seconds:.1f} s)")
    written = [o.seconds for o in leaning if o.seconds > 0.05]
    print(f"| leaning: right page among five, rewritten | {sum(o.found for o in leaning)} of {len(leaning)} |")
    print(f"| leaning: right page among five, as asked | {sum(o.found_before for o in leaning)} of {len(leaning)} |")
    print(f"| standing alone: unchanged | {sum(o.unchanged for o in alone)} of {len(alone)} |")
    print(f"| standing alone: right page among five | {sum(o.found for o in alone)} of {len(alone)} |")
    print(f"| median seconds of those that the generator rewrote | {median(written):.1f} ({len(written)}) |")


if __name__ == "__main__":
    main()
