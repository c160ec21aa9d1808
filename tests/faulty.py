"""A disk that fails or stops at a call of its choice."""

from __future__ import annotations

from typing import Any

from rag_app.files import Disk

CALLS = ["open", "write", "flush", "sync", "rename", "sync_folder"]


class Faulty(Disk):
    """A disk whose n-th call, counted from 0, does not come to its end."""

    def __init__(self, n: int, fault: Any) -> None:
        self.left, self.fault = n, fault

    def __getattribute__(self, name: str) -> Any:
        if name not in CALLS:
            return super().__getattribute__(name)
        if self.left == 0:
            self.fault()
        self.left -= 1
        return super().__getattribute__(name)
