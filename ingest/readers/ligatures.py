"""Letters that a font holds as one shape without saying which: told by the room that it takes and how it ends."""

from __future__ import annotations

import re
from contextlib import closing
from ctypes import byref
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.tables.sheet import Box, Glyph

_IN_WORD = re.compile(r"(?<=[^\W\d_])([\ue000-\uf8ff])(?=[^\W\d_])")
_ALONE = re.compile(r"(?<![^\W\d_])([\ue000-\uf8ff])(?![^\W\d_])")
_LIGATURES = tuple(normalize("NFKC", chr(0xFB00 + number)) for number in range(5))  # of f, i and l
_OFF = 0.1  # of the size, by which a ligature may be wider or narrower than its letters
_SCALE = 8.0  # pixels a point
_TALLEST = 4_000  # pixels of a picture
_INK = 128  # of 255: darker is ink


def holds_ligatures(text: str) -> bool:
    """Tell whether characters without a meaning stand within words of a text."""
    return _IN_WORD.search(text) is not None


def ligatures_of(page: Any) -> dict[str, str]:
    """Return the letters of the characters within the words of a page that have no meaning, as far as they can be told.

    Args:
        page: of pypdfium2, open.
    """
    with closing(page.get_textpage()) as textpage:
        text = textpage.get_text_range()
        within = dict.fromkeys(match[1] for match in _IN_WORD.finditer(text))
        unsure = {match[1] for match in _ALONE.finditer(text)}
        boxes = {letter: text.find(letter) for letter in (*"fil", *within) if letter in text}
        size = {letter: _box(textpage, at) for letter, at in boxes.items()}
        found: dict[str, str] = {}
        for sign in within:
            if sign not in unsure and (letters := _letters(page, sign, size)):
                found[sign] = letters
        return found


def spelled(glyphs: Iterable[Glyph], letters: Mapping[str, str]) -> tuple[Glyph, ...]:
    """Return glyphs with the letters of ligatures in their place."""
    return tuple(glyph._replace(text=letters.get(glyph.text, glyph.text)) for glyph in glyphs)


def _box(textpage: Any, index: int) -> Box:
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(textpage.raw, index, byref(rect))
    return rect.left, rect.bottom, rect.right, rect.top


def _letters(page: Any, sign: str, boxes: dict[str, Box]) -> str | None:
    """Return the ligature that is as wide as its letters; its last one is an i where white is above its stem."""
    height = boxes[sign][3] - boxes[sign][1]
    widths = {
        letter: (right - left) * height / max(top - bottom, 0.1) for letter, (left, bottom, right, top) in boxes.items()
    }
    slim = widths.get("i", widths.get("l"))
    if "f" not in widths or slim is None or height <= 0:
        return None
    widths = {"i": slim, "l": slim} | widths
    off = {one: abs(sum(widths[letter] for letter in one) - widths[sign]) for one in _LIGATURES}
    best = min(_LIGATURES, key=lambda one: off[one])
    if off[best] > _OFF * height:
        return None
    return best if best[-1] == "f" else best[:-1] + ("i" if _is_dotted(page, boxes[sign], slim) else "l")


def _is_dotted(page: Any, box: Box, slim: float) -> bool:
    """Tell whether white parts what stands at the end of a box from what is above it."""
    left, bottom, right, top = box[2] - slim, box[1], box[2], box[3]
    width, height = page.get_size()
    scale = min(_SCALE, _TALLEST / max(width, height, 1.0))
    crop = (max(left, 0), max(bottom, 0), max(width - right, 0), max(height - top, 0))
    with closing(page.render(scale=scale, crop=crop, grayscale=True, may_draw_forms=False)) as bitmap:
        pixels = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
        rows = [bool(row) for row in (pixels < _INK).any(axis=1)]
    inked = [at for at, ink in enumerate(rows) if ink]
    return bool(inked) and not all(rows[inked[0] : inked[-1] + 1])
