"""Ingest PDFs of 200 to 3,000 pages and 10,000 small files; print pages per second by stage, growth and peak memory.

Run: python benchmarks/ingestion.py [--pages 200 700 2000 3000] [--files 10000] [--json FILE]
     python benchmarks/ingestion.py --tables FILE.pdf...
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpdf import FPDF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("read", "cut", "embed", "store")
MOST_GROWTH = 1.10  # of the time a page takes, from the shortest document to the longest
MOST_MEMORY = 1.5 * 2**30  # bytes, of all processes together
MOST_FOR_TABLES = 0.25  # of the time that reading takes without them
EVERY = 0.05  # seconds between two looks at the memory


def vocabulary() -> list[str]:
    """Return words of a sample text."""
    words = (ROOT / "data" / "source" / "research-note.txt").read_text(encoding="utf-8").split()
    return sorted({word for word in words if word.isascii() and word.isalpha()})


def write_notes(folder: Path, files: int) -> None:
    """Write short text files, each of its own content."""
    words, chance = vocabulary(), random.Random(files)
    folder.mkdir()
    for number in range(files):
        text = f"Note {number}. " + " ".join(chance.choices(words, k=120)) + "."
        (folder / f"note-{number:05}.txt").write_text(text + "\n", encoding="utf-8")


def write_pdf(path: Path, pages: int) -> None:
    """Write a PDF of prose and tables, a different one for each number of pages."""
    words = vocabulary()
    chance = random.Random(pages)
    pdf = FPDF()
    pdf.set_font("Helvetica", size=10)
    for number in range(1, pages + 1):
        pdf.add_page()
        pdf.multi_cell(0, 5, f"Section {number}", new_x="LMARGIN", new_y="NEXT")
        for _ in range(5):
            text = " ".join(chance.choices(words, k=70)).capitalize() + "."
            pdf.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
        with pdf.table() as table:
            for row in range(8):
                cells = table.row()
                cells.cell("Item" if row == 0 else f"Item {number}.{row}")
                for column in range(3):
                    cells.cell(str(2022 + column) if row == 0 else f"{chance.randint(1, 9999):,}")
    pdf.output(str(path))


def ingest(path: Path, folder: Path) -> None:
    """Ingest a document or a folder into a new library and print the seconds of each stage as JSON."""
    from ingest import Readers
    from rag_app import Library
    from rag_app.storage.store import Store
    from rag_app.writing.embedding import Embedding

    seconds = dict.fromkeys(STAGES, 0.0)

    def timed(owner: type, name: str, stage: str) -> None:
        whole = getattr(owner, name)

        def method(*args: Any, **options: Any) -> Any:
            since = time.perf_counter()
            try:
                return whole(*args, **options)
            finally:
                seconds[stage] += time.perf_counter() - since

        setattr(owner, name, method)

    with Library.open(folder) as library:
        warm = folder.parent / "warm.txt"
        warm.write_text("One sentence to load the embedder.\n", encoding="utf-8")
        library.ingest([warm])
        timed(Readers, "_read", "read")
        timed(Embedding, "_cut", "cut")
        timed(type(library.embedder), "embed_passages", "embed")
        timed(Store, "put", "store")
        since = time.perf_counter()
        report = library.ingest([path])
        whole = time.perf_counter() - since
    pages = sum(document.pages for document in report.documents)
    passages = sum(document.chunks for document in report.documents)
    print(json.dumps({"pages": pages, "passages": passages, "whole": whole, **seconds}))


def memory_of(root: int) -> int:
    """Return the resident bytes of a process and all below it."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [tuple(map(int, line.split())) for line in listed.splitlines()]
    family = {root}
    while more := {pid for pid, parent, _ in rows if parent in family and pid not in family}:
        family |= more
    return 1024 * sum(resident for pid, _, resident in rows if pid in family)


def measure(write: Callable[[Path, int], None], name: str, size: int) -> dict[str, float]:
    """Ingest what `write` makes, in a process of its own; return its figures and the peak memory of all processes."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write(folder / name, size)
        command = [sys.executable, __file__, "--one", str(folder / name), str(folder / "library")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peak, ended = 0, threading.Event()

        def watch() -> None:
            nonlocal peak
            while not ended.wait(EVERY):
                peak = max(peak, memory_of(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, _ = process.communicate()
        ended.set()
        watcher.join()
        if process.returncode:
            sys.exit(process.returncode)
    figures: dict[str, float] = json.loads(out.splitlines()[-1])
    return figures | {"peak": float(peak)}


def tables(files: Sequence[Path]) -> float:
    """Print by how much finding tables makes reading PDFs longer, and return it; 0.2 is a fifth."""
    from ingest.readers import pdf, pdfium
    from rag_app.language.reading import lexicon

    seconds: defaultdict[str, float] = defaultdict(float)

    def timed(module: Any, name: str) -> None:
        whole = getattr(module, name)

        def function(*args: Any, **options: Any) -> Any:
            since = time.process_time()
            try:
                return whole(*args, **options)
            finally:
                seconds[name] += time.process_time() - since

        setattr(module, name, function)

    timed(pdf, "read")
    steps = ("may_hold_table", "grids_of", "marked", "placed", "with_captions", "continued")
    for name in steps:
        timed(pdf, name)
    timed(pdfium, "sheet_of")
    documents = [pdf.read(path, None, lexicon()) for path in files]
    found = sum(seconds[name] for name in (*steps, "sheet_of"))
    added = found / (seconds["read"] - found)
    pages, held = sum(len(one.pages) for one in documents), sum(len(one.tables) for one in documents)
    print(f"{pages:,} pages, {held:,} tables; finding them adds {added:.1%} (at most {MOST_FOR_TABLES:.0%})")
    return added


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[200, 700, 2000, 3000])
    parser.add_argument("--files", type=int, default=10_000, help="small files in one folder (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument(
        "--tables", type=Path, nargs="+", metavar="FILE", help="measure what finding tables costs in these"
    )
    parser.add_argument("--one", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tables:
        sys.exit(tables(options.tables) > MOST_FOR_TABLES)
    if options.one:
        ingest(*options.one)
        return
    books = [measure(write_pdf, "book.pdf", pages) for pages in sorted(options.pages)]
    results = books + ([measure(write_notes, "notes", options.files)] if options.files else [])
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}\n")
    print("| pages | passages | " + " | ".join(f"{stage}, pages/s" for stage in STAGES) + " | in all | peak memory |")
    print("|---" * (len(STAGES) + 4) + "|")
    for at, result in enumerate(results):
        speeds = " | ".join(f"{result['pages'] / result[stage]:,.0f}" for stage in (*STAGES, "whole"))
        what = f"{result['pages']:,}" if at < len(books) else f"{result['pages']:,} small files"
        print(f"| {what} | {result['passages']:,} | {speeds} | {result['peak'] / 2**30:.2f} GiB |")
    paces = [result["whole"] / result["pages"] for result in books]
    growth, peak = paces[-1] / paces[0], max(result["peak"] for result in results)
    print(f"\nA page of the longest takes {growth:.2f} times as long as one of the shortest (at most {MOST_GROWTH}).")
    if growth > MOST_GROWTH or peak > MOST_MEMORY:
        sys.exit(1)


if __name__ == "__main__":
    main()
