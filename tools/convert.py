"""Converts between units, exactly where their definitions are exact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from tools.declared import declare
from tools.units import (
    LOCK,
    Reading,
    Unit,
    UnitError,
    from_root,
    inverse,
    quantity_of,
    read_unit,
    to_root,
)

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

VALUE_CHARS = 80
MOST_PIECES = 4
LARGEST = 60
"""Powers of ten that a number may reach."""
DIGITS = 6
EXACT_DIGITS = 12

_DIGITS = r"\d{1,60}(?:,\d{3})*(?:[.,]\d{1,60})?|[.,]\d{1,60}"
_NUMBER = re.compile(
    rf"\s*([+-]?)\s*(?:(\d{{1,30}})\s+)?(?:(\d{{1,30}})\s*/\s*(\d{{1,30}})|({_DIGITS})"
    r"(?:\s*(?:[eE]|[x*]\s*10\^)\s*([+-]?\d{1,70}))?)(?![\d.])"
)
_JOIN = re.compile(r"(?:(?<=[^\d\s])\s*,|\s+and\b)\s*(?=[\d.])", re.IGNORECASE)
_SMALLER = {"foot": "in", "stone": "lb", "pound": "oz", "hour": "min", "minute": "s"}
_SIGNS = ("'", '"', "′", "″", "%", "°")
_NAMES = {
    "foot": ("ft", "foot", "feet", "'", "′"),
    "stone": ("st", "stone", "stones"),
    "pound": ("lb", "lbs", "pound", "pounds"),
    "hour": ("h", "hr", "hrs", "hour", "hours"),
    "minute": ("min", "mins", "minute", "minutes"),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit."""

    number: Fraction
    unit: Unit


def convert_tool() -> BaseTool:
    """Return the conversion of units as a tool."""
    from langchain_core.tools import StructuredTool, ToolException

    def convert(value: str, from_unit: str, to_unit: str) -> str:
        """Convert a value from one unit to another. Use it for every conversion of units.

        Not for money: it knows no exchange rates. Use web_search for these.

        Args:
            value: The number, such as "72", or a value with its units, such as "5 ft 11 in".
            from_unit: Its unit, such as "°F", "miles" or "US gallon". Leave empty if value has it.
            to_unit: The unit that is wanted, such as "°C", "km" or "feet and inches".
        """
        try:
            with LOCK:
                return answer(value, from_unit, to_unit)
        except UnitError as error:
            raise ToolException(str(error)) from error

    tool = StructuredTool.from_function(convert, parse_docstring=True)
    return declare(
        tool,
        risk="reads",
        output="trusted",
        examples=(
            "How many km are 26.2 miles?",
            "What is 72 °F in Celsius?",
            "Convert 5 ft 11 in to cm",
            "How many ml are 2 cups?",
            "My car needs 7 l/100km, what is that in mpg?",
        ),
    )


def answer(value: str, from_unit: str, to_unit: str) -> str:
    """Return a value in another unit, such as `5 ft 11 in = 180.34 cm`.

    Raises:
        UnitError: Something cannot be read, or the units do not fit; the message says what would.
    """
    amounts = read_value(value, from_unit)
    targets = [_unit(part, "to_unit") for part in _several(to_unit)]
    given, wanted = _fitting(amounts[0].unit, targets[0])
    total = sum((to_root(one.number, _like(one.unit, given)) for one in amounts), Fraction(0))
    if total < 0 and (given.offset or wanted.offset):
        raise UnitError(
            f"`value` was {_spelled(amounts)}, which is below absolute zero (-273.15 °C)."
        )
    if len(targets) > 1:
        return f"{_spelled(amounts)} {_parted(total, targets, wanted)}"
    result = _turned(total, given, wanted)
    line = f"{_spelled(amounts)} {_equals(result)} {targets[0].written}"
    return line + _remark(amounts, targets[0], total, given, wanted)


def read_value(value: str, from_unit: str) -> list[Amount]:
    """Read a number with its unit, or several that belong together, such as `5 ft 11 in`.

    Raises:
        UnitError: It cannot be read; the message says what would be right.
    """
    if len(value) > VALUE_CHARS:
        raise UnitError("`value` is too long. Write one number, such as 72 or 5 ft 11 in.")
    rest = _JOIN.sub(" ", unicodedata.normalize("NFKC", _fractions(value)).strip())
    pieces: list[tuple[Fraction, str]] = []
    while rest:
        found = _NUMBER.match(rest)
        if not found:
            sign = rest.lstrip("$€£¥")
            if sign != rest and _NUMBER.match(sign):
                _unit(rest[0], "value")
            raise UnitError(
                f"`value` was {value[:40]!r}. Write a number, such as 72 or 5 ft 11 in."
            )
        number = _number(found)
        rest = rest[found.end() :].strip()
        whole = _alone(rest)
        cut = re.search(r"(?<![\^/*\d])(?<![\^/*] )[+-]?[\d.]", rest)
        end = len(rest) if whole or not cut else cut.start()
        pieces.append((number, rest[:end].strip()))
        rest = rest[end:].strip()
    if not 0 < len(pieces) <= MOST_PIECES:
        raise UnitError("`value` is empty or has too many parts. Write one number, such as 72.")
    return _joined(pieces, from_unit)


def _fractions(text: str) -> str:
    """Write ½ as a fraction with a space in front of it."""
    return "".join(
        f" {unicodedata.normalize('NFKC', sign).replace('⁄', '/')}"
        if unicodedata.category(sign) == "No" and "⁄" in unicodedata.normalize("NFKC", sign)
        else sign
        for sign in text.replace("²", "^2").replace("³", "^3")
    )


def _number(found: re.Match[str]) -> Fraction:
    sign, whole, top, bottom, digits, exponent = found.groups()
    if exponent and abs(int(exponent)) > LARGEST:
        raise UnitError(f"`value` was {found[0].strip()[:40]!r}; 1e{LARGEST} is the most.")
    if top is not None:
        if not int(bottom):
            raise UnitError("`value` divides by zero. Write a number, such as 1/2.")
        number = Fraction(int(top), int(bottom)) + int(whole or 0)
    elif whole is not None:
        raise UnitError(f"`value` has two numbers ({found[0].strip()[:40]!r}). Write one.")
    else:
        number = Fraction(_point(digits)) * Fraction(10) ** int(exponent or 0)
    if number and not -LARGEST <= Decimal(number.numerator).adjusted() <= LARGEST + 1:
        raise UnitError(f"`value` is too large; 1e{LARGEST} is the most.")
    return -number if sign == "-" else number


def _point(digits: str) -> str:
    """Take the commas out of a number, or read the only one as the decimal point."""
    if "." in digits or re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", digits):
        return digits.replace(",", "")
    return digits.replace(",", ".")


def _alone(rest: str) -> bool:
    """Say whether what follows a number is one unit with digits in it, such as l/100km."""
    if not re.search(r"\d", rest) or re.search(r"['\"′″]\s*\d|\d\s*['\"′″]", rest):
        return False
    try:
        read_unit(rest)
    except UnitError:
        return False
    return True


def _joined(pieces: Sequence[tuple[Fraction, str]], from_unit: str) -> list[Amount]:
    """Give every number its unit, and all the sign of the first."""
    amounts: list[Amount] = []
    before = from_unit if len(pieces) == 1 else ""
    for number, (size, unit) in enumerate(pieces):
        name = unit or (from_unit if len(pieces) == 1 else _below(before))
        if not name:
            field = "from_unit" if len(pieces) == 1 else "value"
            raise UnitError(f"`{field}` names no unit for {_exactly(size)}. Write one, such as km.")
        if number and (size < 0 or amounts[0].number < 0):
            size = -abs(size)
        amounts.append(Amount(size, _unit(name, "value" if unit else "from_unit")))
        before = name
    return amounts


def _below(unit: str) -> str:
    """Return the unit that a number behind another is in: 5 ft 11 has inches."""
    lower = unit.lower()
    return next((_SMALLER[key] for key, names in _NAMES.items() if lower in names), "")


def _unit(text: str, field: str) -> Unit:
    try:
        return read_unit(text)
    except UnitError as error:
        message = str(error)
        if message.startswith("convert knows"):
            raise
        raise UnitError(f"`{field}`: {message}") from error


def _several(text: str) -> list[str]:
    """Split `feet and inches`; a single unit stays whole."""
    parts = re.split(r"\s+and\s+|\s*,\s*(?:and\s+)?|(?<=ft) (?=in)|(?<=lb) (?=oz)|(?<=h) (?=min)",
                     text.strip())  # fmt: skip
    if len(parts) > MOST_PIECES:
        raise UnitError("`to_unit` has too many units. Write one, or two such as feet and inches.")
    return parts


def _fitting(given: Unit, wanted: Unit) -> tuple[Reading, Reading]:
    """Return the first readings of two units that measure the same.

    Raises:
        UnitError: None do; the message says what each measures.
    """
    pairs = [(one, other) for one in given.readings for other in wanted.readings]
    for same in (True, False):
        for one, other in pairs:
            system = one.label.partition(" ")[0] == other.label.partition(" ")[0]
            if (system or not same) and one.root == other.root:
                # A difference of temperatures stays one on the other side.
                return _alike(one, other, given, wanted)
    for one, other in pairs:
        if inverse(one.root, other.root):
            return one, other
    raise UnitError(_misfit(given, wanted))


def _alike(one: Reading, other: Reading, given: Unit, wanted: Unit) -> tuple[Reading, Reading]:
    difference = [_is_difference(unit) for unit in (given, wanted)]
    if any(difference):
        return _without_offset(one), _without_offset(other)
    return one, other


def _is_difference(unit: Unit) -> bool:
    return bool(re.search("difference|delta|change|Δ", unit.written, re.IGNORECASE))


def _without_offset(reading: Reading) -> Reading:
    return Reading(reading.factor, reading.root, reading.label)


def _like(unit: Unit, given: Reading) -> Reading:
    """Return the reading of a further unit of a compound value."""
    for reading in unit.readings:
        if reading.root == given.root:
            return given if reading == given else _same_offset(reading, given)
    raise UnitError(
        f"`value` joins units of different kinds. Write one value, not {unit.written!r} as well."
    )


def _same_offset(reading: Reading, given: Reading) -> Reading:
    return reading if given.offset else _without_offset(reading)


def _misfit(given: Unit, wanted: Unit) -> str:
    (kind, _), (other, _) = (_measures(unit) for unit in (given, wanted))
    examples = _measures(given)[1]
    text = (
        f"{given.written!r} measures {kind or 'something else'} and {wanted.written!r} measures "
        f"{other or 'something else'}, so they cannot be converted into each other."
    )
    if {kind, other} == {"mass", "volume"}:
        return (
            f"{text} It depends on the substance: find its density with web_search, such as "
            "'grams in a cup of flour'."
        )
    return f"{text} `to_unit` could be: {examples}." if examples else text


def _measures(unit: Unit) -> tuple[str, str]:
    kind, examples = quantity_of(unit.readings[0])
    if kind == "area" and "100" in unit.written:
        return "fuel economy", "l/100km, mpg, km/l"
    return kind, examples


def _turned(total: Fraction, given: Reading, wanted: Reading) -> Fraction:
    if given.root == wanted.root:
        return from_root(total, wanted)
    if not total:
        raise UnitError("`value` was 0, and has no inverse. Give another value.")
    return from_root(1 / total, wanted)


def _parted(total: Fraction, targets: Sequence[Unit], first: Reading) -> str:
    """Write a value in whole units of each size and the rest in the last: 5 ft 10.87 in."""
    sign, left = ("-" if total < 0 else ""), abs(total)
    readings = [first, *(_like(unit, first) for unit in targets[1:])]
    parts: list[str] = []
    exact = True
    for number, (unit, reading) in enumerate(zip(targets, readings, strict=True)):
        size = left / reading.factor
        if number < len(targets) - 1:
            parts.append(f"{sign}{int(size)} {unit.written}")
            left -= int(size) * reading.factor
            sign = ""
        else:
            mark, shown = _equals(size, places=2).split(" ")
            exact = mark == "="
            parts.append(f"{shown} {unit.written}")
    return f"{'=' if exact else '≈'} {' '.join(parts)}"


def _remark(
    amounts: Sequence[Amount], target: Unit, total: Fraction, given: Reading, wanted: Reading
) -> str:
    """Say which of several meanings was taken, and what the others would give."""
    taken = " and ".join(dict.fromkeys(filter(None, (given.label, wanted.label))))
    if not taken:
        return ""
    others = []
    for reading in target.readings:
        if reading != wanted and reading.label and reading.root == wanted.root:
            others.append((reading.label, _turned(total, given, reading)))
    if not others and len(amounts) == 1:
        for reading in amounts[0].unit.readings:
            if reading != given and reading.label and reading.root == given.root:
                root = to_root(amounts[0].number, reading)
                others.append((reading.label, _turned(root, reading, wanted)))
    more = "".join(
        f" As {label}: {_equals(value).partition(' ')[2]} {target.written}."
        for label, value in others[:2]
    )
    return f"\n(Taken as {taken}.{more})"


def _spelled(amounts: Sequence[Amount]) -> str:
    parts = []
    for place, one in enumerate(amounts):
        number = _exactly(abs(one.number) if place else one.number)
        parts.append(f"{number}{'' if one.unit.written in _SIGNS else ' '}{one.unit.written}")
    return " ".join(parts)


def _exactly(number: Fraction) -> str:
    return _equals(number, digits=EXACT_DIGITS).partition(" ")[2]


def _equals(value: Fraction, *, digits: int = DIGITS, places: int | None = None) -> str:
    """Write a number with its sign: `= 180.34` where that is all of it, `≈ 6.21371` if not."""
    exact = Context(prec=EXACT_DIGITS + 1).divide(
        Decimal(value.numerator), Decimal(value.denominator)
    )
    if Fraction(exact) == value and len(exact.normalize().as_tuple().digits) <= EXACT_DIGITS:
        return f"= {_plain(exact)}"
    if value.denominator == 1 and abs(value) < 10**18:
        return f"= {value.numerator}"
    whole = max(exact.adjusted() + 1, 0)
    kept = whole + places if places is not None else max(digits, whole + 2)
    return f"≈ {_plain(Context(prec=max(kept, 1)).plus(exact))}"


def _plain(number: Decimal) -> str:
    number = number.normalize(Context(prec=100))
    if -6 <= number.adjusted() <= 17:
        return f"{number:f}"
    return f"{number:e}".replace("e+", "e").replace("E+", "e").replace("E", "e")
