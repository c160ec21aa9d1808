"""E-mail messages: the fields a reader looks at, the body, messages that are forwarded in it, and what is attached."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from ingest.clean import repair
from ingest.compose import Composer, flat
from ingest.decode import decode
from ingest.files import open_regular, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.members import Held
from ingest.readers.events import write_events
from ingest.readers.html import decode_html
from ingest.readers.markup import write_html
from ingest.remarks import Remark
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import Message
    from pathlib import Path

    Fields = Sequence[tuple[str, str]]

FIELDS = ("Subject", "From", "To", "Cc", "Date")
_MOST_PARTS = 10_000
_STUB = 0.2  # of the words of the richer form of a message, that the plain one lacks: it is no version of it then
_TNEF = "application/ms-tnef"
_SEALED = "is in a form of Outlook's own (TNEF), which is not read"
_REPORT = "message/delivery-status"
_SHOWN = frozenset(("text/plain", "text/html", _REPORT))


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message that is shown or attached."""

    kind: Literal["body", "calendar", "forwarded", "attached"]
    message: Message


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a message as one page; its title is its subject. What is attached is named.

    Raises:
        DocumentError: the file is no message.
    """
    return document_of(parsed(path), path, lexicon)


def document_of(message: Message, path: Path, lexicon: Lexicon) -> Document:
    """Return a message as a document of one page."""
    composer = Composer(str(path), lexicon)
    whole = write_message(message, path, composer, lexicon)
    remarks = (
        [] if whole else [Remark("members_unread", detail=f"parts of the message after the first {_MOST_PARTS:,}")]
    )
    return composer.document(field_of(message, "Subject") or stem(path), remarks)


def parsed(path: Path) -> Message:
    """Return the message in a file.

    Raises:
        DocumentError: it is none.
    """
    from email.parser import BytesParser

    with open_regular(path) as file:
        message = BytesParser().parse(file)
    if not any(value for _, value in _fields(message)):
        raise DocumentError(str(path), "is not an e-mail message", "wrong_type")
    return message


def write_message(message: Message, path: Path, composer: Composer, lexicon: Lexicon) -> bool:
    """Write the fields of a message, its body and the names of what is attached; return whether that is all of it."""
    write_fields(_fields(message), composer)
    parts = list(parts_of(message))
    for part in parts:
        if part.kind == "forwarded":
            fields = _fields(part.message)
            composer.heading(dict(fields)["Subject"] or "Forwarded message")
            write_fields(fields, composer)
        elif part.kind == "calendar":
            if not write_events(_text(part.message), composer):
                composer.paragraph(_text(part.message))
        elif part.kind == "body":
            _write(path, part.message, composer, lexicon)
    for part in parts:
        if part.kind == "attached":
            composer.item(f"Attachment: {name_of(part.message)}")
    return len(parts) < _MOST_PARTS


def write_fields(fields: Fields, composer: Composer) -> None:
    """Write the fields at the head of a message, a line each; those that say nothing are left out."""
    for name, value in fields:
        composer.item(f"{name}: {value}" if value else "")


def _fields(message: Message) -> Fields:
    return [(name, field_of(message, name)) for name in FIELDS]


def field_of(message: Message, name: str) -> str:
    """Return what a field of a message says, on one line; "" where there is none."""
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


def parts_of(message: Message) -> Iterator[Part]:
    """Yield the parts that are shown or attached: of alternatives the one that says most, and its calendar."""
    waiting, seen = [message], 0
    while waiting and seen < _MOST_PARTS:
        part, seen = waiting.pop(), seen + 1
        children = _children(part)
        if part.get_content_type() == "message/rfc822" and children:
            forwarded = _opened(part, children[0])
            yield Part("forwarded", forwarded)
            waiting.append(forwarded)
        elif part.get_content_maintype() != "multipart" or not children:
            yield Part(_kind(part), part)
        elif part.get_content_subtype() == "alternative" and children:
            waiting += reversed(_chosen(children))
        else:
            waiting += reversed(children)


def _children(part: Message) -> list[Message]:
    payload: object = part.get_payload()  # of a damaged part a text
    return payload if isinstance(payload, list) else []


def _opened(part: Message, message: Message) -> Message:
    """Return the message that a part holds; one that is encoded as a whole was not told apart from its text."""
    from email.parser import BytesParser

    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64" or message.keys():
        return message
    message["Content-Transfer-Encoding"] = "base64"
    return BytesParser().parsebytes(content_of(message))


def _kind(part: Message) -> Literal["body", "calendar", "attached"]:
    if part.get_content_type() == "text/calendar":
        return "calendar"
    shown = part.get_content_disposition() != "attachment" and not part.get_filename()
    damaged = part.get_content_maintype() == "multipart"
    return "body" if damaged or (shown and part.get_content_type() in _SHOWN) else "attached"


def _chosen(alternatives: list[Message]) -> list[Message]:
    """Return what is read of the forms of one text: plain text, unless that is a stub beside a richer form."""
    calendars = [part for part in alternatives if part.get_content_type() == "text/calendar"]
    texts = [part for part in alternatives if part not in calendars]
    plain = [part for part in texts if part.get_content_type() == "text/plain" and _text(part).strip()]
    richer = [part for part in texts if part.get_content_type() != "text/plain"]
    if not plain or not richer:
        return [*(plain[:1] or texts[-1:]), *calendars]
    said, more = _words(plain[0]), _words(richer[-1])
    stub = len(more - said) > max(_STUB * len(more), len(said - more))
    return [richer[-1] if stub else plain[0], *calendars]


def _words(alternative: Message) -> frozenset[str]:
    """Return the words that a form of a text shows."""
    from pathlib import Path

    words: set[str] = set()
    for part in alternative.walk():
        if part.get_content_type() == "text/html":
            composer = Composer("")
            write_html(Path(), _text(part), composer)
            words.update(composer.document("").text.casefold().split())
        elif part.get_content_type() == "text/plain":
            words.update(_text(part).casefold().split())
    return frozenset(words)


def _write(path: Path, part: Message, composer: Composer, lexicon: Lexicon) -> None:
    if part.get_content_type() == "text/html":
        write_html(path, _text(part), composer)
    else:
        composer.paragraph(repair([_text(part)], lexicon=lexicon)[0])


def _text(part: Message) -> str:
    payload = content_of(part)
    charset = part.get_content_charset()
    text = decode_html(payload) if part.get_content_type() == "text/html" and not charset else decode(payload, charset)
    return text.replace("\0", "")


def content_of(part: Message) -> bytes:
    """Return the bytes of a part that is no message of its own."""
    if part.get_content_type() == _REPORT:
        return b"\n".join(map(bytes, _children(part)))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def holdings(path: Path, password: str | None = None) -> Iterator[Held]:  # noqa: ARG001 - they have no password
    """Yield what is attached to the message in a file."""
    yield from attached(parsed(path))


def attached(message: Message) -> Iterator[Held]:
    """Yield what is attached to a message, and to those that are forwarded in it."""
    for part in parts_of(message):
        if part.kind == "attached":
            reason = _SEALED if part.message.get_content_type() == _TNEF else ""
            yield Held(_file_name(part.message), partial(content_of, part.message), reason)


def _file_name(part: Message) -> str:
    """Return the name of an attachment with a suffix, by its type where the name has none."""
    from mimetypes import guess_extension

    name, kind = name_of(part), part.get_content_type()
    if "." in name.rpartition("/")[2][1:]:
        return name
    suffix = guess_extension(kind) or (".txt" if part.get_content_maintype() == "text" else "")
    return f"{name.replace('/', ' ')}{suffix}"


def name_of(part: Message) -> str:
    """Return what an attachment is called, else its type."""
    if part.get_content_type() == _TNEF:
        return _decoded(part.get_filename()) or "winmail.dat"
    return _decoded(part.get_filename()) or part.get_content_type()
