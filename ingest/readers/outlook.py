"""Messages that Outlook saved (.msg, [MS-OXMSG]), put into the form of any other e-mail message."""

from __future__ import annotations

import struct
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ingest.decode import decode
from ingest.files import read_bytes
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import MOST_BYTES
from ingest.readers.compound import MAGIC, Storage, open_compound
from ingest.readers.mail import attached, document_of
from ingest.readers.packed_rtf import unpacked_rtf
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.members import Held

_PROPERTIES = "__PROPERTIES_VERSION1.0"
_HEAD, _INNER_HEAD, _PART_HEAD = 32, 24, 8  # bytes before the properties of the file, of messages and parts in it
_ATTACHMENT, _RECIPIENT = "__ATTACH_VERSION1.0_", "__RECIP_VERSION1.0_"
_SUBJECT, _BODY, _HTML, _RTF = 0x0037, 0x1000, 0x1013, 0x1009
_SENDER, _SENDER_MAIL, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_TO, _CC, _KIND, _NAME, _MAIL, _SMTP = 0x0E04, 0x0E03, 0x0C15, 0x3001, 0x3003, 0x39FE
_SENT, _DELIVERED = 0x0039, 0x0E06
_DATA, _LONG_NAME, _SHORT_NAME, _MIME = 0x3701, 0x3707, 0x3704, 0x370E
_CODE_PAGES = (0x3FDE, 0x3FFD)
_TEXT, _BYTES, _STRING8, _OBJECT = 0x001F, 0x0102, 0x001E, 0x000D
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DEEPEST = 20  # messages in messages
_NAMES_OF_PAGES = {65001: "utf-8", 20127: "ascii", 28591: "iso8859-1", 50220: "iso2022_jp", 51932: "euc_jp"}


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a message as one page, like those of other programs.

    Raises:
        DocumentError: the file is no message, or damaged.
    """
    return document_of(_message_in(path), path, lexicon)


def holdings(path: Path, password: str | None = None) -> Iterator[Held]:  # noqa: ARG001 - they have no password
    """Yield what is attached to a message."""
    yield from attached(_message_in(path))


def _message_in(path: Path) -> Message:
    content = read_bytes(path)
    if not content.startswith(MAGIC):
        raise DocumentError(str(path), "is not an Outlook message", "wrong_type")
    root = open_compound(content, str(path), MOST_BYTES)
    if _PROPERTIES not in root.streams:
        raise DocumentError(str(path), "is not an Outlook message", "wrong_type")
    return _message(_Properties(root, _HEAD), 1)


class _Properties:
    """What is said of a message, a recipient or an attachment, by numbers."""

    def __init__(self, storage: Storage, head: int, page: str = "cp1252") -> None:
        self.storage = storage
        raw = storage.streams.get(_PROPERTIES, b"")[head:]
        self._fixed = {
            (tag, kind): value for kind, tag, _, value in struct.iter_unpack("<HHI8s", raw[: len(raw) // 16 * 16])
        }
        pages = (self.number(tag) for tag in _CODE_PAGES)
        self.page = next((_NAMES_OF_PAGES.get(number, f"cp{number}") for number in pages if number), page)

    def number(self, tag: int) -> int:
        """Return a number; 0 where there is none."""
        return int.from_bytes(self._fixed.get((tag, 3), b"")[:4], "little")

    def moment(self, tag: int) -> datetime | None:
        """Return a time, or None."""
        ticks = int.from_bytes(self._fixed.get((tag, 0x40), b""), "little")
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def data(self, tag: int, kind: int = _BYTES) -> bytes:
        """Return a value of any length; empty where there is none."""
        return self.storage.streams.get(f"__SUBSTG1.0_{tag:04X}{kind:04X}", b"")

    def text(self, tag: int) -> str:
        """Return a text; "" where there is none."""
        wide = self.data(tag, _TEXT)
        text = wide.decode("utf-16-le", "replace") if wide else decode(self.data(tag, _STRING8), self.page)
        return text.replace("\0", "")

    def parts(self, prefix: str) -> list[_Properties]:
        """Return the recipients, or the attachments, in order."""
        named = sorted((name, part) for name, part in self.storage.storages.items() if name.startswith(prefix))
        return [_Properties(part, _PART_HEAD, self.page) for _, part in named]


def _message(said: _Properties, depth: int) -> Message:
    """Return a message as any other program would have written it."""
    message = Message()
    sent = said.moment(_SENT) or said.moment(_DELIVERED)
    people = said.parts(_RECIPIENT)
    fields = {
        "Subject": said.text(_SUBJECT),
        "From": _person(said.text(_SENDER), said.text(_SENDER_SMTP) or said.text(_SENDER_MAIL)),
        "To": _people(people, 1) or said.text(_TO),
        "Cc": _people(people, 2) or said.text(_CC),
        "Date": format_datetime(sent) if sent else "",
    }
    for name, value in fields.items():
        if value.strip():
            message[name] = " ".join(value.split())
    message["Content-Type"] = "multipart/mixed"
    bodies = Message()
    bodies["Content-Type"] = "multipart/alternative"
    bodies.set_payload(list(_bodies(said)))
    message.set_payload([bodies, *(_attachment(part, depth) for part in said.parts(_ATTACHMENT))])
    return message


def _bodies(said: _Properties) -> Iterator[Message]:
    """Yield the forms of the text; rich text, which other programs do not know, only where there is no other."""
    plain, html = said.text(_BODY), said.data(_HTML) or said.text(_HTML).encode()
    if plain.strip():
        yield _part("text/plain", plain.encode("utf-8", "replace"), charset="utf-8")
    if html:
        yield _part("text/html", html, charset=said.page if said.data(_HTML) and said.page != "cp1252" else "")
    if not plain.strip() and not html and said.data(_RTF):
        yield _part("application/rtf", unpacked_rtf(said.data(_RTF)), name="message.rtf")


def _attachment(said: _Properties, depth: int) -> Message:
    name = said.text(_LONG_NAME) or said.text(_SHORT_NAME) or said.text(_NAME)
    inner = said.storage.storages.get(f"__SUBSTG1.0_{_DATA:04X}{_OBJECT:04X}")
    if inner is None or _PROPERTIES not in inner.streams:
        return _part(said.text(_MIME) or "application/octet-stream", said.data(_DATA), name=name or "attachment")
    if depth == _DEEPEST:
        return _part("application/octet-stream", b"", name=f"{name} (in more than {_DEEPEST} messages)")
    part = Message()
    part["Content-Type"] = "message/rfc822"
    part.set_payload([_message(_Properties(inner, _INNER_HEAD, said.page), depth + 1)])
    return part


def _part(kind: str, content: bytes, *, name: str = "", charset: str = "") -> Message:
    part = Message()
    part.add_header("Content-Type", " ".join(kind.split()), **({"charset": charset} if charset else {}))
    part["Content-Transfer-Encoding"] = "base64"
    if name:
        part.add_header("Content-Disposition", "attachment", filename=" ".join(name.split()))
    part.set_payload(b64encode(content).decode())
    return part


def _people(recipients: list[_Properties], kind: int) -> str:
    those = (one for one in recipients if one.number(_KIND) == kind)
    return ", ".join(_person(one.text(_NAME), one.text(_SMTP) or one.text(_MAIL)) for one in those)


def _person(name: str, mail: str) -> str:
    """Return a name with its address; addresses inside an organisation are none that people use."""
    if "@" not in mail or mail == name:
        return name or mail
    return f"{name} <{mail}>" if name else mail
