"""`rag serve`: the HTTP server with the web chat."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from rag_app import config
from rag_app.cli.options import ConfigOption, LibraryOption  # noqa: TC001  typer looks them up
from rag_app.console import terminal
from rag_app.errors import UsageError, needs
from rag_app.library import Library
from rag_app.text import clean

HostOption = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where it listens.")]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="0 takes a free one.")]
NameOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host", metavar="NAME", help="Also answer under this name, such as that of a proxy; may be repeated."
    ),
]
OriginOption = Annotated[
    list[str] | None,
    typer.Option("--allow-origin", metavar="URL", help="Let pages of this site use admin keys; may be repeated."),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Write a line for each request.")]

_TURN = 0.0005  # seconds that a thread at work keeps the others waiting: connections need many short turns


class _Plain(logging.Formatter):
    """Writes lines of a log without what a terminal could act on."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return clean(super().format(record))


def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    names: NameOption = None,
    origins: OriginOption = None,
    verbose: VerboseOption = False,
    library: LibraryOption = None,
    config_file: ConfigOption = None,
) -> None:
    """Serve the library over HTTP until Ctrl-C: a web chat, an OpenAI-compatible API, a widget.

    Only this machine can reach it, unless --host says otherwise and there is a key.

    Example: rag serve --port 8080
    """
    with needs("fastapi", extra="server"), needs("uvicorn", extra="server"), needs("sse_starlette", extra="server"):
        from rag_app.server.access import policy_for
        from rag_app.server.app import create_app
        from rag_app.server.doors import fitting
        from rag_app.server.keys import KeyRing, origin_of
        from rag_app.server.limits import Limits
        from rag_app.server.run import bind, server
    settings = config.load(config_file, flags={"library": library})
    sites = tuple(origin_of(origin) for origin in origins or ())
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[lines], level=logging.WARNING)
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # clients could fill the log with bad forms
    logging.getLogger("rag_app.server").setLevel(logging.INFO if verbose else logging.WARNING)
    with Library.open(settings=settings) as reader, Library.open(settings=settings) as writer:
        ring, limits = KeyRing(settings.library), fitting(Limits())
        policy = policy_for(host, port, tuple(names or ()), sites)
        if not policy.keyless and not ring.all():
            raise UsageError(
                f"Others could reach the library at {', '.join(names or [host])}, and there is no key yet.",
                hint="Make one with `rag keys add NAME`, or leave --host and --allow-host out.",
            )
        socket = bind(host, port)
        with socket:
            port = socket.getsockname()[1]
            app = create_app(reader, writer, policy_for(host, port, tuple(names or ()), sites), limits)
            shown = f"[{host}]" if ":" in host else host
            terminal.show_remark(f"Listening on http://{shown}:{port}/; Ctrl-C ends it.")
            if limits.connections < Limits().connections:
                terminal.show_remark(
                    f"At most {limits.connections} connections at once: the system lets this process open few files. "
                    "Raise `ulimit -n` for more."
                )
            sys.setswitchinterval(_TURN)
            server(app, limits).run(sockets=[socket])
