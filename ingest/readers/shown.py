"""The text that a content stream shows, with the spaces and line ends that pypdf gives it.

The same steps as pypdf's `TextExtraction`, without those that only its visitors need: what a string of a font says and
how wide it is are found once, matrices are multiplied where they change, and no text is copied to look at its end.
"""

from __future__ import annotations

from contextlib import suppress
from math import sqrt
from typing import TYPE_CHECKING, Any

from pypdf._codecs import encoding_dict_from_named_encoding
from pypdf._text_extraction import RTL_CHARACTER_PATTERN, get_display_str, get_text_operands, mult, orient
from pypdf.generic._font import Font, FontDescriptor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_IDENTITY = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]
_ORIENTATIONS = (0, 90, 180, 270)
_LONGEST_KNOWN = 32  # bytes of a string that is remembered
_MOST_KNOWN = 20_000  # strings of a font


class KnownFont:
    """A font, and what its strings say."""

    def __init__(self, font: Font) -> None:
        self.font = font
        self._known: dict[Any, tuple[str, str, bool, float]] = {}

    def show(self, string: Any) -> tuple[str, str, bool, float]:
        """Return the characters of a string, those to display, whether one goes right to left, and the width.

        A string is bytes; of a name and the space of a gap, which are text, the characters are displayed as they are.
        The width is in thousandths of the size of the font.
        """
        shown = self._known.get(string)
        if shown is None:
            text, is_text, width = get_text_operands([string], _IDENTITY, _IDENTITY, self.font, _ORIENTATIONS)
            display = text if is_text else "".join(self.font.character_map.get(sign, sign) for sign in text)
            backwards = not is_text and RTL_CHARACTER_PATTERN.search(display) is not None
            shown = text, display, backwards, width
            if len(string) <= _LONGEST_KNOWN and len(self._known) < _MOST_KNOWN:
                self._known[string] = shown
        return shown


def first_font() -> KnownFont:
    """Return the font of text before which none is named."""
    encoding = encoding_dict_from_named_encoding("cp1252")
    return KnownFont(Font(name="NotInitialized", sub_type="Unknown", encoding=encoding))


def unknown_font() -> KnownFont:
    """Return the font of text whose own is not among the resources."""
    encoding = dict.fromkeys(range(256), "\ufffd")
    return KnownFont(Font("Unknown", space_width=250, encoding=encoding, font_descriptor=FontDescriptor()))


def _number(operands: Sequence[Any], index: int) -> float:
    return float(operands[index]) if index < len(operands) and isinstance(operands[index], (int, float)) else 0.0


class Shown:
    """The state of the text and of the graphics, which each operation changes."""

    def __init__(self, fonts: Mapping[str, KnownFont]) -> None:
        self._fonts = fonts
        self._done: list[str] = []
        self._last = ""  # character of what is done
        self._text = ""  # after that
        self._backwards = False
        self._place = _IDENTITY  # the current transformation matrix, never changed in place
        self._line = list(_IDENTITY)  # the text matrix
        self._moved = False  # a matrix has changed since `_whole`
        self._whole = mult(_IDENTITY, _IDENTITY)  # both, where text was last shown or placed
        self._across, self._up = 1.0, 1.0  # how much it stretches text
        self._saved: list[tuple[list[float], KnownFont, float, float, float]] = []
        self._font = first_font()
        self._size = 12.0
        self._half_space = 500.0
        self._space_before: float | None = None  # of the font before, right after one is named
        self._spacing = 0.0
        self._leading = 0.0
        self._width = 0.0
        self._height = 0.0
        self._span: tuple[int, float, float] | None = None  # axis, least and most of the baselines of the line
        self._handlers: dict[bytes, Callable[[Sequence[Any]], None]] = {
            b"BT": self._begin,
            b"ET": self._flush,
            b"q": self._save,
            b"Q": self._restore,
            b"cm": self._transform,
            b"Tc": self._set_spacing,
            b"TL": self._set_leading,
            b"Tf": self._set_font,
            b"Td": self._move,
            b"TD": self._move_and_lead,
            b"Tm": self._set_line,
            b"T*": self._next_line,
            b"Tj": self._show,
            b"TJ": self._show_all,
            b"'": self._show_next,
            b'"': self._show_spaced,
        }

    def apply(self, operands: Sequence[Any], operator: bytes) -> None:
        """Do one operation, of a form only what precedes it."""
        handler = self._handlers.get(operator)
        if handler is not None:
            handler(operands)

    def result(self) -> str:
        """Return all text."""
        return "".join(self._done) + self._text

    def open_form(self) -> None:
        """End the line before the text of a form."""
        self._add(self._text)
        if self._last not in ("", "\n"):
            self._add("\n")

    def close_form(self, text: str) -> None:
        """Add the text of a form."""
        self._add(text)
        self._text = ""

    def _add(self, text: str) -> None:
        if text:
            self._done.append(text)
            self._last = text[-1]

    def _flush(self, _: Sequence[Any] = ()) -> None:
        self._add(self._text)
        self._text = ""

    def _begin(self, _: Sequence[Any]) -> None:
        self._line = list(_IDENTITY)
        self._moved = True
        self._flush()

    def _save(self, _: Sequence[Any]) -> None:
        self._saved.append((self._place, self._font, self._size, self._spacing, self._leading))

    def _restore(self, _: Sequence[Any]) -> None:
        self._moved = True
        if self._saved:
            self._place, self._font, self._size, self._spacing, self._leading = self._saved.pop()
        else:
            self._place = _IDENTITY

    def _transform(self, operands: Sequence[Any]) -> None:
        self._flush()
        self._moved = True
        try:
            self._place = mult([float(operand) for operand in operands[:6]], self._place)
        except (TypeError, ValueError, IndexError, OverflowError):
            self._place = _IDENTITY

    def _set_spacing(self, operands: Sequence[Any]) -> None:
        self._spacing = _number(operands, 0)

    def _set_leading(self, operands: Sequence[Any]) -> None:
        self._leading = _number(operands, 0)

    def _set_font(self, operands: Sequence[Any]) -> None:
        if self._text:
            self._space_before = self._size * self._half_space
            self._flush()
        known = self._fonts.get(operands[0]) if operands else None
        self._font = known or unknown_font()
        self._half_space = self._font.font.space_width / 2
        with suppress(TypeError, ValueError, IndexError, OverflowError):  # it stays as it was
            self._size = float(operands[1])

    def _move(self, operands: Sequence[Any]) -> None:
        line, across, up = self._line, _number(operands, 0), _number(operands, 1)
        line[4] += across * line[0] + up * line[2]
        line[5] += across * line[1] + up * line[3]
        self._placed()

    def _move_and_lead(self, operands: Sequence[Any]) -> None:
        if len(operands) < 2:
            return
        if isinstance(operands[1], (int, float)):
            self._leading = float(-operands[1])
        self._move(operands)

    def _set_line(self, operands: Sequence[Any]) -> None:
        try:
            line = [float(operand) for operand in operands[:6]]
        except (TypeError, ValueError):
            line = []
        self._line = line if len(line) == 6 else list(_IDENTITY)
        self._placed()

    def _next_line(self, _: Sequence[Any] = ()) -> None:
        self._line[4] -= self._leading * self._line[2]
        self._line[5] -= self._leading * self._line[3]
        self._placed()

    def _placed(self) -> None:
        self._moved = True
        width, self._width = self._width / 1000, 0.0
        self._part(width)

    def _show(self, operands: Sequence[Any]) -> None:
        if operands and isinstance(operands[0], (str, bytes)):
            self._show_string(operands[0])
        else:
            self._part(0.0)

    def _show_string(self, string: Any) -> None:
        self._space_before = None
        font = self._font
        text, display, backwards, width = font.show(string)
        if isinstance(string, str) or not (backwards or self._backwards):
            self._text += display
        else:
            self._text, self._backwards, completed = get_display_str(
                self._text, _IDENTITY, _IDENTITY, None, font.font, text, self._size, self._backwards, None
            )
            self._add(completed)
        self._width += width * self._size + 1000 * self._spacing * len(text)
        self._height = self._size
        self._part(0.0)

    def _show_all(self, operands: Sequence[Any]) -> None:
        """Show the strings of an array, with spaces for wide gaps between them."""
        least = self._half_space * 0.95
        if not operands or not isinstance(operands[0], list):
            return
        for item in operands[0]:
            if isinstance(item, bytes):
                self._show_string(item)
            elif isinstance(item, (int, float)):
                width = self._width - float(item) * self._size
                before = self._text[-1:] or self._last
                if -float(item) >= least and before and before not in " \n":
                    self._show_string(" ")
                self._width = width

    def _show_next(self, operands: Sequence[Any]) -> None:
        self._next_line()
        self._show(operands)

    def _show_spaced(self, operands: Sequence[Any]) -> None:
        if len(operands) >= 3:
            self._set_spacing(operands[1:2])
            self._next_line()
            self._show(operands[2:])

    def _part(self, width: float) -> None:
        """End the line or the word before the place where text was just shown or is now."""
        before, across, up = self._whole, self._across, self._up
        if self._moved:
            whole = self._whole = mult(self._line, self._place)
            self._across = sqrt(whole[0] ** 2 + whole[1] ** 2)
            self._up = sqrt(whole[2] ** 2 + whole[3] ** 2)
            self._moved = False
        whole = self._whole
        space = self._size * self._half_space
        if self._space_before is not None:
            space = min(space, self._space_before)
        upright = orient(whole) in (0, 180)
        axis, other = (5, 4) if upright else (4, 5)
        base, span = whole[axis], self._span
        rise, advance = base - before[axis], whole[other] - before[other]
        if span is None or span[0] != axis:
            distance = abs(rise)
        else:
            distance = 0.0 if span[1] <= base <= span[2] else min(abs(base - span[1]), abs(base - span[2]))
        last = self._text[-1:] or self._last
        threshold = 0.8 * min(self._height * up, self._size * self._up)
        if distance > threshold:
            if last not in ("", "\n"):
                self._add(self._text + "\n")
                self._text = ""
            self._span = axis, base, base
            return
        if last not in ("", " ") and (abs(rise) > threshold or advance >= (space / 1000 + width) * across):
            self._text += " "
        if last in ("", "\n") or span is None or span[0] != axis:
            self._span = axis, base, base
        else:
            self._span = axis, min(span[1], base), max(span[2], base)
