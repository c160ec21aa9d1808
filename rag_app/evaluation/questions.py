"""What an evaluation asks: a test collection in the BEIR layout, or the user's own questions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest import Document
from ingest.types import PAGE_BREAK, Page
from rag_app.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from rag_app.types import Hit

_NAMELESS = "/_"  # ends the path of an entry: a file name without words, so that its id is never read or searched
_FORM = '{"question": "...", "document": "lease.pdf", "page": 2}'


@dataclass(frozen=True, slots=True)
class Topic:
    """A question and what is relevant to it."""

    id: str
    text: str
    relevant: Mapping[str, int]  # document, or page, to its grade
    rank: Callable[[Sequence[Hit]], list[str]]  # passages, best first, to those of `relevant` and others, each once


@dataclass(frozen=True, slots=True)
class Collection:
    """A test collection: documents, and topics in the order of their ids."""

    name: str
    documents: tuple[Document, ...]
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A line of the user's own question file."""

    place: str  # file and line, for messages
    text: str
    document: str  # path or file name; empty where the documents do not answer
    page: int  # 1-based
    answers: tuple[str, ...] | None  # any of them is right; none at all: there is no answer; None: not given


def read_collection(folder: Path, limit: int | None = None) -> Collection:
    """Read `corpus.jsonl`, `queries.jsonl` and `qrels/test.tsv`.

    Args:
        folder: in the BEIR layout.
        limit: take only the first queries in the order of their ids.

    Raises:
        UsageError: a file that is missing or cannot be read, or a bad line.
    """
    documents = {entry.path: entry for entry in _entries(folder / "corpus.jsonl")}
    texts = dict(_queries(folder / "queries.jsonl"))
    judgements = _judgements(folder / "qrels" / "test.tsv")
    judged = sorted(query for query, grades in judgements.items() if any(grade > 0 for grade in grades.values()))
    for query in judged[:limit]:
        if query not in texts:
            raise UsageError(
                f"{folder / 'qrels' / 'test.tsv'} names the query {query}, which queries.jsonl does not hold.",
                hint="Take both files from the same test collection.",
            )
    topics = tuple(Topic(query, texts[query], judgements[query], _documents_of) for query in judged[:limit])
    if not topics or not any(path_of(key) in documents for topic in topics for key in topic.relevant):
        raise UsageError(
            f"{folder / 'qrels' / 'test.tsv'} names no relevant document that corpus.jsonl holds.",
            hint="Take both files from the same test collection.",
        )
    return Collection(folder.resolve().name, tuple(documents.values()), topics)


def read_questions(file: Path) -> list[Question]:
    """Read a file of questions, one JSON object a line; those that lean on a `history` are left out.

    Raises:
        UsageError: it cannot be read, holds no question, or has a bad line.
    """
    # What a follow-up searches for depends on how it is rewritten: it would not measure the search.
    questions = [_question(place, value) for place, value in _lines(file) if not value.get("history")]
    if not questions:
        raise UsageError(f"{file} holds no question.", hint=f"Write one a line: {_FORM}")
    return questions


def page_topic(key: str, question: Question, paths: Sequence[str]) -> Topic:
    """Return the topic of a question whose document goes by `paths`.

    A passage is right that begins or ends on the page: if it had only to touch it, long passages would seem better.
    """

    def rank(hits: Sequence[Hit]) -> list[str]:
        right = [hit.document in paths and question.page in (hit.page, hit.page_end) for hit in hits]
        first = right.index(True) if any(right) else None
        return ["page" if place == first else str(place) for place in range(len(hits))]

    return Topic(key, question.text, {"page": 1}, rank)


def path_of(key: str) -> str:
    """Return the path under which an entry of a corpus is stored."""
    return key + _NAMELESS


def digest_of(topics: Sequence[Topic]) -> str:
    """Return a SHA-256 of ids, questions and what is relevant to them."""
    parts = [[topic.id, topic.text, sorted(topic.relevant.items())] for topic in topics]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _documents_of(hits: Sequence[Hit]) -> list[str]:
    """Return the documents in the order of their best passages."""
    return list(dict.fromkeys(hit.document.removesuffix(_NAMELESS) for hit in hits))


def _entries(file: Path) -> Iterator[Document]:
    seen = set()
    for place, value in _lines(file):
        key, title = _text(place, value, "_id"), _text(place, value, "title", needed=False)
        text = _text(place, value, "text", needed=False).replace(PAGE_BREAK, "\n") or title
        if key in seen:
            raise UsageError(f"{place} repeats the _id {key}.", hint="Give each entry an _id of its own.")
        seen.add(key)
        yield Document(path_of(key), title, (Page(1, "1", text),))


def _queries(file: Path) -> Iterator[tuple[str, str]]:
    for place, value in _lines(file):
        yield _text(place, value, "_id"), _text(place, value, "text")


def _judgements(file: Path) -> dict[str, dict[str, int]]:
    judgements: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_read(file).splitlines(), 1):
        query, _, rest = line.partition("\t")
        document, _, grade = rest.partition("\t")
        if not line.strip() or (number == 1 and query == "query-id"):
            continue
        if not (query and document and grade.strip().removeprefix("-").isdecimal()):
            raise UsageError(
                f"Line {number} of {file} is not a query, a document and a whole number.",
                hint="Separate the three with tabs: query-id, corpus-id, score.",
            )
        judgements.setdefault(query, {})[document] = int(grade)
    return judgements


def _question(place: str, value: Mapping[str, Any]) -> Question:
    text = _text(place, value, "question")
    answers = value.get("answers", [value["answer"]] if value.get("answer") is not None else None)
    if answers is not None and not (isinstance(answers, list) and all(isinstance(a, str) and a for a in answers)):
        raise UsageError(
            f"{place} has an answer that is no text.", hint='Write "answer": "950 euros", or leave it out.'
        )
    known = None if answers is None else tuple(answers)
    if known == () and value.get("document") is None:
        return Question(place, text, "", 0, ())
    document, page = _text(place, value, "document"), value.get("page")
    if isinstance(page, bool) or not isinstance(page, int) or page < 1:
        raise UsageError(f"{place} has no page from 1 on.", hint=f"Write lines like this one: {_FORM}")
    return Question(place, text, document, page, known)


def _text(place: str, value: Mapping[str, Any], key: str, *, needed: bool = True) -> str:
    text = value.get(key)
    if isinstance(text, int) and not isinstance(text, bool) and key == "_id":
        text = str(text)
    if text is None and not needed:
        return ""
    if not isinstance(text, str) or (needed and not text.strip()):
        raise UsageError(f'{place} has no text under "{key}".', hint=f'Give every line a "{key}" that is a text.')
    return text.encode("utf-8", "replace").decode("utf-8")


def _lines(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the place and the object of each line that is not empty."""
    for number, line in enumerate(_read(file).split("\n"), 1):
        if not line.strip():
            continue
        place = f"Line {number} of {file}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise UsageError(f"{place} is not a JSON object.", hint="Write one JSON object on each line.")
        yield place, value


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} cannot be read: it is not UTF-8 text.", hint="Save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read: {error.strerror or error}.",
            hint="Give a folder with corpus.jsonl, queries.jsonl and qrels/test.tsv, or a file of questions.",
        ) from error
