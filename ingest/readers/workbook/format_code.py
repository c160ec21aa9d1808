"""The parts of a number format, section by section."""

from __future__ import annotations

import re
from typing import NamedTuple

_ENGLISH = 0x09  # the low bits of the number of a place: its language
_LANGUAGE = 0x3FF
_TOKEN = re.compile(
    r"""(?P<literal>"[^"]*"?|\\.)
    |(?P<blank>_.)
    |(?P<fill>\*.)
    |(?P<elapsed>\[(?:h+|m+|s+)\])
    |\[(?P<condition>(?:<=|>=|<>|<|>|=)\s*-?\d[\d.]*)\]
    |\[\$(?P<currency>[^\]-]*)(?:-(?P<place>[^\]]*))?\]
    |(?P<mark>\[[^\]]*\])
    |(?P<general>general)
    |(?P<half>am/pm|a/p)
    |(?P<exponent>(?<=[0\#?.])e[+-])
    |(?P<moment>y+|m+|d+|h+|s+(?:\.0+)?|e+|g+|b+|(?<=s\])\.0+)
    |(?P<digit>[0\#?])
    |(?P<sign>[.,%/@])
    |(?P<end>;)
    |(?P<plain>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

_DATE, _TIME = "yyyy-mm-dd", "h:mm:ss"
BUILT_IN = {
    **{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??"},
    **{
        5: '"$"#,##0;("$"#,##0)',
        6: '"$"#,##0;("$"#,##0)',
        7: '"$"#,##0.00;("$"#,##0.00)',
        8: '"$"#,##0.00;("$"#,##0.00)',
    },
    **{15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: _TIME},
    **{37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)"},
    **{41: '#,##0;(#,##0);"-";@', 42: '"$"#,##0;"$"(#,##0);"$"-;@'},
    **{43: '#,##0.00;(#,##0.00);"-";@', 44: '"$"#,##0.00;"$"(#,##0.00);"$"-;@'},
    **{45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@"},
    **{14: _DATE, 22: f"{_DATE} h:mm"},  # these follow the place of who looks: one that is read alike everywhere
    **dict.fromkeys((27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58), _DATE),
    **dict.fromkeys((32, 33, 34, 35, 55, 56), _TIME),
}
"""Formats that a workbook names by number alone."""


class Token(NamedTuple):
    """A part of a format."""

    kind: str  # text, digit, sign, exponent, moment, elapsed, half, general, condition, foreign: another language
    text: str


def sections(code: str) -> list[list[Token]]:
    """Return the parts of each section of a code; colours and what only sets widths are left out."""
    found: list[list[Token]] = [[]]
    for match in _TOKEN.finditer(code):
        if match["end"]:
            found.append([])
            continue
        token = _token(str(match.lastgroup), match[0], match)
        if token.text:
            found[-1].append(token)
    return found


def _token(kind: str, text: str, match: re.Match[str]) -> Token:
    if kind == "literal":
        return Token("text", text[1:].removesuffix('"') if text[0] == '"' else text[1:])
    if kind == "blank":
        return Token("text", " ")
    if kind in ("fill", "mark"):
        return Token("text", "")
    if kind in ("currency", "place"):
        if match["currency"]:
            return Token("text", match["currency"])
        return Token("foreign", text) if _is_foreign(match["place"] or "") else Token("text", "")
    if kind == "condition":
        return Token(kind, match["condition"])
    return Token("text" if kind == "plain" else kind, text)


def _is_foreign(place: str) -> bool:
    """Tell whether a place has another language than English: "407" and "de-DE" are German."""
    name = place.partition(",")[0].casefold()
    try:
        number = int(name, 16)
    except ValueError:
        return bool(name) and not name.startswith("en") and not name.startswith("x-")
    return number < 0xF000 and number & _LANGUAGE not in (0, _ENGLISH)  # above are those of the system
