"""The dates that a text means by "yesterday" or "last month", in words."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo

from memory.times import FOREVER, times_in

_ABSOLUTE = re.compile(r"\b(?:19|20)\d\d")
_DAY_SECONDS = 86_400.0


def dated(text: str, said: float, *, zone: tzinfo | None = None) -> list[tuple[str, str]]:
    """Return what a text names relative to the day on which it was said, with the dates it means.

    Args:
        text: What was said.
        said: When, in seconds since the epoch.
        zone: The speaker's time zone; None means this machine's.

    Returns:
        Pairs such as ("yesterday", "7 May 2023") and ("last month", "April 2023").
    """
    found = []
    for one in times_in(text, said, zone=zone):
        if _ABSOLUTE.search(one.words):
            continue
        moment = one.until if one.since == -FOREVER else one.since
        first = datetime.fromtimestamp(moment, zone)
        days = 0 if FOREVER in (one.until, -one.since) else (one.until - one.since) / _DAY_SECONDS
        named = f"{first:%B %Y}"
        if days > 300:
            named = f"{first.year}"
        elif 4 < days < 27:
            middle = first + timedelta(days=3)
            named = f"the week of {middle.day} {middle:%B %Y}"
        elif days > 32:
            last = datetime.fromtimestamp(one.until - 1, zone)
            named = f"{first:%B %Y} to {last:%B %Y}"
        elif 0 < days < 4:
            named = f"{first.day} {first:%B %Y}"
        found.append((one.words, named))
    return found
