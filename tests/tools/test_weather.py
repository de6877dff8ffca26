"""The weather: a place found, the right units, and plain words where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.doubles.weather import WeatherService
from tools.declared import declared
from tools.invoke import Result, invoke
from tools.net import Net
from tools.output import sources_of
from tools.settings import NetSettings, ToolSettings, WeatherSettings
from tools.weather import CODES, weather_tool


@pytest.fixture
async def service() -> AsyncIterator[WeatherService]:
    made = WeatherService(0)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    await made.close()
    server.close()
    await server.wait_closed()


async def ask(service: WeatherService, place: str, **arguments: Any) -> Result:
    own = {"url": service.url, "geocoding_url": service.url, **arguments.pop("settings", {})}
    net = NetSettings(allow_hosts=(f"127.0.0.1:{service.port}",), timeout=5.0)
    settings = ToolSettings(net=net, weather=WeatherSettings(**own))
    tool = weather_tool(settings, Net(net))
    return await invoke(tool, {"place": place, **arguments}, "c", seconds=10)


async def test_the_weather_is_told_for_now_and_the_days(service: WeatherService) -> None:
    result = await ask(service, "Lima", days=3)
    assert result.output == (
        "Weather in Lima, Lima Province, Peru\n"
        "Now (15:00 there): partly cloudy, 19 °C, feels like 18.5 °C, humidity 73%, "
        "wind 14.4 km/h from SW\n"
        "Today, Sunday 2026-11-22: overcast, 15.25 to 19.5 °C, 0 mm rain or snow (5% likely), "
        "wind up to 18 km/h\n"
        "Monday 2026-11-23: light rain, 16 to 21 °C, 3.4 mm rain or snow (80% likely), "
        "wind up to 25.5 km/h\n"
        "Tuesday 2026-11-24: thunderstorm, 12 to 17 °C, 20 mm rain or snow, wind up to 60 km/h\n"
        "(Other places of that name: Lima, Ohio, United States.)"
    )
    (source,) = sources_of(result.artifact)
    assert source.title == "Weather in Lima, Lima Province, Peru (Open-Meteo)"
    assert source.url.startswith(f"{service.url}/v1/forecast?latitude=-12.0432&longitude=-77.0282")
    assert len(service.asked) == 2


async def test_units_come_from_the_call_or_the_settings(service: WeatherService) -> None:
    assert "66.2 °F, feels like 65.3 °F" in (await ask(service, "Lima", units="us")).output
    us = {"units": "us"}
    assert "wind 9 mph" in (await ask(service, "Lima", settings=us)).output
    assert "19 °C" in (await ask(service, "Lima", settings=us, units="metric")).output
    assert service.asked[1]["precipitation_unit"] == "inch"
    assert "wind_speed_unit" not in service.asked[5]


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("lima, ohio", "Lima, Ohio, United States"),
        ("Paris", "Paris, Île-de-France, France"),
        ("Paris, Texas, USA", "Paris, Texas, United States"),
        ("Paris, US", "Paris, Texas, United States"),
        ("Springfield ,  Illinois", "Springfield, Illinois, United States"),
    ],
)
async def test_a_region_or_country_tells_places_apart(
    service: WeatherService, place: str, found: str
) -> None:
    assert (await ask(service, place)).output.startswith(f"Weather in {found}\n")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (
            "Springfield",
            "There are several places named Springfield: Springfield, Missouri, United States; "
            "Springfield, Massachusetts, United States; Springfield, Illinois, United States. "
            "Call weather again with place 'Springfield, Missouri, United States' or another",
        ),
        ("Nowhereville", "several places named Nowhereville: Nowhereville; Nowhereville, Chad"),
        ("Xyzzy", "`place` was 'Xyzzy', and no place of that name is known. Check the spelling"),
        ("Lima, Texas", "which is not known; known are: Lima, Lima Province, Peru; Lima, Ohio"),
        ("", "`place` is empty"),
        (" ,Peru", "`place` is empty"),
        ("x" * 101, "`place` is too long"),
    ],
)
async def test_a_place_that_is_not_clear_is_asked_for(
    service: WeatherService, place: str, message: str
) -> None:
    assert message in (await ask(service, place)).error


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/search", "<html>busy</html>", 200),
        ("/v1/search", "[]", 200),
        ("/v1/search", '{"results": 5}', 200),
        ("/v1/search", '{"results": [{"name": "Lima"}]}', 200),
        ("/v1/forecast", "{}", 200),
        ("/v1/forecast", '{"current": {"time": "x", "temperature_2m": "hot"}}', 200),
        ("/v1/search", "gone", 503),
        ("/v1/forecast", '{"error": true, "reason": "x"}', 429),
    ],
)
async def test_a_service_that_fails_is_named_plainly(
    service: WeatherService, path: str, body: str, status: int
) -> None:
    service.page(path, body, "application/json", status=status)
    result = await ask(service, "Lima")
    assert result.error.endswith("Answer without it, or say that it could not be looked up.")
    assert "failed" not in result.error
    assert result.passing == (status >= 429)


async def test_lists_that_are_too_short_are_no_forecast(service: WeatherService) -> None:
    short = {"time": ["2026-11-22"], **{key: [] for key in (
        "weather_code", "temperature_2m_max", "temperature_2m_min", "precipitation_sum",
        "precipitation_probability_max", "wind_speed_10m_max")}}  # fmt: skip
    import json

    answer = {"current": {"time": "x", "temperature_2m": 1}, "daily": short}
    service.page("/v1/forecast", json.dumps(answer), "application/json")
    assert "gave no answer" in (await ask(service, "Lima")).error


@pytest.mark.parametrize("days", [0, 8, -1, "many"])
async def test_days_are_bounded(service: WeatherService, days: Any) -> None:
    assert "`days` was" in (await ask(service, "Lima", days=days)).error
    assert service.asked == []


def test_codes_and_policy() -> None:
    assert len(CODES) == 28
    policy = declared(weather_tool(ToolSettings(), Net(NetSettings())))
    assert (policy.risk, policy.cache_seconds, policy.idempotent) == ("reads", 600, True)
