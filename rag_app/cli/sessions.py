"""`rag sessions`: the conversations that a library keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rag_app.cli.options import ConfigOption, JsonOption, LibraryOption, inherited, open_library
from rag_app.console.amounts import count_text
from rag_app.console.answers import show_turn
from rag_app.console.lists import show_sessions
from rag_app.console.screen import print_json, show_remark

app = typer.Typer(help="List, show, export or remove the conversations of `rag chat`.", rich_markup_mode=None)

OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="A new file.  [default: standard output]")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As listed; capitals do not count.")]


@app.callback(invoke_without_command=True)
def sessions(
    context: typer.Context,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List, show, export or remove the conversations of `rag chat`."""
    if context.invoked_subcommand:
        context.obj = (library, config_file, as_json)
    else:
        _list(library, config_file, as_json)


@app.command("list")
def list_sessions(
    context: typer.Context,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the sessions, the one used last first."""
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    _list(library, config_file, as_json)


@app.command("show")
def show_session(
    context: typer.Context,
    name: NameArgument,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the questions and answers of a session, with their sources."""
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with open_library(library, config_file) as opened:
        turns = opened.session(name)
    if as_json:
        print_json({"session": name, "turns": [turn.as_json() for turn in turns]})
        return
    for turn in turns:
        show_turn(turn)


@app.command("export")
def export_session(
    context: typer.Context,
    name: NameArgument,
    output: OutputOption = None,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a session as Markdown, each answer with document, page and quote.

    Example: rag sessions export lease --output lease.md
    """
    from rag_app.console.transcript import transcript, write_new

    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with open_library(library, config_file) as opened:
        turns = opened.session(name)
    text = transcript(name, turns)
    path = write_new(output, text) if output else None
    if as_json:
        where = str(path) if path else None
        print_json({"session": name, "turns": len(turns), "path": where, "markdown": text})
    elif path:
        show_remark(f"{count_text(len(turns), 'question')} written to {path}.")
    else:
        print(text, end="")


@app.command("remove")
def remove_sessions(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="As listed; capitals do not count.")],
    library: LibraryOption = None,
    config_file: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget sessions: all of those named, or none where one is not there."""
    library, config_file, as_json = inherited(context, library, config_file, as_json)
    with open_library(library, config_file) as opened:
        opened.remove_sessions(names)
    if as_json:
        print_json({"removed": names})
    else:
        print(f"{count_text(len(names), 'session')} removed.")


def _list(library: Path | None, config_file: Path | None, as_json: bool) -> None:
    with open_library(library, config_file) as opened:
        found = opened.sessions()
    if as_json:
        print_json({"sessions": [session.as_json() for session in found]})
    else:
        show_sessions(found)
