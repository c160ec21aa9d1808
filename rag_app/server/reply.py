"""The answer to a chat request, in pieces as it is written, with its proof at the end."""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rag_app.server.notes import Note
from rag_app.server.requests import ids_of, named
from rag_app.server.stop_sequences import Cut
from rag_app.types import Answer, Passages, Token, Tokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from rag_app.server.key_ring import Key
    from rag_app.server.requests import Context
    from rag_app.server.wish import Wish

PING = 10  # seconds between signs of life while nothing is written
_NEAREST = 3  # passages that are shown where there is no sure answer


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text that is sent."""

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of the text, and all that belongs to it."""

    reason: Literal["stop", "length"]
    answer: Answer | None  # None: a chat program's own request, for which no document was read

    @property
    def tokens(self) -> Tokens:
        """What the generator read and wrote for it."""
        return self.answer.tokens if self.answer else Tokens()


class Reply:
    """What a key is answered to a wish."""

    def __init__(self, wish: Wish, context: Context, key: Key) -> None:
        self.wish = wish
        self._context = context
        self._key = key

    async def pieces(self) -> AsyncIterator[Piece | End]:
        """Yield an empty piece once the passages are found, then the text, then the end."""
        wish = self.wish
        if wish.task is not None:
            yield Piece(wish.task)
            yield End("stop", None)
            return
        begun = time.monotonic()
        cut = Cut(wish.stops, wish.most, self._context.library.count_tokens)
        events = self._context.engine.events(wish.question, wish.history, wish.where, wish.budget, key=self._key)
        async with aclosing(events):  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Passages):
                    yield Piece("")
                    continue
                text = cut.take(event.text) if isinstance(event, Token) else cut.rest()
                if text:
                    yield Piece(text)
                if isinstance(event, Answer):
                    self._count(event, time.monotonic() - begun)
                    yield End(cut.reason or "stop", event)

    async def whole(self) -> tuple[str, End]:
        """Return the text of all pieces, and the end."""
        text, end = "", None
        pieces = self.pieces()
        async with aclosing(pieces):  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, End):
                    end = piece
                else:
                    text += piece.text
        assert end is not None
        return text, end

    def proof(self, end: End) -> dict[str, Any]:
        """Return what goes with the text: how the answer stands, its proof, what was left out of the request."""
        left_out = [note.as_json() for note in self.wish.notes]
        answer = end.answer
        if answer is None:
            return {"status": "task", "citations": [], "standalone_question": "", "notes": left_out}
        ids = ids_of(self._context.library)
        is_admin = self._key.kind == "admin"
        on_sources = [Note("source", text).as_json() for text in answer.notes]
        found: dict[str, Any] = {
            "status": answer.status,
            "kind": answer.kind,
            "confidence": answer.confidence,
            "citations": [named(citation.as_json(), ids, paths=is_admin) for citation in answer.citations],
            "standalone_question": answer.standalone_question,
            "notes": left_out + on_sources,
        }
        if answer.unsure:
            found["unsure"] = answer.unsure
        if is_admin and (answer.unsure or answer.status == "not_found"):
            nearest = answer.passages[:_NEAREST]
            found["passages"] = [named(hit.as_json(), ids, paths=True) for hit in nearest]
        return found

    def _count(self, answer: Answer, seconds: float) -> None:
        tokens = answer.tokens
        self._context.metrics.answered(answer.status, seconds, tokens.prompt, tokens.completion)
