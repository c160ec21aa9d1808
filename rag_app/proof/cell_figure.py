"""The one figure that a cell of a table holds, with its unit: fast enough for columns of many thousand rows."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from rag_app.language.days import dates_in
from rag_app.language.words import FIGURE, unmarked
from rag_app.proof.amounts import Amount, amounts
from rag_app.text import single_spaced

_KEPT = 10_000  # ways to write what stands round a figure, of which most columns have one
_FIGURE = re.compile(FIGURE)
_SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)(?:[.,]\d+)?")
_SIGN_APART = re.compile(r"(?<!\w)[-−–][ \u00a0\u202f]*(?=\W?\s?\d)")
_SIGN_WITHIN = re.compile(r"^\s*([^\w\s(-]|[A-Z]{3})\s*[-−–]\s*(?=\d)")  # "$-5"
_IN_BRACKETS = re.compile(r"\W*\([^()]*\d[^()]*\)\W*")  # as accounts write what is negative
_MARKS = frozenset(":/’'")  # of times of day, fractions and some thousands: they are read one by one
_STRUCK = re.compile(r"~~[^~]+~~")  # it is said no more
_LIKE = "2"  # stands for any figure: it is no ordinal, no code and no date by itself


def figure_of(text: str) -> Amount | None:
    """Return the amount that a cell holds; None where it holds none, several, or a date.

    What is struck out is none. What stands in brackets or after a minus is negative; its `start` and `end` are those
    of a cell without spaces within its figure.
    """
    text = _STRUCK.sub(lambda match: " " * len(match[0]), unmarked(text)).rstrip()
    joined = _SPACED.sub(lambda match: re.sub(r"\s", "", match[0]), text)
    joined = _SIGN_WITHIN.sub(r"-\1 ", joined)
    found = _FIGURE.findall(joined)
    if len(found) > 1:
        amount = None if not dates_in(joined) else _read(joined)
    elif found and not _MARKS & set(found[0]):
        amount = _by_place(joined, found[0])
    else:
        amount = _read(joined)
    if amount is not None and joined != text:
        spaced = _SPACED.search(text)
        said = single_spaced(spaced[0]) if spaced else amount.said
        return replace(amount, said=said, written=single_spaced(text))
    return amount


def _by_place(text: str, figure: str) -> Amount | None:
    """Return the amount of a cell with one figure: what stands round it is read once for all figures."""
    start = text.index(figure)
    before, after = text[:start], text[start + len(figure) :]
    like = _read(f"{before}{_LIKE}{after}")
    if like is None or figure.count(".") + figure.count(",") > 1 or figure.startswith("0"):
        return _read(text) if like is not None else None
    signed = f"-{figure}" if like.figure.startswith("-") else figure
    first, _, last = like.written.partition(_LIKE)
    return Amount(start, start + len(figure), figure, signed, like.unit, f"{first}{figure}{last}")


@lru_cache(_KEPT)
def _read(text: str) -> Amount | None:
    dates = dates_in(text)
    found = [one for one in amounts(text) if not any(at.start <= one.start < at.end for at in dates)]
    if len(found) != 1 or _cut_short(text, found[0]):
        return None
    [amount] = found
    bare = amount.figure.lstrip("-")
    if bare != amount.figure or _IN_BRACKETS.fullmatch(text) or _SIGN_APART.match(text):
        written = single_spaced(text) if _IN_BRACKETS.fullmatch(text) or bare == amount.figure else amount.written
        said = amount.said.lstrip("-−–")
        return replace(amount, start=amount.end - len(said), said=said, figure=f"-{bare}", written=written)
    return amount


def _cut_short(text: str, amount: Amount) -> bool:
    """Tell whether letters that belong to a figure are none of its unit: "£3m" are no three pounds."""
    said = amount.written
    end = text.find(said) + len(said)
    return said in text and text[end : end + 1].isalpha()
