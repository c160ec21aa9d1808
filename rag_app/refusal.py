"""When to say that the documents do not answer: from scores and checks, never from the generator's own word.

A small generator asked to decline does not. What separates answerable from unanswerable questions is its preference
for "yes" over "no" when it is shown the evidence and asked two things: whether the answer is stated there, and, without
the answer, whether the text holds one at all. The evidence's own score adds a little.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prompts import render
from rag_app.context import around, show
from rag_app.generator import Message
from rag_app.guard import neutral
from rag_app.names import CODE
from rag_app.orders import shown_name
from rag_app.stopwords import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document
    from rag_app.context import Evidence
    from rag_app.generator import Generator
    from rag_app.types import Hit

RELEVANT = -5.5  # logits; where no passage or sentence reaches it the generator is not asked
SURE = 2.0  # logits; evidence above it needs no second look
SUPPORTED = 1.2  # of the generator's two preferences for yes together, in logits, with what follows added
_SCORE = 0.1  # for each logit of the evidence
_EITHER = {"or", "oder", "ou", "o"}
_WORD = re.compile(r"\w+")


def relevant(hits: Sequence[Hit], evidence: Sequence[Evidence]) -> bool:
    """Tell whether any passage or sentence bears on the question at all."""
    scores = [hit.score for hit in hits] + [piece.score for piece in evidence]
    return bool(evidence) and max(scores) > RELEVANT


def foreign(question: str, document: Document) -> bool:
    """Tell whether the document never names what the question names: a code, a flat number, a year."""
    text = f"{document.path} {document.title} {document.text}".casefold()
    return any(name.casefold() not in text for name in CODE.findall(question))


def empty(question: str, answer: str) -> bool:
    """Tell whether an answer only says the question's own words again, of which it was not asked to choose one."""
    said, asked = (set(_WORD.findall(text.casefold())) for text in (answer, question))
    return not said - asked - STOP_WORDS and not (said and asked & _EITHER)


def supported(
    question: str, answer: str, piece: Evidence, pieces: Sequence[Evidence], document: Document, generator: Generator
) -> bool:
    """Tell whether `piece`, with what stands around it in `pieces`, states the answer."""
    if piece.score >= SURE:
        return True
    text = " ".join(neutral(show(around(pieces, [piece]))).split())
    title = shown_name(" ".join(document.title.split()))
    values = {"document": title, "text": text, "question": question}
    checks = (render("holds_user", **values), render("states_user", **values, answer=answer))
    system = Message("system", render("check_system"))
    agreed = sum(generator.preference([system, Message("user", check)], "yes", "no") for check in checks)
    return agreed + _SCORE * piece.score > SUPPORTED
