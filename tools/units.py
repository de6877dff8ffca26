"""Reads units as people write them, and converts exactly with pint's definitions.

pint's own parser is never given what a model wrote: a unit is split here into names and small
whole exponents, and only names are looked up.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from itertools import islice, product
from typing import Any

from tools.unit_names import (
    EXACT,
    FAHRENHEIT,
    MEANINGS,
    MONEY,
    MONEY_SIGNS,
    OFFSET,
    QUANTITIES,
    Meaning,
)

UNIT_CHARS = 60
MOST_FACTORS = 6
MOST_POWER = 6
MOST_READINGS = 8
LOCK = threading.RLock()
"""Held while the registry is used, which makes no promise about threads."""

_PREPARED = ((r"\*\*", "^"), (r"[·×⋅]", "*"), ("²", "^2"), ("³", "^3"), (r"\s+", " "))
_FACTOR = re.compile(
    r"(?P<word>(?:square|sq\.?|cubic|cu\.?) )?(?P<name>[^\d^*/]+?)"
    r"(?P<after> squared| cubed| ?\^ ?[+-]?\d{1,40}|(?<=\w)[23])?",
    re.IGNORECASE,
)
_DATA = re.compile(r"([kmgtp])(i?)b(?:ps|/s)?", re.IGNORECASE)
_PREFIXES = {"k": "kilo", "m": "mega", "g": "giga", "t": "tera", "p": "peta"}
_BINARY = {"k": "kibi", "m": "mebi", "g": "gibi", "t": "tebi", "p": "pebi"}
_POWERS = {"squared": 2, "cubed": 3}
_SHORT_PLURAL = re.compile(r"(?:k|c|m|d)?(?:g|m|l|w|hz)s", re.IGNORECASE)
_LOGARITHMIC = re.compile("bel|neper")
_DIFFERENCE = re.compile(r"\b(?:difference|differences|delta|change)\b|^Δ", re.IGNORECASE)


class UnitError(ValueError):
    """Say what is wrong with a unit or a number, and what would be right."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a unit.

    Args:
        factor: How many root units one of it is; exact where its definition is.
        root: pint's root units with their exponents.
        label: What tells it from other readings; may be empty.
        offset: The temperature scale, where it is one whose zero is not the absolute one.
    """

    factor: Fraction
    root: frozenset[tuple[str, Fraction]]
    label: str = ""
    offset: str = ""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as it was written, with what it can mean, the likeliest first."""

    written: str
    readings: tuple[Reading, ...]


@cache
def registry() -> Any:
    """Return pint's registry, with exact numbers; the first call takes a second."""
    import pint

    return pint.UnitRegistry(non_int_type=Fraction)


def read_unit(text: str) -> Unit:
    """Read a unit such as `km/h`, `square feet`, `l/100km` or `degrees Fahrenheit`.

    Raises:
        UnitError: It is unknown, is money, or is no unit.
    """
    if len(text) > UNIT_CHARS:
        raise UnitError(f"{text[:40]!r}… is too long for a unit. Write one unit, such as km/h.")
    written = " ".join(text.split())
    tidy = _tidy(written)
    if not tidy:
        raise UnitError("the unit is empty. Write one, such as km or pound.")
    if _is_money(tidy):
        raise UnitError(
            "convert knows no exchange rates, because they change all the time. Use web_search, "
            "such as 'USD to EUR exchange rate'."
        )
    difference = bool(_DIFFERENCE.search(tidy))
    if difference:
        tidy = " ".join(_DIFFERENCE.sub(" ", tidy).replace(" in ", " ").split())
        tidy = re.sub(r"^(?:of|temperature)\s+|\s+of$", "", tidy)
    meanings = _whole(tidy) or _factors(tidy)
    readings = [_reading(one, difference=difference) for one in meanings]
    return Unit(written, tuple(readings))


def _tidy(text: str) -> str:
    for pattern, plain in _PREPARED:
        text = re.sub(pattern, plain, text)
    return unicodedata.normalize("NFKC", text).strip(" .")


def _is_money(text: str) -> bool:
    return any(sign in text for sign in MONEY_SIGNS) or any(
        word in MONEY for word in re.findall(r"[a-z]+", text.lower())
    )


def _whole(text: str) -> tuple[Meaning, ...]:
    """Look a whole phrase up; nothing where it is not in the table."""
    if text in EXACT:
        return (Meaning(EXACT[text]),)
    return MEANINGS.get(text.lower(), ())


def _factors(text: str) -> list[Meaning]:
    """Split a unit into its factors, and join what each can mean."""
    over = re.split(r" ?/ ?| per ", text)
    pieces = [(piece, number > 0) for number, part in enumerate(over) for piece in part.split("*")]
    if len(pieces) > MOST_FACTORS:
        raise UnitError(f"{text!r} has too many parts. Write a simpler unit, such as km/h.")
    several = [_factor(piece.strip(), below=below) for piece, below in pieces]
    return [
        Meaning("".join(one.formula for one in choice), " and ".join(filter(None, (
            one.label for one in choice))))
        for choice in islice(product(*several), MOST_READINGS)
    ]  # fmt: skip


def _factor(text: str, *, below: bool) -> list[Meaning]:
    """Return what one factor can mean, as formulas that start with `*` or `/`."""
    sign = "/" if below else "*"
    scale = re.match(r"(\d{1,6}) ?(?=\D)", text) if below else None
    bare = text[scale.end() :] if scale else text
    before = f"/{scale[1]}" if scale else ""
    if found := _whole(bare) or _data(bare):
        return [Meaning(before + _signed(one.formula, sign, 1), one.label) for one in found]
    parts = _FACTOR.fullmatch(bare)
    if not parts:
        raise UnitError(f"{bare[:40]!r} is no unit. {_advice(bare)}")
    power = _power(parts["word"] or "", parts["after"] or "")
    name = parts["name"].strip()
    meanings = _whole(name) or _data(name) or (Meaning(_known(name)),)
    return [Meaning(before + _signed(one.formula, sign, power), one.label) for one in meanings]


def _power(word: str, after: str) -> int:
    power = {"s": 2, "c": 3}.get(word[:1].lower(), 1)
    tail = after.strip(" ^").lower()
    if tail:
        power *= _POWERS.get(tail) or int(tail)
    if not 0 < abs(power) <= MOST_POWER:
        raise UnitError(f"the exponent {power} is too large: {MOST_POWER} is the most.")
    return power


def _signed(formula: str, sign: str, power: int) -> str:
    """Multiply or divide by a formula, so many times."""
    if power < 0:
        sign, power = ("*" if sign == "/" else "/"), -power
    if sign == "/":
        flipped = formula.translate(str.maketrans("*/", "/*"))
        return f"/{flipped}" * power
    return f"*{formula}" * power


def _data(name: str) -> tuple[Meaning, ...]:
    """Read kB, MB, Gb, mb: b is a bit only behind a capital prefix or in Kb."""
    found = _DATA.fullmatch(name)
    if not found:
        return ()
    prefix, binary = found[1], found[2]
    bits = "b" in name[len(prefix) :] and prefix.isupper()
    table = _BINARY if binary else _PREFIXES
    rate = "/second" if name.lower().endswith(("ps", "/s")) else ""
    bits = bits or (bool(rate) and name.lower().endswith("ps") and "B" not in name)
    return (Meaning(f"{table[prefix.lower()]}{'bit' if bits else 'byte'}{rate}"),)


def _known(name: str) -> str:
    """Return a name that pint knows for the one that was written.

    Raises:
        UnitError: There is none.
    """
    for spelled in dict.fromkeys((name, name.lower(), name.replace(" ", "_").lower())):
        for tried in (spelled, spelled.removesuffix("s")):
            if tried != spelled and (found := _whole(tried)) and len(found) == 1:
                return found[0].formula
            if _accepts(tried, plain=tried == spelled or bool(_SHORT_PLURAL.fullmatch(spelled))):
                return tried
    raise UnitError(f"{name[:40]!r} is no known unit. {_advice(name)}")


def _accepts(name: str, *, plain: bool) -> bool:
    """Say whether pint knows a name in earnest: as a word or a symbol, not by chance."""
    if not re.fullmatch(r"[^\W\d]\w*", name):
        return False
    for prefix, unit, suffix in registry().parse_unit_name(name):
        if _LOGARITHMIC.search(unit):
            raise UnitError(f"{name!r} counts on a logarithmic scale, which cannot be converted.")
        # `pas` would be picoyears: a plural of a symbol is none.
        if name == f"{prefix}{unit}{suffix}" or (plain and not suffix):
            return True
    return False


def _advice(name: str) -> str:
    wanted = name.strip().lower()
    long = [one for one in dir(registry()) if len(one) > 3 and one.isascii()]
    names = [one for one in (*MEANINGS, *long) if not one.startswith("_")]
    close = get_close_matches(wanted, names, n=3, cutoff=0.7)
    hint = f"Did you mean {' or '.join(one.replace('_', ' ') for one in close)}? " if close else ""
    return f"{hint}Write a unit's English name or symbol, such as km, pound or square foot."


def _reading(meaning: Meaning, *, difference: bool) -> Reading:
    """Work out what a formula is in root units."""
    scale, names = Fraction(1), Counter[str]()
    for sign, part in re.findall(r"([*/]*)([^*/]+)", meaning.formula):
        power = -1 if sign.endswith("/") else 1
        if part[0].isdigit():
            scale *= Fraction(part) ** power
        else:
            names[part] += power
    sole = next(iter(names)) if sum(map(abs, names.values())) == 1 else ""
    factor, root = _root(names)
    offset = sole if sole in OFFSET and names[sole] == 1 and not difference else ""
    return Reading(factor * scale, root, meaning.label, offset)


def _root(names: Mapping[str, int]) -> tuple[Fraction, frozenset[tuple[str, Fraction]]]:
    from pint.errors import PintError

    pint = registry()
    factor, exponents = Fraction(1), dict[str, Fraction]()
    try:
        for name, power in names.items():
            # A scale with an offset counts as a difference where it is a part of something.
            plain = f"delta_{name}" if name in OFFSET else name
            part, unit = pint.get_root_units(plain)
            factor *= Fraction(part) ** power
            for one, exponent in unit._units.items():
                exponents[str(one)] = (
                    exponents.get(str(one), Fraction(0)) + Fraction(exponent) * power
                )
    except (PintError, ArithmeticError, TypeError, ValueError) as error:
        raise UnitError(f"{name[:40]!r} cannot be converted.") from error
    return factor, frozenset((one, many) for one, many in exponents.items() if many)


def quantity_of(reading: Reading) -> tuple[str, str]:
    """Name the kind of quantity that a unit measures, and units of that kind."""
    for name, formula, examples in QUANTITIES:
        if _example(formula) == reading.root:
            return name, examples
    return "", ""


@cache
def _example(formula: str) -> frozenset[tuple[str, Fraction]]:
    return _reading(Meaning(formula), difference=True).root


def inverse(one: Iterable[tuple[str, Fraction]], other: frozenset[tuple[str, Fraction]]) -> bool:
    """Say whether two kinds are each other's inverse, as l/100km and mpg are."""
    return frozenset((name, -many) for name, many in one) == other != frozenset()


def to_root(amount: Fraction, reading: Reading) -> Fraction:
    """Turn an amount into root units; of a temperature, into kelvin."""
    if not reading.offset:
        return amount * reading.factor
    if reading.offset == FAHRENHEIT:
        amount = (amount - 32) * Fraction(5, 9)
    return amount + Fraction("273.15")


def from_root(amount: Fraction, reading: Reading) -> Fraction:
    """Turn an amount in root units into a unit."""
    if not reading.offset:
        return amount / reading.factor
    celsius = amount - Fraction("273.15")
    return celsius * Fraction(9, 5) + 32 if reading.offset == FAHRENHEIT else celsius
