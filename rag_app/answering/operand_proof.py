"""The citations of values: the lines that hold them, and those that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag_app.answering.excerpt import cited, together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag_app.answering.operands import Operand
    from rag_app.answering.stages import Stages
    from rag_app.types import Citation


def citations_of(
    operands: Sequence[Operand], stages: Stages
) -> tuple[tuple[Citation, ...], dict[Operand, tuple[int, ...]]]:
    """Return a citation for each line, or lines that follow each other, and which is that of each operand."""
    citations: list[Citation] = []
    markers: dict[Operand, tuple[int, ...]] = {}
    by_document: dict[str, list[Operand]] = {}
    for one in operands:
        by_document.setdefault(one.hit.document, []).append(one)
    for path, found in by_document.items():
        document = stages.read(path)
        for spans in together(sorted({span for one in found for span in (one.span, *one.heads)}), document):
            marker = len(citations) + 1
            citations.append(cited(marker, found[0].hit, spans, document))
            for one in found:
                if one.span in spans:
                    markers[one] = (marker, *markers.get(one, ()))
                elif not set(one.heads).isdisjoint(spans):
                    markers[one] = (*markers.get(one, ()), marker)
    return tuple(citations), markers
