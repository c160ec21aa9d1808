"""An answer as a person reads it: its words as they come, then notes, its sources or the nearest passages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rag_app.console import screen
from rag_app.console.links import link_of
from rag_app.console.progress import waiting
from rag_app.console.screen import clause_text, name_text, show_indented, show_line, show_note, show_notes
from rag_app.console.wrapping import Words, indented
from rag_app.text import clean, flat
from rag_app.types import WEAK_SUPPORT, Answer, Passages, Token

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rag_app.types import Citation, Event, Hit, SessionTurn

NOT_COVERED = "Part of this answer is not covered by the quoted text."

_QUOTE_LENGTH = 300  # characters of a quote shown
_PREVIEW_LENGTH = 240  # of a passage
_NEAREST = 3  # passages shown where there is no answer


def show_events(events: Iterator[Event]) -> Answer:
    """Write an answer while it comes, tell meanwhile what is done, and return it."""
    with waiting("searching"):
        event = next(events)
    assert isinstance(event, Passages)
    with waiting("reading"):
        event = next(events)
    words = Words(show_token, screen.console().width)
    while not isinstance(event, Answer):
        if isinstance(event, Token):
            words.add(clean(event.text))
        event = next(events)
    words.end()
    return event


def show_token(text: str) -> None:
    """Write a piece of an answer at once."""
    sys.stdout.write(clean(text))
    sys.stdout.flush()


def show_answer_end(answer: Answer) -> None:
    """Write what follows a streamed answer: a note on its status, and its sources."""
    show_line()
    if doubt := doubt_text(answer):
        show_line((doubt, "yellow"))
    show_notes(answer.notes)
    if answer.citations:
        show_line()
        show_sources(answer.citations)
    if answer.passages and (answer.unsure or not answer.citations):
        show_line(("\nThe nearest passages:", "bold"))
        show_passages(answer.passages[:_NEAREST], scores=False)


def doubt_text(answer: Answer) -> str:
    """Return why an answer is only partial; nothing where it is not."""
    if answer.unsure:
        return name_text(answer.unsure)
    return NOT_COVERED if answer.status == "partial" else ""


def show_turn(turn: SessionTurn) -> None:
    """Write a question of a session, its answer and sources."""
    answer = turn.answer
    show_line((f"> {name_text(answer.question)}", "bold"))
    if answer.standalone_question != answer.question:
        show_note(f"Understood as: {answer.standalone_question}")
    out = screen.console()
    out.print(indented(clean(answer.answer), 0, out.width), end="")
    show_answer_end(answer)
    show_line()


def show_sources(citations: Sequence[Citation]) -> None:
    """Write each citation with its marker, document, page and quote."""
    for citation in citations:
        marker = f"[{citation.marker}] "
        colour = "yellow" if citation.verified else "red"
        show_line((marker, "bold"), link_of(citation), (_doubts(citation), colour))
        quote = flat(citation.quote, _QUOTE_LENGTH)
        show_indented(f"“{quote}”", 4)


def show_passages(hits: Sequence[Hit], *, scores: bool) -> None:
    """Write passages, best first."""
    for hit in hits:
        rank = f"{hit.rank}. "
        score = f"  {hit.score:.2f}" if scores else ""
        show_line((rank, "bold"), link_of(hit), (score, "dim"), (_cautions(hit), "yellow"))
        preview = flat(hit.text, _PREVIEW_LENGTH)
        show_indented(preview, 3)


def _doubts(citation: Citation) -> str:
    """Return what speaks against a citation, each in brackets."""
    doubts = ""
    if not citation.verified:
        doubts += "  (quote not found on the page)"
    elif citation.support is not None and citation.support < WEAK_SUPPORT:
        doubts += "  (weak support)"
    if citation.stale:
        doubts += "  (its last readable text)"
    return doubts


def _cautions(hit: Hit) -> str:
    """Return what is to be known of a passage before it is believed."""
    cautions = ""
    if hit.hidden_characters:
        cautions += "  holds text that the page hides"
    if hit.stale:
        cautions += f"  {clause_text(hit.stale)}"
    return cautions
