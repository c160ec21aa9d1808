"""What a section or a page of a document says, in its own words, and which sections a document has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.answering.excerpt import cited, together
from rag_app.answering.outline import Outline
from rag_app.answering.proved import Result
from rag_app.answering.stretch import as_passage
from rag_app.asking.meant_document import meant, name_words
from rag_app.asking.place_asked import asks_for_sections, is_about_place, is_about_sections, places_asked
from rag_app.evidence.choose import seen
from rag_app.evidence.guard import blanked, harmless
from rag_app.evidence.injection import order_spans
from rag_app.language.detector import language_of
from rag_app.language.language import filled
from rag_app.language.reading import sentences
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import among, words
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ingest import Document
    from rag_app.answering.stages import Stages
    from rag_app.asking.place_asked import Place
    from rag_app.types import Citation, Hit, StoredDocument

    Span = tuple[int, int]

_WORDS = 200  # that are shown of a section or page
_HEADINGS = 30  # that are named of a document
_BEFORE, _SCORED = 300, 800  # characters before and of a section that are scored
_BY_SEARCH = 2  # documents that are looked through where the question names none


def section_by_rule(question: str, stages: Stages) -> Result | None:
    """Return the text of a place where a question plainly asks a document that it names for nothing else."""
    if not places_asked(question):
        return None
    known = _named(question, stages)
    names = [word for one in known for word in name_words(one.path, one.title)]
    places = places_asked(question, names)
    if len(known) != 1 or not places or not is_about_place(question, places[0], names):
        return None
    return _in_document(question, places, stages.read(known[0].path), stages)


def section(question: str, hits: Sequence[Hit], stages: Stages) -> Result | None:
    """Return the text of the section or page that a question names; None where it names none, or there is none."""
    for document in _documents(question, hits, stages):
        names = name_words(document.path, document.title)
        places = places_asked(question, names)
        if found := _in_document(question, places, document, stages):
            return found
        if not places and (called := _called(question, names, Outline(document))):
            return _told(question, document, called)
    return None


def headings(question: str, hits: Sequence[Hit], stages: Stages) -> Result | None:
    """Return the headings of the document that a question asks the sections of; None where it asks something else."""
    if not asks_for_sections(question):
        return None
    for document in _documents(question, hits, stages):
        names = name_words(document.path, document.title)
        found = Outline(document).headings
        if found and is_about_sections(question, names):
            return _listed(question, document, found)
    return None


def _in_document(question: str, places: Sequence[Place], document: Document, stages: Stages) -> Result | None:
    outline = Outline(document)
    for place in places:
        if stretches := _stretches(place, document, outline):
            return _told(question, document, _best(question, stretches, document, stages))
    return None


def _named(question: str, stages: Stages) -> Sequence[StoredDocument]:
    """Return the documents that a question names, or the only one there is."""
    stored = stages.documents()
    return stored if len(stored) == 1 else meant(question, stored)


def _documents(question: str, hits: Sequence[Hit], stages: Stages) -> Iterator[Document]:
    """Go through the documents that a question means: those it names, else the ones that bear most on it."""
    found = [document.path for document in _named(question, stages)]
    if len(found) != 1:
        ranked = list(dict.fromkeys(hit.document for hit in hits))
        found = [path for path in ranked if path in found] + [path for path in found if path not in ranked] or ranked
    return map(stages.read, found[:_BY_SEARCH])


def _stretches(place: Place, document: Document, outline: Outline) -> list[Span]:
    """Return where a place is: the page with this label printed on it, else with this number; or the sections."""
    if not place.page:
        return outline.sections(place)
    spans = [(start, start + len(page.text)) for start, page in zip(document.starts, document.pages, strict=True)]
    rows = [row for row, page in enumerate(document.pages) if page.label.casefold() == place.label.casefold()]
    if not rows and place.label.isdigit() and 0 < int(place.label) <= len(spans):
        rows = [int(place.label) - 1]
    return [spans[row] for row in rows[:1] if document.pages[row].text.strip()]


def _best(question: str, stretches: Sequence[Span], document: Document, stages: Stages) -> Span:
    """Return the one of several places with the same label that bears most on the question."""
    if len(stretches) == 1:
        return stretches[0]
    texts = [
        single_spaced(document.text[max(start - _BEFORE, 0) : min(end, start + _SCORED)]) for start, end in stretches
    ]
    return stretches[int(stages.score(question, texts).argmax())]


def _called(question: str, names: Collection[str], outline: Outline) -> Span | None:
    """Return the section whose heading stands in a question, word for word, beside the name of its document."""
    asked = set(words(question)) - {*names}
    best: tuple[int, Span] | None = None
    for row, (start, end) in enumerate(outline.headings):
        said = [word for word in words(outline.text[start:end]) if word not in STOP_WORDS and not word.isdigit()]
        if said and all(among(word, asked) for word in said) and (best is None or len(said) > best[0]):
            after = outline.headings[row + 1 :]
            best = len(said), (start, after[0][0] if after else len(outline.text))
    return best[1] if best else None


def _told(question: str, document: Document, span: Span) -> Result:
    """Return the words of a place, as many as may be shown, with each page a quote."""
    spans = _readable(document, span)
    counts = [len(document.text[start:end].split()) for start, end in spans]
    shown, read = 0, 0
    while shown < len(spans) and (not shown or read + counts[shown] <= _WORDS):
        read += counts[shown]
        shown += 1
    if not shown:
        return Result("not_found", language_of(question).sentences.not_found)
    hit = as_passage(document, spans[0][0], spans[shown - 1][1])
    parts: list[str] = []
    citations: list[Citation] = []
    for quote in together(spans[:shown], document):
        citations.append(cited(len(citations) + 1, hit, quote, document))
        parts.append(f"{_paragraphs(quote, document)} [{citations[-1].marker}]")
    text = "\n".join(parts)
    if (count := sum(counts)) > read:
        text = f"{text}\n({filled(language_of(question).sentences.words_read, read=read, count=count)})"
    return Result("answered", text, tuple(citations), hits=(hit,))


def _readable(document: Document, span: Span) -> list[Span]:
    """Return the sentences and rows of a stretch, without those that are hidden or give orders."""
    first, last = span
    text = seen(document)[first:last]
    return [(first + start, first + end) for start, end in sentences(blanked(text, order_spans(text)))]


def _paragraphs(spans: Sequence[Span], document: Document) -> str:
    """Return sentences as they stand in the document: each paragraph and row on a line of its own."""
    text = ""
    last = spans[0][0]
    for start, end in spans:
        gap = "" if not text else "\n" if "\n" in document.text[last:start] else " "
        text += gap + harmless(single_spaced(document.text[start:end]))
        last = end
    return text


def _listed(question: str, document: Document, found: Sequence[Span]) -> Result:
    """Return headings, each on a line with its marker."""
    hit = as_passage(document, found[0][0], found[0][1])
    lines: list[str] = []
    citations: list[Citation] = []
    for row, (start, end) in enumerate(found[:_HEADINGS], 1):
        citations.append(cited(row, hit, [(start, end)], document))
        lines.append(f"- {harmless(single_spaced(document.text[start:end]))} [{row}]")
    if len(found) > _HEADINGS:
        lines.append(filled(language_of(question).sentences.more, count=len(found) - _HEADINGS))
    return Result("answered", "\n".join(lines), tuple(citations), hits=(hit,))
