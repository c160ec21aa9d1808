"""Errors as the OpenAI API words them; none says a path, a version or where in the code it arose."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from rag_app import errors
from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger("rag_app.server")

KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class ApiError(Exception):
    """A request that is not served, and why, in words for the client."""

    def __init__(self, status: int, message: str, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that goes to the client."""
        kind = KINDS.get(self.status) or ("invalid_request_error" if self.status < 500 else "server_error")
        return {"error": {"message": self.message, "type": kind, "code": self.code}}

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return json.dumps(self.body).encode()


def busy(seconds: float) -> ApiError:
    """Return the refusal of a request that would have to wait too long."""
    wait = {"retry-after": str(max(1, round(seconds)))}
    return ApiError(429, "Too many requests are waiting. Try again in a moment.", "queue_full", wait)


def busy_key(seconds: float) -> ApiError:
    """Return the refusal of a request whose key has its share of the queue already."""
    wait = {"retry-after": str(max(1, round(seconds)))}
    return ApiError(429, "Too many requests of this key are waiting. Try again in a moment.", "key_queue_full", wait)


def invalid(message: str, code: str = "invalid_value") -> ApiError:
    """Return the refusal of a request that cannot be understood."""
    return ApiError(400, message, code)


def internal() -> ApiError:
    """Return what a client is told of a bug."""
    return ApiError(500, "The server could not do this.", "internal_error")


def stopping() -> ApiError:
    """Return what a client is told whose request a stopping server does not finish."""
    wait = {"retry-after": "5", "connection": "close"}
    return ApiError(503, "The server is stopping. Try again in a moment.", "stopping", wait)


def missing(what: str) -> ApiError:
    """Return the answer to a request for something that is not there."""
    return ApiError(404, f"There is no such {what}.", "not_found")


# What the messages of these errors say is for the terminal of whoever runs the server: they name paths and models.
_TOLD: tuple[tuple[type[errors.RagError], int, str, str], ...] = (
    (errors.LibraryBusy, 503, "The library is being written to. Try again in a moment.", "library_busy"),
    (errors.LibraryMismatch, 503, "The library was built with another embedder; run `rag doctor`.", "library_mismatch"),
    (errors.LibraryError, 503, "The library cannot be used; run `rag doctor` on the server.", "library_error"),
    (errors.ModelMissing, 503, "A model is not installed; run `rag models pull` on the server.", "model_missing"),
    (errors.ModelError, 503, "A model cannot be used; run `rag doctor` on the server.", "model_error"),
    (errors.DiskError, 507, "The disk of the server is full or failing.", "disk_error"),
    (errors.EmptyQuestion, 400, errors.EmptyQuestion().message, "empty_question"),
    (errors.UsageError, 400, "The request cannot be used: check the question, the filter and the numbers.", "unusable"),
)


def translated(error: errors.RagError) -> ApiError:
    """Return what a client may know of an error of the library; the log has the rest, without what the client sent."""
    if not isinstance(error, errors.UsageError):
        _log.warning("%s: %s", type(error).__name__, flat(error.message, 500))
    for kind, status, message, code in _TOLD:
        if isinstance(error, kind):
            return ApiError(status, message, code)
    return internal()
