"""A body of unknown size, kept in memory while it is small and on the disk when it is not."""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from rag_app.errors import disk_errors

if TYPE_CHECKING:
    from starlette.requests import Request

_IN_MEMORY = 1024 * 1024


async def spooled(request: Request) -> IO[bytes]:
    """Return the body as a file, to be closed by the caller; its size is limited where it comes in.

    Raises:
        DiskError: it could not be kept.
    """
    file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    try:
        async for piece in request.stream():
            with disk_errors("the upload"):
                await asyncio.to_thread(file.write, piece)  # a disk can take its time
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file
