"""The letters of fonts that draw others than their codes say: Symbol, Wingdings."""

from __future__ import annotations

from ingest.ticks import CROSSED, EMPTY, TICKED

_SHAPE = "▪"  # of one without a letter
_ASCII = 0x80
_CODES = 0xFF  # Office puts them at U+F000 and after, too
_GREEK = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖαβχδεφγηιϕκλμνοπθρστυϖωξψζ",
        strict=True,
    )
)
_SYMBOL = {ord(letter): greek for letter, greek in _GREEK.items()} | {
    0x22: "∀", 0x24: "∃", 0x27: "∋", 0x2D: "−", 0x40: "≅", 0x5C: "∴", 0x5E: "⊥", 0xA0: "€", 0xA2: "′", 0xA3: "≤",
    0xA5: "∞", 0xAB: "↔", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓", 0xB0: "°", 0xB1: "±", 0xB2: "″", 0xB3: "≥",
    0xB4: "×", 0xB5: "∝", 0xB6: "∂", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBA: "≡", 0xBB: "≈", 0xBC: "…", 0xC6: "∅",
    0xC7: "∩", 0xC8: "∪", 0xCE: "∈", 0xCF: "∉", 0xD1: "∇", 0xD2: "®", 0xD3: "©", 0xD4: "™", 0xD5: "∏", 0xD6: "√",
    0xD7: "·", 0xDE: "⇒", 0xA1: "ϒ", 0xA4: "⁄", 0xA6: "ƒ",
    0xA7: "♣", 0xA8: "♦", 0xA9: "♥", 0xAA: "♠", 0xBF: "↵", 0xC4: "⊗", 0xC5: "⊕", 0xC9: "⊃", 0xCA: "⊇", 0xCB: "⊄",
    0xCC: "⊂", 0xCD: "⊆", 0xD0: "∠", 0xD8: "¬", 0xD9: "∧", 0xDA: "∨", 0xDB: "⇔", 0xDC: "⇐", 0xDD: "⇑", 0xDF: "⇓",
    0xE0: "◊", 0xE1: "⟨", 0xF1: "⟩", 0xE2: "®", 0xE3: "©", 0xE4: "™", 0xE5: "∑", 0xF2: "∫",
}  # fmt: skip
_WINGDINGS = {
    0x20: " ", 0x28: "☎", 0x29: "✆", 0x2A: "✉", 0x4A: "☺", 0x6C: "•", 0x6E: "■", 0x6F: EMPTY, 0x71: EMPTY, 0x72: EMPTY,
    0x77: "•", 0x78: CROSSED, 0x9F: "•", 0xA7: "•", 0xA8: EMPTY, 0xD8: "•", 0xDF: "←", 0xE0: "→", 0xE1: "↑",
    0xE2: "↓", 0xE8: "→", 0xF0: "→", 0xFB: "✗", 0xFC: "✓", 0xFD: CROSSED, 0xFE: TICKED,
}  # fmt: skip
_WINGDINGS_2 = {
    0x20: " ", 0x4F: "✗", 0x50: "✓", 0x51: CROSSED, 0x52: TICKED, 0x53: CROSSED, 0x54: CROSSED, 0xA3: EMPTY,
    0x2A: EMPTY, 0xA2: "■",
}  # fmt: skip
_WEBDINGS = {0x20: " ", 0x61: "✓", 0x63: EMPTY, 0x67: "■", 0x72: "✗", 0xC9: "☎"}
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2, "webdings": _WEBDINGS}


def letters(text: str, font: str | None) -> str:
    """Return what `text` shows in a font; as it is in one that shows its letters."""
    shapes = _FONTS.get((font or "").lower())
    if shapes is None:
        return text
    return "".join(_letter(character, shapes) for character in text)


def symbol(code: str, font: str | None) -> str:
    """Return the letter of a symbol whose code is given in hexadecimal; "" where that is none."""
    try:
        value = int(code[:6], 16)
    except ValueError:
        return ""
    if (font or "").lower() in _FONTS:
        return letters(chr(value & _CODES), font)
    if 0xF000 <= value <= 0xF0FF:
        return _SHAPE
    return chr(value) if value < 0xD800 or 0xE000 <= value < 0x110000 else ""


def _letter(character: str, shapes: dict[int, str]) -> str:
    code = ord(character)
    if code > _CODES and not 0xF000 <= code <= 0xF0FF:
        return character
    ordinary = shapes is _SYMBOL and code & _CODES < _ASCII  # its signs and figures are those of any font
    return shapes.get(code & _CODES, chr(code & _CODES) if ordinary else _SHAPE)
