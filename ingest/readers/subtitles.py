"""Subtitles (SubRip, WebVTT): what is said, a line a caption, cited by its time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.verbatim import as_it_stands, checked

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.types import Document

_TIMES = re.compile(r"^[ \t]*((?:\d+:)?\d{1,2}:\d{2})[.,]\d{1,3}[ \t]*-->.*$", re.MULTILINE)
_TAGS = re.compile(r"</?[A-Za-z][^<>]{0,200}>|\{\\[^{}]{0,200}\}")
_NEXT_NUMBER = re.compile(r"\n[ \t]*\n.*\Z", re.DOTALL)  # of the caption that follows, or a comment


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read the captions of a film; a file without any is read as it stands.

    Raises:
        DocumentError: the file holds bytes that no text has.
    """
    content = checked(path, "a text file")
    text = content.text.replace("\r\n", "\n")
    captions = _TIMES.split(text)[1:]  # times and what follows them, by turns
    if not captions:
        return as_it_stands(path, content, "it has no captions with times")
    composer = Composer(str(path), lexicon)
    for time, said in zip(captions[::2], captions[1::2], strict=True):
        composer.mark(time)
        composer.item(flat(_TAGS.sub("", _NEXT_NUMBER.sub("", said.lstrip("\n")))))
    return composer.document(stem(path), content.remarks)
