"""Ingest PDFs of 200 to 3,000 pages and 10,000 small files; print pages per second by stage, growth and peak memory.

Run: python benchmarks/ingestion.py [--pages 200 700 2000 3000] [--files 10000] [--json FILE]
     python benchmarks/ingestion.py --tables FILE.pdf... [--prose FILE.pdf...] [--rounds 3]

The second prints what finding tables adds to reading these files, and to reading prose and lists beside them.
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
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpdf import FPDF

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("read", "cut", "embed", "store")
MOST_GROWTH = 1.10  # of the time a page takes, from the shortest document to the longest
MOST_MEMORY = 1.5 * 2**30  # bytes, of all processes together
MOST_FOR_TABLES = 0.25  # of the processor time that reading takes without them
MOST_FOR_PROSE = 0.05  # the same where there is nothing but running text: what a look at the text itself costs
PROSE_PAGES = 60
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


def write_prose(path: Path, pages: int, *, lists: bool) -> None:
    """Write a PDF of paragraphs, with `lists` of headings, bullets and numbered steps, but without a table."""
    words = vocabulary()
    chance = random.Random(pages)
    pdf = FPDF()
    pdf.set_font("Helvetica", size=10)

    def write(text: str) -> None:
        pdf.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")

    for number in range(1, pages + 1):
        pdf.add_page()
        for part in range(1, 4):
            write(" ".join(chance.choices(words, k=100)).capitalize() + ".")
            if lists:
                write(f"{number}.{part} " + " ".join(chance.choices(words, k=3)).capitalize())
                for step in range(1, 5):
                    write(f"{step}. " + " ".join(chance.choices(words, k=6)) + ".")
                    write(f"{chr(149)} {chance.randint(2, 90)} " + " ".join(chance.choices(words, k=4)))
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


STEPS = ("may_hold_table", "grids_of", "marked", "placed", "with_captions", "continued")  # of `readers.pdf`


@dataclass(frozen=True, slots=True)
class Cost:
    """What finding tables costs in some files, in seconds of processor time."""

    pages: int
    closely: int  # pages whose letters were all looked up
    tables: int
    found: float
    others: float  # the rest of reading

    @property
    def share(self) -> float:
        """Return how much longer reading takes; 0.2 is a fifth."""
        return self.found / self.others


def cost_of_tables(files: Sequence[Path], rounds: int) -> Cost:
    """Read PDFs and return what finding their tables costs: the least of `rounds`, file by file."""
    from ingest.readers import pdf, pdfium
    from rag_app.language.reading import lexicon

    seconds: defaultdict[str, float] = defaultdict(float)
    calls: defaultdict[str, int] = defaultdict(int)

    def timed(module: Any, name: str) -> Callable[[], None]:
        whole = getattr(module, name)

        def function(*args: Any, **options: Any) -> Any:
            calls[name] += 1
            since = time.process_time()
            try:
                return whole(*args, **options)
            finally:
                seconds[name] += time.process_time() - since

        setattr(module, name, function)
        return lambda: setattr(module, name, whole)

    words = lexicon()
    restore = [timed(pdf, name) for name in ("read", *STEPS)] + [timed(pdfium, "geometry_of")]
    pages = closely = held = 0
    found = others = 0.0
    for path in files:
        times = []
        for _ in range(rounds):
            seconds.clear()
            calls.clear()
            document = pdf.read(path, None, words)
            tables = sum(seconds[name] for name in (*STEPS, "geometry_of"))
            times.append((seconds["read"], tables))
        whole, tables = min(times)
        pages, closely = pages + len(document.pages), closely + calls["grids_of"]
        held, found, others = held + len(document.tables), found + tables, others + whole - tables
    for undo in restore:
        undo()
    return Cost(pages, closely, held, found, others)


def tables(files: Sequence[Path], prose: Sequence[Path], rounds: int) -> bool:
    """Print what finding tables costs in `files`, in `prose` and in made pages; tell whether it is within bounds."""
    with tempfile.TemporaryDirectory() as made:
        plain, lists = Path(made) / "prose.pdf", Path(made) / "lists.pdf"
        write_prose(plain, PROSE_PAGES, lists=False)
        write_prose(lists, PROSE_PAGES, lists=True)
        sets = {"files": files, "prose given": prose, "prose made": [plain], "lists made": [lists]}
        costs = {name: cost_of_tables(some, rounds) for name, some in sets.items() if some}
    print("| set | pages | looked at closely | tables | reading without, CPU ms/page | with | added |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, cost in costs.items():
        before, after = (1000 * time / cost.pages for time in (cost.others, cost.others + cost.found))
        counts = f"{cost.pages:,} | {cost.closely:,} | {cost.tables:,}"
        print(f"| {name} | {counts} | {before:.1f} | {after:.1f} | {cost.share:.1%} |")
    print(f"\nAt most {MOST_FOR_TABLES:.0%} in files, {MOST_FOR_PROSE:.0%} in the prose made.")
    return costs["files"].share <= MOST_FOR_TABLES and costs["prose made"].share <= MOST_FOR_PROSE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, nargs="+", default=[200, 700, 2000, 3000])
    parser.add_argument("--files", type=int, default=10_000, help="small files in one folder (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument(
        "--tables", type=Path, nargs="+", metavar="FILE", help="measure what finding tables costs in these"
    )
    parser.add_argument("--prose", type=Path, nargs="+", metavar="FILE", default=[], help="and in these beside them")
    parser.add_argument("--rounds", type=int, default=3, help="of which the fastest counts (default: %(default)s)")
    parser.add_argument("--one", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tables:
        sys.exit(not tables(options.tables, options.prose, options.rounds))
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
