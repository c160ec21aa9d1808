"""Dates, times and durations as a format writes them: "yyyy-mm-dd h:mm", "[h]:mm"."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from ingest.readers.workbook.digits import exact, general

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from ingest.readers.workbook.format_code import Token

_DAY = 24 * 60 * 60  # seconds
_SECONDS = {"h": 3600, "m": 60, "s": 1}
_FIRST = datetime(1899, 12, 30)  # a workbook knows no zones
_LEAP_DAY = 60  # the 29th of February 1900, which there was only in an old program
_SINCE_1904 = 1462  # days between the two calendars
_LAST = 2_958_466  # days until the year 10,000
_LONGEST = 1e9  # days of a duration
_NOON = 12
_SHORT, _LONG, _LETTER = 3, 4, 5  # letters of a part for a name cut short, in full, and its first letter
_CLOSEST = 3  # decimals of a second


class _Names(Protocol):
    """Names by number."""

    def __getitem__(self, number: int, /) -> str: ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A section of a format that writes a date, a time or a duration."""

    tokens: tuple[Token, ...]  # "minute" tells these from months
    half: bool  # of the day: hours go to twelve
    decimals: int  # of seconds
    names: bool  # it names months or days in another language than English

    def shown(self, value: float, *, since_1904: bool = False) -> str:
        """Return what the section makes of a number of days; what is no date is a number."""
        if abs(value) > _LONGEST:
            return general(value)
        whole = round(exact(value) * _DAY, max(self.decimals, _CLOSEST))
        seconds = round(whole, self.decimals) if self._has("second") else whole
        if self._has("elapsed"):
            return ("-" if seconds < 0 else "") + "".join(self._elapsed(abs(seconds)))
        days, left = divmod(seconds, _DAY)
        serial = int(days) + (_SINCE_1904 if since_1904 else 0)
        if not 0 <= serial < _LAST:
            return general(value)
        day = _FIRST + timedelta(days=serial + (serial < _LEAP_DAY))
        if self.names:  # they are not known here
            return f"{day:%Y-%m-%d}" + (f" {_clock(left)}" if self._has("hour") else "")
        return "".join(self._part(token, day, left) for token in self.tokens)

    def _has(self, kind: str) -> bool:
        return any(token.kind == kind for token in self.tokens)

    def _elapsed(self, seconds: Decimal) -> Iterable[str]:
        left = seconds
        for token in self.tokens:
            if token.kind == "elapsed":
                unit = _SECONDS[token.text[1].casefold()]
                count, left = divmod(left, unit)
                yield f"{int(count):0{len(token.text) - 2}d}"
            else:
                yield self._time(token, left)

    def _part(self, token: Token, day: datetime, seconds: Decimal) -> str:
        said, size = token.text.casefold(), len(token.text)
        if token.kind != "moment":
            return self._time(token, seconds)
        if said[0] in "ye":
            return f"{day.year % 100:02d}" if size <= 2 and said[0] == "y" else f"{day.year:04d}"
        if said[0] == "b":  # of the Thai calendar
            return f"{(day.year + 543) % 100:02d}" if size <= 2 else f"{day.year + 543}"
        if said[0] == "g":
            return ""
        if said[0] == "m":
            return _named(calendar.month_abbr, calendar.month_name, day.month, day.month, size)
        return _named(calendar.day_abbr, calendar.day_name, day.weekday(), day.day, size)

    def _time(self, token: Token, seconds: Decimal) -> str:
        """Return a part of a time; `seconds` are those since midnight, or since the last whole unit."""
        size = len(token.text)
        hour = int(seconds) // 3600
        if token.kind == "hour":
            return f"{((hour - 1) % _NOON + 1) if self.half else hour % 24:0{min(size, 2)}d}"
        if token.kind == "minute":
            return f"{int(seconds) // 60 % 60:0{min(size, 2)}d}"
        if token.kind == "second":
            whole = token.text.partition(".")[0]
            said = f"{seconds % 60:.{self.decimals}f}"
            return f"{'0' * (len(whole) - len(said.partition('.')[0]))}{said}" if whole else said[said.find(".") :]
        if token.kind == "half":
            first, second = token.text.split("/")
            return second if hour % 24 >= _NOON else first
        return token.text if token.kind in ("text", "sign", "digit") else ""


def moment_of(tokens: Sequence[Token]) -> Moment:
    """Return the section of which these are the parts."""
    told = _told_apart(tokens)
    seconds = [token.text for token in told if token.kind == "second"]
    decimals = max((len(text.partition(".")[2]) for text in seconds), default=0)
    named = any(token.kind == "moment" and token.text[0] in "mdMD" and len(token.text) >= _SHORT for token in told)
    foreign = any(token.kind == "foreign" for token in told)
    half = any(token.kind == "half" for token in told)
    return Moment(tuple(told), half, min(decimals, _CLOSEST), named and foreign)


def _told_apart(tokens: Sequence[Token]) -> list[Token]:
    """Return the parts with those of times named: an "m" behind hours or before seconds is one of minutes."""
    found = []
    timed = [at for at, token in enumerate(tokens) if token.kind in ("moment", "elapsed")]
    for at, token in enumerate(tokens):
        if token.kind != "moment":
            found.append(token)
            continue
        letter = token.text[0].casefold()
        place = timed.index(at)
        before = tokens[timed[place - 1]].text.strip("[]")[0] if place else ""
        after = tokens[timed[place + 1]].text.strip("[]")[0] if place + 1 < len(timed) else ""
        minutes = letter == "m" and len(token.text) <= 2 and (before in ("h", "H") or after in ("s", "S"))
        kind = "minute" if minutes else {"h": "hour", "s": "second", ".": "second"}.get(letter, "moment")
        found.append(token._replace(kind=kind))
    return found


def _named(short: _Names, long: _Names, at: int, number: int, size: int) -> str:
    """Return a month or a day as so many letters say."""
    if size < _SHORT:
        return f"{number:0{size}d}"
    return short[at] if size == _SHORT else long[at][:1] if size == _LETTER else long[at]


def _clock(seconds: Decimal) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
