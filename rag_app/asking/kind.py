"""What kind of question is asked: about a fact, for a list of documents, a comparison, a summary, over a series.

Rules on its words, in English and German. In doubt it is about a fact: the other kinds are recognised only where the
question says so plainly. A summary names a document that the library has. So do both sides of a comparison, unless it
begins with "compare" or "what is the difference in": then they can be two things. A question over a series needs
documents that come out again and again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from ingest import stem
from rag_app.asking.series import all_series, serial
from rag_app.language.keywords import codes
from rag_app.language.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

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
    german: bool = False


_WORD = re.compile(r"[^\W_]+")
_LEAD = (
    r"(?:(?:please|(?:can|could|would|will)\s+you(?:\s+please)?|tell\s+me|bitte|sage?\s+mir(?:\s+bitte)?,?)\s+)*"
    r"(?P<rest>.+?)"
    r"(?:,?\s+(?:please|for\s+me|briefly|in\s+short|in\s+\w+\s+sentences?|bitte|für\s+mich|in\s+\w+\s+sätzen))*"
)

_OF = r"(?:(?:all|any|each|every|one|some)\s+)?(?:of\s+)?(?:(?:all|the|these|those)\s+)*"
_NOUN = r"(?:documents?|files?|pdfs?)"
_KEPT = r"(?:documents?|files?|pdfs?|reports?|papers?|notes?|letters?|contracts?|manuals?|articles?|books?|invoices?)"
_DOCUMENTS = rf"(?:{_OF}(?:my|our)\s+{_KEPT}|{_OF}{_NOUN})"
_SAY = (
    r"(?:mention(?:s|ing)?|(?:talk|speak)(?:s|ing)?\s+(?:about|of)|(?:say|have)(?:s|ing)?\s+(?:something|anything)\s+"
    r"(?:about|on)|discuss(?:es|ing)?|refer(?:s|ring)?\s+to|deal(?:s|ing)?\s+with|(?:are|is)\s+about|"
    r"contain(?:s|ing)?|cover(?:s|ing)?|includ(?:es?|ing))"
)
_OCCUR = r"(?:mentioned|discussed|named|appear|occur|talked\s+about|referred\s+to)"
_THAT = rf"(?:(?:(?:that|which)\s+)?{_SAY}|about|on)"
_LISTS = (
    rf"(?:which|what)\s+{_DOCUMENTS}\s+(?:{_SAY}|about)\s+(?P<topic>.+)",
    rf"(?:which|what)\s+{_DOCUMENTS}\s+do\s+(?:i|we)\s+have\s+(?:about|on)\s+(?P<topic>.+)",
    rf"what\s+are\s+all\s+{_DOCUMENTS}\s+{_THAT}\s+(?P<topic>.+)",
    rf"in\s+(?:which|what|how\s+many)\s+{_DOCUMENTS}\s+(?:is|are|does|do)\s+(?P<topic>.+?)\s+{_OCCUR}",
    rf"how\s+many\s+{_DOCUMENTS}\s+(?:do\s+(?:i|we)\s+have\s+(?:about|on)|{_SAY})\s+(?P<topic>.+)",
    rf"(?:which|what)\s+{_DOCUMENTS}\s+have\s+the\s+(?:word|term|phrase)\s+(?P<topic>.+?)(?:\s+in\s+(?:it|them))?",
    rf"do(?:es)?\s+{_DOCUMENTS}\s+{_SAY}\s+(?P<topic>.+)",
    rf"(?:is|are)\s+there\s+an?y?\s+{_NOUN}\s+{_THAT}\s+(?P<topic>.+)",
    rf"(?:give\s+(?:me\s+)?a\s+list\s+of|list|find|show|name|give)\s+(?:me\s+)?{_DOCUMENTS}\s+{_THAT}\s+(?P<topic>.+)",
    rf"(?:give\s+(?:me\s+)?a\s+list\s+of|list|find|show|name|give)\s+(?:me\s+)?{_DOCUMENTS}\s+(?:in\s+which|where)\s+"
    rf"(?P<topic>.+?)\s+(?:(?:is|are)\s+)?{_OCCUR}s?",
)
_VON = r"(?:(?:all|jede|manch|irgend)\w*\s+)?(?:(?:von|der|den|die|dieser|diesen|mein\w*|unser\w*)\s+)*"
_DATEIEN = rf"{_VON}(?:dokumente?n?|dokumentes|dateien|datei|unterlagen|pdfs?)"
_SAGEN = (
    r"(?:erwähnen|erwähnt|nennen|nennt|behandeln|behandelt|(?:handeln|handelt|sprechen|spricht)\s+(?:von|über)|"
    r"enthalten|enthält|beinhalten)"
)
_UEBER = r"(?:über|zum\s+thema)"
_LISTEN = (
    rf"(?:welche[sr]?|wie\s+viele)\s+{_DATEIEN}\s+(?:{_SAGEN}|{_UEBER})\s+(?P<topic>.+)",
    rf"(?:welche[sr]?|wie\s+viele)\s+{_DATEIEN}\s+(?:habe|haben|gibt)\s+(?:ich|wir|es)\s+{_UEBER}\s+(?P<topic>.+)",
    rf"in\s+(?:welche[nmr]|wie\s+vielen)\s+{_DATEIEN}\s+(?:wird|werden|kommt|kommen|ist|sind)\s+(?P<topic>.+?)\s+"
    r"(?:erwähnt|genannt|vor|behandelt)",
    rf"in\s+(?:welche[nmr]|wie\s+vielen)\s+{_DATEIEN}\s+(?:steht|stehen)\s+etwas\s+(?:über|von|zu[mr]?)\s+(?P<topic>.+)",
    rf"(?:welche[sr]?|wie\s+viele)\s+{_DATEIEN}\s+ha(?:ben|t)\s+mit\s+(?P<topic>.+?)\s+zu\s+tun",
    rf"(?:kannst|könntest)\s+du\s+(?:mir\s+)?{_DATEIEN}\s+(?:auflisten|nennen|zeigen),?\s+die\s+(?P<topic>.+?)\s+{_SAGEN}",
    rf"gibt\s+es\s+{_DATEIEN}\s+{_UEBER}\s+(?P<topic>.+)",
    rf"(?:liste|nenne?|zeige?|finde?)\s+(?:mir\s+)?{_DATEIEN}\s+(?:auf\s+)?{_UEBER}\s+(?P<topic>.+?)(?:\s+auf)?",
    rf"(?:liste|nenne?|zeige?|finde?)\s+(?:mir\s+)?{_DATEIEN}(?:\s+auf)?,?\s+(?:die|in\s+denen)\s+(?P<topic>.+?)\s+"
    rf"(?:{_SAGEN}|erwähnt\s+(?:wird|werden)|vorkomm(?:t|en))(?:\s+auf)?",
)
_OWN = re.compile(r"\b(?:my|our|all|every|any|mein\w*|unser\w*|alle\w*|pdfs?)\b", re.IGNORECASE)
_WEAK = re.compile(r"\b(?:contain|cover|includ|on$|enthalt|enthält|beinhalt)\w*$", re.IGNORECASE)  # said of much else
_LABEL = re.compile(
    r"(?:both|sowohl|(?:the|das|den)\s+(?:word|term|phrase|topic|wort|begriff|thema))\s+", re.IGNORECASE
)
_CLAUSE = re.compile(
    r"\b(?:am|are|is|was|were|must|should|shall|can|may|will|do|does|did|how|what|when|why|whether|if|under|after|before|"
    r"bin|sind|ist|wurde\w*|werden|wird|muss|müssen|soll\w*|kann|können|wie|wann|warum|ob|dass|nach|unter)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"(?:it|this|that|these|those|me|us|you|him|her|them|to|es|dies\w*|mich|uns|ihn|sie)\b", re.IGNORECASE
)
_LONGEST = 8  # words of what a list is about

_AND = r"\s+(?:and|with|to|versus|vs\.?)\s+(?:(?:in|of|for|from)\s+)?"
_COMPARE = r"(?:compare|contrast)"
_OR_THAT = r"(?:(?:in|of|that\s+in|the\s+one\s+in)\s+)?"
_DIFFERENCE = r"(?:what\s*(?:is|are|'s|’s)\s+)?(?:the\s+)?differences?"
_COMPARISONS = (
    rf"{_COMPARE}\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?){_AND}(?P<other>.+)",  # "the number of members in" is one topic
    rf"{_COMPARE}\s+(?P<topic>.+?)\s+(?:of|between|from|for)\s+(?P<one>.+?){_AND}(?P<other>.+)",
    rf"{_COMPARE}\s+(?P<one>.+?)\s+(?:and|with|to)\s+(?P<other>.+?)\s+(?:on|in\s+terms\s+of|regarding|with\s+regard\s+to|by|"
    r"as\s+to)\s+(?P<topic>.+)",
    rf"{_COMPARE}\s+(?P<one>.+?)\s+(?:and|with|to)\s+(?P<other>.+)",
    rf"{_DIFFERENCE}\s+in\s+(?P<topic>.+?)\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>.+)",
    rf"{_DIFFERENCE}\s+between\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?)\s+and\s+{_OR_THAT}(?P<other>.+)",
    rf"{_DIFFERENCE}\s+between\s+(?P<topic>.+?)\s+of\s+(?P<one>.+?)\s+and\s+{_OR_THAT}(?P<other>.+)",
    rf"{_DIFFERENCE}\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+(?:on|in\s+terms\s+"
    r"of|regarding|with\s+regard\s+to|as\s+to)\s+(?P<topic>.+)",
    rf"{_DIFFERENCE}\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>.+)",
    r"how\s+do(?:es)?\s+(?P<topic>.+?)\s+differ\s+(?:in|between)\s+(?P<one>.+?)\s+and\s+(?:in\s+)?(?P<other>.+)",
    r"how\s+do(?:es)?\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?)\s+(?:compare|differ)\s+(?:to|with|from)\s+(?:(?:that|the\s+one|"
    r"those)\s+)?(?:in\s+)?(?P<other>.+)",
    r"(?:how\s+)?do(?:es)?\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+differ\s+(?:in|on|as\s+to|regarding)\s+(?P<topic>.+)",
    r"(?:is|are)\s+(?P<topic>.+?)\s+(?:\w+er|(?:more|less)\s+\w+)\s+in\s+(?P<one>.+?)\s+(?:than|or)\s+in\s+(?P<other>.+)",
    r"(?:is|are)\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?)\s+(?:\w+er\s+than|(?:more|less)\s+\w+\s+than|the\s+same\s+as|"
    r"different\s+from)\s+(?:(?:that|the\s+one|those)\s+)?(?:in\s+)?(?P<other>.+)",
    rf"{_COMPARE}\s+(?P<topic>[^:]+):\s+(?P<one>.+?){_AND}(?P<other>.+)",
    r"how\s+do(?:es)?\s+(?P<one>.+?)\s+differ\s+from\s+(?P<other>.+?)\s+(?:in|on|as\s+to|regarding)\s+(?P<topic>.+)",
    r"which\s+is\s+(?:\w+er|more\s+\w+|less\s+\w+)[,:]\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?)\s+or\s+(?:that\s+)?(?:in\s+)?"
    r"(?P<other>.+)",
    r"do(?:es)?\s+(?P<one>.+?)\s+have\s+(?:an?\s+)?(?:\w+er|more|less)\s+(?P<topic>.+?)\s+than\s+(?P<other>.+)",
    r"which\s+(?:one\s+)?has\s+the\s+(?:\w+er|more|less)\s+(?P<topic>[^,:]+)[,:]\s+(?P<one>.+?)\s+or\s+(?P<other>.+)",
    r"in\s+which\s+(?:one\s+|document\s+)?is\s+(?P<topic>.+?)\s+(?:\w+er|more|less)[,:]\s+(?:in\s+)?(?P<one>.+?)\s+or\s+"
    r"(?:in\s+)?(?P<other>.+)",
    r"do\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+(?:have|give|name|state|set)\s+the\s+same\s+(?P<topic>.+)",
)
_SIND = r"(?:ist|sind)"
_UND = r"\s+(?:und|mit)\s+(?:(?:in|im|aus|von|für)\s+)?"
_VERGLEICHE = (
    rf"vergleiche?\s+(?P<topic>.+?)\s+(?:in|im|aus)\s+(?P<one>.+?){_UND}(?P<other>.+)",
    rf"vergleiche?\s+(?P<topic>.+?)\s+(?:von|zwischen|für)\s+(?P<one>.+?){_UND}(?P<other>.+)",
    r"vergleiche?\s+(?P<one>.+?)\s+(?:und|mit)\s+(?P<other>.+)",
    r"wie\s+unterscheide[tn]\s+sich\s+(?P<topic>.+?)\s+(?:in|im|zwischen)\s+(?P<one>.+?)\s+(?:und|von)\s+"
    r"(?:(?:der|die|das|dem)\s+)?(?:(?:in|im)\s+)?"
    r"(?P<other>.+)",
    r"(?:wie|worin)\s+unterscheiden\s+sich\s+(?P<one>.+?)\s+und\s+(?P<other>.+?)\s+(?:bei|in\s+bezug\s+auf|hinsichtlich)\s+"
    r"(?P<topic>.+)",
    r"(?:wie|worin)\s+unterscheiden\s+sich\s+(?P<one>.+?)\s+und\s+(?P<other>.+)",
    r"(?:was\s+ist\s+)?(?:der\s+)?unterschied\s+zwischen\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+und\s+"
    r"(?:(?:der|die|das|dem|den)?\s*(?:in|im)\s+)?(?P<other>.+)",
    r"(?:was\s+ist\s+)?(?:der\s+)?unterschied\s+zwischen\s+(?P<one>.+?)\s+und\s+(?P<other>.+)",
    rf"{_SIND}\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+\w+er\s+als\s+(?:in|im)\s+(?P<other>.+)",
    rf"{_SIND}\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+oder\s+(?:in|im)\s+(?P<other>.+?)\s+\w+er",
)
_THINGS = re.compile(
    r"compare\s|contrast\s|vergleiche?\s|what\s*(?:is|are|'s|’s)\s+the\s+differences?\s+in\s", re.IGNORECASE
)

_GERMAN = re.compile(r"(?:was|wie|wer|wo|wann|warum|welche\w*|gibt|ist|sind|hat|haben)\b", re.IGNORECASE)

_ZUSAMMENFASSEN = frozenset(
    ["fasse", "fass", "zusammenfassen", "zusammenfassung", "überblick", "worum", "wovon", "geht", "inhalt", "steht"]
)
_SUMMARISE = _ZUSAMMENFASSEN | frozenset(
    [
        *(
            "summarise",
            "summarize",
            "sum",
            "summary",
            "overview",
            "gist",
            "outline",
            "tl",
            "dr",
            "tldr",
            "about",
            "cover",
        ),
        *("contents", "content", "subject", "points", "covers"),
    ]
)
_AROUND = frozenset(  # words that may stand beside those, and the document's name
    [
        *(
            "give",
            "me",
            "make",
            "write",
            "show",
            "provide",
            "describe",
            "i",
            "need",
            "want",
            "would",
            "like",
            "a",
            "an",
            "the",
        ),
        *(
            "of",
            "for",
            "in",
            "up",
            "all",
            "s",
            "what",
            "is",
            "are",
            "does",
            "do",
            "tell",
            "you",
            "can",
            "could",
            "please",
        ),
        *(
            "short",
            "brief",
            "briefly",
            "quick",
            "main",
            "key",
            "most",
            "important",
            "one",
            "two",
            "three",
            "four",
            "five",
        ),
        *("few", "sentence", "sentences", "paragraph", "bitte", "mir", "kurz", "kurze", "kurzen", "kannst", "könntest"),
        *(
            "du",
            "gib",
            "eine",
            "einen",
            "ein",
            "von",
            "vom",
            "des",
            "der",
            "den",
            "das",
            "dem",
            "die",
            "über",
            "um",
            "was",
        ),
        *("es", "im", "bei", "handelt", "ist", "zusammen", "für", "mich", "drei", "sätzen"),
    ]
)
_GENERIC = frozenset(
    [
        *("document", "documents", "file", "files", "pdf", "report", "paper", "note", "letter", "contract", "manual"),
        *("article", "book", "dokument", "dokumente", "datei", "dateien", "bericht", "brief", "vertrag", "handbuch"),
    ]
)


def kind_of(question: str, documents: Callable[[], Sequence[StoredDocument]]) -> Asked:
    """Tell what kind of question is asked, of a library of these documents; they are read only for names."""
    documents = cache(documents)
    text = " ".join(question.split()).rstrip("?!. ")
    if match := _compiled(_LEAD).fullmatch(text):
        text = match["rest"]
    for german, match in _matches(text, _LISTS, _LISTEN):
        if topic := _topic(match):
            return Asked("list", topic, exact=_quoted(match["topic"]), german=german)
    things = None
    for german, match in _matches(text, _COMPARISONS, _VERGLEICHE):
        topic, sides = match.groupdict().get("topic") or "", (match["one"], match["other"])
        found = tuple(filter(None, (named(side, documents()) for side in sides)))
        if len(set(found)) == len(sides):
            return Asked("comparison", topic, found, german=german)
        if things is None and topic and _THINGS.match(text) and not any(map(_CLAUSE.search, (topic, *sides))):
            things = Asked("comparison", topic, things=sides, german=german)
    if things:
        return things
    name, said = _framed(text)
    if said and name and (document := named(name, documents())):
        return Asked("summary", documents=(document,), german=not said.isdisjoint(_ZUSAMMENFASSEN))
    if (each := serial(question)) and all_series(documents()):
        return Asked("series", each, german=bool(_GERMAN.match(each)))
    return Asked("fact")


def _framed(text: str) -> tuple[str, frozenset[str]]:
    """Return what stands between the words of a request for a summary, and those of them that say what it is."""
    tokens, first, last = text.split(), 0, 0
    known = _SUMMARISE | _AROUND
    while first < len(tokens) and known.issuperset(_words(tokens[first])):
        first += 1
    while last < len(tokens) - first and known.issuperset(_words(tokens[-1 - last])):
        last += 1
    kept = len(tokens) - last
    return " ".join(tokens[first:kept]), _SUMMARISE.intersection(_words(" ".join(tokens[:first] + tokens[kept:])))


def named(text: str, documents: Sequence[StoredDocument]) -> str | None:
    """Return the path of the one document whose file name or title has every word of `text`; None for none or several.

    A file name written out wins over all else. Common words do not count, nor does "report" or "file" where no name
    has it.
    """
    wanted = _bare(text).casefold()
    before, _, last = wanted.rpartition(" ")
    names = {wanted, _bare(last)} if _GENERIC.issuperset(before.split()) else {wanted}
    exact = {
        document.path
        for document in documents
        for path in (document.paths or (document.path,))
        if not names.isdisjoint({PurePath(path).name.casefold(), path.casefold()})
    }
    if len(exact) == 1:
        return exact.pop()
    words = set(_words(wanted)) - STOP_WORDS
    for looked_for in filter(None, (words, words - _GENERIC)):
        found = [document.path for document in documents if _has(document, looked_for)]
        if len(found) == 1:
            return found[0]
    return None


def _topic(match: re.Match[str]) -> str:
    """Return what a list is about; "" where it reads like another question."""
    head, said = match.string[: match.start("topic")].rstrip(), match["topic"].strip()
    topic = _bare(_LABEL.sub("", said))
    if not any(word not in STOP_WORDS for word in _words(topic)):
        return ""
    if _quoted(said):
        return topic
    if len(topic.split()) > _LONGEST or _CLAUSE.search(topic) or _PRONOUN.match(topic):
        return ""
    if _WEAK.search(head) and not (_OWN.search(head) or codes(topic) or _LABEL.match(said)):
        return ""
    return topic


def _quoted(text: str) -> bool:
    return _LABEL.sub("", text.strip())[:1] in {*'"“„«'}


def _has(document: StoredDocument, words: set[str]) -> bool:
    held = set(_words(f"{stem(PurePath(document.path))} {document.title}".casefold()))
    return all(not held.isdisjoint({word, word.removesuffix("s"), f"{word}s"}) for word in words)


def _matches(text: str, english: Sequence[str], german: Sequence[str]) -> Iterator[tuple[bool, re.Match[str]]]:
    """Go through the patterns that the whole text fits, and whether they are German."""
    for patterns in (english, german):
        for pattern in patterns:
            if match := _compiled(pattern).fullmatch(text):
                yield patterns is german, match


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _bare(text: str) -> str:
    """Return `text` without quotation marks and a leading article."""
    text = text.strip(" \"'“”„«»‘’")
    return re.sub(r"^(?:the|an?|der|die|das|dem|den|ein|eine|my|our|mein|meine)\s+", "", text, flags=re.IGNORECASE)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
