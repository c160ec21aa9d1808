"""Recognise made scans with this tree and with an earlier one in turn; print the pages a second of both.

Run: python benchmarks/scans.py --against FOLDER [--pages 12] [--rounds 3]

FOLDER is a checkout of the version to compare with. Both read the same files by `ingest.Readers`, in processes of their
own, one after the other; the fastest round of each counts, because other work only takes time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent
LEAST = 1.8  # times as many pages a second as before
_LINES, _STEP = 38, 52  # lines of a page, and pixels from one to the next
_WORDS, _LETTERS = 11, 78  # of a line


def write_scans(path: Path, pages: int, seed: int) -> None:
    """Write a PDF whose pages are pictures of text, A4 at 200 dots an inch."""
    words = (ROOT / "data" / "source" / "research-note.txt").read_text(encoding="utf-8").split()
    chance, font, pdf = random.Random(seed), ImageFont.load_default(size=32), FPDF()
    for _ in range(pages):
        image = Image.new("L", (1654, 2339), 255)
        pen = ImageDraw.Draw(image)
        for line in range(_LINES):
            pen.text((150, 150 + _STEP * line), " ".join(chance.choices(words, k=_WORDS))[:_LETTERS], fill=0, font=font)
        pdf.add_page()
        pdf.image(image, x=0, y=0, w=pdf.w, h=pdf.h)
    pdf.output(str(path))


def read(files: list[Path]) -> None:
    """Read files and print pages, seconds and a checksum of their text as JSON; one page before that is not counted."""
    from ingest import Document, Readers
    from rag_app.language.reading import lexicon

    with Readers(lexicon=lexicon()) as readers:
        readers.read(files[0])
        begun = time.perf_counter()
        found = [document for _, document in readers.read_all(files[1:])]
        seconds = time.perf_counter() - begun
    documents = [document for document in found if isinstance(document, Document)]
    pages = [page for document in documents for page in document.pages if page.method == "ocr"]
    text = hashlib.sha256("\f".join(page.text for page in pages).encode()).hexdigest()
    print(json.dumps({"pages": len(pages), "seconds": seconds, "text": text}))


def measured(tree: Path, files: list[Path]) -> dict[str, Any]:
    """Return what `read` prints with the modules of `tree`."""
    command = [sys.executable, __file__, "--read", *map(str, files)]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="a checkout of the version before")
    parser.add_argument("--pages", type=int, default=12, help="of one document; as many again are in short ones")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--read", type=Path, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read(options.read)
        return
    trees = {"before": options.against, "now": ROOT} if options.against else {"now": ROOT}
    with tempfile.TemporaryDirectory() as made:
        sizes = [2, options.pages, *[2] * (options.pages // 2)]
        files = [Path(made) / f"{number}.pdf" for number in range(len(sizes))]
        for number, (path, pages) in enumerate(zip(files, sizes, strict=True)):
            write_scans(path, pages, number)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in trees}
        for _ in range(options.rounds):
            for name, tree in trees.items():
                runs[name].append(measured(tree.resolve(), files))
                print(name, runs[name][-1], file=sys.stderr, flush=True)
    print(f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}\n")
    print("| version | pages | pages/s, fastest | in all rounds | text |\n|---|--:|--:|--:|---|")
    paces = {}
    for name, figures in runs.items():
        paces[name] = max(one["pages"] / one["seconds"] for one in figures)
        whole = sum(one["pages"] for one in figures) / sum(one["seconds"] for one in figures)
        print(f"| {name} | {figures[0]['pages']} | {paces[name]:.2f} | {whole:.2f} | {figures[0]['text'][:8]} |")
    if options.against:
        gain = paces["now"] / paces["before"]
        print(f"\n{gain:.2f} times as many pages a second (at least {LEAST}).")
        sys.exit(gain < LEAST)


if __name__ == "__main__":
    main()
