"""Finds the time zone that a person means: `Lima`, `New York, USA`, `Japan`, `CET`, `UTC+2`."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

# Large cities and common names that the zone database does not know by themselves.
_ALSO: dict[str, str] = {
    "Africa/Casablanca": "marrakech rabat",
    "Africa/Johannesburg": "cape_town pretoria durban",
    "America/Bogota": "medellin",
    "America/Chicago": "austin dallas houston minneapolis new_orleans san_antonio central_time ct",
    "America/Denver": "salt_lake_city mountain_time mt",
    "America/Lima": "arequipa cusco cuzco trujillo",
    "America/Los_Angeles": "hollywood las_vegas portland sacramento san_diego san_francisco "
    "san_jose seattle silicon_valley pacific_time pt pst pdt",
    "America/New_York": "atlanta baltimore boston miami nyc orlando philadelphia pittsburgh "
    "washington washington_dc eastern_time et est edt",
    "America/Sao_Paulo": "brasilia rio_de_janeiro rio",
    "America/Toronto": "montreal ottawa",
    "America/Edmonton": "calgary",
    "Asia/Dubai": "abu_dhabi",
    "Asia/Ho_Chi_Minh": "hanoi",
    "Asia/Jerusalem": "tel_aviv",
    "Asia/Karachi": "islamabad lahore",
    "Asia/Kolkata": "bangalore bengaluru chennai delhi hyderabad mumbai new_delhi",
    "Asia/Shanghai": "beijing china chengdu guangzhou peking shenzhen wuhan",
    "Asia/Tokyo": "kyoto osaka",
    "Europe/Amsterdam": "rotterdam the_hague",
    "Europe/Berlin": "cologne dortmund dresden frankfurt hamburg leipzig munich stuttgart",
    "Europe/Istanbul": "ankara",
    "Europe/London": "birmingham cardiff edinburgh england glasgow leeds liverpool manchester "
    "oxford scotland uk united_kingdom great_britain wales bst",
    "Europe/Madrid": "spain barcelona sevilla seville valencia",
    "Europe/Moscow": "saint_petersburg st_petersburg",
    "Europe/Paris": "bordeaux lyon marseille nice strasbourg toulouse",
    "Europe/Rome": "florence milan milano naples napoli roma turin venice",
    "Europe/Warsaw": "krakow",
    "Europe/Zurich": "basel bern geneva",
    "UTC": "gmt z zulu",
}
_NATIONS = {"usa": "US", "united states of america": "US", "uk": "GB", "england": "GB",
            "uae": "AE", "south korea": "KR", "holland": "NL"}  # fmt: skip
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)


class UnknownZone(ValueError):
    """Say that a place names no time zone, and which names are close."""


@dataclass(frozen=True, slots=True)
class _Places:
    """What the zone database says of its zones.

    Args:
        zones: Zones by their last part, such as `lima`, and by common other names.
        nations: Zones of a country by its ISO code, the first one its main one.
        codes: ISO codes by the country's name in small letters.
    """

    zones: Mapping[str, tuple[str, ...]]
    nations: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, str]


LONGEST = 100
"""Characters that the name of a place may have."""


def find_zone(place: str, at: datetime) -> tuple[str, tzinfo]:
    """Return the name and the rules of the time zone that a place lies in.

    Args:
        place: A city, a country with one time, an IANA zone or an offset such as `UTC+2`.
        at: The moment at which a country's zones are compared.

    Raises:
        UnknownZone: The place is unknown or has several times.
    """
    wanted = " ".join(place.replace("_", " ").split()).strip(" .?")
    if len(wanted) > LONGEST:
        raise UnknownZone(f"{wanted[:40]!r}… is too long for a place. Name a city, such as Lima.")
    if offset := _offset(wanted):
        return offset
    exact = _exact_zones().get(_key(wanted)) if "/" in wanted else None
    if exact:
        return exact, ZoneInfo(exact)
    found = _places().zones.get(_key(wanted), ())
    city, _, region = (part.strip() for part in wanted.partition(","))
    if not found and region and (found := _places().zones.get(_key(city), ())):
        found = _within(city, region, found)
    if not found:
        found = _places().nations.get(_country(wanted), ())
    if not found:
        raise UnknownZone(_unknown(wanted))
    return _one_time(wanted, found, at)


def local_zone() -> tzinfo | None:
    """Return the machine's time zone with its rules, or None where only its offset is known."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name and os.path.islink("/etc/localtime"):
        name = os.readlink("/etc/localtime").rpartition("zoneinfo/")[2]
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, OSError):  # none, or one that the database does not know
        return datetime.now().astimezone().tzinfo


def _key(name: str) -> str:
    """Return a name in the spelling that the tables are read by: without case, accents, signs."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[\s,._-]+", "_", bare.strip().lower())


def _offset(text: str) -> tuple[str, tzinfo] | None:
    """Read an offset from UTC."""
    found = _OFFSET.fullmatch(text)
    if found is None or int(found[2]) > 14:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    delta = timedelta(minutes=-minutes if found[1] == "-" else minutes)
    return f"UTC{found[1]}{minutes // 60:02}:{minutes % 60:02}", timezone(delta)


def _within(city: str, region: str, zones: Iterable[str]) -> tuple[str, ...]:
    """Keep the zones of a city that lie in the country or continent named behind it.

    Raises:
        UnknownZone: None does; London in Ontario is not the London that is known.
    """
    nation = set(_places().nations.get(_country(region), ()))
    kept = tuple(z for z in zones if z in nation or z.split("/")[0].lower() == region.lower())
    if not kept:
        known = ", ".join(zones)
        raise UnknownZone(
            f"{city} is known as {known}, but not in {region}. Name the city alone if that is "
            "meant, or a large city with the same time."
        )
    return kept


def _country(name: str) -> str:
    """Return the ISO code of a country, or an empty string."""
    name = name.lower().removeprefix("the ")
    if name in _NATIONS:
        return _NATIONS[name]
    return _places().codes.get(name, name.upper() if len(name) == 2 else "")


def _one_time(place: str, zones: tuple[str, ...], at: datetime) -> tuple[str, tzinfo]:
    """Return the first zone, where all of them have the same time.

    Raises:
        UnknownZone: They differ.
    """
    rules = {zone: ZoneInfo(zone) for zone in zones}
    # The table names a country's larger zones first: one of them for each time is shown.
    times = {at.astimezone(rules[zone]).utcoffset(): zone for zone in reversed(zones)}
    if len(times) > 1:
        some = ", ".join(zone for zone in zones if zone in times.values())
        raise UnknownZone(f"{place} has several times. Name a city, or one of: {some}.")
    return zones[0], rules[zones[0]]


def _unknown(place: str) -> str:
    names = [*_places().zones, *(_key(name) for name in _places().codes)]
    close = get_close_matches(_key(place), names, n=3, cutoff=0.7)
    shown = [" or ".join(_places().zones.get(name, (name.title(),))) for name in close]
    hint = f" Close names: {', '.join(shown)}." if shown else ""
    return (
        f"No time zone is known for {place[:60]!r}.{hint} Name a large city in the same zone, or "
        "an IANA zone such as America/Lima."
    )


@cache
def _exact_zones() -> Mapping[str, str]:
    """Return the names of all zones, by their name in small letters."""
    return {_key(zone): zone for zone in available_timezones() if _is_zone(zone)}


def _is_zone(zone: str) -> bool:
    return not zone.startswith(("posix/", "right/", "SystemV/")) and zone != "localtime"


@cache
def _places() -> _Places:
    """Read the tables of the zone database."""
    tables = files("tzdata") / "zoneinfo"
    codes = {
        name.lower(): code for code, name in _rows((tables / "iso3166.tab").read_text("utf-8"))
    }
    nations: dict[str, list[str]] = defaultdict(list)
    zones: dict[str, list[str]] = defaultdict(list)
    for code, _, zone, *_ in _rows((tables / "zone.tab").read_text("utf-8")):
        nations[code].append(zone)
        zones[_key(zone.rpartition("/")[2])].append(zone)
    for zone in sorted(_exact_zones().values(), key=lambda name: (name.count("/"), name)):
        names = zones[_key(zone.rpartition("/")[2])]
        if not names:  # older names, such as Asia/Calcutta; the table's own zones come first
            names.append(zone)
    for zone, names_of in _ALSO.items():
        for name in names_of.split():
            zones[name] = [zone]
    return _Places(
        {name: tuple(found) for name, found in zones.items()},
        {code: tuple(found) for code, found in nations.items()},
        codes,
    )


def _rows(table: str) -> Iterable[list[str]]:
    return (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
