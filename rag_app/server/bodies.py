"""JSON bodies, read strictly: the right content type, UTF-8, bounded depth, no text that UTF-8 cannot hold."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from rag_app.server.api_errors import ApiError, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

_STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)  # an open one ends with the text
_LEVELS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_LONG = b"0" * 400  # a number of so many digits
_MOST = 20_000  # values; 500 messages have some 3,000
_TYPES = frozenset({"bool", "dict", "float", "int", "list", "str"})  # pydantic names the one that it tried
_SURROGATES = re.compile("[\ud800-\udfff]")
_AT_ONCE = 16 * 1024  # bytes that take about a millisecond
_ASIDE = ThreadPoolExecutor(1, "bodies")  # for larger ones, so that other requests are served meanwhile


class Body(BaseModel):
    """A JSON object whose known fields have exactly their types; other fields are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, value: Any) -> Any:
        """Take a field that is null for one that is absent."""
        return {name: found for name, found in value.items() if found is not None} if isinstance(value, dict) else value


B = TypeVar("B", bound=Body)


def _integer(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_integer)]
"""An integer, also where a client writes it as 512.0."""


async def read(request: Request, kind: type[B], depth: int) -> B:
    """Return the body of a request.

    Raises:
        ApiError: it is not JSON of this form; the message names the field, and repeats nothing of its content.
    """
    if not _is_json(request.headers.get("content-type", "")):
        raise ApiError(415, "Send JSON, with the header Content-Type: application/json.", "unsupported_media_type")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "Send the body without compression.", "unsupported_media_type")
    data = await request.body()
    if len(data) > _AT_ONCE:
        value = await asyncio.get_running_loop().run_in_executor(_ASIDE, parsed, data, depth)
    else:
        value = parsed(data, depth)
    if not isinstance(value, dict):
        raise invalid("The body is not a JSON object.", "invalid_json")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        named = [part for part in first["loc"][:4] if part not in _TYPES]
        field = ".".join(str(part) for part in named if str(part).isidentifier() or isinstance(part, int))
        raise invalid(f"The field {field[:80] or 'body'} cannot be used: {_reason(first['type'])}.") from None


def _is_json(kind: str) -> bool:
    """Tell whether a content type is JSON in UTF-8, however the name of that is written."""
    name, *parameters = (part.strip().lower() for part in kind.split(";"))
    charsets = {f"charset={quote}{name}{quote}" for name in ("utf-8", "utf8") for quote in ("", '"', "'")}
    return name == "application/json" and charsets.issuperset(part for part in parameters if part)


def parsed(data: bytes, depth: int) -> Any:
    """Return the value of JSON text.

    Raises:
        ApiError: it is none, is nested more than `depth` deep, or holds too many values, half a character, a huge
            number or NaN. Until that is known nothing takes more than linear time, or keeps other threads waiting.
    """
    if (data.count(b'"') - data.count(b'\\"')) // 2 > 2 * _MOST:  # texts and names
        raise _many()
    outside = _STRINGS.sub(_nothing, data)
    if outside.count(b",") > _MOST:
        raise _many()
    if not _closes(outside, depth):
        raise invalid(f"The JSON is nested more than {depth} deep, or a bracket stays open.", "invalid_json")
    if _LONG in outside.translate(_DIGITS):
        raise invalid("The JSON holds a number that is too long.", "invalid_json")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise invalid("The body is not JSON in UTF-8.", "invalid_json") from None
    if b"\\u" in data and _SURROGATES.search(json.dumps(value, ensure_ascii=False)):
        raise invalid("The JSON holds half of a character.", "invalid_json")
    return value


def _many() -> ApiError:
    return invalid(f"The JSON holds more than {_MOST:,} values.", "invalid_json")


def _nothing(_: re.Match[bytes]) -> bytes:
    return b""  # by a function of Python, which lets other threads in between two strings


def _closes(outside: bytes, depth: int) -> bool:
    """Tell whether all brackets close within `depth` levels: each round takes the innermost away."""
    left = outside.translate(_LEVELS, _NO_BRACKETS)
    if b"[" * (depth + 1) in left:
        return False
    for _ in range(depth):
        left = left.replace(b"[]", b"")
    return not left


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
