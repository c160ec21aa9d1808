"""The options that several commands share, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_app.types import Filter

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library", "-L", metavar="DIR", help="Folder of the library.  [default: $RAG_LIBRARY, else your data folder]"
    ),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="A TOML file with settings.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
InOption = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="PATH", help="Only this document or folder, by path or name; may be repeated."),
]
TypeOption = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Only files of this type: pdf, docx, markdown, code ...; repeatable."),
]
SinceOption = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Only files changed since then: 2024-03-31, 2024, or 30d before now."),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only files last changed until then, that day included.")
]
TagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="NAME", help="Only documents with this tag; when repeated, with all of them."),
]
NewTagOption = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="NAME", help="Tag the files that are new to the library; may be repeated."),
]


def chosen(
    within: list[str] | None,
    types: list[str] | None,
    since: str | None,
    until: str | None,
    tags: list[str] | None,
) -> Filter | None:
    """Return the filter that the options stand for; None where none was given."""
    where = Filter(tuple(within or ()), tuple(types or ()), since, until, tuple(tags or ()))
    return None if where == Filter() else where


def inherited(
    context: typer.Context, library: Path | None, config_file: Path | None, as_json: bool
) -> tuple[Path | None, Path | None, bool]:
    """Let options stand before the subcommand too: `rag documents --library L show FILE`."""
    outer_library, outer_config, outer_json = context.obj or (None, None, False)
    return library or outer_library, config_file or outer_config, as_json or outer_json
