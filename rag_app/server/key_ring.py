"""Keys that open the server: made, listed and revoked in a file that holds only their hashes.

A key is 256 random bits, so a plain SHA-256 protects it: there is nothing to guess that a slow hash would slow down.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from rag_app.errors import LibraryError, UsageError
from rag_app.files import write_whole
from rag_app.storage.library_files import KEYS as FILE
from rag_app.types import Filter, Json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from urllib.parse import SplitResult

RATE = 20  # requests a minute from one address with one widget key
MOST_RATE = 10_000

KeyKind = Literal["admin", "widget"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST = 200  # characters of a key that are looked at
_WEB = {"http": 80, "https": 443}
_HOMELESS = frozenset({"about", "blob", "content", "data", "file", "filesystem", "javascript"})  # anybody's pages
_PROGRAM = re.compile(r"[A-Za-z0-9._-]+")  # the host of a program's own scheme


@dataclass(frozen=True, slots=True)
class Key(Json):
    """What a key may do: all of it (admin), or chat about chosen documents from chosen sites (widget)."""

    name: str
    kind: KeyKind
    sha256: str  # of the key itself, which is kept nowhere
    created: float  # seconds since 1970
    origins: tuple[str, ...] = ()  # sites that a browser may use a widget key from, such as https://example.com
    where: Filter | None = None  # the documents of a widget key; None is all
    rate: int = RATE  # requests a minute and address of a widget key

    def shown(self) -> dict[str, Any]:
        """Return what a list of keys says, without the hash."""
        value = self.as_json()
        del value["sha256"]
        return value


class KeyRing:
    """The keys of one library; a running server sees at once what another process adds or revokes."""

    def __init__(self, library: Path) -> None:
        self.path = library / FILE
        self._lock = threading.Lock()
        self._stamp: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()

    def all(self) -> tuple[Key, ...]:
        """Return all keys in the order of their making.

        Raises:
            LibraryError: the file is damaged; no key is taken for missing.
        """
        with self._lock:
            try:
                state = self.path.stat()
            except FileNotFoundError:
                self._stamp, self._keys = None, ()
                return ()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            if stamp != self._stamp:
                self._keys, self._stamp = _read(self.path), stamp
            return self._keys

    def find(self, secret: str) -> Key | None:
        """Return the key that `secret` is; every hash is compared, each in constant time."""
        given = hashlib.sha256(secret[:_LONGEST].encode("utf-8", "surrogatepass")).hexdigest().encode()
        found = None
        for key in self.all():
            if hmac.compare_digest(key.sha256.encode(), given):
                found = key
        return found

    def add(
        self,
        name: str,
        kind: KeyKind = "admin",
        *,
        origins: Iterable[str] = (),
        where: Filter | None = None,
        rate: int = RATE,
    ) -> str:
        """Make a key and return it; it is shown this once.

        Raises:
            UsageError: the name is taken or unusable, an origin is none, or an admin key is given what only a widget
                key can have.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} cannot name a key.", hint="Use up to 64 letters, digits, dots and dashes.")
        if any(key.name == name for key in self.all()):
            raise UsageError(
                f"There is a key {name} already.", hint=f"Run `rag keys revoke {name}`, or choose another."
            )
        sites = tuple(origin_of(text) for text in origins)
        if kind == "admin" and (sites or where):
            raise UsageError(
                "An admin key opens everything, so it takes no origin and no filter.",
                hint="Add --widget for a key that may stand on a web page.",
            )
        if kind == "widget" and not sites:
            raise UsageError("A widget key needs a site.", hint="Add --origin https://YOUR-SITE.")
        if not 1 <= rate <= MOST_RATE:
            raise UsageError(f"{rate} requests a minute are out of range.", hint=f"Give 1 to {MOST_RATE}.")
        secret = f"rag-{kind}-{secrets.token_urlsafe(32)}"
        sha256 = hashlib.sha256(secret.encode()).hexdigest()
        self._write((*self.all(), Key(name, kind, sha256, round(time.time(), 3), sites, where, rate)))
        return secret

    def revoke(self, name: str) -> None:
        """Forget a key; UsageError where there is none of that name."""
        left = tuple(key for key in self.all() if key.name != name)
        if len(left) == len(self.all()):
            raise UsageError(f"There is no key {name}.", hint="List them with `rag keys list`.")
        self._write(left)

    def _write(self, keys: tuple[Key, ...]) -> None:
        data = json.dumps({"version": 1, "keys": [asdict(key) for key in keys]}, indent=1).encode()
        mask = os.umask(0o077)
        try:
            write_whole(self.path, data, "the keys")
        finally:
            os.umask(mask)


def origin_of(text: str) -> str:
    """Return an origin in the form that a browser sends: scheme, host, and the port where it is not the usual one.

    Programs that are made of web pages have schemes of their own, such as app://example or capacitor://localhost.

    Raises:
        UsageError: it is none, has a path, or is that of a file, which every file on a disk would share.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = _host_of(parts), parts.port
    except (ValueError, UnicodeError):
        raise _no_origin(text) from None
    if _says_more(parts) or not _is_home(parts.scheme, host):
        raise _no_origin(text)
    origin = f"{parts.scheme}://{host.lower()}"
    is_usual = port is None or port == _WEB.get(parts.scheme)
    return origin if is_usual else f"{origin}:{port}"


def _host_of(parts: SplitResult) -> str:
    """Return the host as a browser writes it; ValueError where it cannot be written so."""
    host = parts.hostname or ""
    if parts.scheme not in _WEB:
        return host
    if ":" in host:  # an address of IPv6
        return f"[{host}]"
    return host.encode("idna").decode()


def _says_more(parts: SplitResult) -> bool:
    """Tell whether an address names more than an origin."""
    has_path = parts.path not in {"", "/"}
    return bool(has_path or parts.query or parts.fragment or parts.username)


def _is_home(scheme: str, host: str) -> bool:
    """Tell whether pages of this scheme and host are of one site."""
    if not scheme or not host or "*" in host:
        return False
    if scheme in _WEB:
        return True
    return scheme not in _HOMELESS and bool(_PROGRAM.fullmatch(host))


def _no_origin(text: str) -> UsageError:
    hint = "Write it like https://example.com or app://example."
    return UsageError(f"{text!r} is not the origin of a site.", hint=hint)


def _read(path: Path) -> tuple[Key, ...]:
    try:
        value = json.loads(path.read_bytes())
        return tuple(_key(entry) for entry in value["keys"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryError(
            f"The keys in {path} cannot be read.", hint="Delete the file and make new keys with `rag keys add`."
        ) from error


def _key(entry: dict[str, Any]) -> Key:
    where = entry["where"]
    if entry["kind"] not in {"admin", "widget"} or len(entry["sha256"]) != 64:
        raise ValueError("neither an admin nor a widget key")
    return Key(
        name=str(entry["name"]),
        kind=entry["kind"],
        sha256=str(entry["sha256"]),
        created=float(entry["created"]),
        origins=tuple(str(origin) for origin in entry["origins"]),
        where=None if where is None else Filter(**where),
        rate=int(entry["rate"]),
    )
