"""Fit, to TAT-QA's questions, which row and which column of a table a question means; print how often that is right.

Run: python benchmarks/cells.py FILE [--memo FILE] [--write]

FILE is TAT-QA's own JSON. Documents in even places are fitted to, those in odd ones are left to benchmarks/tatqa.py.
What is printed comes from weights of other documents (five parts); `words alone` are weights for encoders that nothing
was fitted with. With `--write` the weights of all documents in even places become those of the program.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from memo import remembering
from tatqa import documents, kind_of, page

from ingest import Grid, read
from rag_app import Hit, config
from rag_app.evidence.cells import Lookup, cells_meant, column_labels, column_scores, row_labels, row_scores
from rag_app.evidence.labels import Fit, fits
from rag_app.proof.calibration import Logistic, auc, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest import Cell, Table

WEIGHTS = Path("rag_app/evidence/cells.json")
MEANT = Path("rag_app/proof/cell_meant.json")
DOUBT = 1.0  # pull of the weights of whether a cell is meant, in examples
FOLDS = 5
PULL = 0.01  # of weights to zero
STEPS, RATE = 600, 0.5
ROW_TRAITS = (
    "alike",
    "own_alike",
    "relevant",
    "asked",
    "said",
    "literal",
    "literal_words",
    "same_year",
    "other_year",
)
COLUMN_TRAITS = ("alike", "asked", "said", "literal", "same_year", "other_year")
FIRST = {"first": 0.2}  # of columns that fit alike the first is meant; fitted it would weigh more, and err more often
OF_ENCODERS = {"alike", "own_alike", "relevant"}
DIGITS = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
COMMON = {0.0, 1.0, 2.0, 3.0, 4.0, 100.0}  # figures of a derivation that may be no cell


@dataclass(frozen=True)
class Example:
    """A question with its labels; of these those of the right cells are marked."""

    document: str
    kind: str
    rows: list[Fit]
    right_rows: list[bool]
    columns: list[Fit]
    right_columns: list[bool]


def wanted(question: dict[str, Any]) -> set[float]:
    """Return the figures that stand in the cells that are meant; those that are worked with."""
    if question["answer_type"] == "arithmetic":
        return {value(one) for one in DIGITS.findall(question["derivation"])} - COMMON
    answers = question["answer"] if isinstance(question["answer"], list) else []
    found = [DIGITS.findall(str(one)) for one in answers]
    return {value(one[0]) for one in found} if all(len(one) == 1 for one in found) else set()


def value(figure: str) -> float:
    """Return the value of a figure."""
    return float(figure.replace(",", ""))


def is_meant(cell: Cell, figures: set[float]) -> bool:
    """Tell whether a cell has one of some figures, and no other."""
    found = DIGITS.findall(cell.text)
    return len(found) == 1 and value(found[0]) in figures


def examples(file: Path, lookup: Lookup) -> list[Example]:
    """Return the questions about figures of a table, of the documents in even places."""
    found = []
    for document in documents(file)[::2]:
        tables = tables_of(document)
        if len(tables) != 1:
            continue
        for question in document["questions"]:
            if kind_of(question) in {"table", "arithmetic", "several"} and "table" in question["answer_from"]:
                found += [one for one in [example(document, question, tables[0], lookup)] if one]
    return found


@dataclass(frozen=True)
class Answered:
    """The likeliest cell for a question, and whether it answers it."""

    document: str
    kind: str
    seen: dict[str, float]
    right: bool


def answered(file: Path, lookup: Lookup) -> list[Answered]:
    """Return the likeliest cell for each question with one answer; words of a text and what is worked out have none."""
    found = []
    for document in documents(file)[::2]:
        tables = [(_hit(document), table) for table in tables_of(document)]
        for question in document["questions"]:
            kind = kind_of(question)
            best = next(iter(cells_meant(question["question"], tables, lookup)), None)
            if kind in {"several", "count"} or best is None:
                continue
            right = kind == "table" and (is_meant(best.cell, wanted(question)) or best.cell.text in question["answer"])
            found.append(Answered(document["table"]["uid"], kind, best.seen.as_json(), right))
    return found


def _hit(document: dict[str, Any]) -> Hit:
    return Hit(1, document["table"]["uid"], 1, 1, "1", 0, 1, "", 0.0, 1, 0.0)


def tables_of(document: dict[str, Any]) -> tuple[Table, ...]:
    """Return the tables that are read of a document."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.html"
        path.write_text(page(document), encoding="utf-8")
        return read(path).tables


def of_others(found: Sequence[Answered]) -> list[float]:
    """Return for each how likely it is right, by weights of other documents."""
    names = sorted({one.document for one in found})
    likely = [0.0] * len(found)
    for fold in range(FOLDS):
        left = set(names[fold::FOLDS])
        model = fit_judge([one for one in found if one.document not in left])
        for at, one in enumerate(found):
            if one.document in left:
                likely[at] = model.probability(one.seen)
    return likely


def fit_judge(found: Sequence[Answered]) -> Logistic:
    """Fit whether the likeliest cell is meant."""
    rows, labels = [one.seen for one in found], [one.right for one in found]
    return fit(rows, labels, Logistic(0.0, dict.fromkeys(rows[0], 0.0)), DOUBT, even=False)


def example(document: dict[str, Any], question: dict[str, Any], table: Table, lookup: Lookup) -> Example | None:
    """Return a question with what is seen of each label; None where no cell holds what is wanted."""
    grid, figures, text = Grid(table), wanted(question), question["question"]
    right = [cell for cell in grid.value_cells if is_meant(cell, figures)]
    rows, columns = row_labels(table, grid), column_labels(grid)
    if not right or not rows or not columns:
        return None
    asked = lookup.embed([text])[0]
    row_fits = fits(text, [*rows.values()], [*columns.values()], row_scores(text, [*rows.values()], asked, lookup))
    column_fits = fits(text, [*columns.values()], [*rows.values()], column_scores([*columns.values()], asked, lookup))
    return Example(
        document["table"]["uid"],
        kind_of(question),
        row_fits,
        [any(cell.row == number for cell in right) for number in rows],
        column_fits,
        [any(cell.column == number for cell in right) for number in columns],
    )


def fitted(found: Sequence[tuple[list[Fit], list[bool]]], traits: Sequence[str]) -> dict[str, float]:
    """Return the weights under which the right labels are likeliest, of several right ones their sum."""
    cases = [(matrix(labels, traits), np.array(right, float)) for labels, right in found if any(right)]
    weights = np.zeros(len(traits))
    for _ in range(STEPS):
        slope = PULL * weights
        for values, right in cases:
            likely = np.exp(values @ weights - (values @ weights).max())
            likely /= likely.sum()
            of_right = likely * right
            slope += (likely - of_right / of_right.sum()) @ values / len(cases)
        weights -= RATE * slope
    return dict(zip(traits, map(float, weights), strict=True))


def matrix(found: Sequence[Fit], traits: Sequence[str]) -> np.ndarray:
    """Return labels as rows of what is seen of them."""
    return np.array([[one.as_json()[trait] for trait in traits] for one in found])


def judged(
    found: Sequence[tuple[list[Fit], list[bool]]], traits: Sequence[str], documents_of: Sequence[str]
) -> tuple[list[bool], list[float]]:
    """Return whether the likeliest labels are right, and how likely they are, by weights of other documents."""
    right, likely = [False] * len(found), [0.0] * len(found)
    names = sorted(set(documents_of))
    for fold in range(FOLDS):
        left = set(names[fold::FOLDS])
        weights = fitted([one for one, name in zip(found, documents_of, strict=True) if name not in left], traits)
        for at, name in enumerate(documents_of):
            if name in left:
                scores = matrix(found[at][0], traits) @ np.array([*weights.values()])
                grown = np.exp(scores - scores.max())
                right[at], likely[at] = found[at][1][int(scores.argmax())], float(grown.max() / grown.sum())
    return right, likely


def report(name: str, right: Sequence[bool], likely: Sequence[float]) -> str:
    """Return how often the likeliest is right: of all, and of the surest."""
    order = sorted(range(len(right)), key=lambda at: -likely[at])
    parts = []
    for share in (0.5, 0.7, 0.9, 1.0):
        surest = order[: int(share * len(order))]
        parts.append(f"{np.mean([right[at] for at in surest]):.3f} of the surest {share:.0%}")
    return f"{name:24} {', '.join(parts)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--memo", type=Path, help="keeps what the models said")
    parser.add_argument("--write", action="store_true", help=f"write {WEIGHTS}")
    options = parser.parse_args()
    settings = config.load()
    models = remembering(settings, options.memo)
    embed = remembered(models.embedder.embed_passages)
    lookup = Lookup(settings.embedder, models.reranker.numbers.model, embed, models.reranker.score)
    found = examples(options.file, lookup)
    names = [one.document for one in found]
    print(f"{len(found)} questions on {len(set(names))} tables; {settings.embedder}, {settings.reranker}")
    rows = [(one.rows, one.right_rows) for one in found]
    columns = [(one.columns, one.right_columns) for one in found]
    plain_rows = [trait for trait in ROW_TRAITS if trait not in OF_ENCODERS]
    plain_columns = [trait for trait in COLUMN_TRAITS if trait not in OF_ENCODERS]
    for title, row_traits, column_traits in (
        ("with both encoders", ROW_TRAITS, COLUMN_TRAITS),
        ("words alone", plain_rows, plain_columns),
    ):
        right_rows, likely_rows = judged(rows, row_traits, names)
        right_columns, likely_columns = judged(columns, column_traits, names)
        both = [one and other for one, other in zip(right_rows, right_columns, strict=True)]
        print(title)
        print(report("  row", right_rows, likely_rows))
        print(report("  column", right_columns, likely_columns))
        print(report("  both", both, [a * b for a, b in zip(likely_rows, likely_columns, strict=True)]))
    if options.write:
        weights = {
            "embedder": lookup.embedder,
            "reranker": lookup.reranker,
            "rows": fitted(rows, ROW_TRAITS),
            "columns": fitted(columns, COLUMN_TRAITS) | FIRST,
            "words_alone": {"rows": fitted(rows, plain_rows), "columns": fitted(columns, plain_columns) | FIRST},
        }
        WEIGHTS.write_text(json.dumps(rounded(weights), indent=2) + "\n", encoding="utf-8")
    cells = answered(options.file, lookup)
    likely, right = of_others(cells), [one.right for one in cells]
    print(f"{len(cells)} questions, {sum(right)} answered by the likeliest cell: AUC {auc(likely, right):.3f}")
    for bound in (0.5, 0.7, 0.8, 0.9):
        taken = [one for one, chance in zip(cells, likely, strict=True) if chance >= bound]
        kinds = Counter(one.kind for one in taken)
        print(f"  from {bound:.1f} on {len(taken)}, {np.mean([one.right for one in taken]):.3f} right; {dict(kinds)}")
    print(fit_judge(cells))
    if options.write:
        judge = {"embedder": lookup.embedder, "reranker": lookup.reranker, "model": fit_judge(cells).as_json()}
        MEANT.write_text(json.dumps(rounded(judge), indent=2) + "\n", encoding="utf-8")


def rounded(value: Any) -> Any:
    """Return a value of JSON with three decimals."""
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return round(value, 3) if isinstance(value, float) else value


def remembered(embed: Callable[[Sequence[str]], Any]) -> Callable[[Sequence[str]], Any]:
    """Return the same function, which embeds each text once."""
    known: dict[str, Any] = {}

    def embedded(texts: Sequence[str]) -> Any:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, embed(new), strict=True))
        return np.array([known[text] for text in texts])

    return embedded


if __name__ == "__main__":
    main()
