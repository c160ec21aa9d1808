"""OpenDocument files, written part by part."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = "office style text table draw presentation form fo number svg xlink"
NAMESPACES = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in _NAMES.split())
NAMESPACES += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'


def open_file(path: Path, kind: str, body: str, *, styles: str = "", pages: str = "", **entries: str) -> Path:
    """Write a text, spreadsheet or presentation with a body, automatic styles, and what stands in styles.xml."""
    content = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    content += f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", f"<office:document-content {NAMESPACES}>{content}</office:document-content>")
        archive.writestr("styles.xml", f"<office:document-styles {NAMESPACES}>{pages}</office:document-styles>")
        for name, text in entries.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return path
