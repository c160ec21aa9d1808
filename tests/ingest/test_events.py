from __future__ import annotations

import pytest

from ingest.compose import Composer
from ingest.readers.events import write_events


def event(*lines: str) -> str:
    composer = Composer("")
    write_events("\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]), composer)
    return composer.document("").text


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("DTSTART;VALUE=DATE:20240506", "DTEND;VALUE=DATE:20240507"), "When: 2024-05-06"),
        (("DTSTART;VALUE=DATE:20240506", "DTEND;VALUE=DATE:20240509"), "When: 2024-05-06 to 2024-05-08"),
        (("DTSTART:20240506T220000Z", "DURATION:PT3H30M"), "When: 2024-05-06 22:00 to 2024-05-07 01:30 (UTC)"),
        (("DTSTART:20240506T220000Z", "DURATION:PT45M"), "When: 2024-05-06 22:00 to 22:45 (UTC)"),
        (("DTSTART:20240506T220000",), "When: 2024-05-06 22:00"),
        (("DTSTART:soon",), "When: soon"),
        (
            ("DTSTART:20240506T220000", "RRULE:FREQ=WEEKLY;COUNT=4"),
            "When: 2024-05-06 22:00\nRepeats: FREQ=WEEKLY;COUNT=4",
        ),
        (("DUE:20240506T220000",), "When: due 2024-05-06 22:00"),
        (
            ("DTSTART:20240506T220000", "EXDATE:20240513T220000,20240520T220000"),
            "When: 2024-05-06 22:00\nNot on: 2024-05-13 22:00, 2024-05-20 22:00",
        ),
    ],
)
def test_times_are_written_as_people_read_them(lines: tuple[str, ...], expected: str) -> None:
    assert event("SUMMARY:Fair", *lines) == f"Fair\n{expected}"


def test_an_event_that_is_cut_off_is_written() -> None:
    composer = Composer("")
    assert write_events("BEGIN:VEVENT\nSUMMARY:Fair\nDTSTART:20240506\n", composer) == 1
    assert composer.document("").text == "Fair\nWhen: 2024-05-06"
