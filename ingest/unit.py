"""Finds the unit of figures in what is said above them."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.lexicon import NO_WORDS, Lexicon, any_of

# Written alike in all languages.
_CODES = (
    "EUR|USD|GBP|CHF|JPY|CNY|RMB|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|ILS|ZAR|BRL|MXN|KRW|SGD|"
    "HKD"
)
_SIGNS = r"(?:[A-Z]{1,3})?[$€£¥₹₽₩₺]"
_MEASURE = (
    "(?:kg|mg|µg|μg|g|t|kt|Mt|km|cm|mm|m|km²|m²|m2|km2|ha|m³|m3|l|L|hl|ml|mL|dl|dL|mmol|µmol|μmol|nmol|mol|kWh|MWh|GWh|TWh|"
    "MW|GW|kW|W|kJ|MJ|GJ|TJ|PJ|kcal|lb|lbs|oz|ft|yd|mi|mph|gal|°C|°F|K|h|min|s|ms|Hz|kHz|MHz|GHz|Pa|hPa|kPa|MPa|bar|mbar|%|‰)"
)
_ALONE = "(?:V|mV|kV|A|mA|Wh|Ah|N|kN|Nm|J|rpm|dB|ppm|lx|pH)"  # with words beside them these may be anything else
_MEASURES = rf"{_MEASURE}(?:/(?:100\s?)?{_MEASURE})?"
_VALUE = r"[<>≤≥±~]?\s?[+−-]?\d[\d.,’' ]*"
_AMOUNT = re.compile(rf"{_VALUE}(?:[-–—/]\s?{_VALUE})?(?:{_MEASURES})?\s*")
_SHORT = "[kKmMbB]|mn|mm|mln|bn|Mn|Mio|Mrd|MM"
_LONGEST = 60  # characters
_ONLY = 0.6  # of a text: one of which the unit is so much says nothing else


def unit_in(text: str, lexicon: Lexicon = NO_WORDS) -> str | None:
    """Return the unit that a caption, a line above a table or a header names; None where it names none.

    It comes as it stands there: "in thousands of euros", "EUR million", "$ in millions". An amount is none.
    """
    span = _place(text, lexicon)
    return " ".join(text[slice(*span)].split()) if span else None


def is_unit(text: str, lexicon: Lexicon = NO_WORDS) -> bool:
    """Tell whether a text is a unit and nothing else, as one stands alone under the name of a column: "bar", "(kg)"."""
    return _whole(lexicon).fullmatch(text) is not None


def is_amount(text: str) -> bool:
    """Tell whether a text is a figure or a range, alone or with the code of its measure: "< 5.2 mmol/L"."""
    return _AMOUNT.fullmatch(text) is not None


def says_only_a_unit(text: str, lexicon: Lexicon = NO_WORDS) -> bool:
    """Tell whether a line names a unit and hardly anything else: "(In millions, except per share data)"."""
    span = _place(text, lexicon)
    if span is None:
        return False
    start, end = span
    mostly = end - start >= _ONLY * len(text)
    before, after = text[:start].strip(), text[end:].lstrip()
    if before.strip("(["):
        return mostly and before[-1] not in "(["  # "Towns (in thousands)" is what they are called
    return mostly or after.startswith(",")


def _place(text: str, lexicon: Lexicon) -> tuple[int, int] | None:
    match = _pattern(lexicon).search(text.replace("’", "'"))
    if match is None:
        return None
    start, end = match.span("unit" if match["unit"] else "alone")
    return (start, end) if end - start <= _LONGEST else None


@lru_cache(8)
def _whole(lexicon: Lexicon) -> re.Pattern[str]:
    currency = rf"(?-i:{_SIGNS}|{_CODES})|{any_of(lexicon.currencies)}"
    scale = rf"(?-i:{_SHORT})|{any_of(lexicon.scales)}"
    unit = rf"(?-i:{_MEASURES}|{_ALONE})|{any_of(lexicon.measures)}|(?:{scale})?\s?(?:{currency})(?:\s(?:{scale}))?"
    return re.compile(rf"(?:{unit}|[(\[]\s*(?:{unit})\s*[)\]])", re.IGNORECASE)


@lru_cache(8)
def _pattern(lexicon: Lexicon) -> re.Pattern[str]:
    word = rf"\b{any_of(lexicon.currencies)}\b\.?"
    currency = rf"(?:(?-i:{_SIGNS}|\b(?:{_CODES})\b)|(?:(?-i:\b[A-Z][\w.]{{1,9}})\s+)?{word})"
    scale = rf"(?:\b{any_of(lexicon.scales)}\b\.?|'000s?\b|\b000s\b)"
    within = rf"\b{any_of(lexicon.unit_in)}\s+"
    of = rf"(?:\s+{any_of(lexicon.unit_of)}\s*|\s*)"
    forms = (
        rf"(?:{within})?{currency}\s?(?:{scale}|(?-i:{_SHORT})\b)",
        rf"{currency}\s+{within}{scale}",
        rf"{within}{scale}(?:{of}{currency}|(?!\s+{any_of(lexicon.unit_of)}\b))",
        rf"{scale}{of}{currency}",
        rf"(?:{within})?(?-i:\b[TKkM](?:€|EUR\b))",
        rf"{within}{currency}",
        rf"{within}(?-i:{_MEASURES})(?!\w)",
    )
    counted = rf"(?:{scale}\s+)?(?:(?-i:{_MEASURES})|{any_of(lexicon.measures)})"
    alone = rf"[(\[]\s*(?P<alone>{currency}|{counted})\s*[)\]]"
    return re.compile(rf"(?<![\d.,])(?<!\d\s)(?:(?P<unit>{'|'.join(forms)})|{alone})", re.IGNORECASE)
