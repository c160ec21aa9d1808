"""What a generator has read of prompts that begin alike: kept in memory, and on disk for the next process.

Every answer is asked for after the same instructions and examples, some thousand tokens. To read them takes seconds, to
bring back what the model made of them takes hundredths.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from rag_app.errors import DiskError
from rag_app.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEPT = 4  # heads of a model; an older one is forgotten
_DIGEST = 32  # bytes


class Heads:
    """States of a model by the tokens it has read; a file that is missing, damaged or in the way costs only time."""

    def __init__(self, folder: Path | None, model: str) -> None:
        """Keep states in `folder`, or in memory only.

        Args:
            folder: made when it is needed.
            model: names the model, the engine and all else that a state depends on.
        """
        self._folder, self._model = folder, _digest(model.encode("utf-8", "replace"))
        self._held: OrderedDict[str, bytes] = OrderedDict()

    def get(self, tokens: Sequence[int]) -> bytes | None:
        """Return the state after `tokens`, or None where it is not kept."""
        name = self._name(tokens)
        state = self._held.get(name) or self._stored(name)
        if state is not None:
            self._hold(name, state)
        return state

    def put(self, tokens: Sequence[int], state: bytes) -> None:
        """Keep the state after `tokens`."""
        name = self._name(tokens)
        self._hold(name, state)
        if self._folder is None:
            return
        with suppress(OSError, DiskError):  # a folder that cannot be written to: the next process reads the head again
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / name, [_hash(state), state], "what the generator has read in")
            files = sorted(self._folder.glob(f"{self._model}-*.head"), key=lambda file: file.stat().st_mtime)
            for old in files[:-KEPT]:
                old.unlink()

    def _hold(self, name: str, state: bytes) -> None:
        self._held[name] = state
        self._held.move_to_end(name)
        if len(self._held) > KEPT:
            self._held.popitem(last=False)

    def _stored(self, name: str) -> bytes | None:
        if self._folder is None:
            return None
        try:
            data = (self._folder / name).read_bytes()
        except OSError:
            return None
        digest, state = data[:_DIGEST], data[_DIGEST:]
        return state if state and digest == _hash(state) else None

    def _name(self, tokens: Sequence[int]) -> str:
        return f"{self._model}-{_digest(','.join(map(str, tokens)).encode())}.head"


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=_DIGEST).digest()


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()
