"""Count the sentences of ordinary text that would be taken for orders to whatever answers questions.

Run: python benchmarks/orders.py PATH ... [--show]     (PDF and other files, folders, corpus.jsonl of the BEIR layout)

Exit status: 1 where it is one sentence in 5,000 or more.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import DocumentError, discover, read
from rag_app.evidence.injection import gives_orders, order_spans
from rag_app.language.reading import lexicon, sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE_IN = 5_000


def texts(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield collections by name, with their texts."""
    if path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        yield path.parent.name, [json.loads(line)["text"] for line in lines]
        return
    found = []
    for file in discover([path]).files:
        if file.suffix == ".jsonl":
            continue
        try:
            found.append(read(file, lexicon=lexicon()).text)
        except DocumentError as error:
            print(error, file=sys.stderr)
    yield path.name, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--show", action="store_true", help="print what is taken for an order")
    options = parser.parse_args()
    sentences_in_all = taken_in_all = 0
    print("| text | sentences | taken for orders | lines | taken with the line after | ms a sentence |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, found in (each for path in options.paths for each in texts(path)):
        said = [text[start:end] for text in found for start, end in sentences(text)]
        begun = time.perf_counter()
        taken = [sentence for sentence in said if gives_orders(sentence)]
        seconds = time.perf_counter() - begun
        lines = sum(1 for text in found for line in text.splitlines() if line.strip())
        spans = sum(len(order_spans(text)) for text in found)
        print(
            f"| {name} | {len(said):,} | {len(taken)} | {lines:,} | {spans} | {1000 * seconds / len(said):.2f} |",
            flush=True,
        )
        if options.show:
            print("".join(f"    {sentence!r}\n" for sentence in taken), end="", file=sys.stderr)
        sentences_in_all += len(said)
        taken_in_all += len(taken)
    print(f"\n{taken_in_all} of {sentences_in_all:,} sentences")
    sys.exit(taken_in_all * ONE_IN >= sentences_in_all)


if __name__ == "__main__":
    main()
