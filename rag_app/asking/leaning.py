"""Whether a question leans on what was said before it, by rules: openings, pronouns, pointing words, what is left out.

A pointing word whose object stands in the same question ("when is the deposit paid, and who holds it?") does not lean.
The words are those of the question's language; where it may be in several, all of them have to say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from rag_app.asking.question import OPENING_MARKS
from rag_app.language.detector import likely_languages
from rag_app.language.vocabulary import alternatives, in_order, pattern, word_pattern

if TYPE_CHECKING:
    from rag_app.language.language import Language

_CAPITAL = "A-ZÀ-ÖØ-Þ"
_NAME = rf"(?<=\s)[{_CAPITAL}]\w+"
_FIRST_WORD = r"^\S*\s*"
_LONGEST_BARE = 6  # words
_FEW = 3  # words; a shorter question says too little to stand alone


@dataclass(frozen=True, slots=True)
class _Rules:
    """The words of a language by which a question leans, as patterns."""

    openings: re.Pattern[str]
    limits: re.Pattern[str]
    pronouns: re.Pattern[str]  # for what was said before, unless it is said earlier in the same question
    possessives: re.Pattern[str]
    reader: re.Pattern[str]
    pointers: re.Pattern[str]  # to what was said before, wherever they stand
    then: re.Pattern[str]
    condition: re.Pattern[str]
    empty: re.Pattern[str]  # "it" that stands for nothing: "is it allowed to smoke in the lift"
    clause: re.Pattern[str]
    contact: re.Pattern[str]  # "the dishwasher he left": the clause begins after its noun
    noun: re.Pattern[str]  # what a pronoun can stand for: a noun with its article, a name, a plural
    there: re.Pattern[str]
    place: re.Pattern[str]
    first: re.Pattern[str]
    thing_of: re.Pattern[str]  # "what is the price of its filter": the price is not what has the filter
    implied: re.Pattern[str]
    verbs: re.Pattern[str]
    bare: re.Pattern[str]  # begins like what is left of a question when its verb is left out
    asks: re.Pattern[str]


@cache
def _rules(language: Language) -> _Rules:
    said = language.followup
    return _Rules(
        openings=pattern(said.openings, before="^", after=r"\b"),
        limits=pattern(said.limits, before="^", after=r"\b"),
        pronouns=word_pattern(said.pronouns),
        possessives=word_pattern(said.possessives),
        reader=pattern(said.reader, before=r"(?<=\s)", after=r"\b", case=True),
        pointers=pattern(said.pointers),
        then=word_pattern(said.then),
        condition=word_pattern(said.condition),
        empty=pattern(said.empty),
        clause=re.compile(rf",|\b{alternatives(said.clause)}\b", re.IGNORECASE),
        contact=pattern(said.contact),
        noun=pattern([*said.noun, _NAME], case=True),
        there=pattern(said.there),
        place=pattern(said.place),
        first=pattern([*said.asked_things, _FIRST_WORD]),
        thing_of=pattern(said.thing_of),
        implied=pattern(said.implied),
        verbs=word_pattern(said.verbs),
        bare=pattern(said.bare, before="^", after=r"\b"),
        asks=pattern(said.asks, before="^", after="$"),
    )


def _rules_for(question: str) -> list[_Rules]:
    """Return the rules of the languages that a question may be in, and has any in."""
    likely = likely_languages(question)
    return [_rules(language) for language in likely if language.followup.openings] or [_rules(likely[0])]


@cache
def _sentence_end() -> re.Pattern[str]:
    abbreviations = in_order(lambda language: language.answers.abbreviations)
    kept = "".join(rf"(?<!\b{re.escape(word)}\.)" for word in abbreviations)
    return re.compile(rf"(?<=[.!?]){kept}\s+(?=[{_CAPITAL}])")


def leans(question: str) -> bool:
    """Tell whether `question` cannot be understood without what was said before it."""
    question = _opening_sentence(question).lstrip(OPENING_MARKS)
    return all(_leans(question, rules) for rules in _rules_for(question))


def _leans(question: str, rules: _Rules) -> bool:
    words = question.split()
    return (
        bool(rules.openings.search(question))
        or _is_fragment(question, rules)
        or (bool(rules.limits.search(question)) and not (rules.verbs.search(question) and len(words) > _LONGEST_BARE))
        or bool(rules.pointers.search(question))
        or bool(rules.implied.search(question))
        or (bool(rules.then.search(question)) and not rules.condition.search(question))
        or any(not rules.place.search(question[: found.start()]) for found in rules.there.finditer(question))
        or _has_loose_pronoun(question, rules)
    )


def is_fragment(question: str) -> bool:
    """Tell whether `question` is too short to say what it is about, or has no verb and begins like half a question."""
    question = question.lstrip(OPENING_MARKS)
    return all(_is_fragment(question, rules) for rules in _rules_for(question))


def _is_fragment(question: str, rules: _Rules) -> bool:
    words = question.rstrip("?! ").split()
    if len(words) <= _FEW:
        return not _names_its_subject(words, rules)
    half = rules.bare.search(question) or rules.openings.search(question)
    return bool(half) and len(words) <= _LONGEST_BARE and not rules.verbs.search(question)


def _opening_sentence(question: str) -> str:
    """Return the first sentence that says something; what comes after it can lean on it."""
    sentences = _sentence_end().split(question.strip())
    return next((sentence for sentence in sentences if len(sentence.split()) >= _FEW), question)


def _names_its_subject(words: list[str], rules: _Rules) -> bool:
    """Tell whether a short question is one like "What is FAISS?"."""
    last = words[-1].rstrip("?!.") if words else ""
    named = last[:1].isupper() or any(character.isdigit() for character in last)
    return len(words) == _FEW and named and bool(rules.asks.match(words[0])) and words[1][:1].islower()


def _has_loose_pronoun(question: str, rules: _Rules) -> bool:
    """Tell whether a pronoun stands for nothing that is named earlier in the question."""
    reader = [match.span() for match in rules.reader.finditer(question)]
    empty = [match.span() for match in rules.empty.finditer(question)]
    for found in rules.pronouns.finditer(question):
        if _within(found.start(), reader) or _within(found.start(), empty):
            continue
        before = question[: found.start()]
        clauses = [*rules.clause.finditer(before), *rules.contact.finditer(before)]
        if not clauses or not rules.noun.search(_first_word_apart(before[: clauses[-1].start()], rules)):
            return True
    for found in rules.possessives.finditer(question):
        if _within(found.start(), reader) or _within(found.start(), empty):
            continue
        before = question[: found.start()]
        if rules.thing_of.search(before) or not rules.noun.search(_first_word_apart(before, rules)):
            return True
    return False


def _first_word_apart(text: str, rules: _Rules) -> str:
    """Return `text` without its first word, capitalised whatever it is, and the verb after "what" or "who"."""
    return f" {rules.first.sub('', text, count=1)}"


def _within(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)
