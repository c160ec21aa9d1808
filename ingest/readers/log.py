"""Logs: the lines of the file, none joined with the next, cited by their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.verbatim import as_it_stands, checked

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.types import Document


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,  # noqa: ARG001
) -> Document:
    """Read a log line by line; the title is its name.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    return as_it_stands(path, checked(path, "a text file"))
