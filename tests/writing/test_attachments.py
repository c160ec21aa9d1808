"""Documents that lie in files: they come, change and go with these, and are searched and verified like others."""

from __future__ import annotations

import sqlite3
import zipfile
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from fakes import open_library

from rag_app.console.links import file_link, place_text
from rag_app.errors import UsageError
from rag_app.storage.database import DATABASE
from rag_app.types import Filter
from rag_app.writing.repair import repair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rag_app.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "post"
    place.mkdir()
    return place


def write_mail(path: Path, **attached: str) -> Path:
    letter = EmailMessage()
    letter["Subject"], letter["From"] = "Sails", "Ada <ada@x.org>"
    letter.set_content("The papers are attached.")
    for name, text in attached.items():
        letter.add_attachment(text, filename=f"{name}.txt")
    path.write_bytes(bytes(letter))
    return path


def paths(library: Library, folder: Path) -> list[str]:
    return [path.removeprefix(f"{folder}/") for document in library.documents() for path in document.paths]


def is_whole(library: Library) -> bool:
    report = library.verify(None)
    return report.ok and not report.unreachable


def test_an_attachment_is_a_document_under_its_mail(library: Library, folder: Path) -> None:
    mail = write_mail(folder / "sails.eml", bill="The mainsail costs 2,310 euro.", list="Two anchors.")
    report = library.ingest(mail)
    assert (report.added, report.failed) == (1, 0)
    assert paths(library, folder) == ["sails.eml", "sails.eml > bill.txt", "sails.eml > list.txt"]
    bill = library.read(f"{mail} > bill.txt")
    assert (bill.title, bill.text) == ("bill", "The mainsail costs 2,310 euro.")
    known = library.find_document(f"{mail} > bill.txt")
    assert known is not None
    assert (known.parent, known.pages, known.chunks, known.bytes) == (str(mail), 1, 1, 31)
    hit = library.search("What does the mainsail cost?")[0]
    assert (hit.document, hit.stale) == (f"{mail} > bill.txt", "")
    assert place_text(hit) == "sails.eml > bill.txt, line 1"
    assert file_link(hit.document, 1) == f"file://{mail}#page=1"
    mail.rename(folder / "gone.eml")
    assert library.search("What does the mainsail cost?")[0].stale == "is not there any more"
    (folder / "gone.eml").rename(mail)
    assert is_whole(library)


def test_it_is_found_by_its_name_its_file_its_type_and_the_tags_of_its_file(library: Library, folder: Path) -> None:
    mail = write_mail(folder / "sails.eml", bill="The mainsail costs 2,310 euro.")
    other = write_mail(folder / "other.eml")
    library.ingest([mail, other])
    library.tag(mail, add="boat")
    bill = f"{mail} > bill.txt"
    for where, found in (
        (Filter(within=("bill.txt",)), [bill]),
        (Filter(within=("sails.eml > bill.txt",)), [bill]),
        (Filter(within=("sails.eml",)), [str(mail), bill]),
        (Filter(within=(str(mail),)), [str(mail), bill]),
        (Filter(types=("txt",)), [bill]),
        (Filter(tags=("boat",)), [str(mail), bill]),
    ):
        assert [document.path for document in library.documents(where)] == found
    assert library.read("bill.txt").path == bill
    assert library.receipt("sails.eml > bill.txt").pages[0].passages == 1
    assert [document.tags for document in library.documents(Filter(within=("sails.eml",)))] == [("boat",), ("boat",)]


def test_it_cannot_be_removed_or_tagged_without_its_file(library: Library, folder: Path) -> None:
    mail = write_mail(folder / "sails.eml", bill="The mainsail costs 2,310 euro.")
    library.ingest(mail)
    assert library.remove(f"{mail} > bill.txt").documents[0].reason == f"{mail} > bill.txt is a part of {mail}."
    with pytest.raises(UsageError, match="is a part of"):
        library.tag(f"{mail} > bill.txt", add="boat")
    library.remove(mail)
    assert library.documents() == []
    assert is_whole(library)


def test_members_change_move_and_go_with_their_file(library: Library, folder: Path) -> None:
    mail = write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.", list="Two anchors.")
    library.sync(folder)
    write_mail(mail, bill="The mainsail costs 2,500 euro.")
    library.sync(folder)
    assert paths(library, folder) == ["a.eml", "a.eml > bill.txt"]
    assert "2,500" in library.read("bill.txt").text
    mail = mail.rename(folder / "b.eml")
    assert [line.code for line in library.sync(folder).documents] == ["renamed"]
    assert paths(library, folder) == ["b.eml", "b.eml > bill.txt"]
    (folder / "a copy.eml").write_bytes(mail.read_bytes())
    library.sync(folder)
    assert paths(library, folder) == ["a copy.eml", "b.eml", "a copy.eml > bill.txt", "b.eml > bill.txt"]
    (folder / "a copy.eml").unlink()
    library.sync(folder)
    assert paths(library, folder) == ["b.eml", "b.eml > bill.txt"]
    assert is_whole(library)
    mail.unlink()
    library.sync(folder, confirmed=True)
    assert paths(library, folder) == []
    assert is_whole(library)


def test_a_library_with_a_history_is_that_of_a_fresh_one(library: Library, folder: Path, tmp_path: Path) -> None:
    write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.", list="Two anchors.")
    library.sync(folder)
    (folder / "a.eml").rename(folder / "c.eml")
    write_mail(folder / "a.eml", bill="The mast.")
    library.sync(folder)
    library.rebuild()
    with open_library(tmp_path / "fresh") as fresh:
        fresh.sync(folder)
        assert fresh._store.signature() == library._store.signature()


def test_a_file_with_the_name_of_a_member_keeps_it(library: Library, folder: Path) -> None:
    write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.")
    library.sync(folder)
    (folder / "a.eml > bill.txt").write_text("A file of that name.")
    library.sync(folder)
    assert library.read(f"{folder}/a.eml > bill.txt").text == "A file of that name."
    assert library.read(f"{folder}/a.eml > (2) bill.txt").text == "The mainsail costs 2,310 euro."
    assert is_whole(library)
    (folder / "a.eml").rename(folder / "b.eml")
    library.sync(folder)
    assert paths(library, folder) == ["a.eml > bill.txt", "b.eml", "b.eml > bill.txt"]
    assert is_whole(library)


def test_what_is_not_read_is_named_in_the_receipt_of_the_file(library: Library, folder: Path) -> None:
    with zipfile.ZipFile(folder / "box.zip", "w") as archive:
        archive.writestr("notes/a.txt", "The key lies under the mat.")
        archive.writestr("song.flac", "x")
        archive.writestr("sheet.xlsx", "x")
    library.ingest(folder)
    assert paths(library, folder) == ["box.zip", "box.zip > notes > a.txt"]
    assert library.receipt("box.zip").warnings == (
        "not read of what is in it: song.flac: is not a type that can be read: .flac",
        "not read of what is in it: sheet.xlsx: is damaged or of another type: it is not a ZIP archive",
    )


def test_verify_finds_a_member_that_is_not_what_its_file_holds(library: Library, folder: Path) -> None:
    write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.", list="Two anchors.")
    library.ingest(folder)
    store = library._store
    inside = store.document(f"{folder}/a.eml > bill.txt")
    assert inside is not None
    store.remove(inside.path)
    store.seal()
    assert [(one.kind, one.detail) for one in library.verify(None).differences][:1] == [
        ("text", "it holds 2 documents; 1 are stored")
    ]


def test_a_member_that_is_not_called_after_its_file_is_damage(library: Library, folder: Path) -> None:
    write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.")
    write_mail(folder / "b.eml")
    library.ingest(folder)
    with sqlite3.connect(library._store.folder / DATABASE) as database:
        database.execute(
            "UPDATE documents SET parent = (SELECT id FROM documents WHERE path LIKE '%b.eml') WHERE parent IS NOT NULL"
        )
    assert any(
        "it is not called after the file that it lies in" in one.detail for one in library.verify(None).differences
    )


def test_members_of_a_file_that_cannot_be_read_any_more_are_as_stale_as_it(library: Library, folder: Path) -> None:
    mail = write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.")
    library.sync(folder)
    good = mail.read_bytes()
    mail.write_bytes(b"nothing")
    library.sync(folder)
    assert all("could not be read any more" in document.stale for document in library.documents())
    mail.write_bytes(good)
    library.sync(folder)
    assert [document.stale for document in library.documents()] == ["", ""]


def test_a_member_that_is_damaged_in_the_library_comes_back_with_its_file(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    mail = write_mail(folder / "a.eml", bill="The mainsail costs 2,310 euro.", list="Two anchors.")
    library.ingest(folder)
    place = library._store.folder
    library.close()
    database = sqlite3.connect(place / DATABASE)
    database.execute("UPDATE pages SET text = 'The mainsail is free.' WHERE text LIKE '%mainsail%'")
    database.commit()
    database.close()
    report = repair(place, tmp_path / "saved" / "library")
    assert (report.documents, report.texts) == (1, (str(mail),))
    with open_library(tmp_path / "saved") as saved:
        assert paths(saved, folder) == ["a.eml", "a.eml > list.txt"]
        saved.ingest(folder)
        assert paths(saved, folder) == ["a.eml", "a.eml > bill.txt", "a.eml > list.txt"]
        assert is_whole(saved)
