"""The clock: zones by the names that people use, times that exist, honest errors."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.doubles.calls import run
from tools.clock import clock_tool
from tools.settings import ToolSettings
from tools.zones import local_zone

NOW = datetime(2026, 11, 22, 15, 4, tzinfo=ZoneInfo("Europe/Berlin"))


async def ask(**arguments: str) -> str:
    outcome = await run(clock_tool(lambda: NOW), arguments, "1", ToolSettings())
    assert bool(outcome.output) != bool(outcome.error)
    return outcome.output or outcome.error


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("", "Sunday, 2026-11-22 15:04 in Europe/Berlin (UTC+01:00)."),
        ("Lima", "Sunday, 2026-11-22 09:04 in America/Lima (UTC-05:00)."),
        ("lima, Peru", "09:04 in America/Lima"),
        ("Cusco", "09:04 in America/Lima"),
        ("New York", "09:04 in America/New_York (UTC-05:00)."),
        ("New York, USA", "in America/New_York"),
        ("Washington, DC", "in America/New_York"),
        ("america/new_york", "in America/New_York"),
        ("San Francisco", "06:04 in America/Los_Angeles"),
        ("São Paulo", "in America/Sao_Paulo"),
        ("Zürich", "in Europe/Zurich"),
        ("Japan", "Sunday, 2026-11-22 23:04 in Japan (UTC+09:00)."),
        ("Germany", "15:04 in Europe/Berlin"),
        ("the Netherlands", "in Europe/Amsterdam"),
        ("Sydney", "Monday, 2026-11-23 01:04 in Australia/Sydney (UTC+11:00)."),
        ("Mumbai, India", "19:34 in Asia/Kolkata (UTC+05:30)."),
        ("UTC", "14:04 in UTC (UTC+00:00)."),
        ("UTC+2", "16:04 in UTC+02:00"),
        ("GMT-5:30", "08:34 in UTC-05:30"),
        ("PST", "in America/Los_Angeles"),
    ],
)
async def test_tells_the_time_where_people_are(place: str, shown: str) -> None:
    assert shown in await ask(place=place)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("Limma", "Close names: America/Lima"),
        ("Atlantis", "No time zone is known for 'Atlantis'"),
        ("London, Ontario", "London is known as Europe/London, but not in Ontario"),
        ("USA", "several times. Name a city, or one of: America/New_York, America/Chicago"),
        ("Brazil", "America/Noronha, America/Belem"),
        ("UTC+99", "No time zone is known"),
        ("../../etc/passwd", "No time zone is known"),
    ],
)
async def test_an_unknown_place_is_answered_with_close_ones(place: str, message: str) -> None:
    assert message in await ask(place=place)


@pytest.mark.parametrize(
    ("time", "place", "to_place", "shown"),
    [
        (
            "15:00",
            "Tokyo",
            "Lima",
            "Sunday, 2026-11-22 15:00 in Asia/Tokyo (UTC+09:00) is Sunday, 2026-11-22 01:00 in "
            "America/Lima (UTC-05:00).",
        ),
        ("3 PM", "New York", "", "is Sunday, 2026-11-22 21:00 in Europe/Berlin"),
        ("3:30pm", "Lima", "UTC", "is Sunday, 2026-11-22 20:30 in UTC"),
        ("noon", "Lima", "Tokyo", "is Monday, 2026-11-23 02:00 in Asia/Tokyo"),
        ("", "Tokyo", "Lima", "23:04 in Asia/Tokyo (UTC+09:00) is Sunday, 2026-11-22 09:04"),
        ("2026-07-04T15:00", "Berlin", "UTC", "15:00 in Europe/Berlin (UTC+02:00) is Saturday"),
        ("July 4, 2026 3pm", "Lima", "UTC", "2026-07-04 20:00 in UTC"),
        ("25:00", "Berlin", "UTC", "'25:00' is no time that can be read. Write 15:00"),
        ("half past three", "Berlin", "UTC", "no time that can be read"),
        ("2026-02-30 10:00", "Berlin", "UTC", "no time that can be read"),
        ("2026-03-29 02:30", "Berlin", "UTC", "does not exist in Europe/Berlin"),
        ("10:00", "Berlin", "Nowhere", "No time zone is known for 'Nowhere'"),
    ],
)
async def test_converts_between_places(time: str, place: str, to_place: str, shown: str) -> None:
    assert shown in await ask(time=time, place=place, to_place=to_place)


async def test_the_machines_zone_is_known_with_its_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", ":America/Lima")
    assert str(local_zone()) == "America/Lima"
    outcome = await run(clock_tool(), {"place": "here"}, "1", ToolSettings())
    assert outcome.output.endswith("in America/Lima (UTC-05:00).")
    monkeypatch.setenv("TZ", "nonsense")
    assert local_zone() is not None
