"""Whether lines of a document say what a sentence says that the generator wrote in words of its own.

A sentence is shown as it was written only where its names, numbers, negations and other words of weight stand in one
line of the evidence in the same order, and nothing stands beside or between them there that it must not leave out: a
negation or exception, a condition, the word that qualifies another, a limit before a figure, the rest of a list. Small
words may not take the place of others. Of several lines it may be put together where the first opens a list of which
the others are items, or where each is a whole sentence and they follow each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.vocabulary import every, word_pattern
from rag_app.language.words import Written, among, folded
from rag_app.proof.carried import (
    BULLETS,
    MARK,
    Sentence,
    alike,
    compared,
    goes_on,
    negation_of,
    of_all,
    words_of,
)
from rag_app.proof.wording import is_small, widened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.language.language import Language

_ITEM = re.compile(rf"^\s*(?:[{re.escape(BULLETS.strip())}]|\d{{1,2}}[.)]|[a-z]\))\s+")  # the mark before one
_OPENS = (":", "：")  # ends what is followed by a list
_ENDS = re.compile(r"[.!?…。！？][\"'”’»)]*$")
_SEPARATES = re.compile(r"[:：=|–—]")  # a label and its value, or two cells
_SIGN = re.compile(r"(?:^|(?<=[^\w]))[-−–~±<>≤≥≈]\s?$")  # before a figure
_NEXT = 2  # words with which an exception after a clause begins


@dataclass(frozen=True, slots=True)
class _Part:
    """Words of a statement beside those of one line that are the same, in the order of both."""

    line: Sentence
    said: tuple[int, ...]  # which words of the statement
    there: tuple[int, ...]  # which words of the line


def lines_behind(statement: str, question: str, lines: Sequence[str]) -> tuple[int, ...]:
    """Return which lines of a text, one after the other, say what a statement says; none where they do not.

    Args:
        statement: one sentence or item, without markers.
        question: as it was asked; what it says itself a statement may leave out.
        lines: of one text, in order: sentences, items and rows.
    """
    said = Sentence(0, statement, tuple(words_of(statement)))
    held = [Sentence(row, bare, tuple(words_of(bare))) for row, bare in enumerate(map(bare_item, lines))]
    asked = [word.text for word in words_of(question)]
    language = language_of(" ".join(lines))  # of one short line it would be a guess
    proof = _Proof(said, asked, held, [bool(_ITEM.match(line)) for line in lines], language)
    found = [rows for first in range(len(held)) if (rows := proof.begun_with(first))]
    return min(found, key=len, default=())


@dataclass(frozen=True, slots=True)
class _Proof:
    """Looks for the lines of one statement."""

    said: Sentence
    asked: Sequence[str]
    lines: Sequence[Sentence]
    items: Sequence[bool]  # which lines have the mark of an item
    language: Language  # of the lines

    def begun_with(self, row: int) -> tuple[int, ...]:
        """Return the lines that carry the statement, of which this is the first; none where it is not."""
        telling = [at for at, word in enumerate(self.said.words) if self._tells(word)]
        if not telling:
            return ()
        for part in self._parts(telling, self.lines[row]):
            if not self._opens(part):
                continue
            rest = telling[len(part.said) :]
            if not rest:
                if self._closes(part):
                    return (row,)
            elif rows := self._gone_on(part, rest):
                return (row, *rows)
        return ()

    def _gone_on(self, before: _Part, telling: Sequence[int], since: int | None = None) -> tuple[int, ...]:
        """Return the lines after another one that carry the rest of the statement."""
        row = before.line.source
        opened = since if since is not None else row
        listed = self.lines[opened].text.endswith(_OPENS)
        whole = not listed and bool(_ENDS.search(before.line.text))
        if not (listed or whole) or not self._ends_with(before):
            return ()
        for after in self._following(opened, row) if listed else range(row + 1, min(row + 2, len(self.lines))):
            for part in self._parts(telling, self.lines[after]):
                rest = telling[len(part.said) :]
                if not self._begins_with(part) or not self._joined(before, part):
                    continue
                if not rest and (self._closes(part) if listed else self._complete(part)):
                    return (after,)
                if rest and (rows := self._gone_on(part, rest, opened if listed else None)):
                    return (after, *rows)
        return ()

    def _following(self, opened: int, row: int) -> Iterator[int]:
        """Go through the items of a list after one of its lines: the line after its opening, and those with a mark."""
        for after in range(row + 1, len(self.lines)):
            if after > opened + 1 and not self.items[after]:
                return
            yield after

    def _parts(self, telling: Sequence[int], line: Sentence) -> Iterator[_Part]:
        """Go through the ways in which the first words of a statement stand in a line."""
        for start, word in enumerate(line.words):
            if not self._alike(self.said.words[telling[0]], word):
                continue
            there: list[int] = []
            for at in telling:
                rows = range(there[-1] + 1 if there else start, len(line.words))
                found = next((row for row in rows if self._alike(self.said.words[at], line.words[row])), None)
                if found is None:
                    break
                there.append(found)
            part = _Part(line, tuple(telling[: len(there)]), tuple(there))
            if self._whole_words(part) and self._between(part):
                yield part

    def _whole_words(self, part: _Part) -> bool:
        """Tell whether each word has what belongs to it: sign, unit and limit of a figure, other half of a compound."""
        for at, row in zip(part.said, part.there, strict=True):
            mine, its = _with_all(self.said, at), _with_all(part.line, row)
            if len(mine) != len(its) or not all(map(self._alike, mine, its)):
                return False
            if _sign(self.said, at) != _sign(part.line, row):
                return False
        return True

    def _between(self, part: _Part) -> bool:
        """Tell whether a statement says between the words of a part what its line says there."""
        for (at, row), (next_at, next_row) in pairwise(zip(part.said, part.there, strict=True)):
            said, there = self.said.words[at + 1 : next_at], part.line.words[row + 1 : next_row]
            text = part.line.text[part.line.words[row].end : part.line.words[next_row].start]
            weighty = any(map(self._tells, there))
            if not (self._may_lack(there, said) or self._is_beside(there)) or self._turned(text, said):
                return False
            if self._put_in(said, there, text) or (not weighty and self._small(there) - self._small(said)):
                return False
        return True

    def _joined(self, before: _Part, after: _Part) -> bool:
        """Tell whether small words between the parts of two lines stand there."""
        said = self.said.words[before.said[-1] + 1 : after.said[0]]
        tail = before.line.text[before.line.words[before.there[-1]].end :]
        text = f"{tail},{after.line.text[: after.line.words[after.there[0]].start]}"
        return not self._put_in(said, [*words_of(text)], text)

    def _opens(self, part: _Part) -> bool:
        """Tell whether a statement may begin where its first part does."""
        lead = part.line.text[: part.line.words[part.there[0]].start]
        said = self.said.words[: part.said[0]]
        clause = lead[max((mark.end() for mark in MARK.finditer(lead)), default=0) :]
        if self._depends(lead, said) or negation_of(self.language).search(clause):
            return False
        nearest = [*words_of(clause)][-1:]
        if not all(folded(word.text) in _folded(said) or self._is_plain(word) for word in nearest):
            return False
        return not self._put_in(said, [*words_of(lead)], lead)

    def _closes(self, part: _Part) -> bool:
        """Tell whether a statement may end where its last part does."""
        line, last = part.line, part.there[-1]
        tail = line.text[line.words[last].end :]
        said = self.said.words[part.said[-1] + 1 :]
        negation = negation_of(self.language)
        clauses = MARK.split(tail)
        excepted = any(negation.search(" ".join(clause.split()[:_NEXT])) for clause in clauses[1:])
        either = any(word.text.casefold() in _either() for word in line.words[last + 1 : last + 2])
        if excepted or either or negation.search(clauses[0]) or self._depends(tail, said):
            return False
        if self._goes_with_next(line, last) or goes_on((part.there[0], last), line):
            return False
        return not self._put_in(said, [*words_of(tail)], tail)

    def _complete(self, part: _Part) -> bool:
        """Tell whether a part says all that follows in its line."""
        return self._ends_with(part) and self._closes(part)

    def _ends_with(self, part: _Part) -> bool:
        """Tell whether nothing of weight follows a part in its line."""
        words = part.line.words[part.there[-1] + 1 :]
        return self._may_lack(words) and not self._turned(" ".join(word.text for word in words))

    def _begins_with(self, part: _Part) -> bool:
        """Tell whether nothing of weight comes before a part in its line."""
        words = part.line.words[: part.there[0]]
        return self._may_lack(words) and not self._turned(" ".join(word.text for word in words))

    def _may_lack(self, words: Sequence[Written], said: Sequence[Written] = ()) -> bool:
        """Tell whether a statement may lack words of a line: those that say little, and those of the question."""
        kept = _folded(said)
        return all(not self._tells(word) or self._is_asked(word) or folded(word.text) in kept for word in words)

    def _is_asked(self, word: Written) -> bool:
        """Tell whether the question says a word, which then goes without saying; not one such as "less" or "only"."""
        return among(word.text, self.asked) and word.text.casefold() not in _limiting()

    def _goes_with_next(self, line: Sentence, row: int) -> bool:
        """Tell whether a word may be half of what it says: "5" before "million", "car" before "park"."""
        if row + 1 == len(line.words):
            return False
        word, after = line.words[row : row + 2]
        return self._tells(after) and not line.text[word.end : after.start].strip()

    def _is_beside(self, words: Sequence[Written]) -> bool:
        """Tell whether words say another thing of the same: "has a yard and was" before "built"."""
        ends = [row for row, word in enumerate(words) if word.text.casefold() in _both(self.language)]
        after = words[ends[-1] + 1 :] if ends else ()
        return any(_verbs().fullmatch(word.text) for word in after) and not any(map(self._tells, after))

    def _turned(self, text: str, said: Sequence[Written] = ()) -> bool:
        """Tell whether words of a line turn what is beside them, or make it depend on something."""
        return bool(negation_of(self.language).search(text)) or self._depends(text, said)

    def _depends(self, text: str, said: Sequence[Written]) -> bool:
        kept = _folded(said)
        return any(folded(match[0]) not in kept for match in _conditions(self.language).finditer(text))

    def _put_in(self, said: Sequence[Written], there: Sequence[Written], text: str) -> set[str]:
        """Return the small words of a statement that its line lacks, but for the verb between a label and its value."""
        new = self._small(said) - _folded(there)
        if _SEPARATES.search(text):
            new = {word for word in new if not _verbs().fullmatch(word)}
        return new

    def _small(self, words: Sequence[Written]) -> set[str]:
        """Return the small words that say how others belong together: no articles, and no "and"."""
        free = _articles(self.language) | _both(self.language)
        return {folded(word.text) for word in words if not self._tells(word) and word.text.casefold() not in free}

    def _tells(self, word: Written) -> bool:
        """Tell whether a word has weight, wherever it stands; one that turns others always has."""
        small = is_small(Written(0, len(word.text), word.text))
        return not small or bool(negation_of(self.language).fullmatch(word.text))

    def _alike(self, word: Written, source: Written) -> bool:
        return _is_form(word.text, source.text, self.language.stemmer)

    def _is_plain(self, word: Written) -> bool:
        """Tell whether a word leaves what the next one stands for, as "deputy" and "some" do not."""
        return word.text.casefold() not in _whole() and (not self._tells(word) or self._is_asked(word))


def bare_item(line: str) -> str:
    """Return a line without the mark of an item before it: "• a towel", "2. Press the button"."""
    return _ITEM.sub("", line, count=1)


def _with_all(sentence: Sentence, row: int) -> list[Written]:
    word = sentence.words[row]
    start, end = widened(sentence.text, word.start, word.end)
    return [*words_of(sentence.text[start:end])]


def _sign(sentence: Sentence, row: int) -> str:
    """Return the sign before a figure, and nothing before another word."""
    word = sentence.words[row]
    found = _SIGN.search(sentence.text, 0, word.start) if word.text[0].isdigit() else None
    return found[0].strip().replace("−", "-").replace("–", "-") if found else ""


@lru_cache(50_000)
def _is_form(word: str, source: str, stemmer: str) -> bool:
    """Tell whether two words are the same, or have one stem: "fifty" and "fifteen" have none."""
    if compared(word) == compared(source):
        return True
    if not alike(word, source) or any(map(str.isdigit, word + source)):
        return False
    return stems(word, stemmer) == stems(source, stemmer) != ""


def _folded(words: Sequence[Written]) -> set[str]:
    return {folded(word.text) for word in words}


@cache
def _whole() -> frozenset[str]:
    """Return the words that say how many of something are meant: all, some."""
    return every(lambda language: language.answers.whole)


@cache
def _articles(language: Language) -> frozenset[str]:
    return frozenset(of_all(language, lambda one: one.answers.articles))


@cache
def _both(language: Language) -> frozenset[str]:
    """Return the words between things that are meant both: "and"."""
    return frozenset(of_all(language, lambda one: one.kinds.both))


@cache
def _either() -> frozenset[str]:
    """Return the words between things of which one is meant: "or"."""
    return every(lambda language: language.kinds.either) | every(lambda language: language.answers.either)


@cache
def _limiting() -> frozenset[str]:
    """Return the words that make what they stand before more or less than it is: "less", "only", "about"."""
    limits = every(lambda language: language.answers.limits)
    return every(lambda language: language.answers.qualifiers) | {word for one in limits for word in one.split()}


@cache
def _verbs() -> re.Pattern[str]:
    """Return the pattern of a verb such as "is"."""
    return word_pattern(every(lambda language: language.followup.verbs))


@cache
def _conditions(language: Language) -> re.Pattern[str]:
    """Return the pattern of a word that makes what is said beside it depend on something."""
    return word_pattern(of_all(language, lambda one: one.followup.condition))
