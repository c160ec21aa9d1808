"""What has to be known of a web page before its text is written: labels of controls, lengths of lists, its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.readers.web.form import CONTROLS, control
from ingest.readers.web.links import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAVED_FROM = "saved from url="


class Survey:
    """Receives the parser's events of a first pass."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}  # by the name of the control
        self.controls: set[str] = set()  # names of those that show something
        self.items: list[int] = []  # of each ordered list, in order of their beginning
        self.base = ""  # from which relative addresses count
        self.site = ""  # the host of the page
        self._lists: list[int | None] = []
        self._label: tuple[str, list[str]] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Note what begins."""
        if tag == "label" and attributes.get("for"):
            self._label = (attributes["for"], [])
        elif tag in CONTROLS and attributes.get("id") and control(tag, attributes):
            self.controls.add(attributes["id"])
        elif tag == "ol":
            self._lists.append(len(self.items))
            self.items.append(0)
        elif tag == "ul":
            self._lists.append(None)
        elif tag == "li" and self._lists and (at := self._lists[-1]) is not None:
            self.items[at] += 1
        elif tag in ("base", "link", "meta"):
            self._address(tag, attributes)

    def end(self, tag: str) -> None:
        """Note what ends."""
        if tag == "label" and self._label:
            self.labels.setdefault(self._label[0], " ".join("".join(self._label[1]).split()))
            self._label = None
        elif tag in ("ol", "ul") and self._lists:
            self._lists.pop()

    def data(self, data: str) -> None:
        """Take the text of a label."""
        if self._label:
            self._label[1].append(data)

    def comment(self, text: str) -> None:
        """Take the address that a browser writes into a page that it saves."""
        if _SAVED_FROM in text:
            self._known(text.partition(_SAVED_FROM)[2].partition(")")[2])

    def close(self) -> None:
        """Do nothing more."""

    def _address(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "base":
            self.base = self.base or attributes.get("href", "")
            self._known(self.base)
        elif tag == "link" and attributes.get("rel", "").lower() == "canonical":
            self._known(attributes.get("href", ""))
        elif tag == "meta" and attributes.get("property", "").lower() == "og:url":
            self._known(attributes.get("content", ""))

    def _known(self, address: str) -> None:
        self.site = self.site or host_of(address)
