"""What a run over files, a check, a repair or a look at the machine has found, for others to print."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ingest.table import Table, sizes
from ingest.types import ErrorCode
from rag_app.errors import LibraryDiffers, LibraryError
from rag_app.types import Json

if TYPE_CHECKING:
    from ingest.discover import PassedOver

FileStatus = Literal["added", "updated", "unchanged", "removed", "empty", "failed"]
LineCode = ErrorCode | Literal["", "renamed", "copy"]
"""Why a file failed, or was not read though it is new or changed: its content is stored already."""

_CELL = ("row", "column", "row_span", "column_span", "header", "text", "start", "end")  # of what is printed of a cell
_REMEDIES = (
    ({"missing", "changed"}, "Run `rag sync FOLDER` to bring the library up to date."),
    ({"unreadable"}, "Check that the files can be read."),
    ({"text", "unreachable", "cut"}, "Run `rag documents remove PATH`, then `rag ingest PATH`, to read a file again."),
    ({"damaged"}, "Run `rag doctor --repair`: it mends what can be mended, and saves the rest into a new library."),
)


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
    passed_over: tuple[PassedOver, ...] = ()  # what the folders hold and nothing is read of, empty files among it


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
    notes: tuple[str, ...] = ()  # what was set aside, such as page numbers


@dataclass(frozen=True, slots=True)
class DocumentTables(Json):
    """The tables of a document, or of one of its pages."""

    document: str  # path
    tables: tuple[Table, ...]  # with offsets into the document text

    def as_json(self) -> dict[str, Any]:
        """Return what is printed: of each table how many rows and columns it has, too, and no places on the page."""
        return {"document": self.document, "tables": [_table_json(table) for table in self.tables]}


def _table_json(table: Table) -> dict[str, Any]:
    rows, columns = sizes(table.cells)
    value = {name: getattr(table, name) for name in ("page", "page_end", "caption", "unit")}
    cells = [{name: getattr(cell, name) for name in _CELL} for cell in table.cells]
    own = {"column_units": list(table.column_units)} if any(table.column_units) else {}
    return {**value, "rows": rows, "columns": columns, **own, "cells": cells}


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
