"""Whether an answer is right: it holds every point that its question needs, in no more words than its kind may have.

A row of a question file has `kind` and `need`: each inner list is one required point with the forms that it may take.
`opposite` holds words that the answer must not begin with. A row without `kind` asks for a fact, and one of its
`answers` is enough.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rag_app.language.numbers import number_of
from rag_app.language.vocabulary import every

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

FACT = "fact"
LONGEST = {  # words; who shows whole passages has not answered
    FACT: 60,
    "count": 60,
    "yesno": 90,
    "compare": 110,
    "followup": 110,
    "list": 180,
    "explain": 220,
    "howto": 220,
    "section": 220,
}
_MARKERS = re.compile(r"\[\d+\]")
_INSIDE_NUMBER = re.compile(r"(?<=\d)[.,](?=\d)")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")


def kind_of(row: Mapping[str, Any]) -> str:
    """Return the kind of a question."""
    return str(row.get("kind", FACT))


def is_right(row: Mapping[str, Any], answer: str) -> bool:
    """Tell whether an answer holds what the question needs, is short enough and does not begin with the opposite."""
    said = _MARKERS.sub(" ", answer)
    if len(said.split()) > LONGEST[kind_of(row)]:
        return False
    if "need" not in row:
        return any(_flat(form) in _flat(said) for form in row["answers"])
    opposite = any(normal(said).startswith(normal(word)) for word in row.get("opposite", ()))
    return not opposite and all(is_met(forms, said) for forms in row["need"])


def is_met(forms: Sequence[str], text: str) -> bool:
    """Tell whether one of the forms stands in a text, in whole words."""
    return any(normal(form) in normal(text) for form in forms)


def normal(text: str) -> str:
    """Return the words of a text as they are compared, each between spaces.

    Letter case, punctuation and articles do not count, and a number may be written as a word. Thousands may be parted
    or not, and decimals by a point or a comma.
    """
    words = (_compared(word) for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
    articles = every(lambda language: language.answers.articles)
    return f" {' '.join(word for word in words if word not in articles)} "


def _compared(word: str) -> str:
    number = number_of(word)
    if number is not None:
        return str(number)
    parts = _INSIDE_NUMBER.split(word)
    thousands = len(parts) > 1 and all(len(part) == 3 for part in parts[1:])
    return ("" if thousands else ".").join(parts)


def _flat(text: str) -> str:
    """Lower-case and normalise white space."""
    return " ".join(text.casefold().split())
