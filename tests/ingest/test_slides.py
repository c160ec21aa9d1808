from __future__ import annotations

from typing import TYPE_CHECKING

import pptx
import pytest
from packed import edited
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest import DocumentError, Remark, read, row_at

if TYPE_CHECKING:
    from pathlib import Path

AREA = (Inches(1), Inches(2), Inches(6), Inches(2))


def test_a_presentation_is_a_page_a_slide(tmp_path: Path) -> None:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[0])
    first.shapes.title.text = "Bees\vand honey"
    first.placeholders[1].text = "A talk"
    second = show.slides.add_slide(show.slide_layouts[1])
    second.shapes.title.text = "Facts"
    second.placeholders[1].text = "They dance\nThey sing"
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(*AREA).text_frame.text = "In a group"
    second.notes_slide.notes_text_frame.text = "Speak slowly."
    show.slides.add_slide(show.slide_layouts[6])
    path = tmp_path / "talk.pptx"
    show.save(str(path))
    document = read(path)
    assert document.title == "Bees and honey"
    assert [(page.number, page.label, page.text) for page in document.pages] == [
        (1, "1", "Bees and honey\nA talk"),
        (2, "2", "Facts\nThey dance\nThey sing\n\nIn a group\n\nNote: Speak slowly."),
        (3, "3", ""),
    ]
    place = document.text.index("They sing")
    assert document.label_at(place, place + 5) == "2"


def test_a_slide_that_cannot_be_read_costs_only_itself_and_is_named(tmp_path: Path) -> None:
    show = pptx.Presentation()
    for text in ("Bees", "Wasps", "Honey"):
        show.slides.add_slide(show.slide_layouts[6]).shapes.add_textbox(*AREA).text_frame.text = text
    path = tmp_path / "talk.pptx"
    show.save(str(path))
    edited(path, "ppt/slides/slide2.xml", lambda raw: raw[:-40])
    document = read(path)
    assert [page.text for page in document.pages] == ["Bees", "", "Honey"]
    assert document.remarks == (Remark("slide_cut", (2,), "ppt/slides/slide2.xml is missing or damaged"),)


def test_tables_and_charts_become_rows(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    table = slide.shapes.add_table(3, 3, *AREA).table
    for row, texts in enumerate([("Item", "2023", ""), ("Tea", "1", ""), ("Rest", "", "")]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(2, 0).merge(table.cell(2, 2))
    data = CategoryChartData()
    data.categories = ["North", "South"]
    data.add_series("Plan", (1.5, None))
    data.add_series("Real", (2, 0.1 + 0.2))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *AREA, data).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Turnover"
    path = tmp_path / "talk.pptx"
    show.save(str(path))
    document = read(path)
    assert document.title == "talk"
    assert document.text == ("Item\t2023\t2023\nTea\t1\t\nRest\n\nTurnover\n\tPlan\tReal\nNorth\t1.5\t2\nSouth\t\t0.3")
    assert row_at(document.text, document.text.index("North")).text == "North; Plan: 1.5; Real: 2"


def test_another_office_file_is_no_presentation(tmp_path: Path) -> None:
    import docx

    path = tmp_path / "talk.pptx"
    docx.Document().save(str(path))
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert caught.value.reason == "is not a PowerPoint presentation"
