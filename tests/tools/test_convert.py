"""Conversion of units: exact numbers, plain words for what does not fit, nothing evaluated."""

from __future__ import annotations

import subprocess
import sys
import time
from fractions import Fraction

import pytest

from tools.convert import answer, convert_tool
from tools.declared import declared
from tools.invoke import invoke
from tools.units import UnitError


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "line"),
    [
        ("5 ft 11 in", "", "cm", "5 ft 11 in = 180.34 cm"),
        ("5'11\"", "", "cm", "5' 11\" = 180.34 cm"),
        ("5 feet and 11 inches", "", "cm", "5 feet 11 inches = 180.34 cm"),
        ("6 ft 2", "", "m", "6 ft 2 in = 1.8796 m"),
        ("-5 ft 3 in", "", "cm", "-5 ft 3 in = -160.02 cm"),
        ("11 st 4", "", "kg", "11 st 4 lb = 71.66759446 kg"),
        ("1 h 30", "", "min", "1 h 30 min = 90 min"),
        ("180", "cm", "feet and inches", "180 cm ≈ 5 feet 10.87 inches"),
        ("-180", "cm", "ft, in", "-180 cm ≈ -5 ft 10.87 in"),
        ("72 inches", "", "ft in", "72 inches = 6 ft 0 in"),
        ("26.2", "miles", "km", "26.2 miles = 42.1648128 km"),
        ("10", "km", "mi", "10 km ≈ 6.21371 mi"),
        ("1,234,567", "m", "ft", "1234567 m ≈ 4050416.67 ft"),
        ("1,5", "kg", "g", "1.5 kg = 1500 g"),
        ("1,500", "m", "km", "1500 m = 1.5 km"),
        ("1/3", "yard", "inches", "0.333333333333 yard = 12 inches"),
        ("1½", "hours", "minutes", "1.5 hours = 90 minutes"),
        ("2 1/2", "days", "hours", "2.5 days = 60 hours"),
        ("1.5e3", "m", "km", "1500 m = 1.5 km"),
        ("0", "m", "ft", "0 m = 0 ft"),
        ("1", "light year", "km", "1 light year ≈ 9460730472581 km"),
        ("3", "acres", "hectares", "3 acres = 1.21405692672 hectares"),
        ("1", "m²", "sq ft", "1 m² ≈ 10.7639 sq ft"),
        ("1", "cubic foot", "liters", "1 cubic foot = 28.316846592 liters"),
        ("100", "km per hour", "m/s", "100 km per hour ≈ 27.7778 m/s"),
        ("25", "mph", "knots", "25 mph ≈ 21.7244 knots"),
        ("1", "atm", "psi", "1 atm ≈ 14.6959 psi"),
        ("9.81", "m/s^2", "ft per second squared", "9.81 m/s^2 ≈ 32.185 ft per second squared"),
        ("1", "kWh", "MJ", "1 kWh = 3.6 MJ"),
        ("250", "Cal", "kJ", "250 Cal = 1046 kJ"),
        ("180", "degrees", "turns", "180 degrees = 0.5 turns"),
        ("50", "lb", "kilograms", "50 lb = 22.6796185 kilograms"),
    ],
)
def test_units_are_converted(value: str, from_unit: str, to_unit: str, line: str) -> None:
    assert answer(value, from_unit, to_unit) == line


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "line"),
    [
        ("72", "F", "C", "72 F ≈ 22.2222 C"),
        ("98.6 °F", "", "celsius", "98.6 °F = 37 celsius"),
        ("-40", "degrees celsius", "fahrenheit", "-40 degrees celsius = -40 fahrenheit"),
        ("20", "℃", "K", "20 ℃ = 293.15 K"),
        ("0", "K", "°F", "0 K = -459.67 °F"),
        ("10", "celsius difference", "°F", "10 celsius difference = 18 °F"),
        ("9", "°F", "difference in celsius", "9 °F = 5 difference in celsius"),
        ("5", "°C/min", "°F/min", "5 °C/min = 9 °F/min"),
    ],
)
def test_temperatures_and_their_differences(
    value: str, from_unit: str, to_unit: str, line: str
) -> None:
    assert answer(value, from_unit, to_unit) == line


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "line"),
    [
        ("1", "GB", "MB", "1 GB = 1000 MB"),
        ("1", "gb", "GiB", "1 gb ≈ 0.931323 GiB"),
        ("1", "kB", "bytes", "1 kB = 1000 bytes"),
        ("8", "Gb", "GB", "8 Gb = 1 GB"),
        ("100", "Mbps", "MB/s", "100 Mbps = 12.5 MB/s"),
        ("1", "KiB", "bits", "1 KiB = 8192 bits"),
    ],
)
def test_sizes_of_data(value: str, from_unit: str, to_unit: str, line: str) -> None:
    assert answer(value, from_unit, to_unit) == line


def test_inverse_units_are_turned_over() -> None:
    assert answer("8", "l/100km", "km/l") == "8 l/100km = 12.5 km/l"
    assert answer("5", "min/km", "km/h") == "5 min/km = 12 km/h"
    assert answer("60", "rpm", "Hz").startswith("60 rpm = 1 Hz")
    with pytest.raises(UnitError, match="has no inverse"):
        answer("0", "mpg", "l/100km")


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "text"),
    [
        ("1", "gallon", "l", "1 gallon = 3.785411784 l\n"
         "(Taken as US gallon. As imperial gallon: 4.54609 l.)"),
        ("7 l/100km", "", "mpg", "7 l/100km ≈ 33.6021 mpg\n"
         "(Taken as US gallon. As imperial gallon: 40.3544 mpg.)"),
        ("2", "cups", "ml", "2 cups = 473.176473 ml\n"
         "(Taken as US cup. As imperial cup: 568.26125 ml. As metric cup: 500 ml.)"),
        ("1", "ton", "kg", "1 ton = 907.18474 kg\n"
         "(Taken as US short ton. As metric ton: 1000 kg. As imperial long ton: "
         "1016.0469088 kg.)"),
        ("8", "oz", "ml", "8 oz = 236.5882365 ml\n"
         "(Taken as US fluid ounce. As imperial fluid ounce: 227.3045 ml.)"),
        ("8", "oz", "g", "8 oz = 226.796185 g"),
        ("10", "imperial gallons", "l", "10 imperial gallons = 45.4609 l"),
        ("16", "tbsp", "US cups", "16 tbsp = 1 US cups"),
        ("1", "tonne", "lbs", "1 tonne ≈ 2204.62 lbs"),
    ],
)  # fmt: skip
def test_a_unit_with_several_meanings_is_explained(
    value: str, from_unit: str, to_unit: str, text: str
) -> None:
    assert answer(value, from_unit, to_unit) == text


@pytest.mark.parametrize(
    ("value", "from_unit", "to_unit", "message"),
    [
        ("100", "USD", "EUR", "no exchange rates, because they change all the time. Use web_s"),
        ("$100", "", "euros", "no exchange rates"),
        ("5", "dollars per gallon", "euros per liter", "no exchange rates"),
        ("5", "km", "kg", "'km' measures length and 'kg' measures mass, so they cannot be conv"),
        ("5", "km", "kg", "`to_unit` could be: mm, cm, m, km, inch, foot, yard, mile."),
        ("2", "cups", "grams", "depends on the substance"),
        ("7", "l/100km", "kg", "'l/100km' measures fuel economy"),
        ("1", "GB", "radians", "measures data and 'radians' measures angle"),
        ("1", "m", "kilometr", "`to_unit`: 'kilometr' is no known unit. Did you mean kilometer?"),
        ("1", "galons", "l", "`from_unit`: 'galons' is no known unit. Did you mean gallons"),
        ("1", "llamas", "dogs", "`from_unit`: 'llamas' is no known unit"),
        ("3", "dB", "m", "`from_unit`: 'dB' counts on a logarithmic scale"),
        ("1", "m", "", "`to_unit`: the unit is empty"),
        ("1", "", "km", "`from_unit` names no unit for 1"),
        ("-300", "C", "F", "`value` was -300 C, which is below absolute zero"),
        ("-1", "K", "C", "below absolute zero"),
        ("abc", "m", "km", "`value` was 'abc'. Write a number, such as 72 or 5 ft 11 in."),
        ("", "m", "km", "`value` is empty"),
        ("1 2", "m", "km", "`value` has two numbers"),
        ("1/0", "m", "km", "`value` divides by zero"),
        ("5 ft 3 kg", "", "cm", "`value` joins units of different kinds"),
        ("nan", "m", "km", "`value` was 'nan'"),
        ("-inf", "m", "km", "`value` was '-inf'"),
        ("9" * 81, "m", "km", "`value` is too long"),
        ("1", "m" * 61, "km", "is too long for a unit"),
    ],
)
def test_what_cannot_be_converted_is_said(
    value: str, from_unit: str, to_unit: str, message: str
) -> None:
    with pytest.raises(UnitError) as caught:
        answer(value, from_unit, to_unit)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


HUGE = (
    ("1e9999", "m", "km"),
    ("1e999999999999999999", "m", "km"),
    ("9" * 70, "m", "km"),
    ("1" + "/1" * 30, "m", "km"),
    ("1", "m**999999999", "km"),
    ("1", "m^-99999999999999999999", "km"),
    ("1", "m**2**2**2**99", "km"),
    ("1", "m" + "*m" * 29, "km"),
    ("1", "m/" * 29 + "m", "km"),
    ("1", "(" * 30 + "m", "km"),
    ("1", "cup*cup*cup*cup*cup*cup", "km"),
    ("1", "gallon^6/gallon^6", "km"),
    ("1", "1000000 m", "km"),
    ("1 " * 39, "m", "km"),
    ("1m" * 39, "", "km"),
    ("1", "yottayottayottameter", "km"),
    ("1", "__import__('os').system('ls')", "km"),
    ("__import__('os')", "m", "km"),
    ("1", "lambda: 1", "km"),
    ("1", "m", " and ".join(["m"] * 15)),
    ("1 m " * 1_000_000, "m", "km"),
    ("1", "m" * 1_000_000, "km"),
    ("1", "m", "m*" * 500_000),
)


@pytest.mark.parametrize("arguments", HUGE, ids=lambda given: ascii(given)[:50])
def test_what_would_take_long_or_be_evaluated_is_refused_at_once(
    arguments: tuple[str, str, str],
) -> None:
    answer("1", "m", "km")  # the registry is there
    started = time.perf_counter()
    with pytest.raises(UnitError):
        answer(*arguments)
    assert time.perf_counter() - started < 1.5


UNITS = {
    "length": ("mm", "km", "inch", "furlong", "nautical mile", "light year"),
    "mass": ("mg", "stone", "tonne", "troy ounce"),
    "time": ("ms", "fortnight", "century"),
    "pressure": ("Pa", "bar", "mmHg", "inHg"),
    "temperature": ("°C", "°F", "K", "°R"),
}


@pytest.mark.parametrize("kind", UNITS)
def test_there_and_back_gives_the_same(kind: str) -> None:
    from tools.units import from_root, read_unit, to_root

    readings = [read_unit(name).readings[0] for name in UNITS[kind]]
    for one in readings:
        for other in readings:
            there = from_root(to_root(Fraction(123, 7), one), other)
            assert from_root(to_root(there, other), one) == Fraction(123, 7)


async def test_the_tool_answers_and_says_what_was_wrong() -> None:
    tool = convert_tool()
    good = {"value": 10, "from_unit": "km", "to_unit": "m"}
    assert (await invoke(tool, {**good, "value": "10"}, "c", seconds=20)).output == (
        "10 km = 10000 m"
    )
    assert "`to_unit` is missing" in (await invoke(tool, {"value": "1"}, "c", seconds=5)).error
    assert (
        "no exchange rates"
        in (
            await invoke(tool, {"value": "1", "from_unit": "€", "to_unit": "$"}, "c", seconds=5)
        ).error
    )
    assert (declared(tool).risk, declared(tool).output) == ("reads", "trusted")


def test_the_registry_is_not_loaded_before_it_is_used() -> None:
    code = (
        "import sys; from tools.convert import convert_tool; convert_tool();"
        "print('pint' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
