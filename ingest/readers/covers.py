"""What may keep the text of a PDF page from being seen, as pdfium tells it: layers that are off, areas, annotations."""

from __future__ import annotations

from ctypes import POINTER, byref, c_float, c_int, c_ulong, c_ushort, cast, create_string_buffer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ingest.tables.sheet import Box

MOST_COVERS = 2_000  # of a page

_SIDES = 6  # segments of a rectangle, at most
_THICK = 3.0  # points; less is a line
_LONGEST_NAME = 300  # characters
_MODE, _STROKE = c_int(), c_int()


def is_off(item: Any, off: Collection[str]) -> bool:
    """Tell whether a text stands on a layer of one of these names."""
    import pypdfium2.raw as pdfium

    for nth in range(pdfium.FPDFPageObj_CountMarks(item)):
        mark = pdfium.FPDFPageObj_GetMark(item, nth)
        if _string(pdfium.FPDFPageObjMark_GetName, mark) == "OC":
            return _string(pdfium.FPDFPageObjMark_GetParamStringValue, mark, b"Name") in off
    return False


def _string(get: Any, mark: Any, *key: bytes) -> str:
    size = c_ulong()
    buffer = create_string_buffer(2 * _LONGEST_NAME)
    if not get(mark, *key, cast(buffer, POINTER(c_ushort)), len(buffer), byref(size)):
        return ""
    return buffer.raw[: max(min(size.value, len(buffer)) - 2, 0)].decode("utf-16-le", "replace")


def is_area(item: Any) -> bool:
    """Tell whether a path is an upright rectangle that is filled and lets nothing through."""
    import pypdfium2.raw as pdfium

    if not 4 <= pdfium.FPDFPath_CountSegments(item) <= _SIDES or pdfium.FPDFPageObj_HasTransparency(item):
        return False
    pdfium.FPDFPath_GetDrawMode(item, _MODE, _STROKE)
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top)
    return bool(_MODE.value) and min(right.value - left.value, top.value - bottom.value) >= _THICK


def marks_on(page: Any) -> Iterator[Box]:
    """Yield where annotations are that may lie over the text."""
    import pypdfium2.raw as pdfium

    rect = pdfium.FS_RECTF()
    for nth in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), MOST_COVERS)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, nth)
        if not annotation:
            continue
        covers = pdfium.FPDFAnnot_GetSubtype(annotation) in (
            pdfium.FPDF_ANNOT_SQUARE,
            pdfium.FPDF_ANNOT_POLYGON,
            pdfium.FPDF_ANNOT_REDACT,
            pdfium.FPDF_ANNOT_STAMP,
            pdfium.FPDF_ANNOT_HIGHLIGHT,
        )
        if covers and pdfium.FPDFAnnot_GetRect(annotation, rect):
            yield rect.left, rect.bottom, rect.right, rect.top
        pdfium.FPDFPage_CloseAnnot(annotation)
