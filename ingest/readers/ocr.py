"""Optical recognition with RapidOCR, whose models come inside its package."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingest.clean import repair
from ingest.files import read_bytes
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.pdfium import opened
from ingest.readers.reading_order import Line, in_order
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_LONGEST_SIDE = 1_280  # pixels of the picture in which lines are looked for; more takes memory and finds no more
_LEAST_SCORE = 0.3  # of a line: what is less sure is noise
_MOST_THREADS = 4


def ocr_available() -> bool:
    """Tell whether pages without a text layer can be recognised: the extra `ocr` is installed."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime"))


def recognise(
    path: Path, password: str | None, numbers: Sequence[int], lexicon: Lexicon = NO_WORDS
) -> Iterator[tuple[int, str, float]]:
    """Yield number, repaired text and mean confidence, 0 to 1, of the pages `numbers` of a PDF.

    A page on which nothing is recognised, or that cannot be drawn, has no text and the confidence 0.

    Raises:
        DocumentError: the file cannot be opened.
    """
    engine = _engine()
    with opened(read_bytes(path), password) as document:
        if document is None:
            raise DocumentError(str(path), "cannot be drawn for recognition")
        for number in numbers:
            try:
                text, confidence = _recognised(engine, document.picture(number))
            except Exception:  # one bad page costs only itself
                text, confidence = "", 0.0
            yield number, repair([text], lexicon=lexicon)[0], confidence


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


def _recognised(engine: Any, picture: Any) -> tuple[str, float]:
    result = engine(picture)
    if not result.txts:
        return "", 0.0
    lines = [_line(box.tolist(), text) for box, text in zip(result.boxes, result.txts, strict=True)]
    letters = sum(map(len, result.txts))
    confidence = sum(float(score) * len(text) for score, text in zip(result.scores, result.txts, strict=True)) / letters
    return in_order(lines), min(max(confidence, 0.0), 1.0)


def _line(corners: Sequence[Sequence[float]], text: str) -> Line:
    across, down = zip(*corners, strict=True)
    return Line(min(across), min(down), max(across), max(down), text)
