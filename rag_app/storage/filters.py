"""What a filter says, checked, in words, and as conditions on the stored files."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from shlex import quote
from typing import TYPE_CHECKING, Any, Literal

from ingest import FAMILIES, INSIDE, SUFFIXES
from rag_app.errors import UsageError
from rag_app.storage.connection import as_number, encode
from rag_app.storage.tags import tag_key, tag_name
from rag_app.types import Filter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OPTIONS = {"--in": "within", "--type": "types", "--since": "since", "--until": "until", "--tag": "tags"}
"""The fields of a filter by the options that fill them."""

_DATES = "Give a date such as 2024-03-31, 2024-03 or 2024, or a span before now such as 30d, 6 months or 2y."
_PERIOD = re.compile(r"(\d{4})(?:-(\d{2}))?")
_SPAN = re.compile(r"(\d{1,5})\s*(d|days?|w|weeks?|m|months?|y|years?)", re.IGNORECASE)

_YEAR = 365.2425 * 86400  # seconds

# The last dot of a path and what follows it: everything else is stripped from the right, and that much is left out.
SUFFIX = "lower(substr(path, length(rtrim(path, replace(path, '.', '')))))"


@dataclass(frozen=True, slots=True)
class Condition:
    """What the files of a document have to meet; `sql` is about a row of `paths`."""

    kind: Literal["place", "type", "time", "tag"]
    words: str
    option: str  # of the command line
    sql: str
    values: tuple[Any, ...]


def conditions(where: Filter, now: datetime) -> list[Condition]:
    """Return the conditions of a filter, all of which have to hold; `within` is left out, see `places`.

    Raises:
        UsageError: an unknown type, a date that is none, or an unusable tag.
    """
    found = [_of_types(where.types)] if where.types else []
    if where.since is not None:
        since, text = _nanoseconds(where.since, now, end=False), str(where.since)
        found.append(Condition("time", f"changed since {text}", f"--since {quote(text)}", "mtime_ns >= ?", (since,)))
    if where.until is not None:
        until, text = _nanoseconds(where.until, now, end=True), str(where.until)
        found.append(Condition("time", f"changed until {text}", f"--until {quote(text)}", "mtime_ns < ?", (until,)))
    tagged = (  # what lies in a file is tagged as that is
        "document IN (SELECT d.id FROM tags JOIN documents d ON document IN (d.id, d.parent) WHERE key = ?)"
    )
    for tag in where.tags:
        name = tag_name(tag)
        found.append(Condition("tag", f"tagged {name}", f"--tag {quote(name)}", tagged, (tag_key(tag),)))
    return found


def places(text: str) -> tuple[Condition, Condition]:
    """Return what `text` may mean, the first that anything meets: a path, of a document or folder, or a name."""
    if not text.strip():
        raise UsageError("A path is empty.", hint="Name a document or a folder.")
    words, option = f"in {text}", f"--in {quote(text)}"
    exact: list[tuple[str, tuple[bytes, ...]]] = []
    named: list[tuple[str, tuple[bytes, ...]]] = []
    # abspath keeps links as they are, as the stored paths do; in a chat no shell has expanded ~.
    for form in _forms(os.path.abspath(os.path.expanduser(text))):  # noqa: PTH100, PTH111
        path = encode(form)
        folder = path.rstrip(b"/")
        exact.append(("path = CAST(? AS TEXT)", (path,)))
        exact.append(("path > CAST(? AS TEXT) AND path < CAST(? AS TEXT)", (folder + b"/", folder + b"0")))
        inside = encode(INSIDE)  # what lies in a document
        exact.append(("path > CAST(? AS TEXT) AND path < CAST(? AS TEXT)", (path + inside, path + inside[:-1] + b"!")))
    for form in _forms(text.rstrip("/")):
        name = encode(f"/{form}")
        named.append((f"substr(CAST(path AS BLOB), -{len(name)}) = ?", (name,)))
        named.append(("instr(CAST(path AS BLOB), ?) > 0", (name + b"/",)))
        named.append(("instr(CAST(path AS BLOB), ?) > 0", (name + encode(INSIDE),)))
        within = encode(f"{INSIDE}{form}")
        named.append((f"substr(CAST(path AS BLOB), -{len(within)}) = ?", (within,)))
    return Condition("place", words, option, *_any(exact)), Condition("place", words, option, *_any(named))


def joined(met: Sequence[Condition]) -> Condition:
    """Return a condition that is met where any of these places is."""
    both = _any([(one.sql, one.values) for one in met])
    return Condition("place", " or ".join(one.words for one in met), " ".join(one.option for one in met), *both)


def described(where: Filter) -> str:
    """Return a filter in words, on one line."""
    parts = [
        *([f"in {', '.join(where.within)}"] if where.within else ()),
        *([f"of type {', '.join(where.types)}"] if where.types else ()),
        *([f"changed since {where.since}"] if where.since is not None else ()),
        *([f"changed until {where.until}"] if where.until is not None else ()),
        *([f"tagged {', '.join(where.tags)}"] if where.tags else ()),
    ]
    return "; ".join(parts)


def parsed(words: Sequence[str]) -> Filter:
    """Return the filter that the words of a command line stand for; those without an option are `within`.

    Raises:
        UsageError: an unknown option, or one without its value.
    """
    values: dict[str, list[str]] = {field: [] for field in OPTIONS.values()}
    for field, value in _pairs(iter(words)):
        values[field].append(value)
    since, until = (values[field][-1] if values[field] else None for field in ("since", "until"))
    return Filter(tuple(values["within"]), tuple(values["types"]), since, until, tuple(values["tags"]))


def _pairs(words: Iterator[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        option, equals, value = word.partition("=")
        if not word.startswith("--"):
            yield "within", word
        elif option not in OPTIONS:
            raise UsageError(f"There is no option {option}.", hint=f"Use one of: {', '.join(OPTIONS)}.")
        elif not equals and (value := next(words, "")) == "":
            raise UsageError(f"{option} needs a value.", hint=f'Such as {option} "...".')
        else:
            yield OPTIONS[option], value


def _of_types(types: Sequence[str]) -> Condition:
    suffixes: dict[str, None] = {}
    for name in types:
        word = name.lower().removeprefix(".")
        if word not in FAMILIES and f".{word}" not in SUFFIXES:
            raise UsageError(
                f"There is no type {name!r}.",
                hint=f"Give one of {', '.join(FAMILIES)}, or a suffix such as docx.",
            )
        suffixes |= dict.fromkeys(FAMILIES.get(word, (f".{word}",)))
    marks = ", ".join("?" * len(suffixes))
    option = " ".join(f"--type {quote(name)}" for name in types)
    return Condition("type", f"of type {' or '.join(types)}", option, f"{SUFFIX} IN ({marks})", tuple(suffixes))


def _any(parts: Sequence[tuple[str, tuple[Any, ...]]]) -> tuple[str, tuple[Any, ...]]:
    return f"({' OR '.join(sql for sql, _ in parts)})", tuple(value for _, values in parts for value in values)


def _forms(text: str) -> dict[str, None]:
    """Return the spellings under which a system may list a name: as given, composed, decomposed."""
    return dict.fromkeys((text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)))


def _nanoseconds(given: str | date, now: datetime, *, end: bool) -> int | float:
    """Return the beginning, or where the period has an `end`, that of the next one, in nanoseconds since 1970."""
    try:
        seconds = _moment(given, now, end=end).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"{str(given)!r} is not a date that can be used.", hint=_DATES) from error
    return as_number(int(seconds * 10**9))


def day(seconds: float) -> str:
    """Return the local day of a time since 1970; of one that no calendar has, the year."""
    try:
        return f"{datetime.fromtimestamp(seconds):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return f"the year {1970 + seconds / _YEAR:,.0f}"


def _moment(given: str | date, now: datetime, *, end: bool) -> datetime:
    """Return a moment; a date without a zone is the local one."""
    if isinstance(given, datetime):
        return given
    if isinstance(given, date):
        return datetime.combine(given + timedelta(days=end), time())
    text = given.strip()
    if span := _SPAN.fullmatch(text):
        return _before(now, int(span[1]), span[2][0].lower())
    if period := _PERIOD.fullmatch(text):
        year, month = int(period[1]), int(period[2] or 1)
        first = date(year, month, 1)
        return datetime.combine(_later(first, 1 if period[2] else 12) if end else first, time())
    if len(text) > len("2024-03-31"):
        return datetime.fromisoformat(text)
    return _moment(date.fromisoformat(text), now, end=end)


def _before(now: datetime, n: int, unit: str) -> datetime:
    if unit in "dw":
        return now - timedelta(days=n * (7 if unit == "w" else 1))
    return datetime.combine(_later(now.date(), -n * (12 if unit == "y" else 1)), now.time(), now.tzinfo)


def _later(day: date, months: int) -> date:
    """Return the same day some months later, or the last one of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for shorter in range(4):
        try:
            return date(year, month + 1, day.day - shorter)
        except ValueError:
            if shorter == 3 or day.day - shorter <= 28:
                raise
    raise AssertionError
