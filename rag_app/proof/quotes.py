"""The form of an answer and its proof: the evidence that covers it, and quotes compared with the stored text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING

from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.vocabulary import alternatives, in_order, pattern
from rag_app.language.words import LETTERS, RAISED, among
from rag_app.types import Citation

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ingest import Document
    from rag_app.evidence.choose import Evidence

SENTENCES = 2  # an answer ends after so many
CITATIONS = 3  # at most, of one answer
_COVERED = 6.0  # merit of evidence that holds all words of the answer, beside a share of its worth
_FIGURE_WEIGHT = 4  # of a figure, counted in words
_CONTENT = re.compile(r"\d+(?:[.,:]\d+)*|\w{3,}")
_MARKER = re.compile(r"\[(\d+)\]")
_END = re.compile(r"[.!?…。！？][\"'”’»)]*(?=\s|$)")
_NAME = re.compile(LETTERS)
_PHRASE = 8  # words; an answer that is longer, or ends like a sentence, may say things in words of its own
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212"), "-") | {0xAD: None}
_POWERS = str.maketrans({sign: f"^{sign}" for sign in RAISED})  # "45" with the mark of a note is not "451"
_JOINS = "-\u00ad\u2010\u2011"
_RUN = re.compile(r"[\s\u00ad]*[-\u00ad\u2010\u2011][\s\u00ad]*|\s+|.[\u0300-\u036f]*", re.DOTALL)
_QUOTES = dict.fromkeys(map(ord, "‘’‚‛"), "'") | dict.fromkeys(map(ord, "“”„‟«»"), '"')


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """One line of one or two sentences in the scripts of the question and the evidence, without brackets."""

    wide: bool  # letters beyond the Latin script may occur

    def allows(self, written: str, piece: str) -> bool:
        """Tell whether `piece` may follow `written`."""
        return not any(c in "\n[]" or not (self.wide or _latin(c)) for c in piece)

    def complete(self, written: str) -> bool:
        """Tell whether the answer may end after `written`."""
        return bool(written.strip())

    def finished(self, written: str) -> bool:
        """Tell whether the answer must end: it holds as many sentences as it may."""
        return len(_passed_ends(written.lstrip())) >= SENTENCES


def form_for(question: str, evidence: Sequence[Evidence]) -> AnswerForm:
    """Return the form of an answer to `question` from `evidence`."""
    text = question + "".join(piece.text for piece in evidence)
    return AnswerForm(any(c.isalpha() and not _latin(c) for c in text))


def proof_of(answer: str, question: str, evidence: Sequence[Evidence], share: float) -> Evidence:
    """Return the piece of evidence that an answer rests on: it holds the answer's words, and bears on the question.

    Words of the question prove nothing and are left out; figures count more than words, and what stands in the heading
    alone half as much. Of equals the one of most worth is taken.

    Args:
        answer: without markers.
        question: as it was asked.
        evidence: at least one piece.
        share: of its worth in logits, that counts beside the words.
    """
    said = content_words(answer) - content_words(question)
    whole = sum(map(_weight, said)) or 1

    def merit(piece: Evidence) -> tuple[float, float]:
        worth = piece.worth if isfinite(piece.worth) else piece.score
        held = (said & content_words(text) for text in (piece.said, piece.whole))
        return _COVERED * sum(sum(map(_weight, words)) for words in held) / (2 * whole) + share * worth, worth

    return max(evidence, key=merit)


def content_words(text: str) -> set[str]:
    """Return the figures of `text` and its words of three letters and more, case folded."""
    return set(_CONTENT.findall(text.casefold()))


def _weight(word: str) -> int:
    return _FIGURE_WEIGHT if word[0].isdigit() else 1


def is_verdict(answer: str) -> bool:
    """Tell whether an answer begins with yes or no."""
    return _verdict().match(answer) is not None


def without_verdict(sentence: str) -> str:
    """Return a sentence without a yes or no before it that a mark parts from the rest."""
    match = _verdict().match(sentence)
    rest = sentence[match.end() :].lstrip() if match else ""
    if not rest or rest[0] not in ".,:;!–—":
        return "" if match and not rest else sentence
    rest = rest.lstrip(".,:;!–— ")
    return rest[:1].upper() + rest[1:]


@cache
def _verdict() -> re.Pattern[str]:
    return pattern(in_order(lambda language: language.answers.verdicts), before=r"\W*", after=r"\b")


@cache
def _abbreviation() -> re.Pattern[str]:
    """Return the pattern of what does not end a sentence though a full stop follows: letters, numbers, short words."""
    short = alternatives(in_order(lambda language: language.answers.abbreviations))
    return re.compile(rf"(?:\b(?:[A-Za-z]|{short})|^\d+|\s\d{{1,2}})\.$")


def stated(piece: Evidence) -> str:
    """Return a piece of evidence as an answer in its own words."""
    return " ".join(piece.text.split()).lstrip("•·–-* ")


def sentence_ends(text: str) -> list[int]:
    """Return where the sentences of `text` end; abbreviations, initials and decimals do not end one."""
    return [match.end() for match in _END.finditer(text) if not _abbreviation().search(text[: match.start() + 1])]


def _passed_ends(text: str) -> list[int]:
    """Return the ends that more text follows: "3." may still become "3.5"."""
    return [end for end in sentence_ends(text) if end < len(text)]


def whole_sentences(text: str) -> str:
    """Drop an unfinished last sentence, where one before it is whole."""
    ends = sentence_ends(text)
    finished = any(match.end() == len(text) for match in _END.finditer(text))
    return text if finished or not ends else text[: ends[-1]]


def markers(text: str) -> list[int]:
    """Return the numbers of the `[n]` in `text`, each once, in order."""
    return list(dict.fromkeys(int(n) for n in _MARKER.findall(text)))


def unmarked(text: str, known: Collection[int] | None = None) -> str:
    """Return `text` without its `[n]`; only without those of `known` where that is given."""
    return re.sub(r"\s*\[(\d+)\]", lambda one: one[0] if known is not None and int(one[1]) not in known else "", text)


def parenthesised(text: str) -> str:
    """Return document text whose own `[n]`, such as references, cannot be taken for markers."""
    return _MARKER.sub(r"(\1)", text)


def cite(marker: int, piece: Evidence, document: Document) -> Citation:
    """Build the citation of `piece`, comparing its text with the stored document."""
    stored = document.text[piece.start : piece.end]
    page = document.page_at(piece.start)
    return Citation(
        marker=marker,
        document=document.path,
        page=page.number,
        page_label=document.label_at(piece.start, piece.end),
        start=piece.start,
        end=piece.end,
        quote=stored,
        verified=bool(stored) and normal(stored) == normal(piece.text),
    )


def stands(citation: Citation, document: Document) -> bool:
    """Tell whether a citation holds: its quote stands in this document at the place and on the page that it names."""
    start, end = citation.start, citation.end
    if citation.document != document.path or not 0 <= start < end <= len(document.text):
        return False
    page, label = document.page_at(start).number, document.label_at(start, end)
    return (
        (citation.page, citation.page_label) == (page, label)
        and bool(normal(citation.quote))
        and normal(citation.quote) == normal(document.text[start:end])
    )


def locate(quote: str, document: Document) -> tuple[int, int] | None:
    """Return where a quote first stands in a document, in characters of its text; None where it does not.

    Compared are letters, figures and signs: white space, and hyphens between letters, may differ.
    """
    wanted, _ = _squeezed(quote)
    text, places = _squeezed(document.text)
    at = text.find(wanted) if wanted else -1
    return None if at < 0 else (places[at], places[at + len(wanted) - 1] + 1)


def _squeezed(text: str) -> tuple[str, list[int]]:
    """Return `text` as quotes are looked for, and the place in it of each character that is kept."""
    kept: list[str] = []
    places: list[int] = []
    for match in _RUN.finditer(text):
        characters = match[0]
        if characters[0].isspace() or characters[0] in _JOINS:
            before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
            if not (before.isdigit() and after.isdigit()):  # "1 5" is not "15"
                continue
            characters = normal(characters) or " "
        folded = unicodedata.normalize("NFKC", characters.translate(_POWERS)).translate(_HYPHENS).translate(_QUOTES)
        kept += folded
        places += [match.start()] * len(folded)
    return "".join(kept), places


def unsupported_words(answer: str, sources: Sequence[str]) -> list[str]:
    """Return the words of `answer` that stand in none of `sources`, in any of their forms.

    Of a sentence only names count, since it may say things in words of its own; of a phrase every word does.
    """
    said = _NAME.findall(answer)
    phrase = len(said) <= _PHRASE and not _END.search(answer.strip()[-2:])
    known = {word for source in sources for word in _NAME.findall(source)}
    return [
        word
        for row, word in enumerate(said)
        if len(word) > 2
        and word.casefold() not in STOP_WORDS
        and (phrase or (row > 0 and not word.islower()))
        and not among(word, known)
    ]


def normal(text: str) -> str:
    """Return `text` as it is compared: Unicode, ligatures, hyphens, quotation marks and white space made alike."""
    text = unicodedata.normalize("NFKC", text.translate(_POWERS)).translate(_HYPHENS).translate(_QUOTES)
    return " ".join(text.split())


def _latin(character: str) -> bool:
    """Tell whether `character` is Latin, or a sign, figure or space that every script uses."""
    code = ord(character)
    if code < 0x20:
        return False
    return code < 0x250 or 0x1E00 <= code < 0x2C00 or (not character.isalpha() and code < 0x3000)
