"""The `rag` command: which commands there are, in the order of its help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag_app import __version__
from rag_app.cli import ask, doctor, documents, evaluation, ingest, keys, models, serve, sessions

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(
    name="rag",
    help="Ask your documents, on your machine, and get an answer with proof.\n\n"
    'Start with `rag models pull`, then `rag ingest FOLDER`, then `rag ask "..."`.',
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,  # rich takes "[default: 5]" for markup and drops it, and costs 80 ms
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "ingest": ingest.ingest,
    "sync": ingest.sync,
    "watch": ingest.watch,
    "rebuild": ingest.rebuild,
    "search": ask.search,
    "ask": ask.ask,
    "chat": ask.chat,
    "mcp": serve.mcp,
    "serve": serve.serve,
    "eval": evaluation.evaluate,
    "calibrate": evaluation.calibrate,
    "verify": doctor.verify,
    "doctor": doctor.doctor,
}
_GROUPS = {
    "documents": documents.app,
    "models": models.app,
    "sessions": sessions.app,
    "keys": keys.app,
}


def _version(wanted: bool) -> None:
    if wanted:
        print(f"rag-app {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
for _name, _group in _GROUPS.items():
    app.add_typer(_group, name=_name)
