"""Optical recognition with RapidOCR, whose models come inside its package: texts in boxes, and the page they make."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingest.characters import characters
from ingest.clean import rearrange
from ingest.files import read_bytes
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.boxes import Box, Corners, lines_of, sheet_of
from ingest.readers.pdfium import opened
from ingest.readers.reading_order import rows_in_order
from ingest.tables.captions import with_captions
from ingest.tables.find import grids_of
from ingest.tables.mark import marked, placed
from ingest.types import DocumentError, Recognised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.readers.pdfium import Picture
    from ingest.table import Table

_LONGEST_SIDE = 1_280  # pixels of the picture in which lines are looked for; more takes memory and finds no more
_LEAST_SCORE = 0.3  # of a line: what is less sure is noise
_MOST_THREADS = 4


def ocr_available() -> bool:
    """Tell whether pages without a text layer can be recognised: the extra `ocr` is installed."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def recognise(
    path: Path, password: str | None, numbers: Sequence[int], lexicon: Lexicon = NO_WORDS
) -> Iterator[tuple[int, Recognised]]:
    """Yield the pages `numbers` of a PDF, each after its number, with repaired text and tables.

    A page on which nothing is recognised, or that cannot be drawn, has no text and the confidence 0.

    Raises:
        DocumentError: the file cannot be opened.
    """
    engine = _engine()
    with opened(read_bytes(path), password) as document:
        if document is None:
            raise DocumentError(str(path), "cannot be drawn for recognition")
        for number in numbers:
            boxes: list[Box] = []
            width = height = confidence = 0.0
            try:
                picture = document.picture(number)
                down, across = picture.pixels.shape[:2]
                width, height = across / picture.scale, down / picture.scale
                boxes, confidence = _boxes(engine, picture)
            except Exception:  # one bad page costs only itself
                pass
            text, tables = page_of(boxes, width, height, number, lexicon)
            yield number, Recognised(text, confidence, tables)


def page_of(
    boxes: Sequence[Box], width: float, height: float, number: int, lexicon: Lexicon
) -> tuple[str, tuple[Table, ...]]:
    """Return the repaired text of a page and its tables, whose rows are lines of it, from what was recognised.

    Args:
        boxes: in any order.
        width: of the page, in points.
        height: of the page, in points.
        number: of the page.
        lexicon: the words by which its text is repaired.
    """
    rows = rows_in_order(lines_of(boxes, width, height))
    sheet = sheet_of((line for row in rows for line in row), width, height)
    text = characters("\n".join(" ".join(line.text for line in row) for row in rows))
    mark = marked(text, sheet.glyphs, grids_of(sheet))
    [whole] = rearrange([mark.text], lexicon)
    text, tables = placed(whole, mark.tables, number)
    return text, with_captions(text, tables, lexicon)


def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": _LEAST_SCORE,
            "Det.limit_type": "max",
            "Det.limit_side_len": _LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": min(os.cpu_count() or 1, _MOST_THREADS),
        }
    )


def _boxes(engine: Any, picture: Picture) -> tuple[list[Box], float]:
    """Return the texts on a picture, in points of its page, and the mean confidence of their letters."""
    try:
        result = engine(picture.pixels, return_word_box=True)
    except Exception:  # it doesn't know where the words of some odd box are
        result = engine(picture.pixels, return_word_box=False)
    if not result.txts:
        return [], 0.0
    parts = result.word_results if len(result.word_results) == len(result.txts) else [()] * len(result.txts)
    boxes = [
        Box(text, _corners(box.tolist(), picture.scale), tuple(_parts(words, picture.scale)))
        for box, text, words in zip(result.boxes, result.txts, parts, strict=True)
    ]
    letters = sum(map(len, result.txts))
    confidence = sum(float(score) * len(text) for score, text in zip(result.scores, result.txts, strict=True)) / letters
    return boxes, min(max(confidence, 0.0), 1.0)


def _parts(words: Sequence[Any], scale: float) -> Iterator[Box]:
    for text, _, corners in words or ():
        if corners is not None:
            yield Box(text, _corners(corners, scale))


def _corners(corners: Sequence[Sequence[float]], scale: float) -> Corners:
    first, second, third, fourth = ((float(x) / scale, float(y) / scale) for x, y in corners)
    return first, second, third, fourth
