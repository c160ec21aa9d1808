"""How well refusing is told from answering: signals of answerable and unanswerable questions, and what follows.

`collect` asks the questions, without an answer being written, and appends what it saw of each to a file; it goes on
where it stopped. `report` fits and measures on that file; `--ship` writes the weights that the program carries.

Run: python benchmarks/refusal.py collect FOLDER SIGNALS [--part NAME --limit 150 --seconds 300]
     python benchmarks/refusal.py report SIGNALS [--ship FILE --odds 3]
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, replace
from math import log
from pathlib import Path
from typing import TYPE_CHECKING, Any

from points import FACT, kind_of

from rag_app import Library, config
from rag_app.answering.proved import look
from rag_app.evaluation.questions import read_collection
from rag_app.models.loaded import LoadedModels
from rag_app.proof.calibrate import PULL
from rag_app.proof.calibration import Errors, Logistic, auc, errors, fit, held_out
from rag_app.proof.refusal import decided, shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.proof.refusal import Calibration

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
FREE = 2.0  # pull of weights that start from nothing
NOTHING = Logistic(0.0, {"passage": 0.0, "piece": 0.0, "holds": 0.0})
FEWEST = 10  # examples of a kind, for halves
SHARES = (0.25, 0.5, 0.75, 1.0)  # of all questions, that are answered


@dataclass(frozen=True)
class Asked:
    """A question, whose library it is asked of, and whether that can answer."""

    part: str  # of the measurement
    library: str
    id: str
    question: str
    answerable: bool


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def own(folder: Path, name: str) -> list[Asked]:
    """Return the questions of a collection, answerable and adversarially not, over its own library, shuffled."""
    good = [Asked(name, name, t.id, t.text, answerable=True) for t in read_collection(folder / name).topics]
    file = folder / name / "unanswerable.jsonl"
    bad = [Asked(name, name, v["id"], v["question"], answerable=False) for v in lines(file)] if file.is_file() else []
    for part in (good, bad):
        random.Random(0).shuffle(part)
    return [asked for pair in zip(good, bad, strict=False) for asked in pair] if bad else good


def foreign(folder: Path, library: str, *others: str) -> list[Asked]:
    """Return questions of one collection over its own library and of others over it, in turns."""
    part, good = f"{library}, other domains", own(folder, library)
    if (folder / library / "unanswerable.jsonl").is_file():
        good = [asked for asked in good if asked.answerable]
    bad = [own(folder, other) for other in others]
    mixed = [asked for turn in zip(*bad, strict=False) for asked in turn]
    turns = zip(good, mixed, strict=False)
    return [
        Asked(part, library, asked.id, asked.question, answerable=asked is first)
        for first, second in turns
        for asked in (first, second)
    ]


def samples() -> list[Asked]:
    found = lines(SAMPLES / "questions.jsonl")
    return [
        Asked("samples", "samples", str(n), v["question"], bool(v["answers"]))
        for n, v in enumerate(found)
        if kind_of(v) == FACT
    ]


PARTS: dict[str, Callable[[Path], list[Asked]]] = {
    "samples": lambda _: samples(),
    "clapnq-dev": lambda folder: own(folder, "clapnq-dev"),
    "squad-dev-2.0": lambda folder: own(folder, "squad-dev-2.0"),
    "xquad-en, other domains": lambda folder: foreign(folder, "xquad-en", "pubmedqa", "liveqa-med"),
}


class Looker:
    """Opens libraries, the models once for all, and looks at questions."""

    def __init__(self, folder: Path, work: Path) -> None:
        self._folder, self._work = folder, work
        self._open: dict[str, Library] = {}
        self._settings = config.load()
        self._loaded = LoadedModels(self._settings)

    def library(self, name: str) -> Library:
        if name not in self._open:
            folder = self._work / f"{name}.library"
            library = Library.open(folder, settings=self._settings, loaded=self._loaded)
            if not library.documents():
                if name == "samples":
                    library.ingest([SAMPLES])
                else:
                    library.add(read_collection(self._folder / name).documents)
            self._open[name] = library
        return self._open[name]

    def look(self, asked: Asked) -> dict[str, Any]:
        seen = look(asked.question, self.library(asked.library)._stages(None))
        assert seen is not None
        return asdict(asked) | {
            "signals": {name: round(value, 3) for name, value in seen.signals.within(shipped().reach).items()}
        }


def collect(folder: Path, file: Path, parts: list[str], limit: int, seconds: float) -> None:
    """Append the signals of questions that the file does not have yet, until the time is over."""
    known = {(v["part"], v["id"]) for v in lines(file)} if file.is_file() else set()
    looker, until = Looker(folder, file.parent), time.monotonic() + seconds
    with file.open("a", encoding="utf-8") as out:
        for part in parts:
            for asked in PARTS[part](folder)[:limit]:
                if (asked.part, asked.id) in known:
                    continue
                if time.monotonic() > until:
                    return
                out.write(json.dumps(looker.look(asked), ensure_ascii=False) + "\n")
                out.flush()
                known.add((asked.part, asked.id))
    print("all there", file=sys.stderr)


class Part:
    """The examples of one part of the measurement."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        self.rows: list[dict[str, float]] = [value["signals"] for value in found]
        self.labels: list[bool] = [value["answerable"] for value in found]

    def half(self, odd: int) -> Part:
        part = Part([])
        for kind in (True, False):
            places = [n for n, label in enumerate(self.labels) if label is kind][odd::2]
            part.rows += [self.rows[n] for n in places]
            part.labels += [kind] * len(places)
        return part

    def probabilities(self, by: Calibration) -> list[float]:
        return [decided(by, by.first.probability(row), by.second.probability(row)) for row in self.rows]


def refusing(scores: Sequence[float], labels: Sequence[bool], bound: float) -> str:
    """Return precision and recall of refusing."""
    refused = [not label for score, label in zip(scores, labels, strict=True) if score < bound]
    right = sum(refused)
    return f"{right / max(len(refused), 1):.3f} | {right / max(labels.count(False), 1):.3f}"


def threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the bound with the fewest errors, both kinds counted as shares."""
    return min(sorted(scores), key=lambda bound: sum(asdict(errors(scores, labels, bound)).values()))


def balance(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the bound below which as many lie as have no answer: there precision and recall of refusing are alike."""
    return sorted(scores)[labels.count(False)]


def report(parts: dict[str, Part]) -> None:
    """Print what each signal and the shipped calibration tell, and what a calibration on one half does on the other."""
    by = shipped()
    print("| questions | answerable | others | AUC: passage | piece | check | scores | scores and check |")
    print("|---|---|---|---|---|---|---|---|")
    for name, part in parts.items():
        kinds = part.labels.count(True), part.labels.count(False)
        singles = [[row[signal] for row in part.rows] for signal in ("passage", "piece", "holds")]
        models = [[model.probability(row) for row in part.rows] for model in (by.first, by.second)]
        areas = [f"{auc(scores, part.labels):.3f}" if all(kinds) else "" for scores in (*singles, *models)]
        print(f"| {name} | {kinds[0]} | {kinds[1]} | {' | '.join(areas)} |")
    print("\n| refusing | decided by | precision | recall | wrongly refused | needed a check |")
    print("|---|---|---|---|---|---|")
    for name, part in parts.items():
        found = part.probabilities(by)
        wrong = sum(p < by.bound for p, label in zip(found, part.labels, strict=True) if label)
        checked = sum(0 < p < 1 for p in found) / len(found)
        share = f"{wrong / max(part.labels.count(True), 1):.2f} | {checked:.2f}"
        print(f"| {name} | as shipped | {refusing(found, part.labels, by.bound)} | {share} |")
        if min(part.labels.count(True), part.labels.count(False)) < FEWEST:
            continue
        others = [part for other, part in parts.items() if other != name]
        rows, labels = [row for other in others for row in other.rows], [v for other in others for v in other.labels]
        start = fit(rows, labels, NOTHING, FREE)  # weights that this part has no share in
        single: dict[str, tuple[list[float], list[bool]]] = {}
        for odd in (0, 1):
            known, other = part.half(odd), part.half(1 - odd)
            model = fit(known.rows, known.labels, start, PULL)
            own = fit(known.rows, known.labels, NOTHING, FREE)
            for kind, of, choose in (
                ("calibrated on the other half", model.probability, threshold),
                ("calibrated on the other half, as many refused as have no answer", model.probability, balance),
                ("fitted to the other half alone, as many refused as have no answer", own.probability, balance),
                ("threshold on the passage's score from the other half", lambda row: row["passage"], threshold),
                ("threshold on the piece's score from the other half", lambda row: row["piece"], threshold),
            ):
                bound = choose([of(row) for row in known.rows], known.labels)
                scores, labels = single.setdefault(kind, ([], []))
                scores += [of(row) - bound for row in other.rows]
                labels += other.labels
        for kind, (scores, labels) in single.items():
            lost = sum(s < 0 for s, label in zip(scores, labels, strict=True) if label) / labels.count(True)
            print(f"| {name} | {kind} | {refusing(scores, labels, 0.0)} | {lost:.2f} | |")
    print("\n| share answered | " + " | ".join(f"{share:.0%}" for share in SHARES) + " |")
    print("|---|" + "---|" * len(SHARES))
    for name, part in parts.items():
        for kind, scores in (
            ("calibration", [by.second.probability(row) for row in part.rows]),
            ("passage's score", [row["passage"] for row in part.rows]),
        ):
            order = sorted(range(len(scores)), key=lambda n: -scores[n])
            risks = [order[: max(round(share * len(order)), 1)] for share in SHARES]
            shares = [sum(not part.labels[n] for n in taken) / len(taken) for taken in risks]
            print(f"| {name}, not answerable of those answered, by the {kind} | ", end="")
            print(" | ".join(f"{share:.2f}" for share in shares) + " |")


def ship(parts: dict[str, Part], odds: float, file: Path) -> None:
    """Fit the weights to all parts and write them, with what they err in on examples held out.

    Args:
        parts: all examples count alike, answerable and others in all half and half.
        odds: of a user's question being answerable, before anything is seen of it.
        file: is written.
    """
    rows = [row for part in parts.values() for row in part.rows]
    labels = [label for part in parts.values() for label in part.labels]
    by, priors = shipped(), (Logistic(0.0, {"passage": 0.0, "piece": 0.0}), NOTHING)
    first, second = (rounded(fit(rows, labels, prior, FREE), log(odds)) for prior in priors)
    held = [[1 / (1 + (1 / p - 1) / odds) for p in held_out(rows, labels, prior, FREE)] for prior in priors]
    rates = errors([decided(by, one, two) for one, two in zip(*held, strict=True)], labels, by.bound)
    rates = Errors(round(rates.missed, 3), round(rates.false, 3))
    by = replace(by, first=first, second=second, questions=len(rows), errors=rates)
    file.write_text(json.dumps(by.as_json(), indent=2) + "\n", encoding="utf-8")


def rounded(model: Logistic, more: float) -> Logistic:
    return Logistic(round(model.bias + more, 4), {name: round(weight, 4) for name, weight in model.weights.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    collecting = commands.add_parser("collect")
    collecting.add_argument("folder", type=Path)
    collecting.add_argument("signals", type=Path)
    collecting.add_argument("--part", choices=list(PARTS), action="append")
    collecting.add_argument("--limit", type=int, default=600)
    collecting.add_argument("--seconds", type=float, default=1e9)
    reporting = commands.add_parser("report")
    reporting.add_argument("signals", type=Path)
    reporting.add_argument("--ship", type=Path, metavar="FILE")
    reporting.add_argument("--odds", type=float, default=3.0, help="of a question being answerable")
    options = parser.parse_args()
    if options.command == "collect":
        collect(options.folder, options.signals, options.part or list(PARTS), options.limit, options.seconds)
        return
    found: dict[str, list[dict[str, Any]]] = {}
    for value in lines(options.signals):
        found.setdefault(value["part"], []).append(value)
    parts = {name: Part(values) for name, values in found.items()}
    if options.ship:
        ship(parts, options.odds, options.ship)
        return
    report(parts)


if __name__ == "__main__":
    main()
