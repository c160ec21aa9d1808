"""How likely a quote supports an answer: advice, never proof.

From the cross-encoder's score of question and answer together with the quote, and from the share of the answer's words
and figures that stand in it. It tells a quote from the wrong place; it cannot tell which words of the right sentence
are the answer (docs/decisions/0025).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.proof.calibration import Logistic
from rag_app.proof.figures import figures
from rag_app.proof.quotes import content_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rag_app.models.numbers import RerankerNumbers
    from rag_app.types import Vectors

_FIGURE_WEIGHT = 4  # of a figure, counted in words


def supports(
    question: str,
    answer: str,
    quotes: Sequence[str],
    score: Callable[[str, Sequence[str]], Vectors],
    numbers: RerankerNumbers,
) -> list[float]:
    """Return for each quote the probability, 0 to 1, that it supports the answer.

    Args:
        question: as it was searched.
        answer: without markers.
        quotes: from the documents, with the headings that they stand under.
        score: the cross-encoder: a text and others to one logit each.
        numbers: of the cross-encoder.
    """
    model = Logistic(numbers.support_bias, {"score": numbers.support_score, "held": numbers.support_held})
    scores = score(f"{question} {answer}", quotes)
    return [
        model.probability({"score": float(value), "held": held(question, answer, quote)})
        for value, quote in zip(scores, quotes, strict=True)
    ]


def held(question: str, answer: str, quote: str) -> float:
    """Return the share of the answer's words and figures, beyond the question's, that stand in the quote."""
    said = content_words(answer) - content_words(question)
    weights = {word: _FIGURE_WEIGHT if figures(word) else 1 for word in said}
    standing = said & content_words(quote)
    return sum(weights[word] for word in standing) / sum(weights.values()) if said else 1.0
