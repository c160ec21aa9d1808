"""Ask your documents, on your machine, and get an answer with proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingest import Cell, Table
    from rag_app.errors import RagError
    from rag_app.library import Library
    from rag_app.reports import IngestReport
    from rag_app.types import Answer, Citation, Filter, Hit, Passages, SearchResult, Token, Turn

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Cell",
    "Citation",
    "Filter",
    "Hit",
    "IngestReport",
    "Library",
    "Passages",
    "RagError",
    "SearchResult",
    "Table",
    "Token",
    "Turn",
    "__version__",
]


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: the command is then within its own error handling at once."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import ingest
    from rag_app import errors, library, reports, types

    return next(getattr(module, name) for module in (library, errors, types, reports, ingest) if hasattr(module, name))


def __dir__() -> list[str]:
    return sorted(__all__)
