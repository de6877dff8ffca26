"""The clock: the date and time in a place, and what a time in one place is in another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from tools.declared import declare
from tools.zones import UnknownZone, find_zone, local_zone

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p", "%H.%M")
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d %Y", "%B %d, %Y")


def _now() -> datetime:
    """Return the moment, in the machine's own time zone with its rules where these are known."""
    return datetime.now(local_zone())


def clock_tool(now: Callable[[], datetime] = _now) -> BaseTool:
    """Return the clock as a tool.

    Args:
        now: Tells the moment, with the local time zone.
    """
    from langchain_core.tools import StructuredTool, ToolException

    def clock(place: str = "", time: str = "", to_place: str = "") -> str:
        """Tell the current date and time, or convert a time from one place to another.

        Args:
            place: A city, country or IANA zone, such as "Lima". Leave empty for the user's own.
            time: Only to convert: a time in that place, such as "15:00" or "2026-03-01 15:00".
            to_place: Only to convert: the place whose time is wanted.
        """
        try:
            if time or to_place:
                return convert(time, place, to_place, now())
            return tell(place, now())
        except (UnknownZone, UnreadableTime) as error:
            raise ToolException(str(error)) from error

    async def at_once(place: str = "", time: str = "", to_place: str = "") -> str:
        return clock(place, time, to_place)  # too quick to be worth a thread

    tool = StructuredTool.from_function(clock, at_once, parse_docstring=True)
    examples = ("What time is it in Lima?", "What day is today?", "When is 3 pm Rome in Tokyo?")
    return declare(tool, risk="reads", output="trusted", examples=examples, core=True)


class UnreadableTime(ValueError):
    """Say that a time cannot be read or does not exist, and how to write one."""


def tell(place: str, now: datetime) -> str:
    """Say the date and time in a place; in no place, where the user is.

    Raises:
        UnknownZone: The place is unknown.
    """
    name, zone = _zone(place, now)
    return f"{_described(now.astimezone(zone), name)}."


def convert(time: str, place: str, to_place: str, now: datetime) -> str:
    """Say what a time in one place is in another.

    Args:
        time: The time, with a date or without; empty for now.
        place: Where the time is meant; empty for where the user is.
        to_place: Where it is wanted; empty for where the user is.
        now: The moment; a time without a date is on this day in the first place.

    Raises:
        UnknownZone: A place is unknown.
        UnreadableTime: The time cannot be read, or the clocks skip it.
    """
    name, zone = _zone(place, now)
    to_name, to_zone = _zone(to_place, now)
    here = now.astimezone(zone) if _means_now(time) else _read(time, now.astimezone(zone))
    if not _exists(here):
        raise UnreadableTime(
            f"{here:%H:%M} on {here:%Y-%m-%d} does not exist in {name}: the clocks were put "
            "forward over it. Ask for another time."
        )
    there = here.astimezone(to_zone)
    return f"{_described(here, name)} is {_described(there, to_name)}."


def _means_now(time: str) -> bool:
    return time.strip().lower() in ("", "now")


def _zone(place: str, now: datetime) -> tuple[str, tzinfo]:
    if place.strip().lower() in ("", "local", "here", "local time") and now.tzinfo is not None:
        return getattr(now.tzinfo, "key", "local time"), now.tzinfo
    return find_zone(place, now)


def _read(text: str, today: datetime) -> datetime:
    """Read a time, with a date or without, in the zone of `today`.

    Raises:
        UnreadableTime: It cannot be read.
    """
    tidy = " ".join(text.replace("T", " ").upper().replace("NOON", "12:00").split())
    date, _, time = tidy.rpartition(" ")
    if time in ("AM", "PM"):
        date, _, hour = date.rpartition(" ")
        time = f"{hour} {time}"
    clock = _parse(time, _TIMES)
    day = _parse(date, _DATES) if date else today
    if clock is None or day is None:
        raise UnreadableTime(
            f"{text[:40]!r} is no time that can be read. Write 15:00, 3:00 PM or 2026-03-01 15:00."
        )
    return datetime(day.year, day.month, day.day, clock.hour, clock.minute, tzinfo=today.tzinfo)


def _parse(text: str, formats: tuple[str, ...]) -> datetime | None:
    for form in formats:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None


def _exists(moment: datetime) -> bool:
    """Say whether the clocks ever show this time: they do not where they are put forward."""
    again = moment.astimezone(UTC).astimezone(moment.tzinfo)
    return again.replace(tzinfo=None) == moment.replace(tzinfo=None)


def _described(moment: datetime, name: str) -> str:
    """Describe a moment: `Sunday, 2026-11-22 15:04 in America/Lima (UTC-05:00)`."""
    offset = moment.utcoffset() or timedelta()
    sign, minutes = ("-" if offset < timedelta() else "+"), abs(int(offset.total_seconds())) // 60
    where = name if name == "local time" else f"in {name}"
    return f"{moment:%A, %Y-%m-%d %H:%M} {where} (UTC{sign}{minutes // 60:02}:{minutes % 60:02})"
