"""What kind of question is asked: about a fact, for a list of documents, for a comparison of two, for a summary of one.

Rules on its words, in English and German. In doubt it is about a fact: the other kinds are recognised only where
the question says so plainly, and, but for lists, names documents that the library has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from ingest import stem
from rag_app.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.types import StoredDocument

Kind = Literal["fact", "list", "comparison", "summary"]

_WORD = re.compile(r"[^\W_]+")
_GENERIC = frozenset(["document", "documents", "file", "files", "pdf", "dokument", "dokumente", "datei", "dateien"])
_DOCUMENTS = r"(?:documents?|files?|pdfs?|dokumenten?|dateien?|unterlagen)"
_MINE = r"(?:(?:all|of|my|the|these|our|aller?|meiner?|meinen|der|den|dieser?|diesen|unserer?|unseren)\s+)*"
_SAYS = (
    r"(?:mention(?:s|ed|ing)?|discuss(?:es|ing)?|contain(?:s|ing)?|cover(?:s|ing)?|(?:talk|say\s+something|say|speak)"
    r"(?:s|ing)?\s+(?:about|of)|refer(?:s|ring)?\s+to|deal(?:s|ing)?\s+with|(?:are|is)\s+about|have\s+to\s+do\s+with|"
    r"about|on)"
)
_NENNT = r"(?:erwähnen|erwähnt|nennen|enthalten|behandeln|(?:handeln|sprechen)\s+von|über|zu)"
_LISTS = [
    rf"(?:which|what)\s+{_MINE}{_DOCUMENTS}\s+{_SAYS}\s+(?P<topic>.+)",
    rf"in\s+(?:which|what)\s+{_MINE}{_DOCUMENTS}\s+(?:is|are|does|do)\s+(?P<topic>.+?)\s+"
    r"(?:mentioned|discussed|named|appear|occur|covered)",
    rf"how\s+many\s+{_MINE}{_DOCUMENTS}\s+{_SAYS}\s+(?P<topic>.+)",
    rf"(?:please\s+)?(?:list|find|show|name|give)\s+(?:me\s+)?{_MINE}{_DOCUMENTS}\s+(?:(?:that|which)\s+)?{_SAYS}\s+"
    r"(?P<topic>.+)",
    rf"(?:welche|welches|wie\s+viele)\s+{_MINE}{_DOCUMENTS}\s+{_NENNT}\s+(?P<topic>.+)",
    rf"in\s+welche[nm]\s+{_MINE}{_DOCUMENTS}\s+(?:wird|werden|steht|stehen|kommt|kommen|ist|sind)\s+(?:etwas\s+)?"
    r"(?:(?:über|von|zu)\s+)?(?P<topic>.+?)(?:\s+(?:erwähnt|genannt|vor|behandelt))?",
    rf"(?:bitte\s+)?(?:liste|nenne|zeige?|finde)\s+(?:mir\s+)?{_MINE}{_DOCUMENTS}(?:\s+auf)?,?\s+(?:die\s+)?"
    r"(?:(?:über|zu)\s+)?(?P<topic>.+?)(?:\s+(?:erwähnen|nennen|enthalten|behandeln))?(?:\s+auf)?",
]
_COMPARISONS = [
    r"(?:please\s+)?compare\s+(?P<topic>.+?)\s+(?:in|of|between|from)\s+(?P<one>.+?)\s+(?:and|with|to)\s+(?P<other>.+)",
    r"(?:please\s+)?compare\s+(?P<one>.+?)\s+(?:and|with|to)\s+(?P<other>.+?)\s+(?:on|in\s+terms\s+of|regarding|"
    r"with\s+regard\s+to|by|as\s+to)\s+(?P<topic>.+)",
    r"(?:what\s+(?:is|are)\s+)?the\s+differences?\s+(?:in|of)\s+(?P<topic>.+?)\s+between\s+(?P<one>.+?)\s+and\s+"
    r"(?P<other>.+)",
    r"how\s+(?:do|does)\s+(?P<topic>.+?)\s+differ\s+(?:in|between)\s+(?P<one>.+?)\s+and\s+(?P<other>.+)",
    r"how\s+(?:do|does)\s+(?P<one>.+?)\s+and\s+(?P<other>.+?)\s+differ\s+(?:in|on|as\s+to|regarding)\s+(?P<topic>.+)",
    r"(?:is|are)\s+(?P<topic>.+?)\s+(?:\w+er|(?:more|less)\s+\w+)\s+in\s+(?P<one>.+?)\s+than\s+in\s+(?P<other>.+)",
    r"(?:bitte\s+)?vergleiche?\s+(?P<topic>.+?)\s+(?:in|im|aus|von|zwischen)\s+(?P<one>.+?)\s+(?:und|mit)\s+"
    r"(?:(?:in|im|aus|von)\s+)?(?P<other>.+)",
    r"wie\s+unterscheide[tn]\s+sich\s+(?P<topic>.+?)\s+(?:in|im|zwischen)\s+(?P<one>.+?)\s+und\s+(?:(?:in|im)\s+)?"
    r"(?P<other>.+)",
    r"ist\s+(?P<topic>.+?)\s+(?:in|im)\s+(?P<one>.+?)\s+\w+er\s+als\s+(?:in|im)\s+(?P<other>.+)",
]
_SUMMARIES = [
    r"(?:please\s+)?(?:can\s+you\s+)?summari[sz]e\s+(?P<one>.+)",
    r"(?:please\s+)?(?:can\s+you\s+)?sum\s+up\s+(?P<one>.+)",
    r"(?:please\s+)?(?:give|write)\s+(?:me\s+)?(?:a\s+|an\s+)?(?:short\s+|brief\s+)?(?:summary|overview)\s+of\s+(?P<one>.+)",
    r"what\s+(?:is|are|does)\s+(?P<one>.+?)\s+(?:all\s+)?about",
    r"(?:bitte\s+)?fasse?\s+(?P<one>.+?)\s+(?:kurz\s+)?zusammen",
    r"worum\s+geht\s+es\s+(?:in|im|bei)\s+(?P<one>.+)",
    r"(?:gib\s+mir\s+)?(?:eine\s+)?(?:kurze\s+)?zusammenfassung\s+(?:von|des|der)\s+(?P<one>.+)",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's kind, and what it is about."""

    kind: Kind
    topic: str = ""  # of a list or a comparison
    documents: tuple[str, ...] = ()  # paths: the two sides of a comparison, or the one that is summarised
    german: bool = False


def kind_of(question: str, documents: Sequence[StoredDocument]) -> Asked:
    """Tell what kind of question is asked, of a library of these documents."""
    text = " ".join(question.split()).rstrip("?!. ")
    for row, pattern in enumerate(_LISTS):
        if match := _matches(pattern, text):
            topic = _bare(match["topic"])
            if any(word not in STOP_WORDS for word in _words(topic)):
                return Asked("list", topic, german=row >= _LISTS_GERMAN)
    for row, pattern in enumerate(_COMPARISONS):
        if match := _matches(pattern, text):
            sides = [named(match[side], documents) for side in ("one", "other")]
            if None not in sides and sides[0] != sides[1]:
                return Asked(
                    "comparison", match["topic"], tuple(filter(None, sides)), german=row >= _COMPARISONS_GERMAN
                )
    for row, pattern in enumerate(_SUMMARIES):
        if (match := _matches(pattern, text)) and (document := named(match["one"], documents)):
            return Asked("summary", documents=(document,), german=row >= _SUMMARIES_GERMAN)
    return Asked("fact")


_LISTS_GERMAN, _COMPARISONS_GERMAN, _SUMMARIES_GERMAN = 4, 6, 4  # where the German patterns begin


def named(text: str, documents: Sequence[StoredDocument]) -> str | None:
    """Return the path of the one document whose file name or title has every word of `text`; None for none or several.

    A file name written out wins over all else. Common words, and "document" or "file", do not count.
    """
    wanted = _bare(text).casefold()
    exact = {
        document.path
        for document in documents
        for path in (document.paths or (document.path,))
        if wanted in {PurePath(path).name.casefold(), path.casefold()}
    }
    if len(exact) == 1:
        return exact.pop()
    words = {word for word in _words(wanted) if word not in STOP_WORDS and word not in _GENERIC}
    if not words:
        return None
    found = [document.path for document in documents if all(_has(document, word) for word in words)]
    return found[0] if len(found) == 1 else None


def _has(document: StoredDocument, word: str) -> bool:
    held = set(_words(f"{stem(PurePath(document.path))} {document.title}".casefold()))
    return word in held or word.removesuffix("s") in held or f"{word}s" in held


def _matches(pattern: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, text, re.IGNORECASE)


def _bare(text: str) -> str:
    """Return `text` without quotation marks and a leading article."""
    text = text.strip(" \"'“”„«»‘’")
    return re.sub(r"^(?:the|an?|der|die|das|dem|den|ein|eine|my|our|mein|meine)\s+", "", text, flags=re.IGNORECASE)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
