"""Mailboxes (mbox): many messages in one file, each a page."""

from __future__ import annotations

import re
from dataclasses import replace
from email.parser import BytesParser
from typing import TYPE_CHECKING

from ingest.compose import Composer
from ingest.files import open_regular, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MOST_PAGES, check_pages
from ingest.readers.mail import attached, field_of, write_message
from ingest.remarks import by_reason
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

    from ingest.members import Held

_BEGIN = b"From "
_QUOTED = re.compile(rb"^>(?=>*From )")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:|>?From ")  # how the line after the one that parts two messages begins


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read each message as a page under its subject; one that cannot be read is named in a remark.

    Raises:
        DocumentError: the file is no mailbox, or has more messages than pages are read.
    """
    composer, number = Composer(str(path), lexicon), 0
    failures: dict[int, str] = {}
    for number, raw in enumerate(_messages(path), 1):
        if number > MOST_PAGES:
            check_pages(path, number)
        composer.page(str(number))
        try:
            message = _parsed(raw)
            composer.heading(field_of(message, "Subject") or f"Message {number}")
            if not write_message(message, path, composer, lexicon):
                failures[number] = "it has too many parts"
        except DocumentError:
            raise
        except (Exception, RecursionError) as error:
            failures[number] = f"it is damaged: {' '.join(str(error).split()) or type(error).__name__}"
    if not number:
        raise DocumentError(str(path), "is not a mailbox", "wrong_type")
    return composer.document(stem(path), by_reason("pages_lost", failures))


def holdings(path: Path, password: str | None = None) -> Iterator[Held]:  # noqa: ARG001 - they have no password
    """Yield what is attached to the messages, under the number of its message."""
    for number, raw in enumerate(_messages(path), 1):
        try:
            held = list(attached(_parsed(raw)))
        except (Exception, RecursionError):  # told as the page of the message
            continue
        for one in held:
            yield replace(one, name=f"message {number}/{one.name}")


def _parsed(raw: list[bytes]) -> Message:
    return BytesParser().parsebytes(b"".join(raw))


def _messages(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of each message, without the one that parts it from the one before."""
    lines: list[bytes] | None = None
    blank, begun = True, b""
    with open_regular(path) as file:
        for line in file:
            if begun and not _FIELD.match(line):  # a line of the text that begins with the word
                if lines is not None:
                    lines.append(begun)
            elif begun:
                if lines is not None:
                    yield lines
                lines = []
            begun = line if blank and line.startswith(_BEGIN) else b""
            blank = not line.strip()
            if lines is not None and not begun:
                lines.append(_QUOTED.sub(b"", line))
    if lines is not None:
        yield [*lines, begun]
