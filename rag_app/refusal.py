"""When to say that the documents do not answer: from scores and checks, never from the generator's own word.

A small generator asked to decline does not. What separates answerable from unanswerable questions is the score that
the cross-encoder gives to the sentence which the generator named as its evidence, together with the generator's
preference for "yes" over "no" when it is asked whether that sentence states the answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompts import render
from rag_app.generator import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document
    from rag_app.context import Evidence
    from rag_app.generator import Generator
    from rag_app.types import Hit

RELEVANT = -5.5  # logits; where no passage or sentence reaches it the generator is not asked
SURE = 2.0  # logits; named evidence above it needs no second look
HOPELESS = -9.0  # logits; nothing can save named evidence below it
SUPPORTED = -4.5  # of the evidence's logit plus _PREFERENCE times the generator's preference for yes, in logits
_PREFERENCE = 3.0
_NAMED = re.compile(r"\b(?:(?=\w*\d)(?=\w*[A-Za-z])\w{2,}|(?:19|20)\d\d)\b")  # E05, 4B, D540, 2025


def relevant(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> bool:
    """Tell whether any passage or sentence bears on the question at all."""
    scores = [hit.score for hit in hits] + [piece.score for piece in evidence]
    return bool(evidence) and max(scores) > RELEVANT


def hopeless(question: str, piece: Evidence, document: Document) -> bool:
    """Tell whether `piece` cannot answer: it scores too low, or its document never names what the question names."""
    text = f"{document.path} {document.title} {document.text}".casefold()
    unnamed = [name for name in _NAMED.findall(question) if name.casefold() not in text]
    return piece.score < HOPELESS or bool(unnamed)


def supported(question: str, answer: str, piece: Evidence, document: Document, generator: Generator) -> bool:
    """Tell whether `piece` states the answer, by its score and the generator's second look at it alone."""
    if piece.score >= SURE:
        return True
    lead = f"{piece.lead}: " if piece.lead else ""
    text = " ".join(f"{lead}{piece.text}".split())
    values = {"document": document.title, "text": text, "question": question, "answer": answer}
    messages = [Message("system", render("support_system")), Message("user", render("support_user", **values))]
    return piece.score + _PREFERENCE * generator.preference(messages, "yes", "no") > SUPPORTED
