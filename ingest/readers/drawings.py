"""Diagrams and charts of Office files: the words of a diagram in its order, the figures behind a chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.readers.package import DRAWING, local_name, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.compose import Composer
    from ingest.readers.package import Package

_CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_SHOWN = ("node", "asst", "doc")  # kinds of points with words
_MOST_POINTS = 100_000  # of a chart


def write_drawing(package: Package, part: str, identifier: str, composer: Composer) -> None:
    """Write the diagram or chart that a part links to.

    Args:
        package: the file.
        part: name of the part that shows it.
        identifier: of the link.
        composer: takes the blocks.
    """
    name = package.linked(part, identifier)
    root = package.part(name) if name else None
    if root is not None and local_name(root) == "dataModel":
        for text in diagram(root):
            composer.item(text, "-")
    elif root is not None and local_name(root) == "chartSpace":
        _write_chart(root, composer)


def diagram(root: Any) -> Iterator[str]:
    """Yield the words of a diagram, those of each point before those under it; a circle ends where it began."""
    points = {point.get("modelId", ""): point for point in root.iter(f"{_DIAGRAM}pt")}
    under: dict[str, list[tuple[int, str]]] = {}
    for link in root.iter(f"{_DIAGRAM}cxn"):
        if link.get("type", "parOf") == "parOf":
            under.setdefault(link.get("srcId", ""), []).append((number(link.get("srcOrd")), link.get("destId", "")))
    first = [name for name, point in points.items() if point.get("type") == "doc"]
    waiting, seen = [*reversed(points), *reversed(first)], set()  # those that nothing leads to come last
    while waiting:
        name = waiting.pop()
        point = points.get(name)
        if point is None or name in seen:
            continue
        seen.add(name)
        waiting += [below for _, below in sorted(under.get(name, ()), reverse=True)]
        text = " ".join(map(paragraph_text, point.iter(f"{DRAWING}p")))
        if point.get("type", "node") in _SHOWN and text.strip():
            yield text


def paragraph_text(paragraph: Any) -> str:
    """Return the plain text of a paragraph of a drawing."""
    pieces = paragraph.iter(f"{DRAWING}t", f"{DRAWING}br")
    return "".join(" " if local_name(piece) == "br" else piece.text or "" for piece in pieces)


@dataclass(frozen=True, slots=True)
class _Series:
    name: str
    names: dict[int, str]  # of its points, by number
    values: dict[int, str]


def _write_chart(root: Any, composer: Composer) -> None:
    """Write the figures behind a chart, as they were when it was last drawn."""
    title = root.find(f"{_CHART}chart/{_CHART}title")
    caption = "" if title is None else " ".join(map(paragraph_text, title.iter(f"{DRAWING}p")))
    axes = [
        " ".join(map(paragraph_text, axis.iter(f"{DRAWING}p")))
        for axis in root.iterfind(f".//{_CHART}plotArea/*/{_CHART}title")
    ]
    series = [_series(element) for element in root.iter(f"{_CHART}ser")]
    points = sorted({at for one in series for at in (*one.values, *one.names)})[:_MOST_POINTS]
    names: dict[int, str] = {}
    for one in reversed(series):
        names |= one.names
    rows = [(names.get(at, ""), *(one.values.get(at, "") for one in series)) for at in points]
    if rows:
        composer.table([("", *(one.name for one in series)), *rows], caption)
    else:
        composer.paragraph(caption)
    for axis in axes:
        composer.paragraph(axis)


def _series(element: Any) -> _Series:
    name = "".join(value.text or "" for value in element.iterfind(f"{_CHART}tx//{_CHART}v"))
    values = _points(element, "val", "yVal")
    return _Series(name, _points(element, "cat", "xVal"), {at: _figure(text) for at, text in values.items()})


def _points(series: Any, *kinds: str) -> dict[int, str]:
    """Return the texts of points by their numbers; of names in several levels the nearest."""
    found: dict[int, str] = {}
    for kind in kinds:
        for holder in series.iterfind(f"{_CHART}{kind}"):
            levels = holder.findall(f".//{_CHART}lvl")[:1] or [holder]
            for point in levels[0].iter(f"{_CHART}pt"):
                found[number(point.get("idx"))] = "".join(value.text or "" for value in point.iter(f"{_CHART}v"))
    return found


def _figure(text: str) -> str:
    try:
        return format(float(text), ".15g")
    except ValueError:
        return text
