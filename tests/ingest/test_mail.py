from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, read

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Subject: Lease\nFrom: Ada <ada@x.org>\nTo: Bob <bob@x.org>\nDate: 2024-03-01 09:30+01:00"


def message() -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Lease", "Ada <ada@x.org>", "Bob <bob@x.org>"
    mail["Date"] = "Fri, 1 Mar 2024 09:30:00 +0100"
    return mail


def mail(tmp_path: Path, content: EmailMessage | bytes) -> Document:
    path = tmp_path / "letter.eml"
    path.write_bytes(content if isinstance(content, bytes) else bytes(content))
    return read(path)


def test_a_message_begins_with_its_fields(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("Dear Bob,\n\nthe lease ends in May.\n\nAda\n")
    document = mail(tmp_path, letter)
    assert document.title == "Lease"
    assert document.text == f"{HEAD}\n\nDear Bob,\n\nthe lease ends in May.\n\nAda"
    assert [(page.number, page.label) for page in document.pages] == [(1, "1")]


def test_plain_text_is_preferred_and_attachments_are_named_not_opened(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("Plain words.")
    letter.add_alternative("<p>Rich <b>words</b>.</p>", subtype="html")
    letter.add_attachment(b"secret", maintype="application", subtype="pdf", filename="Mietvertrag für Köln.pdf")
    letter.add_attachment("secret", filename="notes.txt")
    forwarded = message()
    forwarded.set_content("secret")
    letter.add_attachment(forwarded)
    assert mail(tmp_path, letter).text == (
        f"{HEAD}\n\nPlain words.\n\nAttachment: Mietvertrag für Köln.pdf\nAttachment: notes.txt\nAttachment: Lease"
    )


def test_html_is_read_where_there_is_nothing_else(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("<table><tr><td>a<td>b<tr><td>1<td>2</table><script>no</script><p>Grüße", subtype="html")
    assert mail(tmp_path, letter).text == f"{HEAD}\n\na\tb\n1\t2\n\nGrüße"
    letter = message()
    letter.set_content(" ")
    letter.add_alternative("<p>Rich", subtype="html")
    assert mail(tmp_path, letter).text == f"{HEAD}\n\nRich"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Subject: =?utf-8?B?R3LDvMOfZQ==?= =?iso-8859-1?Q?_an_K=F6ln?=\n\nx", "Subject: Grüße an Köln\n\nx"),
        (b"Subject: =?made-up?Q?a?=\n folded\n\nx", "Subject: a folded\n\nx"),
        ("Subject: Grüße\n\nGrüße".encode(), "Subject: Grüße\n\nGrüße"),
        (b"Subject: a\nContent-Type: text/plain; charset=koi8-r\n\n\xf0\xf2\xe9", "Subject: a\n\nПРИ"),
        (b"Subject: a\nContent-Type: text/plain; charset=none\n\nf\xfcr", "Subject: a\n\nfür"),
        (b"Subject: a\nContent-Transfer-Encoding: base64\n\n!!!", "Subject: a"),
        (b"Subject: a\nDate: never\nContent-Type: multipart/mixed\n\nbody", "Subject: a\nDate: never"),
        (b"From: a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo", "From: a\n\none\n\ntwo"),
    ],
)
def test_odd_messages_are_read_as_far_as_they_go(tmp_path: Path, raw: bytes, expected: str) -> None:
    assert mail(tmp_path, raw).text == expected


def test_a_file_without_the_fields_is_no_message(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        mail(tmp_path, b"Once upon a time\nthere was a text.\n")
    assert caught.value.reason == "is not an e-mail message"


@pytest.mark.slow
@pytest.mark.timeout(30)
def test_hostile_messages_are_read_or_refused_in_time(tmp_path: Path) -> None:
    nested = b"".join(
        b"Subject: a\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000)
    )
    with pytest.raises(DocumentError, match="is damaged and cannot be read"):
        mail(tmp_path, nested)
    assert len(mail(tmp_path, b"Subject: " + b"=?utf-8?Q?a?= " * 50_000 + b"\n\nx").title) == 50_000
    assert mail(tmp_path, b"Subject: a\nTo: " + b"<" * 1_000_000 + b"\n\nx").title == "a"
