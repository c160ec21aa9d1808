"""Values that pass between stages and out to callers; their fields are the JSON of the interface."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
    """(n, d) rows, or one (d,) vector, of float32."""

Mode = Literal["hybrid", "dense", "keyword"]
AnswerStatus = Literal["answered", "partial", "not_found"]
AnswerKind = Literal[
    "short", "list", "explanation", "howto", "yesno", "comparison", "calculation", "library", "section"
]
Role = Literal["user", "assistant"]

Scored: TypeAlias = tuple[int, float]
"""A passage id and its score; larger is better."""

Place: TypeAlias = tuple[str, int]
"""Where a passage is: its document's path, and its position there."""

Places: TypeAlias = "Callable[[Iterable[int]], Mapping[int, Place]]"
"""Tells the places of passages by id; those of equal scores are ordered by them, so that reruns and rebuilds agree."""

MODES: tuple[Mode, ...] = ("hybrid", "dense", "keyword")


@dataclass(frozen=True, slots=True)
class Json:
    """A value that can be printed as JSON."""

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries, lists and numbers; marks that are not set are left out."""
        return _plain(self)


_MARKS = frozenset(
    {"hidden_characters", "stale", "parent", "code", "other", "hint", "passed_over", "pages_waiting"}
)  # left out of JSON where they are not set


def _plain(value: Any) -> dict[str, Any]:
    return asdict(value, dict_factory=lambda items: {k: v for k, v in items if v or k not in _MARKS})


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents are searched: those for which every field that is given holds. A single text stands for one."""

    within: tuple[str, ...] = ()  # documents and folders, by path or name; any of them
    types: tuple[str, ...] = ()  # suffixes such as "docx", or families of them such as "code"; any of them
    since: str | date | None = None  # file changed then or later: "2024-03-31", "2024-03", "2024", or "30d" before now
    until: str | date | None = None  # file changed then or earlier
    tags: tuple[str, ...] = ()  # all of them

    def __post_init__(self) -> None:
        for name in ("within", "types", "tags"):
            value: Any = getattr(self, name)
            texts = (value,) if isinstance(value, str | PathLike) else value or ()
            object.__setattr__(self, name, tuple(fspath(text) for text in texts))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage proposed by the first stage."""

    passage: int  # id in the store
    rank: int  # 1-based
    score: float  # fused, inner product or BM25 score, by mode; larger is better


@dataclass(frozen=True, slots=True)
class Hit(Json):
    """A passage as search returns it: `text` is the document text at `start:end`."""

    rank: int  # 1-based, best first
    document: str  # absolute path
    page: int  # page that holds `start`; 1-based, as a PDF viewer counts
    page_end: int
    page_label: str  # the number printed on the page
    start: int  # characters into the document text
    end: int
    text: str
    score: float  # what the list is ordered by
    retrieval_rank: int  # 1-based rank among the candidates
    retrieval_score: float
    hidden_characters: int = 0  # of `text`, that a reader of the page does not see
    stale: str = ""  # why this is the last that could be read of the file, such as "is not there any more"


@dataclass(frozen=True, slots=True)
class SearchSeconds(Json):
    """Seconds spent by each stage of a search."""

    embed: float = 0.0
    retrieve: float = 0.0
    rerank: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchResult(Json):
    """The passages for one question, best first."""

    question: str
    mode: Mode
    passages: tuple[Hit, ...]
    seconds: SearchSeconds


WEAK_SUPPORT = 0.2  # of a citation: below it lie one in a hundred right quotes, and three of four from the wrong place


@dataclass(frozen=True, slots=True)
class Citation(Json):
    """Proof for one claim: `quote` is the document text at `start:end`."""

    marker: int  # the n of `[n]` in the answer
    document: str
    page: int  # page that holds `start`
    page_label: str
    start: int
    end: int
    quote: str
    verified: bool  # the quote was compared with the stored text and found at `start:end`
    support: float | None = None  # how likely it supports the answer, 0 to 1: advice, never proof
    stale: str = ""  # why this is the last that could be read of the file, such as "is not there any more"


@dataclass(frozen=True, slots=True)
class AnswerSeconds(Json):
    """Seconds spent until each point of an answer."""

    retrieve: float = 0.0
    rerank: float = 0.0
    first_token: float = 0.0
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Tokens(Json):
    """What the generator read and wrote for a question in all, checks and choices included, in its own tokens."""

    prompt: int = 0  # of all prompts together
    prompt_evaluated: int = 0  # the rest came from the prefix cache
    completion: int = 0


@dataclass(frozen=True, slots=True)
class ModelNames(Json):
    """The models behind an answer."""

    embedder: str
    reranker: str
    generator: str


@dataclass(frozen=True, slots=True)
class Answer(Json):
    """An answer whose `[n]` markers refer to `citations`; with `not_found` these are empty."""

    question: str
    standalone_question: str
    status: AnswerStatus
    answer: str
    citations: tuple[Citation, ...]
    passages: tuple[Hit, ...]
    seconds: AnswerSeconds
    tokens: Tokens
    models: ModelNames
    unknown_markers: tuple[int, ...] = ()  # written by the generator, but naming nothing it was given
    notes: tuple[str, ...] = ()  # sentences on its sources: set aside, not readable any more, gone meanwhile
    kind: AnswerKind = "short"
    confidence: float | None = None  # how likely it is right, 0 to 1; None where nothing was judged
    unsure: str = ""  # says so, in the question's language, where it is `partial` for its confidence alone

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain values; `unknown_markers`, `notes` and `unsure` only where there are any."""
        value = _plain(self)
        for name in ("unknown_markers", "notes", "unsure"):
            if not value[name]:
                del value[name]
        return value


@dataclass(frozen=True, slots=True)
class Passages(Json):
    """First event of a stream: what was retrieved, before the generator starts."""

    passages: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Token(Json):
    """A piece of the answer's text as it is written."""

    text: str


Event: TypeAlias = Passages | Token | Answer


@dataclass(frozen=True, slots=True)
class Turn(Json):
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Session(Json):
    """A conversation that is kept in the library."""

    name: str
    turns: int  # questions with their answers
    begun: float  # seconds since 1970
    used: float  # when the last question was asked


@dataclass(frozen=True, slots=True)
class SessionTurn(Json):
    """A question of a session and its answer."""

    asked: float  # seconds since 1970
    answer: Answer

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain values; the answer as it is printed."""
        return {"asked": self.asked, "answer": self.answer.as_json()}


@dataclass(frozen=True, slots=True)
class StoredDocument(Json):
    """One document of the library, without its text."""

    path: str  # the first of `paths`
    title: str
    sha256: str  # of the file's bytes
    bytes: int
    modified: float  # of the file, seconds since 1970
    pages: int
    pages_with_text: int
    chunks: int
    ingested: float  # seconds since 1970
    paths: tuple[str, ...] = ()  # of all files with this content, sorted
    tags: tuple[str, ...] = ()  # given by the user, sorted
    stale: str = ""  # which file could not be read any more, since when and why: the text is the last that could be
    parent: str = ""  # the path of the file that it lies in, as attachments do; "" where it is a file itself
    pages_waiting: int = 0  # to be recognised: pictures of pages that the next run goes on with


@dataclass(frozen=True, slots=True)
class MadeQuestion(Json):
    """A question and the words that answer it: a line of a question file."""

    question: str
    document: str  # path
    page: int  # holds the answer; 1-based
    answer: str  # stands on that page word for word
