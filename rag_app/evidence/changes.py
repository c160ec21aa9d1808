"""Sentences that say by how much something changed, but not how much it is: "revenue increased $334 million"."""

from __future__ import annotations

import re

_VERB = (
    r"(?:increas|decreas|declin|grew|grow|rise|rising|rose|fell|fall|drop|reduc|gain|lower|rais|climb|shr[aiu]nk|improv|"
    r"erhöh|gestiegen|steig|stieg|gesunken|sink|sank|verringer|gesenkt|senk)\w*"
)
_FIGURE = r"(?:approximately\s+|about\s+|rund\s+)?[$€£¥]?\s?\d[\d.,]*"
_CHANGES = re.compile(
    rf"\b{_VERB}(?:\s+(?:by|of|um))?\s+{_FIGURE}|\b{_VERB}\s+(?:[\w-]+\s+){{1,8}}?(?:by|um)\s+{_FIGURE}|"
    rf"{_FIGURE}\s?(?:%|percent|prozent|million|billion|mio\.?)?\s+(?:increase|decrease|decline|reduction|drop|rise)\b",
    re.IGNORECASE,
)
_LEVEL = re.compile(rf"\b(?:to|from|of|auf|von)\s+{_FIGURE}|\b(?:was|were|is|are|totall?ed|amounted)\b", re.IGNORECASE)
_ASKS = re.compile(
    rf"\b(?:{_VERB}|chang\w*|differ\w*|shift\w*|fluctuat\w*|trend\w*|evol\w*|compar\w*|more|less|effects?|impact\w*|affect\w*|"
    r"änder\w*|veränder\w*|mehr|weniger)\b",
    re.IGNORECASE,
)


def changes(sentence: str) -> bool:
    """Tell whether a sentence says by how much something changed and gives no figure of what it is."""
    return bool(_CHANGES.search(sentence)) and not _LEVEL.search(sentence)


def asks_change(question: str) -> bool:
    """Tell whether a question may ask for a change."""
    return bool(_ASKS.search(question))
