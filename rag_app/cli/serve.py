"""`rag serve`, `mcp`: the library for other programs, over HTTP with the web chat, or as tools of an agent."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rag_app.cli.options import ConfigOption, LibraryOption, open_library, settings_for
from rag_app.console.screen import show_remark
from rag_app.errors import UsageError, install, needs
from rag_app.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.server.access import Policy
    from rag_app.server.limits import Limits

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
        from rag_app.library import Library
        from rag_app.server.access import policy_for
        from rag_app.server.app import create_app
        from rag_app.server.doors import fitting
        from rag_app.server.key_ring import KeyRing, origin_of
        from rag_app.server.limits import Limits
        from rag_app.server.run import bind, server
    settings = settings_for(library, config_file)
    hosts = tuple(names or ())
    sites = tuple(map(origin_of, origins or ()))
    _log_to_standard_error(verbose=verbose)
    with Library.open(settings=settings) as reader, Library.open(settings=settings) as writer:
        policy = policy_for(host, port, hosts, sites)
        keys = KeyRing(settings.library).all()
        _check_keys(policy, has_keys=bool(keys), reached_at=hosts or (host,))
        with bind(host, port) as socket:
            port = socket.getsockname()[1]  # another one where 0 was asked for
            limits = fitting(Limits())
            app = create_app(reader, writer, policy_for(host, port, hosts, sites), limits)
            _announce(host, port, limits, usual=Limits().connections)
            sys.setswitchinterval(_TURN)
            server(app, limits).run(sockets=[socket])


def _log_to_standard_error(*, verbose: bool) -> None:
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(handlers=[lines], level=logging.WARNING)
    forms = logging.getLogger("python_multipart")
    forms.setLevel(logging.ERROR)  # clients could fill the log with bad ones
    ours = logging.getLogger("rag_app.server")
    ours.setLevel(logging.INFO if verbose else logging.WARNING)


def _check_keys(policy: Policy, *, has_keys: bool, reached_at: Sequence[str]) -> None:
    """Raise UsageError where others can reach the server, and no key keeps them out."""
    if not policy.keyless and not has_keys:
        raise UsageError(
            f"Others could reach the library at {', '.join(reached_at)}, and there is no key yet.",
            hint="Make one with `rag keys add NAME`, or leave --host and --allow-host out.",
        )


def _announce(host: str, port: int, limits: Limits, *, usual: int) -> None:
    shown = f"[{host}]" if ":" in host else host
    show_remark(f"Listening on http://{shown}:{port}/; Ctrl-C ends it.")
    if limits.connections < usual:
        show_remark(
            f"At most {limits.connections} connections at once: the system lets this process open few files. "
            "Raise `ulimit -n` for more."
        )


def mcp(library: LibraryOption = None, config_file: ConfigOption = None) -> None:
    """Give an agent tools to search and ask the library, as an MCP server on standard input and output.

    An MCP client starts this command by itself; docs/mcp.md shows what to enter there. Needs the extra "mcp".
    """
    try:
        from rag_app.server.mcp import serve
    except ModuleNotFoundError as error:
        raise UsageError("The MCP server needs a package that is not installed.", hint=install("mcp")) from error
    with open_library(library, config_file) as opened:
        serve(opened)
