"""An evaluation from its files to its figures: which library is asked, what is kept for the next run."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import ingest
from rag_app import __version__, config
from rag_app.errors import UsageError, disk_errors
from rag_app.evaluation.compare import Evaluation, compare, evaluate, grade_answers
from rag_app.evaluation.plot import Point, scatter
from rag_app.evaluation.questions import digest_of, page_topic, read_collection, read_questions
from rag_app.files import write_whole
from rag_app.library import Library
from rag_app.models.loaded import models_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from rag_app.config import Settings
    from rag_app.evaluation.compare import Comparison, Find
    from rag_app.evaluation.questions import Collection, Question, Topic
    from rag_app.models.loaded import Models
    from rag_app.types import Hit, MadeQuestion, Mode, StoredDocument
    from rag_app.writing.builder import Step

    Progress = Callable[[str, int, int], None]
    Building = Callable[[Step], None]

_WEIGHED = 10  # passages that nDCG@10 looks at
# What a library built from the same texts depends on, beside the embedder and the settings.
_BUILDING = (
    "language/detector.py",
    "language/keywords.py",
    "language/language.py",
    "language/reading.py",
    "language/words.py",
    "models/conventions.py",
    "models/embedder.py",
    "models/encoder.py",
    "models/families.py",
    "storage/database.py",
    "storage/documents.py",
    "storage/heading.py",
    "storage/passages.py",
    "storage/schema.py",
    "storage/words.py",
    "writing/builder.py",
    "writing/embedding.py",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What `rag eval` was asked for."""

    path: Path | None  # a folder in the BEIR layout, or a file of questions; None with `make`
    limit: int | None = None
    candidates: int | None = None
    make: Path | None = None
    questions: int = 50
    answers: bool = False
    baseline: Path | None = None
    output: Path | None = None
    plot: Path | None = None

    def __post_init__(self) -> None:
        if (self.path is None) == (self.make is None):
            raise UsageError(
                "There is nothing to evaluate." if self.path is None else "Both PATH and --make are given.",
                hint="Give a folder or a file of questions, or --make FILE to have some written.",
            )
        if self.make and self.make.exists():
            raise UsageError(
                f"{self.make} is there already.", hint=f"Run `rag eval {quote(str(self.make))}`, or name another file."
            )
        if self.plot and self.plot.suffix.lower() != ".svg":
            raise UsageError(f"{self.plot} cannot be drawn: plots are SVG only.", hint="Name a file that ends in .svg.")
        if self.answers and self.path and is_collection(self.path):
            raise UsageError(
                "--answers needs a file of questions: a test collection has no answers.", hint="Leave it out."
            )


@dataclass(frozen=True, slots=True)
class Meter:
    """Shows how far an evaluation is: each opens a display that is told of steps and closes with its block."""

    building: Callable[[], AbstractContextManager[Building | None]] = nullcontext
    asking: Callable[[], AbstractContextManager[Progress | None]] = nullcontext


def fulfil(
    wish: Wish, settings: Settings, meter: Meter | None = None
) -> tuple[Evaluation, list[Comparison], list[str]]:
    """Evaluate, compare and write the files that are asked for.

    Args:
        wish: what was asked for.
        settings: of the library, or of the one that is built for a test collection.
        meter: is told of the progress.

    Returns:
        The figures, what is different from the baseline, and which settings are.

    Raises:
        UsageError: a file that cannot be used.
    """
    before = read_baseline(wish.baseline) if wish.baseline else None
    evaluation = _measured(wish, settings, meter or Meter())
    if wish.output:
        save(evaluation, wish.output)
    if wish.plot:
        points = [_point(system) for system in evaluation.as_json()["systems"]]
        write(wish.plot, scatter(points, f"Quality and time on {evaluation.dataset}", "nDCG@10"), "the plot")
    if before is None:
        return evaluation, [], []
    return evaluation, compare(evaluation, before, str(wish.baseline)), changed_settings(evaluation, before)


def _measured(wish: Wish, settings: Settings, meter: Meter) -> Evaluation:
    if wish.path and is_collection(wish.path):
        collection = read_collection(wish.path, wish.limit)
        with meter.building() as building:
            library = open_collection(collection, settings, building)
        with library, meter.asking() as asking:
            return run_collection(collection, library, wish.candidates, asking)
    with Library.open(settings=settings, create=False) as library, meter.asking() as asking:
        if wish.make:
            _make(wish.make, wish.questions, library, asking)
        file = wish.make or question_file(wish.path or Path())
        return run_questions(file, library, wish.limit, wish.candidates, answers=wish.answers, asking=asking)


def _make(file: Path, n: int, library: Library, asking: Progress | None) -> None:
    """Write questions about the library's documents into a file; those that are made stay when it is interrupted."""
    made: list[MadeQuestion] = []
    tell = asking or (lambda _name, _done, _total: None)
    tell("questions", 0, n)
    try:
        for question in library.make_questions(n):
            made.append(question)
            tell("questions", len(made), n)
    finally:
        if made:
            save_questions(made, file)
    if not made:
        raise UsageError(
            "The generator wrote no usable question.", hint="Ingest more documents, or choose a larger generator."
        )


def is_collection(path: Path) -> bool:
    """Tell whether `path` is a folder in the BEIR layout."""
    return (path / "corpus.jsonl").is_file()


def question_file(path: Path) -> Path:
    """Return `path`, or where it is a folder the one question file in it.

    Raises:
        UsageError: the folder holds neither a test collection nor a single question file.
    """
    if not path.is_dir():
        return path
    files = [path / "questions.jsonl"] if (path / "questions.jsonl").is_file() else sorted(path.glob("*.jsonl"))
    if len(files) != 1:
        raise UsageError(
            f"{path} holds neither corpus.jsonl nor a single file of questions.",
            hint="Give a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv, or a file of questions.",
        )
    return files[0]


def run_collection(
    collection: Collection, library: Library, candidates: int | None = None, asking: Progress | None = None
) -> Evaluation:
    """Evaluate search on a test collection.

    Args:
        collection: its documents are those of `library`.
        library: from `open_collection`.
        candidates: passages that the first stage proposes; those of the settings by default.
        asking: is told of the progress.
    """
    return _run(library, collection.topics, collection.name, len(collection.documents), candidates, asking)


def run_questions(
    file: Path,
    library: Library,
    limit: int | None = None,
    candidates: int | None = None,
    *,
    answers: bool = False,
    asking: Progress | None = None,
) -> Evaluation:
    """Evaluate search on questions about documents of `library`; a passage is right that begins or ends on the page.

    Args:
        file: of questions, one JSON object a line.
        library: the user's.
        limit: take only the first questions.
        candidates: passages that the first stage proposes; those of the settings by default.
        answers: also ask, and count the right answers.
        asking: is told of the progress.
    """
    questions = {f"{number:06}": question for number, question in enumerate(read_questions(file)[:limit], 1)}
    documents = library.documents()
    topics = [_topic(key, question, documents) for key, question in questions.items() if question.document]
    if not topics:
        raise UsageError(
            f"{file} holds no question that a document answers.", hint='Give lines with "document" and "page".'
        )
    known = {key: question for key, question in questions.items() if question.answers is not None}
    if answers and not known:
        raise UsageError(f"{file} holds no answer.", hint='Give lines an "answer", or leave out --answers.')
    result = _run(library, topics, file.stem, len(documents), candidates, asking)
    return replace(result, answers=grade_answers(known, library.ask, asking)) if answers else result


def open_collection(
    collection: Collection,
    settings: Settings,
    building: Callable[[Step], None] | None = None,
    loaded: Models | None = None,
) -> Library:
    """Open the library of a test collection, and build first what it lacks; a later run finds it whole."""
    loaded = loaded or models_for(settings)
    key = _key(collection, loaded.embedder_weights.fingerprint, settings)
    folder = config.cache_folder() / "evaluation" / f"{collection.name}-{key[:16]}"
    library = Library.open(settings=config.with_library(settings, folder), loaded=loaded)
    try:
        if len(library.documents()) < len(collection.documents):
            library.add(collection.documents, progress=building)
    except BaseException:
        library.close()
        raise
    return library


def save(evaluation: Evaluation, file: Path) -> None:
    """Write the figures, and the values of each question, for a later comparison."""
    write(file, json.dumps(evaluation.saved(), ensure_ascii=False) + "\n", "the evaluation")


def save_questions(questions: Sequence[MadeQuestion], file: Path) -> None:
    """Write a file of questions, one JSON object a line."""
    lines = [json.dumps(question.as_json(), ensure_ascii=False) for question in questions]
    write(file, "\n".join(lines) + "\n", "the questions")


def write(file: Path, text: str, what: str) -> None:
    """Write a file that the user asked for, wholly or not at all, with its folder."""
    with disk_errors(f"{what} {file}"):
        file.absolute().parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, text.encode("utf-8", "replace"), what)


def read_baseline(file: Path) -> Mapping[str, Any]:
    """Return a saved run; UsageError where the file holds none."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror or error}.", hint="Check --baseline.") from error
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {}


def changed_settings(evaluation: Evaluation, baseline: Mapping[str, Any]) -> list[str]:
    """Return a line for each setting that is not what it was at the saved run."""
    before = baseline.get("settings")
    if not isinstance(before, dict):
        return []
    return [
        f"{key}: {before[key]} before, {value} now"
        for key, value in evaluation.settings.items()
        if key in before and before[key] != value
    ]


def _run(
    library: Library,
    topics: Sequence[Topic],
    name: str,
    documents: int,
    candidates: int | None,
    asking: Progress | None,
) -> Evaluation:
    settings = library.settings
    depth = settings.candidates if candidates is None else candidates
    with library.shared_scores() as scores:
        systems = evaluate(topics, _finder(library, depth), scores, asking)
    facts = {
        "version": __version__,
        "embedder": library.embedder.name,
        "reranker": scores.name,
        "passage_tokens": settings.passage_tokens,
        "overlap_tokens": settings.overlap_tokens,
        "candidates": depth,
    }
    return Evaluation(name, documents, digest_of(topics), systems, facts)


def _finder(library: Library, depth: int) -> Find:
    """Return the search that is measured: the library's own.

    The cross-encoder stops reading once the best are settled, so it is asked for the ten that the metrics weigh, and
    what the first stage proposed comes after them in its order.
    """
    proposed: dict[tuple[str, Mode], Sequence[Hit]] = {}

    def find(question: str, mode: Mode, rerank: bool) -> Sequence[Hit]:
        if (question, mode) not in proposed or not rerank:
            proposed[question, mode] = library.search(question, depth, candidates=depth, mode=mode, rerank=False)
        first = proposed[question, mode]
        if not rerank:
            return first
        best = library.search(question, min(_WEIGHED, depth), candidates=depth, mode=mode)
        places = {(hit.document, hit.start) for hit in best}
        return [*best, *(hit for hit in first if (hit.document, hit.start) not in places)]

    return find


def _topic(key: str, question: Question, documents: Sequence[StoredDocument]) -> Topic:
    document = _document(question, documents)
    if question.page > document.pages:
        raise UsageError(
            f"{question.place}: {question.document} has no page {question.page}.",
            hint=f"It has {document.pages} pages, counted from 1.",
        )
    return page_topic(key, question, document.paths)


def _document(question: Question, documents: Sequence[StoredDocument]) -> StoredDocument:
    """Return the one document that the question names, by a path or by its file name."""
    name = question.document
    wanted = os.path.abspath(name)  # noqa: PTH100  keeps links as they are, as the stored paths do
    found = [document for document in documents if wanted in document.paths] or [
        document for document in documents if any(Path(path).name == name for path in document.paths)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"{question.place}: several documents are called {name}.", hint="Give the whole path.")
    raise UsageError(
        f"{question.place}: {name} is not in the library.", hint="List what is there with `rag documents`."
    )


def _point(system: Mapping[str, Any]) -> Point:
    return Point(system["name"], system["seconds_per_query"], system["ndcg@10"], *system["interval"]["ndcg@10"])


def _key(collection: Collection, fingerprint: str, settings: Settings) -> str:
    """Return a SHA-256 of all that the library of a collection depends on, the program's own code included."""
    total = hashlib.sha256()
    values = (__version__, fingerprint, settings.passage_tokens, settings.overlap_tokens)
    total.update(json.dumps(values).encode())
    own = Path(__file__).parents[1]
    words = (own / "language" / "data").glob("*.toml")
    for source in sorted([*(own / name for name in _BUILDING), *words, *Path(ingest.__file__).parent.rglob("*.py")]):
        total.update(source.read_bytes() if source.is_file() else b"")
    for document in collection.documents:
        total.update(json.dumps((document.path, document.title, document.text)).encode())
    return total.hexdigest()
