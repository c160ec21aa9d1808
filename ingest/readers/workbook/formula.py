"""Formulas as they are written, taken apart: "=SUM(B2:B4)*1.2". Nothing of them is run as a program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_LONGEST = 8_192  # characters, as in Excel
_DEEPEST = 50  # brackets within each other
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?(?![\w:$!]))
    |(?P<text>"(?:[^"]|"")*")
    |(?P<fault>\#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A))
    |(?P<place>(?:(?:'(?:[^']|'')+'|[\w.]+)!)?
        (?:\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?
        |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}
        |\$?[1-9]\d{0,6}:\$?[1-9]\d{0,6})(?![\w.(!\[]))
    |(?P<call>[A-Za-z_][\w.]*)\(
    |(?P<name>[^\W\d][\w.]*)(?![\w.(!\[])
    |(?P<sign><=|>=|<>|[-+*/^&=<>%(),;])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_CORNER = re.compile(r"(\$?)([A-Za-z]{0,3})(\$?)(\d*)")
_STRENGTH = {"=": 1, "<": 1, ">": 1, "<=": 1, ">=": 1, "<>": 1, "&": 2, "+": 3, "-": 3, "*": 4, "/": 4, "^": 5}
_UNARY = 6  # "-2^2" is 4


class NotUnderstoodError(Exception):
    """A formula holds something that is not worked out here."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What a cell is worked out by."""

    text: str  # without its equals sign
    down: int  # rows by which what it names is moved
    right: int
    known: bool = True  # it is no formula for many cells at once


class Literal(NamedTuple):
    """A value that the formula states."""

    value: float | str | bool | None


class Fault(NamedTuple):
    """A fault that the formula states, such as "#REF!"."""

    code: str


class Reference(NamedTuple):
    """Cells of a sheet, by rows and columns from 0; None where all of them are meant."""

    sheet: str | None  # None: its own
    top: int | None
    left: int | None
    bottom: int | None
    right: int | None


class Name(NamedTuple):
    """Something that the workbook has a name for."""

    name: str


class Call(NamedTuple):
    """A function of some arguments."""

    name: str
    arguments: tuple[Node, ...]


Node = Literal | Fault | Reference | Name | Call


def parsed(formula: Formula) -> Node:
    """Return what a formula consists of; signs are calls by their own names, "%" and a sign before a value too.

    Raises:
        NotUnderstoodError: it is longer or deeper than what is read, or holds something else.
    """
    if not formula.known or not 0 < len(formula.text) <= _LONGEST:
        raise NotUnderstoodError
    return _Reader(formula).whole()


class _Reader:
    def __init__(self, formula: Formula) -> None:
        self._formula = formula
        self._tokens = _tokens(formula.text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression(0)
        if self._at < len(self._tokens):
            raise NotUnderstoodError
        return node

    def _sign(self) -> str:
        """Return the sign that comes next; "" for anything else."""
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        return text if kind == "sign" else ""

    def _expression(self, least: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotUnderstoodError
        node = self._operand()
        while (sign := self._sign()) == "%" or _STRENGTH.get(sign, 0) > least:
            self._at += 1
            node = Call(sign, (node,)) if sign == "%" else Call(sign, (node, self._expression(_STRENGTH[sign])))
        self._depth -= 1
        return node

    def _operand(self) -> Node:
        if self._at >= len(self._tokens):
            raise NotUnderstoodError
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return Literal(float(text))
        if kind == "text":
            return Literal(text[1:-1].replace('""', '"'))
        if kind == "fault":
            return Fault(text)
        if kind == "place":
            return _reference(text, self._formula)
        if kind == "name":
            truth = {"true": True, "false": False}.get(text.casefold())
            return Name(text) if truth is None else Literal(truth)
        if kind == "call":
            return Call(text.upper().removeprefix("_XLFN."), self._arguments())
        if text in ("+", "-"):
            return Call(f"{text}1", (self._expression(_UNARY),))
        if text == "(":
            node = self._expression(0)
            self._close()
            return node
        raise NotUnderstoodError

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        if self._sign() == ")":
            self._at += 1
            return ()
        while True:
            empty = self._sign() in (",", ")")
            found.append(Literal(None) if empty else self._expression(0))
            if self._sign() != ",":
                self._close()
                return tuple(found)
            self._at += 1

    def _close(self) -> None:
        if self._sign() != ")":
            raise NotUnderstoodError
        self._at += 1


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at, said = [], 0, text.strip()
    while at < len(said):
        match = _TOKEN.match(said, at)
        if match is None:
            raise NotUnderstoodError
        kind = str(match.lastgroup)
        found.append((kind, match[kind]))
        at = match.end()
    return found


def _reference(text: str, formula: Formula) -> Reference:
    before, mark, place = text.rpartition("!")
    sheet = before[1:-1].replace("''", "'") if before.startswith("'") else before
    first, _, last = place.partition(":")
    top, left = _corner(first, formula)
    bottom, right = _corner(last or first, formula)
    return Reference(sheet if mark else None, top, left, bottom, right)


def _corner(text: str, formula: Formula) -> tuple[int | None, int | None]:
    match = _CORNER.fullmatch(text)
    if match is None:
        raise NotUnderstoodError
    fixed, letters, held, digits = match.groups()
    held = held or (fixed if not letters else "")
    column = None
    if letters:
        column = -1
        for letter in letters.upper():
            column = 26 * (column + 1) + ord(letter) - ord("A")
        column += 0 if fixed else formula.right
    row = int(digits) - 1 + (0 if held else formula.down) if digits else None
    if min(row or 0, column or 0) < 0:
        raise NotUnderstoodError
    return row, column
