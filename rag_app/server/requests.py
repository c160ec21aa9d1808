"""What the routes share, and how they get at it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

from rag_app.server.api_errors import invalid, missing
from rag_app.server.bodies import Body
from rag_app.text import flat
from rag_app.types import Filter

if TYPE_CHECKING:
    from starlette.requests import Request

    from rag_app.library import Library
    from rag_app.server.engine import Engine
    from rag_app.server.key_ring import Key
    from rag_app.server.limits import Limits
    from rag_app.server.prometheus import Metrics
    from rag_app.server.uploads import Uploads
    from rag_app.types import StoredDocument

_MOST_TEXTS, _LONGEST_TEXT, _LONGEST_DATE = 100, 200, 40  # of each field of a filter; characters
_ID = "doc-"
_DIGITS = 32  # of the SHA-256 of a document's content


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of a running server."""

    library: Library
    engine: Engine
    uploads: Uploads
    metrics: Metrics
    limits: Limits


class Where(Body):
    """Which documents are meant; see `rag_app.types.Filter`. Documents are named by their ids, never by a path."""

    documents: list[str] | None = None
    types: list[str] | None = None
    tags: list[str] | None = None
    since: str | None = None
    until: str | None = None

    def is_short(self) -> bool:
        """Tell whether it has no more and no longer texts than anybody needs."""
        for texts in (self.documents, self.types, self.tags):
            if texts and not _are_short(texts):
                return False
        dates = (self.since or "", self.until or "")
        return all(len(date) <= _LONGEST_DATE for date in dates)


def _are_short(texts: list[str]) -> bool:
    longest = max(map(len, texts))
    return len(texts) <= _MOST_TEXTS and longest <= _LONGEST_TEXT


def context_of(request: Request) -> Context:
    """Return the parts of the server that a request came to."""
    return cast("Context", request.app.state.context)


def key_of(request: Request) -> Key:
    """Return the key that a request was let in with."""
    return cast("Key", request.state.key)


def id_of(document: StoredDocument) -> str:
    """Return the id of a document by its content; by its path, too, where it lies in a file, as others may hold it."""
    inside = f"{document.sha256} {document.path}".encode("utf-8", "surrogatepass")
    return f"{_ID}{(sha256(inside).hexdigest() if document.parent else document.sha256)[:_DIGITS]}"


def find(library: Library, identifier: str) -> StoredDocument:
    """Return the document of this id; ApiError where there is none."""
    for document in library.documents():
        if id_of(document) == identifier:
            return document
    raise missing("document")


def filter_of(library: Library, where: Where | None) -> Filter | None:
    """Return the filter that a request asks for.

    Raises:
        ApiError: it names a document that is not there, or too many.
    """
    if where is None:
        return None
    if not where.is_short():
        raise invalid("The filter is too long.")
    named = dict.fromkeys(where.documents or ())
    chosen = Filter(
        within=tuple(find(library, identifier).path for identifier in named),
        types=tuple(where.types or ()),
        since=where.since,
        until=where.until,
        tags=tuple(where.tags or ()),
    )
    return None if chosen == Filter() else chosen


def named(value: dict[str, Any], ids: dict[str, str], *, paths: bool) -> dict[str, Any]:
    """Return a citation or passage with its document's id and name; the path stays only where `paths` says so."""
    path = str(value["document"])
    name = name_of(path)
    return {**value, "document": path if paths else name, "document_id": ids.get(path), "name": name}


def ids_of(library: Library) -> dict[str, str]:
    """Return the id of each document by its paths."""
    ids: dict[str, str] = {}
    for document in library.documents():
        ids |= dict.fromkeys(document.paths, id_of(document))
    return ids


def name_of(path: str) -> str:
    """Return a document's file name as people may see it."""
    return flat(PurePath(path).name, 200)
