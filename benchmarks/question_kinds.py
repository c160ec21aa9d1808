"""Fit what kind of answer a question asks for to questions of known kinds, and print how often it is told rightly.

Run: python benchmarks/question_kinds.py [SET...] [--memo FILE] [--write FILE]

The examples are `question_kinds.jsonl`: made-up questions of nine kinds in six languages. How far the generator leans
to each kind is the input of a multinomial logistic model. Printed is the share sorted rightly of five parts, each by
weights of the others; then of the SETs (folders with a `questions.jsonl` as `realdocs.py` reads it), which nothing is
fitted to: by the strongest leaning alone, and by the weights. In the examples a fifth of the questions asks for a fact,
of what people ask about half: the odds of a fact are raised by that. --write keeps the weights of all.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from math import log
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from memo import remembering

from rag_app import config
from rag_app.asking.answer_kind import NAMED, Sorter
from rag_app.asking.choice import leanings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rag_app.models.generator import Generator

EXAMPLES = Path(__file__).with_name("question_kinds.jsonl")
PARTS = 5
PULL = 10.0  # examples that the weights which they begin with count for
BEGIN = 0.5  # weight of a kind's own leaning, from which the examples draw it
STEPS = 3000
FACTS = 0.5  # share of facts among what people ask
KINDS = {  # of a set, as the prompt calls them; the others are no kinds of answers, or may be of several
    "fact": "fact",
    "table": "fact",
    "count": "fact",
    "list": "list",
    "explain": "explanation",
    "howto": "steps",
    "compare": "comparison",
    "yesno": "yes",
    "section": "section",
    "library": "library",
    "smalltalk": "chat",
}
NAMES = tuple(NAMED)

Example = tuple[dict[str, float], str]  # leanings, and the kind


def examples_of(file: Path, generator: Generator) -> list[Example]:
    """Return the questions of a file whose kind is known, with how far the generator leans to each."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    known = [(row["question"], KINDS.get(row["kind"], row["kind"])) for row in rows if not row.get("history")]
    return [(leanings("kind", asked, NAMES, generator), kind) for asked, kind in known if kind in NAMES]


def fitted(examples: Sequence[Example], generator: str, facts: float | None = None) -> Sorter:
    """Return the weights that make the kinds of the examples likeliest, drawn to those that they begin with.

    Args:
        examples: what is fitted to.
        generator: whose leanings these are.
        facts: share of facts among the questions to come; None: the same as among the examples.
    """
    begin = BEGIN * torch.eye(len(NAMES))
    weights, bias = begin.clone().requires_grad_(), torch.zeros(len(NAMES), requires_grad=True)
    values = torch.tensor([[found[name] for name in NAMES] for found, _ in examples])
    values -= values.mean(1, keepdim=True)
    kinds = torch.tensor([NAMES.index(kind) for _, kind in examples])
    optimizer = torch.optim.Adam([weights, bias], lr=0.05)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(values @ weights.T + bias, kinds)
        loss = loss + PULL / 2 * ((weights - begin) ** 2).sum() / len(examples)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    share = sum(kind == "fact" for _, kind in examples) / len(examples)
    more = log_odds(facts) - log_odds(share) if facts else 0.0
    raised = [more if name == "fact" else 0.0 for name in NAMES]
    return Sorter(
        generator,
        {name: round(value + by, 3) for name, value, by in zip(NAMES, bias.tolist(), raised, strict=True)},
        {
            name: {other: round(value, 3) for other, value in zip(NAMES, row, strict=True)}
            for name, row in zip(NAMES, weights.tolist(), strict=True)
        },
    )


def log_odds(share: float) -> float:
    """Return the log-odds of a share of a whole."""
    return log(share / (1 - share))


def strongest(found: Mapping[str, float]) -> str:
    """Return the kind to which the generator leans most."""
    return max(found, key=found.__getitem__)


def parted(examples: Sequence[Example], generator: str) -> float:
    """Return the share of the examples that is sorted rightly, each by weights of the parts that it is not in."""
    order = random.Random(0).sample(range(len(examples)), len(examples))
    right = 0
    for part in range(PARTS):
        judged = set(order[part::PARTS])
        sorter = fitted([one for row, one in enumerate(examples) if row not in judged], generator)
        right += sum(sorter.kind(examples[row][0]) == examples[row][1] for row in judged)
    return right / len(examples)


def told(examples: Sequence[Example], sorter: Sorter) -> str:
    """Return how many of each kind are sorted rightly."""
    asked = Counter(kind for _, kind in examples)
    right = Counter(kind for found, kind in examples if sorter.kind(found) == kind)
    return ", ".join(f"{name} {right[name]}/{count}" for name, count in asked.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", type=Path, metavar="SET", help="judged, not fitted to")
    parser.add_argument("--memo", type=Path, default=Path("kinds.sqlite"), help="keeps calls of the generator")
    parser.add_argument("--write", type=Path, help="where the weights are kept")
    options = parser.parse_args()
    generator = remembering(config.load(), options.memo).generator
    name = generator.numbers.model
    examples = examples_of(EXAMPLES, generator)
    print(f"{name}: {len(examples)} examples, {parted(examples, name):.2f} sorted rightly")
    sorter = fitted(examples, name, FACTS)
    for folder in options.sets:
        rows = examples_of(folder / "questions.jsonl", generator)
        alone = sum(strongest(found) == kind for found, kind in rows) / len(rows)
        fit = sum(sorter.kind(found) == kind for found, kind in rows) / len(rows)
        print(f"{folder.resolve().name}: {len(rows)}, strongest {alone:.2f}, by weights {fit:.2f}")
        print(f"  {told(rows, sorter)}")
    if options.write:
        value = {"generator": name, "bias": sorter.bias, "weights": sorter.weights}
        options.write.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
