"""Documents that come out again and again, reports, minutes, statements: one name, and a date in it.

A question about such documents means one of them ("in the latest report", "in Q1 2023") or each ("over time").
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePath
from typing import TYPE_CHECKING

from ingest import stem
from rag_app.asking.periods import PERIOD, Period, period_in
from rag_app.searching.document_names import names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest import Document
    from rag_app.types import StoredDocument

    Series = Sequence[tuple[Period, str]]  # the documents' paths in order of time

_ISSUE = (
    r"(?:quarter|month|year|week|period|report|filing|10-[qk]|statement|invoice|bill|payslip|edition|issue|minutes|meeting|"
    r"newsletter|letter|update|quartal|monat|jahr|bericht|abschluss|rechnung|abrechnung|protokoll|ausgabe|sitzung)"
)
_SEVERAL = (
    r"(?:quarters|months|years|weeks|periods|reports|filings|10-[qk]s|statements|invoices|bills|payslips|editions|issues|"
    r"meetings|minutes|newsletters|letters|updates|quartale\w*|monate\w*|jahre\w*|berichte\w*|abschlüsse\w*|rechnungen|"
    r"abrechnungen|protokolle\w*|ausgaben|sitzungen)"
)
_PERIODICAL = r"(?:quarterly|monthly|annual|yearly|weekly|earnings|board|bank|energy|10-[qk])"
_KIND = rf"(?:{_PERIODICAL}\s+)*"
_TOLD = r"(?:stated|reported|disclosed|detailed|revealed|said|given)"
_LAST = re.compile(
    rf"(?:\b(?:(?:as\s+)?{_TOLD}\s+)?(?:in|of|for|from|per)\s+(?:the|its|their)\s+)?"
    r"\b(?:latest|most\s+recent|newest|last|neueste\w*|letzte\w*|jüngste\w*|aktuellste\w*)\s+"
    rf"{_KIND}{_ISSUE}(?![\w-])",
    re.IGNORECASE,
)
_THOSE = (
    r"(?:all|both|each|these|those|reported|reporting|past|previous|prior|earlier|various|different|several|historical|"
    r"quarterly|monthly|annual|yearly|weekly|alle\w*|diese\w*|einzelnen?|vergangenen?|verschiedenen?)"
)
_THESE = rf"(?:(?:of|the|den|die)\s+)*(?:{_THOSE}\s+)(?:(?:of|the|den|die|{_THOSE})\s+)*"
_AS = r"(?:as\s+(?:reported|disclosed|reflected|stated|described|per)\s+)?"
_SERIAL = re.compile(
    "|".join(
        (
            r"\bover\s+time\b|\bim\s+laufe\s+der\s+(?:zeit|jahre|monate)\b",
            rf"\b{_AS}(?:(?:across|over|throughout|during|in|for|from|per|über|während)\s+)?"
            rf"\b{_THESE}{_KIND}{_SEVERAL}(?![\w-])",
            rf"\bin\s+\w+['’]s?\s+(?:{_PERIODICAL}\s+{_SEVERAL}|10-[qk]s)(?![\w-])",
            rf"\b(?:across|over|throughout)\s+(?:the\s+)?{_KIND}{_SEVERAL}(?![\w-])",
            r"\b(?:over|throughout|during)\s+the\s+report(?:ed|ing)\s+(?:period|time\s?frame)\b",
            rf"\b(?:for|in|of|from|für)\s+(?:each|every|jede\w*)\s+(?:report(?:ed|ing)\s+)?{_KIND}{_ISSUE}(?![\w-])",
            rf"\b(?:from\s+|von\s+)?(?P<one>{_ISSUE})(?:\s+|-)(?:to|by|after|zu)(?:\s+|-)(?P=one)\b",
            r"\bcomparing\s+the\s+[^,]+?\s+to\s+(?:the\s+)?(?:previous|prior|earlier)\s+ones\b",
        )
    ),
    re.IGNORECASE,
)
_CHANGED = (
    r"(?:changed?|fluctuated?|evolved?|trended|varied|shifted|develop(?:ed)?|moved|differed|grown|risen|fallen|seen\s+\w+|"
    r"adapted|verändert|entwickelt)"
)
_HOW = re.compile(
    rf"(?:how|in\s+what\s+ways)\s+(?P<verb>has|have|did)\s+(?P<topic>.+?)\s+{_CHANGED}\b.*", re.IGNORECASE
)
_WIE = re.compile(rf"wie\s+(?P<verb>hat|haben)\s+sich\s+(?P<topic>.+?)\s+{_CHANGED}\b.*", re.IGNORECASE)
_TREND = r"(?:\w+\s+)?(?:trends?|patterns?)"
_TRENDS = re.compile(
    rf"(?:(?:can|could)\s+any\s+{_TREND}\s+be\s+\w+|are\s+there\s+(?:any\s+)?{_TREND}|"
    rf"what\s+{_TREND}\s+(?:can\s+be\s+\w+|are\s+there))\s+(?:in|from|of)\s+(?P<topic>.+)",
    re.IGNORECASE,
)
_NOW = re.compile(
    rf"how\s+(?:do|does|did)\s+(?P<topic>.+?)\s+in\s+the\s+(?:latest|most\s+recent|current|last)\s+{_KIND}{_ISSUE}\s+"
    r"(?:compare|stack\s+up|measure\s+up|differ)\b.*",
    re.IGNORECASE,
)
_MORE = re.compile(  # a second sentence or question
    r"(?:[?.;]\s+|"
    r",?\s+(?:and|und)\s+(?=(?:(?:describe|explain)\s+)?(?:how|what|why|which|who|if|wie|was|warum)\b)).*",
    re.IGNORECASE,
)
_COMPARED = re.compile(r"\b(?:compared?|relative|in\s+comparison)\s+(?:to|with)\s*$", re.IGNORECASE)
_DATED = re.compile(
    rf"(?:\b(?:as\s+)?(?:{_TOLD}\s+)?(?:in|of|for|from|per|im|vom)\s+(?:(?:the|its|their|dem|der)\s+)?)?"
    rf"{PERIOD}(?:\s+{_KIND}{_ISSUE})?(?![\w-])",
    re.IGNORECASE,
)
_THREE_MONTHS = re.compile(r"\bthree[\s-]+months?\b", re.IGNORECASE)
_LONG = 8  # pages; a shorter document has no cover
_COVER = 1500  # characters
_MAJORITY = 0.5  # of the passages that are found; a series that is asked about has more
MOST = 8  # documents of a series that are asked, the latest


def serial(question: str) -> str:
    """Return what a question that goes over a series asks of each of its documents; "" for any other question."""
    text, period = " ".join(question.split()), period_in(question)[0]
    if period is not None and (period.quarter or period.month):
        return ""
    if not _SERIAL.search(text) and not _NOW.match(text):
        return ""
    first = _MORE.sub("", text).rstrip("?!. ")
    if match := _WIE.fullmatch(first):
        return f"Was {'ist' if match['verb'] == 'hat' else 'sind'} {_tidy(match['topic'])}?"
    for pattern in (_HOW, _NOW, _TRENDS):
        if match := pattern.fullmatch(first):
            verb = "were" if match.groupdict().get("verb") == "have" else "was"
            return f"What {verb} {_tidy(match['topic'])}?"
    asked = _tidy(first)
    return f"{asked[:1].upper()}{asked[1:]}?"


def _tidy(text: str) -> str:
    text = " ".join(_LAST.sub("", _SERIAL.sub("", text)).split())
    return _COMPARED.sub("", text).strip(" ,")


def all_series(documents: Sequence[StoredDocument]) -> list[Series]:
    """Return the series among `documents`: two or more whose names are the same but for the date, which differs."""
    found: dict[str, dict[Period, str]] = defaultdict(dict)
    for document in documents:
        path = PurePath(document.path)
        period, rest = period_in(stem(path), name=True)
        if period is not None and period.year and not path.stem.isdigit():  # "20250312" names a scan, or nothing
            key = rest.casefold() or str(path.parent)
            found[key][period] = document.path
    return [sorted(dated.items(), key=lambda one: one[0].order) for dated in found.values() if len(dated) > 1]


def series_of(found: Sequence[str], documents: Sequence[StoredDocument]) -> Series:
    """Return the series that has most of the documents `found`, a path for each passage; none where no series has."""
    for series in all_series(documents):
        paths = {path for _, path in series}
        if sum(path in paths for path in found) > _MAJORITY * len(found):
            return series
    return ()


def edition(question: str, series: Series) -> tuple[Period, str] | None:
    """Return the document of a series that a question means, with its period: by its date, or the last one."""
    period, _ = period_in(question)
    if period is not None:
        meant = [one for one in series if period.names(one[0])]
        if len(meant) == 1:
            return meant[0]
        if period.quarter or period.month:
            return None
    return series[-1] if series and _LAST.search(question) else None


def asked_of(question: str, period: Period, document: Document) -> str:
    """Return what to ask of the document of a series that a question means: the question without that document's date.

    Where it tells of three months beside longer times, the question says so as well.
    """
    text = _LAST.sub("", question.rstrip("?!. "))
    text = _DATED.sub("", text) if period_in(text)[0] is not None else text
    months = " for the three months" if period.quarter and _THREE_MONTHS.search(document.text) else ""
    text = " ".join(text.split()).strip(" ,")
    return f"{text[:1].upper()}{text[1:]}{months}?"


def looked_for(question: str, document: Document) -> str:
    """Return what to look for within a document: the question without the names on the cover, if it has one.

    They stand on many pages that say little else.
    """
    if len(document.pages) > _LONG:
        cover = document.text[:_COVER].casefold()
        for name in names(question):
            if name.casefold() in cover:
                question = re.sub(rf"\b{re.escape(name)}(?:['’]s?\b|['’])?", "", question)
    return " ".join(question.split())


def asks_edition(question: str) -> bool:
    """Tell whether a question may mean one document of a series."""
    return period_in(question)[0] is not None or bool(_LAST.search(question))
