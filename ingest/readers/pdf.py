"""PDF: the text layer of each page, read with pypdf."""

from __future__ import annotations

import logging
import re
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from ingest.characters import characters
from ingest.clean import repair
from ingest.types import Document, DocumentError, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pypdf import PageObject, PdfReader

_HEADER_WITHIN = 1024  # bytes; where viewers, too, look for the header
_MOST_ELEMENTS = 2_000_000  # of one array; the structure tree of a 70-page tagged filing has over 100,000
_MOST_NOTICES = 3  # of the parser's remarks on one file
_LONGEST_TITLE = 300  # characters
_LONGEST_LABEL = 20
_FEWEST_ROWS = 3  # of a table

_NO_TITLE = re.compile(
    r"untitled|microsoft \w+ - |(document|slide|presentation|book|sheet)\s*\d*$|powerpoint presentation|"
    r"\S+\.(pdf|docx?|rtf|odt|tex|dvi|ps|eps|xlsx?|pptx?|indd|qxd|pages|pmd|fm|html?|txt|md)$|"
    r".*\.(docx?|rtf|indd|qxd|pptx?|xlsx?|pmd|dvi|fm)$|about:blank|[a-z]:\\|file:|https?:",
    re.IGNORECASE,
)


_SHORT_LINE = re.compile(r"^.{1,50}$|^.*\d.*\s[\d$€£¥(].*$", re.MULTILINE)


def read(path: Path, password: str | None = None) -> Document:
    """Read a PDF page by page; a page that cannot be read is empty and named in a warning.

    A scan has no text layer: its pages are empty, and that is no error.

    Args:
        path: the file.
        password: the user's or the owner's; the empty one is always tried first.

    Raises:
        DocumentError: no PDF, no page, or encrypted and not opened by `password`.
        Exception: whatever pypdf makes of a file that is damaged beyond reading.
    """
    _check_header(path)
    with _notices() as notices, _limits():
        reader = _open(path, password)
        count = len(reader.pages)
        if count == 0:
            raise DocumentError(str(path), "holds no page")
        labels = _labels(reader, count)
        raw, layouts, failures = _texts(reader, count)
        title = _title(reader) or path.stem
    texts = zip(labels, repair(raw, layouts), strict=True)
    pages = (Page(number, label, text) for number, (label, text) in enumerate(texts, 1))
    return Document(str(path), title, tuple(pages), (*failures, *notices))


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(_HEADER_WITHIN)
    if not head:
        raise DocumentError(str(path), "is empty")
    if b"%PDF-" not in head:
        raise DocumentError(str(path), "is not a PDF")


def _open(path: Path, password: str | None) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not _unlock(reader, password):
            wrong = "the password is wrong" if password else "a password is needed"
            raise DocumentError(str(path), f"is encrypted: {wrong}")
    except (DependencyError, NotImplementedError) as error:
        raise DocumentError(str(path), f"is encrypted in a way that cannot be read: {error}") from error
    return reader


def _unlock(reader: PdfReader, password: str | None) -> bool:
    return any(reader.decrypt(candidate) for candidate in ("", password) if candidate is not None)


def _texts(reader: PdfReader, count: int) -> tuple[list[str], list[str], list[str]]:
    """Return each page's text, its layout where that may show a table, and what failed."""
    texts, layouts, failures = [], [], []
    for number in range(1, count + 1):
        page = reader.pages[number - 1]
        try:
            texts.append(page.extract_text())
        # One bad page costs only itself, whatever its content stream provokes.
        except Exception as error:
            texts.append("")
            failures.append(f"page {number} could not be read: {' '.join(str(error).split()) or type(error).__name__}")
        layouts.append(_layout(page) if _may_hold_table(texts[-1]) else "")
    return texts, layouts, failures


def _may_hold_table(text: str) -> bool:
    """Tell whether a page has enough short lines, or lines of several figures, to be worth a second look."""
    return len(_SHORT_LINE.findall(text)) >= _FEWEST_ROWS


def _layout(page: PageObject) -> str:
    try:
        return page.extract_text(extraction_mode="layout", layout_mode_space_vertically=False)
    except Exception:  # the words are there; only the columns are lost
        return ""


def _labels(reader: PdfReader, count: int) -> list[str]:
    numbers = [str(number) for number in range(1, count + 1)]
    try:
        labels = [_one_line(label) for label in reader.page_labels]
    except Exception:  # labels are an ornament: a damaged tree of them is not worth a warning
        return numbers
    if len(labels) != count:
        return numbers
    return [
        label if 0 < len(label) <= _LONGEST_LABEL else number for label, number in zip(labels, numbers, strict=True)
    ]


def _title(reader: PdfReader) -> str | None:
    try:
        metadata = reader.metadata
        title = _one_line(str(metadata.title or "")) if metadata else ""
    except Exception:  # as for labels
        return None
    letters = sum(character.isalpha() for character in title)
    sensible = letters >= 3 and len(title) <= _LONGEST_TITLE and not _NO_TITLE.match(title)
    return title if sensible else None


def _one_line(text: str) -> str:
    return " ".join(characters(text).split())


def _limits() -> AbstractContextManager[Any]:
    """Raise pypdf's limit on arrays, where this version has one."""
    import pypdf

    if not hasattr(getattr(pypdf, "Configuration", None), "array_maximum_element_count"):
        return nullcontext()
    return pypdf.apply_configuration(array_maximum_element_count=_MOST_ELEMENTS)


class _Collector(logging.Handler):
    """Keeps the remarks logged by one thread; another file may be read in the next one."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.messages: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread and len(self.messages) < _MOST_NOTICES:
            self.messages[" ".join(record.getMessage().split())] = None


@contextmanager
def _notices() -> Iterator[dict[str, None]]:
    """Collect what pypdf logs, and keep it from standard error."""
    logger = logging.getLogger("pypdf")
    logger.propagate = False
    collector = _Collector()
    logger.addHandler(collector)
    try:
        yield collector.messages
    finally:
        logger.removeHandler(collector)
        if not logger.handlers:  # with none at all, logging prints through its last resort
            logger.addHandler(logging.NullHandler())
