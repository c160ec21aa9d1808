from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import Document, DocumentError, Readers, read

if TYPE_CHECKING:
    from pathlib import Path


def written(path: Path, name: str, content: str | bytes) -> Document:
    file = path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(file)


SETTINGS = """{
  "lamp": {"dimmer": {"minutes": 20, "days": ["Mon", "Fri"], "off": {}}, "price": 1.50},
  "owner": null,
  "text": "A \\u00fc and a \\"quote\\"."
}"""


def test_a_value_of_json_stands_behind_its_path_as_it_is_written(tmp_path: Path) -> None:
    document = written(tmp_path, "lamp.json", SETTINGS)
    assert document.text.split("\n") == [
        "lamp > dimmer > minutes: 20",
        "lamp > dimmer > days: Mon, Fri",
        "lamp > dimmer > off: {}",
        "lamp > price: 1.50",
        "owner: null",
        'text: A ü and a "quote".',
    ]
    start = document.text.index("owner")
    assert document.label_at(start, start + 5) == "line 3"
    assert (document.title, document.remarks) == ("lamp.json", ())


def test_records_are_a_table_with_the_lines_of_the_file(tmp_path: Path) -> None:
    document = written(
        tmp_path,
        "boats.json",
        '{"boats": [\n{"name": "Alk", "berth": {"no": 4}, "fee": 12},\n{"name": "Tern", "fee": 15.0}\n], "year": 2024}',
    )
    assert document.text == "boats\nname\tberth > no\tfee\nAlk\t4\t12\nTern\t\t15.0\n\nyear: 2024"
    [table] = document.tables
    assert (table.caption, [cell.text for cell in table.cells if cell.header]) == (
        "boats",
        ["name", "berth > no", "fee"],
    )
    start = document.text.index("Tern")
    assert document.label_at(start, start + 4) == "line 3"


def test_lists_that_are_no_records_are_lines_with_numbers(tmp_path: Path) -> None:
    document = written(tmp_path, "a.json", '[[1, 2], {"a": [{"b": 1}]}, "x", [], true]')
    assert document.text == "1: 1, 2\n2 > a > 1 > b: 1\n3: x\n4: []\n5: true"
    assert written(tmp_path, "b.json", " 7 ").text == "7"


def test_each_line_of_jsonl_is_a_record_and_a_broken_one_is_kept_and_named(tmp_path: Path) -> None:
    lines = ['{"day": "Mon", "litres": 3}', '{"day": "Tue", "litres": 4}', "{oops", "", '{"day": "Wed"}']
    document = written(tmp_path, "a.jsonl", "\n".join(lines))
    assert document.text == "day\tlitres\nMon\t3\nTue\t4\n\n{oops\n4 > day: Wed"
    assert document.warnings == ("read as it stands: no JSON on line 3",)
    assert document.label_at(document.text.index("Wed"), len(document.text)) == "line 5"


@pytest.mark.parametrize(
    "content", ['{"a": 1, // why\n "b": 2,}', '{"a": 1', "{'a': 1}", "[1] 2", '{"a" 1}', "[1,]", "no"]
)
def test_what_is_no_json_is_kept_as_it_stands_and_that_is_said(tmp_path: Path, content: str) -> None:
    document = written(tmp_path, "a.json", content)
    assert document.text == content
    assert [remark.code for remark in document.remarks] == ["as_it_stands"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 1]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_whatever_python_writes_as_json_is_read_as_such(tmp_path: Path, value: object, indent: int | None) -> None:
    document = written(tmp_path, "any.json", json.dumps(value, indent=indent))
    assert document.remarks == ()


def test_a_long_path_is_written_once(tmp_path: Path) -> None:
    long = "k" * 300
    document = written(tmp_path, "a.json", json.dumps({long: {"a": 1, "b": 2}, "c": 3}))
    assert document.text == f"{long}\n\na: 1\nb: 2\nc: 3"


def test_values_too_deep_within_each_other_are_refused(tmp_path: Path) -> None:
    for content in ("[" * 1_000_000 + "]" * 1_000_000, '{"a":' * 1_000_000):
        with pytest.raises(DocumentError) as caught:
            written(tmp_path, "a.json", content)
        assert caught.value.reason == "has values more than 200 deep within each other"


@pytest.mark.slow
def test_large_files_are_read_within_the_limits(tmp_path: Path) -> None:
    records = ",\n".join(f'{{"id": {n}, "name": "boat {n}", "fee": {n % 90}.50}}' for n in range(40_000))
    (tmp_path / "a.json").write_text(f'{{"boats": [{records}]}}')
    with Readers(1) as readers:
        document = readers.read(tmp_path / "a.json")
    assert "39999\tboat 39999\t39.50" in document.text


ORDERS = """<?xml version="1.0"?>
<orders xmlns="urn:orders" xmlns:x="urn:x" x:checked="no"><!-- not text -->
 <shop id="7">Corner <b>Lane</b>, Leith</shop>
 <order no="12"><item>Rake</item><price currency="EUR">14.50</price></order>
 <order no="13"><item>Hoe</item><price currency="EUR">9.20</price></order>
 <note><![CDATA[Paid in cash & on time]]></note>
</orders>"""


def test_elements_of_xml_stand_behind_their_names_and_those_alike_are_a_table(tmp_path: Path) -> None:
    document = written(tmp_path, "orders.xml", ORDERS)
    assert document.text == (
        "orders\nshop > id: 7\nshop: Corner Lane, Leith\n\n"
        "order\nno\titem\tprice > currency\tprice\n12\tRake\tEUR\t14.50\n13\tHoe\tEUR\t9.20\n\n"
        "note: Paid in cash & on time"
    )
    assert document.label_at(document.text.index("13"), document.text.index("13") + 2) == "line 5"


@pytest.mark.parametrize("encoding", ["windows-1251", "koi8-r", "utf-8", "utf-16"])
def test_xml_is_read_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><дом><цена>4500 рублей</цена></дом>'
    assert written(tmp_path, "a.xml", text.encode(encoding)).text == "дом\nцена: 4500 рублей"


@pytest.mark.parametrize(
    ("content", "because"),
    [
        ("<a><b>open</a>", "it is not XML: "),
        ('<!DOCTYPE a [<!ENTITY b "&c;&c;"><!ENTITY c "lol">]><a>&b;</a>', "it declares XML entities"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "it declares XML entities"),
        ("<a>" * 5_000 + "</a>" * 5_000, "it is not XML: "),
    ],
)
def test_xml_that_is_damaged_or_hostile_is_kept_as_it_stands(tmp_path: Path, content: str, because: str) -> None:
    document = written(tmp_path, "a.xml", content)
    assert document.text == content
    assert document.warnings[0].startswith(f"read as it stands: {because}")


def test_a_log_is_its_lines(tmp_path: Path) -> None:
    document = written(tmp_path, "a.log", "07:01 pump on\n07:02 level 3.2\n\n  at step\x1b[0m 4\n")
    assert document.text.rstrip("\n") == "07:01 pump on\n07:02 level 3.2\n\n  at step[0m 4"
    assert document.label_at(document.text.index("at"), document.text.index("at") + 2) == "line 4"


def test_more_lines_than_can_be_cited_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        written(tmp_path, "a.log", "x\n" * 1_000_001)
    assert caught.value.reason == "has 1,000,001 lines or headings; at most 1,000,000 are read"


@pytest.mark.slow
def test_a_log_of_many_lines_comes_back_from_the_process_that_reads(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("pump on\n" * 600_000)
    with Readers(1) as readers:
        document = readers.read(tmp_path / "a.log")
    assert document.label_at(len(document.text) - 3, len(document.text) - 2) == "line 600000"


SRT = """1
00:00:01,000 --> 00:00:04,000
<i>The ferry leaves
at nine.</i>

2
00:01:05,500 --> 00:01:07,000
{\\an8}Not on Sundays."""
VTT = "WEBVTT\n\nNOTE made by hand\n\n00:01.000 --> 00:04.000 align:start\n<v Ines>The ferry leaves at nine.\n"


def test_captions_are_cited_by_their_time(tmp_path: Path) -> None:
    document = written(tmp_path, "a.srt", SRT)
    assert document.text == "The ferry leaves at nine.\nNot on Sundays."
    assert document.label_at(30, 35) == "00:01:05"
    assert written(tmp_path, "a.vtt", VTT).text == "The ferry leaves at nine."
    assert written(tmp_path, "b.srt", "No times here.").warnings == (
        "read as it stands: it has no captions with times",
    )


def test_a_calendar_has_a_heading_for_each_event(tmp_path: Path) -> None:
    document = written(
        tmp_path,
        "a.ics",
        "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Choir\r\nBEGIN:VEVENT\r\nSUMMARY:Rehearsal\r\nLOCATION:Old\r\n  mill\r\n"
        "DTSTART;TZID=Europe/Oslo:20240305T190000\r\nDTEND;TZID=Europe/Oslo:20240305T210000\r\n"
        "RRULE:FREQ=WEEKLY;BYDAY=TU\r\nATTENDEE;CN=Ines:mailto:ines@example.org\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    )
    assert document.title == "Choir"
    assert document.text == (
        "Rehearsal\nWhen: 2024-03-05 19:00 to 21:00 (Europe/Oslo)\nWhere: Old mill\n"
        "Attendees: Ines <ines@example.org>\nRepeats: FREQ=WEEKLY;BYDAY=TU"
    )
    with pytest.raises(DocumentError, match="is not a calendar"):
        written(tmp_path, "b.ics", "Rehearsal on Tuesday")
