"""JSON bodies, read strictly: the right content type, UTF-8, bounded depth, no text that UTF-8 cannot hold."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rag_app.server.errors import ApiError, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # an open one ends with the text: linear in time
_BRACKETS = re.compile(rb"[\[\]{}]")
_DIGITS = re.compile(rb"\d{400}")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Body(BaseModel):
    """A JSON object whose known fields have exactly their types; other fields are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


B = TypeVar("B", bound=Body)


async def read(request: Request, kind: type[B], depth: int) -> B:
    """Return the body of a request.

    Raises:
        ApiError: it is not JSON of this form; the message names the field, and repeats nothing of its content.
    """
    kinds = [part.strip().lower() for part in request.headers.get("content-type", "").split(";")]
    if kinds[0] != "application/json" or any(part not in {"charset=utf-8", 'charset="utf-8"'} for part in kinds[1:]):
        raise ApiError(415, "Send JSON, with the header Content-Type: application/json.", "unsupported_media_type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "Send the body without compression.", "unsupported_media_type")
    value = parsed(await request.body(), depth)
    if not isinstance(value, dict):
        raise invalid("The body is not a JSON object.", "invalid_json")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        field = ".".join(str(part) for part in first["loc"][:4] if str(part).isidentifier() or isinstance(part, int))
        raise invalid(f"The field {field[:80] or 'body'} cannot be used: {_reason(first['type'])}.") from None


def parsed(data: bytes, depth: int) -> Any:
    """Return the value of JSON text.

    Raises:
        ApiError: it is none, is nested more than `depth` deep, or holds half a character, a huge number or NaN.
    """
    outside = _STRINGS.sub(b"", data)
    level = deepest = 0
    for bracket in _BRACKETS.findall(outside):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    if deepest > depth:
        raise invalid(f"The JSON is nested more than {depth} deep.", "invalid_json")
    if _DIGITS.search(outside):
        raise invalid("The JSON holds a number that is too long.", "invalid_json")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON in UTF-8.", "invalid_json") from None
    if _SURROGATES.search(json.dumps(value, ensure_ascii=False)):
        raise invalid("The JSON holds half of a character.", "invalid_json")
    return value


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key is there twice")
    return value


def _reason(kind: str) -> str:
    """Return in words what is wrong, by pydantic's name for it."""
    if kind == "missing":
        return "it is missing"
    if "too_long" in kind or "too_short" in kind or "equal" in kind or "than" in kind:
        return "it is out of range"
    return "it has the wrong type or value"
