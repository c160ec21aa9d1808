"""The web chat and the widget: a few files, read once, served under exact names."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from fastapi import APIRouter, Request
from starlette.responses import Response

from rag_app.server.api_errors import missing

_SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the web chat."""

    name: str
    kind: str


FILES = {
    "/": File("index.html", "text/html; charset=utf-8"),
    "/chat.js": File("chat.js", _SCRIPT),
    "/chat.css": File("chat.css", "text/css; charset=utf-8"),
    "/icon.svg": File("icon.svg", "image/svg+xml"),
    "/widget.js": File("widget.js", _SCRIPT),
}

router = APIRouter()


def load() -> dict[str, bytes]:
    """Return the content of each file by its path on the server."""
    folder = files("rag_app.server") / "pages"
    return {path: (folder / file.name).read_bytes() for path, file in FILES.items()}


async def page(request: Request) -> Response:
    """Return a file of the web chat."""
    content: bytes | None = request.app.state.pages.get(request.url.path)
    if content is None:
        raise missing("page")
    return Response(content, media_type=FILES[request.url.path].kind, headers={"cache-control": "no-cache"})


for path in FILES:
    router.add_api_route(path, page, methods=["GET", "HEAD"], response_class=Response, response_model=None)
