"""What the program knows of a language: its words and its own sentences in it, loaded from one file of `data/`.

A part that a file leaves out is empty, and a sentence that it leaves out is the English one.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from typing import Any
from unicodedata import normalize

DEFAULT = "en"  # is taken where nothing tells, and lends its sentences
_USED = re.compile(r"\{([a-z_]+)\}")

Words = tuple[str, ...]
Rules = tuple[tuple[str, str], ...]  # a pattern and a text for each; the first pattern that fits counts


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the program itself says in an answer; {names} are filled in."""

    not_found: str = ""
    not_mentioned: str = ""
    not_stated: str = ""
    unsure: str = ""
    yes: str = ""
    no: str = ""
    higher: str = ""
    lower: str = ""
    says_instead: str = ""  # document, quote
    set_aside: str = ""  # document, said
    list_of_one: str = ""  # topic
    list_of_many: str = ""  # count, topic
    more: str = ""  # count
    parts_read: str = ""  # read, count
    words_read: str = ""  # read, count
    left_out: str = ""  # count
    looked_through: str = ""  # count
    hello: str = ""
    welcome: str = ""
    fine: str = ""
    abilities: str = ""  # documents
    no_documents: str = ""
    one_document: str = ""
    many_documents: str = ""  # count
    one_page: str = ""
    many_pages: str = ""  # count
    added: str = ""  # document, added, changed
    newest: str = ""  # document, changed
    last_added: str = ""  # document, added
    longest: str = ""  # document, pages


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers in words."""

    words: Words = ()  # from nought to twelve
    doubtful: Words = ()  # those that are other words, too, in this language or another
    large: Words = ()
    before_large: str = ""
    percent: Words = ()
    times: Words = ()  # of "six-time"


@dataclass(frozen=True, slots=True)
class Dates:
    """How times are said."""

    months: Words = ()  # twelve, each with its other forms after "|"
    short: Words = ()  # the same cut short, "-" for none
    doubtful: Words = ()  # months that are other words, too, where no number or word of `within` stands beside them
    within: Words = ()
    ordinals: Words = ()  # of quarters, four
    quarter: Words = ()
    half: Words = ()  # of a year
    month: Words = ()  # after how many there are
    day_endings: Words = ()
    of: Words = ()
    the: Words = ()
    weekdays: Words = ()
    units: Words = ()  # that head columns of tables
    counted: Words = ()  # endings of numbers: "15th", "1990s"
    called: Words = ()  # the word for a date
    latest: Words = ()  # of several dates, said of nothing else
    earliest: Words = ()


@dataclass(frozen=True, slots=True)
class Measures:
    """How scales and units stand beside figures and in questions."""

    scale_in: Words = ()
    scales: Words = ()
    scaled: Words = ()
    of: Words = ()
    percent: Words = ()
    excepted: Words = ()  # before those figures that do not have the unit of the others
    units: Words = ()  # that head a column of units
    asked_in: Words = ()  # before a unit that an answer is wanted in, with the spaces between
    how_many: Words = ()  # the same, before what is counted
    average: Words = ()  # that ask for it
    sum: Words = ()


@dataclass(frozen=True, slots=True)
class Units:
    """What units are called, in all forms, the singular first; each is one of `units.toml`.

    A form that is another word in a question, too, such as "second", is left out, and so is what is of different size
    from place to place.
    """

    millimetre: Words = ()
    centimetre: Words = ()
    metre: Words = ()
    kilometre: Words = ()
    inch: Words = ()
    foot: Words = ()
    yard: Words = ()
    mile: Words = ()
    milligram: Words = ()
    gram: Words = ()
    kilogram: Words = ()
    tonne: Words = ()
    ounce: Words = ()
    pound: Words = ()
    square_centimetre: Words = ()
    square_metre: Words = ()
    square_kilometre: Words = ()
    square_foot: Words = ()
    hectare: Words = ()
    acre: Words = ()
    millilitre: Words = ()
    centilitre: Words = ()
    decilitre: Words = ()
    litre: Words = ()
    cubic_metre: Words = ()
    kilometre_per_hour: Words = ()
    metre_per_second: Words = ()
    mile_per_hour: Words = ()
    knot: Words = ()
    second: Words = ()
    minute: Words = ()
    hour: Words = ()
    day: Words = ()
    week: Words = ()
    month: Words = ()
    year: Words = ()
    celsius: Words = ()
    fahrenheit: Words = ()
    kelvin: Words = ()
    kilojoule: Words = ()
    kilocalorie: Words = ()
    watt_hour: Words = ()
    kilowatt_hour: Words = ()
    megawatt_hour: Words = ()
    watt: Words = ()
    kilowatt: Words = ()
    euro: Words = ()
    dollar: Words = ()
    pound_sterling: Words = ()
    franc: Words = ()
    zloty: Words = ()
    krona: Words = ()
    real: Words = ()
    yen: Words = ()
    cent: Words = ()


@dataclass(frozen=True, slots=True)
class Answers:
    """Words by which answers and evidence are judged."""

    verdicts: Words = ()  # yes and no
    qualifiers: Words = ()
    telling: Words = ()  # stop words that change what is said
    negations: Words = ()  # words that turn what the words beside them say, exceptions among them
    articles: Words = ()
    whole: Words = ()  # all, some
    limits: Words = ()  # phrases of two words before a figure
    captions: Words = ()  # before the number of a table or figure
    elsewhere: Words = ()  # that point to another place
    abbreviations: Words = ()  # that end no sentence; letter case counts
    either: Words = ()
    which: Words = ()
    between: Words = ()
    asks_who: Words = ()
    talk: Words = ()  # beginnings of words of a text about questions and answers
    labels: Words = ()  # at the start of a line, that could pass for the prompt's own


@dataclass(frozen=True, slots=True)
class Reading:
    """Words by which sentences, lines and pages are told apart in files, as they are written and no expressions.

    They are looked for in files of any language: what is a common word in another one has no place here. Letter case
    counts in `markers`, `unfinished` and, in the cells of a table, `no_value`; elsewhere they are in lower case.
    """

    titles: Words = ()  # abbreviations that end no sentence, without their last full stop
    numbered: Words = ()  # those that are one only before a number
    endings: Words = ()  # those that may end a sentence: the next word decides
    starters: Words = ()  # with which a new sentence begins after one of these
    markers: Words = ()  # before the number of a heading or an item
    before_ordinals: Words = ()  # where ordinals are written with a full stop; the months may follow them, too
    after_ordinals: Words = ()
    suspended: Words = ()  # after a hyphen that stands for the rest of a word
    compounds: Words = ()  # before which a compound keeps its hyphen
    unfinished: Words = ()  # with which no paragraph ends
    pages: Words = ()  # before the number of a page
    page_counts: Words = ()  # between the number of a page and how many there are
    new_files: Words = ()  # by which programs call new files
    untitled: Words = ()  # with which the titles of files begin that nobody gave one
    no_value: Words = ()  # in place of a figure that there is none of
    no_meaning: Words = ()  # in place of one that would say nothing
    unit_in: Words = ()  # before the unit of a table's figures
    unit_of: Words = ()  # between its scale and its currency
    scales: Words = ()  # in full and cut short, without a full stop
    currencies: Words = ()


@dataclass(frozen=True, slots=True)
class FollowUps:
    """By what a question leans on the one before."""

    openings: Words = ()
    limits: Words = ()
    pronouns: Words = ()
    possessives: Words = ()
    reader: Words = ()  # forms that address the reader and stand for nobody else; letter case counts
    pointers: Words = ()
    then: Words = ()
    condition: Words = ()
    empty: Words = ()  # with pronouns that stand for nothing
    clause: Words = ()
    contact: Words = ()
    noun: Words = ()  # letter case counts
    there: Words = ()
    place: Words = ()
    asked_things: Words = ()
    thing_of: Words = ()
    implied: Words = ()  # questions whose subject is left out
    verbs: Words = ()
    bare: Words = ()  # how a question begins whose verb is left out
    asks: Words = ()
    talk: Words = ()


@dataclass(frozen=True, slots=True)
class Program:
    """What is said to the program itself, and asked of it: phrases that a whole message is made of."""

    hello: Words = ()
    thanks: Words = ()
    fine: Words = ()  # that all is well, or understood
    abilities: Words = ()  # what it can do, and who it is
    names: Words = ()  # which documents there are
    count: Words = ()  # how many
    sections: Words = ()  # words for the parts of a document


@dataclass(frozen=True, slots=True)
class Kinds:
    """How lists, comparisons and summaries are asked for."""

    lead: Words = ()
    tail: Words = ()
    lists: Words = ()  # with the group "topic"
    comparisons: Words = ()  # with the groups "one", "other" and perhaps "topic"
    things: Words = ()  # openings after which two things may be compared
    own: Words = ()
    weak: Words = ()
    label: Words = ()
    clause: Words = ()
    pronouns: Words = ()
    articles: Words = ()
    either: Words = ()
    both: Words = ()
    summary: Words = ()
    around: Words = ()
    generic: Words = ()
    noun_endings: Words = ()
    each: Rules = ()  # a topic, and what is asked of each side
    of: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """How one document of a series, or each, is asked for."""

    last: str = ""
    over: Words = ()
    now: str = ""
    each: Rules = ()  # a question over a series, and what is asked of each document
    more: Words = ()
    compared: str = ""
    dated: str = ""
    issue: str = ""
    three_months: str = ""
    for_three_months: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """How sentences say by how much something changed."""

    verbs: Words = ()  # beginnings
    by: Words = ()
    by_far: Words = ()  # with other words between the verb and it
    about: Words = ()
    units: Words = ()
    nouns: Words = ()
    level: Words = ()
    level_verbs: Words = ()
    asks: Words = ()


@dataclass(frozen=True, slots=True)
class Questions:
    """How questions speak about the text that they were made from."""

    itself: str = ""


@dataclass(frozen=True, slots=True)
class Orders:
    """By what a text gives orders to whatever answers questions."""

    patterns: Words = ()
    telling: Words = ()  # of a text that is read in disguise
    spelt: Words = ()  # letter by letter


@dataclass(frozen=True, slots=True)
class Language:
    """A language: its file, and all that the program knows of it. Patterns leave letter case aside unless it counts."""

    code: str  # ISO 639-1, the name of the file
    stemmer: str = ""  # Snowball name; "" where there is none
    script: str = ""  # as Unicode begins the names of its letters, where no Latin one
    frequent: Words = ()  # the commonest words, by which a long text is told
    stop: Words = ()  # that say nothing of a subject in any language
    stop_here: Words = ()  # the same in this language only; in another they are a noun, a verb or a name
    sentences: Sentences = field(default_factory=Sentences)
    numbers: Numbers = field(default_factory=Numbers)
    dates: Dates = field(default_factory=Dates)
    measures: Measures = field(default_factory=Measures)
    units: Units = field(default_factory=Units)
    answers: Answers = field(default_factory=Answers)
    reading: Reading = field(default_factory=Reading)
    followup: FollowUps = field(default_factory=FollowUps)
    program: Program = field(default_factory=Program)
    kinds: Kinds = field(default_factory=Kinds)
    series: Series = field(default_factory=Series)
    changes: Changes = field(default_factory=Changes)
    questions: Questions = field(default_factory=Questions)
    orders: Orders = field(default_factory=Orders)

    def __hash__(self) -> int:
        return hash(self.code)


@cache
def languages() -> tuple[Language, ...]:
    """Return the languages that there is a file for: the default one first, the others by their codes."""
    folder = files("rag_app.language").joinpath("data")
    codes = sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))
    codes.sort(key=lambda code: code != DEFAULT)
    texts = {code: folder.joinpath(f"{code}.toml").read_text(encoding="utf-8") for code in codes}
    default = language_from(DEFAULT, texts[DEFAULT])
    return tuple(language_from(code, text, default.sentences) for code, text in texts.items())


@cache
def get_language(code: str) -> Language:
    """Return the language of a code; the default one where there is no file for it."""
    known = {language.code: language for language in languages()}
    return known.get(code, known[DEFAULT])


def filled(text: str, /, **values: str | int) -> str:
    """Return a text of a language file with the {names} in it filled in, each once; those without a value stay."""
    return _USED.sub(lambda match: str(values.get(match[1], match[0])), text)


def language_from(code: str, text: str, sentences: Sentences | None = None) -> Language:
    """Return a language from the text of its file.

    Args:
        code: of the language.
        text: TOML; words are a list, or one text with spaces between them.
        sentences: stand in for those that the file leaves out.

    Raises:
        ValueError: the text is no TOML, or has a name or a kind of value that has no place.
    """
    empty = Language(code, sentences=sentences or Sentences())
    try:
        parts = tomllib.loads(normalize("NFC", text))  # as the texts are in which its words are looked for
        if "code" in parts:
            raise ValueError("the name of the file is its code")
        filled_in: Language = _filled(empty, parts)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{code}.toml: {error}") from error
    return filled_in


def _filled(section: Any, parts: dict[str, Any]) -> Any:
    """Return a section with the values of a table in its fields."""
    known = {one.name: getattr(section, one.name) for one in fields(section)}
    own = parts.pop("parts", {})
    if not isinstance(own, dict):
        raise TypeError(f"parts cannot be {own!r}")
    parts = _written_out(parts, own)
    if unknown := sorted(parts.keys() - known.keys()):
        raise ValueError(f"there is no place for {', '.join(unknown)} in {type(section).__name__}")
    return replace(section, **{name: _value(name, known[name], value) for name, value in parts.items()})


def _value(name: str, default: Any, value: Any) -> Any:
    if isinstance(value, dict) and not isinstance(default, str | tuple):
        return _filled(default, value)
    if isinstance(default, str) and isinstance(value, str):
        return value
    if isinstance(default, tuple) and isinstance(value, str):
        return tuple(value.split())
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(_entry(name, one) for one in value)
    raise TypeError(f"{name} cannot be {value!r}")


def _entry(name: str, value: Any) -> str | tuple[str, str]:
    """Return one word of a list, or a pattern and its text; an empty word would stand everywhere."""
    match value:
        case str() if value:
            return value
        case [str(pattern), str(text)]:
            return pattern, text
    raise TypeError(f"{name} cannot have {value!r} in it")


def _written_out(values: Any, parts: dict[str, str]) -> Any:
    """Return values with the expression of each part in place of its {name}; a part may use those before it."""
    if not parts:
        return values
    whole: dict[str, str] = {}
    for name, expression in parts.items():
        whole[name] = f"(?:{filled(expression, **whole)})"
    return _each(values, whole)


def _each(value: Any, parts: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _each(one, parts) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one, parts) for one in value]
    return filled(value, **parts)
