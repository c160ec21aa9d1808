"""The options that several commands share, and what they stand for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag_app import config
from rag_app.errors import UsageError
from rag_app.types import Filter

if TYPE_CHECKING:
    from rag_app.library import Library

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
OcrOption = Annotated[
    str | None,
    typer.Option(
        "--ocr",
        metavar="WHEN",
        help="Recognise pages without text: auto, after all documents are read; off; or force, all pages of PDFs.  "
        "[default: auto]",
    ),
]
PasswordOption = Annotated[str | None, typer.Option("--password", metavar="TEXT", help="For encrypted PDFs.")]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Holds it in its first line, out of sight of other users."),
]
CandidatesOption = Annotated[
    int | None,
    typer.Option(
        "--candidates", min=1, max=1000, metavar="N", help="Passages the first stage proposes.  [default: 50]"
    ),
]
QuestionArgument = Annotated[
    str, typer.Argument(metavar="QUESTION", help="In your own words; - reads it from standard input.")
]


def settings_for(library: Path | None, config_file: Path | None) -> config.Settings:
    """Return the settings, with the library that was given on the command line."""
    return config.load(config_file, flags={"library": library})


def open_library(
    library: Path | None, config_file: Path | None, *, create: bool = False, repair: bool = True
) -> Library:
    """Return the library that the options name, opened."""
    from rag_app.library import Library  # --help does without it

    return Library.open(settings=settings_for(library, config_file), create=create, repair=repair)


def chosen(
    within: list[str] | None,
    types: list[str] | None,
    since: str | None,
    until: str | None,
    tags: list[str] | None,
) -> Filter | None:
    """Return the filter that the options stand for; None where none was given."""
    where = Filter(
        within=tuple(within or ()),
        types=tuple(types or ()),
        since=since,
        until=until,
        tags=tuple(tags or ()),
    )
    return None if where == Filter() else where


def inherited(
    context: typer.Context, library: Path | None, config_file: Path | None, as_json: bool
) -> tuple[Path | None, Path | None, bool]:
    """Let options stand before the subcommand too: `rag documents --library L show FILE`."""
    outer_library, outer_config, outer_json = context.obj or (None, None, False)
    return library or outer_library, config_file or outer_config, as_json or outer_json


def ocr_of(text: str | None) -> config.Ocr | None:
    """Return which pages are to be recognised; None where the settings say that.

    Raises:
        UsageError: there is no such choice.
    """
    for choice in config.OCR:
        if text == choice:
            return choice
    if text is None:
        return None
    raise UsageError(f"--ocr {text} is unknown.", hint=f"Choose one of: {', '.join(config.OCR)}.")


def password_of(text: str | None, file: Path | None) -> str | None:
    """Return the password that was given, or the one that the file holds.

    Raises:
        UsageError: both are given, or the file cannot be read.
    """
    if file is None:
        return text
    if text is not None:
        raise UsageError("Both --password and --password-file are given.", hint="Leave one of them out.")
    try:
        first, _, _ = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read: {reason}.", hint="Check --password-file.") from error
    return first.removesuffix("\r")


def question_text(question: str) -> str:
    """Return the question; what standard input holds where it is a dash."""
    if question != "-":
        return question
    return sys.stdin.read() if sys.stdin else ""
