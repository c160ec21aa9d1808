"""The operations of a PDF's content stream that show or place text, read many bytes at a time.

pypdf reads a stream byte by byte. Here one expression takes an operation with all its operands, where they are written
as almost every program writes them; whatever else is met (comments, inline images, damage, odd tokens) is read by the
steps that pypdf takes, so that the operations are the same. Those that text does not depend on, such as lines and
colours, are left out.
"""

from __future__ import annotations

import re
from binascii import unhexlify
from io import BytesIO
from typing import TYPE_CHECKING, Any

from pypdf import get_configuration
from pypdf._utils import read_non_whitespace, read_until_regex
from pypdf.generic import ArrayObject, NameObject, read_object
from pypdf.generic._image_inline import read_inline_image
from pypdf.generic._utils import StreamParsingBudget, read_string_from_stream

if TYPE_CHECKING:
    from pypdf.generic import ContentStream

Operation = tuple[list[Any], bytes]  # operands and operator

TEXT = frozenset(b"BT ET q Q cm Tc Tw TL Tf Td TD Tm T* Tj TJ ' \" Do".split())  # what text depends on

_LONGEST_OPERATOR = 128  # bytes, as in pypdf

# Nothing here can match in two ways, so that a stream made to be slow is not: atomic groups never try again.
_S = r"[\t\n\f\r ]"
_NUMBER = r"[+-]?(?>\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?![+,\-.\d])"
_END = r"(?=[\s()<>\[\]{}/%]|\Z)"  # of a name or an operator
_NAME = rf"/[^\x00-\x20#()<>\[\]{{}}/%\x7f-\xff]{{1,127}}{_END}"
_PLAIN = r"[^()\\]+|\\[\s\S]"
_STRING = rf"\((?>{_PLAIN}|\((?>{_PLAIN})*\))*\)"
_HEX = r"<[0-9A-Fa-f\t\n\f\r ]*>"
_ARRAY = rf"\[(?>{_S}+|{_STRING}|{_HEX}|{_NUMBER})*\]"
_MARK = rf"<<{_S}*(?>{_NAME}{_S}*(?:{_NUMBER}|{_NAME}|{_STRING}|{_HEX}){_S}*)?>>"
_OTHERS = r"[bBfW]\*?|[mlcvyhnSsFwJjMidgGkK]|re|rg|RG|d[01]|scn?|SCN?|ri|gs|cs|CS|sh|T[zrs]|EMC|BMC|BDC|MP|DP"
_OPERATION = re.compile(
    rf"""{_S}*(?:
    (?P<numbers>(?>{_NUMBER}{_S}+){{0,8}})(?P<placing>cm|T[cdDmLw*]|BT|ET|q|Q)
    |(?P<string>{_STRING}|{_HEX}){_S}*(?P<showing>Tj|')
    |(?P<array>{_ARRAY}){_S}*TJ
    |(?P<font>{_NAME}){_S}+(?P<size>{_NUMBER}){_S}+Tf
    |(?P<form>{_NAME}){_S}+Do
    |(?>(?>{_NUMBER}{_S}|{_NAME}|{_ARRAY}|{_MARK}){_S}*){{0,16}}(?:{_OTHERS})
    ){_END}""".replace("\n    ", "").encode()
)
_ELEMENT = re.compile(rf"{_STRING}|{_HEX}|[+\-.\d]+".encode())
_ESCAPE = re.compile(rb"\\(?:[0-7]{1,3}|[\s\S])")
_ESCAPED = {b"\\" + bytes([sign]): bytes([sign]) for sign in b"()/\\ %<>[]#_&$"}
_ESCAPED |= {b"\\n": b"\n", b"\\r": b"\r", b"\\t": b"\t", b"\\b": b"\b", b"\\f": b"\f"}
_ESCAPED |= {b"\\%0*o" % (width, code): bytes([code]) for width in (1, 2, 3) for code in range(min(8**width, 256))}


def operations(content: ContentStream) -> list[Operation]:
    """Return the operations whose operators are in `TEXT`; their operands equal those in `content.operations`.

    Raises:
        Exception: whatever pypdf makes of a damaged stream.
    """
    data = content.get_data()
    budget = StreamParsingBudget(remaining_budget=_most_tokens())
    if len(data) > 2 * budget.remaining_budget:  # it may hold more than pypdf reads: no token has less than a byte
        return [operation for operation in content.operations if operation[1] in TEXT]
    found: list[Operation] = []
    operands: list[Any] = []  # read by the steps of pypdf, and not yet followed by an operator
    stream = BytesIO(data)
    at, match_at = 0, _OPERATION.match
    while True:
        match = match_at(data, at)
        if match is None:
            stream.seek(at)
            if not _step(content, stream, operands, found, budget):
                return found
            at = stream.tell()
            continue
        at = match.end()
        kind = match.lastgroup
        if kind == "placing":
            numbers, operator = match["numbers"], match["placing"]
            found.append(([*operands, *map(float, numbers.split())], operator))
        elif kind == "array":
            found.append(([*operands, _elements(match["array"])], b"TJ"))
        elif kind == "showing":
            found.append(([*operands, _string(match["string"])], match["showing"]))
        elif kind == "size":
            found.append(([*operands, NameObject(match["font"].decode()), float(match["size"])], b"Tf"))
        elif kind == "form":
            found.append(([*operands, NameObject(match["form"].decode())], b"Do"))
        operands.clear()


def _most_tokens() -> int:
    configuration = get_configuration()
    return min(configuration.stream_parsing_work_maximum_count, configuration.array_maximum_element_count)


def _elements(array: bytes) -> ArrayObject:
    """Return the strings and numbers of an array."""
    return ArrayObject(
        _string(element) if element[0] in b"(<" else float(element) for element in _ELEMENT.findall(array)
    )


def _string(token: bytes) -> bytes:
    """Return the bytes of a string in brackets of either kind."""
    inner = token[1:-1]
    if token[:1] == b"<":
        digits = inner.translate(None, b"\t\n\f\r ")
        return unhexlify(digits + b"0" if len(digits) % 2 else digits)
    if b"\\" not in inner:
        return inner
    try:
        return _ESCAPE.sub(lambda match: _ESCAPED[match[0]], inner)
    except KeyError:  # an escape that only pypdf knows what to do with
        return bytes(read_string_from_stream(BytesIO(token), "bytes"))  # type: ignore[arg-type]


def _step(
    content: ContentStream, stream: BytesIO, operands: list[Any], found: list[Operation], budget: StreamParsingBudget
) -> bool:
    """Read one token as pypdf's `ContentStream` does; return whether there was one.

    Raises:
        Exception: whatever pypdf makes of a damaged stream.
    """
    peek = read_non_whitespace(stream)
    if not peek:
        return False
    stream.seek(-1, 1)
    if peek.isalpha() or peek in (b"'", b'"'):
        operator = read_until_regex(stream=stream, regex=NameObject.delimiter_pattern, length=_LONGEST_OPERATOR)
        if operator == b"BI":
            assert operands == []
            read_inline_image(content_stream=content, stream=stream, parsing_budget=budget)
        else:
            if operator in TEXT:
                found.append((list(operands), operator))
            operands.clear()
    elif peek == b"%":
        while peek not in (b"\r", b"\n", b""):
            peek = stream.read(1)
    else:
        operands.append(read_object(stream, None, "bytes", parsing_budget=budget))
    return True
