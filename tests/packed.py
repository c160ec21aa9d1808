"""Office files made of their parts, for tests."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_NAMES = (
    f'xmlns:w="{W}" xmlns:r="{R}" xmlns:a="{A}" xmlns:p="{P}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main"'
)
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def element(name: str, inside: str, attributes: str = "") -> str:
    """Return an element that declares every namespace."""
    return f"<{name} {_NAMES} {attributes}>{inside}</{name}>"


def edited(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Write the archive at `path` again with one entry changed."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    entries[name] = change(entries.get(name, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, raw in entries.items():
            archive.writestr(entry, raw)


def word_file(path: Path, body: str, **parts: str) -> Path:
    """Write a Word document.

    Args:
        path: where.
        body: what its body holds.
        parts: by the kind of their relation, which is their name, too: "numbering", "footnotes", "header2"; what the
            root element holds. Links of the body have the same names as identifiers.
    """
    roots = {"footnotes": "footnotes", "endnotes": "endnotes", "comments": "comments", "numbering": "numbering",
             "styles": "styles", "settings": "settings", "header": "hdr", "footer": "ftr"}  # fmt: skip
    files = {"word/document.xml": element("w:document", f"<w:body>{body}</w:body>")}
    links = {}
    for name, inside in parts.items():
        kind = name.rstrip("0123456789")
        links[name] = (kind, f"{name}.xml")
        files[f"word/{name}.xml"] = element(f"w:{roots[kind]}", inside) if kind in roots else inside
    return _packed(path, "wordprocessingml", "word/document.xml", files, {"word/document.xml": links})


def show_file(path: Path, *slides: str, parts: Mapping[str, str] | None = None, **links: Mapping[str, str]) -> Path:
    """Write a presentation.

    Args:
        path: where.
        slides: what the roots of the slides hold; one that begins with "!" is hidden.
        parts: other files within "ppt/", whole, by name.
        links: of "presentation", "slide1" and so on: kinds of relations, by the file that they lead to; they are
            identifiers, too.
    """
    listed = "".join(f'<p:sldId id="{256 + at}" r:id="s{at}"/>' for at in range(1, len(slides) + 1))
    files = {"ppt/presentation.xml": element("p:presentation", f"<p:sldIdLst>{listed}</p:sldIdLst>")}
    files |= {f"ppt/{name}": text for name, text in (parts or {}).items()}
    relations = {"ppt/presentation.xml": {f"s{at}": ("slide", f"slide{at}.xml") for at in range(1, len(slides) + 1)}}
    for at, inside in enumerate(slides, start=1):
        shown = ' show="0"' if inside.startswith("!") else ""
        tree = f"<p:cSld><p:spTree>{inside.removeprefix('!')}</p:spTree></p:cSld>"
        files[f"ppt/slide{at}.xml"] = element("p:sld", tree, shown)
    for name, targets in links.items():
        part = relations.setdefault(f"ppt/{name}.xml", {})
        part |= {kind: (kind, target) for kind, target in targets.items()}
    return _packed(path, "presentationml", "ppt/presentation.xml", files, relations)


def _packed(
    path: Path,
    kind: str,
    main: str,
    files: Mapping[str, str],
    relations: Mapping[str, Mapping[str, tuple[str, str]]],
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"><!-- {kind} --></Types>')
        archive.writestr("_rels/.rels", _relations({"main": ("officeDocument", main)}))
        for name, text in files.items():
            archive.writestr(name, text)
        for name, links in relations.items():
            folder, _, file = name.rpartition("/")
            archive.writestr(f"{folder}/_rels/{file}.rels", _relations(links))
    return path


def _relations(links: Mapping[str, tuple[str, str]]) -> str:
    inside = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}"/>' for name, (kind, target) in links.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'
