"""The text of a Word paragraph: its runs, fields, form fields, changes, and marks of notes."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.marks import hidden, set_apart, struck, unmarked
from ingest.raised import lowered, note_mark, raised, with_fractions
from ingest.readers.package import RELATION, is_on, local_name
from ingest.readers.symbols import letters, symbol
from ingest.readers.word_forms import box_of, form_value, is_placeholder
from ingest.readers.word_styles import PLAIN, WORDS, Look, look_of, value_of
from ingest.ticks import told

if TYPE_CHECKING:
    from ingest.readers.word_notes import Notes
    from ingest.readers.word_styles import Styles

# Properties, the formulas of fields, and what is written as a block of its own.
_LEFT_OUT = frozenset({"instrText", "delInstrText", "pPr", "rPr", "sdtPr", "sdtEndPr", "txbxContent", "Fallback"})
_SIGNS = {"tab": " ", "ptab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}  # a soft hyphen shows nothing
_DELETED = frozenset({"del", "moveFrom"})
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes", "commentReference": "comments"}
_PAGES = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})


class _Piece(NamedTuple):
    text: str
    struck: bool
    hidden: bool
    raised: str | None


@dataclass(slots=True)
class _Field:
    """A field that is open: its formula is read, then its result."""

    instruction: list[str] = field(default_factory=list)
    shown: bool = False  # the result has begun
    silent: bool = False  # its value is known otherwise, or it counts pages


@dataclass(frozen=True, slots=True)
class Reading:
    """What paragraphs are read with."""

    styles: Styles
    notes: Notes

    def text(self, paragraph: Any, *, in_cell: bool = False, in_note: bool = False, at_edge: bool = False) -> str:
        """Return the text of a paragraph, with marks where it is no evidence.

        Args:
            paragraph: the element.
            in_cell: of a table.
            in_note: no notes of its own are followed.
            at_edge: of a page head or foot: numbers of pages are left out.
        """
        walk = _Walk(self, in_note=in_note, at_edge=at_edge)
        walk.paragraph(paragraph)
        return told(with_fractions(set_apart(walk.text())), in_cell=in_cell)


class _Walk:
    """Goes through one paragraph."""

    def __init__(self, reading: Reading, *, in_note: bool, at_edge: bool) -> None:
        self._reading = reading
        self._in_note = in_note
        self._at_edge = at_edge
        self._pieces: list[_Piece] = []
        self._fields: list[_Field] = []
        self._look = PLAIN
        self._deleted = False
        self._after_mark = False
        self._all_shown = False  # what stands before the result of a field, too

    def paragraph(self, element: Any) -> None:
        look = self._reading.styles.look(self._reading.styles.of(element))
        held = next(element.iterancestors(f"{WORDS}sdt"), None)
        self._look = Look(hidden=True).over(look) if held is not None and is_placeholder(held) else look
        self._walk(element)
        if any(not one.shown for one in self._fields):  # one that goes on in the next paragraph hides nothing here
            self._pieces.clear()
            self._fields.clear()
            self._all_shown = True
            self._walk(element)

    def text(self) -> str:
        return "".join(
            _rendered("".join(piece.text for piece in pieces), *state)
            for state, pieces in groupby(self._pieces, lambda piece: piece[1:])
        )

    def _walk(self, element: Any) -> None:
        for child in element:
            name = local_name(child)
            if name in ("t", "delText"):
                self._say(letters(child.text or "", self._look.font))
            elif name in _SIGNS:
                self._say(_SIGNS[name])
            elif name in _READ:
                _READ[name](self, child)
            elif name in _DELETED:
                before, self._deleted = self._deleted, True
                self._walk(child)
                self._deleted = before
            elif name in _NOTES:
                self._note(_NOTES[name], child)
            elif name == "instrText" and self._fields:
                self._fields[-1].instruction.append(child.text or "")
            elif name not in _LEFT_OUT and not name.endswith("Pr"):
                self._walk(child)

    def _say(self, text: str) -> None:
        if text and all(one.shown and not one.silent for one in self._fields):
            look = self._look
            self._reading.notes.hides = self._reading.notes.hides or bool(look.hidden and text.strip())
            self._pieces.append(
                _Piece(unmarked(text), self._deleted or bool(look.struck), bool(look.hidden), look.raised)
            )
            self._after_mark = False

    def _run(self, run: Any) -> None:
        before = self._look
        own = run.find(f"{WORDS}rPr")
        if own is not None:
            style = self._reading.styles.look(value_of(own.find(f"{WORDS}rStyle")))
            self._look = look_of(own).over(style).over(before)
        self._walk(run)
        self._look = before

    def _symbol(self, element: Any) -> None:
        self._say(symbol(element.get(f"{WORDS}char", ""), element.get(f"{WORDS}font")))

    def _control(self, element: Any) -> None:
        """Read a content control: a check box by its state, the words that ask for a value as hidden."""
        box = box_of(element)
        if box:
            self._say(box)
            return
        before = self._look
        if is_placeholder(element):
            self._look = Look(hidden=True).over(before)
        self._walk(element)
        self._look = before

    def _field(self, element: Any) -> None:
        kind = element.get(f"{WORDS}fldCharType")
        if kind == "begin":
            value = form_value(element)
            if value is not None:
                self._say(value)
            self._fields.append(_Field(shown=self._all_shown, silent=value is not None))
        elif kind == "separate" and self._fields:
            last = self._fields[-1]
            last.shown = True
            last.silent = last.silent or self._counts_pages("".join(last.instruction))
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _simple_field(self, element: Any) -> None:
        if not self._counts_pages(element.get(f"{WORDS}instr", "")):
            self._walk(element)

    def _counts_pages(self, instruction: str) -> bool:
        return self._at_edge and instruction.split()[:1] != [] and instruction.split()[0].upper() in _PAGES

    def _note(self, kind: str, element: Any) -> None:
        if self._in_note:
            return
        mark = self._reading.notes.refer(kind, element.get(f"{WORDS}id", ""))
        if mark and not is_on(element, element.get(f"{WORDS}customMarkFollows", "0")):
            small = note_mark(mark)
            self._pieces.append(_Piece(f",{small}" if self._after_mark else small, self._deleted, False, None))
            self._after_mark = True

    def _alternatives(self, element: Any) -> None:
        """Read the first of several writings of a thing."""
        for one in [one for one in element if local_name(one)][:1]:
            self._walk(one)

    def _ruby(self, element: Any) -> None:
        for name, form in (("rubyBase", "{}"), ("rt", "({})")):
            for part in element.iterfind(f"{WORDS}{name}"):
                before, after = form.split("{}")
                self._say(before)
                self._walk(part)
                self._say(after)

    def _fraction(self, element: Any) -> None:
        over, under = (self._formula(element, name) for name in ("num", "den"))
        self._say(f"{_bracketed(over)}/{_bracketed(under)}" if over or under else "")

    def _power(self, element: Any) -> None:
        self._say(self._formula(element, "e"))
        self._say(lowered(self._formula(element, "sub")))
        self._say(raised(self._formula(element, "sup")))

    def _root(self, element: Any) -> None:
        self._say(f"√({self._formula(element, 'e')})")

    def _formula(self, element: Any, name: str) -> str:
        """Return the text of a part of a formula."""
        part = element.find(f"{{*}}{name}")
        if part is None:
            return ""
        pieces, self._pieces = self._pieces, []
        self._walk(part)
        pieces, self._pieces = self._pieces, pieces
        return "".join(piece.text for piece in pieces)

    def _drawing(self, element: Any) -> None:
        """Note the diagrams and charts of a drawing, and go on in it."""
        for shown in element.iter("{*}relIds", "{*}chart"):
            link = shown.get(f"{RELATION}dm") or shown.get(f"{RELATION}id")
            if link:
                self._reading.notes.drawings.append(link)
        self._walk(element)

    def _word_art(self, element: Any) -> None:
        self._say(element.get("string", ""))


_READ = {
    "r": _Walk._run,
    "sym": _Walk._symbol,
    "sdt": _Walk._control,
    "fldChar": _Walk._field,
    "fldSimple": _Walk._simple_field,
    "AlternateContent": _Walk._alternatives,
    "ruby": _Walk._ruby,
    "f": _Walk._fraction,
    "sSup": _Walk._power,
    "sSub": _Walk._power,
    "sSubSup": _Walk._power,
    "rad": _Walk._root,
    "drawing": _Walk._drawing,
    "textpath": _Walk._word_art,
}


def _rendered(text: str, is_struck: bool, is_hidden: bool, level: str | None) -> str:
    if level == "superscript":
        text = raised(text)
    elif level == "subscript":
        text = lowered(text)
    return struck(text) if is_struck else hidden(text) if is_hidden else text


def _bracketed(text: str) -> str:
    return text if text.isalnum() else f"({text})"
