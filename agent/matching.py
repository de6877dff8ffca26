"""Whether the facts of a sentence stand in a piece of a source."""

from __future__ import annotations

from collections.abc import Iterator

from agent.claim_parts import Date, Name, Number
from agent.claims import Claim, german

_UPWARDS = frozenset(["over", "more", "than", "exceeding", "uber", "mehr", "mas", "plus"])
_DOWNWARDS = frozenset(["nearly", "almost", "fast", "knapp", "casi", "presque", "under"])
_SMALL = 3
"""Numbers up to this one are often only counted out in a source, when they stand in words."""
_ADJECTIVES = ("ish", "ese", "ian", "ean", "can", "ench", "utch", "eek", "wiss", "isch", "ische")


def missing(
    claim: Claim, there: Claim, around: Claim, known: frozenset[str] | None = None
) -> Iterator[str]:
    """Yield the facts of a claim that a source lacks, each in the words of the claim.

    Args:
        claim: The sentence.
        there: The sentences of the source that numbers and dates must stand in.
        around: What names may stand in: the whole passage, and the source's title.
        known: The words of all sources and of the question; a name may be shortened in a source
            when the rest of it stands among them.
    """
    for number in claim.numbers:
        if not has_number(number, there):
            yield f"the number {number.shown}"
    for date in claim.dates:
        if not has_date(date, there):
            yield f"the date {date.shown}" if date.month else f"the year {date.shown}"
    for name in claim.names:
        if name.sure and not has_name(name, around, known):
            yield f"the name {name.shown}"


def has_number(number: Number, there: Claim) -> bool:
    """Say whether a quantity is in a text, or one that it is a fair rounding of."""
    if number.spelt and number.value <= _SMALL and not number.unit:
        return True
    if any(_same(number, one) for one in there.numbers):
        return True
    return not number.unit and any(
        not one.month and not one.decade and one.year == number.value for one in there.dates
    )


def _same(mine: Number, theirs: Number) -> bool:
    if mine.unit != theirs.unit:
        return False
    off = theirs.value - mine.value
    if abs(off) <= 1e-9 * max(abs(mine.value), 1.0):
        return True
    if not mine.about or abs(off) > min(mine.step, 0.1 * abs(mine.value)):
        return False
    if mine.about in _UPWARDS:
        return off >= 0
    return off <= 0 if mine.about in _DOWNWARDS else abs(off) <= mine.step / 2


def has_date(date: Date, there: Claim) -> bool:
    """Say whether a date is in a text, in the same precision or a finer one."""
    if any(date.within(one) for one in there.dates):
        return True
    if not date.month and not date.decade:
        return any(one.value == date.year for one in there.numbers)
    if not date.day:
        return False
    # "from 5 to 7 May 2021", and "on 5 May of that year" behind a year.
    days = {one.value for one in there.numbers}
    years = {one.year for one in there.dates}
    for one in there.dates:
        if one.month == date.month:
            day = one.day == date.day or date.day in days
            year = one.year == date.year or (not one.year and date.year in years)
            if day and (year or not date.year):
                return True
    return False


def has_name(name: Name, around: Claim, known: frozenset[str] | None = None) -> bool:
    """Say whether a name is in a text, whole, by its last word, or by its initials."""
    words = set(around.tokens) | {part for one in around.tokens for part in one.split("-")}
    lacking = [one for one in name.words if not _word(one, words)]
    if not lacking:
        return True
    if len(name.words) >= 3 and lacking == [name.words[0]] and german(around.tokens):
        return True
    if len(name.words) == 1:
        return _acronym(name.words[0], around) or name.words[0].endswith(_ADJECTIVES)
    if _initials(name.words) & words:
        return True
    last = name.words[-1]
    if last not in words:
        return False
    # "Obama" stands for "Barack Obama", unless it is somebody else's family name there.
    if known is not None and not all(_word(one, set(known)) for one in lacking):
        return False
    bearers = [set(one.words) for one in around.names if last in one.words]
    return bool(bearers) and all(one <= set(name.words) for one in bearers)


def _word(word: str, words: set[str]) -> bool:
    if word in words or word.rstrip("s") in words or word + "s" in words:
        return True
    parts = word.split("-")
    return len(parts) > 1 and all(one in words for one in parts)


def _initials(words: tuple[str, ...]) -> set[str]:
    return {"".join(one[0] for one in words)} if len(words) > 1 else set()


def _acronym(word: str, around: Claim) -> bool:
    return len(word) <= 6 and any(word in _initials(one.words) for one in around.names)
