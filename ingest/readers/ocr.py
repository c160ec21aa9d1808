"""Optical recognition with RapidOCR, whose models come inside its package: texts in boxes, and the page they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingest.characters import characters
from ingest.clean import arranged
from ingest.files import read_bytes
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.boxes import Box, Corners, lines_of, sheet_of
from ingest.readers.pdfium import opened
from ingest.readers.picture import SUFFIXES, opened_picture
from ingest.readers.reading_order import rows_in_order
from ingest.tables.captions import with_captions
from ingest.tables.find import grids_of
from ingest.tables.mark import marked, placed
from ingest.types import DocumentError, Recognised

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ingest.readers.pdfium import Picture

_LONGEST_SIDE = 1_280  # pixels of the picture in which lines are looked for; more takes memory and finds no more
_SURE = 0.9  # confidence of a page that is held rightly; on the best scans 0.98, and upside down 0.78
_LEAST_SCORE = 0.3  # of a line: what is less sure is noise


@dataclass(frozen=True, slots=True)
class Sight:
    """What is recognised on a picture of a page."""

    boxes: tuple[Box, ...]  # in any order
    width: float  # of the page as it is held, in points
    height: float
    confidence: float  # mean over the letters, 0 to 1


def ocr_available() -> bool:
    """Tell whether pages without a text layer can be recognised: the extra `ocr` is installed."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def recognise(
    path: Path, password: str | None, numbers: Sequence[int], lexicon: Lexicon = NO_WORDS
) -> Iterator[tuple[int, Recognised]]:
    """Yield the pages `numbers` of a PDF or a picture, each after its number, with repaired text and tables.

    A page on which nothing is recognised, or that cannot be drawn, has no text and the confidence 0.

    Raises:
        DocumentError: the file cannot be opened.
    """
    engine = _engine()
    is_picture = path.suffix.lower() in SUFFIXES
    with opened_picture(path) if is_picture else opened(read_bytes(path), password) as document:
        if document is None:
            raise DocumentError(str(path), "cannot be drawn for recognition")
        for number in numbers:
            try:
                sight = _best_sight(engine, document.picture(number))
            except Exception:  # one bad page costs only itself
                sight = Sight((), 0.0, 0.0, 0.0)
            yield number, page_of(sight, number, lexicon)


def page_of(sight: Sight, number: int, lexicon: Lexicon = NO_WORDS) -> Recognised:
    """Return page `number`, its text repaired by the words of `lexicon`; the rows of its tables are lines of it."""
    rows = rows_in_order(lines_of(sight.boxes, sight.width, sight.height))
    sheet = sheet_of((line for row in rows for line in row), sight.width, sight.height)
    text = characters("\n".join(" ".join(line.text for line in row) for row in rows))
    mark = marked(text, sheet.glyphs, grids_of(sheet))
    [whole] = arranged([mark.text], lexicon).texts
    text, tables = placed(whole, mark.tables, number)
    return Recognised(text, sight.confidence, with_captions(text, tables, lexicon))


@cache
def _engine() -> Any:
    """Load the models; with one thread, because several processes are at work."""
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.text_score": _LEAST_SCORE,
            "Det.limit_type": "max",
            "Det.limit_side_len": _LONGEST_SIDE,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
    )


def _best_sight(engine: Any, picture: Picture) -> Sight:
    """Return what is recognised where the page is held so that it reads best: it may be upside down or on its side.

    The engine could ask a model of each line whether it is upside down; of 220 lines of four upright pages that turned
    five, and long ones were lost so.
    """
    sight = _sight(engine, picture)
    if _runs_down(sight.boxes):
        picture = replace(picture, pixels=picture.pixels.swapaxes(0, 1)[::-1].copy())
        sight = _sight(engine, picture)
    if not sight.boxes or sight.confidence >= _SURE:
        return sight
    turned = replace(picture, pixels=picture.pixels[::-1, ::-1].copy())
    return max(sight, _sight(engine, turned), key=lambda one: one.confidence)


def _runs_down(boxes: Iterable[Box]) -> bool:
    """Tell whether most letters are in boxes that are higher than wide."""
    down = letters = 0
    for box in boxes:
        (x0, y0), (x1, _), _, (_, y3) = box.corners
        letters += len(box.text)
        down += len(box.text) if y3 - y0 > x1 - x0 else 0
    return 2 * down > letters


def _sight(engine: Any, picture: Picture) -> Sight:
    down, across = picture.pixels.shape[:2]
    try:
        result = engine(picture.pixels, use_cls=False, return_word_box=True)
    except Exception:  # it doesn't know where the words of some odd box are
        result = engine(picture.pixels, use_cls=False, return_word_box=False)
    boxes, confidence = _boxes(result, picture.scale) if result.txts else ((), 0.0)
    return Sight(boxes, across / picture.scale, down / picture.scale, confidence)


def _boxes(result: Any, scale: float) -> tuple[tuple[Box, ...], float]:
    """Return the texts of a picture, in points of its page, and the mean confidence of their letters."""
    parts = result.word_results if len(result.word_results) == len(result.txts) else [()] * len(result.txts)
    boxes = tuple(
        Box(text, _corners(box.tolist(), scale), tuple(_parts(words, scale)))
        for box, text, words in zip(result.boxes, result.txts, parts, strict=True)
    )
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
