"""What is shown of a draft: the words of the evidence that it repeats, one after the other, and nothing else.

A draft that is a stretch of the evidence says what the evidence says, in any language. Of any other the shortest
stretch is taken that holds its words in their order, so that what it left out is back and what it put in is gone; where
there is none, or where words around the stretch could turn it, the whole sentence is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from typing import TYPE_CHECKING

from rag_app.language.detector import language_of
from rag_app.language.numbers import number_of
from rag_app.language.reading import sentences
from rag_app.language.vocabulary import in_order, pattern
from rag_app.language.words import FIGURE, Written, among, folded, same_word
from rag_app.proof.figures import value_of
from rag_app.proof.wording import is_small, leading, widened
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.language.language import Language, Words

# Signs of money and shares are words too. Where a script has no spaces, each of its letters is one.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"{FIGURE}|[%‰°€$£¥]|[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W\d_])+")
MARK = re.compile(r"[,;:](?=\s)|[()–—]")  # between clauses
_COMMA = re.compile(r"\s*[,;](?=\s)")
_STATEMENT = 3  # words that a draft has at least to be one
_ITEM = 6  # words in which the last item of a list has to begin
BULLETS = "•·–-* "


@dataclass(frozen=True, slots=True)
class Carried:
    """What is shown of a draft."""

    text: str  # of the evidence, on one line; the draft itself where one of them has no words
    carried: bool  # the evidence holds each name, number, negation and other word of weight of the draft
    source: int = 0  # which text of the evidence it is from, the first where it is from several


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a text, with its words."""

    source: int  # text of the evidence
    text: str
    words: tuple[Written, ...]

    @property
    def texts(self) -> list[str]:
        """Its words as they are written."""
        return [word.text for word in self.words]

    @property
    def whole(self) -> _Span:
        """All of it."""
        return _Span(self, 0, len(self.text))


@dataclass(frozen=True, slots=True)
class _Span:
    sentence: Sentence
    start: int  # characters into the sentence
    end: int

    @property
    def text(self) -> str:
        return single_spaced(self.sentence.text[self.start : self.end]).lstrip(BULLETS)


def carry(draft: str, question: str, *evidence: str) -> Carried:
    """Return what is shown of a draft, and whether the evidence carries it.

    Args:
        draft: without markers, in one sentence or more.
        question: as it was asked; a draft that says no more than it is shown as a whole sentence.
        evidence: texts of documents, such as a sentence or a few that follow each other, the likeliest first.
    """
    held = [sentence for source, text in enumerate(evidence) for sentence in _sentences(text, source)]
    parts = [_part(said.words, question, held) for said in _sentences(draft)] if held else []
    if not parts:
        return Carried(draft, carried=False)
    spans = [span for part, _ in parts for span in part]
    return Carried(_shown(spans), all(carried for _, carried in parts), spans[0].sentence.source)


def _sentences(text: str, source: int = 0) -> Iterator[Sentence]:
    for start, end in sentences(text):
        if words := tuple(words_of(text[start:end])):
            yield Sentence(source, text[start:end], words)


def _part(said: Sequence[Written], question: str, held: Sequence[Sentence]) -> tuple[list[_Span], bool]:
    """Return what is shown of one sentence of a draft, and whether it carries it."""
    telling = [word for word in said if not is_small(word)] or [*said]
    asked = [word.text for word in words_of(question)]
    best = max(held, key=lambda one: (_repeated(said, one) is not None, _count(telling, one), _share(asked, one)))
    run = _repeated(said, best)
    missing = [] if run else [word for word in telling if not _held(word, best)]
    if missing:
        language = language_of(best.text)
        excused = all(_excused(word, asked, held, language) for word in missing)
        beside = next((one for one in held if one is not best and any(_stands(word, one) for word in missing)), best)
        pair = [best] if beside is best else [best, beside]
        pair.sort(key=lambda one: (one.source != best.source, held.index(one)))
        return [one.whole for one in pair], excused and not _replaced(telling, missing, asked, best)
    run = run or _stretch(telling, best)
    if run is None or run == (0, len(best.words) - 1) or _repeats(said, asked) or goes_on(run, best):
        return [best.whole], True
    span = _Span(best, *widened(best.text, best.words[run[0]].start, best.words[run[1]].end))
    return [best.whole if _turned(span, question) else span], True


def words_of(text: str) -> Iterator[Written]:
    """Go through the words, figures and signs of a text by which it is compared."""
    for match in _WORD.finditer(text):
        yield Written(match.start(), match.end(), match[0])


def _repeated(said: Sequence[Written], sentence: Sentence) -> tuple[int, int] | None:
    """Return the first and last word of a sentence that repeat the draft, but for small words at its edges."""
    there = [compared(text) for text in sentence.texts]
    first, last = 0, len(said)
    while first < last:
        at = _place([compared(word.text) for word in said[first:last]], there)
        opens = first == 0 or not is_small(said[first]) or said[first].text.casefold() in leading()
        if at is not None and opens:
            return at, at + last - first - 1
        if is_small(said[first]):
            first += 1
        elif is_small(said[last - 1]):
            last -= 1
        else:
            return None
    return None


def _place(wanted: Sequence[str], there: Sequence[str]) -> int | None:
    """Return where some words first stand one after the other."""
    return next((at for at in range(len(there)) if there[at : at + len(wanted)] == wanted), None)


def compared(word: str) -> str:
    """Return a word as it is compared: numbers by what they are worth, others without letter case and accents."""
    number = number_of(word.casefold())
    if number is not None:
        return str(number)
    return value_of(word) if word[0].isdigit() else folded(word)


def _stands(word: Written, sentence: Sentence) -> bool:
    return compared(word.text) in map(compared, sentence.texts)


def _held(word: Written, sentence: Sentence) -> bool:
    return _stands(word, sentence) or among(word.text, sentence.texts)


def _count(said: Sequence[Written], sentence: Sentence) -> int:
    return sum(_held(word, sentence) for word in said)


def _share(asked: Sequence[str], sentence: Sentence) -> int:
    return sum(among(word, sentence.texts) for word in asked)


def _stretch(said: Sequence[Written], sentence: Sentence) -> tuple[int, int] | None:
    """Return the first and last word of the shortest stretch that has the words in their order."""
    best: tuple[int, int] | None = None
    for first in range(len(sentence.words)):
        at = first
        for number, word in enumerate(said):
            rows = range(at, len(sentence.words))
            found = next((row for row in rows if alike(word.text, sentence.words[row].text)), None)
            if found is None or (number == 0 and found != first):
                break
            at = found + 1
        else:
            if best is None or at - 1 - first < best[1] - best[0]:
                best = first, at - 1
    return best


def alike(word: str, source: str) -> bool:
    """Tell whether two words are forms of one, or the same number."""
    return compared(word) == compared(source) or same_word(word, source)


def _replaced(said: Sequence[Written], missing: Sequence[Written], asked: Sequence[str], sentence: Sentence) -> bool:
    """Tell whether the sentence says another thing in the place of one that it lacks: "south" for "north"."""
    words = [word for word in sentence.words if not is_small(word)]
    there = [compared(word.text) for word in words]
    here = [
        next((compared(other.text) for other in words if alike(word.text, other.text)), compared(word.text))
        for word in said
    ]
    known = {*here, *map(compared, asked)}
    for kind, first, last, left, right in SequenceMatcher(None, here, there, autojunk=False).get_opcodes():
        at_the_end = last == len(here)  # where a draft may go on with what the question says
        lacks = any(word in missing and not (at_the_end and among(word.text, asked)) for word in said[first:last])
        if kind == "replace" and lacks and any(word not in known for word in there[left:right]):
            return True
    return False


def _excused(word: Written, asked: Sequence[str], held: Sequence[Sentence], language: Language) -> bool:
    """Tell whether a sentence may lack a word: one that stands beside it or in the question, or has little weight."""
    if negation_of(language).fullmatch(word.text):
        return False
    if among(word.text, asked) or any(_held(word, one) for one in held):
        return True
    return word.text.islower() and number_of(word.text) is None


def _repeats(said: Sequence[Written], asked: Sequence[str]) -> bool:
    """Tell whether a draft is a statement of what was asked: what decides then are words that it may have left out."""
    return len(said) >= _STATEMENT and all(is_small(word) or among(word.text, asked) for word in said)


def goes_on(run: tuple[int, int], sentence: Sentence) -> bool:
    """Tell whether a stretch is a part of a list: items are joined in it, and more are joined to it."""
    first, last = run
    joined = [row for row in range(first, last) if _joined(row, sentence)]
    if not joined:
        return False
    closed = any(_joins(row, sentence) for row in range(first, last + 1))  # by the word before its last item
    before = first > 0 and (_joined(first - 1, sentence) or _joins(first - 1, sentence))
    ahead = range(last, min(last + _ITEM, len(sentence.words) - 1))
    return before or (not closed and _joined(last, sentence) and any(_joins(row + 1, sentence) for row in ahead))


def _joined(row: int, sentence: Sentence) -> bool:
    """Tell whether what follows a word is joined to it as an item of a list."""
    if row + 1 >= len(sentence.words):
        return False
    one, other = sentence.words[row : row + 2]
    dated = one.text[0].isdigit() and other.text[0].isdigit()  # "May 18, 1756"
    comma = _COMMA.match(sentence.text[one.end : other.start])
    return (comma is not None and not dated) or _joins(row + 1, sentence)


def _joins(row: int, sentence: Sentence) -> bool:
    return sentence.words[row].text in _joining(language_of(sentence.text))


def _turned(span: _Span, question: str) -> bool:
    """Tell whether a negation or exception stands in the clause of a stretch, not in it, and was not asked for."""
    text = span.sentence.text
    marks = list(MARK.finditer(text))
    since = max((mark.end() for mark in marks if mark.end() <= span.start), default=0)
    until = min((mark.start() for mark in marks if mark.start() >= span.end), default=len(text))
    negation = negation_of(language_of(text))
    beside = (text[since : span.start], text[span.end : until])
    return any(map(negation.search, beside)) and not negation.search(question)


def _shown(spans: Sequence[_Span]) -> str:
    """Return the text of some spans, each once, those of other spans left out."""
    kept: list[_Span] = []
    for span in spans:
        if not any(_within(span, one) for one in kept):
            kept = [*(one for one in kept if not _within(one, span)), span]
    return " ".join(span.text for span in kept)


def _within(inner: _Span, outer: _Span) -> bool:
    return inner.sentence is outer.sentence and outer.start <= inner.start and inner.end <= outer.end


@cache
def negation_of(language: Language) -> re.Pattern[str]:
    """Return the pattern of a word that turns those beside it; not of a part of another word."""
    words = of_all(language, lambda one: one.answers.negations)
    return pattern(words, before=r"(?<![\w-])", after=r"(?![\w-])")


@cache
def _joining(language: Language) -> frozenset[str]:
    """Return the words between items of a list."""
    return frozenset(of_all(language, lambda one: (*one.kinds.both, *one.kinds.either)))


def of_all(language: Language, part: Callable[[Language], Words]) -> list[str]:
    """Return the words that a part has in all languages, but for those that are other small words in this one.

    The language of a short text is a guess, so that the words of the others count too.
    """
    others = set(language.stop) - set(part(language))
    return [word for word in in_order(part) if word not in others]
