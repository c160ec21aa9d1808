"""The two sides of a comparison: what each is called, and the question about it alone.

The generator writes them after examples, the same way in every language. What it writes is held against the question:
where that does not have the name of a thing there are no sides, and in place of a question that is not about one thing
alone stands the whole one with the thing before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.asking.choice import after_examples
from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import among, folded, tokens
from rag_app.models.generator import Usage
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.models.generator import Generator

_TOKENS = 64  # of both questions
_LONGEST = 6  # words of a name
_LEAST = 3  # letters of a word that tells a thing apart
_BETWEEN = " | "  # as the prompt parts the sides
_AFTER_NAME = ": "
_MARKS = ".,;:!?¿¡\"'„“”«»()"


@dataclass(frozen=True, slots=True)
class Side:
    """One of two things that are compared."""

    name: str  # in the words of the question, without those that the other's has too
    question: str  # about it alone

    def named_in(self, text: str) -> bool:
        """Tell whether a text holds the name: each part of it, in any of its forms, and what a part joins in a row."""
        said = [one.text for one in tokens(text)]
        stemmer = language_of(self.question).stemmer
        return all(_stands(part, said, stemmer) for part in _parts(self.name))


@dataclass(frozen=True, slots=True)
class Sides:
    """Two things that are compared, in the order of the question."""

    first: Side
    second: Side


def sides_of(question: str, generator: Generator) -> Sides | None:
    """Return the two sides of a comparison; None where it is not clear which they are."""
    written = _written(question, generator)
    sides = [part.partition(_AFTER_NAME) for part in written.split(_BETWEEN)]
    if len(sides) != 2 or "\n" in written:
        return None
    names = [_spelled(name, question) for name, _, _ in sides]
    if not all(map(_tells, names)):
        return None
    one, other = _without_common(*names)
    first, second = (Side(name, single_spaced(asked)) for name, (_, _, asked) in zip((one, other), sides, strict=True))
    if first.named_in(second.name) or second.named_in(first.name):
        return None
    return Sides(_alone(first, second, question), _alone(second, first, question))


def _alone(side: Side, other: Side, question: str) -> Side:
    """Return a side as it was written, or with the whole question where that was not about it alone."""
    if side.named_in(side.question) and not other.named_in(side.question) and not _added(side.question, question):
        return side
    return Side(side.name, f"{side.name}: {question}")


def _added(written: str, question: str) -> list[str]:
    """Return the names and figures of a question that another one lacks; its first word is no name for a capital."""
    known = [one.text for one in tokens(question)]
    said = [one.text for one in tokens(written)]
    return [
        word
        for row, word in enumerate(said)
        if (word[0].isdigit() or (row > 0 and not word.islower() and word.casefold() not in STOP_WORDS))
        and not among(word.casefold(), [one.casefold() for one in known])
    ]


def _spelled(name: str, question: str) -> list[str]:
    """Return the words of a name as the question spells them; none where it lacks one, or where they are too many."""
    known = {folded(word): word for word in _split(question)}
    said = _split(name)
    if len(said) > _LONGEST or not all(folded(word) in known for word in said):
        return []
    return [known[folded(word)] for word in said]


def _split(text: str) -> list[str]:
    return [bare for word in text.split() if (bare := word.strip(_MARKS))]


def _without_common(one: list[str], other: list[str]) -> tuple[str, str]:
    """Return two names without the words with which both begin or end, unless what is left tells nothing."""
    first, second = list(one), list(other)
    for end in (0, -1):
        while first and second and folded(first[end]) == folded(second[end]):
            del first[end], second[end]
    if _tells(first) and _tells(second):
        return " ".join(first), " ".join(second)
    return " ".join(one), " ".join(other)


def _tells(name: Sequence[str]) -> bool:
    return any(
        any(map(str.isdigit, word)) or (len(word) >= _LEAST and word.casefold() not in STOP_WORDS) for word in name
    )


def _parts(name: str) -> list[list[str]]:
    """Return the words of each part of a name that says something, a letter with the part before it: "Zone A"."""
    parts: list[list[str]] = []
    for part in ([one.text for one in tokens(written)] for written in name.split()):
        if part and parts and len("".join(part)) == 1:
            parts[-1] += part
        elif part:
            parts.append(part)
    telling = [part for part in parts if not STOP_WORDS.issuperset(map(str.casefold, part))]
    return telling or parts


def _stands(part: Sequence[str], said: Sequence[str], stemmer: str) -> bool:
    """Tell whether the words of a part of a name stand in a row among those of a text."""
    return any(
        all(_same(word, there, stemmer) for word, there in zip(part, said[row:], strict=False))
        for row in range(len(said) - len(part) + 1)
    )


def _same(word: str, there: str, stemmer: str) -> bool:
    """Tell whether two words have the same stem; by fewer letters "weekend" and "weekday" would be one."""
    if len(word) == 1 or word[0].isdigit():
        return word == there
    return folded(word) == folded(there) or stems(word, stemmer) == stems(there, stemmer) != ""


def _written(question: str, generator: Generator) -> str:
    return "".join(generator.stream(after_examples("sides", question), Usage(), max_tokens=_TOKENS)).strip()
