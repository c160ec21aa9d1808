"""What other documents say instead: passages that give another value, and those that only speak about the question.

A passage that repeats the question, and speaks of asking and answering or says itself over and over, is likely to be
found before any that states the fact. What it says is not believed as long as another document says otherwise.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby, pairwise
from pathlib import PurePath
from typing import TYPE_CHECKING

from rag_app.language.language import DEFAULT, filled, get_language
from rag_app.language.numbers import number_of
from rag_app.language.reading import sentences
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.units import MONEY, TIMES, words_of
from rag_app.language.vocabulary import every, in_order
from rag_app.language.words import among, roots
from rag_app.proof.quotes import content_words, normal
from rag_app.proof.wording import agree
from rag_app.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest import Document
    from rag_app.evidence.choose import Evidence
    from rag_app.models.numbers import RerankerNumbers

_LACKED = 0.4  # of the question's words, that a passage may lack which is believed instead of one about the question
_SHARED = 0.6  # of the question's words, that a text about the question has
_VERBATIM = 0.8  # of the question, word for word
_SHORTEST = 5  # words of a question that is recognised where it is repeated
_RUN = 4  # words of the question in a row
_AGAIN = 3  # times that a passage says such a run
_QUOTED = 100  # characters of what is told of a document that was set aside
_MOST = 2  # other documents that are asked
_DATES = frozenset({"month", "weekday"})
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+")
_NAME = re.compile(r"(?<=\w )(?:[A-ZÀ-Þ][\w'’-]+|\w*\d[\w-]*)")


def about_question(question: str, pieces: Iterable[Evidence]) -> set[str]:
    """Return the documents among `pieces` that speak about the question instead of its subject.

    Args:
        question: as it is asked.
        pieces: in reading order, document by document.
    """
    found: set[str] = set()
    for document, group in groupby(pieces, key=lambda piece: piece.hit.document):
        texts = [f"{piece.lead} {piece.said}" for piece in group]
        if _repeats(question, " ".join(texts)) or any(
            _talks(question, " ".join(texts[max(row - 1, 0) : row + 2])) for row in range(len(texts))
        ):
            found.add(document)
    return found


def _talks(question: str, text: str) -> bool:
    """Tell whether a text has most words of a question, and speaks of asking and answering or holds it as it is."""
    wanted, said = _stems(question), _stems(text)
    if not wanted or len(wanted & said) < _SHARED * len(wanted):
        return False
    asked, told = _tokens(question), _tokens(text)
    talk = any(word.startswith(_talk_words()) for word in told)
    own = any(word.startswith(_talk_words()) for word in asked)  # its subject is questions and answers
    return (talk and not own) or _longest(asked, told) >= max(_VERBATIM * len(asked), _SHORTEST)


def _repeats(question: str, text: str) -> bool:
    """Tell whether a text says a run of the question's words again and again."""
    asked, said = _tokens(question), _tokens(text)
    runs = {tuple(asked[row : row + _RUN]) for row in range(len(asked) - _RUN + 1)}
    telling = {run for run in runs if len(set(run) - STOP_WORDS) > 1}
    there = [tuple(said[row : row + _RUN]) for row in range(len(said) - _RUN + 1)]
    return any(there.count(run) >= _AGAIN for run in telling)


def _longest(asked: Sequence[str], said: Sequence[str]) -> int:
    """Return how many words of a question in a row stand in a text."""
    best, before = 0, [0] * (len(asked) + 1)
    for word in said:
        now = [0] * (len(asked) + 1)
        for row, other in enumerate(asked, 1):
            now[row] = before[row - 1] + 1 if word == other else 0
        best, before = max(best, *now), now
    return best


def rivals(
    question: str,
    answer: str,
    piece: Evidence,
    pieces: Sequence[Evidence],
    read: Callable[[str], Document],
    numbers: RerankerNumbers,
) -> list[Evidence]:
    """Return the pieces of other documents that may answer with another value of the same kind, the best of each.

    They bear on the question about as much, name what it names, have its words that `piece` has, and a figure
    of the kind that the answer has; a name counts where the question asks who. Rows of tables are left out, since they
    differ in their first column.
    """
    if piece.row or not (content_words(answer) - content_words(question)) & content_words(piece.said):
        return []
    least = max(piece.score - numbers.rival_behind, numbers.rival_least)
    found: dict[str, Evidence] = {}
    for other in sorted(pieces, key=lambda other: -other.score):
        if other.row or other.hit.document == piece.hit.document or other.score < least:
            continue
        if (
            not _missing(question, piece, _whole(other))[1]
            and _names_all(question, read(other.hit.document))
            and not _qualified(question, piece, other)
            and _may_replace(question, answer, piece, other)
        ):
            found.setdefault(other.hit.document, other)
    return list(found.values())[:_MOST]


def answers_too(question: str, piece: Evidence, other: Evidence, read: Callable[[str], Document]) -> bool:
    """Tell whether another piece may be believed in place of one that speaks about the question.

    Its passage has most words of the question that `piece` has, and its document all names. How much it bears on the
    question is not counted here: a passage that repeats the question bears more on it than any other.
    """
    held, missing = _missing(question, piece, f"{_whole(other)} {other.hit.text}")
    return len(missing) <= _LACKED * len(held) and _names_all(question, read(other.hit.document))


def _missing(question: str, piece: Evidence, text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the question's words that `piece` has, and those of them that `text` has not."""
    held = _stems(question) & _stems(_whole(piece))
    return held, held - _stems(text)


def _names_all(question: str, document: Document) -> bool:
    """Tell whether a document has all names and codes of a question."""
    whole = f"{PurePath(document.path).name} {document.title} {document.text}".casefold()
    return all(name.casefold() in whole for name in _NAME.findall(question))


def differs(question: str, answer: str, other: str) -> bool:
    """Tell whether two short answers give different values: other figures or dates, or no word in common.

    One that only says more does not differ: "3 May 2024" and "3 May".
    """
    one, two = _values(answer) - _values(question), _values(other) - _values(question)
    if one or two:
        return bool(two) and not two <= one and not (one and one <= two)
    return bool(_said(question, other)) and not (agree(answer, other) or agree(other, answer))


def set_aside(document: str, said: str, language: str = DEFAULT) -> str:
    """Return the sentence that tells a reader which document was not believed, and why."""
    name = one_line(PurePath(document).name)
    said = said if len(said) <= _QUOTED else f"{said[: _QUOTED - 1].rstrip()}…"
    return filled(get_language(language).sentences.set_aside, document=name, said=said)


def _may_replace(question: str, answer: str, piece: Evidence, other: Evidence) -> bool:
    """Tell whether a piece holds another figure of the kind that the answer has, or may hold another name."""
    told = _values(answer)
    if told:
        kinds, words = _kinds(answer, piece.said), _tokens(other.said)
        return any(
            _kinds_beside(words, row) >= kinds and _number(word) not in told
            for row, word in enumerate(words)
            if _is_value(word)
        )
    asks = _tokens(question)[:1]
    return bool(asks) and asks[0] in _asking_who() and bool(_said(question, other.said) - _said(question, piece.said))


def _kinds(answer: str, said: str) -> set[str]:
    """Return the kinds of what an answer's figures count, in the answer or in what it rests on."""
    told, words = _values(answer), _tokens(said)
    own = {kind for word in _tokens(answer) if (kind := _kind(word))}
    there = [_kinds_beside(words, row) for row, word in enumerate(words) if _is_value(word) and _number(word) in told]
    return own or set().union(*there)


def _kinds_beside(words: Sequence[str], row: int) -> set[str]:
    """Return the kinds of the words beside a figure."""
    return {kind for word in words[max(row - 1, 0) : row + 2] if (kind := _kind(word))}


def _qualified(question: str, piece: Evidence, other: Evidence) -> bool:
    """Tell whether a piece puts a word before one of the question's that makes it another thing: "key deposit"."""
    asked = {word for word in _tokens(question) if word not in STOP_WORDS}
    known = asked | set(_tokens(_whole(piece))) | STOP_WORDS
    best = max((_tokens(text) for text in _sentences(other)), key=lambda words: len(asked & set(words)), default=[])
    return any(
        word in asked and before not in known and not _is_figure(before) and not _kind(before)
        for before, word in pairwise(best)
    )


def _sentences(piece: Evidence) -> list[str]:
    """Return the sentences of a piece: short ones are quoted together."""
    return [piece.text[start:end] for start, end in sentences(piece.text)]


def _whole(piece: Evidence) -> str:
    return f"{PurePath(piece.hit.document).stem} {piece.whole}"


def _said(question: str, text: str) -> set[str]:
    asked = _tokens(question)
    return {word for word in _tokens(text) if word not in STOP_WORDS and not among(word, asked)}


def _stems(text: str) -> frozenset[str]:
    return roots(normal(text), STOP_WORDS)


def _tokens(text: str) -> list[str]:
    return _WORD.findall(normal(text).casefold())


def _is_figure(word: str) -> bool:
    return word[0].isdigit() or number_of(word) is not None


def _number(word: str) -> str:
    number = number_of(word)
    return re.sub(r"[.,](?=\d{3}\b)", "", word) if number is None else str(number)


def _is_value(word: str) -> bool:
    """Tell whether a word is a figure, or a part of a date that is none."""
    return _is_figure(word) or _kind(word) in _DATES


def _values(text: str) -> set[str]:
    return {_number(word) for word in _tokens(text) if _is_value(word)}


def _kind(word: str) -> str | None:
    return next((kind for kind, words in _kinds_of_words().items() if word in words), None)


@cache
def _talk_words() -> tuple[str, ...]:
    return tuple(in_order(lambda language: language.answers.talk))


@cache
def _asking_who() -> frozenset[str]:
    return every(lambda language: language.answers.asks_who)


@cache
def _kinds_of_words() -> dict[str, frozenset[str]]:
    """Return the words beside figures by what they count: a price is never compared with a length."""
    months = in_order(lambda language: language.dates.months)
    return {
        "time": words_of(*TIMES),
        "month": frozenset(form for month in months for form in month.split("|")),
        "weekday": every(lambda language: language.dates.weekdays),
        "money": words_of(MONEY, symbols=True),
        "length": words_of("length", symbols=True),
        "weight": words_of("mass", symbols=True),
    }
