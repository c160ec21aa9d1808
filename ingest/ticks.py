"""Check boxes in a line become words: "Vaccinated: yes ☒ no ☐" says "Vaccinated: yes"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.marks import hidden

TICKED, CROSSED, EMPTY = "☑", "☒", "☐"
YES, NO = "yes", "no"

_BOX = re.compile("([☐☑☒])")
_LEAD = re.compile(r"(.*[:?：？])(.*)", re.DOTALL)
_MOST = 40  # boxes of a line
_LONGEST = 200  # characters of what stands at a box: more is prose about boxes
_PAIR = 2
_AROUND = " \t\n,;/|·–—-"


@dataclass(frozen=True, slots=True)
class _Choice:
    label: str
    box: str

    @property
    def holds(self) -> bool:
        return self.box != EMPTY

    @property
    def text(self) -> str:
        answer = YES if self.holds else NO
        return f"{self.label.rstrip(':')}: {answer}" if self.label else answer


def told(text: str, *, in_cell: bool = False) -> str:
    """Return `text` with its check boxes as words; as it is where it cannot be told what they stand at.

    A box with its label becomes "Label: yes" or "Label: no". Of several under one question, or in one cell, of which
    one is ticked, that one is the answer; the others follow in brackets, marked as no evidence. So do both of two
    where none is.

    Args:
        text: a line.
        in_cell: of a table, whose row asks the question.
    """
    parts = _BOX.split(text)
    boxes, texts = parts[1::2], [part.strip(_AROUND) for part in parts[::2]]
    if not boxes or len(boxes) > _MOST or {TICKED, CROSSED} <= set(boxes) or max(map(len, texts)) > _LONGEST:
        return text
    lead, labels = _labels(texts)
    if labels is None:
        return text
    choices = [_Choice(label, box) for label, box in zip(labels, boxes, strict=True)]
    return f"{lead} {_said(choices, asked=bool(lead) or in_cell)}".lstrip()


def _said(choices: list[_Choice], *, asked: bool) -> str:
    chosen = [choice.label for choice in choices if choice.holds]
    others = [f"{EMPTY} {choice.label}" for choice in choices if not choice.holds]
    answered = len(chosen) == 1 or (not chosen and len(choices) == _PAIR)  # a pair without an answer says neither
    if asked and others and answered and all(choice.label for choice in choices) and len(choices) > 1:
        return " ".join([*chosen, f"({hidden(', '.join(others))})"])
    return "; ".join(choice.text for choice in choices)


def _labels(texts: list[str]) -> tuple[str, list[str] | None]:
    """Return what asks for the choice, and what each box stands at: all before, or all behind it.

    Args:
        texts: those between the boxes, one more than there are.
    """
    first, last = texts[0], texts[-1]
    question = _LEAD.fullmatch(first)
    lead, label = (question[1].strip(), question[2].strip()) if question else ("", first)
    if not any(map(str.isalnum, last)):  # nothing behind the last box
        return (lead, [label, *texts[1:-1]]) if label or len(texts) == 2 else ("", None)
    if not label:
        return lead, texts[1:]
    behind = len(texts) > 2 and all(texts[1:]) and not question
    return (label, texts[1:]) if behind else ("", None)
