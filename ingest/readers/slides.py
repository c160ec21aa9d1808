"""PowerPoint presentations: a page a slide, with its tables, diagrams, charts, speaker notes and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.marks import hidden
from ingest.readers.drawings import paragraph_text, write_drawing
from ingest.readers.package import DRAWING, RELATION, Package, is_on, local_name
from ingest.readers.slide_text import form_of, lines_of, rows_of
from ingest.remarks import Remark
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TITLES = ("title", "ctrTitle")
_EDGES = ("dt", "ftr", "hdr")  # kinds of places that come again on each slide
_NUMBER = "sldNum"
_SHAPES = ("sp", "cxnSp", "graphicFrame", "pic")
_GROUPS = ("grpSp", "AlternateContent", "Choice")


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a presentation; page numbers are those of the slides. Macros, pictures and links are not opened.

    Raises:
        DocumentError: the file is no presentation, protected, damaged or too large.
        Exception: whatever the XML parser makes of a file that is damaged beyond reading.
    """
    with Package(path, "presentationml", "a PowerPoint presentation") as package:
        writer = _Writer(package, Composer(str(path), lexicon))
        slides = [package.linked(package.main, one.get(f"{RELATION}id")) for one in package.root.iter("{*}sldId")]
        for number, part in enumerate(slides, start=1):
            writer.slide(number, part)
        composer = writer.composer
        title = stated_title(package.title(), lexicon) or composer.first_heading or stem(path)
        return composer.document(title, writer.remarks(set(slides)))


class _Writer:
    """Writes the slides of one presentation."""

    def __init__(self, package: Package, composer: Composer) -> None:
        self.composer = composer
        self._package = package
        self._said: set[str] = set()  # dates, feet and texts of masters that were written
        self._failures: list[Remark] = []
        self._hidden: list[int] = []  # slides
        self._with_hidden: list[int] = []  # slides that hold hidden shapes
        self._authors = {
            author.get("id", ""): author.get("name", "")
            for kind in ("commentAuthors", "authors")
            for _, root in package.parts(package.main, kind)
            for author in root
            if local_name(author) in ("cmAuthor", "author")
        }

    def slide(self, number: int, part: str) -> None:
        """Write a slide; one that cannot be read costs only itself."""
        root = self._package.part(part)
        hides = root is not None and not is_on(root, root.get("show"))
        self.composer.page(str(number), hidden=hides)
        if hides:
            self._hidden.append(number)
        if root is None:
            self._failures.append(Remark("slide_cut", (number,), f"{part or 'its part'} is missing or damaged"))
            return
        try:
            self._write_slide(number, part, root)
        except DocumentError:
            raise
        # One bad slide costs only itself, whatever lies in it.
        except Exception as error:
            self._failures.append(Remark("slide_cut", (number,), flat(str(error)) or type(error).__name__))

    def remarks(self, slides: set[str]) -> list[Remark]:
        """Return what there is to say; of a slide that is missing it is said already."""
        missing = ", ".join(part for part in self._package.missing if part not in slides)
        return [
            *self._failures,
            *([Remark("slides_hidden", tuple(self._hidden))] if self._hidden else []),
            *([Remark("text_hidden", tuple(self._with_hidden))] if self._with_hidden else []),
            *([Remark("parts_missing", detail=missing)] if missing else []),
        ]

    def _write_slide(self, number: int, part: str, root: Any) -> None:
        shapes = list(_shapes(root))
        title = next((shape for shape in shapes if _place(shape) in _TITLES), None)
        if title is not None:
            self.composer.heading(" ".join(line.text for line in _lines(title)), section=False)
        for shape in shapes:
            if shape is not title:
                self._shape(shape, part, number)
        self._background(part, root, number)
        for _, notes in self._package.parts(part, "notesSlide"):
            for shape in _shapes(notes):
                if _place(shape) == "body":
                    text = "\n".join(f"{line.label} {line.text}".lstrip() for line in _lines(shape))
                    self.composer.paragraph(f"Note: {text}" if text else "")
        for _, comments in self._package.parts(part, "comments"):
            self._comments(comments)

    def _shape(self, shape: Any, part: str, number: int) -> None:
        place = _place(shape)
        if place == _NUMBER or (place in _EDGES and not self._is_new(shape)):
            return
        if _is_hidden(shape):
            self._with_hidden += [] if number in self._with_hidden else [number]
            for line in _lines(shape):
                self.composer.paragraph(hidden(line.text))
            return
        lines = list(_lines(shape))
        for line in lines:
            if len(lines) > 1 or line.label:
                self.composer.item(line.text, line.label)
            else:
                self.composer.paragraph(line.text)
        for table in shape.iter(f"{DRAWING}tbl"):
            self.composer.table(rows_of(table), form=form_of(table))
        for drawing in shape.iter("{*}chart", "{*}relIds"):
            link = drawing.get(f"{RELATION}dm") or drawing.get(f"{RELATION}id") or ""
            write_drawing(self._package, part, link, self.composer)

    def _background(self, part: str, root: Any, number: int) -> None:
        """Write what the layout and the master of a slide show on it, each text once."""
        for kind in ("slideLayout", "slideMaster"):
            if not is_on(root, root.get("showMasterSp")):
                return
            above = next(self._package.parts(part, kind), None)
            if above is None:
                return
            part, root = above
            for shape in _shapes(root):
                if not _place(shape) and not _is_hidden(shape) and self._is_new(shape):
                    self._shape(shape, part, number)

    def _is_new(self, shape: Any) -> bool:
        """Tell whether what a shape says was not said on a slide before."""
        said = flat(" ".join(map(paragraph_text, shape.iter(f"{DRAWING}p"))))
        new = bool(said) and said not in self._said
        self._said.add(said)
        return new

    def _comments(self, root: Any) -> None:
        for comment in root.iter("{*}cm", "{*}reply"):
            bodies = [child for child in comment if local_name(child) in ("text", "txBody")]
            text = " ".join(
                body.text or "" if local_name(body) == "text" else " ".join(line.text for line in lines_of(body))
                for body in bodies
            )
            author = self._authors.get(comment.get("authorId", ""), "").strip()
            said = f"Comment ({author}): {text}" if author else f"Comment: {text}"
            self.composer.paragraph(flat(said) if text.strip() else "")


def _shapes(root: Any) -> Iterator[Any]:
    """Yield the shapes of a slide, those of groups one by one."""
    for tree in root.iterfind("{*}cSld/{*}spTree"):
        yield from _shapes_in(tree)


def _shapes_in(parent: Any) -> Iterator[Any]:
    for element in parent:
        name = local_name(element)
        if name in _SHAPES:
            yield element
        elif name in _GROUPS:
            yield from _shapes_in(element)


def _lines(shape: Any) -> Iterator[Any]:
    for body in shape.iterfind("{*}txBody"):
        yield from lines_of(body)


def _place(shape: Any) -> str:
    """Return the kind of the place of its layout that a shape fills: "title", "ftr"; "" where it fills none."""
    place = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    place = shape.find("{*}nvGraphicFramePr/{*}nvPr/{*}ph") if place is None else place
    return "" if place is None else place.get("type", "obj")


def _is_hidden(shape: Any) -> bool:
    properties = next(shape.iterfind("./*/{*}cNvPr"), None)
    return properties is not None and is_on(properties, properties.get("hidden", "0"))
