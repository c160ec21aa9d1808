from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import Document, read, row_at

if TYPE_CHECKING:
    from pathlib import Path


def markdown(tmp_path: Path, text: str) -> Document:
    path = tmp_path / "notes.md"
    path.write_text(text)
    return read(path)


def test_headings_lose_their_marks_and_become_sections(tmp_path: Path) -> None:
    document = markdown(
        tmp_path, "# Guide #\n\nHello *you*\nthere.\n\nSetup\n-----\nRun `make`, see [here](http://x.y).\n"
    )
    assert document.title == "Guide"
    assert document.text == "Guide\nHello you there.\n\nSetup\nRun make, see here (http://x.y)."
    assert document.sections == ((0, "Guide"), (24, "Setup"))
    assert [document.label_at(at, at + 1) for at in (0, 10, 24, 40)] == ["Guide", "Guide", "Setup", "Setup"]


def test_before_the_first_heading_lines_are_named(tmp_path: Path) -> None:
    document = markdown(tmp_path, "One\nparagraph.\n\n- an item\n- another\n\n## Later\n\ntext\n")
    places = {word: document.label_at(at := document.text.index(word), at + 1) for word in ("One", "another", "text")}
    assert places == {"One": "line 1", "another": "line 5", "text": "Later"}


def test_lists_keep_their_marks(tmp_path: Path) -> None:
    document = markdown(tmp_path, "Steps:\n\n3. boil\n   water\n4. pour\n   - slowly\n\n     and long\n5. wait\n")
    assert document.text == "Steps:\n3. boil water\n4. pour\n- slowly\nand long\n5. wait"


def test_a_table_becomes_rows_of_cells(tmp_path: Path) -> None:
    document = markdown(
        tmp_path, "## Prices\n| Item | 2023 | 2024 |\n|--|--:|--:|\n| **Tea** | 3 | |\n| Rye \\| oat | 4 | 5 |\n"
    )
    assert document.text == "Prices\nItem\t2023\t2024\nTea\t3\t\nRye | oat\t4\t5"
    row = row_at(document.text, document.text.index("Rye"))
    assert (row.caption, row.text) == ("Prices", "Item: Rye | oat; 2023: 4; 2024: 5")


def test_code_keeps_its_lines_and_html_loses_its_tags(tmp_path: Path) -> None:
    document = markdown(tmp_path, "```py\ndef f():\n\treturn 1\n```\n\n<div align=center>\n<b>Bold</b> claim\n</div>\n")
    assert document.text == "def f():\n    return 1\n\nBold claim"


def test_front_matter_is_kept_and_names_the_title(tmp_path: Path) -> None:
    document = markdown(tmp_path, '---\ntitle: "Of Mice"\nauthor: J. S.\n---\nText.\n\nMore.\n')
    assert (document.title, document.text) == ("Of Mice", 'title: "Of Mice"\nauthor: J. S.\n\nText.\n\nMore.')
    assert document.label_at(0, 5) == "line 2"
    assert document.label_at(document.text.index("More"), len(document.text)) == "line 7"


def unseen(document: Document) -> list[str]:
    return [page.text[start:end] for page in document.pages for start, end in page.hidden]


@pytest.mark.parametrize(
    ("source", "text", "hidden"),
    [
        ("Rent ~~610~~ 640 euro, <del>paid</del> due", "Rent ~~610~~ 640 euro, ~~paid~~ due", ["~~610~~", "~~paid~~"]),
        ("## Plan ~~A~~ B", "Plan ~~A~~ B", ["~~A~~"]),
        ("| Size | Price |\n|--|--|\n| S | ~~8~~ 6 |", "Size\tPrice\nS\t~~8~~ 6", ["~~8~~"]),
        ("10^6^ m^2^ of CO~2~, m<sup>3</sup>, 2<sub>a</sub>, about ~5,~6", "10⁶ m² of CO₂, m³, 2a, about ~5,~6", []),
        ("2<sup>1</sup>/<sub>4</sub> cups", "2 1/4 cups", []),
        (
            "[form](a/b.pdf), [rules](https://x.example/r), [next](next.md), [us](mailto:us@x.example)",
            "form (a/b.pdf), rules (https://x.example/r), next, us (us@x.example)",
            [],
        ),
        (
            "See [it][r] or <https://y.example>.\n\n[r]: https://z.example/doc",
            "See it (https://z.example/doc) or https://y.example.",
            [],
        ),
        ("- [x] Paid\n- [ ] Sent\n- [y] odd", "- Paid: yes\n- Sent: no\n- [y] odd", []),
        (
            "Fee 45[^a], 12[^long].\n\n[^long]: Word\n[^a]: Two *words*.",
            "Fee 45¹, 12².\n\nNote 2: Word\nNote 1: Two words.",
            [],
        ),
        ("x[^1]\n\n```\n[^1]: code\n```\n[^1]: the note", "x¹\n\n[^1]: code\n\nNote 1: the note", []),
        ("An [^open] mark", "An [^open] mark", []),
        ("<div hidden>key 77</div>\n\nfree", "key 77\n\nfree", ["key 77"]),
        ("![Map of pier 6](m.png)", "Map of pier 6", []),
    ],
)
def test_what_marks_say_is_kept(tmp_path: Path, source: str, text: str, hidden: list[str]) -> None:
    document = markdown(tmp_path, source)
    assert (document.text, unseen(document)) == (text, hidden)
    assert bool(document.warnings) == ("key" in text)


@pytest.mark.slow
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text",
    [
        "> " * 20_000 + "x",
        "![" * 500_000,
        "*a" * 50_000,
        "`" * 100_000,
        "word " * 200_000,
        "<a " * 50_000,
        "~~a" * 100_000,
        "<sup>" * 50_000,
        "a[^1]" * 900 + "\n\n" + "[^1]: b\n\n" * 50_000,
        "a^b" * 200_000,
        "- [x] a\n" * 50_000,
    ],
)
def test_hostile_markdown_is_read_in_time(tmp_path: Path, text: str) -> None:
    assert len(markdown(tmp_path, text).pages) == 1
