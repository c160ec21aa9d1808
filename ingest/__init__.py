"""Files -> pages -> passages; knows nothing of vectors, models or the network."""

from ingest.chunk import Measure, cut
from ingest.discover import Found, PassedOver, discover
from ingest.files import file_of, stem
from ingest.grid import Grid
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.place import place_name
from ingest.pool import Readers
from ingest.read import FAMILIES, KINDS, SUFFIXES, fingerprint, read
from ingest.readers.ocr import ocr_available
from ingest.remarks import Remark, tells_of_loss
from ingest.rows import Row, above_row, row_at
from ingest.scans import Ocr, Scans, is_unread, waiting, was_forced
from ingest.sentences import sentences
from ingest.table import Cell, Table
from ingest.tables import CELL
from ingest.types import INSIDE, PAGE_BREAK, Document, DocumentError, ErrorCode, Member, Method, Page, Passage
from ingest.unit import is_unit, unit_in

__all__ = [
    "CELL",
    "FAMILIES",
    "INSIDE",
    "KINDS",
    "NO_WORDS",
    "PAGE_BREAK",
    "SUFFIXES",
    "Cell",
    "Document",
    "DocumentError",
    "ErrorCode",
    "Found",
    "Grid",
    "Lexicon",
    "Measure",
    "Member",
    "Method",
    "Ocr",
    "Page",
    "Passage",
    "PassedOver",
    "Readers",
    "Remark",
    "Row",
    "Scans",
    "Table",
    "above_row",
    "cut",
    "discover",
    "file_of",
    "fingerprint",
    "is_unit",
    "is_unread",
    "ocr_available",
    "place_name",
    "read",
    "row_at",
    "sentences",
    "stem",
    "tells_of_loss",
    "unit_in",
    "waiting",
    "was_forced",
]
