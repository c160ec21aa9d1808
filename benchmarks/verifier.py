"""Train the cross-encoder to tell whether a text answers exactly what is asked, and print what that tells of answers.

Run: python benchmarks/verifier.py train DATA --work FOLDER [--steps 560] [--rank 16]
     python benchmarks/verifier.py judge ROWS --work FOLDER

`train` makes examples of public collections in the BEIR layout below DATA (squad-dev-2.0, pubmedqa, policyqa, selqa,
with clapnq-dev and a fifth of squad's articles held out): texts that answer, and near misses. A near miss is a question
that its text does not answer; another text of the same document; the right text without the sentence that answers;
another answer of the same text; a question with a year, a number or a name of elsewhere; the neighbour row of a table.
Trained is a low-rank delta of the upper layers; it is written to the work folder (`verifier.safetensors`, a few MB). At
the end the AUC of answering texts against near misses is printed, on what was held out, without and with the delta.

`judge` reads answers whose outcome is known: ROWS is `signals.jsonl` of confidence.py. Printed are for each set the AUC
of right against wrong answers of each signal and of the cross-encoder alone, without and with the delta, and of all
signals together, with each of the two and with neither, by weights that were fitted without the documents of the
question.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag_app import config
from rag_app.models.catalogue import resolve
from rag_app.proof.calibration import Logistic, auc, fit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HELD_OUT = 5  # one article in so many judges
BATCH = 16
LONGEST = 192  # tokens of a pair, in training
READ = 384  # tokens of a pair that is judged
RATE = 1e-3
WARM = 0.1  # share of the steps until the rate is reached; then it falls to nothing
UPPER = 8  # layers that are trained
SEED = 7
PULL = 10.0  # answers that a weight of 0 counts for
BOUNDS = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8)  # of the probability
PARTS, ROUNDS = 8, 10  # of the documents, and how often they are parted anew

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=[\"'(\[A-Z0-9])|\n+")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*\b")
_NAME = re.compile(r"(?<!^)(?<![.?!] )\b[A-Z][\w'-]+(?:\s+(?:of |the )?[A-Z][\w'-]+)*")
_MARKER = re.compile(r"\s*\[\d+\]")


@dataclass(frozen=True)
class Example:
    """A question and a text, and whether the text answers it."""

    source: str  # how it was made
    question: str
    text: str  # begins with the document's name, as windows do
    right: bool


@dataclass(frozen=True)
class Asked:
    """A question of a collection with its passage."""

    question: str
    passage: str  # identifier
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Collection:
    """Passages by identifier and what is asked of them."""

    titles: dict[str, str]
    texts: dict[str, str]
    answerable: tuple[Asked, ...]
    unanswerable: tuple[Asked, ...]


def lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]


def read(folder: Path) -> Collection:
    """Read a collection in the BEIR layout, with `qa.jsonl` and `unanswerable.jsonl` where it has them."""
    corpus = {row["_id"]: row for row in lines(folder / "corpus.jsonl")}
    unanswerable = folder / "unanswerable.jsonl"
    questions = {row["_id"]: row["text"] for row in lines(folder / "queries.jsonl")}
    answers = {}
    for row in lines(folder / "qa.jsonl") if (folder / "qa.jsonl").exists() else ():
        answers[row["id"]] = tuple(row["answers"])
        if "long_answer" in row:  # the conclusion of an abstract that has none
            answers[row["id"]] = tuple(_SENTENCE.split(row["long_answer"]))
            corpus[row["passage_id"]]["text"] += "\n" + row["long_answer"]
    asked = []
    for file in sorted((folder / "qrels").glob("*.tsv")):
        for line in file.read_text(encoding="utf-8").splitlines()[1:]:
            query, passage, score = line.split("\t")
            if int(score) and query in questions and passage in corpus:
                asked.append(Asked(questions[query], passage, answers.get(query, ())))
    return Collection(
        {name: row["title"] for name, row in corpus.items()},
        {name: row["text"] for name, row in corpus.items()},
        tuple(dict.fromkeys(asked)),
        tuple(Asked(row["question"], row["passage_id"]) for row in lines(unanswerable))
        if unanswerable.exists()
        else (),
    )


def words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


class Nearest:
    """Passages by BM25."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._counts = {name: Counter(words(text)) for name, text in texts.items()}
        self._mean = sum(sum(counts.values()) for counts in self._counts.values()) / len(texts)
        holding = Counter(word for counts in self._counts.values() for word in counts)
        self._rare = {word: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for word, n in holding.items()}

    def rarity(self, word: str) -> float:
        return self._rare.get(word, 0.0)

    def rank(self, question: str, among: Sequence[str]) -> list[str]:
        """Return the names, best first."""
        asked = sorted(set(words(question)))  # sums do not depend on an order of chance

        def score(name: str) -> float:
            counts = self._counts[name]
            length = 1.2 * (0.25 + 0.75 * sum(counts.values()) / self._mean)
            return sum(self.rarity(word) * 2.2 * counts[word] / (counts[word] + length) for word in asked)

        return sorted(among, key=score, reverse=True)


class Maker:
    """Makes examples of one collection."""

    def __init__(self, name: str, collection: Collection, chance: random.Random) -> None:
        self.name, self.all, self._chance = name, collection, chance
        self.nearest = Nearest(collection.texts)
        self.articles = defaultdict(list)
        for passage, title in collection.titles.items():
            self.articles[title].append(passage)

    def window(self, passage: str, question: str, answers: Sequence[str] = (), *, without: bool = False) -> str:
        """Return sentences of a passage around the one that holds an answer, or that is nearest to the question.

        Args:
            passage: its identifier.
            question: what is asked.
            answers: forms of the answer that the window holds, or leaves out.
            without: leave them out.
        """
        parts = [part for part in _SENTENCE.split(self.all.texts[passage]) if part.strip()]
        holding = [place for place, part in enumerate(parts) if any(answer in part for answer in answers)]
        if without:
            parts = [part for place, part in enumerate(parts) if place not in holding]
            holding = []
        if not parts:
            return ""
        asked = sorted(set(words(question)))  # sums do not depend on an order of chance
        near = [sum(self.nearest.rarity(word) for word in asked if word in held) for held in map(words, parts)]
        begin = max(holding or range(len(parts)), key=lambda place: near[place])
        end, most = begin + 1, self._chance.randint(25, 150)
        while (begin > 0 or end < len(parts)) and len(" ".join(parts[begin:end]).split()) < most:
            backward = begin > 0 and (end == len(parts) or self._chance.random() < 0.5)
            begin, end = (begin - 1, end) if backward else (begin, end + 1)
        return " ".join(" ".join(parts[begin:end]).split()[:160])

    def example(
        self, source: str, one: Asked, text: str, answer: str = "", *, right: bool = False
    ) -> Iterator[Example]:
        """Yield an example; before the text stands the short answer, where there is one, as it is shown."""
        if text:
            title = self.all.titles[one.passage]
            told = f"{answer}\n{text}" if answer else text
            yield Example(f"{self.name} {source}", one.question, f"{title}: {told}" if title else told, right)

    def right(self, one: Asked, *, answered: bool) -> Iterator[Example]:
        """Yield a text that answers."""
        answer = self._chance.choice(one.answers) if one.answers and answered else ""
        yield from self.example("right", one, self.window(one.passage, one.question, one.answers), answer, right=True)

    def elsewhere(self, one: Asked, *, answer: str = "") -> Iterator[Example]:
        """Yield the next best passage of the same document, or of all, without the answer."""
        others = self.articles[self.all.titles[one.passage]]
        ranked = [name for name in self.nearest.rank(one.question, others) if name != one.passage]
        ranked = [name for name in ranked[:8] if not any(a in self.all.texts[name] for a in one.answers)]
        if ranked:
            other = Asked(one.question, self._chance.choice(ranked[:3]))
            yield from self.example("elsewhere", other, self.window(other.passage, one.question), answer)

    def changed(self, one: Asked) -> Iterator[Example]:
        """Yield the question with a number or a name of elsewhere in the document."""
        for kind in self._chance.sample((_NUMBER, _NAME), 2):
            found = kind.findall(one.question)
            article = " ".join(self.all.texts[name] for name in self.articles[self.all.titles[one.passage]])
            if not found:
                continue
            old = self._chance.choice(found)
            alike = [new for new in kind.findall(article) if new not in one.question and len(new) // 9 == len(old) // 9]
            if kind is _NUMBER:
                alike = [new for new in alike if len(new) == len(old)]
            if not alike:
                continue
            question = one.question.replace(old, self._chance.choice(alike))
            answer = self._chance.choice(one.answers) if one.answers and self._chance.random() < 0.5 else ""
            text = self.window(one.passage, one.question, one.answers)
            yield from self.example("changed", Asked(question, one.passage), text, answer)
            return


def manner(question: str) -> str:
    """Return what is asked for: the question word."""
    found = re.search(
        r"\b(how many|how much|how|who|whom|whose|when|where|why|which year|what year)\b", question.lower()
    )
    return found[0] if found else "what"


def squad_examples(maker: Maker, chance: random.Random, passages: set[str]) -> Iterator[Example]:
    """Yield examples of questions, some of which have no answer in their passage."""
    by_passage = defaultdict(list)
    for one in maker.all.answerable:
        by_passage[one.passage].append(one)
    for one in maker.all.answerable:
        if one.passage not in passages:
            continue
        yield from maker.right(one, answered=chance.random() < 0.6)
        way = chance.random()
        if way < 0.25:
            yield from maker.elsewhere(
                one, answer=other_answer(one, by_passage, chance) if chance.random() < 0.3 else ""
            )
        elif way < 0.45:
            yield from maker.example("without", one, maker.window(one.passage, one.question, one.answers, without=True))
        elif way < 0.75:
            wrong = other_answer(one, by_passage, chance)
            if wrong:
                yield from maker.example("wrong", one, maker.window(one.passage, one.question, (wrong,)), wrong)
        else:
            yield from maker.changed(one)
    for one in maker.all.unanswerable:
        if one.passage in passages:
            wrong = other_answer(one, by_passage, chance) if chance.random() < 0.5 else ""
            text = maker.window(one.passage, one.question, (wrong,) if wrong else ())
            yield from maker.example("unanswerable", one, text, wrong)


def other_answer(one: Asked, by_passage: dict[str, list[Asked]], chance: random.Random) -> str:
    """Return an answer to another question about the same passage, of the same manner where there is one."""
    own = " ".join(one.answers).lower()
    others = [
        (other, answer)
        for other in by_passage[one.passage]
        for answer in other.answers[:1]
        if answer.lower() not in own and not any(form.lower() in answer.lower() for form in one.answers)
    ]
    alike = [answer for other, answer in others if manner(other.question) == manner(one.question)]
    return chance.choice(alike or [answer for _, answer in others] or [""])


def plain_examples(maker: Maker, chance: random.Random, most: int) -> Iterator[Example]:
    """Yield examples of questions whose answers are not marked in the passage, or are a conclusion of their own."""
    longest = 200  # words of a passage; the answer stands anywhere in longer ones
    asked = [one for one in maker.all.answerable if one.answers or len(maker.all.texts[one.passage].split()) <= longest]
    for one in chance.sample(asked, min(most, len(asked))):
        if maker.name == "policyqa":
            yield from maker.right(one, answered=False)
            domains = sorted(set(maker.all.titles.values()) - {maker.all.titles[one.passage]})
            other = re.sub(r"\([\w.-]+\)", f"({chance.choice(domains)})", one.question)
            if other != one.question and chance.random() < 0.7:
                yield from maker.example("changed", Asked(other, one.passage), maker.window(one.passage, one.question))
            continue
        yield from maker.right(one, answered=False)
        if chance.random() < 0.3:
            yield from maker.changed(one)
        ranked = [name for name in maker.nearest.rank(one.question, list(maker.all.texts)) if name != one.passage]
        other_one = Asked(one.question, chance.choice(ranked[:3]))
        yield from maker.example("elsewhere", other_one, maker.window(other_one.passage, one.question))


def table_examples(names: Sequence[str], chance: random.Random, most: int) -> Iterator[Example]:
    """Yield cells of tables that are made up, asked for by row and column: the right one, or a neighbour."""
    heads = ("Price", "Amount", "Length", "Weight", "2021", "2022", "2023", "2024", "Date", "Limit", "Score", "Owner")
    for _ in range(most):
        rows, columns = chance.sample(names, chance.randint(3, 6)), chance.sample(heads, chance.randint(2, 4))
        cells = [[cell(head, names, chance) for head in columns] for _ in rows]
        row, column = chance.randrange(len(rows)), chance.randrange(len(columns))
        head, name = columns[column], rows[row]
        asked = chance.choice(("What is the {head} of {name}?", "{head} {name}", "How high was {name} for {head}?"))
        question = asked.format(head=head if head.isdigit() else head.lower(), name=name)
        right = chance.random() < 0.4
        shown = [*range(len(rows))]
        way = chance.random()
        place = (row, column)
        if not right and way < 0.4:
            place = ((row + 1) % len(rows), column)
        elif not right and way < 0.7:
            place = (row, (column + 1) % len(columns))
        elif not right:
            shown.remove(row)
            place = (chance.choice(shown), column)
        text = f"{chance.choice(('Item', 'Name', 'Product', 'Region'))} {' '.join(columns)}"
        text += " " + " ".join(f"{rows[i]} {' '.join(cells[i])}" for i in shown)
        told = f"{cells[place[0]][place[1]]}\n{text}" if not right or chance.random() < 0.8 else text
        yield Example(
            "table " + ("right" if right else "neighbour"), question, f"{chance.choice(names)}: {told}", right
        )


def cell(head: str, names: Sequence[str], chance: random.Random) -> str:
    if head == "Owner":
        return chance.choice(names)
    if head == "Date":
        return f"{chance.randint(1, 28)}.{chance.randint(1, 12)}.{chance.randint(2015, 2025)}"
    return f"{chance.randint(2, 4000):,}"


@dataclass(frozen=True)
class Material:
    """What is trained on, and what judges, by name."""

    training: list[Example]
    judging: dict[str, list[Example]]


def material(data: Path) -> Material:
    """Make all examples, the same each time."""
    chance = random.Random(SEED)
    squad = Maker("squad", read(data / "squad-dev-2.0"), chance)
    titles = sorted(squad.articles)
    held = {title for place, title in enumerate(titles) if place % HELD_OUT == 0}
    inside = {name for name, title in squad.all.titles.items() if title not in held}
    outside = set(squad.all.titles) - inside
    training = list(squad_examples(squad, chance, inside))
    unseen = list(squad_examples(squad, chance, outside))
    for name, most in (("selqa", 500), ("pubmedqa", 450), ("policyqa", 500)):
        training += plain_examples(Maker(name, read(data / name), chance), chance, most)
    names = sorted({name for passage in inside for name in _NAME.findall(squad.all.texts[passage]) if len(name) < 30})
    training += table_examples(names, chance, 900)
    clapnq = Maker("clapnq", read(data / "clapnq-dev"), chance)
    whole = [
        next(clapnq.example("right" if right else "unanswerable", one, clapnq.all.texts[one.passage], right=right))
        for right, asked in ((True, clapnq.all.answerable), (False, clapnq.all.unanswerable))
        for one in asked
    ]
    chance.shuffle(training)
    plain = [one for one in unseen if one.source in {"squad right", "squad unanswerable"} and "\n" not in one.text]
    return Material(
        training,
        {
            "squad, answerable against unanswerable, no answer before the text": chance.sample(plain, 500),
            "squad, all near misses": chance.sample(unseen, 500),
            "clapnq, answerable against unanswerable": whole,
        },
    )


def low_rank(model: Any, rank: int) -> dict[str, Any]:
    """Add a trained product of two narrow matrices to each matrix of the upper layers; return what is trained.

    Names are those of the model's own parameters, with `.down` and `.up`, or `.delta` of the last one.
    """
    import torch

    torch.manual_seed(SEED)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    trained: dict[str, Any] = {}
    layers = len(model.bert.encoder.layer)
    for name, module in list(model.named_modules()):
        found = re.match(r"bert\.encoder\.layer\.(\d+)\.", name)
        inside = found is not None and int(found[1]) >= layers - UPPER
        if not isinstance(module, torch.nn.Linear) or not (inside or name == "bert.pooler.dense"):
            continue
        down = torch.nn.Parameter(torch.randn(rank, module.in_features) / math.sqrt(module.in_features))
        up = torch.nn.Parameter(torch.zeros(module.out_features, rank))
        trained |= {f"{name}.down": down, f"{name}.up": up}
        module.register_forward_hook(_adding(down, up))
    for name in ("classifier.weight", "classifier.bias"):
        delta = torch.nn.Parameter(torch.zeros_like(model.get_parameter(name)))
        trained[f"{name}.delta"] = delta
    weight, bias = trained["classifier.weight.delta"], trained["classifier.bias.delta"]
    model.classifier.register_forward_hook(
        lambda _, given, out: out + torch.nn.functional.linear(given[0], weight, bias)
    )
    return trained


def _adding(down: Any, up: Any) -> Any:
    from torch.nn.functional import linear

    return lambda _, given, out: out + 2.0 * linear(linear(given[0], down), up)


class Verifier:
    """The cross-encoder with a delta, which is nothing at first."""

    def __init__(self, rank: int = 16, delta: Path | None = None) -> None:
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertForSequenceClassification

        settings = config.load()
        folder = resolve(settings.reranker, "reranker", settings).path
        self.model: Any = BertForSequenceClassification.from_pretrained(folder).eval()
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_padding()
        kept = load_file(delta) if delta else {}
        self.trained = low_rank(self.model, next((len(v) for k, v in kept.items() if k.endswith(".down")), rank))
        with torch.no_grad():
            for name, value in kept.items():
                self.trained[name].copy_(value)

    def logits(self, pairs: Sequence[tuple[str, str]], tokens: int, *, half: bool = False) -> Any:
        """Return a tensor of (pairs,) logits that the text answers."""
        import torch

        self._tokenizer.enable_truncation(tokens, strategy="only_second")
        coded = self._tokenizer.encode_batch([(question[:400], text) for question, text in pairs])
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            out = self.model(
                input_ids=torch.tensor([one.ids for one in coded]),
                attention_mask=torch.tensor([one.attention_mask for one in coded]),
                token_type_ids=torch.tensor([one.type_ids for one in coded]),
            )
        return out.logits.float()[:, 0]

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the logits of pairs, in order."""
        import torch

        order = sorted(range(len(pairs)), key=lambda place: len(pairs[place][1]))
        found = np.zeros(len(pairs))
        with torch.no_grad():
            for begin in range(0, len(order), BATCH):
                places = order[begin : begin + BATCH]
                found[places] = self.logits([pairs[place] for place in places], READ).numpy()
        return [float(value) for value in found]

    def save(self, file: Path) -> None:
        """Write the delta."""
        from safetensors.torch import save_file

        save_file({name: value.detach().contiguous() for name, value in self.trained.items()}, file)


def batches(examples: Sequence[Example], steps: int) -> Iterator[list[Example]]:
    """Yield batches of examples of like length, in an order of chance."""
    chance = random.Random(SEED)
    several = 20  # batches that are sorted by length together
    pool: list[Example] = []
    while True:
        ready: list[list[Example]] = []
        while len(pool) < several * BATCH:
            pool += chance.sample(examples, len(examples))
        part, pool = pool[: several * BATCH], pool[several * BATCH :]
        part.sort(key=lambda one: len(one.text))
        ready += [part[begin : begin + BATCH] for begin in range(0, len(part), BATCH)]
        chance.shuffle(ready)
        for batch in ready:
            if steps == 0:
                return
            steps -= 1
            yield batch


def train(verifier: Verifier, examples: Sequence[Example], steps: int, *, half: bool) -> None:
    """Fit the delta."""
    import torch

    optimizer = torch.optim.AdamW(verifier.trained.values(), lr=RATE, weight_decay=0.01)
    began, losses = time.perf_counter(), []
    for step, batch in enumerate(batches(examples, steps)):
        done = step / steps
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(done / WARM, (1 - done) / (1 - WARM))
        logits = verifier.logits([(one.question, one.text) for one in batch], LONGEST, half=half)
        labels = torch.tensor([float(one.right) for one in batch])
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(list(verifier.trained.values()), 1.0)
        optimizer.step()
        losses.append(float(loss.detach()))
        if step % 20 == 19:
            spent = time.perf_counter() - began
            print(f"{step + 1} steps, {spent:.0f} s, loss {sum(losses[-50:]) / len(losses[-50:]):.3f}", flush=True)


def dev(verifier: Verifier, judging: dict[str, list[Example]]) -> Iterator[str]:
    for name, examples in judging.items():
        scores = verifier.scores([(one.question, one.text) for one in examples])
        yield f"  {name}: {auc(scores, [one.right for one in examples]):.3f} of {len(examples)}"


def held_out(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> list[float]:
    """Return the probability of each answer by weights of other documents, the mean over several partings."""
    documents = sorted({(row["folder"], row["document"]) for row in rows})
    chance = np.random.default_rng(0)
    total = np.zeros(len(rows))
    for _ in range(ROUNDS):
        order = chance.permutation(len(documents))
        part = {documents[place]: number % PARTS for number, place in enumerate(order)}
        parts = [part[row["folder"], row["document"]] for row in rows]
        for left in range(PARTS):
            known = [row for row, own in zip(rows, parts, strict=True) if own != left]
            seen = [{name: row["seen"][name] for name in names} for row in known]
            model = fit(
                seen, [row["right"] for row in known], Logistic(0.0, dict.fromkeys(names, 0.0)), PULL, even=False
            )
            for place, row in enumerate(rows):
                if parts[place] == left:
                    total[place] += model.probability(row["seen"])
    return [float(value) for value in total / ROUNDS]


def judge(rows: list[dict[str, Any]], verifier: Verifier, base: Verifier) -> Iterator[str]:
    """Yield what the scores tell of answers."""
    pairs = [(row["question"], f"{row['source']}: {_MARKER.sub('', row['answer'])}") for row in rows]
    for row, before, after in zip(rows, base.scores(pairs), verifier.scores(pairs), strict=True):
        row["seen"] |= {"reranker": before, "verifier": after}
    signals = [name for name in rows[0]["seen"] if name not in {"reranker", "verifier"}]
    likely = {added: held_out(rows, [*signals, *added]) for added in ((), ("reranker",), ("verifier",))}
    for folder in [*sorted({row["folder"] for row in rows}), ""]:
        chosen = [place for place, row in enumerate(rows) if folder in {row["folder"], ""}]
        labels = [rows[place]["right"] for place in chosen]
        yield f"\n{folder or 'all'}: {len(chosen)} answers, {sum(labels)} right"
        alone = {name: auc([rows[place]["seen"][name] for place in chosen], labels) for name in rows[0]["seen"]}
        yield "  alone: " + ", ".join(f"{name} {value:.3f}" for name, value in alone.items())
        for added, values in likely.items():
            own = [values[place] for place in chosen]
            kept = [
                (bound, [label for label, value in zip(labels, own, strict=True) if value >= bound]) for bound in BOUNDS
            ]
            shares = ", ".join(f"{bound}: {sum(k)}/{len(k)} {sum(k) / max(len(k), 1):.2f}" for bound, k in kept)
            name = f"signals and {added[0]}" if added else "signals"
            yield f"  {name}: AUC {auc(own, labels):.3f}; right above {shares}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("data", "train", "judge"))
    parser.add_argument("input", type=Path, help="folder of collections, or signals.jsonl")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=560)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1, help="more are slower where other programs are at work")
    parser.add_argument("--full", action="store_true", help="train in float32, not bfloat16")
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    delta = options.work / "verifier.safetensors"
    if options.what == "judge":
        print("\n".join(judge(lines(options.input), Verifier(delta=delta), Verifier())))
        return
    made = material(options.input)
    print(sorted(Counter(one.source for one in made.training).items()))
    if options.what == "data":
        for one in made.training[:40]:
            print(one)
        return
    verifier = Verifier(options.rank)
    train(verifier, made.training, options.steps, half=not options.full)
    verifier.save(delta)
    for name, reader in (("as it is", Verifier()), ("with the delta", verifier)):
        print(name, flush=True)
        for line in dev(reader, made.judging):
            print(line, flush=True)


if __name__ == "__main__":
    main()
