from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, place_name, read

if TYPE_CHECKING:
    from pathlib import Path

FIRST = b"From ada@x.org Mon May  6 07:30:00 2024\nSubject: Oars\nFrom: ada@x.org\n\nTwo oars cost 88 euro.\n\n"
SECOND = (
    b"From bob@x.org Tue May  7 07:30:00 2024\nSubject: Rope\nFrom: bob@x.org\n\n"
    b"Quoted:\n\n>From here on it rains.\n>>From two.\n\nFrom now on, rope is free.\nYes.\n\n"
)


def mailbox(tmp_path: Path, raw: bytes) -> Document:
    path = tmp_path / "post.mbox"
    path.write_bytes(raw)
    return read(path)


def test_each_message_is_a_page_under_its_subject(tmp_path: Path) -> None:
    document = mailbox(tmp_path, FIRST + SECOND)
    assert [page.text for page in document.pages] == [
        "Oars\nSubject: Oars\nFrom: ada@x.org\n\nTwo oars cost 88 euro.",
        "Rope\nSubject: Rope\nFrom: bob@x.org\n\nQuoted:\n\nFrom here on it rains.\n>From two.\n\n"
        "From now on, rope is free.\nYes.",
    ]
    start = document.text.index("rope is")
    label = document.label_at(start, start + 4)
    assert place_name(document.path, document.page_at(start).number, label) == "“Rope” (message 2)"
    assert document.title == "post"


def test_attachments_are_called_after_their_message(tmp_path: Path) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Bill"
    letter.set_content("See the bill.")
    letter.add_attachment("Pay 88 euro.", filename="bill.txt")
    part = b"From a Mon May  6 07:30:00 2024\n" + bytes(letter) + b"\n"
    document = mailbox(tmp_path, FIRST + part + part)
    assert [(member.document.path, member.document.text) for member in document.members] == [
        ("message 2 > bill.txt", "Pay 88 euro."),
        ("message 3 > bill.txt", "Pay 88 euro."),
    ]


def test_a_damaged_message_costs_no_other(tmp_path: Path) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
    document = mailbox(tmp_path, FIRST + b"From a\n" + nested + b"\n" + SECOND)
    assert ["88 euro" in page.text or "rope" in page.text for page in document.pages] == [True, False, True]
    assert document.warnings[0].startswith("page 2 could not be read: it is damaged")


@pytest.mark.parametrize("raw", [b"Once upon a time.\n", b"From afar it seems small.\nYes.\n"])
def test_a_text_is_no_mailbox(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(DocumentError) as caught:
        mailbox(tmp_path, raw)
    assert caught.value.reason == "is not a mailbox"


def test_a_mailbox_of_a_gibibyte_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "post.mbox"
    with path.open("wb") as file:
        file.write(FIRST)
        file.truncate(1 << 30)
    with pytest.raises(DocumentError, match="is too large: 1,074 MB"):
        read(path)
