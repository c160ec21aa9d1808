"""Writes into the text of a page what its setting says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.tables.align import places_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.tables.sheet import Glyph, Letter, Rule


@dataclass(frozen=True, slots=True)
class Lettering:
    """The characters of a page, how each is set, and the lines among them."""

    glyphs: tuple[Glyph, ...]  # in the order of the file
    letters: tuple[Letter, ...]  # of the glyphs
    across: tuple[Rule, ...]  # horizontal lines


@dataclass(slots=True)
class Changes:
    """What of a page's text is to be written otherwise; glyphs by their numbers."""

    texts: dict[int, str] = field(default_factory=dict)  # of glyphs; "" leaves them out
    gaps: dict[int, str] = field(default_factory=dict)  # the white space before glyphs
    boxes: dict[int, Glyph] = field(default_factory=dict)  # where glyphs stand, as they are read
    struck: bool = False  # marks stand around words
    dropped: list[range] = field(default_factory=list)  # glyphs that are left out
    apart: list[range] = field(default_factory=list)  # glyphs that go to the end of the page
    columns: list[list[tuple[int, ...]]] = field(default_factory=list)  # bands of lines, each in the order of reading

    def write(self, page: Lettering, numbers: range, text: str, base: int) -> None:
        """Write some glyphs as `text`, and as high as the one at `base`."""
        first, last = page.glyphs[numbers[0]], page.glyphs[numbers[-1]]
        self.texts.update(dict.fromkeys(numbers, ""))
        self.texts[numbers[0]] = text
        level = page.glyphs[base]
        self.boxes[numbers[0]] = first._replace(top=level.top, bottom=level.bottom, right=max(first.right, last.right))
        self.gaps.update(dict.fromkeys(numbers[1:], ""))


def written(text: str, glyphs: Sequence[Glyph], changes: Changes) -> tuple[str, tuple[Glyph, ...]]:
    """Return the text of a page and its glyphs with `changes`; glyphs that are not found in the text stay as they are.

    Args:
        text: of the page, its characters repaired.
        glyphs: of the page.
        changes: of the glyphs.
    """
    places = places_of(text, glyphs)
    parts = list(text)
    new = [changes.boxes.get(number, glyph) for number, glyph in enumerate(glyphs)]
    for number, own in changes.texts.items():
        if places[number]:
            first, *others = places[number]
            parts[first] = own
            for place in others:
                parts[place] = ""
            new[number] = new[number]._replace(text=own)
    for number, gap in changes.gaps.items():
        before, after = places[number - 1], places[number]
        if before and after and not text[before[-1] + 1 : after[0]].strip():
            parts[before[-1] + 1 : after[0]] = [""] * (after[0] - before[-1] - 1)
            parts[before[-1]] += gap
            new[number] = new[number]._replace(spaced=gap != "")
    for band in changes.columns:
        _order(parts, [[place for number in line for place in places[number]] for line in band])
    for numbers in changes.dropped:
        _cut_out(parts, [place for number in numbers for place in places[number]])
        for number in numbers:
            new[number] = new[number]._replace(text="")
    ends = [_cut_out(parts, [place for number in numbers for place in places[number]]) for numbers in changes.apart]
    text = "\n\n".join(filter(None, ("".join(parts).strip(), *ends)))
    return text, tuple(glyph for glyph in new if glyph.text)


def _order(parts: list[str], lines: Sequence[Sequence[int]]) -> None:
    """Write lines in the order in which they are read, if they stand together in the text."""
    if not all(lines):
        return
    spans = [(min(line), max(line) + 1) for line in lines]
    start, end = min(first for first, _ in spans), max(last for _, last in spans)
    own = {place for line in lines for place in line}
    if any(parts[place].strip() and place not in own for place in range(start, end)):
        return
    texts = ["".join(parts[first:last]) for first, last in spans]
    if sum(len("".join(text.split())) for text in texts) != sum(len(parts[place].strip()) for place in own):
        return  # a line stands between the words of another one
    parts[start:end] = ["\n".join(texts), *[""] * (end - start - 1)]


def _cut_out(parts: list[str], places: Sequence[int]) -> str:
    """Take characters out of a text, and the end of a line that is nothing else; return what stood there."""
    if not places:
        return ""
    start, end = min(places), max(places) + 1
    own = set(places)
    if any(parts[place].strip() and place not in own for place in range(start, end)):
        return ""
    text = "".join(parts[start:end]).strip()
    while start and "\n" not in parts[start - 1] and not parts[start - 1].strip():
        start -= 1
    while end < len(parts) and "\n" not in parts[end] and not parts[end].strip():
        end += 1
    begins, ends = start == 0 or "\n" in parts[start - 1], end == len(parts) or "\n" in parts[end]
    parts[start:end] = ["" if begins or ends else " ", *[""] * (end - start - 1)]
    if begins and ends and start:
        parts[start - 1] = parts[start - 1].replace("\n", "", 1)
    return text
