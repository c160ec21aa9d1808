"""What a library or the machine holds, as tables: documents, sessions, models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.console.amounts import bytes_text, time_text
from rag_app.console.screen import show_notes, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.catalogue import ModelStatus
    from rag_app.types import Session, StoredDocument

_COLUMNS = ("document", "pages", "with text", "passages", "size")


def show_documents(documents: Sequence[StoredDocument]) -> None:
    """Write a line for each file of each document, with tags where any has some, and which texts are out of date."""
    tagged = any(document.tags for document in documents)
    rows: list[list[str]] = []
    for document in documents:
        rows += _document_rows(document, tagged=tagged)
    table([*_COLUMNS, "tags"] if tagged else _COLUMNS, rows, right=(1, 2, 3, 4))
    show_notes([stale_text(document) for document in documents if document.stale])


def _document_rows(document: StoredDocument, *, tagged: bool) -> list[list[str]]:
    """Return the lines of a document: its first path with the figures, then the others."""
    first = [document.path, f"{document.pages:,}", f"{document.pages_with_text:,}", f"{document.chunks:,}"]
    first.append(bytes_text(document.bytes))
    if tagged:
        first.append(", ".join(document.tags))
    copies = [[path, "", "", "", "same", *[""] * tagged] for path in document.paths[1:]]
    return [first, *copies]


def stale_text(document: StoredDocument) -> str:
    """Return why the text of a document may be out of date; of one with several files, `stale` names which."""
    sentence = f"{document.stale}; what is stored is the last readable text."
    return f"{document.path} {sentence}" if len(document.paths) == 1 else sentence


def show_tags(documents: Sequence[StoredDocument]) -> None:
    """Write each document with its tags."""
    table(("document", "tags"), [(document.path, ", ".join(document.tags)) for document in documents])


def show_sessions(sessions: Sequence[Session]) -> None:
    """Write the name of each session, how many questions it has, and when it was used last."""
    if not sessions:
        print("No conversation is kept here yet. `rag chat` begins one.")
        return
    rows = [(session.name, f"{session.turns:,}", time_text(session.used)) for session in sessions]
    table(("session", "questions", "last used"), rows, right=(1,))


def show_models(models: Sequence[ModelStatus], folder: str) -> None:
    """Write which models there are, what each is for, and which are chosen."""
    table(("", "model", "role", "size", "licence", "state"), [_model_row(model) for model in models], right=(3,))
    print(f"\n* chosen. Folder: {folder}\nFetch with `rag models pull [NAME...]`.")


def _model_row(model: ModelStatus) -> tuple[str, ...]:
    mark = "*" if model.chosen else ""
    return mark, model.name, model.role, bytes_text(model.bytes), model.licence, _model_state(model)


def _model_state(model: ModelStatus) -> str:
    if model.problem:
        return f"damaged: {model.problem}"
    if model.verified:
        return "verified"
    return "installed" if model.installed else "not installed"
