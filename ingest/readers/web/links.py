"""Which addresses of links are text: those that lead out of the page to a file, a person or another site."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import unquote, urljoin, urlsplit

# Relative addresses with these are pages of the same site, as those without a suffix are.
_PAGES = frozenset(
    (
        *(".html", ".htm", ".xhtml", ".shtml", ".php", ".asp", ".aspx", ".jsp", ".cgi", ".cfm", ".do", ".md"),
        *(".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp"),
    )
)
_SUFFIX = re.compile(r"\.(?=\w*[a-z])\w{1,5}", re.IGNORECASE)
_OF_PEOPLE = frozenset(("mailto", "tel", "sms", "fax", "callto"))
_LONGEST, _LONGEST_PAGE = 300, 120  # characters; longer addresses are made for programs, not for readers
_PREFIX = re.compile(r"(?:https?://)?(?:www\.)?")
_NO_DIGIT = re.compile(r"\D+")


def host_of(address: str) -> str:
    """Return the host of an address, "" where it has none."""
    try:
        return (urlsplit(address.strip()).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def shown_address(target: str, base: str = "", site: str = "") -> str:
    """Return the address that a reader would want to know of a link; "" for a page of the same site.

    Args:
        target: as the link states it.
        base: the address from which it counts, as far as it is known.
        site: the host of the page itself, as far as it is known.
    """
    try:
        address = urljoin(base, target.strip())
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme in _OF_PEOPLE:
        return unquote(parts.path)[:_LONGEST]
    if parts.scheme not in ("http", "https", "ftp", ""):
        return ""
    suffix = posixpath.splitext(parts.path)[1].lower()
    is_file = suffix not in _PAGES and _SUFFIX.fullmatch(suffix) is not None
    elsewhere = bool(parts.scheme) and host_of(address) not in ("", site)
    longest = _LONGEST if is_file else _LONGEST_PAGE if elsewhere else 0
    return address if len(address) <= longest else ""


def with_address(text: str, address: str) -> str:
    """Return the text of a link with its address behind it, unless it says that already."""
    core = text.rstrip()
    if not address or _says(core, address):
        return text
    return f"{core} ({address}){text[len(core) :]}" if core.strip() else f"{text}({address})"


def _says(text: str, address: str) -> bool:
    if _bare(address) in _bare(text):
        return True
    digits = _NO_DIGIT.sub("", address)
    is_number = bool(digits) and not any(map(str.isalpha, address))
    return is_number and digits[-6:] in _NO_DIGIT.sub("", text)  # with or without the code of a country


def _bare(address: str) -> str:
    return _PREFIX.sub("", "".join(address.split()).casefold(), count=1).rstrip("/")
