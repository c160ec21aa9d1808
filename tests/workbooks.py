"""Workbooks written as XML: what a library that writes them would not write."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHARED = {"styles": "styles.xml", "sharedStrings": "sharedStrings.xml", "person": "persons/person.xml"}
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)


def relations(targets: Mapping[str, str]) -> str:
    """Return a list of related parts, given their kinds and addresses."""
    own = "".join(
        f'<Relationship Id="r{number}" Type="{_RELATED}/{kind.partition(" ")[0]}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items())
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{own}</Relationships>'


def write_workbook(
    path: Path,
    *sheets: str,
    codes: Iterable[str] = (),
    texts: str = "",
    settings: str = "",
    states: Mapping[str, str] | None = None,
    parts: Mapping[str, str] | None = None,
) -> Path:
    """Write a workbook.

    Args:
        path: where to.
        sheets: what stands within each sheet's element; they are called "Sheet 1", "Sheet 2".
        codes: number formats; a cell names them from 1; style 0 has none.
        texts: the items of the texts that cells share.
        settings: what stands in the workbook's element before its sheets.
        states: by name of a sheet whether it is "hidden".
        parts: further files of the archive.
    """
    names = [f"Sheet {number}" for number in range(1, len(sheets) + 1)]
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" state="{(states or {}).get(name, "visible")}" r:id="r{number - 1}"/>'
        for number, name in enumerate(names, 1)
    )
    own = list(codes)
    formats = "".join(
        f"<numFmt numFmtId='{number}' formatCode={quoteattr(code)}/>" for number, code in enumerate(own, 164)
    )
    styles = "".join(f'<xf numFmtId="{number}" fontId="0"/>' for number in range(164, 164 + len(own)))
    targets = {f"worksheet {number}": f"worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", relations({"officeDocument": "xl/workbook.xml"}))
        archive.writestr(
            "xl/workbook.xml", f'<workbook {_NAMES} xmlns:r="{_RELATED}">{settings}<sheets>{listed}</sheets></workbook>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            relations({**targets, **_SHARED}),
        )
        archive.writestr(
            "xl/styles.xml",
            f"<styleSheet {_NAMES}><numFmts>{formats}</numFmts><fonts><font/></fonts><cellXfs>"
            f'<xf numFmtId="0" fontId="0"/>{styles}</cellXfs></styleSheet>',
        )
        archive.writestr("xl/sharedStrings.xml", f"<sst {_NAMES}>{texts}</sst>")
        for number, sheet in enumerate(sheets, 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", f"<worksheet {_NAMES}>{sheet}</worksheet>")
        for name, part in (parts or {}).items():
            archive.writestr(name, part)
    return path


def row(number: int, *cells: str, hidden: bool = False) -> str:
    """Return a row of cells."""
    return f'<row r="{number}"{" hidden=" + chr(34) + "1" + chr(34) if hidden else ""}>{"".join(cells)}</row>'


def text(place: str, said: str, style: int = 0) -> str:
    """Return a cell with a text."""
    return f'<c r="{place}" t="inlineStr" s="{style}"><is><t>{said}</t></is></c>'


def number(place: str, value: float, style: int = 0) -> str:
    """Return a cell with a number."""
    return f'<c r="{place}" s="{style}"><v>{value}</v></c>'


def formula(place: str, said: str, stored: str = "", style: int = 0, kind: str = "n") -> str:
    """Return a cell with a formula; without a stored value it has an empty one, as libraries write it."""
    return f'<c r="{place}" s="{style}" t="{kind}"><f>{said}</f><v>{stored}</v></c>'
