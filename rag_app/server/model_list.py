"""`GET /v1/models`: what answers, and what embeds."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from rag_app.server.api_errors import missing
from rag_app.server.json_response import Json
from rag_app.server.requests import context_of

if TYPE_CHECKING:
    from rag_app.library import Library

router = APIRouter()


def model_name(library: Library) -> str:
    """Return the generator's name, without the folder where it was chosen by a file."""
    return PurePath(library.settings.generator).name


def embedder_name(library: Library) -> str:
    """Return the embedder's name, without the folder where it was chosen by one."""
    return PurePath(library.settings.embedder).name


def _models(library: Library) -> list[dict[str, Any]]:
    names = dict.fromkeys((model_name(library), embedder_name(library)))
    return [{"id": name, "object": "model", "created": 0, "owned_by": "rag"} for name in names]


@router.get("/v1/models")
async def models(request: Request) -> Json:
    """List the models."""
    return Json({"object": "list", "data": _models(context_of(request).library)})


@router.get("/v1/models/{name:path}")
async def model(request: Request, name: str) -> Json:
    """Return one model, by its id or by the name that the settings have for it, such as `org/name`."""
    library = context_of(request).library
    chosen = (library.settings.generator, library.settings.embedder)
    wanted = PurePath(name).name if name in chosen and not PurePath(name).is_absolute() else name
    for found in _models(library):
        if found["id"] == wanted:
            return Json(found)
    raise missing("model")
