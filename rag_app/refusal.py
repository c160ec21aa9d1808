"""When to say that the documents do not answer: from scores and checks, never from the generator's own word.

A small generator asked to decline does not. What separates answerable from unanswerable questions is its preference
for "yes" over "no" when it is shown an answer with the evidence for it and asked whether it is stated there, together
with the share of the question's words that the passage has, and a little of the evidence's own score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prompts import render
from rag_app.citations import content_words, stated
from rag_app.context import around, show
from rag_app.generator import Message
from rag_app.names import CODE
from rag_app.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document
    from rag_app.context import Evidence
    from rag_app.generator import Generator
    from rag_app.types import Hit

RELEVANT = -5.5  # logits; where no passage or sentence reaches it the generator is not asked
SURE = 2.0  # logits; evidence above it needs no second look
SUPPORTED = 2.7  # of the generator's preference for yes, in logits, with what follows added
_WORDS = 3.0  # for the share of the question's words that the passage has
_SCORE = 0.1  # for each logit of the evidence
_VERBATIM = 1.0  # for an answer that is the evidence itself, so that nothing was misread
_STEM = 5  # letters that words have to share to count as the same: notice and notices, kündigen and Kündigung


def relevant(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> bool:
    """Tell whether any passage or sentence bears on the question at all."""
    scores = [hit.score for hit in hits] + [piece.score for piece in evidence]
    return bool(evidence) and max(scores) > RELEVANT


def foreign(question: str, document: Document) -> bool:
    """Tell whether the document never names what the question names: a code, a flat number, a year."""
    text = f"{document.path} {document.title} {document.text}".casefold()
    return any(name.casefold() not in text for name in CODE.findall(question))


def supported(
    question: str, answer: str, piece: Evidence, pieces: Sequence[Evidence], document: Document, generator: Generator
) -> bool:
    """Tell whether `piece`, with what stands around it in `pieces`, states the answer."""
    if piece.score >= SURE:
        return True
    text = " ".join(show(around(pieces, [piece])).split())
    values = {"document": document.title, "text": text, "question": question, "answer": answer}
    messages = [Message("system", render("support_system")), Message("user", render("support_user", **values))]
    shared = shared_words(question, f"{piece.hit.text} {document.title} {document.path}")
    added = _WORDS * shared + _SCORE * piece.score + _VERBATIM * (answer == stated(piece))
    return generator.preference(messages, "yes", "no") + added > SUPPORTED


def shared_words(question: str, text: str) -> float:
    """Return the share, 0 to 1, of the question's words that occur in `text`; endings and stop words do not count."""
    wanted = content_words(question) - STOP_WORDS
    stems = {word[:_STEM] for word in content_words(text)}
    found = sum(word[:_STEM] in stems for word in wanted)
    return found / len(wanted) if wanted else 0.0
