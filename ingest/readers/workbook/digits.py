"""Numbers as a format writes them: "0.0,,", "00 000", "0.0E+00", "# ?/?"."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.readers.workbook.format_code import Token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_PRECISE = 15  # digits of a number that a workbook keeps
_LONGEST = 21  # digits that a number without a format is written with; a longer one gets an exponent
_SMALLEST = -10
_MOST_DECIMALS = 30
_CONTEXT = Context(prec=400)  # the largest number has 309 digits
_MOST_DENOMINATOR = 5  # digits
_THOUSAND = 3


def exact(value: float) -> Decimal:
    """Return a number without the noise of its binary fraction."""
    return Decimal(value) if isinstance(value, int) else Decimal(f"{value:.{_PRECISE}g}")


def general(value: float) -> str:
    """Return a number as it is where no format says how; no digit that it has is left out."""
    number = exact(value)
    if not number:
        return "0"
    if _SMALLEST < number.adjusted() < _LONGEST:
        said = f"{number:f}"
        return said.rstrip("0").rstrip(".") if "." in said else said
    mantissa, _, exponent = f"{number.normalize():E}".partition("E")
    return f"{mantissa}E{int(exponent):+03d}"


@dataclass(frozen=True, slots=True)
class Digits:
    """A section of a format that writes a number."""

    whole: tuple[Token, ...]  # up to the point, or all of it
    after: tuple[Token, ...]  # from the point on, without it
    point: bool
    grouped: bool  # thousands are parted
    scale: int  # a power of ten by which the number is multiplied
    exponent: tuple[Token, ...]  # its places; none where the number is written without
    signed: bool  # a plus before the exponent is written
    end: tuple[Token, ...]  # behind the exponent
    fraction: tuple[tuple[Token, ...], tuple[Token, ...]] | None  # places over and under the stroke, with what follows

    def shown(self, value: float) -> str:
        """Return what the section makes of a number."""
        number = exact(value).scaleb(self.scale, _CONTEXT)
        if self.fraction:
            said, nothing = self._over(abs(number))
        elif self.exponent:
            said, nothing = self._scientific(abs(number))
        else:
            said, nothing = self._plain(abs(number))
        return f"-{said}" if number < 0 and not nothing else said

    def _plain(self, number: Decimal) -> tuple[str, bool]:
        places = min(_places(self.after), _MOST_DECIMALS)
        rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _CONTEXT)
        whole, _, decimals = f"{rounded:f}".partition(".")
        return self._whole(whole) + self._decimals(decimals), not rounded

    def _whole(self, digits: str) -> str:
        return _filled(self.whole, "" if digits == "0" else digits, grouped=self.grouped)

    def _decimals(self, digits: str) -> str:
        """Return what stands from the point on; an optional place at the end is left out where it is nought."""
        kept = len(digits.rstrip("0"))
        said, at = [], 0
        for token in self.after:
            if token.kind != "digit":
                said.append(token.text)
                continue
            if at < kept or (token.text == "0" and at < len(digits)):
                said.append(digits[at])
            at += 1
        return ("." if self.point else "") + "".join(said)

    def _scientific(self, number: Decimal) -> tuple[str, bool]:
        step = max(_places(self.whole), 1)
        exponent = number.adjusted() // step * step if number else 0
        if not number:
            mantissa, nothing = self._plain(number)
        else:
            mantissa, nothing = self._plain(number.scaleb(-exponent, _CONTEXT))
            size = f"{number.scaleb(-exponent, _CONTEXT).quantize(self._smallest(), ROUND_HALF_UP, _CONTEXT):f}"
            if len(size.partition(".")[0]) > step:  # 9.96 is 10.0 with one decimal
                exponent += step
                mantissa, nothing = self._plain(number.scaleb(-exponent, _CONTEXT))
        sign = "-" if exponent < 0 else "+" if self.signed else ""
        places = _filled(self.exponent, str(abs(exponent)) if exponent else "", grouped=False)
        return f"{mantissa}E{sign}{places}{_texts(self.end)}", nothing

    def _smallest(self) -> Decimal:
        return Decimal(1).scaleb(-min(_places(self.after), _MOST_DECIMALS))

    def _over(self, number: Decimal) -> tuple[str, bool]:
        over, under = self.fraction or ((), ())
        mixed = any(token.kind == "digit" for token in self.whole)
        whole = int(number) if mixed else 0
        share = Fraction(number) - whole
        stated = "".join(token.text for token in under if token.kind == "denominator")
        if stated:
            top, bottom = round(share * int(stated)), int(stated)
        else:
            near = share.limit_denominator(max(10 ** min(_places(under), _MOST_DENOMINATOR) - 1, 1))
            top, bottom = near.numerator, near.denominator
        if mixed and top == bottom:
            whole, top = whole + 1, 0
        nothing = not whole and not top
        said = _filled(self.whole, str(whole) if whole or (not top and mixed) else "", grouped=self.grouped)
        if mixed and not top:
            return said.rstrip() + _texts(under), nothing
        tail = _texts(token for token in under if token.kind == "text")
        return f"{said}{_filled(over, str(top), grouped=False)}/{bottom}{tail}", nothing


def digits_of(tokens: Sequence[Token]) -> Digits:
    """Return the section of which these are the parts."""
    scale = 2 * sum(token == ("sign", "%") for token in tokens)
    stroke = next((at for at, token in enumerate(tokens) if token == ("sign", "/")), None)
    if stroke is not None and any(token.kind == "digit" for token in tokens[:stroke]):
        return _fraction(tokens, stroke, scale)
    power = next((at for at, token in enumerate(tokens) if token.kind == "exponent"), len(tokens))
    mantissa, behind = tokens[:power], tokens[power + 1 :]
    point = next((at for at, token in enumerate(mantissa) if token == ("sign", ".")), len(mantissa))
    whole, after = mantissa[:point], mantissa[point + 1 :]
    places = [at for at, token in enumerate(mantissa) if token.kind == "digit"]
    last = places[-1] if places else -1
    commas = [at for at, token in enumerate(mantissa) if token == ("sign", ",")]
    before = max((at for at in places if at < point), default=-1)
    scale -= _THOUSAND * sum(at > last or (before < at < point) for at in commas)
    grouped = any(places[0] < at < before for at in commas)
    exponent = [token for token in behind if token.kind == "digit"]
    end = [token for token in behind if token.kind != "digit"]
    signed = power < len(tokens) and tokens[power].text.endswith("+")
    return Digits(
        _written(whole),
        _written(after),
        point < len(mantissa),
        grouped,
        scale,
        tuple(exponent),
        signed,
        tuple(end),
        None,
    )


def _fraction(tokens: Sequence[Token], stroke: int, scale: int) -> Digits:
    first = stroke
    while first > 0 and tokens[first - 1].kind == "digit":
        first -= 1
    under = list(tokens[stroke + 1 :])
    runs = [list(run) for _, run in groupby(under, key=lambda token: token.text.isdecimal() or token.kind == "digit")]
    if runs and any(token.text in "123456789" for token in runs[0]):
        runs[0] = [Token("denominator", token.text) for token in runs[0]]
    under = [token for run in runs for token in run]
    whole, over = _written(tokens[:first]), tuple(tokens[first:stroke])
    return Digits(whole, (), False, False, scale, (), False, (), (over, _written(under)))


def _written(tokens: Sequence[Token]) -> tuple[Token, ...]:
    """Return the parts without commas, which say how the others are written; signs among them are texts."""
    return tuple(
        Token("text", token.text) if token.kind in ("sign", "exponent", "general") else token
        for token in tokens
        if token != ("sign", ",")
    )


def _places(tokens: Sequence[Token]) -> int:
    return sum(token.kind == "digit" for token in tokens)


def _texts(tokens: Iterable[Token]) -> str:
    return "".join(token.text for token in tokens if token.kind == "text")


def _filled(tokens: Sequence[Token], digits: str, *, grouped: bool) -> str:
    """Write digits into places from the right; the first place takes all that are left."""
    said: list[str] = []
    places = _places(tokens)
    left, written = list(digits), 0
    for token in reversed(tokens):
        if token.kind != "digit":
            said.append(token.text)
            continue
        places -= 1
        taken = left[-1:] if places else left[::-1]
        taken = taken or (["0"] if token.text == "0" else [])
        del left[len(left) - len(taken) if left else 0 :]
        for digit in taken:
            if grouped and written and written % _THOUSAND == 0:
                said.append(",")
            said.append(digit)
            written += 1
    return "".join(reversed(said))
