"""The formula of a figure that a question asks for by name, and whether the user's own formulas are any."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.asking.known_formulas import has_name, known_formula
from rag_app.errors import SettingsError
from rag_app.language.dates import is_year
from rag_app.language.reading import sentences
from rag_app.language.stopwords import STOP_WORDS
from rag_app.language.words import words
from rag_app.proof.amounts import amounts
from rag_app.proof.calculator import FUNCTIONS, OF_ONE, TODAY, Named, names, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rag_app.answering.stages import Stages
    from rag_app.config import Formulas
    from rag_app.proof.amounts import Amount
    from rag_app.proof.calculator import Formula
    from rag_app.types import Hit

_HINT = 'Write values in brackets, such as "[income] - [rent]"; functions are ' + ", ".join((*FUNCTIONS, *OF_ONE)) + "."


def known_figure(question: str, hits: Sequence[Hit], stages: Stages) -> Formula | None:
    """Return the formula of the figure that a question asks for by a known name.

    None where it asks for none, or where a line of the passages states a figure by this name: the documents' own word
    goes before what could be worked out.
    """

    def called() -> frozenset[str]:
        return frozenset(
            word for one in stages.documents() for word in words(f"{stem(PurePath(one.path))} {one.title}")
        )

    known = known_formula(question, stages.formulas, called)
    if known is None or any(_states(hit.text, known.name) for hit in hits):
        return None
    return parse(known.formula)


def check_formulas(formulas: Formulas) -> None:
    """Accept the user's own formulas.

    Raises:
        SettingsError: a name says nothing, or a formula is none.
    """
    for name, formula in formulas:
        if not set(words(name)) - STOP_WORDS:
            raise SettingsError(f"A formula cannot be known by the name {name!r}.", hint="Name what it works out.")
        if wrong := _wrong(formula):
            raise SettingsError(f"The formula {formula!r} of {name!r} {wrong}.", hint=_HINT)


def _states(text: str, name: str) -> bool:
    """Tell whether a sentence or a row of a text has a name and a figure that is no year."""
    lines = (text[start:end] for start, end in sentences(text))
    return any(has_name(line, name) and _has_figure(amounts(line)) for line in lines)


def _has_figure(found: Iterable[Amount]) -> bool:
    return any(one.unit or not is_year(one.said) for one in found)


def _wrong(formula: str) -> str:
    """Return what is wrong with a formula; empty where it is one."""
    known = {*FUNCTIONS, *OF_ONE, TODAY}
    if unknown := [word for word in re.findall(r"[^\W\d_]+", re.sub(r"\[[^][]*\]", "", formula)) if word not in known]:
        return f"has the unknown word {unknown[0]!r} outside of brackets"
    parsed = parse(formula)
    if parsed is None:
        return "cannot be read"
    if not names(parsed):
        return "has no value in brackets"
    return "works nothing out" if isinstance(parsed, Named) else ""
