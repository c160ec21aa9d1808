"""Who may come in: hosts, origins and keys are checked before a request reaches any route; what is not open is shut.

A web page that somebody visits can send requests to servers on their own machine. Such a request carries the page's
origin, or, after DNS rebinding, a foreign host name; both are compared with exact lists.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from ingest import faults
from rag_app.errors import RagError
from rag_app.server.api_errors import ApiError, internal, stopping, translated
from rag_app.server.headers import SECURITY
from rag_app.server.key_ring import Key
from rag_app.server.limits import Rates, respond
from rag_app.server.origins import CHAT, Origins, allowed_headers
from rag_app.text import flat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag_app.server.attempts import Attempts
    from rag_app.server.key_ring import KeyRing

_log = logging.getLogger("rag_app.server")

LOCAL = Key("local", "admin", "", 0.0)
"""Who asks without a key, from this machine, while there are no keys."""


_HTTP = 80  # the port that is meant where none is named
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # addresses to listen on that are no name of this machine


@dataclass(frozen=True, slots=True)
class Policy:
    """Under which names the server answers, and to whom."""

    hosts: frozenset[str]  # values of the Host header, with their ports, in lower case
    origins: frozenset[str] = frozenset()  # of other sites that may use admin keys from a browser
    keyless: bool = False  # an admin needs no key while there are none: on this machine only


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach `host`."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def policy_for(host: str, port: int, names: tuple[str, ...] = (), origins: tuple[str, ...] = ()) -> Policy:
    """Return the policy of a server that listens on `host` and `port` and is also known under `names`."""
    own = {"localhost", "127.0.0.1", "[::1]"}
    if host not in _EVERYWHERE:
        own.add(f"[{host}]" if ":" in host else host)
    hosts = {f"{name}:{port}" for name in own} | set(names)
    if port == _HTTP:
        hosts |= own  # browsers leave the usual port out
    return Policy(
        hosts=frozenset(name.lower() for name in hosts),
        origins=frozenset(origins),
        keyless=is_loopback(host) and not names,
    )


class Guard:
    """Middleware that lets a request in, with its key in the state, or refuses it; it adds the security headers."""

    def __init__(
        self,
        app: ASGIApp,
        policy: Policy,
        ring: KeyRing,
        open_paths: frozenset[str],
        seen: Callable[[str, str, int], None],
        attempts: Attempts,
    ) -> None:
        self._app = app
        self._policy = policy
        self._ring = ring
        self._origins = Origins(policy.origins, ring)
        self._open = open_paths
        self._seen = seen
        self._attempts = attempts
        self._rates = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        try:
            await self._serve(scope, receive, answer)
        except ApiError as error:
            await answer.refuse(error)
        except RagError as error:
            await answer.refuse(translated(error))
        except asyncio.CancelledError:  # only a server that stops breaks requests off
            if not answer.status:
                await answer.refuse(stopping())
        except ConnectionError:
            raise
        except Exception as error:
            _log.error("%s", faults.told(error))
            await answer.refuse(internal())
        finally:
            route = getattr(scope.get("route"), "path", "") or ("other" if answer.status else "closed")
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._seen(method, route, answer.status)
            seconds = time.monotonic() - answer.begun
            _log.info("%s %s %s %d %.3f s", answer.id, method, flat(route, 100), answer.status, seconds)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        headers = _single(scope["headers"])
        path: str = scope["path"]
        if headers.get("host", "").lower() not in self._policy.hosts:
            raise ApiError(421, "The server does not answer under this name.", "unknown_host")
        if scope["method"] not in METHODS:
            allow = {"allow": ", ".join(sorted(METHODS))}
            raise ApiError(405, "The method is not allowed.", "method_not_allowed", allow)
        origin = headers.get("origin")
        if scope["method"] == "OPTIONS":
            self._preflight(path, origin, headers, answer)
            await answer.empty()
            return
        if path in self._open and scope["method"] in {"GET", "HEAD"}:
            answer.public = path == "/widget.js"
            await self._app(scope, receive, answer)
            return
        self._check_site(headers, origin, path)
        key = self._key(headers.get("authorization"), forwarded=not _FORWARDED.isdisjoint(headers))
        if key is None:
            raise await self._attempts.refuse(_client(scope), _unknown("The key is not known."))
        if key.kind == "widget":
            self._check_widget(key, scope, origin)
        elif origin and not self._own(origin, headers["host"]) and not self._origins.listed(origin):
            raise _foreign()
        scope.setdefault("state", {})["key"] = key
        await self._app(scope, receive, answer)

    def _key(self, authorization: str | None, *, forwarded: bool) -> Key | None:
        """Return the key that was sent, or None where it is not known."""
        if self._policy.keyless and not forwarded and not self._ring.all():
            return LOCAL  # whatever was sent: clients of the OpenAI API cannot be told to send no key
        if authorization is None:
            raise _unknown("This needs a key: send it as `Authorization: Bearer KEY`.")
        scheme, _, secret = authorization.partition(" ")
        return self._ring.find(secret.strip()) if scheme.lower() == "bearer" else None

    def _check_site(self, headers: Mapping[str, str], origin: str | None, path: str) -> None:
        """Refuse what a foreign page sends, whatever its key; the lists of each key are compared afterwards."""
        if origin is None:
            if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
                raise _foreign()
            return
        if not self._own(origin, headers["host"]) and not self._origins.known(origin, path):
            raise _foreign()

    def _own(self, origin: str, host: str) -> bool:
        return origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"}

    def _check_widget(self, key: Key, scope: Scope, origin: str | None) -> None:
        if (scope["method"], scope["path"]) != ("POST", CHAT):
            raise ApiError(403, "This key is for the chat only.", "key_not_allowed")
        if origin is not None and origin.lower() not in key.origins:
            raise _foreign()
        wait = self._rates.wait(key.name, _client(scope), key.rate)
        if wait:
            seconds = max(1, round(wait + 0.5))
            headers = {"retry-after": str(seconds)}
            raise ApiError(429, "Too many questions in a minute.", "rate_limit_exceeded", headers)

    def _preflight(self, path: str, origin: str | None, headers: Mapping[str, str], answer: _Answer) -> None:
        if origin is None or not self._origins.known(origin, path):
            raise _foreign()
        answer.extra |= {
            "access-control-allow-methods": "POST" if path == CHAT else "GET, POST, DELETE",
            "access-control-allow-headers": allowed_headers(headers.get("access-control-request-headers", "")),
            "access-control-max-age": "600",
        }
        if headers.get("access-control-request-private-network") == "true":
            answer.extra["access-control-allow-private-network"] = "true"


# A proxy on this machine, which lets others in: also where it names the server by its loopback address.
_FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})
METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})
"""What a request may ask for at all; other names are counted as one."""


class _Answer:
    """The way back to the client: it adds headers, and knows what was sent."""

    def __init__(self, send: Send) -> None:
        self.begun = time.monotonic()
        self.id = secrets.token_hex(8)
        self.status = 0
        self.whole = False
        self.public = False  # other sites may load it
        self.extra: dict[str, str] = {}
        self._send = send

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            sent = {name.lower(): value for name, value in message["headers"]}
            own = {**SECURITY, **self.extra, "x-request-id": self.id, "vary": "origin"}
            if self.public:
                own["cross-origin-resource-policy"] = "cross-origin"
            for name, value in own.items():
                if name != "cache-control" or b"cache-control" not in sent:
                    sent[name.encode()] = value.encode("latin-1")
            message = {**message, "headers": list(sent.items())}
        elif message["type"] == "http.response.body":
            self.whole = not message.get("more_body", False)
        await self._send(message)

    async def refuse(self, error: ApiError) -> None:
        """Send an error, where nothing was sent yet; an answer that is not whole is broken off for all to see."""
        if self.whole:
            return
        if self.status:
            raise ConnectionResetError("The answer broke off.") from None
        await respond(self, error)

    async def empty(self) -> None:
        """Send an answer without content."""
        await self({"type": "http.response.start", "status": 204, "headers": []})
        await self({"type": "http.response.body", "body": b""})


def _single(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the headers by name; one that decides who may come in must not be there twice."""
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").lower()
        if key in found and key in {"host", "origin", "authorization", "content-type"}:
            raise ApiError(400, "A header is there twice.", "invalid_header")
        found[key] = value.decode("latin-1")
    return found


def _client(scope: Scope) -> str:
    """Return the address that a request comes from; empty where that is not known."""
    address, _ = scope.get("client") or ("", 0)
    return str(address)


def _foreign() -> ApiError:
    return ApiError(403, "Requests from this site are not allowed.", "origin_not_allowed")


def _unknown(message: str) -> ApiError:
    return ApiError(401, message, "invalid_api_key", {"www-authenticate": "Bearer"})
