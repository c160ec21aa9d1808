from __future__ import annotations

import os
import random
import subprocess
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import openpyxl
import pptx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import SUFFIXES, Document, DocumentError, cut, read, row_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROWS = [("Town", "Country", "Inhabitants"), *((f"Town{n}", f"Land{n}", str(1000 + n)) for n in range(60))]
PROSE = [f"Paragraph {n} tells about the river and its bridges. It goes on for a while." for n in range(20)]
HTML = (
    "<h1>Rivers</h1>"
    + "".join(f"<p>{text}</p>" for text in PROSE)
    + "<h2>Towns</h2><table>"
    + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
    + "</table>"
)


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def write_text(path: Path) -> None:
    path.write_text("\n\n".join(PROSE))


def write_code(path: Path) -> None:
    path.write_text("\n".join(f"def f{n}(x):\n    return x + {n}\n" for n in range(40)))


def write_markdown(path: Path) -> None:
    table = "\n".join(f"| {' | '.join(row)} |" for row in [ROWS[0], ("--", "--", "--"), *ROWS[1:]])
    path.write_text("\n\n".join(["# Rivers", *PROSE, "## Towns", table]))


def write_html(path: Path) -> None:
    path.write_text(HTML)


def write_csv(path: Path) -> None:
    path.write_text("\n".join(",".join(row) for row in ROWS))


def write_docx(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Rivers", 1)
    for text in PROSE:
        document.add_paragraph(text)
    document.add_heading("Towns", 2)
    table = document.add_table(len(ROWS), 3)
    for row, texts in zip(table.rows, ROWS, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.save(str(path))


def write_pptx(path: Path) -> None:
    show = pptx.Presentation()
    for text in PROSE:
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = "Rivers"
        slide.placeholders[1].text = text
    table = show.slides.add_slide(show.slide_layouts[6]).shapes.add_table(len(ROWS), 3, 0, 0, 99, 99).table
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    show.save(str(path))


def write_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append(row)
    book.save(path)


def write_epub(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", '<c><rootfile full-path="b.opf"/></c>')
        item = '<item id="{n}" href="{n}.xhtml" media-type="application/xhtml+xml"/>'
        items = "".join(item.format(n=n) for n in "ab")
        archive.writestr("b.opf", f'<p>{items}<itemref idref="a"/><itemref idref="b"/></p>')
        archive.writestr("a.xhtml", HTML)
        archive.writestr("b.xhtml", "<p>The end.</p>")


def write_eml(path: Path) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Rivers"
    letter.set_content(HTML, subtype="html")
    path.write_bytes(bytes(letter))


WRITERS: dict[str, Callable[[Path], None]] = {
    "a.txt": write_text,
    "a.py": write_code,
    "a.md": write_markdown,
    "a.html": write_html,
    "a.csv": write_csv,
    "a.docx": write_docx,
    "a.pptx": write_pptx,
    "a.xlsx": write_xlsx,
    "a.epub": write_epub,
    "a.eml": write_eml,
}
TABLES = sorted(set(WRITERS) - {"a.txt", "a.py"})
LABELS = {
    "a.txt": "lines 1-5",
    "a.py": "lines 1-23",
    "a.md": "Rivers",
    "a.html": "Rivers",
    "a.csv": "lines 1-16",
    "a.docx": "Rivers",
    "a.pptx": "1",
    "a.xlsx": "Sheet",
    "a.epub": "Rivers",
    "a.eml": "1",
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    for name, write in WRITERS.items():
        write(folder / name)
    return folder


def checked(document: Document) -> Document:
    """Return `document` after comparing its passages and sections with its text."""
    text = document.text
    passages = cut(document, words, 50, 10)
    assert all(passage.text == text[passage.start : passage.end] for passage in passages)
    assert all(passage.page_label == document.label_at(passage.start, passage.end) for passage in passages)
    covered = {place for passage in passages for place in range(passage.start, passage.end)}
    assert all(place in covered for place, character in enumerate(text) if not character.isspace())
    assert list(document.sections) == sorted(document.sections)
    assert all(0 <= place < len(text) and text[place] not in "\n\f" for place, _ in document.sections)
    assert [page.number for page in document.pages] == list(range(1, len(document.pages) + 1))
    return document


def outcome(path: Path) -> str:
    """Return the reason why a file is not read, or "" where it is."""
    try:
        checked(read(path))
    except DocumentError as problem:
        return problem.reason
    return ""


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_is_read_and_cut_without_a_loss(samples: Path, name: str) -> None:
    document = checked(read(samples / name))
    passages = cut(document, words, 50, 0)
    assert len(passages) > 3
    assert passages[0].page_label == LABELS[name]


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_a_long_table_have_the_names_of_their_columns_in_every_passage(samples: Path, name: str) -> None:
    document = read(samples / name)
    for n in (0, 30, 59):
        row = row_at(document.text, document.text.index(f"Town{n}\t"))
        assert row.text == f"Town: Town{n}; Country: Land{n}; Inhabitants: {1000 + n}"
    passages = [p.text for p in cut(document, words, 70, 0) if "\t" in p.text and "bridges" not in p.text]
    assert len(passages) > 2
    assert all("Inhabitants" in text for text in passages)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("other", [".txt", ".md", ".html", ".docx", ".pptx", ".xlsx", ".csv", ".epub", ".eml", ".py"])
def test_a_wrong_suffix_is_a_reason_or_a_text(samples: Path, tmp_path: Path, name: str, other: str) -> None:
    path = tmp_path / f"b{other}"
    path.write_bytes((samples / name).read_bytes())
    assert "\n" not in outcome(path)


@pytest.mark.parametrize("name", [name for name in WRITERS if name[2:] in ("docx", "pptx", "xlsx", "epub")])
def test_a_damaged_archive_is_a_reason_or_a_text(samples: Path, tmp_path: Path, name: str) -> None:
    raw = (samples / name).read_bytes()
    path = tmp_path / name
    choose = random.Random(name)
    for _ in range(40):
        damaged = bytearray(raw[: choose.randrange(len(raw))] if choose.random() < 0.3 else raw)
        for _ in range(choose.randrange(1, 8)):
            damaged[choose.randrange(len(damaged))] = choose.randrange(256)
        path.write_bytes(damaged)
        assert "\n" not in outcome(path)


@pytest.mark.parametrize("name", [name for name in WRITERS if name[2:] in ("docx", "pptx", "xlsx", "epub")])
def test_half_an_archive_is_refused(samples: Path, tmp_path: Path, name: str) -> None:
    raw = (samples / name).read_bytes()
    (tmp_path / name).write_bytes(raw[: len(raw) // 2])
    with pytest.raises(DocumentError) as caught:
        read(tmp_path / name)
    assert caught.value.reason == "is damaged or of another type: it is not a ZIP archive"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20])
def test_files_that_hold_nothing_or_anything_are_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert caught.value.reason.startswith("is ")


@given(st.sampled_from([".txt", ".md", ".html", ".csv", ".eml", ".py"]), st.text(min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_text_is_read_and_cut_without_a_loss(tmp_path: Path, suffix: str, text: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(text.encode("utf-8", "replace"))
    assert "\n" not in outcome(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "package", "name"),
    [
        ("lxml", "lxml", "a.docx"),
        ("lxml", "lxml", "a.pptx"),
        ("lxml", "lxml", "a.xlsx"),
        ("lxml", "lxml", "a.html"),
        ("markdown_it", "markdown-it-py", "a.md"),
    ],
)
def test_an_absent_library_is_named(samples: Path, module: str, package: str, name: str) -> None:
    code = (
        "import sys; from pathlib import Path; from ingest import DocumentError, read\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == sys.argv[1]: raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "try: read(Path(sys.argv[2]))\n"
        "except DocumentError as problem: print(problem.reason)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, module, str(samples / name)],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.stdout == f"needs the package {package}: run `pip install {package}`\n"
