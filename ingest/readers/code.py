"""Source code and settings: the lines of the file, indentation included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.characters import visible
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.lines import line_sections
from ingest.readers.text import content_of
from ingest.types import Document, Page

if TYPE_CHECKING:
    from pathlib import Path

_LANGUAGES = (
    ".py .pyi .js .mjs .cjs .jsx .ts .tsx .java .kt .scala .groovy .c .h .cc .cpp .cxx .hpp .cs .m .swift .go .rs .zig "
    ".rb .php .pl .lua .r .jl .dart .ex .exs .erl .hs .ml .clj .lisp .el .vim .f90 .sh .bash .zsh .fish .ps1 .bat .sql "
    ".css .scss .vue .tf .proto .graphql .toml .yaml .yml .ini .cfg .conf .properties"
)
SUFFIXES = tuple(_LANGUAGES.split())
"""What is read as source code."""


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,  # noqa: ARG001
) -> Document:
    """Read a file line by line; the title is its name, suffix included.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    content = content_of(path)
    text = visible(content.text)
    return Document(str(path), path.name, (Page(1, "1", text),), content.remarks, line_sections(text))
