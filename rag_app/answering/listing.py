"""Which documents mention something: found in the keyword index over all passages, each with a sentence as proof."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.answering.stretch import as_passage
from rag_app.evidence.choose import Evidence, seen
from rag_app.evidence.quotable import units
from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.language import DEFAULT, filled, get_language
from rag_app.language.reading import sentences
from rag_app.language.vocabulary import alternatives, every, pattern
from rag_app.language.words import shared_letters, words
from rag_app.proof.quotes import cite
from rag_app.text import one_line

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Sequence

    from ingest import Document
    from rag_app.language.language import Language, Words
    from rag_app.types import Citation

SHOWN = 20  # documents that a list names; all are counted


@dataclass(frozen=True, slots=True)
class Mention:
    """A passage that may mention it."""

    document: str
    start: int  # characters into the document text
    end: int


@dataclass(frozen=True, slots=True)
class Mentioning:
    """A document that mentions it."""

    document: str
    pieces: tuple[Evidence, ...]  # the first sentence that does; of several things, the first for each
    places: frozenset[int]  # where the sentences that mention it begin

    @property
    def times(self) -> int:
        """How many sentences mention it."""
        return len(self.places)


def look_up(
    topic: str,
    mentions: Callable[[str], Sequence[Mention]],
    read: Callable[[str], Document],
    *,
    exact: bool = False,
    language: str = DEFAULT,
) -> list[Mentioning]:
    """Return the documents that mention `topic`, which is said in a language.

    "X or Y" is either. "X and Y" is looked for as it stands ("terms and conditions"); where no document has that, it
    is both, anywhere in a document. What is `exact` has to stand so, letter case aside. Documents come in the order
    of how often they mention it, those that do equally often by path.
    """
    if exact:
        return prove(topic, mentions(topic), read, exact=True)
    said = get_language(language)
    either = _between(said.kinds.either, said).split(topic)
    if len(either) > 1:
        known: dict[str, list[Mentioning]] = defaultdict(list)
        for part in either:
            for one in look_up(part, mentions, read, language=language):
                known[one.document].append(one)
        return _ordered(map(_joined, known.values()))
    found = prove(topic, mentions(topic), read)
    both = _between(said.kinds.both, said).split(topic)
    if found or len(both) < 2:
        return found
    parts = [{one.document: one for one in look_up(part, mentions, read, language=language)} for part in both]
    shared = set.intersection(*(set(part) for part in parts))
    return _ordered(_joined([part[document] for part in parts]) for document in shared)


def prove(
    topic: str, passages: Iterable[Mention], read: Callable[[str], Document], *, exact: bool = False
) -> list[Mentioning]:
    """Return the documents with a sentence, row or heading that holds the words of `topic` side by side.

    As they are, or unless `exact` with another ending.
    """
    spans: dict[str, list[Mention]] = defaultdict(list)
    for passage in passages:
        spans[passage.document].append(passage)
    found: list[Mentioning] = []
    for path, places in spans.items():
        document = read(path)
        language = None if exact else language_of(document.text).stemmer
        pieces: dict[int, Evidence] = {}
        for place in sorted(places, key=lambda place: place.start):
            for piece in pieces_of(document, place.start, place.end, headings=True):
                if _holds(piece.text, topic, language):
                    pieces.setdefault(piece.start, piece)
        if pieces:
            found.append(Mentioning(path, (pieces[min(pieces)],), frozenset(pieces)))
    return _ordered(found)


def _ordered(found: Iterable[Mentioning]) -> list[Mentioning]:
    return sorted(found, key=lambda one: (-one.times, one.document))


def _joined(found: Sequence[Mentioning]) -> Mentioning:
    """Return a document's mentions of several things as one."""
    pieces = {(piece.start, piece.end): piece for one in found for piece in one.pieces}
    return Mentioning(found[0].document, tuple(pieces.values()), frozenset().union(*(one.places for one in found)))


def pieces_of(document: Document, start: int, end: int, *, headings: bool = False) -> list[Evidence]:
    """Return the sentences and rows of a stretch of a document as evidence without a score, its headings last.

    Hidden ones are left out.
    """
    whole = seen(document)
    text = whole[start:end]
    hit = as_passage(document, start, end)
    pieces = [
        Evidence(
            hit,
            start + unit.start,
            start + unit.end,
            text[unit.start : unit.end],
            unit.lead,
            unit.row,
            0.0,
            0.0,
            unit.named,
        )
        for unit in units(text, whole, start)
    ]
    if headings:
        pieces += [
            Evidence(hit, start + first, start + last, text[first:last], "", row=False, score=0.0, worth=0.0)
            for first, last in sentences(text)
            if not any(piece.start < start + last and start + first < piece.end for piece in pieces)
        ]
    return pieces


def listing(
    topic: str, found: Sequence[Mentioning], read: Callable[[str], Document], *, language: str = DEFAULT
) -> tuple[str, list[Citation]]:
    """Write the answer: how many documents, and the first of them with a quote each."""
    count = len(found)
    citations: list[Citation] = []
    lines: list[str] = []
    for one in found[:SHOWN]:
        first = len(citations) + 1
        citations += [cite(marker, piece, read(one.document)) for marker, piece in enumerate(one.pieces, first)]
        markers = "".join(f"[{citation.marker}]" for citation in citations[first - 1 :])
        times = f" ({one.times} ×)" if one.times > len(one.pieces) else ""
        lines.append(f"- {one_line(PurePath(one.document).name)} {markers}{times}")
    said = get_language(language).sentences
    head = filled(said.list_of_one if count == 1 else said.list_of_many, count=count, topic=topic)
    more = f"\n{filled(said.more, count=count - SHOWN)}"
    return "\n".join([head, *lines]) + (more if count > SHOWN else ""), citations


def _holds(text: str, topic: str, language: str | None) -> bool:
    """Tell whether the words of `topic` stand in `text` side by side, as they are or with another ending of a noun."""
    said, wanted = words(text), words(topic)
    return any(
        all(_same(*pair, language) for pair in zip(said[row:], wanted, strict=False))
        for row in range(len(said) - len(wanted) + 1)
    )


@lru_cache(100_000)
def _same(word: str, other: str, language: str | None) -> bool:
    """Tell whether two words are one in singular and plural, or in two cases: "park" and "parking" are not.

    Without a `language` they have to be the same.
    """
    if word == other:
        return True
    if language is None or stems(word, language) != stems(other, language):
        return False
    shared = shared_letters(word, other)
    return {word[shared:], other[shared:]} <= _noun_endings()


@cache
def _noun_endings() -> frozenset[str]:
    return every(lambda language: language.kinds.noun_endings) | {""}


@cache
def _between(words_between: Words, language: Language) -> re.Pattern[str]:
    """Return the pattern of one of these words between two things, with the article of the second."""
    return pattern(words_between, before=r"\s+", after=rf"\s+{alternatives(language.kinds.articles)}?")
