"""What a PDF page has beside its content stream, as pypdf finds it: fields, typed-on text, notes, and layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from pypdf import PageObject, PdfReader

Kind = Literal["text", "choice", "box", "radio", "typed", "note"]
Rect = tuple[float, float, float, float]  # left, bottom, right, top, in points of the file

MOST_ANNOTATIONS = 5_000  # of a page
MOST_CHARACTERS = 2_000_000  # of those of a page
_DEEPEST = 16  # fields above a field, objects that an entry refers to
_MOST_VALUES = 500  # of a list
_HIDDEN = 1 << 1 | 1 << 5  # not shown at all, not shown on a screen
_PASSWORD = 1 << 13
_RADIO = 1 << 15
_BUTTON = 1 << 16  # does something, and holds nothing
_OFF = "Off"
_NO_NOTES = frozenset({"", "Popup", "Link", "Screen", "Movie", "3D", "RichMedia", "PrinterMark", "TrapNet"})
_TYPED = frozenset({"FreeText", "Stamp"})  # drawn on the page
_FIELDS: dict[str, Kind] = {"Tx": "text", "Ch": "choice", "Btn": "box", "Sig": "text"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """One of them; fields without a value are left out, boxes that are not ticked are not."""

    kind: Kind
    rect: Rect
    text: str  # the value; of a radio button what choosing it means; of a note what it says
    name: str = ""  # of a field, those above it first: "form.page.name"; or who wrote a note
    tip: str = ""  # what a viewer calls the field
    ticked: bool = False
    hidden: bool = False  # viewers do not show it


@dataclass(slots=True)
class Found:
    """The annotations of a page, and why there may be more of them."""

    annotations: list[Annotation]
    lost: str = ""


def annotations_of(page: PageObject, off: Container[int]) -> Found:
    """Return what `page` has beside its text, in the order of the file.

    Args:
        page: of pypdf.
        off: numbers of the layers that are off.

    Raises:
        Exception: whatever pypdf makes of damage.
    """
    entries = _get(page, "/Annots")
    found = Found([])
    characters = 0
    for nth, entry in enumerate(entries if isinstance(entries, list) else ()):
        if nth == MOST_ANNOTATIONS or characters > MOST_CHARACTERS:
            found.lost = "there are more than are read"
            break
        try:
            annotation = _annotation(page, _resolved(entry), off)
        except Exception as error:  # one bad annotation costs only itself
            found.lost = found.lost or " ".join(str(error).split()) or type(error).__name__
        else:
            found.annotations += [annotation] if annotation else []
            characters += len(annotation.text) if annotation else 0
    return found


def layers_off(reader: PdfReader) -> dict[int, str]:
    """Return the layers that are off when the file is opened: the numbers of their objects, with their names."""
    properties = _get(reader.root_object, "/OCProperties")
    start = _get(properties, "/D")
    layers = _list(properties, "/OCGs")
    off = {number for entry in _list(start, "/OFF") if (number := _number(entry))}
    if _word(_get(start, "/BaseState")) == "OFF":
        on = {_number(entry) for entry in _list(start, "/ON")}
        off |= {number for entry in layers if (number := _number(entry)) and number not in on}
    return {number: _text(_get(_resolved(entry), "/Name")) for entry in layers if (number := _number(entry)) in off}


def _annotation(page: PageObject, entry: Any, off: Container[int]) -> Annotation | None:
    kind = _word(_get(entry, "/Subtype"))
    if kind in _NO_NOTES:
        return None
    rect = _rect(_get(entry, "/Rect"))
    flags = _get(entry, "/F")
    hidden = bool(isinstance(flags, int) and flags & _HIDDEN) or _number(_raw(entry, "/OC")) in off
    if kind == "Widget":
        return _field(entry, rect, hidden=hidden)
    said = _text(_get(entry, "/Contents")).strip()
    if kind in _TYPED:
        said = said or _drawn(page, entry)
        return Annotation("typed", rect, said, hidden=hidden) if said else None
    return Annotation("note", rect, said, _text(_get(entry, "/T")).strip(), hidden=hidden) if said else None


def _field(entry: Any, rect: Rect, *, hidden: bool) -> Annotation | None:
    above = list(_with_parents(entry))
    kind = _FIELDS.get(_word(_inherited(above, "/FT")))
    flags = _inherited(above, "/Ff")
    flags = flags if isinstance(flags, int) else 0
    name = ".".join(reversed([part for field in above if (part := _text(_get(field, "/T")).strip())]))
    tip = _text(_inherited(above, "/TU")).strip()
    value = _inherited(above, "/V")
    if kind is None or (kind == "text" and flags & _PASSWORD) or (kind == "box" and flags & _BUTTON):
        return None
    if kind == "box":
        state, ticked = _state(entry, value)
        meaning = _meaning(above, state)
        return Annotation("radio" if flags & _RADIO else "box", rect, meaning, name, tip, ticked, hidden)
    text = _chosen(value, _inherited(above, "/Opt")) if kind == "choice" else _value(value)
    return Annotation(kind, rect, text.strip(), name, tip, hidden=hidden) if text.strip() else None


def _with_parents(entry: Any) -> Iterator[Any]:
    """Yield a field and those above it, which may go round in a circle."""
    seen: set[int] = set()
    while isinstance(entry, dict) and id(entry) not in seen and len(seen) < _DEEPEST:
        seen.add(id(entry))
        yield entry
        entry = _get(entry, "/Parent")


def _inherited(above: list[Any], key: str) -> Any:
    return next((value for field in above if (value := _get(field, key)) is not None), None)


def _state(entry: Any, value: Any) -> tuple[str, bool]:
    """Return the name of the state in which a box is ticked, and whether it is."""
    states = _get(_get(entry, "/AP"), "/N")
    on = next((_word(key) for key in states if _word(key) != _OFF), "") if isinstance(states, dict) else ""
    shown = _word(_get(entry, "/AS"))
    held = _value(value)
    ticked = (shown not in ("", _OFF)) or (held not in ("", _OFF) and (held == on or not on))
    return on or shown, ticked


def _meaning(above: list[Any], state: str) -> str:
    """Return what a state stands for: the field may list names for states that are numbers."""
    names = _inherited(above, "/Opt")
    if isinstance(names, list) and state.isdecimal() and int(state) < min(len(names), _MOST_VALUES):
        return _text(_resolved(names[int(state)]))
    return state


def _chosen(value: Any, options: Any) -> str:
    """Return what a list shows for its value: an option may be a pair of a code and a text."""
    shown = {}
    for option in options[:_MOST_VALUES] if isinstance(options, list) else ():
        pair = _resolved(option)
        if isinstance(pair, list) and len(pair) == 2:
            shown[_text(_resolved(pair[0]))] = _text(_resolved(pair[1]))
    values = value[:_MOST_VALUES] if isinstance(value, list) else [value]
    texts = [_value(_resolved(one)) for one in values]
    return ", ".join(shown.get(text, text) for text in texts if text)


def _value(value: Any) -> str:
    """Return a value as text; of a signature who signed."""
    return _text(_get(value, "/Name")) if isinstance(value, dict) and not hasattr(value, "get_data") else _text(value)


def _drawn(page: PageObject, entry: Any) -> str:
    """Return the text that the picture of an annotation holds."""
    picture: Any = _get(_get(entry, "/AP"), "/N")
    if isinstance(picture, dict) and not hasattr(picture, "get_data"):  # one for each state
        picture = _get(picture, f"/{_word(_get(entry, '/AS'))}")
    return page.extract_xform_text(picture).strip() if hasattr(picture, "get_data") else ""


def _rect(value: Any) -> Rect:
    """Return a rectangle, its corners put in order.

    Raises:
        TypeError, ValueError: it is none.
    """
    x0, y0, x1, y1 = (float(_resolved(number)) for number in value)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _resolved(value: Any) -> Any:
    """Return the object that `value` is or refers to."""
    for _ in range(_DEEPEST):
        inner = value.get_object() if hasattr(value, "get_object") else value
        if inner is value:
            return value
        value = inner
    return None


def _raw(entry: Any, key: str) -> Any:
    return entry.raw_get(key) if hasattr(entry, "raw_get") and key in entry else None


def _get(entry: Any, key: str) -> Any:
    """Return an entry of a dictionary; None where there is none, or no dictionary."""
    return _resolved(_raw(entry, key))


def _list(entry: Any, key: str) -> list[Any]:
    value = _get(entry, key)
    return value[:MOST_ANNOTATIONS] if isinstance(value, list) else []


def _number(entry: Any) -> int:
    """Return the number of the object that an entry refers to, or 0."""
    number = getattr(entry, "idnum", 0)
    return number if isinstance(number, int) else 0


def _word(value: Any) -> str:
    """Return a name without its slash, or nothing."""
    from pypdf.generic import NameObject

    return str(value)[1:] if isinstance(value, NameObject) else ""


def _text(value: Any) -> str:
    """Return what a string, a name or a stream says; other values say nothing."""
    if hasattr(value, "get_data"):
        value = value.get_data()
    if isinstance(value, bytes):
        code = "utf-16" if value[:2] in (b"\xfe\xff", b"\xff\xfe") else "latin-1"
        return value[:MOST_CHARACTERS].decode(code, "replace")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return _word(value) or str(value)
