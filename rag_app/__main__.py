"""The `rag` command."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from rag_app.models.loaded import Provider


def main(models: Provider | None = None) -> None:
    """Run the command line; errors a user can act on become one message, one hint and exit code 1.

    Args:
        models: what the libraries of the command have in place of those that are installed.
    """
    try:
        _run(models)
    except KeyboardInterrupt:  # while the program starts; afterwards typer makes it exit code 130
        _interrupted()
    except SystemExit as stop:
        if stop.code == 130:
            _interrupted()
        raise
    except OSError as error:
        if error.errno != errno.ENOSPC:  # what the library writes raises DiskError: this is the output
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else what is left is tried again at the end
        _end("The output could not be written: the disk is full.", "Free some space, or write to another disk.", 1)


def _run(models: Provider | None) -> None:
    from rag_app.cli.app import app
    from rag_app.errors import RagError
    from rag_app.models.loaded import LoadedModels, providing

    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        with providing(models or LoadedModels):
            app(prog_name="rag")
    except RagError as error:
        _end(error.message, error.hint, 1)


def _interrupted() -> NoReturn:
    _end("Interrupted.", "What was finished is kept; run the same command again to go on.", 130)


def _end(message: str, hint: str, code: int) -> NoReturn:
    from rag_app.console.problems import show_error

    show_error(message, hint)
    sys.exit(code)


if __name__ == "__main__":
    main()
