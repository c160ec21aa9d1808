"""JSON, and files with a JSON value on each line: every value with its path, records as tables, cited by lines."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import TYPE_CHECKING

from ingest.compose import Composer
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.leaves import Leaf, write_leaves
from ingest.readers.verbatim import as_it_stands, checked
from ingest.remarks import Remark
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DEEPEST = 200  # values within each other
_TOKEN = re.compile(r'[ \t\r\n]*(?:([{}\[\]:,"])|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity))')
_WHITE = re.compile(r"[ \t\r\n]*")
_STRINGS = JSONDecoder(strict=False)  # line ends in strings are let pass
_CLOSING = {"{": "}", "[": "]"}
_MOST_NAMED = 20  # lines


class _NoJson(Exception):
    """The text is no JSON."""


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a JSON file; one with comments, or that is damaged, is read as it stands, which a remark says.

    Raises:
        DocumentError: the file holds bytes that no text has, or its values lie too deep within each other.
    """
    content = checked(path, "a JSON file")
    composer = Composer(str(path), lexicon)
    try:
        write_leaves(_leaves(path, content.text, (), 1), composer)
    except _NoJson as error:
        return as_it_stands(path, content, f"it is not JSON: {error}")
    return composer.document(path.name, content.remarks)


def read_lines(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a file with a JSON value on each line; a line that is none is kept as it stands, which a remark says.

    Raises:
        DocumentError: as `read`.
    """
    composer = Composer(str(path), lexicon)
    broken: list[int] = []
    content = checked(path, "a JSON file")
    write_leaves(_lines(path, content.text, broken), composer)
    if not broken:
        return composer.document(path.name, content.remarks)
    more = f" and {len(broken) - _MOST_NAMED:,} more" if len(broken) > _MOST_NAMED else ""
    detail = f"no JSON on line {', '.join(map(str, broken[:_MOST_NAMED]))}{more}"
    return composer.document(path.name, [*content.remarks, Remark("as_it_stands", detail=detail)])


def _lines(path: Path, text: str, broken: list[int]) -> Iterator[Leaf]:
    record = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        record += 1
        try:
            leaves = list(_leaves(path, line, (record,), number))
        except _NoJson:
            broken.append(number)
            leaves = [Leaf((), line, number)]
        yield from leaves


def _leaves(path: Path, text: str, start: tuple[str | int, ...], line: int) -> Iterator[Leaf]:
    """Yield the values of one JSON text.

    Args:
        path: the file it comes from, for errors.
        text: one value.
        start: the path of that value.
        line: on which it begins.

    Raises:
        _NoJson: it is something else; what came before was yielded.
        DocumentError: its values lie too deep within each other.
    """
    keys: list[str | int] = list(start)  # of the value that comes next
    open_: list[str] = []  # the brackets that are open
    place, counted = 0, 0  # in the text; up to where its lines are counted
    wants = "value"
    while wants != "end":
        token = _TOKEN.match(text, place)
        if not token:
            raise _NoJson(f"line {line + text.count(chr(10), counted, place)}")
        sign = token[1]
        line += text.count("\n", counted, token.end())
        place = counted = token.end()
        if wants in ("key", "key or end") and sign == '"':
            keys[-1], place = _string(text, place, line)
            wants = "colon"
        elif wants == "colon" and sign == ":":
            wants = "value"
        elif wants == "more" and sign == ",":
            wants = "key" if open_[-1] == "{" else "value"
            if open_[-1] == "[":
                keys[-1] = int(keys[-1]) + 1
        elif open_ and sign == _CLOSING[open_[-1]] and wants in ("more", "key or end", "value or end"):
            open_.pop()
            keys.pop()
            if wants != "more":
                yield Leaf(tuple(keys), "{}" if sign == "}" else "[]", line)
            wants = "more" if open_ else "end"
        elif wants in ("value", "value or end") and sign in _CLOSING:
            if len(open_) == _DEEPEST:
                reason = f"has values more than {_DEEPEST} deep within each other"
                raise DocumentError(str(path), reason, "over_limits")
            open_.append(sign)
            keys.append("" if sign == "{" else 1)
            wants = "key or end" if sign == "{" else "value or end"
        elif wants in ("value", "value or end") and (sign == '"' or token[2]):
            value, place = _string(text, place, line) if sign else (token[2], place)
            yield Leaf(tuple(keys), value, line)
            wants = "more" if open_ else "end"
        else:
            raise _NoJson(f"line {line}")
    rest = _WHITE.match(text, place)
    if rest and rest.end() < len(text):
        raise _NoJson(f"line {line + text.count(chr(10), counted, rest.end())}")


def _string(text: str, place: int, line: int) -> tuple[str, int]:
    """Return the string whose first mark ends at `place`, and where it ends."""
    try:
        value, end = _STRINGS.raw_decode(text, place - 1)
    except JSONDecodeError as error:
        raise _NoJson(f"line {line}") from error
    return str(value), end
