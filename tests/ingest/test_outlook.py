from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from compound_files import compound, properties

from ingest import Document, DocumentError, read
from ingest.readers.packed_rtf import unpacked_rtf

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PROPERTIES = "__properties_version1.0"
ATTACHED = "__attach_version1.0_#00000000/"
INNER = f"{ATTACHED}__substg1.0_3701000D/"


def wide(**texts: str) -> dict[str, bytes]:
    return {f"__substg1.0_{name[1:]}001F": text.encode("utf-16-le") for name, text in texts.items()}


def moment(*parts: int) -> bytes:
    begun = datetime(1601, 1, 1, tzinfo=UTC)
    return struct.pack("<Q", int((datetime(*parts, tzinfo=UTC) - begun).total_seconds()) * 10**7)  # type: ignore[misc]


def message(**changes: bytes) -> dict[str, bytes]:
    return {
        PROPERTIES: properties(32, p00390040=moment(2024, 5, 6, 7, 30)),
        **wide(t0037="Köln: the boat", t0C1A="Ada", t5D01="ada@x.org", t1000="Dear Bob,\r\nthe boat leaves at six."),
        "__recip_version1.0_#00000000/" + PROPERTIES: properties(8, p0C150003=struct.pack("<Q", 1)),
        **{f"__recip_version1.0_#00000000/{name}": raw for name, raw in wide(t3001="Bob", t39FE="bob@x.org").items()},
        **changes,
    }


def outlook(tmp_path: Path, streams: Mapping[str, bytes]) -> Document:
    path = tmp_path / "letter.msg"
    path.write_bytes(compound(streams))
    return read(path)


HEAD = "Subject: Köln: the boat\nFrom: Ada <ada@x.org>\nTo: Bob <bob@x.org>\nDate: 2024-05-06 07:30+00:00"


def test_a_message_reads_like_one_of_another_program(tmp_path: Path) -> None:
    document = outlook(tmp_path, message())
    assert document.title == "Köln: the boat"
    assert document.text == f"{HEAD}\n\nDear Bob, the boat leaves at six."


def test_a_long_text_in_whole_sectors_is_read_to_its_end(tmp_path: Path) -> None:
    text = " ".join(f"word{n}" for n in range(3000))
    assert outlook(tmp_path, message() | wide(t1000=text)).text.split()[-1] == "word2999"


def test_html_is_read_in_its_code_page_where_there_is_no_plain_text(tmp_path: Path) -> None:
    streams = message(**{"__substg1.0_10130102": "<p>Отъезд в <b>шесть</b>".encode("cp1251")})
    del streams["__substg1.0_1000001F"]
    streams[PROPERTIES] = properties(32, p3FDE0003=struct.pack("<Q", 1251))
    assert outlook(tmp_path, streams).text.endswith("Отъезд в шесть")


def test_texts_of_old_programs_are_read_in_their_code_page(tmp_path: Path) -> None:
    streams = {
        PROPERTIES: properties(32, p3FFD0003=struct.pack("<Q", 1253)),
        "__substg1.0_0037001E": "Αθήνα".encode("cp1253"),
        "__substg1.0_1000001E": "Στις έξι.".encode("cp1253"),
    }
    assert outlook(tmp_path, streams).text == "Subject: Αθήνα\n\nΣτις έξι."


def test_attachments_are_documents_and_messages_in_it_are_read(tmp_path: Path) -> None:
    inner = {PROPERTIES: properties(24), **wide(t0037="Fares", t1000="A seat costs 19 euro.")}
    second = "__attach_version1.0_#00000001/"
    streams = message(
        **{ATTACHED + PROPERTIES: properties(8), **{INNER + name: raw for name, raw in inner.items()}},
        **{second + PROPERTIES: properties(8), second + "__substg1.0_37010102": b"pier,berth\nA,7\n"},
        **{second + name: raw for name, raw in wide(t3707="piers of the town.csv").items()},
    )
    document = outlook(tmp_path, streams)
    assert document.text.endswith(
        "\n\nFares\nSubject: Fares\n\nA seat costs 19 euro.\n\nAttachment: piers of the town.csv"
    )
    assert [(member.document.path, member.document.text) for member in document.members] == [
        ("piers of the town.csv", "pier\tberth\nA\t7")
    ]


def test_packed_rich_text_is_unpacked() -> None:
    # The two examples of the format's description: plain runs with references, and one that reads what it writes.
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpacked_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert unpacked_rtf(crossing) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def damaged(at: int, value: int) -> bytes:
    raw = bytearray(compound(message()))
    struct.pack_into("<I", raw, at, value)
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"From: a\n\nb", "is not an Outlook message"),
        (compound({"WordDocument": b"x"}), "is not an Outlook message"),
        (compound(message())[:700], "is damaged: it is cut off"),
        (damaged(48, 0xFFFFFFFE), "is damaged: it has no list of its streams, or one without end"),
        (damaged(30, 0xFFFFFFFF), "is damaged: its sectors have an impossible size"),
    ],
)
def test_damaged_files_are_refused_with_the_reason(tmp_path: Path, raw: bytes, reason: str) -> None:
    path = tmp_path / "a.msg"
    path.write_bytes(raw)
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert caught.value.reason == reason


@pytest.mark.timeout(20)
def test_a_stream_without_end_is_damage(tmp_path: Path) -> None:
    raw = bytearray(compound(message()))
    table = struct.unpack_from("<I", raw, 76)[0]
    directory = struct.unpack_from("<I", raw, 48)[0]
    struct.pack_into("<I", raw, 512 * (table + 1) + 4 * directory, directory)  # it goes on with itself
    path = tmp_path / "a.msg"
    path.write_bytes(raw)
    with pytest.raises(DocumentError, match="is damaged: a stream has no end"):
        read(path)


@pytest.mark.timeout(20)
def test_messages_in_messages_without_end_are_read_to_a_depth(tmp_path: Path) -> None:
    streams = message()
    for depth in range(1, 30):
        place = INNER * depth
        streams |= {
            place + PROPERTIES: properties(24),
            **{place + name: raw for name, raw in wide(t0037=f"m{depth}").items()},
        }
    document = outlook(tmp_path, streams)
    assert "m19" in document.text
    assert "m20" not in document.text
    assert "in more than 20 messages" in document.warnings[0]
