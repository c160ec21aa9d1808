"""Files whose lines are kept as they stand: logs, and what its own reader cannot make out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.characters import visible
from ingest.decode import decoded, is_text
from ingest.files import read_bytes
from ingest.limits import check_text
from ingest.lines import line_sections
from ingest.remarks import Remark
from ingest.types import Document, DocumentError, Page

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.decode import Decoded


def as_it_stands(path: Path, content: Decoded, because: str = "") -> Document:
    """Return a document of the lines of a text; `because`: why it is not read by its own reader."""
    remarks = (Remark("as_it_stands", detail=because),) if because else ()
    shown = visible(content.text)
    return Document(str(path), path.name, (Page(1, "1", shown),), (*content.remarks, *remarks), line_sections(shown))


def checked(path: Path, kind: str, raw: bytes | None = None, declared: str | None = None) -> Decoded:
    """Return what a file of some kind says.

    Args:
        path: the file.
        kind: what it should be, for an error: "a JSON file".
        raw: what it holds, where that is read already.
        declared: the encoding that it states.

    Raises:
        DocumentError: it holds bytes that no text has, or is too long.
    """
    content = decoded(read_bytes(path) if raw is None else raw, declared)
    if not is_text(content.text):
        raise DocumentError(str(path), f"is not {kind}", "wrong_type")
    check_text(path, len(content.text))
    return content
