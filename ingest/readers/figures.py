"""The numbers of list items and notes in the forms that Office programs know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ROMAN = [(1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")]  # fmt: skip
_MOST_ROMAN = 32_767
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "абвгдежзиклмнопрстуфхцчшщэюя"
_SIGNS = "*†‡§"
_IDEOGRAPHS = "〇一二三四五六七八九"
_MOST_REPEATED = 40  # letters of one number


def roman(value: int) -> str:
    """Return a number in small Roman figures; in ordinary ones where it is too large."""
    if not 0 < value <= _MOST_ROMAN:
        return str(value)
    written = []
    for worth, letters in _ROMAN:
        written.append(letters * (value // worth))
        value %= worth
    return "".join(written)


def in_form(value: int, form: str) -> str:
    """Return a number in a form that Word or PowerPoint names; in ordinary figures where it is not known here."""
    write = _FORMS.get(form)
    return write(value) if write else str(value)


def _repeated(value: int, letters: str) -> str:
    """Return a number as a letter: after "z" come "aa" and "bb"."""
    if not 0 < value <= _MOST_REPEATED * len(letters):
        return str(value)
    times, at = divmod(value - 1, len(letters))
    return letters[at] * (times + 1)


def _ideographs(value: int) -> str:
    """Return a number below a hundred as it is counted in Chinese and Japanese, larger ones figure by figure."""
    if not 10 <= value < 100:
        return "".join(_IDEOGRAPHS[int(figure)] for figure in str(value))
    tens, ones = divmod(value, 10)
    return f"{_IDEOGRAPHS[tens] if tens > 1 else ''}十{_IDEOGRAPHS[ones] if ones else ''}"


def _circled(value: int) -> str:
    return chr(0x2460 + value - 1) if 0 < value <= 20 else str(value)


_FORMS: dict[str, Callable[[int], str]] = {
    "decimalZero": "{:02}".format,
    "lowerRoman": roman,
    "upperRoman": lambda value: roman(value).upper(),
    "lowerLetter": lambda value: _repeated(value, _LATIN),
    "upperLetter": lambda value: _repeated(value, _LATIN.upper()),
    "russianLower": lambda value: _repeated(value, _CYRILLIC),
    "russianUpper": lambda value: _repeated(value, _CYRILLIC.upper()),
    "chicago": lambda value: _repeated(value, _SIGNS),
    "decimalEnclosedCircle": _circled,
    "decimalEnclosedCircleChinese": _circled,
    "decimalEnclosedParen": "({})".format,
    "decimalEnclosedFullstop": "{}.".format,
    "numberInDash": "- {} -".format,
    **dict.fromkeys(
        ("ideographDigital", "japaneseCounting", "chineseCounting", "chineseCountingThousand", "taiwaneseCounting"),
        _ideographs,
    ),
}
