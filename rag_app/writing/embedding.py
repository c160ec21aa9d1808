"""Documents cut into passages, and the passages embedded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest import cut
from rag_app.language.reading import above_row, lexicon
from rag_app.storage.staging import Embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest import Document, Passage
    from rag_app.models.embedder import Embedder
    from rag_app.writing.steps import Progress

_TITLE_TOKENS = 32  # of the document's title before each embedded passage, of which it takes at most half


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A document that is cut."""

    passages: Sequence[Passage]
    texts: Sequence[str]  # to embed, one for each passage
    tokens_cut: int  # of the texts, that the embedder will not read


class Embedding:
    """Cuts documents as the settings say, and embeds what comes of it."""

    def __init__(
        self, embedder: Callable[[], Embedder], passage_tokens: int, overlap_tokens: int, progress: Progress
    ) -> None:
        """Take the parts.

        Args:
            embedder: loaded at its first use: a run that finds nothing new needs none.
            passage_tokens: longest passage in the embedder's tokens, title and special tokens included.
            overlap_tokens: most that neighbouring passages share.
            progress: told of the passages.
        """
        self._embedder = embedder
        self._passage_tokens = passage_tokens
        self._overlap_tokens = overlap_tokens
        self._progress = progress

    def of(self, document: Document) -> Embedded:
        """Return the passages of a document and their vectors."""
        prepared = self._prepared(document)
        if not prepared.passages:
            return Embedded([], None, 0)
        self._progress.passages(0, len(prepared.texts))
        progress = self._progress.embedded(len(prepared.texts))
        vectors = self._embedder().embed_passages(prepared.texts, progress)
        return Embedded(prepared.passages, vectors, prepared.tokens_cut)

    def of_all(self, documents: Sequence[Document]) -> list[Embedded]:
        """Return the same of each of several documents; their passages are embedded together."""
        prepared = [self._prepared(document) for document in documents]
        texts = [text for one in prepared for text in one.texts]
        self._progress.passages(0, len(texts))
        vectors = self._embedder().embed_passages(texts, self._progress.embedded(len(texts)))
        embedded, done = [], 0
        for one in prepared:
            rows = vectors[done : done + len(one.passages)]
            embedded.append(Embedded(one.passages, rows, one.tokens_cut))
            done += len(one.passages)
        return embedded

    def _prepared(self, document: Document) -> _Prepared:
        if not document.text.strip():
            return _Prepared([], [], 0)
        embedder, header = self._embedder(), self._header(document)
        passages = self._cut(document, header)
        texts = self._texts(document, header, passages)
        room = embedder.max_tokens - embedder.special_tokens
        tokens_cut = sum(max(tokens - room, 0) for tokens in embedder.count_tokens(texts))
        return _Prepared(passages, texts, tokens_cut)

    def _texts(self, document: Document, header: str, passages: Sequence[Passage]) -> list[str]:
        """Return what is embedded of each passage: where it begins within a table, under the head of that.

        A head for which the embedder has no room is left out: what it would not read of the passage is worth more.
        """
        texts = [header + passage.text for passage in passages]
        above = {at: found for at, passage in enumerate(passages) if (found := above_row(document.text, passage.start))}
        embedder = self._embedder()
        longer = [f"{header}{head}\n{passages[at].text}" for at, head in above.items()]
        for at, text, tokens in zip(above, longer, embedder.count_tokens(longer), strict=True):
            if tokens <= embedder.max_tokens - embedder.special_tokens:
                texts[at] = text
        return texts

    def _cut(self, document: Document, header: str) -> list[Passage]:
        embedder = self._embedder()
        room = self._limit() - embedder.count_tokens([header])[0]
        return cut(document, embedder.count_tokens, room, min(self._overlap_tokens, room - 1), lexicon())

    def _header(self, document: Document) -> str:
        """Return what is embedded before each passage: the document's title, as far as it is short."""
        count, words = self._embedder().count_tokens, document.title.split()
        most = min(_TITLE_TOKENS, self._limit() // 2)
        while words and count([" ".join(words)])[0] > most:
            words.pop()
        return " ".join(words) + "\n"

    def _limit(self) -> int:
        """Return the most tokens of a title and its passage together."""
        embedder = self._embedder()
        return min(self._passage_tokens, embedder.max_tokens) - embedder.special_tokens
