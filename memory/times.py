"""Expressions of time in a text, as spans: "last summer", "in May", "two weeks ago", "before 2024".

English as far as people write it in passing, and the common forms of Spanish, German, French,
Portuguese and Italian. Seasons are those of the northern hemisphere, weeks begin on Monday.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from memory.calendars import (
    AHEAD,
    FEASTS,
    LANGUAGES,
    MONTHS,
    NUMBERS,
    SEASONS,
    UNITS,
    WEEKDAYS,
    Period,
    day,
    month,
    month_after,
    season,
    unit_of,
    week,
    weekend,
    year,
)

FOREVER = float("inf")
"""The end of a span that has none; its negative is the beginning of one that has none."""


@dataclass(frozen=True, slots=True)
class Time:
    """An expression of time.

    Args:
        words: The expression as it stands in the text.
        start: Where it begins in the text, in characters.
        end: Where it ends.
        since: The beginning of the span, in seconds since the epoch.
        until: The end of the span, which does not belong to it.
        begins: Whether it says from when on something holds: "since May", "from 2020 on".
        ends: Whether it says until when something holds: "until May", "before 2024".
    """

    words: str
    start: int
    end: int
    since: float
    until: float
    begins: bool = False
    ends: bool = False

    def holds(self, moment: float) -> bool:
        """Tell whether a moment is in the span."""
        return self.since <= moment < self.until

    def meets(self, since: float, until: float) -> bool:
        """Tell whether a span has a moment in common with this one."""
        return since < self.until and (self.since < until or since == self.since)


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    period: Period


def times_in(
    text: str, at: float, *, ahead: bool | None = None, zone: tzinfo | None = None
) -> list[Time]:
    """Return the expressions of time in a text, in their order.

    Args:
        text: What was said or asked.
        at: When that was, in seconds since the epoch.
        ahead: Whether "in May" is the May to come rather than the last one; None: as the text's
            own words tell.
        zone: The speaker's time zone; None means this machine's.
    """
    now = datetime.fromtimestamp(at, zone) if zone else datetime.fromtimestamp(at).astimezone()
    coming = bool(AHEAD.search(text)) if ahead is None else ahead
    found = _without_overlaps(_periods(text, now.date(), coming))
    return [_time(text, one, now) for one in _joined(text, found)]


def _periods(text: str, today: date, ahead: bool) -> Iterator[_Found]:
    """Read every expression, also those that are part of a longer one."""
    for pattern, read in _READERS:
        for match in pattern.finditer(text):
            period = read(match, today, ahead)
            if period is not None:
                start = match.start("body" if "body" in pattern.groupindex else 0)
                yield _Found(start, match.end(), period)


def _without_overlaps(found: Iterator[_Found]) -> list[_Found]:
    """Keep the longest of those that overlap, in the order of the text."""
    kept: list[_Found] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


def _joined(text: str, found: Sequence[_Found]) -> Iterator[_Found]:
    """Make one span of "from May to July" and "between 2019 and 2021"."""
    at = 0
    while at < len(found):
        one = found[at]
        if at + 1 < len(found):
            other = found[at + 1]
            between = text[one.end : other.start]
            opens = _FROM.search(text[: one.start])
            if opens and _TO.fullmatch(between) and one.period[0] <= other.period[1]:
                yield _Found(opens.start(), other.end, (one.period[0], other.period[1]))
                at += 2
                continue
        yield one
        at += 1


def _time(text: str, one: _Found, now: datetime) -> Time:
    """Widen a period by the preposition in front of it, and put it on the clock."""
    since, until = (_clock(moment, now) for moment in one.period)
    head = text[: one.start]
    begins = ends = False
    start = one.start
    if match := _SINCE.search(head):
        until, begins, start = FOREVER, True, match.start()
    elif match := _AFTER.search(head):
        since, until, begins, start = until, FOREVER, True, match.start()
    elif match := _BEFORE.search(head):
        since, until, ends, start = -FOREVER, since, True, match.start()
    elif match := _UNTIL.search(head):
        since, ends, start = -FOREVER, True, match.start()
    elif match := _IN.search(head):
        start = match.start()
    return Time(text[start : one.end], start, one.end, since, until, begins, ends)


def _clock(moment: date, now: datetime) -> float:
    if moment == date.max:
        return FOREVER
    return datetime.combine(moment, time(), now.tzinfo).timestamp()


def _any(words: Sequence[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_N = rf"(?P<n>\d{{1,3}}|{_any(list(NUMBERS))})"
_UNIT = rf"(?P<unit>{_any(list(UNITS))})"
_MONTH = rf"(?P<month>{_any(list(MONTHS))})"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th|\.|º|er)?"
_SEASON = rf"(?P<season>{_any(list(SEASONS))})"
_WEEKDAY = rf"(?P<weekday>{_any(list(WEEKDAYS))})"
_OF = r"\s+(?:of\s+|de\s+|del\s+|di\s+|do\s+)?"
_LAST, _THIS, _NEXT = (_any(LANGUAGES[name]) for name in ("last", "this", "next"))
_WHICH = rf"(?:(?P<last>{_LAST})|(?P<this>{_THIS})|(?P<next>{_NEXT}))"
# French, Spanish, Portuguese and Italian say it behind: "el verano pasado".
_BEHIND = (
    rf"(?:(?P<last>{_any(LANGUAGES['last behind'])})|(?P<next>{_any(LANGUAGES['next behind'])}))"
)
_FLAGS = re.IGNORECASE


_ARTICLE = r"(?:(?:the|el|la|le|il|o|a|dem|der)\s+)?"


def _preposition(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any(LANGUAGES[name])})\s+{_ARTICLE}$", _FLAGS)


_SINCE = _preposition("since")
_AFTER = _preposition("after")
_BEFORE = _preposition("before")
_UNTIL = _preposition("until")
_IN = _preposition("in")
_FROM = re.compile(rf"\b(?:{_any(LANGUAGES['from'])})\s+$", _FLAGS)
_TO = re.compile(rf"\s*(?:-|–|{_any(LANGUAGES['to'])})\s*", _FLAGS)


def _number(match: re.Match[str]) -> int:
    word = match["n"].lower()
    return int(word) if word.isdigit() else NUMBERS[word]


def _step(match: re.Match[str]) -> int:
    """Tell whether an expression looks back, at now or ahead: -1, 0 or 1."""
    groups = match.groupdict()
    return -1 if groups.get("last") else 1 if groups.get("next") else 0


def _date(match: re.Match[str], today: date, ahead: bool) -> Period | None:
    """Read a day with its month, and the year that is nearest if none is named."""
    groups = match.groupdict()
    number, when = int(groups["day"]), groups.get("year")
    named = groups["month"]
    which = int(named) if named.isdigit() else MONTHS[named.lower()]
    try:
        if when:
            return day(date(int(when), which, number))
        one = date(today.year, which, number)
        if ahead and one < today:
            one = date(today.year + 1, which, number)
        elif not ahead and one > today:
            one = date(today.year - 1, which, number)
        return day(one)
    except ValueError:
        return None


def _month(match: re.Match[str], today: date, ahead: bool) -> Period | None:
    which = MONTHS[match["month"].lower()]
    if when := match.groupdict().get("year"):
        return month(int(when), which)
    past = today.year if which <= today.month else today.year - 1
    step = _step(match)
    if step < 0:
        return month(past if which != today.month else past - 1, which)
    if step > 0 or ahead:
        return month(today.year if which > today.month - (not step) else today.year + 1, which)
    return month(past, which)


def _year(match: re.Match[str], today: date, ahead: bool) -> Period:
    return year(int(match["year"]))


def _decade(match: re.Match[str], today: date, ahead: bool) -> Period:
    first = int(match["decade"])
    return date(first, 1, 1), date(first + 10, 1, 1)


def _season(match: re.Match[str], today: date, ahead: bool) -> Period:
    which = SEASONS[match["season"].lower()]
    groups = match.groupdict()
    if groups.get("year"):
        return season(int(groups["year"]), which)
    periods = [season(today.year + step, which) for step in (-2, -1, 0, 1)]
    over = [one for one in periods if one[1] <= today]
    begun = [one for one in periods if one[0] <= today]
    coming = [one for one in periods if one[0] > today]
    if groups.get("last"):
        return over[-1]
    if groups.get("next"):
        return coming[0]
    if groups.get("this"):
        return min(periods, key=lambda one: abs((one[0] - today).days + 45))
    return (coming[0] if begun[-1][1] <= today else begun[-1]) if ahead else begun[-1]


def _weekday(match: re.Match[str], today: date, ahead: bool) -> Period:
    which = WEEKDAYS[match["weekday"].lower()]
    back = (today.weekday() - which) % 7
    step = _step(match)
    if step > 0 or (ahead and step == 0):
        return day(today + timedelta(days=(which - today.weekday()) % 7 or 7))
    return day(today - timedelta(days=back or 7))


def _ago(match: re.Match[str], today: date, ahead: bool) -> Period:
    """Read a distance back; the larger the unit, the less exact it is meant."""
    return unit_of(UNITS[match["unit"].lower()], -_number(match), today)


def _hence(match: re.Match[str], today: date, ahead: bool) -> Period:
    return unit_of(UNITS[match["unit"].lower()], _number(match), today)


def _lately(match: re.Match[str], today: date, ahead: bool) -> Period:
    groups = match.groupdict()
    unit = UNITS[groups["unit"].lower()] if groups.get("unit") else "day"
    number = _number(match) if groups.get("n") else 30
    return unit_of(unit, -number, today)[0], today + timedelta(days=1)


def _unit(match: re.Match[str], today: date, ahead: bool) -> Period:
    unit, step = UNITS[match["unit"].lower()], _step(match)
    if unit == "day":
        return day(today + timedelta(days=step))
    if unit == "week":
        return week(today + timedelta(days=7 * step))
    if unit == "month":
        return month(*month_after(today, step))
    return year(today.year + step)


def _weekend(match: re.Match[str], today: date, ahead: bool) -> Period:
    step = _step(match)
    if not step and not ahead and not match.groupdict().get("this"):
        step = -1 if today.weekday() < 5 else 0
    return weekend(today + timedelta(days=7 * step))


def _near(match: re.Match[str], today: date, ahead: bool) -> Period:
    """Read a day that has a name of its own, such as yesterday."""
    word = re.sub(r"\s+", " ", match[0].lower()).replace("’", "'")
    for step in (-2, -1, 0, 1, 2):
        if word in LANGUAGES[f"day {step}"]:
            return day(today + timedelta(days=step))
    return day(today)


def _hier(match: re.Match[str], today: date, ahead: bool) -> Period:
    return day(today - timedelta(days=1))


def _feast(match: re.Match[str], today: date, ahead: bool) -> Period:
    (one, number), days = FEASTS[match["feast"].lower().replace("’", "'")]
    begin = date(int(match["year"]) if match["year"] else today.year, one, number)
    if not match["year"]:
        step = _step(match)
        if begin > today and step <= 0 and not ahead:
            begin = begin.replace(year=begin.year - 1)
        elif begin <= today and (step > 0 or ahead):
            begin = begin.replace(year=begin.year + 1)
    return begin, begin + timedelta(days=days)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{text})(?![\w-])", _FLAGS)


def _placed(text: str, *names: str) -> re.Pattern[str]:
    """Return a pattern for what only means a time behind a preposition, such as May and fall.

    Args:
        text: The pattern of the time.
        names: Which prepositions; none means all.
    """
    words = [word for name in names or ("placed",) for word in LANGUAGES[name]]
    return _pattern(rf"(?:{_any(words)})\s+{_ARTICLE}(?P<body>{text})")


# German has the word, too, where it means "here".
_HIER = r"hier(?=,? (?:j['’]|je |on |nous |il |elle |ils |c['’]))"
_DAYS = [word for step in (-2, -1, 0, 1, 2) for word in LANGUAGES[f"day {step}"]]
_READERS = (
    (_pattern(r"(?P<year>(?:19|20)\d\d)-(?P<month>[01]\d)-(?P<day>[0-3]\d)"), _date),
    (_pattern(r"(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.\s?(?P<year>(?:19|20)\d\d)"), _date),
    (_pattern(rf"{_DAY}{_OF}{_MONTH}(?:,?{_OF}{_YEAR})?"), _date),
    (_pattern(rf"{_MONTH}\s+{_DAY}(?!\d)(?:,?\s+{_YEAR})?"), _date),
    (_pattern(rf"{_MONTH},?{_OF}{_YEAR}"), _month),
    (_pattern(rf"{_WHICH}\s+{_MONTH}"), _month),
    (_pattern(rf"{_MONTH}\s+{_BEHIND}"), _month),
    (_placed(_MONTH), _month),
    (_placed(_YEAR), _year),
    (re.compile(r"(?P<decade>\b(?:19|20)\d0)['’]?(?:s|er)\b"), _decade),
    (_pattern(rf"{_WHICH}\s+{_SEASON}"), _season),
    (_pattern(rf"{_SEASON}\s+{_BEHIND}"), _season),
    (_pattern(rf"{_SEASON}{_OF}{_YEAR}"), _season),
    (_placed(_SEASON, "in", "since", "after", "before", "until"), _season),
    (_pattern(rf"{_WHICH}\s+{_WEEKDAY}"), _weekday),
    (_pattern(rf"{_WEEKDAY}\s+{_BEHIND}"), _weekday),
    (_placed(_WEEKDAY, "on"), _weekday),
    (_pattern(rf"{_N}\s+{_UNIT}\s+(?:{_any(LANGUAGES['ago behind'])})"), _ago),
    (_pattern(rf"(?:{_any(LANGUAGES['ago'])})\s+{_N}\s+{_UNIT}"), _ago),
    (_pattern(rf"(?:{_any(LANGUAGES['hence'])})\s+{_N}\s+{_UNIT}"), _hence),
    (_pattern(rf"(?:{_any(LANGUAGES['past'])})\s+{_N}\s+{_UNIT}"), _lately),
    (_pattern(_any(LANGUAGES["lately"])), _lately),
    (_pattern(rf"{_WHICH}\s+{_UNIT}"), _unit),
    (_pattern(rf"{_UNIT}\s+{_BEHIND}"), _unit),
    (_pattern(rf"{_WHICH}\s+(?P<unit>weekend)"), _weekend),
    (_placed("(?P<unit>weekend)", "on", "in"), _weekend),
    (_pattern(_any(_DAYS)), _near),
    (_pattern(_HIER), _hier),
    (_pattern(rf"(?:{_WHICH}\s+)?(?P<feast>{_any(list(FEASTS))})(?:,?\s+{_YEAR})?"), _feast),
)
