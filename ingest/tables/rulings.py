"""The ruling lines of a page: pieces put together, and grids that cross each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.tables.sheet import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SAME = 1.8  # points between two lines that look like one
_JOINT = 3.5  # points between two pieces of one line, as of dots or of cell borders
_TOUCH = 3.0  # points that a line may miss another one by
_SHORT = 6.0  # points: nothing shorter parts cells


def merged(rules: Iterable[Rule]) -> list[Rule]:
    """Return the lines that the pieces `rules` look like."""
    lines: list[Rule] = []
    level: list[Rule] = []
    for rule in sorted(rules):
        if level and rule.at - level[0].at > _SAME:
            lines += _joined(level)
            level = []
        level.append(rule)
    lines += _joined(level)
    return [line for line in lines if line.end - line.start >= _SHORT]


def _joined(level: Sequence[Rule]) -> list[Rule]:
    lines: list[Rule] = []
    for rule in sorted(level, key=lambda rule: rule.start):
        if lines and rule.start - lines[-1].end <= _JOINT:
            lines[-1] = Rule(lines[-1].at, lines[-1].start, max(lines[-1].end, rule.end))
        else:
            lines.append(rule)
    return lines


@dataclass(slots=True)
class Ruling:
    """Lines that touch each other."""

    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of what they enclose."""
        xs = [x for rule in self.across for x in (rule.start, rule.end)] + [rule.at for rule in self.down]
        ys = [y for rule in self.down for y in (rule.start, rule.end)] + [rule.at for rule in self.across]
        return min(xs), min(ys), max(xs), max(ys)


def connected(across: Sequence[Rule], down: Sequence[Rule]) -> list[Ruling]:
    """Return the groups of lines that touch each other, lines that touch none left out."""
    group = list(range(len(across) + len(down)))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    touched = set()
    for i, h in enumerate(across):
        for j, v in enumerate(down, len(across)):
            if h.start - _TOUCH <= v.at <= h.end + _TOUCH and v.start - _TOUCH <= h.at <= v.end + _TOUCH:
                group[root(i)] = root(j)
                touched |= {i, j}
    rulings: dict[int, Ruling] = {}
    for at in sorted(touched):
        ruling = rulings.setdefault(root(at), Ruling())
        if at < len(across):
            ruling.across.append(across[at])
        else:
            ruling.down.append(down[at - len(across)])
    return list(rulings.values())
