"""The numbers of clauses and items, as Word shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packed import word_file

from ingest import read
from ingest.readers.figures import in_form

if TYPE_CHECKING:
    from pathlib import Path


def level(at: int, form: str, text: str, more: str = "", start: int = 1) -> str:
    begun = f'<w:start w:val="{start}"/><w:numFmt w:val="{form}"/>'
    return f'<w:lvl w:ilvl="{at}">{begun}{more}<w:lvlText w:val="{text}"/></w:lvl>'


def base(name: int, *levels: str) -> str:
    return f'<w:abstractNum w:abstractNumId="{name}">{"".join(levels)}</w:abstractNum>'


def listed(name: int, of: int, more: str = "") -> str:
    return f'<w:num w:numId="{name}"><w:abstractNumId w:val="{of}"/>{more}</w:num>'


def item(text: str, name: int, at: int = 0) -> str:
    numbered = f'<w:pPr><w:numPr><w:ilvl w:val="{at}"/><w:numId w:val="{name}"/></w:numPr></w:pPr>'
    return f"<w:p>{numbered}<w:r><w:t>{text}</w:t></w:r></w:p>"


def styled(text: str, style: str, more: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>'


LEGAL = base(1, level(0, "decimal", "%1."), level(1, "decimal", "%1.%2"), level(2, "lowerLetter", "(%3)"))


def test_clauses_of_a_lease_have_numbers_that_count_on_after_other_paragraphs(tmp_path: Path) -> None:
    body = [
        item("Rent", 5), item("It is paid monthly.", 5, 1), item("in advance;", 5, 2), item("by transfer.", 5, 2),
        "<w:p><w:r><w:t>The parties agree further:</w:t></w:r></w:p>",
        item("It may rise once a year.", 5, 1), item("by the index.", 5, 2), item("Deposit", 5),
        item("Two rents.", 5, 1),
    ]  # fmt: skip
    path = word_file(tmp_path / "lease.docx", "".join(body), numbering=LEGAL + listed(5, 1))
    assert read(path).text == (
        "1. Rent\n1.1 It is paid monthly.\n(a) in advance;\n(b) by transfer.\n\nThe parties agree further:\n"
        "1.2 It may rise once a year.\n(a) by the index.\n2. Deposit\n2.1 Two rents."
    )


def test_headings_take_their_numbers_from_the_styles_that_the_levels_name(tmp_path: Path) -> None:
    numbering = base(
        3,
        level(0, "upperRoman", "Part %1", '<w:pStyle w:val="Top"/>'),
        level(1, "decimal", "§ %2", '<w:lvlRestart w:val="0"/><w:pStyle w:val="Below"/>'),
    ) + listed(9, 3)
    styles = (
        '<w:style w:type="paragraph" w:styleId="Top"><w:name w:val="heading 1"/>'
        '<w:pPr><w:numPr><w:numId w:val="9"/></w:numPr></w:pPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Below"><w:name w:val="heading 2"/><w:basedOn w:val="Top"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="Bare"><w:name w:val="heading 3"/><w:basedOn w:val="Top"/>'
        '<w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr></w:style>'
    )
    body = [
        styled("Association", "Top"), styled("Name", "Below"), styled("Seat", "Below"), styled("Members", "Top"),
        styled("Joining", "Below"), styled("A remark", "Bare"),
    ]  # fmt: skip
    path = word_file(tmp_path / "statutes.docx", "".join(body), numbering=numbering, styles=styles)
    document = read(path)
    assert document.text == (
        "Part I Association\n§ 1 Name\n§ 2 Seat\nPart II Members\n§ 3 Joining\nA remark"
    )  # § goes on: its level never restarts
    assert [label for _, label in document.sections][:2] == ["Part I Association", "§ 1 Name"]


def test_a_list_that_starts_anew_and_one_that_goes_on_are_told_apart(tmp_path: Path) -> None:
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    numbering = base(1, level(0, "decimal", "%1)", start=4)) + listed(1, 1) + listed(2, 1) + listed(3, 1, again)
    body = [item("a", 1), item("b", 1), item("c", 2), item("d", 3), item("e", 3), item("f", 1)]
    path = word_file(tmp_path / "steps.docx", "".join(body), numbering=numbering)
    assert read(path).text == "4) a\n5) b\n6) c\n1) d\n2) e\n3) f"


def test_legal_numbers_are_figures_and_bullets_are_dashes(tmp_path: Path) -> None:
    numbering = (
        base(1, level(0, "upperRoman", "%1."), level(1, "decimal", "%1.%2", "<w:isLgl/>"))
        + base(2, level(0, "bullet", "\uf0b7"))
        + listed(1, 1)
        + listed(2, 2)
    )
    body = [item("One", 1), item("Two", 1), item("Below", 1, 1), item("Point", 2), item("", 1), item("Four", 1)]
    path = word_file(tmp_path / "mixed.docx", "".join(body), numbering=numbering)
    assert read(path).text == "I. One\nII. Two\n2.1 Below\n- Point\nIV. Four"  # an empty item counts


def test_numbers_in_the_cells_of_a_table_stand_before_their_texts(tmp_path: Path) -> None:
    rows = "".join(
        f"<w:tr><w:tc>{item(task, 5)}</w:tc><w:tc><w:p><w:r><w:t>{who}</w:t></w:r></w:p></w:tc></w:tr>"
        for task, who in (("Sweep the yard", "Nils"), ("Feed the hens", "Ada"))
    )
    path = word_file(tmp_path / "rota.docx", f"<w:tbl>{rows}</w:tbl>", numbering=LEGAL + listed(5, 1))
    assert read(path).text == "1. Sweep the yard\tNils\n2. Feed the hens\tAda"


def test_a_list_that_is_counted_as_its_style_says_finds_its_levels(tmp_path: Path) -> None:
    numbering = (
        LEGAL
        + '<w:abstractNum w:abstractNumId="2"><w:numStyleLink w:val="Clauses"/></w:abstractNum>'
        + listed(1, 2)
        + listed(7, 1)
    )
    styles = (
        '<w:style w:type="numbering" w:styleId="Clauses"><w:name w:val="Clauses"/>'
        '<w:pPr><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>'
    )
    path = word_file(tmp_path / "a.docx", item("Rent", 1) + item("Due", 1, 1), numbering=numbering, styles=styles)
    assert read(path).text == "1. Rent\n1.1 Due"


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (4, "lowerRoman", "iv"), (1999, "upperRoman", "MCMXCIX"), (3, "upperLetter", "C"), (28, "lowerLetter", "bb"),
        (7, "decimalZero", "07"), (12, "decimalZero", "12"), (3, "decimalEnclosedCircle", "③"), (2, "chicago", "†"),
        (21, "japaneseCounting", "二十一"), (10, "chineseCounting", "十"), (5, "russianLower", "д"),
        (9, "a form of tomorrow", "9"), (0, "lowerRoman", "0"), (99_999, "upperRoman", "99999"),
        (0, "upperLetter", "0"), (99_999, "lowerLetter", "99999"),
    ],
)  # fmt: skip
def test_a_number_is_written_in_its_form(value: int, form: str, expected: str) -> None:
    assert in_form(value, form) == expected
