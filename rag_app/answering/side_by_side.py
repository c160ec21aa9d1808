"""Values of two times side by side, where nobody asked how far they are apart.

"The respective rents in 2018 and 2019": a small generator takes the one from the other; both are what is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.answering.calculation import Calculated, is_of_two_times
from rag_app.answering.operand_proof import citations_of
from rag_app.answering.operands import Lookup
from rag_app.evidence.changes import asks_change
from rag_app.evidence.guard import harmless
from rag_app.evidence.windows import Window
from rag_app.proof.calculator import names
from rag_app.proof.quotes import parenthesised
from rag_app.text import single_spaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.answering.operands import Operand
    from rag_app.answering.stages import Stages
    from rag_app.proof.calculator import Formula
    from rag_app.types import Hit


def are_two_times(question: str, formula: Formula) -> bool:
    """Tell whether a formula takes a value of one time from that of another, and no change is asked for."""
    return is_of_two_times(formula) and not asks_change(question)


def side_by_side(question: str, formula: Formula, hits: Sequence[Hit], stages: Stages) -> Calculated | None:
    """Return the values of a formula, each on a line; None where one stands in no cell."""
    lookup = Lookup(question, hits, stages)
    found = [(one.name, lookup.one(one.name, dated=False)) for one in names(formula)]
    values = [(name, one) for name, one in found if one and one.likely is not None]
    if len(values) < len(found):
        return None
    citations, markers = citations_of([one for _, one in values], stages)
    lines = [f"{harmless(name)}: {_written(one)} {''.join(f'[{at}]' for at in markers[one])}" for name, one in values]
    quoted = "\n".join(dict.fromkeys(single_spaced(one.quote) for one in citations))
    first = values[0][1]
    likely = min(one.likely or 0.0 for _, one in values)
    return Calculated("\n".join(lines), citations, Window(first.hit, (first.span,), quoted), likely)


def _written(operand: Operand) -> str:
    value = f"{operand.written} ({operand.scale})" if operand.scale else operand.written
    return parenthesised(harmless(value))
