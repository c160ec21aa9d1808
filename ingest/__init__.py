"""Files -> pages -> passages; knows nothing of vectors, models or the network."""

from ingest.chunk import Measure, cut
from ingest.discover import Found, discover
from ingest.read import SUFFIXES, fingerprint, read
from ingest.sentences import sentences
from ingest.types import PAGE_BREAK, Document, DocumentError, Method, Page, Passage

__all__ = [
    "PAGE_BREAK",
    "SUFFIXES",
    "Document",
    "DocumentError",
    "Found",
    "Measure",
    "Method",
    "Page",
    "Passage",
    "cut",
    "discover",
    "fingerprint",
    "read",
    "sentences",
]
