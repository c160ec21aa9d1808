"""What kind of question is asked: about a fact, for a list of documents, a comparison, a summary, over a series.

Rules on its words, those of its language first. In doubt it is about a fact: the other kinds are recognised only
where the question says so plainly. A summary names a document that the library has. So do both sides of a comparison,
unless it begins with "compare" or "what is the difference in": then they can be two things. A question over a series
needs documents that come out again and again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from ingest import stem
from rag_app.asking.question import OPENING_MARKS
from rag_app.asking.series import all_series, asked_of_each
from rag_app.language.detector import by_likelihood
from rag_app.language.keywords import codes
from rag_app.language.language import DEFAULT
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import alternatives, every, in_order, pattern, word_pattern
from rag_app.language.words import among, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.language.language import Language
    from rag_app.types import StoredDocument

Kind = Literal["fact", "list", "comparison", "summary", "series"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's kind, and what it is about."""

    kind: Kind
    topic: str = ""  # of a list or a comparison, "" for documents as a whole; what each of a series is asked
    documents: tuple[str, ...] = ()  # paths: the two sides of a comparison, or the one that is summarised
    things: tuple[str, ...] = ()  # the two sides of a comparison that are no documents
    exact: bool = False  # the topic of a list stood in quotation marks
    language: str = DEFAULT  # code of the one that it is asked in; of a fact it is not told here


_LONGEST = 8  # words of what a list is about
_QUOTES = " \"'“”„«»‘’"


@dataclass(frozen=True, slots=True)
class _Rules:
    """How a language asks for lists, comparisons and summaries, as patterns and words."""

    request: re.Pattern[str]  # with what is asked as "rest"
    lists: tuple[re.Pattern[str], ...]
    comparisons: tuple[re.Pattern[str], ...]
    things: re.Pattern[str]
    own: re.Pattern[str]
    weak: re.Pattern[str]  # said of much else
    label: re.Pattern[str]
    clause: re.Pattern[str]
    pronoun: re.Pattern[str]
    summary: frozenset[str]
    around: frozenset[str]  # words that may stand beside those, and the document's name


@cache
def _rules(language: Language) -> _Rules:
    said = language.kinds
    lead, tail = alternatives(said.lead), alternatives(said.tail)
    return _Rules(
        request=re.compile(rf"(?:{lead}\s+)*(?P<rest>.+?)(?:,?\s+{tail})*", re.IGNORECASE),
        lists=tuple(re.compile(asked, re.IGNORECASE) for asked in said.lists),
        comparisons=tuple(re.compile(asked, re.IGNORECASE) for asked in said.comparisons),
        things=pattern(said.things),
        own=word_pattern(said.own),
        weak=pattern(said.weak, before=r"\b", after=r"\w*$"),
        label=pattern(said.label, after=r"\s+"),
        clause=word_pattern(said.clause),
        pronoun=pattern(said.pronouns, after=r"\b"),
        summary=frozenset(said.summary),
        around=frozenset(said.around),
    )


@cache
def _articles(language: Language | None = None) -> re.Pattern[str]:
    """Return the pattern of an article of a language, or of any, before a name."""
    articles = language.kinds.articles if language else in_order(lambda known: known.kinds.articles)
    return pattern(articles, before="^")


@cache
def _generic() -> frozenset[str]:
    return every(lambda language: language.kinds.generic)


def kind_of(question: str, documents: Callable[[], Sequence[StoredDocument]]) -> Asked:
    """Tell what kind of question is asked, of a library of these documents; they are read only for names."""
    documents = cache(documents)
    text = " ".join(question.split()).rstrip("?!. ").lstrip(OPENING_MARKS)
    asked = [(language, _request(text, language)) for language in by_likelihood(text)]
    return (
        _list(asked)
        or _comparison(asked, documents)
        or _summary(asked, documents)
        or _over_series(question, documents)
        or Asked("fact")
    )


def _request(text: str, language: Language) -> str:
    """Return what is asked, without the words that ask politely."""
    match = _rules(language).request.fullmatch(text)
    return match["rest"] if match else text


def _list(asked: Sequence[tuple[Language, str]]) -> Asked | None:
    for language, text in asked:
        for match in _matches(_rules(language).lists, text):
            if topic := _topic(match, language):
                return Asked("list", topic, exact=_quoted(match["topic"], language), language=language.code)
    return None


def _comparison(
    asked: Sequence[tuple[Language, str]], documents: Callable[[], Sequence[StoredDocument]]
) -> Asked | None:
    """Return a comparison of two documents, or else of two things where the question says so."""
    things = None
    for language, text in asked:
        rules = _rules(language)
        for match in _matches(rules.comparisons, text):
            topic, sides = match.groupdict().get("topic") or "", (match["one"], match["other"])
            found = tuple(filter(None, (named(side, documents()) for side in sides)))
            if len(set(found)) == len(sides):
                return Asked("comparison", topic, found, language=language.code)
            plain = not any(map(rules.clause.search, (topic, *sides)))
            if things is None and topic and plain and rules.things.match(text):
                things = Asked("comparison", topic, things=sides, language=language.code)
    return things


def _summary(asked: Sequence[tuple[Language, str]], documents: Callable[[], Sequence[StoredDocument]]) -> Asked | None:
    for language, text in asked:
        name, said = _framed(text, _rules(language))
        if said and name and (document := named(name, documents())):
            return Asked("summary", documents=(document,), language=language.code)
    return None


def _over_series(question: str, documents: Callable[[], Sequence[StoredDocument]]) -> Asked | None:
    for language, each in asked_of_each(question):
        if all_series(documents()):
            return Asked("series", each, language=language.code)
    return None


def _framed(text: str, rules: _Rules) -> tuple[str, frozenset[str]]:
    """Return what stands between the words of a request for a summary, and those of them that say what it is."""
    spaced, first, last = text.split(), 0, 0
    known = rules.summary | rules.around
    while first < len(spaced) and known.issuperset(words(spaced[first])):
        first += 1
    while last < len(spaced) - first and known.issuperset(words(spaced[-1 - last])):
        last += 1
    kept = len(spaced) - last
    return " ".join(spaced[first:kept]), rules.summary.intersection(words(" ".join(spaced[:first] + spaced[kept:])))


def named(text: str, documents: Sequence[StoredDocument]) -> str | None:
    """Return the path of the one document whose file name or title has every word of `text`; None for none or several.

    A file name written out wins over all else. Common words do not count, nor does "report" or "file" where no name
    has it.
    """
    wanted = _bare(text).casefold()
    before, _, last = wanted.rpartition(" ")
    names = {wanted, _bare(last)} if _generic().issuperset(before.split()) else {wanted}
    exact = {
        document.path
        for document in documents
        for path in (document.paths or (document.path,))
        if not names.isdisjoint({PurePath(path).name.casefold(), path.casefold()})
    }
    if len(exact) == 1:
        return exact.pop()
    telling = set(words(wanted)) - STOP_WORDS
    for looked_for in filter(None, (telling, telling - _generic())):
        found = [document.path for document in documents if _has(document, looked_for)]
        if len(found) == 1:
            return found[0]
    return None


def _topic(match: re.Match[str], language: Language) -> str:
    """Return what a list is about; "" where it reads like another question."""
    rules, head, said = _rules(language), match.string[: match.start("topic")].rstrip(), match["topic"].strip()
    topic = _bare(rules.label.sub("", said), language)
    if not set(words(topic)) - STOP_WORDS:
        return ""
    if _quoted(said, language):
        return topic
    if len(topic.split()) > _LONGEST or rules.clause.search(topic) or rules.pronoun.match(topic):
        return ""
    if rules.weak.search(head) and not (rules.own.search(head) or codes(topic) or rules.label.match(said)):
        return ""
    return topic


def _quoted(text: str, language: Language) -> bool:
    return _rules(language).label.sub("", text.strip())[:1] in {*'"“„«'}


def _has(document: StoredDocument, wanted: set[str]) -> bool:
    held = words(f"{stem(PurePath(document.path))} {document.title}")
    return all(among(word, held) for word in wanted)


def _matches(patterns: Sequence[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    """Go through the patterns that the whole text fits."""
    return (match for asked in patterns if (match := asked.fullmatch(text)))


def _bare(text: str, language: Language | None = None) -> str:
    """Return `text` without quotation marks and a leading article, of one language or of any."""
    return _articles(language).sub("", text.strip(_QUOTES))
