"""Documents that lie in another one, found one after the other within limits: what a mail, a PDF or an archive holds.

Their names are names only: nothing is written under them, so one that climbs out of its folder leads nowhere.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ingest.files import held
from ingest.limits import MOST_BYTES, MOST_TEXT, TERMS
from ingest.remarks import Remark
from ingest.types import INSIDE, Document, DocumentError, Member

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_MEMBERS = 1_000
MOST_DEPTH = 3  # a letter in an archive in an archive
MOST_OF_ONE = 50_000_000  # bytes
_LONGEST_NAME = 120  # characters
_NAMED = 600  # characters of names that a remark tells
_MOST_REASONS = 100
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]+")
_PARTS = re.compile(r"[/\\]+")
_HIDDEN = "is hidden, or made by a program"


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that lies in a file."""

    name: str  # as the file says it
    load: Callable[[], bytes] = bytes  # its content; DocumentError where it cannot be had
    reason: str = ""  # why it is not to be read


Holdings: TypeAlias = Callable[[Path, str | None], Iterator[Held]]
"""Yields what lies in the file at a path, given its password; it may raise whatever a damaged file makes it raise."""


@dataclass(frozen=True, slots=True)
class Inside:
    """One thing in a file, or in what lies in it, under a name that nothing else there has."""

    name: str  # after those of what it lies in
    path: Path  # by which it can be opened while it is used: the last of these names
    content: bytes
    reason: str  # why it cannot be read; "" where it can


@dataclass(slots=True)
class Walk:
    """Goes through what lies in a file, and through what lies in that."""

    kinds: Mapping[str, Holdings]  # by suffix
    reads: Callable[[Path], bool]  # tells by the name of a file whether its type can be read
    password: str | None
    _names: dict[str, int] = field(default_factory=dict)  # in lower case: how many would have had it
    _room: int = MOST_BYTES
    _left: int = MOST_MEMBERS

    def through(self, path: Path, above: str = "", depth: int = 1) -> Iterator[Inside]:
        """Yield what lies in the file at `path`; while one thing is used, its path can be opened as that of a file.

        Args:
            path: of the file.
            above: its name, where it lies in another one itself.
            depth: in how many files its members lie.
        """
        holdings = self.kinds.get(path.suffix.lower())
        if holdings is None:
            return
        try:
            for one in holdings(path, self.password):
                name = self._named(above, one.name)
                inner = Path(name.rpartition(INSIDE)[2])
                content, reason = self._taken(one, name, inner, depth)
                with held(inner, content):
                    yield Inside(name, inner, content, reason)
                    if not reason:
                        yield from self.through(inner, name, depth + 1)
        except DocumentError as error:
            yield Inside(above, path, b"", error.reason)
        except MemoryError:
            raise
        except Exception as error:  # parsers answer damage with any exception at all
            reason = " ".join(str(error).split()) or type(error).__name__
            yield Inside(above, path, b"", f"is damaged, and not all that is in it was found: {reason}")

    def _taken(self, one: Held, name: str, path: Path, depth: int) -> tuple[bytes, str]:
        """Return the content of a thing, or why it is not read."""
        reason = one.reason or self._refusal(name, path, depth)
        if reason:
            return b"", reason
        try:
            content = one.load()
        except DocumentError as error:
            return b"", error.reason
        except MemoryError:
            raise
        except Exception as error:
            return b"", f"is damaged: {' '.join(str(error).split()) or type(error).__name__}"
        if len(content) > MOST_OF_ONE:
            return b"", f"is too large: at most {MOST_OF_ONE // 1_000_000} MB are read"
        if len(content) > self._room:
            return b"", f"lies behind the first {MOST_BYTES // 1_000_000} MB"
        self._room -= len(content)
        self._left -= 1
        return content, ""

    def _refusal(self, name: str, path: Path, depth: int) -> str:
        if path.name.startswith(".") or "__MACOSX" in name:
            return _HIDDEN
        if not self.reads(path):
            return f"is not a type that can be read: {path.suffix or 'no suffix'}"
        if not self._left:
            return f"lies behind the first {MOST_MEMBERS:,}"
        if depth > MOST_DEPTH:
            return f"lies in more than {MOST_DEPTH} files"
        return ""

    def _named(self, above: str, name: str) -> str:
        """Return a name that is new and has no slash; folders in an archive are steps like files."""
        steps = [_step(part) for part in _PARTS.split(name)]
        steps = [step for step in steps if step not in ("", ".", "..")] or ["unnamed"]
        before, last = [above] if above else [], steps.pop()
        if len(INSIDE.join([*before, *steps, last])) > 4 * _LONGEST_NAME:
            steps = steps[:1]
        found = wanted = INSIDE.join([*before, *steps, last])
        n = self._names.get(wanted.casefold(), 0)  # not counted from one again: all may have the same
        while found.casefold() in self._names:
            n += 1
            found = INSIDE.join([*before, *steps, f"({n}) {last}"])
        self._names[wanted.casefold()] = max(n, 1)
        self._names[found.casefold()] = 1
        return found


def with_members(document: Document, path: Path, walk: Walk, read: Callable[[Path], Document]) -> Document:
    """Return a document with those that lie in its file, and with remarks that name what was not read of it.

    Args:
        document: what was read of the file at `path`.
        path: of the file.
        walk: through it.
        read: reads one of them.
    """
    members: list[Member] = []
    unread: dict[str, str] = {}
    terms, pages, room = TERMS.get(), len(document.pages), MOST_TEXT - len(document.text)
    try:
        for one in walk.through(path):
            terms.tell({"inside": True})
            if one.reason:
                unread.setdefault(one.name, one.reason)
                continue
            TERMS.set(replace(terms, tell=_after(pages, terms.tell)))  # so each of them has its time
            try:
                inner = replace(read(one.path), path=one.name)
            except DocumentError as error:
                unread.setdefault(one.name, error.reason)
                continue
            if len(inner.text) > room:
                unread[one.name] = f"lies behind the first {MOST_TEXT // 1_000_000} million characters"
                continue
            room -= len(inner.text)
            pages += len(inner.pages)
            members.append(Member(inner, sha256(one.content).hexdigest(), len(one.content)))
    finally:
        TERMS.set(terms)
    return replace(document, members=tuple(members), remarks=(*document.remarks, *_remarks(unread)))


def find_member(path: Path, name: str, walk: Walk) -> Iterator[Path]:
    """Yield the path of the member of a file that has this name; it can be opened until the next one is asked for."""
    for one in walk.through(path):
        if one.name == name and not one.reason:
            yield one.path
            return


def _step(part: str) -> str:
    name = " ".join(_UNPRINTABLE.sub(" ", part).split())
    if len(name) <= _LONGEST_NAME:
        return name
    suffix = Path(name).suffix[:20]
    return f"{name[: _LONGEST_NAME - len(suffix) - 1]}…{suffix}"


def _after(pages: int, tell: Callable[[dict[str, object]], None]) -> Callable[[dict[str, object]], None]:
    """Return what tells of pages as those that come after others."""

    def told(news: dict[str, object]) -> None:
        count = news.get("pages")
        tell(news | {"pages": pages + count} if isinstance(count, int) else news)

    return told


def _remarks(unread: Mapping[str, str]) -> Iterable[Remark]:
    """Return what is said of things that were not read, those together that have one reason."""
    names: dict[str, list[str]] = defaultdict(list)
    for name, reason in unread.items():
        names[reason if reason in names or len(names) < _MOST_REASONS else "for various reasons"].append(name)
    for reason, those in names.items():
        told: list[str] = []
        length = 0
        for name in those:
            length += len(name) + 2
            if told and length > _NAMED:
                break
            told.append(name)
        more = f" and {len(those) - len(told):,} others" if len(told) < len(those) else ""
        listed = ", ".join(filter(None, told))
        yield Remark("members_unread", detail=f"{listed}{more}: {reason}" if listed else reason)
