"""What a library or the machine holds, as tables: documents, sessions, models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.console.amounts import bytes_text, count_text, time_text
from rag_app.console.screen import show_notes, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.catalogue import ModelStatus
    from rag_app.types import Session, StoredDocument

_COLUMNS = ("document", "pages", "with text", "passages", "size", "tags")
_SAME = ("", "", "", "same", "")  # figures of a file whose content is listed above it


def show_documents(documents: Sequence[StoredDocument]) -> None:
    """Write a line for each file of each document, with tags where any has some, and which texts are out of date."""
    columns = len(_COLUMNS)
    if not any(document.tags for document in documents):
        columns -= 1
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for document in documents:
        rows.append(_document_row(document))
        for copy in document.paths[1:]:
            rows.append((copy, *_SAME))
        if document.stale:
            notes.append(stale_text(document))
        if document.pages_waiting:
            pages = count_text(document.pages_waiting, "page")
            notes.append(f"{document.path}: {pages} not recognised yet; `rag ingest` or `rag sync` of it goes on.")
    table(_COLUMNS[:columns], [row[:columns] for row in rows], right=(1, 2, 3, 4))
    show_notes(notes)


def _document_row(document: StoredDocument) -> tuple[str, ...]:
    return (
        document.path,
        f"{document.pages:,}",
        f"{document.pages_with_text:,}",
        f"{document.chunks:,}",
        bytes_text(document.bytes),
        ", ".join(document.tags),
    )


def stale_text(document: StoredDocument) -> str:
    """Return why the text of a document may be out of date; of one with several files, `stale` names which."""
    sentence = f"{document.stale}; what is stored is the last readable text."
    return f"{document.path} {sentence}" if len(document.paths) == 1 else sentence


def show_tags(documents: Sequence[StoredDocument]) -> None:
    """Write each document with its tags."""
    rows = [(document.path, ", ".join(document.tags)) for document in documents]
    table(("document", "tags"), rows)


def show_sessions(sessions: Sequence[Session]) -> None:
    """Write the name of each session, how many questions it has, and when it was used last."""
    if not sessions:
        print("No conversation is kept here yet. `rag chat` begins one.")
        return
    rows = []
    for session in sessions:
        rows.append((session.name, f"{session.turns:,}", time_text(session.used)))
    table(("session", "questions", "last used"), rows, right=(1,))


def show_models(models: Sequence[ModelStatus], folder: str) -> None:
    """Write which models there are, what each is for, and which are chosen."""
    rows = [_model_row(model) for model in models]
    table(("", "model", "role", "size", "licence", "state"), rows, right=(3,))
    print(f"\n* chosen. Folder: {folder}\nFetch with `rag models pull [NAME...]`.")


def _model_row(model: ModelStatus) -> tuple[str, ...]:
    return (
        "*" if model.chosen else "",
        model.name,
        model.role,
        bytes_text(model.bytes),
        model.licence,
        _model_state(model),
    )


def _model_state(model: ModelStatus) -> str:
    if model.problem:
        return f"damaged: {model.problem}"
    if model.verified:
        return "verified"
    return "installed" if model.installed else "not installed"
