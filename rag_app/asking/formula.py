"""What a question wants worked out, as a formula over values that have to be looked up; never the figures themselves.

The generator says in one word whether anything is to be worked out, and only then writes the formula, after examples,
the same way in every language.
"""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

from rag_app.asking.choice import after_examples, leanings
from rag_app.models.generator import Usage

if TYPE_CHECKING:
    from rag_app.models.generator import Form, Generator

NONE = "none"
_CALCULATION = "calculation"
_TOKENS = 96


def asks_for_calculation(question: str, generator: Generator) -> bool:
    """Tell whether the answer to a question is worked out; a generator that was not measured has no say."""
    if isinf(generator.numbers.calculation):
        return False
    found = leanings("calculation", question, (NONE, _CALCULATION), generator)
    return found[_CALCULATION] - found[NONE] > generator.numbers.calculation


def formula_of(question: str, generator: Generator, form: Form) -> str:
    """Return the formula that a question asks for, as it was written; "none" where it needs none.

    Args:
        question: as it is asked.
        generator: is asked once.
        form: what may be written.
    """
    messages = after_examples("formula", question)
    return "".join(generator.stream(messages, Usage(), max_tokens=_TOKENS, form=form)).strip()
