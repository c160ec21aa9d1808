"""A page of pypdf that reads its text in less time, the same text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pypdf
from pypdf import PageObject
from pypdf._page import _get_font_resources, _get_page_resources, _TraversalState  # type: ignore[attr-defined]
from pypdf._text_extraction import _get_content_stream_for_text
from pypdf._utils import logger_warning
from pypdf.generic._font import Font

from ingest.readers.content import operations
from ingest.readers.shown import KnownFont, Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

Fonts = dict[
    int, tuple[Any, KnownFont | None]
]  # address of a font's dictionary -> that, and the font if it can be read


class QuickPage(PageObject):
    """A page whose fonts are parsed once a document, and whose content is read as in `content` and `shown`.

    Where that fails, pypdf's own way is taken, for the page or the form in question; not where pypdf itself fails to
    find them, as it may find something else when it is asked again.
    """

    def __init__(self, page: PageObject, fonts: Fonts) -> None:
        super().__init__(page.pdf, page.indirect_reference)
        self.update(page)
        self._parsed = fonts

    def _extract_text(
        self,
        obj: Any,
        pdf: Any,
        orientations: tuple[int, ...] = (0, 90, 180, 270),
        space_width: float = 200.0,
        content_key: str | None = "/Contents",
        *visitors: Any,
        known_ids: set[int] | None = None,
        traversal_state: _TraversalState | None = None,
    ) -> str:
        known_ids = set() if known_ids is None else known_ids
        state = traversal_state or _TraversalState()
        entered = state.entry_count
        resources = _get_page_resources(obj)
        if not resources:
            return ""
        shown = Shown(self._fonts_of(resources, space_width))
        content = _get_content_stream_for_text(obj, pdf, content_key, has_visitor=False)
        if content is None:
            return ""
        try:
            for operands, operator in operations(content):
                if operator != b"Do":
                    shown.apply(operands, operator)
                elif operands:
                    shown.open_form()
                    shown.close_form(self._form(resources, operands, orientations, space_width, known_ids, state))
            return shown.result()
        except TimeoutError:
            raise
        except Exception:
            state.entry_count = entered
            return super()._extract_text(
                obj,
                pdf,
                orientations,
                space_width,
                content_key,
                *visitors,
                known_ids=known_ids,
                traversal_state=state,
            )

    def _form(
        self,
        resources: Any,
        operands: Sequence[Any],
        orientations: tuple[int, ...],
        space_width: float,
        known_ids: set[int],
        state: _TraversalState,
    ) -> str:
        try:
            text = self._extract_text__xform(
                resources_dict=resources,
                operands=operands,
                orientations=orientations,
                space_width=space_width,
                known_ids=known_ids,
                traversal_state=state,
            )
        except MemoryError:
            raise
        except Exception as error:  # as pypdf does
            logger_warning(
                "Impossible to decode XFormObject %(operand)s: %(exception)s",
                source=pypdf._page.__name__,
                operand=operands[0],
                exception=error,
            )
            return ""
        return text or ""

    def _fonts_of(self, resources: Any, space_width: float) -> dict[str, KnownFont]:
        named = {}
        listed = _get_font_resources(resources)
        for name in listed:
            try:
                dictionary = listed[name].get_object()
            except (AttributeError, TypeError):
                continue
            if id(dictionary) not in self._parsed:
                self._parsed[id(dictionary)] = dictionary, _parsed(dictionary, space_width)
            _, font = self._parsed[id(dictionary)]
            if font:
                named[name] = font
        return named


def _parsed(dictionary: Any, space_width: float) -> KnownFont | None:
    try:
        font = Font.from_font_resource(dictionary)
        if font.character_widths.get(font.space_char, 0) == 0:
            font.space_width = space_width
    except (AttributeError, TypeError):
        return None
    return KnownFont(font)
