from __future__ import annotations

import re
from typing import TYPE_CHECKING

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from packed import edited

from ingest import Document, DocumentError, Remark, read, row_at
from rag_app.language.reading import lexicon

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docx.document import Document as WordDocument


def word(tmp_path: Path, write: Callable[[WordDocument], None], title: str = "") -> Document:
    document = docx.Document()
    document.core_properties.title = title
    write(document)
    path = tmp_path / "report.docx"
    document.save(str(path))
    return read(path, lexicon=lexicon())


def test_headings_paragraphs_and_lists_are_read_in_order(tmp_path: Path) -> None:
    def write(document: WordDocument) -> None:
        document.add_heading("Annual report", 0)
        document.add_heading("Sales", 1)
        document.add_paragraph("They rose.").add_run("\tA lot.")
        document.add_paragraph("apples", style="List Bullet")
        document.add_paragraph("pears", style="List Bullet 2")
        document.add_heading("Costs", 2)
        document.add_paragraph("They fell.")

    document = word(tmp_path, write)
    assert document.title == "Annual report"
    assert document.text == "Annual report\nSales\nThey rose. A lot.\n\n- apples\n- pears\n\nCosts\nThey fell."
    assert [label for _, label in document.sections] == ["Annual report", "Sales", "Costs"]
    assert [(page.number, page.label) for page in document.pages] == [(1, "1")]


@pytest.mark.parametrize(
    ("stated", "expected"), [("On Whales", "On Whales"), ("Word Document", "report"), ("draft.docx", "report")]
)
def test_the_title_is_the_stated_one_if_it_says_something(tmp_path: Path, stated: str, expected: str) -> None:
    assert word(tmp_path, lambda document: None, title=stated).title == expected


def test_a_table_becomes_rows_and_merged_cells_are_told_apart(tmp_path: Path) -> None:
    def write(document: WordDocument) -> None:
        document.add_heading("Prices", 1)
        table = document.add_table(5, 3)
        rows = [
            ("Item", "2023", "2024"),
            ("Fruit", "", ""),
            ("Apple", "1", ""),
            ("", "3", "4"),
            ("Pear\nripe", "5", "6"),
        ]
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        table.cell(1, 0).merge(table.cell(1, 2))
        table.cell(2, 0).merge(table.cell(3, 0))

    document = word(tmp_path, write)
    assert document.text == "Prices\nItem\t2023\t2024\nFruit\nApple\t1\t\nApple\t3\t4\nPear ripe\t5\t6"
    row = row_at(document.text, document.text.index("Pear"))
    assert (row.caption, row.text) == ("Prices", "Item: Fruit: Pear ripe; 2023: 5; 2024: 6")


def test_a_table_with_headings_in_its_cells_only_places_things(tmp_path: Path) -> None:
    def write(document: WordDocument) -> None:
        table = document.add_table(1, 2)
        table.cell(0, 0).paragraphs[0].style = "Heading 1"
        table.cell(0, 0).paragraphs[0].text = "Left"
        table.cell(0, 1).text = "Right"

    document = word(tmp_path, write)
    assert (document.text, document.sections) == ("Left\nRight", ((0, "Left"),))


def test_content_controls_insertions_links_and_text_boxes_are_read_and_deletions_are_no_evidence(
    tmp_path: Path,
) -> None:
    names = nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = "<w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent>"

    def write(document: WordDocument) -> None:
        body = document.element.body
        body.insert(
            0,
            parse_xml(
                f"<w:sdt {names}><w:sdtContent><w:p><w:r><w:t>Controlled.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
            ),
        )
        body.insert(
            1,
            parse_xml(
                f"<w:p {names}><w:ins><w:r><w:t>Added</w:t></w:r></w:ins>"
                "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
                "<w:hyperlink><w:r><w:t xml:space='preserve'> link</w:t></w:r></w:hyperlink>"
                "<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>"
                f"<w:r><mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
            ),
        )

    document = word(tmp_path, write)
    assert document.text == "Controlled.\n\nAdded~~gone~~ linkhidden\n\nIn a box."
    [page] = document.pages
    assert [page.text[start:end] for start, end in page.hidden] == ["~~gone~~", "hidden"]
    assert document.remarks == (Remark("text_hidden", (1,)),)


def test_macros_and_linked_files_are_not_opened(tmp_path: Path) -> None:
    word(tmp_path, lambda document: document.add_paragraph("Text."))  # type: ignore[arg-type, return-value]
    path = tmp_path / "report.docx"
    edited(path, "word/vbaProject.bin", lambda raw: b"not a project" * 1000)
    link = (
        b'<Relationship Id="rIdX" Type="http://x/attachedTemplate" Target="file:///etc/passwd" TargetMode="External"/>'
    )
    edited(
        path, "word/_rels/document.xml.rels", lambda raw: raw.replace(b"</Relationships>", link + b"</Relationships>")
    )
    assert read(path).text == "Text."


def broken(tmp_path: Path, name: str, change: Callable[[bytes], bytes]) -> str:
    word(tmp_path, lambda document: document.add_paragraph("Text."))  # type: ignore[arg-type, return-value]
    edited(tmp_path / "report.docx", name, change)
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / "report.docx")
    assert "\n" not in caught.value.reason
    return caught.value.reason


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("declared", [LAUGHS, b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'])
def test_entities_are_refused(tmp_path: Path, declared: bytes, encoding: str) -> None:
    reason = broken(tmp_path, "word/document.xml", lambda raw: (declared + raw).decode().encode(encoding))
    assert reason == "declares XML entities in word/document.xml, which no such document needs"


def test_damage_is_a_reason(tmp_path: Path) -> None:
    damaged = re.compile("is damaged and cannot be read: .+")
    assert damaged.fullmatch(broken(tmp_path, "word/document.xml", lambda raw: raw[: len(raw) // 2]))
    assert damaged.fullmatch(broken(tmp_path, "_rels/.rels", lambda raw: b""))
    assert broken(tmp_path, "[Content_Types].xml", lambda raw: b"") == "is not a Word document"


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    reason = broken(tmp_path, "word/document.xml", lambda raw: raw.replace(b"Text.", b" " * 60_000_000))
    assert reason == "unpacks to more than 50 MB"


def test_a_large_picture_is_no_bomb(tmp_path: Path) -> None:
    word(tmp_path, lambda document: document.add_paragraph("Text."))  # type: ignore[arg-type, return-value]
    edited(tmp_path / "report.docx", "word/media/image1.bmp", lambda raw: bytes(60_000_000))
    assert read(tmp_path / "report.docx").text == "Text."
