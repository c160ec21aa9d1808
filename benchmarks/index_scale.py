"""Measure the vector index from 10,000 to 10,000,000 vectors: recall, milliseconds a question, memory, time to build.

Run: python benchmarks/index_scale.py [--sizes 10000 100000 1000000] [--vectors FILE.npy] [--plot FILE.svg]

The vectors are made: each is a mixture of one of some thousand seeds and two of its neighbours, with noise of the
covariance of the seeds. `--vectors` gives the seeds, real ones for instance; else they are drawn with a spectrum like
that of text. They lie in a file that stands for the library's database, 1.5 kB a vector, and are never all in memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag_app.storage import faiss_index
from rag_app.storage.vector_index import FILE, VectorIndex, open_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rag_app.storage.faiss_index import Ids
    from rag_app.types import Vectors

DIMENSIONS = 384
BLOCK = 50_000  # vectors made at a time
K = 50
QUESTIONS, ROUNDS = 300, 5
NOISE = 0.7  # of the mixture's own length; gives the similarities and the local dimension of real passages
NEIGHBOURS = 32
POOL = 50_000  # draws of noise
EXACT_MOST = 1_000_000  # vectors that are also searched exactly, in memory
ROWS, ASKED, TRUE = "rows.f32", "questions.npy", "truth.npy"


class Maker:
    """Makes vectors like its seeds, the same block for the same number each time."""

    def __init__(self, seeds: Vectors) -> None:
        self._seeds = seeds
        found = faiss_index._faiss().knn(
            seeds, seeds, NEIGHBOURS + 1, metric=faiss_index._faiss().METRIC_INNER_PRODUCT
        )[1]
        self._near = found[:, 1:]
        values, directions = np.linalg.eigh(np.cov(seeds.T))
        spread = (directions * np.sqrt(np.maximum(values, 0))).T.astype(np.float32)
        self._noise = np.random.default_rng(6).standard_normal((POOL, DIMENSIONS), dtype=np.float32) @ spread

    def block(self, number: int, size: int) -> Vectors:
        """Return (size, d) rows of unit length; questions are a block of their own."""
        chance = np.random.default_rng([7, number])
        first = chance.integers(0, len(self._seeds), size)
        weights = chance.dirichlet(np.ones(3), size).astype(np.float32)
        rows = weights[:, :1] * self._seeds[first]
        for other in (1, 2):
            near = self._near[first, chance.integers(0, NEIGHBOURS, size)]
            rows += weights[:, other : other + 1] * self._seeds[near]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        angles = chance.uniform(0, 2 * np.pi, (size, 1))  # two draws, turned into a new one
        for share in (np.cos(angles), np.sin(angles)):
            rows += (NOISE * share).astype(np.float32) * self._noise[chance.integers(0, POOL, size)]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows


def seeds_of(path: Path | None) -> Vectors:
    """Return the rows of a file, or drawn ones whose spectrum falls as that of passages does."""
    if path:
        rows = np.load(path).astype(np.float32)
    else:
        chance = np.random.default_rng(7)
        scale = np.exp(-np.arange(DIMENSIONS) / 150)
        rows = (chance.standard_normal((6500, DIMENSIONS)) * scale).astype(np.float32)
        rows += 0.17 * np.linalg.norm(rows, axis=1).mean() * np.eye(1, DIMENSIONS, dtype=np.float32)
    return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


class Rows:
    """Stands for the store: vectors in a file, under the ids from 1 on."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / ROWS, os.O_RDWR)
        self._width = 4 * DIMENSIONS
        self._record = folder / "record.json"
        self._gone: set[int] = set()
        self._last = os.fstat(self._file).st_size // self._width
        self.generation, self.dimensions = 1, DIMENSIONS

    def count(self) -> int:
        return self._last - len(self._gone)

    def passage_ids(self) -> Ids:
        ids = np.arange(1, self._last + 1)
        return ids[np.isin(ids, list(self._gone), invert=True)]

    def vector_batches(self, size: int = 4096, *, after: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        for first in range(after, self._last, size):
            raw = os.pread(self._file, min(size, self._last - first) * self._width, first * self._width)
            rows = np.frombuffer(raw, np.float32).reshape(-1, DIMENSIONS)
            yield np.arange(first + 1, first + 1 + len(rows)), rows

    def vectors_of(self, ids: Iterable[int]) -> tuple[Ids, Vectors]:
        known = np.array(sorted(set(map(int, ids)) - self._gone), np.int64)
        raw = b"".join(os.pread(self._file, self._width, (number - 1) * self._width) for number in known.tolist())
        return known, np.frombuffer(raw, np.float32).reshape(-1, DIMENSIONS)

    def add(self, row: Vectors) -> int:
        os.pwrite(self._file, row.tobytes(), self._last * self._width)
        self._last += 1
        self.generation += 1
        return self._last

    def remove(self, number: int) -> None:
        self._gone.add(number)
        self.generation += 1

    def index_record(self) -> tuple[int, str] | None:
        if not self._record.exists():
            return None
        generation, sha256, _ = json.loads(self._record.read_text())
        return int(generation), str(sha256)

    def index_facts(self) -> str:
        return str(json.loads(self._record.read_text())[2])

    def record_index(self, generation: int, sha256: str, facts: str = "") -> None:
        self._record.write_text(json.dumps([generation, sha256, facts]))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        yield

    writing = snapshot


# The steps, each in a process of its own


def write(folder: Path, size: int, vectors: Path | None = None) -> dict[str, Any]:
    """Make the vectors and the questions, and find the true neighbours block by block."""
    maker = Maker(seeds_of(vectors))
    questions = maker.block(-1 % 2**32, QUESTIONS)
    truth = faiss_index._Truth(questions)
    with (folder / ROWS).open("wb") as file:
        for number, first in enumerate(range(0, size, BLOCK)):
            rows = maker.block(number, min(BLOCK, size - first))
            truth.see(np.arange(first + 1, first + 1 + len(rows)), rows)
            rows.tofile(file)
    np.save(folder / ASKED, questions)
    np.save(folder / TRUE, truth._ids)
    scores = truth._scores
    distances = np.sqrt(np.maximum(2 - 2 * scores, 1e-9))
    dimension = np.median(-1 / np.log(distances[:, :-1] / distances[:, -1:]).mean(axis=1))
    return {"similarity": [float(x) for x in scores[:, [0, 9, 49]].mean(axis=0)], "local_dimension": float(dimension)}


def build(folder: Path) -> dict[str, Any]:
    """Build and save the index."""
    before, begun, used = peak(), time.perf_counter(), time.process_time()
    index = open_index(folder, Rows(folder))
    return {
        "seconds_to_build": time.perf_counter() - begun,
        "processor_seconds_to_build": time.process_time() - used,
        "recall_when_built": index.facts.recall,
        "peak": peak(),
        "peak_before": before,
        "file": (folder / FILE).stat().st_size,
        **asdict(index.facts),
    }


def search(folder: Path) -> dict[str, Any]:
    """Open the index, ask all questions, and change it."""
    source, questions, truth = Rows(folder), np.load(folder / ASKED), np.load(folder / TRUE)
    VectorIndex(DIMENSIONS)  # loads FAISS
    before, begun = resident(), time.perf_counter()
    index = open_index(folder, source)
    opened = time.perf_counter() - begun
    found, times = ask(index, questions)
    shared = sum(len({*mine} & {*true}) for mine, true in zip(found, truth.tolist(), strict=True))
    index._exact = None
    _, bare = ask(index, questions)
    index._exact = source.vectors_of
    if isinstance(index._body, faiss_index.Inverted):
        for number in range(index._body.lists):
            index._body._codes_of(number)  # reads all of it
    result = {
        "seconds_to_open": opened,
        "recall": shared / truth.size,
        "milliseconds": times,
        "milliseconds_codes": bare,
        "bytes_a_vector": (resident() - before) / source.count(),
    }
    new = -questions[0]  # far from all others
    begun = time.perf_counter()
    number = source.add(new)
    index = open_index(folder, source, index)
    assert index.search(new, 1)[0][0] == number
    result["seconds_to_add"] = time.perf_counter() - begun
    nearest = index.search(questions[0], 1)[0][0]
    begun = time.perf_counter()
    source.remove(nearest)
    index = open_index(folder, source, index)
    assert nearest not in {passage for passage, _ in index.search(questions[0], K)}
    result["seconds_to_remove"] = time.perf_counter() - begun
    return result


def exact(folder: Path) -> dict[str, Any]:
    """Ask some questions of an index that compares all vectors."""
    index, questions = VectorIndex(DIMENSIONS), np.load(folder / ASKED)
    for ids, rows in Rows(folder).vector_batches(16_384):
        index.add(ids, rows)
    return {"milliseconds_exact": ask(index, questions[:30])[1]}


def ask(index: VectorIndex, questions: Vectors) -> tuple[list[list[int]], list[float]]:
    """Return what is found, and milliseconds: the 50th and 95th percentile, by the clock and of processor time.

    Each is the median over the rounds. Other processes disturb the clock, waiting for the disk is no processor time.
    """
    found: list[list[int]] = []
    rounds = []
    for _ in range(ROUNDS + 1):
        found, taken = [], []
        for question in questions:
            begun, used = time.perf_counter(), time.thread_time()
            hits = index.search(question, K)
            taken.append((time.perf_counter() - begun, time.thread_time() - used))
            found.append([passage for passage, _ in hits])
        rounds.append(1000 * np.percentile(taken, [50, 95], axis=0).T.ravel())
    return found, np.median(rounds[1:], axis=0).tolist()  # the first one warms the caches


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def resident() -> int:
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, text=True, check=True)
    return 1024 * int(told.stdout)


# The report

COLUMNS = (
    ("vectors", lambda r: f"{r['vectors']:,}"),
    ("type", lambda r: r["kind"]),
    ("lists looked into", lambda r: str(r["probes"] or "all")),
    ("recall@50", lambda r: f"{r['recall']:.4f}"),
    ("median and p95 by the clock, ms", lambda r: pair(r["milliseconds"][:2])),
    ("median and p95 of processor time, ms", lambda r: pair(r["milliseconds"][2:])),
    ("the same without looking vectors up, ms", lambda r: pair(r["milliseconds_codes"][2:])),
    ("the same comparing all vectors, ms", lambda r: pair(r["milliseconds_exact"][2:]) if wide(r) else ""),
    ("built, s", lambda r: f"{r['seconds_to_build']:.1f}"),
    ("of processor time, s", lambda r: f"{r['processor_seconds_to_build']:.1f}"),
    ("peak while built, GB", lambda r: f"{r['peak'] / 1e9:.2f}"),
    ("opened, s", lambda r: f"{r['seconds_to_open']:.2f}"),
    ("bytes a vector, in memory", lambda r: f"{r['bytes_a_vector']:,.0f}"),
    ("in the file", lambda r: f"{r['file'] / r['vectors']:,.0f}"),
    ("added, ms", lambda r: f"{1000 * r['seconds_to_add']:.0f}"),
    ("removed, ms", lambda r: f"{1000 * r['seconds_to_remove']:.0f}"),
)


def pair(milliseconds: list[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in milliseconds)


def wide(result: dict[str, Any]) -> bool:
    return "milliseconds_exact" in result


def table(results: list[dict[str, Any]]) -> str:
    """Return the figures in Markdown, a column for each size."""
    rows = [[name, *(form(result) for result in results)] for name, form in COLUMNS]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * (len(results) + 1) + "|", *lines[1:]])


def plot(results: list[dict[str, Any]]) -> str:
    """Return an SVG of milliseconds by vectors, both on logarithmic axes."""
    sizes = [result["vectors"] for result in results]
    series = [
        ("index", "#0969da", [(r["vectors"], r["milliseconds"][3]) for r in results]),
        ("all vectors compared", "#bc4c00", [(r["vectors"], r["milliseconds_exact"][3]) for r in results if wide(r)]),
    ]
    values = [value for _, _, points in series for _, value in points]
    low, high = np.floor(np.log10(min(values))), np.ceil(np.log10(max(values)))
    left, right = np.log10(min(sizes)), np.log10(max(sizes)) + 1e-9

    def at(size: float, value: float) -> tuple[float, float]:
        x = 70 + 500 * (np.log10(size) - left) / (right - left)
        return round(float(x), 1), round(float(320 - 280 * (np.log10(value) - low) / (high - low)), 1)

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 380" font-family="sans-serif" font-size="13">',
        '<rect width="640" height="380" fill="white"/>',
    ]
    for size in sizes:
        x, _ = at(size, 1)
        parts.append(f'<path d="M{x} 40V320" stroke="#ddd"/><text x="{x}" y="340" text-anchor="middle">{size:,}</text>')
    for power in range(int(low), int(high) + 1):
        _, y = at(sizes[0], 10.0**power)
        parts.append(
            f'<path d="M70 {y}H570" stroke="#ddd"/><text x="62" y="{y + 4}" text-anchor="end">{10.0**power:g}</text>'
        )
    for row, (name, colour, points) in enumerate(series):
        places = [at(*point) for point in points]
        path = "M" + "L".join(f"{x} {y}" for x, y in places)
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>' for x, y in places]
        parts.append(f'<text x="84" y="{60 + 18 * row}" fill="{colour}">{name}</text>')
    parts.append('<text x="320" y="365" text-anchor="middle">vectors</text>')
    parts.append('<text x="70" y="28">milliseconds of processor time a question, 95th percentile</text></svg>')
    return "\n".join(parts) + "\n"


def step(name: str, *arguments: object) -> dict[str, Any]:
    """Run a step in a process of its own and return its figures."""
    command = [sys.executable, __file__, "--step", name, *map(str, arguments)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    print(f"{name} {arguments[0]}: {told.stdout.strip()}", file=sys.stderr)
    figures: dict[str, Any] = json.loads(told.stdout)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--vectors", type=Path, help="(n, 384) rows in NumPy's form to make vectors from")
    parser.add_argument("--folder", type=Path, help="where the vectors are written (default: a temporary folder)")
    parser.add_argument("--plot", type=Path, help="write an SVG here")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        name, folder, *rest = options.step
        known = {"build": build, "search": search, "exact": exact}
        done = known[name](Path(folder)) if name in known else write(Path(folder), int(rest[0]), *map(Path, rest[1:]))
        print(json.dumps(done))
        return
    results, seeds = [], [options.vectors.resolve()] if options.vectors else []
    for size in sorted(options.sizes):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            made = step("write", folder, size, *seeds)
            results.append(made | step("build", folder) | step("search", folder))
            if size <= EXACT_MOST:
                results[-1] |= step("exact", folder)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.plot:
        options.plot.write_text(plot(results))
    print(f"{platform.machine()}, {platform.system()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(table(results))
    for result in results:
        one, ten, fifty = result["similarity"]
        print(f"\n{result['vectors']:,}: the 1st, 10th and 50th neighbour at {one:.2f}, {ten:.2f} and {fifty:.2f},")
        print(f"local dimension {result['local_dimension']:.1f}, recall when built {result['recall_when_built']:.3f}")


if __name__ == "__main__":
    main()
