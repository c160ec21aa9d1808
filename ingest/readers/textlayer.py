"""The text layer of a PDF as pypdf reads it: the words in order, labels and title."""

from __future__ import annotations

import io
import logging
import re
import threading
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from time import process_time
from typing import TYPE_CHECKING, Any

from ingest.characters import characters
from ingest.lexicon import Lexicon, any_of
from ingest.limits import at_most, check_pages, check_text, seconds
from ingest.readers.annotations import annotations_of, layers_off
from ingest.types import DocumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pypdf import PageObject, PdfReader

    from ingest.readers.annotations import Annotation

_KNOWN_VERSION = "7.1.1"  # of pypdf, whose steps `quick_page` takes; of any other its own are taken
_MOST_ELEMENTS = 2_000_000  # of one array; the structure tree of a 70-page tagged filing has over 100,000
_MOST_NOTICES = 3  # of the parser's remarks on one file
_LONGEST_TITLE = 300  # characters
_LONGEST_LABEL = 20
_TO_OPEN = 8.0  # seconds of processor time
_A_PAGE = 8.0
_LEAST = 0.05  # for the annotations of a page: most have none
_SHARE = 0.6  # of the time for the file; the rest is for another parser, which may do better

_FILE_NAME = (
    r"microsoft \w+ - |\S+\.(pdf|docx?|rtf|odt|tex|dvi|ps|eps|xlsx?|pptx?|indd|qxd|pages|pmd|fm|html?|txt|md)$|"
    r".*\.(docx?|rtf|indd|qxd|pptx?|xlsx?|pmd|dvi|fm)$|about:blank|[a-z]:\\|file:|https?:"
)
_ADDRESS = re.compile(r"IndirectObject\((\d+), (\d+), \d+\)")  # with a number that differs from run to run


@dataclass(slots=True)
class Layer:
    """What one parser makes of a PDF."""

    texts: list[str]  # raw, by page
    labels: list[str]
    title: str | None
    failures: dict[int, str] = field(default_factory=dict)  # page number -> what went wrong there
    notices: list[str] = field(default_factory=list)  # the parser's own remarks
    annotations: dict[int, list[Annotation]] = field(default_factory=dict)  # by page; none where there are none
    unread: dict[int, str] = field(default_factory=dict)  # page number -> why not all of its annotations are there
    layers_off: frozenset[str] = frozenset()  # their names


class Locked(DocumentError):
    """The file is encrypted, and what was given does not open it."""


def read_layer(path: Path, content: bytes, password: str | None, lexicon: Lexicon) -> Layer:
    """Read every page; one that fails is empty.

    Args:
        path: for messages.
        content: of the file.
        password: the user's or the owner's; the empty one is always tried first.
        lexicon: tells a title from what programs call a file.

    Raises:
        Locked: it does not open the file.
        DocumentError: there are more pages or more text than are read.
        Exception: whatever pypdf makes of a file that is damaged beyond reading.
    """
    begun = process_time()
    with _notices() as notices, _limits():
        with at_most(_TO_OPEN):
            reader = _open(path, content, password)
            count = len(reader.pages)
        check_pages(path, count)
        numbers = [str(number) for number in range(1, count + 1)]
        layer = Layer([], numbers, None)
        until = begun + _SHARE * seconds(count)
        text_of = _reading()
        for number in range(1, count + 1):
            _add_page(reader, number, layer, until - process_time(), text_of)
            check_text(path, sum(map(len, layer.texts)) if number % 100 == 0 else len(layer.texts[-1]))
        check_text(path, sum(map(len, layer.texts)))
        layer.labels, layer.title = _labels(reader, numbers), _title(reader, lexicon)
        _add_annotations(reader, layer, until)
        layer.notices = list(notices)
    return layer


def _open(path: Path, content: bytes, password: str | None) -> PdfReader:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not _unlock(reader, password):
            if password:
                raise Locked(str(path), "is encrypted: the password is wrong", "password_wrong")
            raise Locked(str(path), "is encrypted: a password is needed", "password_needed")
    except (DependencyError, NotImplementedError) as error:
        raise Locked(str(path), f"is encrypted in a way that cannot be read: {error}", "protected") from error
    return reader


def _unlock(reader: PdfReader, password: str | None) -> bool:
    return any(reader.decrypt(candidate) for candidate in ("", password) if candidate is not None)


def _reading() -> Callable[[PageObject], str]:
    """Return what reads the text of one page after the other of a document."""
    import pypdf

    if pypdf.__version__ != _KNOWN_VERSION:
        return pypdf.PageObject.extract_text
    from ingest.readers.quick_page import Fonts, QuickPage

    fonts: Fonts = {}
    return lambda page: QuickPage(page, fonts).extract_text()


def _add_page(reader: PdfReader, number: int, layer: Layer, left: float, text_of: Callable[[PageObject], str]) -> None:
    """Read one page into `layer`; `left`: seconds of processor time for it and those after it."""
    layer.texts.append("")
    try:
        if left <= 0:
            raise TimeoutError("no time was left")
        with at_most(min(_A_PAGE, left)):
            layer.texts[-1] = text_of(reader.pages[number - 1])
    # One bad page costs only itself, whatever its content stream provokes.
    except Exception as error:
        layer.failures[number] = describe(error)


def _add_annotations(reader: PdfReader, layer: Layer, until: float) -> None:
    """Read what is beside the text of the pages; `until`: processor time at which there is no more."""
    off: dict[int, str] = {}
    with suppress(Exception), at_most(_A_PAGE):
        off = layers_off(reader)
    layer.layers_off = frozenset(off.values())
    for number in range(1, len(layer.texts) + 1):
        try:
            page = reader.pages[number - 1]
            if "/Annots" not in page:  # asking the clock of each page takes long
                continue
            left = until - process_time()
            if left < -_A_PAGE:
                raise TimeoutError("no time was left")
            with at_most(max(min(_A_PAGE, left), _LEAST)):
                found = annotations_of(page, off)
        except Exception as error:  # as for the text of a page
            layer.unread[number] = describe(error)
            continue
        if found.annotations:
            layer.annotations[number] = found.annotations
        if found.lost:
            layer.unread[number] = found.lost


def _labels(reader: PdfReader, numbers: list[str]) -> list[str]:
    try:
        with at_most(_A_PAGE):
            labels = reader.page_labels
    except Exception:  # labels are an ornament: a damaged tree of them is not worth a warning
        return numbers
    return sensible_labels(labels, numbers)


def sensible_labels(labels: list[str], numbers: list[str]) -> list[str]:
    """Return `labels` where they can be shown, else the page's number."""
    if len(labels) != len(numbers):
        return numbers
    lines = [_one_line(label) for label in labels]
    return [line if 0 < len(line) <= _LONGEST_LABEL else number for line, number in zip(lines, numbers, strict=True)]


def _title(reader: PdfReader, lexicon: Lexicon) -> str | None:
    try:
        with at_most(_A_PAGE):
            metadata = reader.metadata
            return sensible_title(str(metadata.title or ""), lexicon) if metadata else None
    except Exception:  # as for labels
        return None


def sensible_title(text: str, lexicon: Lexicon) -> str | None:
    """Return the title that a file states, unless it is a file's name or the program's default."""
    title = _one_line(text)
    letters = sum(character.isalpha() for character in title)
    return title if letters >= 3 and len(title) <= _LONGEST_TITLE and not _no_title(lexicon).match(title) else None


@lru_cache(8)
def _no_title(lexicon: Lexicon) -> re.Pattern[str]:
    new, untitled = any_of(lexicon.new_files), any_of(lexicon.untitled)
    return re.compile(rf"{untitled}(?![^\W\d_])|{new}\s*\d*$|powerpoint[ -]{new}\b|{_FILE_NAME}", re.IGNORECASE)


def _one_line(text: str) -> str:
    return " ".join(characters(text).split())


def _limits() -> AbstractContextManager[Any]:
    """Raise pypdf's limit on arrays, where this version has one."""
    import pypdf

    if not hasattr(getattr(pypdf, "Configuration", None), "array_maximum_element_count"):
        return nullcontext()
    return pypdf.apply_configuration(array_maximum_element_count=_MOST_ELEMENTS)


def describe(error: Exception) -> str:
    """Return what went wrong, in one line."""
    return error.reason if isinstance(error, DocumentError) else _tidy(str(error)) or type(error).__name__


def _tidy(message: str) -> str:
    return " ".join(_ADDRESS.sub(r"object \1 \2", message).split())


class _Collector(logging.Handler):
    """Keeps the remarks logged by one thread; another file may be read in the next one."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.messages: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self.thread and len(self.messages) < _MOST_NOTICES:
            self.messages[_tidy(record.getMessage())] = None


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
