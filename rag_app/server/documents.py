"""`/v1/documents`: what the library holds; uploads, pages and removal."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from rag_app.errors import disk_errors
from rag_app.server.api_errors import ApiError, invalid, missing
from rag_app.server.json_response import Json
from rag_app.server.requests import context_of, find, id_of, key_of, name_of
from rag_app.server.spool import spooled

if TYPE_CHECKING:
    from rag_app.server.requests import Context
    from rag_app.storage.jobs import Job
    from rag_app.types import StoredDocument

MOST_PAGE = 10_000_000
_MOST_DIGITS = 8
_LOOKS = (0.05, 1.0)  # seconds between two looks at a job whose end is waited for, at first and at last

# In threads of their own: while another program writes, each can wait for seconds, and nothing else may wait for them.
_TAKING = ThreadPoolExecutor(4, "taking")

router = APIRouter()


@router.get("/v1/documents")
async def documents(request: Request) -> Json:
    """List the documents."""
    context = context_of(request)
    found = await asyncio.to_thread(context.library.documents)
    return Json({"object": "list", "data": [_shown(document, context) for document in found]})


@router.post("/v1/documents")
async def upload(request: Request) -> Json:
    """Take a file in: a form with the field `file`, or the bytes themselves with the name in `?name=`.

    The answer comes with status 202 when the file and its job are kept, and the job's id tells how far it is;
    `?wait=true` waits for the end, at most as long as an upload may take.
    """
    context, owner = context_of(request), key_of(request).name
    await asyncio.to_thread(context.uploads.room, owner)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        job = await _from_form(request, context, owner)
    elif kind in {"application/octet-stream", "application/pdf"}:
        name = request.query_params.get("name") or unquote(request.headers.get("x-filename", ""))
        if not name:
            raise invalid("The name of the file is missing: send it as `?name=lease.pdf`.", "missing_name")
        with await spooled(request) as file:
            job = await _taken(context, file, name, owner)
    else:
        raise ApiError(415, "Send a form with a file, or bytes as application/octet-stream.", "unsupported_media_type")
    if request.query_params.get("wait") in {"true", "1"}:
        with suppress(asyncio.CancelledError):  # the server stops, and what it has taken is kept
            job = await _awaited(job, context)
    if job.status == "failed":
        raise invalid(f"The file cannot be read: {job.reason}", "unreadable_file")
    return Json(await asyncio.to_thread(_job, job, context), 202 if job.ended is None else 201)


async def _awaited(job: Job, context: Context) -> Job:
    """Return a job when it has ended, or what is known of it when the time is up. Another server may be reading it."""
    pause, last = _LOOKS
    until = time.monotonic() + context.limits.upload_seconds
    while job.ended is None and time.monotonic() < until:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, last)
        found = await asyncio.to_thread(context.uploads.job, job.id)
        job = found or job
    return job


@router.get("/v1/documents/jobs/{identifier}")
async def job(request: Request, identifier: str) -> Json:
    """Tell how far an upload is."""
    context = context_of(request)
    found = await asyncio.to_thread(context.uploads.job, identifier)
    if found is None:
        raise missing("job")
    return Json(await asyncio.to_thread(_job, found, context))


@router.delete("/v1/documents/{identifier}")
async def remove(request: Request, identifier: str) -> Json:
    """Remove a document from the library. Its file stays, unless it was uploaded."""
    context = context_of(request)
    document = await asyncio.to_thread(find, context.library, identifier)
    if document.parent:
        raise invalid(f"{name_of(document.path)} is a part of {name_of(document.parent)}: remove that.")
    await asyncio.shield(asyncio.wrap_future(context.uploads.remove(document.paths)))
    return Json({"id": identifier, "object": "document", "deleted": True})


@router.get("/v1/documents/{identifier}/pages/{number}")
async def page(request: Request, identifier: str, number: str) -> Json:
    """Return the stored text of a page, as answers quote it."""
    context, key = context_of(request), key_of(request)
    page, is_admin = _page_number(number), key.kind == "admin"
    value = await asyncio.to_thread(_page, context, identifier, page, is_admin)
    return Json(value)


def _page_number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS:
        number = int(text)
        if 0 < number < MOST_PAGE:
            return number
    raise invalid("Pages are counted from 1.")


def _page(context: Context, identifier: str, number: int, paths: bool) -> dict[str, Any]:
    document = find(context.library, identifier)
    stored = context.library.read(document.path)
    for read, start in zip(stored.pages, stored.starts, strict=True):
        if read.number == number:
            return {
                "object": "document.page",
                "id": identifier,
                "document": document.path if paths else name_of(document.path),
                "name": name_of(document.path),
                "pages": len(stored.pages),
                "page": read.number,
                "page_label": read.label,
                "start": start,
                "text": read.text,
                "method": read.method,
                **({"stale": document.stale} if paths and document.stale else {}),
            }
    raise missing("page")


async def _taken(context: Context, file: IO[bytes], name: str, owner: str) -> Job:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_TAKING, context.uploads.take, file, name, owner)


async def _from_form(request: Request, context: Context, owner: str) -> Job:
    try:
        with disk_errors("the upload"):
            form = await request.form(max_files=1, max_fields=4, max_part_size=64 * 1024)
    except (HTTPException, MultiPartException, KeyError, ValueError, AssertionError, UnicodeError):
        raise invalid("The form cannot be read, or has more than one file.", "invalid_form") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid("The form has no file in the field `file`.", "invalid_form")
        return await _taken(context, file.file, file.filename or "", owner)
    finally:
        await form.close()


def _shown(document: StoredDocument, context: Context) -> dict[str, Any]:
    value = document.as_json()
    del value["sha256"]
    return {
        "id": id_of(document),
        "object": "document",
        "name": name_of(document.path),
        **value,
        "uploaded": any(context.uploads.holds(path) for path in document.paths),
    }


def _job(job: Job, context: Context) -> dict[str, Any]:
    found = context.library.find_document(job.document) if job.document else None
    done, passages = (found.chunks, found.chunks) if found else context.uploads.passages(job)
    return {
        "id": job.id,
        "object": "document.job",
        "name": job.name,
        "status": job.status,
        "passages_done": done,
        "passages": passages,
        "reason": job.reason,
        "document": _shown(found, context) if found else None,
    }
