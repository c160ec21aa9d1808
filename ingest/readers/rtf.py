"""Rich Text Format: its text with headings, lists, tables, notes and comments; what is hidden or struck is marked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.compose import Composer, flat
from ingest.files import read_bytes, stem
from ingest.lexicon import NO_WORDS, Lexicon
from ingest.limits import check_text
from ingest.marks import hidden, struck, unmarked
from ingest.raised import lowered, raised, with_fractions
from ingest.readers.rtf_layout import BODY_LEVEL, Layout
from ingest.readers.rtf_tokens import Token, charset, code_page, tokens
from ingest.remarks import Remark
from ingest.titles import stated_title
from ingest.types import Document, DocumentError

if TYPE_CHECKING:
    from pathlib import Path

_DEEPEST = 1_000  # groups within each other
_HEADING = re.compile(r"\s*heading [1-9]", re.IGNORECASE)  # built-in styles have their English names in every language
_SIGNS = {
    "line": "\n", "softline": "\n", "tab": " ", "nestcell": " ", "emdash": "—", "endash": "–", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_ESCAPES = {"~": " ", "_": "-", "\\": "\\", "{": "{", "}": "}"}
_ENDS = frozenset(("par", "sect", "page", "column"))
_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# Groups whose text is told apart from the document's, by what is made of it.
_PLACES = {name: name for name in ("footnote", "annotation", "atnauthor", "info", "title", "fonttbl", "stylesheet")} | {
    **dict.fromkeys(("listtext", "pntext"), "marker"),
    **dict.fromkeys(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"), "edge"),
}
_SHAPES = frozenset(("shpinst", "shptxt"))  # left out by old programs only
_OUT = "out"
_LEFT_OUT_NAMES = (
    "pict object colortbl fldinst listtable listoverridetable revtbl rsidtbl themedata filetbl nonshppict "
    "bkmkstart bkmkend datafield formfield xe tc tcn sp shprslt pn pnseclvl atnid atnref atndate atntime "
    "nonesttables private author operator subject keywords doccomm company category manager comment creatim "
    "revtim"
)
_LEFT_OUT = frozenset(_LEFT_OUT_NAMES.split())


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group."""

    place: str = ""  # the group whose text this is: "" for the document
    font: int | None = None
    skip: int = 1  # bytes that stand for a character that is given as Unicode
    hidden: bool = False
    struck: bool = False
    raised: int = 0  # 1 up, -1 down


def read(
    path: Path,
    password: str | None = None,  # noqa: ARG001 - the signature of a reader
    lexicon: Lexicon = NO_WORDS,
) -> Document:
    """Read an RTF file as one page; its headings are its sections. Pictures and embedded files are not opened.

    Raises:
        DocumentError: the file is no RTF, or its groups lie too deep within each other.
    """
    content = read_bytes(path)
    if not content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{\\rtf"):
        raise DocumentError(str(path), "is not an RTF file", "wrong_type")
    composer = Composer(str(path), lexicon)
    reader = _Reader(path, Layout(composer))
    for token in tokens(content):
        reader.take(token)
    reader.finish()
    document = composer.document(stated_title(reader.title, lexicon) or composer.first_heading or stem(path))
    remarks = (Remark("text_hidden", (1,)),) if reader.hides else ()
    return replace(document, remarks=(*remarks, *document.remarks))


class _Reader:
    """Takes the tokens of a file, one after the other."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self.title = ""
        self.hides = False  # some of the text is not shown
        self._path = path
        self._layout = layout
        self._state = _State()
        self._stack: list[_State] = []
        self._starred = False  # a program that does not know the group that begins leaves it out
        self._page = "cp1252"
        self._fonts: dict[int, str] = {}  # encodings
        self._defining: int | None = None  # number of the style or font that is being described
        self._raw = bytearray()  # text in the encoding of its font
        self._skip = 0  # bytes that stand for a character that was given
        self._run: list[str] = []  # text of one look
        self._aside: dict[str, list[str]] = {}  # text by the group that it lies in
        self._notes = 0
        self._characters = 0

    def take(self, token: Token) -> None:
        """Take one token."""
        if token.kind == "bytes":
            skipped = min(self._skip, len(token.raw))
            self._skip -= skipped
            if self._state.place != _OUT:
                self._raw += token.raw[skipped:]
            return
        self._decode()
        if token.kind == "{":
            if len(self._stack) == _DEEPEST:
                reason = f"has groups more than {_DEEPEST:,} deep within each other"
                raise DocumentError(str(self._path), reason, "over_limits")
            self._end_run()
            self._stack.append(self._state)
            self._starred = False
        elif token.kind == "}":
            self._close()
        elif token.kind == "sign":
            self._sign(token.name)
        elif token.name == "u" and token.value is not None:
            self._unicode(token.value)
        else:
            starred, self._starred = self._starred, False
            self._word(token.name, token.value, starred=starred)

    def finish(self) -> None:
        """Write what is left: a file may end anywhere."""
        self._decode()
        while self._stack:
            self._close()
        self._end_run()
        self._layout.finish()

    def _decode(self) -> None:
        if self._raw:
            raw, self._raw = bytes(self._raw), bytearray()
            font = self._state.font
            self._text(raw.decode(self._page if font is None else self._fonts.get(font, self._page), "replace"))

    def _text(self, text: str) -> None:
        if self._state.place == "stylesheet":
            if self._defining is not None and _HEADING.match(text):
                self._layout.headings.add(self._defining)
        elif self._state.place not in (_OUT, "fonttbl"):
            self._characters += len(text)
            check_text(self._path, self._characters)
            self._run.append(unmarked(text))

    def _end_run(self) -> None:
        """Put the text since the look changed where it belongs."""
        text, self._run = "".join(self._run), []
        if not text:
            return
        state = self._state
        text = raised(text) if state.raised > 0 else lowered(text) if state.raised < 0 else text
        text = struck(text) if state.struck else text
        if state.hidden and text.strip():
            self.hides, text = True, hidden(text)
        if state.place:
            self._aside.setdefault(state.place, []).append(text)
        else:
            self._layout.add(text)

    def _change(self, **how: Any) -> None:
        self._end_run()
        self._state = replace(self._state, **how)

    def _close(self) -> None:
        self._skip = 0
        if not self._stack:
            return
        self._end_run()
        place, self._state = self._state.place, self._stack.pop()
        if place != self._state.place:
            self._put(place, with_fractions("".join(self._aside.pop(place, ()))))

    def _put(self, place: str, text: str) -> None:
        """Take the text of a group that has ended."""
        if place == "marker":
            self._layout.mark(flat(text))
        elif place == "edge":
            self._layout.edge(text)
        elif place == "title":
            self.title = self.title or flat(unmarked(text))
        elif place == "atnauthor":
            self._aside["by"] = [flat(text)]
        elif place == "annotation" and text.strip():
            author = "".join(self._aside.pop("by", ()))
            self._layout.put_beside(f"Comment ({author}): {flat(text)}" if author else f"Comment: {flat(text)}")
        elif place == "footnote" and text.strip():
            label = f"Note {self._notes}" if self._notes else "Note"
            self._layout.put_beside(f"{label}: {flat(text)}")

    def _sign(self, sign: str) -> None:
        if sign == "*":
            self._starred = True
        elif sign in "\n\r":
            self._word("par", None, starred=False)
        elif sign in _ESCAPES:
            if self._skip:
                self._skip -= 1
            else:
                self._text(_ESCAPES[sign])

    def _unicode(self, value: int) -> None:
        character = chr(value % 0x10000)
        if self._run and self._run[-1] and "\ud800" <= self._run[-1] <= "\udbff" and "\udc00" <= character <= "\udfff":
            pair = self._run.pop() + character
            character = pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        self._text(character)
        self._skip = self._state.skip

    def _word(self, name: str, value: int | None, *, starred: bool) -> None:
        place = self._state.place
        if place == _OUT:
            return
        if name in _PLACES:
            self._change(place=_PLACES[name], hidden=False, struck=False, raised=0)
        elif name in _LEFT_OUT or (starred and name not in _SHAPES):
            self._change(place=_OUT)
        elif name == "uc":
            self._state = replace(self._state, skip=min(max(value or 0, 0), 100))
        elif name == "ansicpg" and value is not None:
            self._page = code_page(value)
        elif name in _PAGES:
            self._page = _PAGES[name]
        elif place in ("fonttbl", "stylesheet"):
            self._describe(place, name, value)
        elif name in _SIGNS:
            self._text(_SIGNS[name])
        elif not self._look(name, value):
            self._block(name, value)

    def _describe(self, place: str, name: str, value: int | None) -> None:
        """Take a word of the tables of fonts and styles."""
        if name == ("f" if place == "fonttbl" else "s"):
            self._defining = value
        elif self._defining is None:
            return
        elif name == "fcharset" and (encoding := charset(value or 0)):
            self._fonts[self._defining] = encoding
        elif name == "outlinelevel" and (value or 0) < BODY_LEVEL:
            self._layout.headings.add(self._defining)

    def _look(self, name: str, value: int | None) -> bool:
        """Take a word that says how text looks; return whether it is one."""
        on = value != 0
        if name == "plain":
            self._change(hidden=False, struck=False, raised=0)
        elif name == "f":
            self._change(font=value)
        elif name in ("v", "webhidden"):
            self._change(hidden=on)
        elif name in ("strike", "striked", "deleted"):
            self._change(struck=on)
        elif name in ("super", "up"):
            self._change(raised=int(on))
        elif name in ("sub", "dn"):
            self._change(raised=-int(on))
        elif name == "nosupersub":
            self._change(raised=0)
        else:
            return False
        return True

    def _block(self, name: str, value: int | None) -> None:
        """Take a word that says what text is part of."""
        layout, place = self._layout, self._state.place
        if name == "chftn":
            if not place:
                self._notes += 1
                self._text(raised(str(self._notes)))
        elif place:
            self._text("\n" if name in _ENDS else " " if name in ("cell", "row") else "")
        elif name in _ENDS:
            self._end_run()
            layout.end_paragraph()
        elif name == "cell":
            self._end_run()
            layout.end_cell()
        elif name == "row":
            layout.end_row()
        else:
            layout.set(name, value)
