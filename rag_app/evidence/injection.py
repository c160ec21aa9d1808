"""Orders in document text: sentences that tell whatever answers questions what to say, as patterns of every language.

A document states facts; only the user gives orders. What gives them is no evidence for an answer, though a search still
finds it. Patterns miss what nobody thought of: they are one of several defences (docs/security.md).
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise
from urllib.parse import unquote

from rag_app.evidence.guard import is_turn, neutral
from rag_app.language.vocabulary import in_order
from rag_app.text import visible

_LINE = re.compile(r"[^\n\f]*[^\s][^\n\f]*")
_JOINED = 160  # characters; lines this short are also read together with the next: an order may be broken over two
_TURN = 600  # characters that a made-up turn of a conversation may take
_QUOTED = re.compile(r"([\"“„«])[^\"“”„«»]{1,120}[\"”“»]")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_HEX = re.compile(r"(?:(?:\\x|0x|%)?[0-9A-Fa-f]{2}[ ,:]?){12,}")
_PREFIX = re.compile(r"\\x|0x|[^0-9A-Fa-f]")
_LETTERS = re.compile(r"(?<!\w)(?:\w[ .·_*-]){5,}\w(?!\w)")
_LEET = str.maketrans("013457@$", "oieastas")
_DISGUISED = re.compile(r"[a-z][013457@$]|[013457@$][a-z]")
_ALIKE = str.maketrans(
    "абвгдеёзийклмнорстухцѕіјԁԛԝһοαεινρτυχκ",
    "a6brдee3iйkлmhopctyxцsijdqwhoaeivptuxk",
)
_MIXED = re.compile(r"\b(?=\w*[a-z])(?=\w*[\u0370-\u052f])\w+\b")
_KEPT = 10_000  # texts of which it is known whether they give orders: one question looks at a line several times
_READABLE = 0.9  # of the characters of a decoded text


def order_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of the lines of `text` that give orders, alone or with the line after."""
    lines = [match.span() for match in _LINE.finditer(text)]
    ordering = [gives_orders(text[start:end]) for start, end in lines]
    found = {row for row, orders in enumerate(ordering) if orders}
    for row in sorted(found):
        reply = row + 1 < len(lines) and is_turn(text[slice(*lines[row + 1])])
        if reply or is_turn(text[slice(*lines[row])]):
            found |= _following(text, lines, row + reply) | {row + reply}
    for row, ((start, middle), (_, end)) in enumerate(pairwise(lines)):
        if not (ordering[row] or ordering[row + 1]) and middle - start <= _JOINED and gives_orders(text[start:end]):
            found |= {row, row + 1}
    return [lines[row] for row in sorted(found)]


def _following(text: str, lines: list[tuple[int, int]], row: int) -> set[int]:
    """Return the lines after a made-up turn of a conversation, up to a blank one: they are what it says."""
    found: set[int] = set()
    for (_, end), after in zip(lines[row:], range(row + 1, len(lines)), strict=False):
        if (
            "\n" in text[end : lines[after][0]].strip(" \t").replace("\n", "", 1)
            or lines[after][1] - lines[row][0] > _TURN
        ):
            break
        found.add(after)
    return found


def shown_name(name: str) -> str:
    """Return a document's name or title as the generator may read it."""
    return "a document" if gives_orders(name) else neutral(name)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(order) for order in in_order(lambda language: language.orders.patterns))


@cache
def _telling() -> tuple[str, ...]:
    return tuple(in_order(lambda language: language.orders.telling))


@cache
def _spelt_out() -> tuple[str, ...]:
    return tuple(in_order(lambda language: language.orders.spelt))


def _tells(text: str) -> bool:
    """Tell whether a text that was read in disguise has a word of one that gives orders."""
    return any(word in text for word in _telling())


@lru_cache(_KEPT)
def gives_orders(text: str) -> bool:
    """Tell whether `text` gives orders to what answers questions, in plain words or encoded."""
    return any(any(pattern.search(said) for pattern in _patterns()) for said in _sayings(text)) or _spelt(text)


def _sayings(text: str) -> list[str]:
    """Return the ways in which `text` can be read, folded: as it is, without disguise, and decoded."""
    plain = html.unescape(visible(text))
    said = [_folded(plain)]
    if _QUOTED.search(said[0]):
        said.append(_QUOTED.sub(r"\1x\1", said[0]))
    if "%20" in plain:
        said.append(_folded(unquote(plain)))
    if _MIXED.search(said[0]):
        said.append(_MIXED.sub(lambda match: match[0].translate(_ALIKE), said[0]))
    if _DISGUISED.search(said[0]):
        said.append(said[0].translate(_LEET))
    said += [other for other in (codecs.encode(said[0], "rot13"), said[0][::-1]) if _tells(other)]
    return said + [_folded(message) for message in _decoded(plain)]


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(text.replace("**", "").replace("__", "").split())


def _decoded(text: str) -> list[str]:
    """Return the messages that stand in `text` in base64 or hexadecimal digits."""
    found = []
    for match in _BASE64.finditer(text):
        body = match[0].rstrip("=").replace("-", "+").replace("_", "/")
        try:
            found.append(base64.b64decode(body[: len(body) - (len(body) % 4 == 1)] + "=" * (-len(body) % 4)))
        except (binascii.Error, ValueError):
            continue
    for match in _HEX.finditer(text):
        digits = _PREFIX.sub("", match[0])
        found.append(bytes.fromhex(digits[: len(digits) // 2 * 2]))
    return [said for data in found if _is_readable(said := data.decode("utf-8", "replace"))]


def _is_readable(text: str) -> bool:
    return sum(c.isalpha() or c in " .,!?'-:" for c in text) >= _READABLE * max(len(text), 1)


def _spelt(text: str) -> bool:
    """Tell whether orders are spelt letter by letter: "i g n o r e"."""
    spelt = "".join(re.sub(r"[\W_]", "", match[0]).casefold() for match in _LETTERS.finditer(text))
    return any(word in spelt for word in _spelt_out())
