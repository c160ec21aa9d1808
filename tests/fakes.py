"""Small stand-ins that compute something: models made of words, and makers of files and values."""

from __future__ import annotations

import json
import re
import threading
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from fpdf import FPDF

from rag_app.config import Settings
from rag_app.errors import ModelMissing
from rag_app.language.stopwords import STOP_WORDS
from rag_app.library import Library
from rag_app.models.catalogue import InstalledModel
from rag_app.models.numbers import generator_numbers, reranker_numbers
from rag_app.models.registry import registry
from rag_app.proof.calibration import Logistic
from rag_app.proof.confidence import Judge
from rag_app.types import Answer, AnswerSeconds, Citation, Hit, ModelNames, Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.models.generator import Form, Message, Usage
    from rag_app.types import Vectors

    Script = Callable[[Sequence[Message]], str]

_DEFAULTS = {spec.role: InstalledModel(spec.name, spec.role, Path(), spec, "") for spec in registry() if spec.default}
SCORES = reranker_numbers(_DEFAULTS["reranker"])  # the fakes score on the scales of the default models
LIKELIHOODS = generator_numbers(_DEFAULTS["generator"])
TRUSTING = Judge(Logistic(0.0, {"says_right": 1.0}), answered=0.0, shown=0.0, reranker="", generator="")
_WORD = re.compile(r"[^\W_]+")
_SAYS = re.compile(
    r"^(?!From .*, page \d+:$|\[(?:end of )?text |Question: |Conversation:|Last question: "
    r"|Answer in as few|Answer with the words|Short answer:)(.*\S.*)$",
    re.MULTILINE,
)


def words(text: str) -> list[str]:
    """Return the words of `text` in lower case, in order."""
    return _WORD.findall(text.lower())


def subjects(text: str) -> set[str]:
    """Return the words that say what `text` is about."""
    return set(words(text)) - STOP_WORDS


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class WordEmbedder:
    """A bag of words: texts that share words are near, and each text is embedded alone."""

    name = "words"
    fingerprint = "words".ljust(64, "0")
    special_tokens = 2

    def __init__(self, dimensions: int = 2048, max_tokens: int = 256) -> None:
        self.dimensions = dimensions
        self.max_tokens = max_tokens
        self.read: list[str] = []  # every passage that was embedded

    def embed_passages(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Return (len(texts), d) float32 rows of unit length, in order."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(rows, texts, strict=True):
            self.read.append(text)
            row[:] = self.embed_question(text)
            if progress:
                progress(1)
        return rows

    def embed_question(self, text: str) -> Vectors:
        """Return (d,) float32 of unit length."""
        vector = np.zeros(self.dimensions, np.float32)
        for word in words(text)[: self.max_tokens - self.special_tokens]:
            vector[1 + zlib.crc32(word.encode()) % (self.dimensions - 1)] += 1
        vector[0] = not vector.any()  # a text without words has a direction of its own
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the words of each text."""
        return [len(words(text)) for text in texts]


class WordReranker:
    """Relevance is the share of the question's subject words that a text holds, times 10; -10 where there are none."""

    name = "shared-words"
    numbers = SCORES

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return (len(texts),) float32 logits."""
        wanted = subjects(question)
        shares = [len(wanted & subjects(text)) / max(len(wanted), 1) for text in texts]
        return np.array([10 * share or -10 for share in shares], np.float32)


class ScriptedGenerator:
    """Writes what a function of the prompt says, word by word; by default the evidence nearest to the question.

    It keeps to the form that it is given, as the real one does, unless `obeys` is False.
    """

    name = "script"
    context = 4096
    numbers = LIKELIHOODS

    def __init__(self, script: Script | None = None, *, obeys: bool = True) -> None:
        self.script = script or nearest_line
        self.obeys = obeys
        self.certainty = 0.0  # mean log-likelihood of what it writes
        self.prompts: list[list[Message]] = []

    def count_tokens(self, text: str) -> int:
        """Return the words of `text`."""
        return len(words(text))

    def stream(
        self, messages: Sequence[Message], usage: Usage, *, max_tokens: int, form: Form | None = None
    ) -> Iterator[str]:
        """Yield the script's text in pieces."""
        self.prompts.append(list(messages))
        usage.prompt = usage.evaluated = sum(self.count_tokens(message.content) for message in messages)
        written, usage.certainty = "", self.certainty
        for piece in re.findall(r"\s*\S+\s*$|\s*\S+", self.script(messages))[:max_tokens]:
            if form and self.obeys and not _allowed(form, written, piece):
                return
            usage.completion += 1
            written += piece
            yield piece
            if form and self.obeys and form.finished(written):
                return

    def preference(self, messages: Sequence[Message], one: str, other: str) -> float:
        """Prefer `one` where the words of the answer, or one of the question's, stand in the text that is checked."""
        lines = [said for line in messages[-1].content.splitlines() if (said := words(line))]
        text, question, answer = (
            {word for line in lines if line[0] == mark for word in line[1:]} for mark in ("text", "question", "answer")
        )
        agrees = answer <= text if answer else bool(question & text - STOP_WORDS)
        return 2.0 if agrees else -2.0

    def leanings(self, _: Sequence[Message], words: Sequence[str]) -> Sequence[float]:
        """Lean clearly to the first word, and to no other."""
        return [-10.0 * (row > 0) for row, _ in enumerate(words)]


def _allowed(form: Form, written: str, piece: str) -> bool:
    """Ask the form character by character, as a byte-level vocabulary would."""
    return all(form.allows(written + piece[:i], character) for i, character in enumerate(piece))


def evidence_lines(messages: Sequence[Message]) -> list[str]:
    """Return the lines of evidence in a prompt that asks for an answer; headings among them."""
    content = messages[-1].content
    return _SAYS.findall(content) if content.startswith(("[text ", "From ")) else []


def nearest_line(messages: Sequence[Message]) -> str:
    """Repeat the line that shares most words with the question; without one, join the conversation's users."""
    lines = evidence_lines(messages)
    if not lines:
        return rewritten(messages)
    wanted = subjects(messages[-1].content.rpartition("Question: ")[2].partition("\n")[0])
    return max(lines, key=lambda line: (len(wanted & subjects(line)), -lines.index(line)))


def rewritten(messages: Sequence[Message]) -> str:
    """Put the user's last turn before the question that leans on it."""
    *_, question = messages[-1].content.strip().splitlines()
    earlier = re.findall(r"^user: (.*)$", messages[-1].content, re.MULTILINE)
    return f"{question.split(': ', 1)[-1]} ({earlier[-1]})" if earlier else question


def write_pdf(path: Path, *pages: str, title: str | None = None) -> Path:
    """Write a PDF with one page for each text; a line of a text is a line of the page."""
    writer = FPDF()
    writer.set_font("Helvetica", size=10)
    if title is not None:
        writer.set_title(title)
    for page in pages:
        writer.add_page()
        for line in page.split("\n"):
            writer.cell(0, 5, line, new_x="LMARGIN", new_y="NEXT")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(writer.output()))
    return path


def write_lines(file: Path, *values: Any) -> Path:
    """Write JSON lines; texts are written as they are."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(v if isinstance(v, str) else json.dumps(v) for v in values) + "\n", encoding="utf-8")
    return file


def write_collection(folder: Path) -> Path:
    """Write a test collection of three documents and two queries."""
    write_lines(
        folder / "corpus.jsonl",
        {"_id": "d1", "title": "Rent", "text": "The rent is 1,250 euros."},
        {"_id": "d2", "title": "", "text": "A dog needs consent."},
        {"_id": "d/3", "text": "The filter is cleaned weekly."},
    )
    write_lines(
        folder / "queries.jsonl",
        {"_id": "q2", "text": "May I keep a dog?"},
        {"_id": "q10", "text": "How high is the rent?"},
    )
    write_lines(folder / "qrels" / "test.tsv", "query-id\tcorpus-id\tscore", "q2\td2\t1", "q10\td1\t2", "q10\td2\t0")
    return folder


def make_settings(folder: Path, **changes: object) -> Settings:
    """Return settings whose library and models lie in `folder`."""
    values = {"offline": True, "embedder": "words", "reranker": "shared-words", "generator": "script", **changes}
    return Settings(library=folder / "library", models=folder / "models", **values)  # type: ignore[arg-type]


class FakeModels:
    """Models that a test hands in; it may exchange one at any time. One that is None is not installed.

    With `embedder_now` the bi-encoder is what that returns at each use.
    """

    def __init__(
        self,
        embedder: Any = "words",
        reranker: Any = "shared-words",
        generator: Any = "script",
    ) -> None:
        self._embedder = WordEmbedder() if embedder == "words" else embedder
        self._reranker = WordReranker() if reranker == "shared-words" else reranker
        self._generator = ScriptedGenerator() if generator == "script" else generator
        self.embedder_now: Callable[[], Any] | None = None
        self.others: dict[str, Any] = {}  # generators that are installed, too
        self.closed = False

    @property
    def embedder_weights(self) -> Any:
        return self.embedder

    @property
    def embedder(self) -> Any:
        return _installed(self.embedder_now() if self.embedder_now else self._embedder, "embedder")

    @embedder.setter
    def embedder(self, embedder: Any) -> None:
        self._embedder = embedder

    @property
    def reranker(self) -> Any:
        return _installed(self._reranker, "reranker")

    @reranker.setter
    def reranker(self, reranker: Any) -> None:
        self._reranker = reranker

    @property
    def generator(self) -> Any:
        return _installed(self._generator, "generator")

    @generator.setter
    def generator(self, generator: Any) -> None:
        self._generator = generator

    @property
    def generator_measured_as(self) -> str:
        return "" if self._generator is None else str(self._generator.numbers.model)

    def use_reranker(self, reranker: Any) -> None:
        self._reranker = reranker

    def generators(self) -> list[str]:
        return sorted({self.generator.name, *self.others})

    def use_generator(self, name: str) -> None:
        if name == self.generator.name:
            return
        former = self.generator
        self.generator = _installed(self.others.get(name), name)
        self.others[former.name] = former

    def close(self) -> None:
        self.closed = True


def _installed(model: Any, role: str) -> Any:
    if model is None:
        raise ModelMissing(f"The model {role} is not installed.", hint=f"Run `rag models pull {role}`.")
    return model


def open_library(folder: Path, loaded: Any = None, **changes: object) -> Library:
    """Open a library in `folder`, by default with models made of words."""
    library = Library.open(settings=make_settings(folder, **changes), loaded=loaded or FakeModels())
    library._store._database.connection.execute("PRAGMA synchronous = OFF")  # waiting for the disk proves nothing here
    return library


def fakes_of(library: Library) -> FakeModels:
    """Return the models that were handed to a library, to exchange one."""
    assert isinstance(library.loaded, FakeModels)
    return library.loaded


def make_hit(text: str, *, rank: int = 1, start: int = 0, document: str = "/files/a.pdf", score: float = 5.0) -> Hit:
    """Return a hit on page 1 whose text stands at `start`."""
    return Hit(
        rank=rank,
        document=document,
        page=1,
        page_end=1,
        page_label="i",
        start=start,
        end=start + len(text),
        text=text,
        score=score,
        retrieval_rank=rank,
        retrieval_score=1 / rank,
    )


class Slow:
    """Writes until it is closed, and tells when it began and ended."""

    name = "script"
    context = 4096
    numbers = LIKELIHOODS

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.ended = threading.Event()
        self.asked = 0

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    def stream(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        self.ended.clear()
        self.begun.set()
        try:
            for _ in range(3000):
                time.sleep(0.01)
                yield "word "
        finally:
            self.ended.set()

    def preference(self, *_: Any) -> float:
        return 2.0

    def leanings(self, _: Any, words: Sequence[str]) -> Sequence[float]:
        return [-float(row) for row, _ in enumerate(words)]


def short_answer(answer: Answer) -> str:
    """Return the short answer, without the lines after it that state it."""
    return answer.answer.partition("\n")[0]


QUOTE = "The notice period is three months.\x1b[31m\u202e"


def make_answer(question: str = "How long?", text: str = "Three months. [1]", **changes: object) -> Answer:
    """Return an answer with a citation, a passage and a marker that names nothing."""
    path = "/files/\udcff lease.pdf"  # no UTF-8: names of files can be anything
    answer = Answer(
        question=question,
        standalone_question=f"{question} (alone)",
        status="answered",
        answer=text,
        citations=(Citation(1, path, 2, "ii", 5, 5 + len(QUOTE), QUOTE, True),),
        passages=(replace(make_hit(QUOTE, document=path), hidden_characters=3), make_hit("other", rank=2)),
        seconds=AnswerSeconds(0.1, 0.2, 0.3, 0.4),
        tokens=Tokens(1, 2, 3),
        models=ModelNames("e", "r", "g"),
        unknown_markers=(7,),
    )
    return replace(answer, **changes)  # type: ignore[arg-type]
