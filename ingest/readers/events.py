"""Events of a calendar (iCalendar, RFC 5545): what, when, where, who."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.compose import Composer

_KINDS = frozenset(("VEVENT", "VTODO", "VJOURNAL"))
_LINE = re.compile(r'([\w-]+)((?:;[\w-]+=(?:"[^"]*"|[^";:]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)', re.DOTALL)
_PARAMETER = re.compile(r';([\w-]+)=("[^"]*"|[^";:]*)')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_LENGTH = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_LABELS = {
    "LOCATION": "Where",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendees",
    "STATUS": "Status",
    "RRULE": "Repeats",
    "RDATE": "Also on",
    "EXDATE": "Not on",
    "CATEGORIES": "Categories",
    "URL": "Address",
}
_MOST_EVENTS = 20_000


@dataclass(slots=True)
class _Property:
    """One line of a calendar."""

    parameters: dict[str, str]
    value: str


@dataclass(slots=True)
class _Event:
    """What is said of one event, by the names of the format."""

    said: dict[str, list[_Property]] = field(default_factory=dict)

    def first(self, name: str) -> _Property:
        """Return the first property of a name, or an empty one."""
        return self.said.get(name, [_Property({}, "")])[0]


def write_events(text: str, composer: Composer) -> int:
    """Write the events of a calendar, each under its summary, and return how many there are."""
    count = 0
    for event in _events(text):
        count += 1
        composer.heading(_plain(event.first("SUMMARY").value) or "Event")
        composer.item(_labelled("When", _when(event)))
        for name, label in _LABELS.items():
            composer.item(_labelled(label, ", ".join(_shown(name, one) for one in event.said.get(name, ()))))
        for name in ("DESCRIPTION", "COMMENT"):
            for one in event.said.get(name, ()):
                composer.paragraph(_plain(one.value))
    return count


def _events(text: str) -> Iterator[_Event]:
    """Yield the events of a calendar; what lies within them, such as alarms, is left out."""
    event, inside, count = None, 0, 0
    for line in _unfolded(text):
        found = _LINE.fullmatch(line)
        if not found:
            continue
        name, value = found[1].upper(), found[3].strip()
        if name == "BEGIN" and event is None:
            event = _Event() if value.upper() in _KINDS else None
        elif event is not None and name in ("BEGIN", "END"):
            inside += 1 if name == "BEGIN" else -1
            if inside < 0:
                yield event
                event, inside, count = None, 0, count + 1
                if count == _MOST_EVENTS:
                    return
        elif event is not None and not inside and value:
            parameters = {key.upper(): said.strip('"') for key, said in _PARAMETER.findall(found[2])}
            event.said.setdefault(name, []).append(_Property(parameters, value))
    if event is not None:  # a file that is cut off
        yield event


def _unfolded(text: str) -> list[str]:
    """Return the lines of a calendar: one that begins with a space goes on with the one before."""
    return re.sub(r"\r?\n[ \t]", "", text).splitlines()


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _labelled(label: str, value: str) -> str:
    return f"{label}: {value}" if value else ""


def _shown(name: str, said: _Property) -> str:
    """Return a property as a reader sees it; people come with their name and address."""
    value = _plain(said.value)
    if name == "STATUS":
        return value.lower()
    if name in ("RDATE", "EXDATE"):
        return ", ".join(_day_and_time(_Property(said.parameters, one)) for one in said.value.split(","))
    address = re.sub("^mailto:", "", value, flags=re.IGNORECASE)
    called = said.parameters.get("CN", "")
    return f"{called} <{address}>" if called and called != address else address


def _when(event: _Event) -> str:
    """Return when an event begins and ends; a day that the format gives as the end is not part of it."""
    start, end = event.first("DTSTART"), event.first("DTEND")
    begin = _moment(start.value)
    until = _moment(end.value) or _later(begin, event.first("DURATION").value)
    due = event.first("DUE")
    if begin is None:
        return f"due {_day_and_time(due)}" if due.value else _plain(start.value)
    if until is not None and not isinstance(until, datetime):
        until -= timedelta(days=1)
    zone = _zone(start)
    first, last = _written(begin), _written(until) if until is not None and until > begin else ""
    if isinstance(begin, datetime) and isinstance(until, datetime) and begin.date() == until.date():
        last = last and f"{until:%H:%M}"
    other = _zone(end) if end.value and _zone(end) != zone else ""
    return f"{first}{other and zone}{f' to {last}' if last else ''}{other or zone}"


def _moment(value: str) -> datetime | date | None:
    """Return the day, or the day and time, that the format writes; None where it is neither."""
    plain = value.strip().rstrip("Z")
    try:
        return datetime.strptime(plain, "%Y%m%dT%H%M%S") if "T" in plain else datetime.strptime(plain, "%Y%m%d").date()
    except ValueError:
        return None


def _later(begin: datetime | date | None, length: str) -> datetime | date | None:
    found = _LENGTH.fullmatch(length.strip())
    if begin is None or not found or not any(found.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return begin + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def _day_and_time(said: _Property) -> str:
    moment = _moment(said.value)
    return _plain(said.value) if moment is None else f"{_written(moment)}{_zone(said)}"


def _written(moment: datetime | date) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if isinstance(moment, datetime) else moment.isoformat()


def _zone(said: _Property) -> str:
    if said.value.endswith("Z"):
        return " (UTC)"
    name = said.parameters.get("TZID", "")
    return f" ({name})" if name else ""
