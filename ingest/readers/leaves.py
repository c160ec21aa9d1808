"""Values with their paths, as JSON and XML have them: written as lines "backup > hour: 3", and records as tables."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.compose import LONGEST_CELL, flat
from ingest.lines import line_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.compose import Composer

_STEP = " > "
_LONGEST_PATH = 200  # characters that are written again on each line
_AT_ONCE = 50_000  # leaves of which it is looked whether they are records
_FEWEST_RECORDS = 2
_MOST_COLUMNS = 40
_FEWEST_FILLED = 0.5  # share of the cells of a table

Key = str | int  # a number counts the members of a list, from 1
Path = tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that holds no others."""

    path: Path  # from the outermost value to this one
    text: str
    line: int  # of the file, from 1


def write_leaves(leaves: Iterable[Leaf], composer: Composer) -> None:
    """Write values in their order: records of a list as rows of a table, the others as lines after their paths."""
    writer = _Lines(composer)
    for prefix, group in groupby(_joined(leaves), key=_list_around):
        for part in _parts(group, prefix):
            table = _Records.of(part, len(prefix)) if prefix is not None else None
            if table is None:
                for leaf in part:
                    writer.write(leaf)
            else:
                labels = [line_label(line) for line in (table.lines[0], *table.lines)]
                composer.table([table.names, *table.rows], _named(prefix or ()), labels)


def _parts(leaves: Iterable[Leaf], prefix: Path | None) -> Iterator[list[Leaf]]:
    """Yield leaves in parts that end where a member of their list ends."""
    part: list[Leaf] = []
    for leaf in leaves:
        if len(part) >= _AT_ONCE and (prefix is None or leaf.path[len(prefix)] != part[-1].path[len(prefix)]):
            yield part
            part = []
        part.append(leaf)
    yield part


def _list_around(leaf: Leaf) -> Path | None:
    """Return the path of the outermost list that a leaf is in; None where it is in none."""
    for at, key in enumerate(leaf.path):
        if isinstance(key, int):
            return leaf.path[:at]
    return None


def _joined(leaves: Iterable[Leaf]) -> Iterator[Leaf]:
    """Yield leaves, the short ones of one list as one."""
    held: Leaf | None = None
    count = 0
    for leaf in leaves:
        is_member = bool(leaf.path) and isinstance(leaf.path[-1], int) and "\n" not in leaf.text
        goes_on = is_member and held and leaf.path[:-1] == held.path and leaf.path[-1] == count + 1
        if goes_on and held and len(held.text) + len(leaf.text) < LONGEST_CELL:
            held, count = Leaf(held.path, f"{held.text}, {leaf.text}", held.line), count + 1
            continue
        if held:
            yield held
            held = None
        if is_member and leaf.path[-1] == 1 and len(leaf.text) < LONGEST_CELL:
            held, count = Leaf(leaf.path[:-1], leaf.text, leaf.line), 1
        else:
            yield leaf
    if held:
        yield held


@dataclass(frozen=True, slots=True)
class _Records:
    """Values of a list that are alike, as a table."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]  # on which the records begin

    @classmethod
    def of(cls, leaves: Sequence[Leaf], depth: int) -> _Records | None:
        """Return the table of leaves whose list has a path of `depth` keys; None where they are no records."""
        columns: dict[str, int] = {}
        records: dict[Key, dict[int, str]] = {}
        lines: dict[Key, int] = {}
        for leaf in leaves:
            number, inner = leaf.path[depth], leaf.path[depth + 1 :]
            if not inner or any(isinstance(key, int) for key in inner) or len(leaf.text) > LONGEST_CELL:
                return None
            column = columns.setdefault(_named(inner), len(columns))
            cells = records.setdefault(number, {})
            if column in cells or len(columns) > _MOST_COLUMNS:
                return None
            cells[column] = leaf.text
            lines.setdefault(number, leaf.line)
        filled = sum(map(len, records.values()))
        if len(records) < _FEWEST_RECORDS or len(columns) < 2 or filled < _FEWEST_FILLED * len(columns) * len(records):
            return None
        rows = (tuple(cells.get(at, "") for at in range(len(columns))) for cells in records.values())
        return cls(tuple(columns), tuple(rows), tuple(lines.values()))


class _Lines:
    """Writes leaves as lines; a path that is too long to stand on each stands above them."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._above: Path = ()
        self._around: tuple[Path, str] = ((), "")  # the path above the last value, and how it is written

    def write(self, leaf: Leaf) -> None:
        composer, path = self._composer, leaf.path
        if self._around[0] != path[:-1]:
            self._around = (path[:-1], _named(path[:-1]))
        name = _STEP.join(filter(None, (self._around[1], _named(path[-1:]))))
        if len(name) > _LONGEST_PATH:
            if self._above != path[:-1]:
                composer.mark(line_label(leaf.line))
                composer.paragraph(self._around[1])
                self._above = path[:-1]
            name = flat(str(path[-1]))
        composer.mark(line_label(leaf.line))
        text = f"{name}: {leaf.text}" if name else leaf.text
        if len(leaf.text) > LONGEST_CELL or "\n" in leaf.text.strip():
            composer.paragraph(text)
        else:
            composer.item(text)


def _named(path: Path) -> str:
    return _STEP.join(flat(str(key)) for key in path)
