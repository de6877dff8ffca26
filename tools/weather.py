"""The weather now and on the coming days, from Open-Meteo, which asks for no key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, Field, ValidationError

from tools.declared import declare
from tools.errors import NetError
from tools.net import Net
from tools.output import SNIPPET_CHARS
from tools.settings import ToolSettings, WeatherSettings
from tools.sources import Source

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Units = Literal["metric", "us"]
PLACE_CHARS = 100
FOUND = 10
# A place with so many times the people of the next one is the one that is meant.
FAR_LARGER = 3
# WMO code table 4677, as far as Open-Meteo uses it.
CODES = {
    0: "clear sky",
    1: "mainly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    48: "fog with rime",
    51: "light drizzle",
    53: "drizzle",
    55: "dense drizzle",
    56: "light freezing drizzle",
    57: "dense freezing drizzle",
    61: "light rain",
    63: "rain",
    65: "heavy rain",
    66: "light freezing rain",
    67: "heavy freezing rain",
    71: "light snowfall",
    73: "snowfall",
    75: "heavy snowfall",
    77: "snow grains",
    80: "light rain showers",
    81: "rain showers",
    82: "violent rain showers",
    85: "light snow showers",
    86: "heavy snow showers",
    95: "thunderstorm",
    96: "thunderstorm with light hail",
    99: "thunderstorm with heavy hail",
}
_CURRENT = (
    "temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m,"
    "wind_direction_10m"
)
_DAILY = (
    "weather_code,temperature_2m_max,temperature_2m_min,precipitation_sum,"
    "precipitation_probability_max,wind_speed_10m_max"
)
_US = {"temperature_unit": "fahrenheit", "wind_speed_unit": "mph", "precipitation_unit": "inch"}
_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
_ELSEWHERE = "Answer without it, or say that it could not be looked up."


class Place(BaseModel):
    """A place as the geocoding API tells of it."""

    name: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    country: str = ""
    country_code: str = ""
    admin1: str = ""
    admin2: str = ""
    population: int = 0

    @property
    def full(self) -> str:
        """Its name with region and country."""
        parts = (self.name, self.admin1, self.country or self.country_code)
        return ", ".join(dict.fromkeys(part for part in parts if part))


class Current(BaseModel):
    """The weather of the moment."""

    time: str
    temperature_2m: float
    apparent_temperature: float | None = None
    relative_humidity_2m: float | None = None
    weather_code: int | None = None
    wind_speed_10m: float | None = None
    wind_direction_10m: float | None = None


class Daily(BaseModel):
    """The weather of the coming days, one entry each in every list."""

    time: list[date]
    weather_code: list[int | None]
    temperature_2m_max: list[float | None]
    temperature_2m_min: list[float | None]
    precipitation_sum: list[float | None]
    precipitation_probability_max: list[float | None]
    wind_speed_10m_max: list[float | None]


class Forecast(BaseModel):
    """What the forecast API answers."""

    current: Current
    daily: Daily
    utc_offset_seconds: int = 0


@dataclass(frozen=True, slots=True)
class _Marks:
    """How temperature, speed and depth of rain are written."""

    degrees: str
    speed: str
    depth: str


_MARKS: dict[Units, _Marks] = {
    "metric": _Marks("°C", "km/h", "mm"),
    "us": _Marks("°F", "mph", "in"),
}


class UnknownPlace(ValueError):
    """Say that a place is not known or not clear, and how to name it."""


class NoForecast(Exception):
    """Say that the service answered with something else than weather."""


def weather_tool(settings: ToolSettings, net: Net) -> BaseTool:
    """Return the weather as a tool.

    Args:
        settings: Where it is asked for, and in which units it is told.
        net: The way out.
    """
    from langchain_core.tools import StructuredTool, ToolException

    async def weather(
        place: str, days: Annotated[int, Field(ge=1, le=7)] = 1, units: Units | None = None
    ) -> tuple[str, list[Source]]:
        """Tell the weather of a place now and on the next days. Use it instead of web_search.

        Not for past weather and not for the climate of a place.

        Args:
            place: A city or town, such as "Lima" or "Springfield, Illinois".
            days: How many days, from 1 for today to 7.
            units: metric for °C and km/h, us for °F and mph. Leave out for the user's own.
        """
        try:
            return await report(settings.weather, net, place, days, units)
        except UnknownPlace as error:
            raise ToolException(str(error)) from error
        except NetError as error:
            raise ToolException(f"No weather: {error.reason} {_ELSEWHERE}") from error
        except NoForecast as error:
            raise ToolException(f"The weather service gave no answer. {_ELSEWHERE}") from error

    tool = StructuredTool.from_function(
        coroutine=weather, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(
        tool,
        risk="reads",
        output="untrusted",
        cache_seconds=600.0,
        idempotent=True,
        examples=(
            "What is the weather in Lima?",
            "Will it rain in Berlin tomorrow?",
            "How cold does it get in Oslo this week?",
            "Do I need an umbrella in London today?",
        ),
    )


async def report(
    settings: WeatherSettings, net: Net, place: str, days: int, units: Units | None
) -> tuple[str, list[Source]]:
    """Describe the weather of a place.

    Raises:
        UnknownPlace: There is no such place, or several.
        NetError: The service could not be reached.
        NoForecast: It answered nonsense.
    """
    found, others = await locate(settings, net, place)
    used = units or settings.units
    asked = {
        "latitude": f"{found.latitude:.4f}",
        "longitude": f"{found.longitude:.4f}",
        "current": _CURRENT,
        "daily": _DAILY,
        "timezone": "auto",
        "forecast_days": str(days),
        **(_US if used == "us" else {}),
    }
    url = f"{settings.url.rstrip('/')}/v1/forecast?{urlencode(asked)}"
    try:
        forecast = Forecast.model_validate(await _json(net, url))
        text = described(found.full, forecast, _MARKS[used])
    except (ValidationError, IndexError) as error:
        raise NoForecast from error
    if others:
        text += f"\n(Other places of that name: {'; '.join(one.full for one in others[:3])}.)"
    return text, [Source(f"Weather in {found.full} (Open-Meteo)", url, text[:SNIPPET_CHARS])]


async def locate(settings: WeatherSettings, net: Net, place: str) -> tuple[Place, Sequence[Place]]:
    """Find a place, and others that may have been meant.

    Raises:
        UnknownPlace: There is no such place, or several.
        NetError: The service could not be reached.
        NoForecast: It answered nonsense.
    """
    name, *within = [part.strip() for part in " ".join(place.split()).split(",")]
    if not any(sign.isalnum() for sign in name):
        raise UnknownPlace("`place` is empty: name a city or town, such as Lima.")
    if len(place) > PLACE_CHARS:
        raise UnknownPlace("`place` is too long: name only a city or town, such as Lima.")
    query = {"name": name, "count": str(FOUND), "language": "en", "format": "json"}
    url = f"{settings.geocoding_url.rstrip('/')}/v1/search?{urlencode(query, errors='replace')}"
    try:
        results = (await _json(net, url)).get("results") or []
        places = [Place.model_validate(_without_nothing(one)) for one in results]
    except (ValidationError, TypeError, AttributeError) as error:
        raise NoForecast from error
    fitting = [one for one in places if _lies_in(one, within)]
    if not fitting:
        raise UnknownPlace(_unknown(place, places))
    first, *others = sorted(fitting, key=lambda one: -one.population)
    same = [one for one in others if one.name.casefold() == first.name.casefold()]
    if any(first.population < FAR_LARGER * one.population for one in same) or (
        same and not first.population
    ):
        raise UnknownPlace(
            f"There are several places named {first.name}: {_listed(fitting)}. Call weather again "
            f"with place {first.full!r} or another, or ask the user which is meant."
        )
    return first, [] if within else same


def _lies_in(place: Place, within: Sequence[str]) -> bool:
    known = {
        part.casefold()
        for part in (place.admin1, place.admin2, place.country, place.country_code)
        if part
    }
    short = {"usa": "us", "uk": "gb"}
    return all(
        not part or part.casefold() in known or short.get(part.casefold()) in known
        for part in within
    )


def _unknown(place: str, places: Sequence[Place]) -> str:
    shown = repr(" ".join(place.split())[:60])
    if places:
        return f"`place` was {shown}, which is not known; known are: {_listed(places)}."
    return (
        f"`place` was {shown}, and no place of that name is known. Check the spelling, or name the "
        "nearest larger town without street or region."
    )


def _listed(places: Sequence[Place]) -> str:
    return "; ".join(dict.fromkeys(one.full for one in places[:6]))


def _without_nothing(item: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if value is not None}


async def _json(net: Net, url: str) -> dict[str, Any]:
    page = await net.fetch(url, accept="application/json")
    try:
        found = json.loads(page.body)
    except ValueError as error:
        raise NoForecast from error
    if not isinstance(found, dict):
        raise NoForecast
    return found


def described(name: str, forecast: Forecast, marks: _Marks) -> str:
    """Describe a forecast, a line for now and one for each day.

    Raises:
        IndexError: A day lacks a value.
    """
    current = forecast.current
    now = [_sky(current.weather_code), f"{_number(current.temperature_2m)} {marks.degrees}"]
    if current.apparent_temperature is not None:
        now.append(f"feels like {_number(current.apparent_temperature)} {marks.degrees}")
    if current.relative_humidity_2m is not None:
        now.append(f"humidity {current.relative_humidity_2m:.0f}%")
    if current.wind_speed_10m is not None:
        wind = f"wind {_number(current.wind_speed_10m)} {marks.speed}"
        now.append(f"{wind} {_wind(current.wind_direction_10m)}".strip())
    lines = [f"Weather in {name}", f"Now ({_clock(current.time)} there): {', '.join(now)}"]
    days = range(len(forecast.daily.time))
    return "\n".join(lines + [_day(forecast.daily, day, marks) for day in days])


def _day(daily: Daily, day: int, marks: _Marks) -> str:
    parts = [_sky(daily.weather_code[day])]
    low, high = daily.temperature_2m_min[day], daily.temperature_2m_max[day]
    if low is not None and high is not None:
        parts.append(f"{_number(low)} to {_number(high)} {marks.degrees}")
    depth, chance = daily.precipitation_sum[day], daily.precipitation_probability_max[day]
    if depth is not None:
        likely = f" ({chance:.0f}% likely)" if chance is not None else ""
        parts.append(f"{_number(depth)} {marks.depth} rain or snow{likely}")
    if (wind := daily.wind_speed_10m_max[day]) is not None:
        parts.append(f"wind up to {_number(wind)} {marks.speed}")
    label = f"{'Today, ' if day == 0 else ''}{daily.time[day]:%A %Y-%m-%d}"
    return f"{label}: {', '.join(parts)}"


def _sky(code: int | None) -> str:
    return CODES.get(code, f"weather code {code}") if code is not None else "sky unknown"


def _number(value: float) -> str:
    return f"{value + 0:.4g}"  # adding 0 takes the sign from a negative zero


def _wind(degrees: float | None) -> str:
    return f"from {_WINDS[round(degrees / 45) % 8]}" if degrees is not None else ""


def _clock(moment: str) -> str:
    found = re.search(r"\d\d:\d\d", moment)
    return found[0] if found else "just now"
