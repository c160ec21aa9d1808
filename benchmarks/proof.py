"""Plant false answers and false citations, and count those that are caught; check pages on PDFs made for the purpose.

Run: python benchmarks/proof.py [--pages 100] [--json FILE]

First a generator is put in that answers the sample questions with figures and names that no document holds, and
agrees with everything; then one that answers questions about the small documents of falsehoods.jsonl with what turns
their sense. Then citations of true answers are altered: quotes stitched from two places, figures changed, other
documents, other pages. At last PDFs are made whose sentences run over page breaks and whose first pages have
Roman numbers, and the installed models answer questions about them.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from falsehoods import Liar, ask, falsehoods
from fpdf import FPDF
from points import FACT, kind_of

from rag_app import Library, config
from rag_app.evidence.quotable import units
from rag_app.models.loaded import LoadedModels
from rag_app.proof.quotes import cite, locate, markers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app import Answer, Citation
    from rag_app.models.loaded import Models

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "data" / "samples"
NAMES = ["Zorvan Meltik", "Quillhaven", "Ysolde Brantwick", "Oskerby", "Tamsin Vorrel", "Kelbrannock"]
ROMAN = ["i", "ii", "iii", "iv"]
FRONT, BODY = len(ROMAN), 3  # pages of a made PDF
LINES, WIDTH = 48, 92  # of a made page: lines, and characters in one
THINGS = [
    "locker",
    "boat",
    "garden plot",
    "workshop bench",
    "bicycle stand",
    "kiln",
    "projector",
    "tent",
    "canoe",
    "loom",
]
COLOURS = ["amber", "cobalt", "crimson", "ivory", "jade", "ochre", "russet", "saffron", "teal", "umber"]
FILLER = [
    "Members keep the shared rooms tidy and report what is broken to the caretaker in the front office.",
    "The committee meets in the small hall and puts its minutes on the board beside the entrance.",
    "Keys are handed out against a signature and are returned in the evening of the same day.",
    "Whoever is the last to leave closes the windows, turns the heating down and sets the alarm.",
]


@dataclass(frozen=True)
class Planted:
    """One falsehood, and whether it was caught."""

    kind: str
    text: str
    caught: bool


def altered(figure: str, texts: Sequence[str], chance: random.Random) -> str:
    """Return `figure` with other digits, and more of them if need be, such that no text holds it."""
    changed = figure
    while any(re.search(rf"(?<!\d){re.escape(changed)}(?!\d)", text) for text in texts):
        longer = figure if chance.random() < 0.9 else f"{changed}0"  # the small numbers all stand somewhere
        changed = re.sub(r"\d", lambda _: str(chance.randint(1, 9)), longer)
    return changed


def false_answers(library: Library, questions: list[dict[str, Any]], chance: random.Random) -> list[Planted]:
    """Answer with figures and names that no document holds; caught is what is not called answered."""
    liar = Liar()
    models = library.loaded
    loaded = LoadedModels(library.settings, embedder=models.embedder, reranker=models.reranker, generator=liar)
    with Library.open(settings=library.settings, loaded=loaded) as lying:
        return planted_in(lying, liar, questions, chance)


def planted_in(library: Library, liar: Liar, questions: list[dict[str, Any]], chance: random.Random) -> list[Planted]:
    """Ask a library whose generator says what it is told to."""
    texts = [library.read(document.path).text for document in library.documents()]
    planted = []
    with_figure = [question for question in questions if re.search(r"\d", "".join(question["answers"]))][:30]
    without = [question for question in questions if question not in with_figure][:20]
    for question in [*with_figure, *without]:
        right = max(question["answers"], key=lambda answer: bool(re.search(r"\d", answer)))
        if question in with_figure:
            kind, lie = "altered figure", re.sub(r"\d[\d.,:]*\d|\d", lambda m: altered(m[0], texts, chance), right)
        else:
            kind, lie = "invented name", chance.choice(NAMES)
        liar.text = lie
        answer = library.ask(question["question"])
        told = lie in answer.answer
        planted.append(Planted(kind, f"{question['question']} {lie}", not told or answer.status != "answered"))
    return planted


def false_drafts(models: Models) -> Iterator[Planted]:
    """Answer questions about small documents with what turns their sense; caught are those that are not told."""
    for one in falsehoods():
        settings = config.load()
        liar = Liar(one.false)
        loaded = LoadedModels(settings, embedder=models.embedder, reranker=models.reranker, generator=liar)
        with tempfile.TemporaryDirectory() as folder:
            own = config.with_library(settings, Path(folder) / "library")
            with Library.open(settings=own, loaded=loaded) as library:
                told = one.told_by(ask(one, library, Path(folder)))
        yield Planted(f"{one.kind}, written", f"{one.question} {one.false}", not told)


def false_citations(library: Library, count: int, chance: random.Random) -> list[Planted]:
    """Alter true citations; caught is what does not stand."""
    documents = [library.read(document.path) for document in library.documents()]
    kinds: list[tuple[str, Callable[[], Citation | None]]] = []

    def true() -> tuple[Any, Citation]:
        while True:
            document = chance.choice(documents)
            found = [unit for unit in units(document.text) if 60 < unit.end - unit.start < 300]
            if found:
                unit = chance.choice(found)
                piece = _Piece(unit.start, unit.end, document.text[unit.start : unit.end])
                return document, cite(1, piece, document)  # type: ignore[arg-type]

    def stitched() -> Citation:
        _, one = true()
        _, other = true()
        return replace(one, quote=f"{one.quote[: len(one.quote) // 2]}{other.quote[len(other.quote) // 2 :]}")

    def changed() -> Citation | None:
        _, one = true()
        figure = re.search(r"\d", one.quote)
        if figure is None:
            return None
        other = str((int(figure[0]) + chance.randint(1, 9)) % 10)
        return replace(one, quote=one.quote[: figure.start()] + other + one.quote[figure.end() :])

    def misattributed() -> Citation:
        document, one = true()
        other = chance.choice([d for d in documents if d.path != document.path])
        return replace(one, document=other.path)

    def wrong_page() -> Citation | None:
        document, one = true()
        others = [page for page in document.pages if page.number != one.page]
        if not others:
            return None
        page = chance.choice(others)
        return replace(one, page=page.number, page_label=page.label)

    def moved() -> Citation:
        _, one = true()
        by = chance.choice([-7, -3, 5, 11])
        return replace(one, start=max(one.start + by, 0), end=one.end + by)

    kinds = [
        ("stitched quote", stitched),
        ("altered quote", changed),
        ("misattributed quote", misattributed),
        ("wrong page", wrong_page),
        ("wrong place", moved),
    ]
    planted = []
    for kind, make in kinds:
        made = [citation for citation in (make() for _ in range(count * 8)) if citation][:count]
        planted += [Planted(kind, citation.quote, not library.stands(citation)) for citation in made]
    for _ in range(count):  # the alarm has to be silent where all is well
        document, one = true()
        if not library.stands(one) or locate(one.quote, document) is None:
            raise SystemExit(f"A true citation does not stand: {one}")
    return planted


@dataclass(frozen=True)
class _Piece:
    start: int
    end: int
    text: str


def made_pdfs(folder: Path, questions: int, chance: random.Random) -> list[dict[str, Any]]:
    """Write PDFs of Roman-numbered and other pages, each fact in a sentence over a page break or near it."""
    per_file, asked = 5, []
    for number in range((questions + per_file - 1) // per_file):
        colour, thing = COLOURS[number % 10], THINGS[(number * 3 + number // 10) % 10]
        name = f"{colour.capitalize()} {thing} rules"
        file = folder / f"{colour}-{thing.replace(' ', '-')}-{number}.pdf"
        facts = [
            ("deposit", f"{chance.randint(11, 399)} euros"),
            ("daily fee", f"{chance.randint(2, 97)} euros"),
            ("longest loan", f"{chance.randint(2, 29)} days"),
            ("number of keys", f"{chance.randint(2, 19)} keys"),
            ("fine for a late return", f"{chance.randint(3, 88)} euros"),
        ]
        texts = {}
        for what, value in facts:
            texts[what] = (
                f"For the {colour} {thing} the {what} that the committee has set for all members of the association "
                f"and for the guests whom they bring along is {value} in this year."
            )
        _write(file, name, list(texts.values()), chance)
        asked += [
            {"question": f"What is the {what} for the {colour} {thing}?", "answers": [value], "quote": texts[what]}
            | {"document": file.name}
            for what, value in facts
        ]
    return asked[:questions]


def _write(file: Path, title: str, sentences: list[str], chance: random.Random) -> None:
    """Write one PDF: each sentence begins on the last line of a page and ends on the next, or stands in the middle."""
    pdf = FPDF()
    pdf.set_auto_page_break(False)
    pdf.set_font("Courier", size=9)
    pdf.set_title(title)
    breaks = chance.sample(range(FRONT + BODY - 1), len(sentences))
    pages = [_filled(chance) for _ in range(FRONT + BODY)]
    pages[0][0] = title
    for row, sentence in enumerate(sentences):
        lines, page = _wrapped(sentence), sorted(breaks)[row]
        above = chance.randint(1, len(lines) - 1) if row % 4 else len(lines)  # some do not run over
        pages[page] = [*_whole(pages[page][: LINES - above]), *lines[:above]]
        rest = lines[above:]
        pages[page + 1] = [*rest, *_begun(pages[page + 1][len(rest) :])] if rest else pages[page + 1]
    for number, lines in enumerate(pages):
        roman = number < FRONT
        pdf.add_page(label_style="r" if roman else "D", label_start=1 if number in (0, FRONT) else None)
        for line in lines:
            pdf.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
        pdf.set_y(-15)
        pdf.cell(0, 5, ROMAN[number] if roman else str(number - FRONT + 1), align="C")
    file.write_bytes(bytes(pdf.output()))


def _filled(chance: random.Random) -> list[str]:
    lines: list[str] = []
    while len(lines) < LINES:
        lines += _wrapped(chance.choice(FILLER))
    return lines[:LINES]


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, WIDTH)


def _whole(lines: list[str]) -> list[str]:
    """Drop the lines of an unfinished last sentence."""
    while lines and not lines[-1].endswith("."):
        lines = lines[:-1]
    return lines


def _begun(lines: list[str]) -> list[str]:
    """Drop the lines up to the first that begins a sentence."""
    while lines and not lines[0][0].isupper():
        lines = lines[1:]
    return lines


def check_pages(folder: Path, questions: int, chance: random.Random) -> dict[str, float]:
    """Ask the made PDFs, and compare page and label of each citation with the pages that the PDF itself has."""
    from pypdf import PdfReader

    asked = made_pdfs(folder, questions, chance)
    figures: Counter[str] = Counter()
    with Library.open(folder / "library") as library:
        library.ingest([folder])
        for row, question in enumerate(asked, 1):
            answer = library.ask(question["question"])
            print(f"\r{row}/{len(asked)}", end="", file=sys.stderr, flush=True)
            figures["answers"] += 1
            figures["right"] += answer.status != "not_found" and question["answers"][0] in answer.answer
            figures["markers without a citation"] += _dangling(answer)
            for citation in answer.citations:
                reader = PdfReader(citation.document)
                page, label = _begins(citation.quote, reader)
                figures["citations"] += 1
                figures["right page"] += citation.page == page
                figures["right label"] += citation.page_label == label
                figures["over a page break"] += "\f" in citation.quote
                figures["verified, but not in the file"] += citation.verified and page == 0
        print(file=sys.stderr)
    return dict(figures)


def _dangling(answer: Answer) -> int:
    return sum(marker not in {citation.marker for citation in answer.citations} for marker in markers(answer.answer))


def _begins(quote: str, reader: Any) -> tuple[int, str]:
    """Return number and label of the page on which a quote begins, read from the file alone; 0 where it is not there.

    A quote is longer than its first words, and those may stand on several pages: the whole of it decides.
    """
    texts = ["".join(page.extract_text().split()) for page in reader.pages]
    bodies = [re.sub(r"(?:[ivx]+|\d+)$", "", text) for text in texts]  # without the number at the foot
    whole, wanted = "".join(bodies), "".join(quote.split())
    at = whole.find(wanted)
    if at < 0:
        return 0, ""
    for number, body in enumerate(bodies):
        if at < len(body):
            return number + 1, reader.page_labels[number]
        at -= len(body)
    return 0, ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100, help="questions about the PDFs that are made")
    parser.add_argument("--json", type=Path, help="write the falsehoods here, one a line")
    options = parser.parse_args()
    chance, begun = random.Random(7), time.perf_counter()
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [one for one in map(json.loads, lines) if one["answers"] and kind_of(one) == FACT]
    with tempfile.TemporaryDirectory() as folder, Library.open(Path(folder) / "library") as library:
        library.ingest([SAMPLES])
        planted = false_answers(library, questions, chance) + false_citations(library, 10, chance)
        planted += false_drafts(library.loaded)
    if options.json:
        options.json.write_text("\n".join(json.dumps(one.__dict__) for one in planted) + "\n", encoding="utf-8")
    print("| planted | cases | caught |\n|---|---|---|")
    for kind in dict.fromkeys(one.kind for one in planted):
        cases = [one for one in planted if one.kind == kind]
        print(f"| {kind} | {len(cases)} | {sum(one.caught for one in cases)} |")
    print(f"| all | {len(planted)} | {sum(one.caught for one in planted)} |")
    for one in planted:
        if not one.caught:
            print(f"not caught: {one.kind}: {one.text}", file=sys.stderr)
    if options.pages:
        with tempfile.TemporaryDirectory() as folder:
            figures = check_pages(Path(folder), options.pages, chance)
        print("\n| made PDFs | |\n|---|---|")
        for name, value in figures.items():
            print(f"| {name} | {value} |")
    print(f"\n{time.perf_counter() - begun:.0f} s")
    if not all(one.caught for one in planted):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
