"""What of a text can be seen, on how many lines, and whether it says anything."""

from __future__ import annotations

import re
import unicodedata

# Zero-width, direction, variation, tag and other format characters that only hide, and controls other than tab and
# line ends.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
# What a terminal could act on or would show wrongly: controls but tab and line end, zero-width, direction.
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_STRAY_JOINER = re.compile("(?<![\u0600-\u0dff])[\u200c\u200d]")  # others spell Persian and the Indic scripts
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def visible(text: str) -> str:
    """Return `text` without the characters that show nothing: zero-width, direction, tag and control characters."""
    return _UNSEEN.sub("", text).translate(_JOINERS)


def readable(text: str) -> str:
    """Return the same with the joiners that Persian and the Indic scripts spell with."""
    return without_stray_joiners(_UNSEEN.sub("", text))


def without_stray_joiners(text: str) -> str:
    """Return `text` without the joiners that no script spells with."""
    return _STRAY_JOINER.sub("", text)


def one_line(text: str) -> str:
    """Return what can be read of `text` on one line, with single spaces; what UTF-8 cannot hold becomes "?"."""
    spaced = single_spaced(text.encode("utf-8", "replace").decode())
    return single_spaced(readable(spaced))


def says_something(text: str) -> bool:
    """Tell whether `text` has a letter or a digit, of any script, once its compatibility forms are written out."""
    return any(unicodedata.category(character)[0] in "LN" for character in unicodedata.normalize("NFKC", text))


def clean(text: str) -> str:
    """Return `text` without control, zero-width and direction characters; a form feed becomes a line break.

    Joiners stay where a script spells with them.
    """
    return without_stray_joiners(CONTROL.sub("", text.replace("\f", "\n").replace("\r\n", "\n")))


def flat(text: str, limit: int) -> str:
    """Return `text` on one line of at most `limit` characters."""
    line = single_spaced(clean(text))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def single_spaced(text: str) -> str:
    """Return `text` with single spaces for all white space, line ends among it."""
    return " ".join(text.split())


def holds(text: str, words: str) -> bool:
    """Tell whether `words` stand in `text`; capitals, and how wide the space between them is, do not count."""
    return single_spaced(words.casefold()) in single_spaced(text.casefold())
