"""Says where in a file a passage stands, in the words of its format."""

from __future__ import annotations

import re
from pathlib import PurePath

_LINES = re.compile(r"lines? \d+(?:-\d+)?")
_PAGED = frozenset({".pdf", ".txt", ".text", ".tif", ".tiff"})
_SHEETS = frozenset({".xlsx", ".xlsm", ".ods"})
_SLIDES = frozenset({".pptx", ".odp"})


def place_name(path: str, page: int, label: str) -> str:
    """Return "page iv (PDF page 4)", "lines 3-5", "slide 2", "sheet Costs", "“Terms”", or "" for a file as a whole.

    Args:
        path: of the file; its suffix tells what it is made of.
        page: number of the page, from 1.
        label: of the passage: what `Document.label_at` returns.
    """
    suffix = PurePath(path).suffix.lower()
    if _LINES.fullmatch(label):
        return label
    if suffix in _PAGED:
        return f"page {page}" if label in ("", str(page)) else f"page {label} (PDF page {page})"
    if suffix in _SLIDES:
        return f"slide {page}"
    if suffix in _SHEETS:
        return f"sheet {label}"
    heading = "" if label in ("", str(page)) else f"“{label}”"
    if suffix == ".epub":
        return f"{heading} (chapter {page})" if heading else f"chapter {page}"
    if suffix == ".mbox":
        return f"{heading} (message {page})" if heading else f"message {page}"
    return heading
