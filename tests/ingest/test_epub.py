from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, Remark, read

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>"""
BOOK = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>{title}</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"""
CHAPTERS = {
    "nav.xhtml": "<nav><ol><li>One</li></ol></nav>",
    "one.xhtml": "<h1>One</h1><p>The first.</p><h2>Deeper</h2><p>Down.</p>",
    "text/two%20b.xhtml": "<p>No heading here.</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td/></tr></table>",
}


def epub(tmp_path: Path, chapters: dict[str, str] | None = None, **entries: str) -> Path:
    chapters = CHAPTERS if chapters is None else chapters
    items = "".join(
        f'<item id="c{n}" href="{name}" media-type="application/xhtml+xml" properties="{name.partition(".")[0]}"/>'
        for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters))) + '<itemref idref="none"/>'
    path = tmp_path / "book.epub"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", entries.pop("container", CONTAINER))
        archive.writestr("OPS/book.opf", entries.pop("book", BOOK.format(title="A Tale", items=items, spine=spine)))
        for name, body in chapters.items():
            head = (
                '<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
            )
            html = f"{head}<body>{body}</body></html>"
            archive.writestr(f"OPS/{name.replace('%20', ' ')}", html)
        for name, text in entries.items():
            archive.writestr(f"META-INF/{name}.xml", text)
    return path


def reason(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert "\n" not in caught.value.reason
    return caught.value.reason


def test_a_book_is_a_page_a_chapter_in_reading_order(tmp_path: Path) -> None:
    document = read(epub(tmp_path))
    assert (document.title, document.warnings) == ("A Tale", ())
    assert [(page.number, page.label, page.text) for page in document.pages] == [
        (1, "1", "One\nThe first.\n\nDeeper\nDown."),
        (2, "2", "No heading here.\n\na\tb\n1\t"),
    ]
    labels = {
        word: document.label_at(at := document.text.index(word), at + 3) for word in ("One", "Down", "No h", "1\t")
    }
    assert labels == {"One": "One", "Down": "Deeper", "No h": "2", "1\t": "2"}


def test_a_chapter_that_is_missing_costs_only_itself(tmp_path: Path) -> None:
    path = epub(tmp_path)
    with zipfile.ZipFile(path) as archive:
        kept = {entry.filename: archive.read(entry) for entry in archive.infolist() if "one" not in entry.filename}
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in kept.items():
            archive.writestr(name, raw)
    document = read(path)
    assert document.warnings == ("chapter 1 is missing: OPS/one.xhtml",)
    assert document.remarks == (Remark("chapter_missing", (1,), "OPS/one.xhtml"),)
    assert [page.text.partition("\n")[0] for page in document.pages] == ["", "No heading here."]


def test_a_chapter_outside_the_archive_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.xhtml").write_text("secret")
    document: Document = read(epub(tmp_path, {"../../secret.xhtml": "inside", "one.xhtml": "One"}))
    assert "secret" not in document.text
    assert document.pages[1].text == "One"


ENCRYPTED = '<encryption><EncryptedData><CipherReference URI="OPS/{name}"/></EncryptedData></encryption>'


def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path) -> None:
    assert reason(epub(tmp_path, {})) == "holds no chapter"
    assert reason(epub(tmp_path, container="<container/>")) == "is damaged: it names no table of contents"
    assert reason(epub(tmp_path, container=CONTAINER.replace("book", "no"))) == "is damaged: it lacks OPS/no.opf"
    assert reason(epub(tmp_path, book="<package>")).startswith("is damaged and cannot be read: ")
    protected = epub(tmp_path, encryption=ENCRYPTED.format(name="one.xhtml"))
    assert reason(protected) == "is protected against copying and cannot be read"
    entities = epub(tmp_path, book=f'<!DOCTYPE package [<!ENTITY a SYSTEM "file:///etc/passwd">]>{BOOK}')
    assert reason(entities) == "declares XML entities in OPS/book.opf, which no such document needs"
    bomb = epub(tmp_path, {f"{n}.xhtml": " " * 20_000_000 for n in range(3)})
    assert reason(bomb) == "unpacks to more than 50 MB"


def test_encrypted_fonts_do_not_matter(tmp_path: Path) -> None:
    assert len(read(epub(tmp_path, encryption=ENCRYPTED.format(name="font.otf"))).pages) == 2
