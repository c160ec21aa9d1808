"""Works out the formulas of a workbook that has not stored what they come to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ingest.readers.workbook.formula import (
    Call,
    Fault,
    Formula,
    Literal,
    Name,
    Node,
    NotUnderstoodError,
    Reference,
    parsed,
)
from ingest.readers.workbook.functions import FUNCTIONS, Argument, Cells, FaultError, compared, holds, single, truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.readers.workbook.cells import Value

_MOST_LOOKS = 3_000_000  # at cells, for all formulas of a workbook
_COMPARING = frozenset({"=", "<>", "<", ">", "<=", ">="})
_MOST_NAMES = 10  # that stand for each other

Spot = tuple[str, int, int]
"""A cell: its sheet in lower case, its row and its column from 0."""


class _NeededError(Exception):
    """Other formulas have to be worked out before."""

    def __init__(self, spots: list[Spot]) -> None:
        super().__init__()
        self.spots = spots


class Calculation:
    """The cells of a workbook, and what its formulas come to."""

    def __init__(self, cells: dict[Spot, Value], formulas: Mapping[Spot, Formula], defined: Mapping[str, str]) -> None:
        """Take what cells hold, those that have to be worked out first, and what names stand for.

        Args:
            cells: the values that are stored; what is worked out is added.
            formulas: the cells whose values are not known.
            defined: what a name stands for, by the name in lower case.
        """
        self._cells = cells
        self._formulas = formulas
        self._defined = defined
        self._failed: set[Spot] = set()
        self._looks = 0
        self._ends: dict[str, tuple[int, int]] = {}
        for sheet, row, column in (*cells, *formulas):
            last, right = self._ends.get(sheet, (0, 0))
            self._ends[sheet] = max(last, row), max(right, column)
        self.faults: dict[Spot, str] = {}

    def value(self, spot: Spot) -> Value:
        """Return what a formula comes to; a fault is its code, and is noted in `faults`.

        Raises:
            NotUnderstoodError: it is not known.
        """
        waiting = [spot]
        under_way = set()
        while waiting:
            one = waiting[-1]
            if self._is_known(one):
                waiting.pop()
                under_way.discard(one)
                continue
            under_way.add(one)
            try:
                self._cells[one] = self._worked_out(one)
            except FaultError as fault:
                self._cells[one] = self.faults[one] = fault.code
            except _NeededError as needed:
                if under_way.isdisjoint(needed.spots):
                    waiting += needed.spots
                else:  # it needs itself
                    self._failed.add(one)
            except (NotUnderstoodError, TypeError, ValueError, ArithmeticError):  # arguments that a function can't take
                self._failed.add(one)
        if spot in self._failed:
            raise NotUnderstoodError
        return self._cells[spot]

    def _is_known(self, spot: Spot) -> bool:
        return spot in self._cells or spot in self._failed

    def _worked_out(self, spot: Spot) -> Value:
        found = single(self._argument(parsed(self._formulas[spot]), spot))
        if isinstance(found, float) and not math.isfinite(found):
            raise FaultError("#NUM!")
        return 0 if found is None else found

    def _argument(self, node: Node, spot: Spot, names: int = 0) -> Argument:
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Fault):
            raise FaultError(node.code)
        if isinstance(node, Reference):
            return self._referred(node, spot)
        if isinstance(node, Name):
            if names >= _MOST_NAMES:
                raise NotUnderstoodError
            stated = self._defined.get(node.name.casefold(), "")
            return self._argument(parsed(Formula(stated.lstrip("="), 0, 0)), spot, names + 1)
        return self._called(node, spot, names)

    def _called(self, node: Call, spot: Spot, names: int) -> Argument:
        arguments = node.arguments
        if node.name == "IF" and 2 <= len(arguments) <= 3:
            if truth(self._argument(arguments[0], spot, names)):
                return self._argument(arguments[1], spot, names)
            return self._argument(arguments[2], spot, names) if len(arguments) > 2 else False
        if node.name == "IFERROR" and len(arguments) == 2:
            try:
                return self._argument(arguments[0], spot, names)
            except FaultError:
                return self._argument(arguments[1], spot, names)
        found = [self._argument(one, spot, names) for one in arguments]
        if node.name in _COMPARING:
            return holds(node.name, compared(*map(single, found)))
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise NotUnderstoodError
        return function(*found)

    def _referred(self, node: Reference, spot: Spot) -> Cells:
        """Return the values of the cells that a formula names."""
        sheet = spot[0] if node.sheet is None else node.sheet.casefold()
        if sheet not in self._ends:
            raise NotUnderstoodError
        last, right = self._ends[sheet]
        rows = range(node.top or 0, min(last if node.bottom is None else node.bottom, last) + 1)
        columns = range(node.left or 0, min(right if node.right is None else node.right, right) + 1)
        self._looks += len(rows) * len(columns) + 1
        if self._looks > _MOST_LOOKS:
            raise NotUnderstoodError
        spots = [[(sheet, row, column) for column in columns] for row in rows]
        self._check(one for line in spots for one in line)
        return Cells([[self._cells.get(one) for one in line] for line in spots] or [[None]])

    def _check(self, spots: Iterable[Spot]) -> None:
        """Raise what is in the way of looking at some cells."""
        needed = []
        for spot in spots:
            if spot in self._failed:
                raise NotUnderstoodError
            if spot in self.faults:
                raise FaultError(self.faults[spot])
            if spot in self._formulas and spot not in self._cells:
                needed.append(spot)
        if needed:
            raise _NeededError(needed)
