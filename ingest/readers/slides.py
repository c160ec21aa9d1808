"""PowerPoint presentations, opened with python-pptx: a page a slide, speaker notes included."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ingest.cells import Form
from ingest.compose import Composer, flat
from ingest.files import stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.readers.archive import office_file
from ingest.readers.requirements import needs
from ingest.remarks import Remark
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read a presentation; page numbers are those of the slides. Macros, pictures and links are not opened.

    Raises:
        DocumentError: the file is no presentation, protected, damaged or too large.
        Exception: whatever python-pptx makes of a file that is damaged beyond reading.
    """
    package = office_file(path, "presentationml", "a PowerPoint presentation")
    with needs(path, "pptx", "python-pptx"):
        import pptx
    source = pptx.Presentation(package)
    composer = Composer(str(path), lexicon)
    failures = []
    for number, slide in enumerate(source.slides, start=1):
        composer.page(str(number))
        try:
            _write_slide(slide, composer)
        except DocumentError:
            raise
        # One bad slide costs only itself, whatever lies in it.
        except Exception as error:
            failures.append(Remark("slide_cut", (number,), flat(str(error)) or type(error).__name__))
    title = stated_title(source.core_properties.title, lexicon) or composer.first_heading or stem(path)
    return composer.document(title, failures)


def _write_slide(slide: Any, composer: Composer) -> None:
    title = slide.shapes.title
    if title is not None and title.has_text_frame:
        composer.heading(title.text_frame.text, section=False)
    for shape in _shapes(slide.shapes):
        if title is None or shape.shape_id != title.shape_id:
            _write(shape, composer)
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        composer.paragraph(notes.text)


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """Yield the shapes of a slide, those of groups one by one, without date, footer and number."""
    from pptx.enum.shapes import PP_PLACEHOLDER
    from pptx.shapes.group import GroupShape

    furniture = (PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER)
    for shape in shapes:
        if isinstance(shape, GroupShape):
            yield from _shapes(shape.shapes)
        elif not (shape.is_placeholder and shape.placeholder_format.type in furniture):
            yield shape


def _write(shape: Any, composer: Composer) -> None:
    if shape.has_text_frame:
        lines = [paragraph.text for paragraph in shape.text_frame.paragraphs if paragraph.text.strip()]
        if len(lines) == 1:
            composer.paragraph(lines[0])
        for line in lines if len(lines) > 1 else ():
            composer.item(line)
    elif shape.has_table:
        composer.table(_rows(shape.table), form=_form(shape.table))
    elif shape.has_chart:
        _write_chart(shape.chart, composer)


def _rows(table: Any) -> Iterator[tuple[str, ...]]:
    for nth, row in enumerate(table.rows):
        cells = list(row.cells)
        texts = [flat(cell.text) for cell in cells]
        for at in range(1, len(cells)):
            if nth == 0 and cells[at].is_spanned:  # a header over several columns names each of them
                texts[at] = texts[at - 1]
        alone = len(cells) > 1 and all(cell.is_spanned for cell in cells[1:])
        yield (texts[0],) if alone else tuple(texts)


def _form(table: Any) -> Form:
    """Return which cells span others, and which the table marks as headers."""
    spans, headers = {}, set()
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells.cells):
            if cell.is_merge_origin:
                spans[row, column] = (cell.span_height, cell.span_width)
            if (row == 0 and table.first_row) or (column == 0 and table.first_col):
                headers.add((row, column))
    return Form(spans, frozenset(headers))


def _write_chart(chart: Any, composer: Composer) -> None:
    """Write the figures behind a chart as a table."""
    with suppress(AttributeError, KeyError, ValueError, NotImplementedError):  # kinds that python-pptx does not know
        title = chart.chart_title.text_frame.text if chart.has_title and chart.chart_title.has_text_frame else ""
        for plot in chart.plots:
            series = list(plot.series)
            names = [str(category) for category in plot.categories]
            values = [list(one.values) for one in series]
            rows = [
                (name, *(_figure(column[at] if at < len(column) else None) for column in values))
                for at, name in enumerate(names)
            ]
            composer.table([("", *(one.name for one in series)), *rows], title)


def _figure(value: float | None) -> str:
    return "" if value is None else format(value, ".15g")
