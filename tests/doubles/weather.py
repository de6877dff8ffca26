"""A weather service on loopback that answers in the shape of Open-Meteo's two APIs."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.site import Request, Site

PLACES = (
    ("Lima", -12.0432, -77.0282, "Peru", "PE", "Lima Province", 8_000_000),
    ("Lima", 40.7426, -84.1052, "United States", "US", "Ohio", 37_000),
    ("Paris", 48.8534, 2.3488, "France", "FR", "Île-de-France", 2_100_000),
    ("Paris", 33.6609, -95.5555, "United States", "US", "Texas", 25_000),
    ("Springfield", 37.2153, -93.2982, "United States", "US", "Missouri", 166_000),
    ("Springfield", 42.1015, -72.5898, "United States", "US", "Massachusetts", 154_000),
    ("Springfield", 39.8017, -89.6437, "United States", "US", "Illinois", 116_000),
    ("Nowhereville", 10.0, 10.0, None, None, None, None),
    ("Nowhereville", 20.0, 20.0, "Chad", "TD", None, None),
)
FIRST_DAY = date(2026, 11, 22)
DAYS = (
    (3, 19.5, 15.25, 0.0, 5, 18.0),
    (61, 21.0, 16.0, 3.4, 80, 25.5),
    (95, 17.0, 12.0, 20.0, None, 60.0),
)


@dataclass
class WeatherService(Site):
    """The service; `asked` holds the query of every request."""

    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.raw("/v1/search", self._search)
        self.raw("/v1/forecast", self._forecast)

    async def _search(self, request: Request, writer: asyncio.StreamWriter) -> None:
        query = self._query(request)
        names = ("name", "latitude", "longitude", "country", "country_code", "admin1", "population")
        found = [
            {"id": number, "timezone": "Etc/UTC", **dict(zip(names, place, strict=True))}
            for number, place in enumerate(PLACES)
            if place[0].casefold() == query["name"].casefold()
        ]
        # Without a match the real API leaves the key out.
        answer = {"generationtime_ms": 0.5, **({"results": found} if found else {})}
        await respond(writer, 200, answer)

    async def _forecast(self, request: Request, writer: asyncio.StreamWriter) -> None:
        query = self._query(request)
        days = int(query["forecast_days"])
        if not 0 <= days <= 16:
            reason = "Forecast days is invalid. Allowed range 0 to 16."
            await respond(writer, 400, {"error": True, "reason": reason})
            return
        us = query.get("temperature_unit") == "fahrenheit"
        rows = [DAYS[day % len(DAYS)] for day in range(days)]
        current = {
            "time": "2026-11-22T15:00", "interval": 900, "temperature_2m": 66.2 if us else 19.0,
            "apparent_temperature": 65.3 if us else 18.5, "relative_humidity_2m": 73,
            "weather_code": 2, "wind_speed_10m": 9.0 if us else 14.4, "wind_direction_10m": 225,
        }  # fmt: skip
        kinds = (
            "weather_code", "temperature_2m_max", "temperature_2m_min", "precipitation_sum",
            "precipitation_probability_max", "wind_speed_10m_max",
        )  # fmt: skip
        daily = {kind: [row[place] for row in rows] for place, kind in enumerate(kinds)}
        daily["time"] = [str(FIRST_DAY + timedelta(days=day)) for day in range(days)]  # type: ignore[misc]
        answer = {
            "latitude": float(query["latitude"]), "longitude": float(query["longitude"]),
            "utc_offset_seconds": -18000, "timezone": "America/Lima",
            "current": current, "daily": daily,
        }  # fmt: skip
        await respond(writer, 200, answer)

    def _query(self, request: Request) -> dict[str, str]:
        query = {key: one[0] for key, one in parse_qs(urlsplit(request.path).query).items()}
        self.asked.append(query)
        return query


async def respond(writer: asyncio.StreamWriter, status: int, answer: Any) -> None:
    """Answer with JSON and hang up."""
    body = json.dumps(answer).encode()
    head = (
        f"HTTP/1.1 {status} Said\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
