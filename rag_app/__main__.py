"""The `rag` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; errors a user can act on become one message, one hint and exit code 1."""
    from rag_app.cli import app
    from rag_app.errors import RagError
    from rag_app.terminal import show_error

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app(prog_name="rag")
    except RagError as error:
        show_error(error.message, error.hint)
        sys.exit(1)
    except SystemExit as stop:
        if stop.code == 130:
            show_error("Interrupted.", "What was finished is kept; run the same command again to go on.")
        raise


if __name__ == "__main__":
    main()
