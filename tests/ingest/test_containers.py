"""Documents in documents: what lies in a mail, a PDF or an archive is read within limits, or named with the reason."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pypdf
import pytest
from fakes import write_pdf
from odd_files import deflated_bomb, picture_of, with_scans

from ingest import Document, Readers, members, ocr_available, process, read
from ingest.readers import zip as zip_reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@pytest.fixture
def readers() -> Iterator[Readers]:
    with Readers(1) as opened:
        yield opened


def zipped(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target.getvalue()


def letter(attached: Mapping[str, bytes]) -> bytes:
    mail = EmailMessage()
    mail["Subject"] = "Papers"
    mail.set_content("See the papers.")
    for name, content in attached.items():
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return bytes(mail)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def found(document: Document) -> dict[str, str]:
    return {member.document.path: member.document.text for member in document.members}


def test_members_are_named_after_all_that_they_lie_in(tmp_path: Path) -> None:
    inner = zipped({"deep/b.md": b"# Eels\n\nSmoked."})
    box = zipped({"post/a.eml": letter({"list.csv": b"eel,3\n", "more.zip": inner}), "c.txt": b"Carp."})
    document = read(written(tmp_path / "box.zip", box))
    assert document.text == "post/a.eml\nc.txt"
    assert found(document) == {
        "post > a.eml": "Subject: Papers\n\nSee the papers.\n\nAttachment: list.csv\nAttachment: more.zip",
        "post > a.eml > list.csv": "eel\t3",
        "post > a.eml > more.zip": "deep/b.md",
        "post > a.eml > more.zip > deep > b.md": "Eels\nSmoked.",
        "c.txt": "Carp.",
    }
    assert [member.document.title for member in document.members] == ["Papers", "list", "more", "Eels", "c"]
    assert document.remarks == ()


def test_files_attached_to_a_pdf_are_read(tmp_path: Path) -> None:
    path = write_pdf(tmp_path / "cover.pdf", "See the sheet.")
    writer = pypdf.PdfWriter(path)
    writer.add_attachment("sheet.csv", b"oar,88\n")
    writer.add_attachment("same.csv", b"oar,89\n")
    writer.write(path)
    document = read(path)
    assert document.text == "See the sheet."
    assert dict(sorted(found(document).items())) == {"same.csv": "oar\t89", "sheet.csv": "oar\t88"}


def test_a_file_pinned_to_a_page_of_a_pdf_is_read(tmp_path: Path) -> None:
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

    path = write_pdf(tmp_path / "cover.pdf", "See the pin.")
    writer = pypdf.PdfWriter(path)
    stream = DecodedStreamObject()
    stream.set_data(b"Oars cost 88 euro.")
    stream[NameObject("/Type")] = NameObject("/EmbeddedFile")
    held = DictionaryObject({NameObject("/F"): writer._add_object(stream)})
    specification = {NameObject("/UF"): TextStringObject("pin.txt"), NameObject("/EF"): held}
    pin = {NameObject("/Subtype"): NameObject("/FileAttachment"), NameObject("/FS"): DictionaryObject(specification)}
    writer.pages[0][NameObject("/Annots")] = ArrayObject([writer._add_object(DictionaryObject(pin))])
    writer.write(path)
    assert found(read(path)) == {"pin.txt": "Oars cost 88 euro."}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd.txt", "etc > passwd.txt"),
        ("/root/a.txt", "root > a.txt"),
        ("C:\\temp\\a.txt", "C: > temp > a.txt"),
        ("./a.txt", "a.txt"),
        ("a\x07\x1b[31m\u202etxt.txt", "a [31m txt.txt"),
        ("x" * 500 + ".txt", "x" * 115 + "….txt"),
    ],
)
def test_names_are_names_only(tmp_path: Path, name: str, expected: str) -> None:
    assert found(read(written(tmp_path / "a.zip", zipped({name: b"Carp."})))) == {expected: "Carp."}
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_things_of_one_name_are_told_apart(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Papers"
    mail.set_content("x")
    for text in ("one", "two", "three"):
        mail.add_attachment(text, filename="Bill.txt" if text == "two" else "bill.txt")
    document = read(written(tmp_path / "a.eml", bytes(mail)))
    assert found(document) == {"bill.txt": "one", "(2) Bill.txt": "two", "(3) bill.txt": "three"}


def test_what_is_not_read_is_named_with_the_reason(tmp_path: Path) -> None:
    box = zipped(
        {"a.flac": b"x", "b.flac": b"x", "none.txt": b"", "bad.pdf": b"x", ".hidden": b"x", "ok.txt": b"Carp."}
    )
    document = read(written(tmp_path / "a.zip", box))
    assert found(document) == {"ok.txt": "Carp."}
    assert document.warnings == (
        "not read of what is in it: a.flac, b.flac: is not a type that can be read: .flac",
        "not read of what is in it: none.txt: is empty",
        "not read of what is in it: bad.pdf: is not a PDF",
        "not read of what is in it: .hidden: is hidden, or made by a program",
    )


def test_an_encrypted_entry_is_named_and_costs_no_other(tmp_path: Path) -> None:
    box = bytearray(zipped({"a.txt": b"Secret.", "b.txt": b"Carp."}, zipfile.ZIP_STORED))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        box[box.index(mark) + at] |= 1
    document = read(written(tmp_path / "a.zip", bytes(box)))
    assert found(document) == {"b.txt": "Carp."}
    assert document.warnings == ("not read of what is in it: a.txt: is encrypted",)


def test_a_damaged_entry_is_named_and_costs_no_other(tmp_path: Path) -> None:
    box = zipped({"a.txt": b"Pike and perch.", "b.txt": b"Carp."}, zipfile.ZIP_STORED).replace(b"Pike", b"Pile", 1)
    document = read(written(tmp_path / "a.zip", box))
    assert found(document) == {"b.txt": "Carp."}
    assert document.warnings == ("not read of what is in it: a.txt: is damaged: Bad CRC-32 for file 'a.txt'",)


# Hostile ones


def test_an_entry_that_unpacks_without_end_is_not_unpacked(tmp_path: Path) -> None:
    document = read(written(tmp_path / "a.zip", zipped({"a.txt": bytes(40_000_000), "b.txt": b"Carp."})))
    assert found(document) == {"b.txt": "Carp."}
    assert document.warnings == ("not read of what is in it: a.txt: unpacks to more than 200 times its size",)


def test_an_entry_that_lies_about_its_size_is_read_to_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.readers.zip.MOST_OF_ONE", 1000)
    monkeypatch.setattr(members, "MOST_OF_ONE", 1000)
    document = read(written(tmp_path / "a.zip", zipped({"a.txt": b"word " * 300, "b.txt": b"Carp."})))
    assert found(document) == {"b.txt": "Carp."}
    assert "a.txt: is too large" in document.warnings[0]


def test_archives_in_archives_are_opened_to_a_depth(tmp_path: Path) -> None:
    box = b"x"
    for depth in range(9, -1, -1):
        box = zipped({f"{depth}.txt": b"Level.", f"{depth}.zip": box})
    document = read(written(tmp_path / "a.zip", box))
    assert list(found(document)) == [
        "0.txt",
        "0.zip",
        "0.zip > 1.txt",
        "0.zip > 1.zip",
        "0.zip > 1.zip > 2.txt",
        "0.zip > 1.zip > 2.zip",
    ]
    assert document.warnings == (
        "not read of what is in it: 0.zip > 1.zip > 2.zip > 3.txt, 0.zip > 1.zip > 2.zip > 3.zip: "
        "lies in more than 3 files",
    )


def test_no_more_than_a_number_of_members_and_bytes_is_read(tmp_path: Path) -> None:
    box = written(tmp_path / "a.zip", zipped({f"{n}.txt": b"Carp." for n in range(1200)}))
    document = read(box)
    assert len(document.members) == 1000
    assert document.warnings[0].startswith("not read of what is in it: 1000.txt, 1001.txt,")
    assert document.warnings[0].endswith(" others: lies behind the first 1,000")
    assert "1199.txt" in document.text
    walk = members.Walk({".zip": zip_reader.holdings}, bool, None, _room=12)
    assert [one.name for one in walk.through(box) if not one.reason] == ["0.txt", "1.txt"]


def test_an_archive_that_holds_itself_ends(tmp_path: Path) -> None:
    part = zipped({"a.txt": b"Carp."})
    for _ in range(40):
        part = zipped({"a.zip": part, "b.zip": part})
        if len(part) > 100_000:
            break
    document = read(written(tmp_path / "a.zip", part))
    assert len(document.members) == 2 + 4 + 8


def test_a_mail_that_attaches_itself_ends(tmp_path: Path) -> None:
    mail = letter({})
    for _ in range(8):
        mail = letter({"self.eml": mail})
    document = read(written(tmp_path / "a.eml", mail))
    assert list(found(document)) == ["self.eml", "self.eml > self.eml", "self.eml > self.eml > self.eml"]
    assert "lies in more than 3 files" in document.warnings[0]


def test_a_file_with_whose_members_the_process_is_lost_is_read_without_them(
    readers: Readers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = process.Process.read

    def lost(
        self: process.Process, path: Path, password: str | None, *, native: bool, members: bool = True
    ) -> Document:
        if members:
            raise process.Lost("took longer than 20 seconds", "over_limits", inside=True)
        return reading(self, path, password, native=native, members=members)

    path = written(tmp_path / "a.eml", letter({"a.txt": b"Carp."}))
    monkeypatch.setattr(process.Process, "read", lost)
    document = readers.read(path)
    assert "See the papers." in document.text
    assert document.members == ()
    assert document.warnings == ("not read of what is in it: took longer than 20 seconds",)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_an_attachment_that_takes_all_memory_costs_only_the_attachments(readers: Readers, tmp_path: Path) -> None:
    rows = b"".join(b"<tr>" + b"<td>x" * 100 for _ in range(3000))
    box = zipped({f"{n}.html": b"<p>Carp." for n in range(3)} | {"a.pdf": deflated_bomb(), "b.html": rows})
    path = written(tmp_path / "a.eml", letter({"a.zip": box, "b.txt": b"Eels."}))
    assert "See the papers." in readers.read(path).text


def test_a_process_hands_over_what_reading_finds(readers: Readers, tmp_path: Path) -> None:
    path = written(tmp_path / "a.eml", letter({"a.txt": b"Carp.", "b.csv": b"town,eels\nA,4\nB,5\n", "c.exe": b"x"}))
    assert readers.read(path) == read(path)
    assert readers.read(path).members[1].document.tables


@pytest.mark.skipif(not ocr_available(), reason="needs the extra ocr")
def test_scans_in_a_mail_are_recognised(readers: Readers, tmp_path: Path) -> None:
    scan = with_scans(tmp_path / "scan.pdf", [picture_of("Two oars cost eighty")])
    path = written(tmp_path / "a.eml", letter({"scan.pdf": scan.read_bytes()}))
    [member] = readers.read(path).members
    assert (member.document.text, member.document.pages[0].method) == ("Two oars cost eighty", "ocr")
