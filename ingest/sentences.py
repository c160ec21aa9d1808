"""Where the sentences of a text begin and end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.tables import CELL

if TYPE_CHECKING:
    from collections.abc import Iterator

Span = tuple[int, int]

_LONGEST = 600  # characters; a longer sentence is cut at a weaker mark
_LONG_LINE = 60  # characters; a shorter line at the foot of a page is complete

_BREAK = re.compile(r"\n+")
_PAGE_BREAK = re.compile(r"\f\s*+")
# Possessive, and anchored where a run of marks begins: a line of leaders takes linear time.
_END = re.compile(
    r"(?<![.!?…])(?P<dot>[.!?…]++)[\"'”’»)\]]*+(?: »)?+(?:\[\d{1,3}\])*+(?=(?P<space>\s++)\S)|"
    r"(?<![。！？])[。！？]++[」』”’）]*+(?=\s*+\S)"
)
_LAST_WORD = re.compile(r"[^\s(\[\"“„«—–/]*$")
_NEXT_WORD = re.compile(r"[^\W\d_]+")
_TERMINAL = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*$")
_LIST_MARKER = re.compile(
    r"(?:\(?(?:\d{1,3}|[A-Za-z])[.)]|[IVXivx]+\.|\d+(?:\.\d+)+\.|"
    r"(?:Item|Note|Part|Section|Chapter|Article|Figure|Fig|Table|Exhibit|Kapitel|Abschnitt|Artikel|Abbildung|Abb|"
    r"Tabelle|Tab|Chapitre|Capítulo|Figura|Tabla)\s[\w.]{1,5}\.)"
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]|(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_WEAK_ENDS = (re.compile(r"[;:]\s"), re.compile(r",\s"), re.compile(r"\s"))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Never the last word of a sentence.
_TITLES = _words(
    "mr mrs ms mx dr prof st gen sen rep gov hon rev messrs capt col lt sgt vs e.g eg i.e ie cf viz resp approx incl "
    "excl z.b d.h u.a o.ä i.d.r v.a s.o u.u bzw ca ggf inkl exkl zzgl vgl evtl sog gem hr fr hrsg mme mlle mm sr sra "
    "srta ud uds dña p.ej p.ex c.-à-d env av bd boul"
)
# A word of this list is an abbreviation only before a number.
_NUMBERED = _words(
    "no nos nr nrn abs art artt fig figs abb tab eq eqs sec secs ch chap vol vols p pp s par para pt bd kap ziff § §§ "
    "núm n.º n° pág págs cap lit rn st"
)
# These may end a sentence: the next word decides.
_ENDINGS = _words(
    "inc ltd corp co llc plc bros jr sr etc usw al u.s u.k u.n e.u a.m p.m ph.d b.v n.v s.a s.p.a dept univ est "
    "jan feb mar apr jun jul aug sep sept oct nov dec usf a.d b.c u.s.a ee.uu"
)
_STARTERS = _words(
    "the a an this that these those it its we our in on at as for to by if when while although however he she they "
    "there additionally further furthermore moreover therefore under during with from since after before such no not "
    "der die das ein eine es sie er wir in im am bei für mit le la les un une il elle nous ce cette en el los las esta "
    "este total net revenue see refer"
)
_MONTHS = _words(
    "januar februar märz april mai juni juli august september oktober november dezember jänner jan feb mär apr jun jul "
    "aug sep sept okt nov dez jahrhundert jahrhunderts quartal quartals halbjahr"
)
_ORDINAL_CONTEXT = _words(
    "am der die das dem den des im vom zum zur beim bis ab seit und ein eine einem einer eines oder bis -"
)


def sentences(text: str) -> list[Span]:
    """Find the sentences of `text`, a document's or any part of it.

    A line break always ends a sentence; a form feed is white space, and a sentence that a
    page leaves unfinished goes on after it. More than 600 characters without an end are cut
    at a semicolon, a comma or a space.

    Returns:
        (start, end) offsets in order, without white space at their edges; together they
        cover every other character.
    """
    spans: list[Span] = []
    for start, end in _lines(text):
        for piece in _sentences_of_line(text, start, end):
            spans += _shortened(text, *piece)
    return spans


def _lines(text: str) -> Iterator[Span]:
    start = 0
    for match in _BREAK.finditer(text):
        yield from _joined_pages(text, start, match.start())
        start = match.end()
    yield from _joined_pages(text, start, len(text))


def _joined_pages(text: str, start: int, end: int) -> Iterator[Span]:
    """Split at the form feeds that a sentence does not run over."""
    if text.find("\f", start, end) >= 0:
        for match in _PAGE_BREAK.finditer(text, start, end):
            foot = match.start()
            while foot > start and text[foot - 1].isspace():
                foot -= 1
            if not _runs_over(text, start, foot, match.end(), end):
                yield start, foot
                start = match.end()
    yield start, end


def _runs_over(text: str, start: int, foot: int, head: int, end: int) -> bool:
    if foot <= start or head >= end or _TERMINAL.search(text, max(start, foot - 6), foot):
        return False
    if text[head].islower() or text[foot - 1] in ",-":
        return True
    # Long prose without an end goes on, figures at its end are a table row's.
    prose = foot - start >= _LONG_LINE and text[foot - 1].isalpha()
    return prose and text[head].isalpha() and not _LIST_MARKER.match(text, head)


def _sentences_of_line(text: str, start: int, end: int) -> Iterator[Span]:
    if text.find(CELL, start, end) >= 0:  # a table row is one piece, whatever its cells say
        yield from _stripped(text, start, end)
        return
    for match in _END.finditer(text, start, end):
        if match.end() < end and match.start() >= start and _is_end(text, start, match):
            yield from _stripped(text, start, match.end())
            start = match.end()
    yield from _stripped(text, start, end)


def _stripped(text: str, start: int, end: int) -> Iterator[Span]:
    piece = text[start:end]
    lead = len(piece) - len(piece.lstrip())
    if lead < len(piece):
        yield start + lead, start + len(piece.rstrip())


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    if match["dot"] is None:  # Chinese and Japanese marks are unambiguous
        return True
    follow = text[match.end("space")]
    if follow.islower() or follow in ",;:)]}%&+=":
        return False
    if match["dot"] != "." or match.end("dot") != match.start("space"):
        return not (match["dot"].endswith("…") and follow.isdigit())
    return not _is_abbreviation(text, start, match.start(), match.end("space"))


def _is_abbreviation(text: str, start: int, dot: int, follow: int) -> bool:
    """Tell whether the full stop at `dot` belongs to the word, number or marker before it."""
    word = _LAST_WORD.search(text, max(start, dot - 30), dot)
    token = word[0].lower() if word else ""
    begin = word.start() if word else dot
    if _LIST_MARKER.fullmatch(text[start : dot + 1].lstrip()):
        return True
    if not token or token in _TITLES:
        return bool(token)
    if token in _NUMBERED and (text[follow].isdigit() or text[follow] in "(§"):
        return True
    upcoming = _NEXT_WORD.match(text, follow)
    following = upcoming[0].lower() if upcoming else ""
    if token.isdecimal():
        return len(token) <= 2 and _is_ordinal(text[max(start, begin - 12) : begin], following)
    if token in _ENDINGS or _INITIALS.fullmatch(token):
        return following not in _STARTERS and text[follow] not in '"“„«(•'
    return False


def _is_ordinal(before: str, following: str) -> bool:
    """Tell a German ordinal, "am 3. Mai" or "im 2. Abschnitt", from the end of a sentence."""
    words = before.split()
    return bool(following) and (following in _MONTHS or (bool(words) and words[-1].lower() in _ORDINAL_CONTEXT))


def _shortened(text: str, start: int, end: int) -> Iterator[Span]:
    while end - start > _LONGEST:
        cut = _weak_end(text, start, start + _LONGEST)
        yield from _stripped(text, start, cut)
        start = cut
    yield from _stripped(text, start, end)


def _weak_end(text: str, start: int, end: int) -> int:
    half = start + (end - start) // 2
    for mark in _WEAK_ENDS:
        cuts = [match.end() for match in mark.finditer(text, half, end)]
        if cuts:
            return cuts[-1]
    return end
