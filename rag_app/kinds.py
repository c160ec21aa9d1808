"""What kind of question is asked: about a fact, for a list of documents, for a comparison, for a summary.

Rules on its words, in English and German. In doubt it is about a fact: the other kinds are recognised only where the
question says so plainly. A summary names a document that the library has. So do both sides of a comparison, unless it
begins with "compare" or "what is the difference in": then they can be two things.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from ingest import stem
from rag_app.keywords import codes
from rag_app.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rag_app.types import StoredDocument

Kind = Literal["fact", "list", "comparison", "summary"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's kind, and what it is about."""

    kind: Kind
    topic: str = ""  # of a list or a comparison; "" where documents are compared as a whole
    documents: tuple[str, ...] = ()  # paths: the two sides of a comparison, or the one that is summarised
    things: tuple[str, ...] = ()  # the two sides of a comparison that are no documents
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
_COMPARISONS = (
    rf"compare\s+(?P<topic>.+?)\s+(?:in|of|between|from|for)\s+(?P<one>.+?){_AND}(?P<other>.+)",
    r"compare\s+(?P<one>.+?)\s+(?:and|with|to)\s+(?P<other>.+?)\s+(?:on|in\s+terms\s+of|regarding|with\s+regard\s+to|by|"
    r"as\s+to)\s+(?P<topic>.+)",
    r"compare\s+(?P<one>.+?)\s+(?:and|with|to)\s+(?P<other>.+)",
    r"what\s*(?:is|are|'s|’s)\s+the\s+differences?\s+in\s+(?P<topic>.+?)\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>.+)",
    r"what\s*(?:is|are|'s|’s)\s+the\s+differences?\s+between\s+(?P<topic>.+?)\s+(?:in|of)\s+(?P<one>.+?)\s+and\s+"
    r"(?:(?:in|of|that\s+in|the\s+one\s+in)\s+)?(?P<other>.+)",
    r"what\s*(?:is|are|'s|’s)\s+the\s+differences?\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+(?:on|in\s+terms\s+"
    r"of|regarding|with\s+regard\s+to|as\s+to)\s+(?P<topic>.+)",
    r"what\s*(?:is|are|'s|’s)\s+the\s+differences?\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>.+)",
    r"how\s+do(?:es)?\s+(?P<topic>.+?)\s+differ\s+(?:in|between)\s+(?P<one>.+?)\s+and\s+(?:in\s+)?(?P<other>.+)",
    r"how\s+do(?:es)?\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?)\s+(?:compare|differ)\s+(?:to|with|from)\s+(?:(?:that|the\s+one|"
    r"those)\s+)?(?:in\s+)?(?P<other>.+)",
    r"(?:how\s+)?do(?:es)?\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+differ\s+(?:in|on|as\s+to|regarding)\s+(?P<topic>.+)",
    r"(?:is|are)\s+(?P<topic>.+?)\s+(?:\w+er|(?:more|less)\s+\w+)\s+in\s+(?P<one>.+?)\s+(?:than|or)\s+in\s+(?P<other>.+)",
    r"(?:is|are)\s+(?P<topic>.+?)\s+in\s+(?P<one>.+?)\s+(?:\w+er\s+than|(?:more|less)\s+\w+\s+than|the\s+same\s+as|"
    r"different\s+from)\s+(?:(?:that|the\s+one|those)\s+)?(?:in\s+)?(?P<other>.+)",
    r"which\s+(?:one\s+)?has\s+the\s+(?:\w+er|more|less)\s+(?P<topic>[^,:]+)[,:]\s+(?P<one>.+?)\s+or\s+(?P<other>.+)",
    r"in\s+which\s+(?:one\s+|document\s+)?is\s+(?P<topic>.+?)\s+(?:\w+er|more|less)[,:]\s+(?:in\s+)?(?P<one>.+?)\s+or\s+"
    r"(?:in\s+)?(?P<other>.+)",
    r"do\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+(?:have|give|name|state|set)\s+the\s+same\s+(?P<topic>.+)",
)
_SIND = r"(?:ist|sind)"
_VERGLEICHE = (
    r"vergleiche?\s+(?P<topic>.+?)\s+(?:in|im|aus|von|zwischen|für)\s+(?P<one>.+?)\s+(?:und|mit)\s+"
    r"(?:(?:in|im|aus|von|für)\s+)?(?P<other>.+)",
    r"vergleiche?\s+(?P<one>.+?)\s+(?:und|mit)\s+(?P<other>.+)",
    r"wie\s+unterscheide[tn]\s+sich\s+(?P<topic>.+?)\s+(?:in|im|zwischen)\s+(?P<one>.+?)\s+und\s+(?:(?:in|im)\s+)?"
    r"(?P<other>.+)",
    r"(?:wie|worin)\s+unterscheiden\s+sich\s+(?P<one>.+?)\s+und\s+(?P<other>.+?)\s+(?:bei|in\s+bezug\s+auf|hinsichtlich)\s+"
    r"(?P<topic>.+)",
    r"(?:wie|worin)\s+unterscheiden\s+sich\s+(?P<one>.+?)\s+und\s+(?P<other>.+)",
    r"was\s+ist\s+der\s+unterschied\s+zwischen\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+und\s+"
    r"(?:(?:der|die|das|dem|den)?\s*(?:in|im)\s+)?(?P<other>.+)",
    r"was\s+ist\s+der\s+unterschied\s+zwischen\s+(?P<one>.+?)\s+und\s+(?P<other>.+)",
    rf"{_SIND}\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+\w+er\s+als\s+(?:in|im)\s+(?P<other>.+)",
    rf"{_SIND}\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+oder\s+(?:in|im)\s+(?P<other>.+?)\s+\w+er",
)
_THINGS = re.compile(r"compare\s|vergleiche?\s|what\s*(?:is|are|'s|’s)\s+the\s+differences?\s+in\s", re.IGNORECASE)

_A_SUMMARY = r"(?:an?\s+|the\s+)?(?:\w+\s+)?(?:summary|overview)"
_SUMMARIES = (
    r"(?:briefly\s+|shortly\s+)?summari[sz]e\s+(?P<one>.+)",
    r"sum\s+up\s+(?P<one>.+)",
    rf"(?:(?:give|write|show)\s+(?:me\s+)?|i\s+(?:need|want|would\s+like)\s+)?{_A_SUMMARY}\s+of\s+(?P<one>.+)",
    r"(?:tl;?dr|tl;\s*dr)\s*(?:of|for|:)?\s+(?P<one>.+)",
    r"what(?:\s+(?:is|are|does)|['’]s)\s+(?P<one>.+?)\s+(?:all\s+)?about",
    r"what\s+(?P<one>.+?)\s+is\s+(?:all\s+)?about",
    r"what\s+do(?:es)?\s+(?P<one>.+?)\s+cover",
    r"what\s+are\s+the\s+(?:main|key|most\s+important)\s+points\s+(?:of|in)\s+(?P<one>.+)",
)
_FASSE = (
    r"fasse?\s+(?:mir\s+)?(?P<one>.+?)\s+(?:kurz\s+)?zusammen",
    r"(?:kannst|könntest)\s+du\s+(?:mir\s+)?(?P<one>.+?)\s+(?:kurz\s+)?zusammenfassen",
    r"worum\s+geht(?:\s+es|['’]?s)\s+(?:in|im|bei)\s+(?P<one>.+)",
    r"wovon\s+handelt\s+(?P<one>.+)",
    r"was\s+steht\s+(?:in|im)\s+(?P<one>.+)",
    r"(?:gib\s+mir\s+)?(?:eine\s+)?(?:kurze\s+)?zusammenfassung\s+(?:von|des|der)\s+(?P<one>.+)",
    r"(?:gib\s+mir\s+)?(?:einen\s+)?(?:kurzen\s+)?überblick\s+über\s+(?P<one>.+)",
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
            return Asked("list", topic, german=german)
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
    for german, match in _matches(text, _SUMMARIES, _FASSE):
        if document := named(match["one"], documents()):
            return Asked("summary", documents=(document,), german=german)
    return Asked("fact")


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
    if said[0] in '"“„«':
        return topic
    if len(topic.split()) > _LONGEST or _CLAUSE.search(topic) or _PRONOUN.match(topic):
        return ""
    if _WEAK.search(head) and not (_OWN.search(head) or codes(topic) or _LABEL.match(said)):
        return ""
    return topic


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
