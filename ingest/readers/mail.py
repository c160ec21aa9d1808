"""E-mail messages: the fields a reader looks at, the body, and the names of what is attached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.clean import repair
from ingest.compose import Composer, flat
from ingest.decode import decode
from ingest.files import open_regular, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.html import decode_html
from ingest.readers.markup import write_html
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

_FIELDS = ("Subject", "From", "To", "Cc", "Date")
_MOST_PARTS = 10_000


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a message as one page; its title is its subject. Attachments are named, not opened.

    Raises:
        DocumentError: the file is no message.
    """
    from email.parser import BytesParser

    with open_regular(path) as file:
        message = BytesParser().parse(file)
    fields = [(name, _field(message, name)) for name in _FIELDS]
    if not any(value for _, value in fields):
        raise DocumentError(str(path), "is not an e-mail message", "wrong_type")
    composer = Composer(str(path), lexicon)
    for name, value in fields:
        composer.item(f"{name}: {value}" if value else "")
    parts = list(_parts(message))
    for part in parts:
        if _is_body(part):
            _write(path, part, composer, lexicon)
    for part in parts:
        if not _is_body(part):
            composer.item(f"Attachment: {_name(part)}")
    return composer.document(dict(fields)["Subject"] or stem(path))


def _field(message: Message, name: str) -> str:
    value = _decoded(next((value for key, value in message.raw_items() if key.lower() == name.lower()), None))
    if name == "Date":
        from email.utils import parsedate_to_datetime

        try:
            return parsedate_to_datetime(value).isoformat(" ", "minutes")
        except (TypeError, ValueError, IndexError, OverflowError):
            return value
    return value


def _decoded(value: object) -> str:
    """Return a header as text: words may be encoded in any way."""
    from email.errors import HeaderParseError
    from email.header import decode_header

    if value is None:
        return ""
    line = " ".join(decode(str(value).encode("utf-8", "surrogateescape")).split())
    try:
        words = decode_header(line)
    except (HeaderParseError, ValueError):
        return flat(line)
    return flat("".join(word if isinstance(word, str) else decode(word, charset) for word, charset in words))


def _parts(message: Message) -> Iterator[Message]:
    """Yield the parts that are shown or attached: of alternatives one, plain text before HTML."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.pop(), seen + 1
        children = _children(part)
        if part.get_content_maintype() != "multipart":
            yield part
        elif part.get_content_subtype() == "alternative" and children:
            waiting.append(_best(children))
        else:
            waiting += reversed(children)


def _children(part: Message) -> list[Message]:
    payload: object = part.get_payload()  # of a damaged part a text
    return payload if isinstance(payload, list) else []


def _best(alternatives: list[Message]) -> Message:
    plain = [part for part in alternatives if part.get_content_type() == "text/plain" and _text(part).strip()]
    return plain[0] if plain else alternatives[-1]


def _is_body(part: Message) -> bool:
    shown = part.get_content_disposition() != "attachment" and not part.get_filename()
    return shown and part.get_content_type() in ("text/plain", "text/html")


def _write(path: Path, part: Message, composer: Composer, lexicon: Lexicon) -> None:
    if part.get_content_type() == "text/html":
        write_html(path, _text(part), composer)
    else:
        composer.paragraph(repair([_text(part)], lexicon=lexicon)[0])


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset()
    text = decode_html(payload) if part.get_content_type() == "text/html" and not charset else decode(payload, charset)
    return text.replace("\0", "")


def _name(part: Message) -> str:
    name = part.get_filename()
    if name:
        return _decoded(name)
    forwarded = _children(part)
    return (forwarded and _decoded(forwarded[0].get("Subject"))) or part.get_content_type()
