"""Bytes to text: byte order marks, what a file states of itself, UTF-8, and what older programs wrote."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from ingest.legacy import escaped_japanese, guess
from ingest.remarks import Remark

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it starts with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# As browsers do: whoever names one of these means its superset.
_SUPERSETS = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "hz"), "gb18030"),
    **dict.fromkeys(("euc_kr", "johab"), "cp949"),
    **dict.fromkeys(("big5", "cp950"), "big5hkscs"),
    **dict.fromkeys(("iso2022_jp", "iso2022_jp_1", "iso2022_jp_2"), "iso2022_jp_3"),
    "iso8859-9": "cp1254",
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "shift_jis": "cp932",
    "euc_jp": "euc_jis_2004",
}
_BY_TEX = {"ansinew": "cp1252", "applemac": "mac_roman", "utf8x": "utf-8"}  # names that no codec has
_PAIRS = frozenset(("gb18030", "big5hkscs", "cp932", "cp949", "euc_jis_2004"))  # of two bytes or more a character
_BEYOND_CHANCE = 4  # characters that bytes of those encodings form in UTF-8
_FEW = 20  # characters for each that may be damaged where an encoding is stated
_STATED_WITHIN = 4096  # bytes; browsers look at 1,024
_IN_XML = re.compile(rb"\s*<\?xml\s[^>]*?\bencoding\s*=\s*[\"']\s*([\w:.-]+)")
_IN_TEX = re.compile(rb"^[^%\n]*\\usepackage\s*\[([\w-]+)\]\s*\{inputenc\}", re.MULTILINE)
_IN_COMMENT = re.compile(rb"[^\n]*?(?:#|%|//|/\*|--|;|<!--).*?\bcoding[:=][ \t]*([\w.-]+)")
_COMMENTED_LINES = 2  # in which editors look
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")
_MOST_CONTROLS = 0.02  # share of characters; a compressed file has about 0.1
_MOST_RARE = 0.02  # share of characters that texts hardly have
_SAMPLE = 20_000  # bytes that tell whether a text is in UTF-16
_ASCII_TEXT = b"\0\t\n\r" + bytes(range(0x20, 0x7F))
_USUAL = re.compile(r"[\n -~。、，]")  # every longer text has one of them
_LOST = "\ufffd"


@dataclass(frozen=True, slots=True)
class Decoded:
    """What some bytes say."""

    text: str  # with U+FFFD in place of what is no character
    remarks: tuple[Remark, ...] = ()  # what is doubtful of it


def decode(raw: bytes, declared: str | None = None) -> str:
    """Return the text of `raw`; see `decoded`."""
    return decoded(raw, declared).text


def decoded(raw: bytes, declared: str | None = None) -> Decoded:
    """Return the text of `raw` and what is doubtful of it.

    In this order: by its byte order mark, as UTF-8 where more fits it than chance would bring, as declared, as UTF-8
    with some damage, as UTF-16 without a mark, else in the encoding that its letters speak for. A damaged character
    costs itself only.

    Args:
        raw: all bytes of a text.
        declared: what is stated of it; an unknown encoding, or one that does not fit, counts as none.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return _repaired(raw.decode(encoding, "replace"))
    known = _known(declared)
    japanese = escaped_japanese(raw) if known in (None, "utf-8", "cp1252", "iso2022_jp_3") else None
    if japanese is not None:
        return Decoded(japanese)
    utf8 = raw.decode("utf-8", "replace")
    beyond = len(utf8) - _ascii(raw)
    if (is_utf8 := _is_utf8(raw)) and beyond >= (_BEYOND_CHANCE if known in _PAIRS else 1):
        return Decoded(utf8, _other(declared, "UTF-8") if known not in (None, "utf-8") else ())
    if known:
        text = raw.decode(known, "replace")
        if _FEW * text.count(_LOST) <= len(text) - _ascii(raw):
            return _repaired(text)
    if is_utf8 and "\0" not in utf8:
        return Decoded(utf8)
    lost = utf8.count(_LOST)
    if lost < beyond and (lost == 1 or 3 * lost <= beyond):  # of an older encoding nearly every letter is damaged
        return _repaired(utf8)
    return _undeclared(raw, declared if known else None)


def stated_encoding(raw: bytes) -> str | None:
    """Return the encoding that a text states of itself, in XML, TeX or a comment for editors."""
    head = raw[:_STATED_WITHIN]
    comment = None
    for line in head.splitlines()[:_COMMENTED_LINES]:
        comment = comment or _IN_COMMENT.match(line)
    found = _IN_XML.match(head.removeprefix(codecs.BOM_UTF8)) or comment or _IN_TEX.search(head)
    return readable_encoding(found[1]) if found else None


def readable_encoding(name: bytes) -> str:
    """Return the name of an encoding that a file states readably: so it is not written in UTF-16."""
    encoding = name.decode("ascii", "replace")
    return "utf-8" if encoding.lower().startswith(("utf-16", "utf16", "ucs-2")) else encoding


def is_text(text: str) -> bool:
    """Tell whether `text` can be one: it holds no null character and few other control characters."""
    return "\0" not in text and len(_CONTROLS.findall(text)) <= _MOST_CONTROLS * len(text)


def _undeclared(raw: bytes, declared: str | None) -> Decoded:
    """Decode what is not UTF-8, and not what was declared, if anything was."""
    wide = _wide(raw)
    if wide is not None or b"\0" in raw:
        return Decoded(raw.decode("latin-1")) if wide is None else _repaired(wide)
    found = guess(raw)
    text = raw.decode(_superset(found.encoding), "replace")
    doubt = (Remark("encoding_unsure", detail=found.encoding),) if found.doubtful else ()
    return Decoded(text, (*_other(declared, found.encoding), *doubt, *_damage(text)))


def _wide(raw: bytes) -> str | None:
    """Return the text of `raw` in UTF-16 or UTF-32 without a mark; None where it would be none.

    The byte of each pair that changes less is the high one: it tells the script.
    """
    if len(raw) % 2:
        return None
    sample = raw[:_SAMPLE]
    if 3 * sample.count(0) < len(sample) and not sample.translate(None, _ASCII_TEXT):  # a null lies in a text of ASCII
        return None
    first, second = len(set(sample[::2])), len(set(sample[1::2]))
    order = ("le", "be") if second <= first else ("be", "le")
    for encoding in (*(f"utf-16-{end}" for end in order), *(f"utf-32-{end}" for end in order)):
        text = sample.decode(encoding, "replace")
        if _USUAL.search(text) and sum(map(_is_rare, text)) <= _MOST_RARE * len(text):
            return raw.decode(encoding, "replace")
    return None


def _is_rare(character: str) -> bool:
    category = unicodedata.category(character)
    odd = category in ("Co", "Cn") or (category == "Cc" and character not in "\t\n\r\f")
    return odd or character == _LOST or "\u3400" <= character <= "\u4dbf"  # ideographs that lists of ASCII pairs give


def _repaired(text: str) -> Decoded:
    return Decoded(text, _damage(text))


def _damage(text: str) -> tuple[Remark, ...]:
    lost = text.count(_LOST)
    return (Remark("bytes_lost", detail="1 place" if lost == 1 else f"{lost:,} places"),) if lost else ()


def _other(declared: str | None, encoding: str) -> tuple[Remark, ...]:
    """Say that a file is not written as it states."""
    return (Remark("encoding_other", detail=f"{declared}, but was read as {encoding}"),) if declared else ()


def _ascii(raw: bytes) -> int:
    return len(raw) - len(raw.translate(None, bytes(range(0x80))))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeError:
        return False
    return True


def _superset(encoding: str) -> str:
    name = codecs.lookup(encoding).name
    return _SUPERSETS.get(name, name)


def _known(declared: str | None) -> str | None:
    """Return the codec for an encoding's name; those of browsers and mail programs may begin with "x-"."""
    name = (declared or "").strip().strip("\"'").lower()
    for candidate in (_BY_TEX.get(name, name), name.removeprefix("x-"), name.replace("windows-", "cp")):
        try:
            codec = codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        # Python's other codecs are no encodings of text: rot13, zlib.
        if getattr(codec, "_is_text_encoding", True):
            return _superset(codec.name)
    return None
