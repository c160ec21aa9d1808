"""Values that pass between stages and out to callers; their fields are the JSON of the interface."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ingest.types import ErrorCode
from rag_app.errors import LibraryDiffers, LibraryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import date

    import numpy as np
    from numpy.typing import NDArray

    Vectors: TypeAlias = NDArray[np.float32]
    """(n, d) rows, or one (d,) vector, of float32."""

Mode = Literal["hybrid", "dense", "keyword"]
AnswerStatus = Literal["answered", "partial", "not_found"]
FileStatus = Literal["added", "updated", "unchanged", "removed", "empty", "failed"]
LineCode = ErrorCode | Literal["", "renamed", "copy"]
"""Why a file failed, or why it was not read though it is new or changed: its content is stored already."""

Role = Literal["user", "assistant"]

Scored: TypeAlias = tuple[int, float]
"""A passage id and its score; larger is better."""

Place: TypeAlias = tuple[str, int]
"""Where a passage is: its document's path, and its position there."""

Places: TypeAlias = "Callable[[Iterable[int]], Mapping[int, Place]]"
"""Tells the places of passages by id; those of equal scores are ordered by them, so that reruns and rebuilds agree."""

RENAMED = "renamed from "
COPY = "the same content as "
"""How the reason of a file begins that was not read because its content is stored already."""

MODES: tuple[Mode, ...] = ("hybrid", "dense", "keyword")


@dataclass(frozen=True, slots=True)
class Json:
    """A value that can be printed as JSON."""

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain dictionaries, lists and numbers; marks that are not set are left out."""
        return _plain(self)


_MARKS = frozenset({"hidden_characters", "stale", "code", "other", "hint"})  # left out of JSON where they are not set


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
    """What the generator read and wrote, in its own tokens."""

    prompt: int = 0
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

    def as_json(self) -> dict[str, Any]:
        """Return the fields as plain values; `unknown_markers` and `notes` only where there are any."""
        value = _plain(self)
        for name in ("unknown_markers", "notes"):
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
class DocumentReport(Json):
    """What became of one file."""

    path: str
    status: FileStatus
    pages: int = 0
    pages_with_text: int = 0
    chunks: int = 0
    reason: str | None = None  # in words
    code: LineCode = ""
    other: str = ""  # the path that it was renamed from, or whose content it has
    hint: str = ""  # what to do about it, where the reason does not say that


@dataclass(frozen=True, slots=True)
class IngestReport(Json):
    """What became of every file of one run; `empty` documents count as added or updated."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    failed: int = 0
    seconds: float = 0.0
    documents: tuple[DocumentReport, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class RebuildReport(Json):
    """What a rebuild did."""

    embedder: str  # that the library belongs to now
    documents: int
    passages: int
    resumed: int  # documents that an interrupted rebuild had done before
    seconds: float


@dataclass(frozen=True, slots=True)
class RefusalState(Json):
    """By what it is decided whether the documents answer, and how often that is expected to be wrong, 0 to 1."""

    own: bool  # fitted to the library's documents; else it came with the program
    fits: bool  # made with the models that are chosen; else the generator's check alone decides, and nothing is known
    questions: int  # that it was measured on; 0 where it was not
    wrongly_refused: float  # share of the answerable ones
    wrongly_answered: float  # share of the others


@dataclass(frozen=True, slots=True)
class CalibrationReport(Json):
    """What a calibration found; the shares are of the same questions."""

    refusal: RefusalState  # as it is now
    before_refused: float  # by the calibration that comes with the program, wrongly
    before_answered: float
    changed: bool  # the weights are new; else those of the program err no more often, and are kept
    seconds: float


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


@dataclass(frozen=True, slots=True)
class PageReceipt(Json):
    """What was read of a page."""

    page: int
    page_label: str
    characters: int
    method: str  # text layer, recognition or second parser: "text", "ocr", "fallback"
    confidence: float | None  # of recognition, 0 to 1
    hidden: int  # characters that a reader of the page does not see
    passages: int  # that hold some of it
    warning: str | None


@dataclass(frozen=True, slots=True)
class DocumentReceipt(Json):
    """What was read of a document."""

    document: str
    paths: tuple[str, ...]
    sha256: str
    ingested: float  # seconds since 1970
    pages: tuple[PageReceipt, ...]
    passages: int
    tokens_cut: int  # of its passages, that the embedder did not read
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference(Json):
    """One thing that is not as it should be."""

    kind: Literal["missing", "changed", "unreadable", "text", "unreachable", "cut", "damaged"]
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unreachable(Json):
    """A page that no question can reach, because nothing was read on it."""

    document: str
    page: int
    page_label: str
    reason: str


@dataclass(frozen=True, slots=True)
class VerifyReport(Json):
    """Whether a library holds what its files say."""

    ok: bool
    documents: int
    pages: int
    passages: int
    sampled: int  # documents that were read again
    differences: tuple[Difference, ...]
    unreachable: tuple[Unreachable, ...]
    notes: tuple[str, ...]  # what could not be checked
    seconds: float

    def raise_differences(self) -> None:
        """Raise LibraryDiffers where there is any difference; its hint fits their kinds."""
        if self.ok:
            return
        first, kinds = self.differences[0], {difference.kind for difference in self.differences}
        more = f", and {len(self.differences) - 1:,} more" if len(self.differences) > 1 else ""
        raise LibraryDiffers(
            f"The library differs from its files: {first.path}: {first.detail.rstrip('.')}{more}.",
            hint=" ".join(text for these, text in _REMEDIES if these & kinds),
        )


_REMEDIES = (
    ({"missing", "changed"}, "Run `rag sync FOLDER` to bring the library up to date."),
    ({"unreadable"}, "Check that the files can be read."),
    ({"text", "unreachable", "cut"}, "Run `rag documents remove PATH`, then `rag ingest PATH`, to read a file again."),
    ({"damaged"}, "Run `rag doctor --repair`: it mends what can be mended, and saves the rest into a new library."),
)


@dataclass(frozen=True, slots=True)
class RepairReport(Json):
    """What `rag doctor --repair` has done for a library."""

    library: str
    ok: bool  # nothing is missing
    done: tuple[str, ...]  # one sentence each
    new_library: str | None  # where what could be read was saved, if the database itself is broken
    documents: int  # that are whole, there or in the library itself
    texts: tuple[str, ...]  # documents of which only the text was saved; no question reaches it before the next step
    lost: tuple[str, ...]  # documents of which nothing could be read but the name
    missing: tuple[str, ...]  # what else is not there any more, one sentence each
    steps: tuple[str, ...]  # what to run next
    seconds: float

    def raise_missing(self) -> None:
        """Raise LibraryDiffers where anything is missing."""
        if self.ok:
            return
        counts = [(len(self.texts), "kept only as text"), (len(self.lost), "lost")]
        found = [
            f"{count:,} document{'s' * (count != 1)} {'are' if count != 1 else 'is'} {what}"
            for count, what in counts
            if count
        ]
        problem = "; ".join([*found, *(sentence.rstrip(".") for sentence in self.missing)])
        raise LibraryDiffers(f"Not everything could be saved: {problem}.", hint=" ".join(self.steps))


@dataclass(frozen=True, slots=True)
class Advice(Json):
    """Something that is not as it could be, and what to do."""

    serious: bool  # questions cannot be answered before it is done
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class MachineState(Json):
    """The computer."""

    system: str
    python: str
    cores: int
    usable_cores: int  # by this process
    memory: int  # bytes; 0 where it is not known
    memory_available: int
    features: tuple[str, ...]  # of the processor, that the encoders gain from; known on Linux only


@dataclass(frozen=True, slots=True)
class DiskState(Json):
    """The disk that a folder lies on, or will."""

    role: Literal["library", "models"]
    path: str
    total: int  # bytes
    free: int
    writable: bool


@dataclass(frozen=True, slots=True)
class LibraryState(Json):
    """A library in figures."""

    path: str
    documents: int
    paths: int  # of their files, copies included
    pages: int
    pages_without_text: int
    passages: int
    bytes: int  # on the disk
    last_write: float | None  # when the last document came in, seconds since 1970
    embedder: str | None
    writer: str | None  # who writes to it now
    index: str | None  # the type of the saved vector index in FAISS
    index_recall: float | None  # share of the true 50 nearest that it was measured to find when it was built
    refusal: RefusalState | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis(Json):
    """All that `rag doctor` looks at."""

    ok: bool  # questions can be answered
    machine: MachineState
    disks: tuple[DiskState, ...]
    models: tuple[dict[str, Any], ...]  # chosen or installed, as in `rag models`
    library: LibraryState | None
    advice: tuple[Advice, ...]

    def raise_problems(self) -> None:
        """Raise LibraryError where something has to be done before questions can be answered."""
        serious = [item for item in self.advice if item.serious]
        if serious:
            problems = " ".join(item.problem for item in serious)
            raise LibraryError(problems, hint=" ".join(dict.fromkeys(item.remedy for item in serious)))


@dataclass(frozen=True, slots=True)
class MadeQuestion(Json):
    """A question and the words that answer it: a line of a question file."""

    question: str
    document: str  # path
    page: int  # holds the answer; 1-based
    answer: str  # stands on that page word for word
