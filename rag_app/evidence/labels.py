"""How well the labels of rows and columns of a table fit what is asked: what the encoders and the words say of each.

Labels are compared both ways: with how much of a label was asked for, and with how much of what was asked it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_app.language.dates import is_year, said_alike
from rag_app.language.detector import language_of
from rag_app.language.keywords import stems
from rag_app.language.measures import PERCENT, codes
from rag_app.language.stopwords import stop_words
from rag_app.language.times import times_in
from rag_app.language.words import words
from rag_app.types import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.language.language import Language

_FOOTNOTES = re.compile(
    r"(?<=\w{3})\s?(?:\(\d{1,2}\)|[⁰¹²³⁴-⁹]+|[*†‡§]+)(?!\w)"
)  # marks after a word: "Other assets(1)"
_NEUTRAL = 0.5  # share of a label that has no words but its year


@dataclass(frozen=True, slots=True)
class Label:
    """What names a row or a column."""

    own: str
    above: str = ""  # under what it stands: parents, and of a row the caption of its table

    @property
    def whole(self) -> str:
        """All of it."""
        return f"{self.above}: {self.own}" if self.above and self.own else self.above or self.own


@dataclass(frozen=True, slots=True)
class Fit(Json):
    """How a label fits a question, each from 0 to 1 but for the encoders' scores."""

    alike: float  # cosine of question and whole label by the bi-encoder
    own_alike: float  # the same of its own words
    relevant: float  # logit of the cross-encoder, in tens
    asked: float  # share of its own words that the question has
    said: float  # share of the question's words that it says, but for those of the labels that cross it
    literal: float  # whether its words stand in the question side by side, in any of their forms, and are no part of
    # those of another label all of which are asked for: "Adult" beside "Family, two adults"
    literal_words: float  # how many these are
    same_year: float  # whether a time is asked for and it names that one, a quarter of a year as well
    other_year: float  # whether it names another one
    first: float  # whether it is the first


@dataclass(frozen=True, slots=True)
class Scores:
    """What the encoders say of one label."""

    alike: float = 0.0
    own_alike: float = 0.0
    relevant: float = 0.0


def fits(question: str, labels: Sequence[Label], crossing: Sequence[Label], scores: Sequence[Scores]) -> list[Fit]:
    """Return how each of some labels fits a question.

    Args:
        question: or the name of what is looked for.
        labels: of the rows, or of the columns.
        crossing: the labels of the others, whose words are not missed here.
        scores: one for each label.
    """
    language = language_of(question)
    question = said_alike(question)
    asked = content(question, language)
    spoken = f" {_forms(question, language)} "
    times = times_in(question)
    wanted = asked - {stem for label in crossing for stem in content(label.own, language)}
    named = [times_in(label.own, label=True) or times_in(label.above, label=True) for label in labels]
    owns = [content(label.own, language) for label in labels]
    all_asked = [own for own in owns if own and own <= asked]
    found = []
    for at, (label, own, its) in enumerate(zip(labels, owns, scores, strict=True)):
        whole = content(label.whole, language)
        plain = _forms(label.own, language)
        literal = bool(plain) and f" {plain} " in spoken and not any(own < other for other in all_asked)
        found.append(
            Fit(
                alike=its.alike,
                own_alike=its.own_alike,
                relevant=its.relevant / 10,
                asked=len(own & asked) / len(own) if own else _NEUTRAL,
                said=len(whole & wanted) / max(len(wanted), 1),
                literal=float(literal),
                literal_words=float(literal * len(own)),
                same_year=float(named[at].are(times)),
                other_year=float(named[at].differ_from(times)),
                first=float(at == 0),
            )
        )
    return found


def without_footnotes(text: str) -> str:
    """Return a label without the marks of its footnotes."""
    return _FOOTNOTES.sub("", text)


def _forms(text: str, language: Language) -> str:
    """Return the words of a text in order, all forms of one alike."""
    text = said_alike(text)
    return stems(text, language.stemmer or "") or " ".join(words(text))


def content(text: str, language: Language) -> set[str]:
    """Return the stems of the words of a text that say something, without years; of measures their codes."""
    without, measures = stop_words(language), codes(language)
    told = [word for word in words(said_alike(text)) if word not in without and not is_year(word)]
    plain = [word for word in told if word not in measures]
    named = {measures[word] for word in told if word in measures} | {PERCENT for sign in text if sign == PERCENT}
    return named | set(stems(" ".join(plain), language.stemmer or "").split() or plain)
