"""The facts that a sentence can hold: quantities, dates and names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A quantity.

    Args:
        value: Its value, with words such as "million" worked in.
        unit: `%`, or an empty string.
        about: The word that says that it is rounded, or an empty string.
        spelt: Whether it stands there in words.
        shown: How it stands in the text.
        step: The worth of its last digit that is not a nought.
    """

    value: float
    unit: str
    about: str
    shown: str
    step: float = 1.0
    spelt: bool = False


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month, a year or a decade (`year` ends with 0 and `decade` is set)."""

    year: int = 0
    month: int = 0
    day: int = 0
    decade: bool = False
    shown: str = ""

    def within(self, other: Date) -> bool:
        """Say whether another date is this one, or a more precise form of it."""
        if self.decade:
            return other.year // 10 == self.year // 10 and other.year > 0
        return not other.decade and all(
            not mine or mine == theirs
            for mine, theirs in (
                (self.year, other.year),
                (self.month, other.month),
                (self.day, other.day),
            )
        )


@dataclass(frozen=True, slots=True)
class Name:
    """A sequence of capitalised words.

    Args:
        words: Its words, folded, without small words such as "of".
        shown: How it stands in the text.
        sure: Whether it is a name for certain; the first word of a sentence alone is not.
    """

    words: tuple[str, ...]
    shown: str
    sure: bool = True
