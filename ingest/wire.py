"""How a document travels from the process that reads files: small JSON messages, checked on arrival.

A file may take over the process that reads it, so nothing that comes from there is believed: a message has a largest
size, and a document that arrives is one that reading could have made.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from ingest.limits import MOST_PAGES, MOST_SECTIONS, MOST_TEXT
from ingest.members import MOST_MEMBERS
from ingest.packing import MOST_CELLS, packed, unpacked
from ingest.remarks import remark_of
from ingest.types import PAGE_BREAK, Document, DocumentError, ErrorCode, Member, Method, Page, Recognised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.remarks import Remark

HEADER = 4  # bytes of the length before each message
MOST = 1 << 20  # bytes of a message
PIECE = 100_000  # characters of text in a message: at most 6 bytes each
_LONGEST = 1_000  # characters of a title, label, detail or reason
_MOST_REMARKS = 200
_MOST_SPANS = 20_000  # of a page; a contract of one page may have a change in each line
_MOST_TABLES = 100_000
_MOST_OF_TABLES = 2 * MOST_TEXT  # characters of all tables as they are packed
_SECTIONS_A_MESSAGE = 500
_MOST_MEMBERS = 2 * MOST_MEMBERS
_SHA256 = re.compile("[0-9a-f]{64}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

Message = dict[str, Any]


class Broken(Exception):
    """A message that no reader sends."""


def pack(message: Mapping[str, Any]) -> bytes:
    """Return `message` with its length before it; a path keeps the bytes that are no text."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return len(body).to_bytes(HEADER, "big") + body


def unpack(body: bytes) -> Message:
    """Return the message that `body` is.

    Raises:
        Broken: it is none.
    """
    try:
        message = json.loads(body.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError) as error:
        raise Broken(str(error)) from error
    if not isinstance(message, dict):
        raise Broken("no object")
    return message


def size(header: bytes) -> int:
    """Return the length of the message that follows `header`.

    Raises:
        Broken: it is longer than a message may be.
    """
    length = int.from_bytes(header, "big")
    if length > MOST:
        raise Broken(f"a message of {length} bytes")
    return length


def failure(path: Path, message: Mapping[str, Any]) -> DocumentError:
    """Return the error that a message tells of; a code that reading does not have says nothing."""
    code: Any = message.get("code")
    return DocumentError(
        str(path), one_line(str(message["error"])), code if code in get_args(ErrorCode) else "unreadable"
    )


def one_line(text: str) -> str:
    """Return `text` as a line that can be stored and shown."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def messages(document: Document) -> Iterator[Message]:
    """Yield what makes up `document`, its path left out; its members come first."""
    for member in document.members:
        yield {"member": member.document.path, "sha256": member.sha256, "bytes": member.bytes}
        yield from messages(member.document)
    for page in document.pages:
        hidden = page.hidden[:_MOST_SPANS]
        yield {"page": one_line(page.label), "method": page.method, "confidence": page.confidence, "hidden": hidden}
        for start in range(0, len(page.text), PIECE):
            yield {"text": page.text[start : start + PIECE]}
    for page, origin in zip(document.pages, document.starts, strict=True):
        for table in page.tables:
            record = packed(table, document.text, origin)
            for start in range(0, len(record), PIECE):
                more = start + PIECE < len(record)
                yield {"table": record[start : start + PIECE], "on": page.number, "more": more}
    for start in range(0, len(document.sections), _SECTIONS_A_MESSAGE):
        part = document.sections[start : start + _SECTIONS_A_MESSAGE]
        yield {"sections": [(offset, one_line(name)) for offset, name in part]}
    for remark in document.remarks[:_MOST_REMARKS]:
        yield {"remark": asdict(replace(remark, detail=one_line(remark.detail)))}
    yield {"title": one_line(document.title), "unread": document.unread}


class Assembly:
    """Puts the messages of one document together again."""

    def __init__(self, path: Path, characters: int = 0, *, members: bool = True) -> None:
        """Begin a document that comes after so many `characters` of others; `members`: others may lie in it."""
        self._path = path
        self._may_have_members = members
        self._pages: list[Page] = []
        self._head: Message | None = None  # of the page whose text is arriving
        self._pieces: list[str] = []
        self._characters = characters
        self._sections: list[tuple[int, str]] = []
        self._remarks: list[Remark] = []
        self._tables: list[tuple[int, str]] = []  # page and record
        self._table_characters = 0
        self._record: list[str] = []  # of the table that is arriving
        self._members: list[Member] = []
        self._member: tuple[Message, Assembly] | None = None  # that is arriving

    def add(self, message: Message) -> Document | None:
        """Take one message; the last one makes the document.

        Raises:
            Broken: reading makes no such document.
        """
        try:
            if self._member is not None:
                self._add_to_member(*self._member, message)
            elif "member" in message:
                self._begin_member(message)
            elif "page" in message:
                self._finish_page()
                self._head = message
            elif "text" in message:
                self._take_text(message["text"])
            elif "sections" in message:
                self._sections += [(_integer(offset), _line(name)) for offset, name in message["sections"]]
                _check(len(self._sections) <= MOST_SECTIONS)
            elif "table" in message:
                self._take_table(message["table"], _integer(message["on"]), message["more"])
            elif "remark" in message:
                self._remarks.append(_remark(message["remark"]))
                _check(len(self._remarks) <= _MOST_REMARKS)
            else:
                self._finish_page()
                return self._document(message)
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise Broken(str(error)) from error
        return None

    def _begin_member(self, message: Message) -> None:
        """Take the head of a member; a member has none of its own."""
        name, digest = _line(message["member"]), str(message["sha256"])
        taken = {member.document.path for member in self._members}
        _check(bool(name) and "/" not in name and name not in taken and len(taken) < _MOST_MEMBERS)
        _check(self._may_have_members and _SHA256.fullmatch(digest) is not None and _integer(message["bytes"]) >= 0)
        self._member = message, Assembly(Path(name), self._characters, members=False)

    def _add_to_member(self, head: Message, assembly: Assembly, message: Message) -> None:
        document = assembly.add(message)
        self._characters = assembly.characters
        if document is not None:
            self._members.append(Member(document, head["sha256"], head["bytes"]))
            self._member = None

    @property
    def characters(self) -> int:
        """The characters that have come so far."""
        return self._characters

    def _take_text(self, text: object) -> None:
        _check(isinstance(text, str) and PAGE_BREAK not in text and self._head is not None)
        assert isinstance(text, str)
        text.encode()  # half a surrogate pair cannot be stored
        self._characters += len(text)
        _check(self._characters <= MOST_TEXT)
        self._pieces.append(text)

    def _take_table(self, piece: object, page: int, more: object) -> None:
        _check(isinstance(piece, str) and isinstance(more, bool) and len(self._tables) < _MOST_TABLES)
        assert isinstance(piece, str)
        self._table_characters += len(piece)
        _check(self._table_characters <= _MOST_OF_TABLES)
        self._record.append(piece)
        if not more:
            self._tables.append((page, "".join(self._record)))
            self._record = []

    def _finish_page(self) -> None:
        if self._head is None:
            return
        _check(len(self._pages) < MOST_PAGES)
        text = "".join(self._pieces)
        method, confidence = self._head["method"], self._head["confidence"]
        _check(method in get_args(Method))
        _check(confidence is None or (isinstance(confidence, int | float) and 0 <= confidence <= 1))
        label = _line(self._head["page"])
        self._pages.append(
            Page(len(self._pages) + 1, label, text, method, confidence, _spans(self._head["hidden"], text))
        )
        self._head, self._pieces = None, []

    def _document(self, message: Message) -> Document:
        unread = tuple(_integer(number) for number in message["unread"])
        _check(all(1 <= number <= len(self._pages) for number in unread) and sorted(set(unread)) == list(unread))
        document = self._with_tables(
            Document(
                str(self._path),
                _line(message["title"]),
                tuple(self._pages),
                tuple(self._remarks),
                tuple(self._sections),
                unread,
                tuple(self._members),
            )
        )
        _check(all(0 <= offset <= len(document.text) for offset, _ in document.sections))
        _check(all(number <= len(document.pages) for remark in document.remarks for number in remark.pages[-1:]))
        return document

    def _with_tables(self, document: Document) -> Document:
        _check(not self._record)
        if not self._tables:
            return document
        cells, found = 0, defaultdict(list)
        for number, record in self._tables:
            _check(1 <= number <= len(document.pages))
            table = unpacked(record, document.text, document.starts[number - 1])
            cells += len(table.cells)
            _check(cells <= MOST_CELLS and table.page == number and table.page_end <= len(document.pages))
            found[number].append(table)
        return replace(
            document, pages=tuple(replace(page, tables=tuple(found[page.number])) for page in document.pages)
        )


def recognition(number: int, page: Recognised) -> Message:
    """Return the message of a page that was recognised, without what is too long for one."""
    text, records, left = page.text[:PIECE], [], PIECE
    for table in page.tables if text == page.text else ():
        record = packed(table, text)
        left -= len(record)
        if left < 0:
            break
        records.append(record)
    return {"recognised": number, "text": text, "confidence": page.confidence, "tables": records}


def recognised(message: Message) -> tuple[int, Recognised]:
    """Return the number of a page that was recognised, and what was found there.

    Raises:
        Broken: recognition finds no such page.
    """
    number, text, confidence = message.get("recognised"), message.get("text"), message.get("confidence")
    _check(isinstance(text, str) and PAGE_BREAK not in text and len(text) <= PIECE)
    _check(isinstance(confidence, int | float) and 0 <= confidence <= 1)
    assert isinstance(text, str)
    assert isinstance(confidence, int | float)
    try:
        text.encode()
        tables = tuple(unpacked(record, text) for record in message["tables"])
        _check(all(table.page == table.page_end == number for table in tables))
        return _integer(number), Recognised(text, float(confidence), tables)
    except (TypeError, ValueError, KeyError) as error:
        raise Broken(str(error)) from error


def _spans(values: Any, text: str) -> tuple[tuple[int, int], ...]:
    spans = tuple((_integer(start), _integer(end)) for start, end in values)
    _check(len(spans) <= _MOST_SPANS)
    last = 0
    for start, end in spans:
        _check(last <= start < end <= len(text))
        last = end
    return spans


def _remark(value: object) -> Remark:
    remark = remark_of(value)
    _line(remark.detail)
    return remark


def _line(value: object) -> str:
    _check(isinstance(value, str) and len(value) <= _LONGEST and not _UNPRINTABLE.search(value))
    return str(value)


def _integer(value: object) -> int:
    _check(isinstance(value, int) and not isinstance(value, bool))
    assert isinstance(value, int)
    return value


def _check(holds: bool) -> None:
    if not holds:
        raise Broken("no reader makes such a document")
