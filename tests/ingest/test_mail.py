from __future__ import annotations

from base64 import b64encode
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from ingest import Document, DocumentError, read

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "Subject: Lease\nFrom: Ada <ada@x.org>\nTo: Bob <bob@x.org>\nDate: 2024-03-01 09:30+01:00"

CALENDAR = """BEGIN:VCALENDAR
METHOD:REQUEST
BEGIN:VEVENT
SUMMARY:Roof\\, part 2
DTSTART;TZID=Europe/Lisbon:20240506T093000
DTEND;TZID=Europe/Lisbon:20240506T110000
LOCATION:Yard\\; gate 3
ORGANIZER;CN=Ada:mailto:ada@x.org
ATTENDEE;CN="Bob";RSVP=TRUE:mailto:bob@x.org
ATTENDEE:mailto:cy@
 x.org
STATUS:CONFIRMED
DESCRIPTION:Bring the plans\\nand gloves.
BEGIN:VALARM
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
"""


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


def test_plain_text_is_preferred_and_attachments_are_named(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("Plain words.")
    letter.add_alternative("<p>Rich <b>words</b>.</p>", subtype="html")
    letter.add_attachment(b"secret", maintype="application", subtype="pdf", filename="Mietvertrag für Köln.pdf")
    letter.add_attachment("secret", filename="notes.txt")
    assert mail(tmp_path, letter).text == (
        f"{HEAD}\n\nPlain words.\n\nAttachment: Mietvertrag für Köln.pdf\nAttachment: notes.txt"
    )


def test_a_forwarded_message_is_read_as_part_of_its_mail_under_its_subject(tmp_path: Path) -> None:
    inner, outer = EmailMessage(), message()
    inner["Subject"], inner["From"] = "Fair", "Cy <cy@x.org>"
    inner.set_content("The fair opens on Sunday at ten.")
    inner.add_attachment("x", filename="stalls.txt")
    outer.set_content("See below.")
    outer.add_attachment(inner)
    document = mail(tmp_path, outer)
    assert document.text == (
        f"{HEAD}\n\nSee below.\n\nFair\nSubject: Fair\nFrom: Cy <cy@x.org>\n\n"
        "The fair opens on Sunday at ten.\n\nAttachment: stalls.txt"
    )
    assert document.label_at(document.text.index("The fair"), document.text.index(" opens")) == "Fair"


def test_a_forwarded_message_that_is_encoded_as_a_whole_is_read(tmp_path: Path) -> None:
    inner = b64encode(b"Subject: Fair\n\nOn Sunday.")
    raw = b"Subject: a\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + inner
    assert mail(tmp_path, raw).text == "Subject: a\n\nFair\nSubject: Fair\n\nOn Sunday."


def test_messages_that_are_forwarded_again_and_again_are_read(tmp_path: Path) -> None:
    raw = b"Subject: a\nContent-Type: message/rfc822\n\n" * 50 + b"Subject: a\n\nthe kernel"
    assert mail(tmp_path, raw).text.endswith("the kernel")


def test_html_is_read_where_plain_text_is_a_stub(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("This mail needs a program that shows HTML.")
    letter.add_alternative("<p>The rent for May is <b>740</b> euro, due on the fifth.", subtype="html")
    assert mail(tmp_path, letter).text == f"{HEAD}\n\nThe rent for May is 740 euro, due on the fifth."


def test_plain_text_is_read_where_html_only_frames_it(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("The rent for May is 740 euro, due on the fifth.")
    letter.add_alternative("<p>Open this mail in your browser", subtype="html")
    assert mail(tmp_path, letter).text == f"{HEAD}\n\nThe rent for May is 740 euro, due on the fifth."


def test_an_invitation_says_what_when_where_and_who(tmp_path: Path) -> None:
    letter = message()
    letter.set_content("You are invited.")
    letter.add_alternative(CALENDAR, subtype="calendar")
    assert mail(tmp_path, letter).text == (
        f"{HEAD}\n\nYou are invited.\n\nRoof, part 2\nWhen: 2024-05-06 09:30 to 11:00 (Europe/Lisbon)\n"
        "Where: Yard; gate 3\nOrganizer: Ada <ada@x.org>\nAttendees: Bob <bob@x.org>, cy@x.org\nStatus: confirmed\n\n"
        "Bring the plans\nand gloves."
    )


def test_a_report_on_a_message_that_came_back_is_read(tmp_path: Path) -> None:
    raw = (
        b"Subject: a\nContent-Type: multipart/report; boundary=b\n\n--b\n\nIt came back.\n--b\n"
        b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; x.org\n\nFinal-Recipient: rfc822; bob@x.org\n"
        b"Status: 5.1.1\n\n--b--\n"
    )
    assert "Status: 5.1.1" in mail(tmp_path, raw).text


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
        (b"Subject: a\nDate: never\nContent-Type: multipart/mixed\n\nbody", "Subject: a\nDate: never\n\nbody"),
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
