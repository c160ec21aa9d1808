"""Ask your documents, on your machine, and get an answer with proof."""

from rag_app.errors import RagError
from rag_app.library import Library
from rag_app.types import Answer, Citation, Hit, IngestReport, Passages, SearchResult, Token, Turn

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Citation",
    "Hit",
    "IngestReport",
    "Library",
    "Passages",
    "RagError",
    "SearchResult",
    "Token",
    "Turn",
    "__version__",
]
