"""A client of the tools of a library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
from mcp import Client

from rag_app.server.mcp import build

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rag_app.library import Library


def talk(target: Any, said: Callable[[Client], Awaitable[Any]]) -> Any:
    """Run one conversation of the library's own client with a server."""

    async def run() -> Any:
        async with Client(target) as client:
            return await said(client)

    return anyio.run(run)


def call(library: Library, tool: str, **arguments: Any) -> Any:
    return talk(build(library), lambda client: client.call_tool(tool, arguments))
