"""What people call units, and which of pint's units they may mean by it.

Where a name has several meanings, the first that fits the other side of a conversion is taken, and
the others that fit are told.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a name can mean.

    Args:
        formula: Units of pint, joined by `*` and `/`.
        label: What tells it from the other meanings; empty where nothing needs to.
    """

    formula: str
    label: str = ""


def _liquid(name: str) -> tuple[Meaning, ...]:
    plain = name.replace("_", " ")
    return Meaning(name, f"US {plain}"), Meaning(f"imperial_{name}", f"imperial {plain}")


_FLUID = _liquid("fluid_ounce")
_GALLON = _liquid("gallon")
_MPG = (
    Meaning("mile/gallon", "US gallon"),
    Meaning("mile/imperial_gallon", "imperial gallon"),
)
_TON = (
    Meaning("ton", "US short ton"),
    Meaning("metric_ton", "metric ton"),
    Meaning("long_ton", "imperial long ton"),
)
_CUP = (*_liquid("cup"), Meaning("0.25*liter", "metric cup"))

CELSIUS, FAHRENHEIT = "degree_Celsius", "degree_Fahrenheit"
OFFSET = (CELSIUS, FAHRENHEIT)
"""Scales whose zero is not the absolute one."""

_SEVERAL: dict[str, tuple[Meaning, ...]] = {
    "gallon gallons gal gals": _GALLON,
    "quart quarts qt qts": _liquid("quart"),
    "pint pints pt": _liquid("pint"),
    "cup cups": _CUP,
    "gill gills": _liquid("gill"),
    "fluid ounce|fluid ounces|fl oz|fl. oz|floz|fl.oz.": _FLUID,
    "ounce ounces oz": (Meaning("ounce"), *_FLUID),
    "pound pounds lb lbs": (Meaning("pound"), Meaning("force_pound", "pound of force")),
    "mpg|miles per gallon|mile per gallon|mi/gal|miles/gallon": _MPG,
    "ton tons": _TON,
    "rpm": (Meaning("revolution/minute"), Meaning("1/minute", "cycles a minute")),
    "hundredweight cwt": (
        Meaning("hundredweight", "US hundredweight"),
        Meaning("long_hundredweight", "imperial hundredweight"),
    ),
    "horsepower hp bhp": (
        Meaning("horsepower", "mechanical horsepower"),
        Meaning("metric_horsepower", "metric horsepower"),
    ),
}
_ONE = {
    "us gallon|us gallons|us gal|gallon us|gallons us|liquid gallon": "gallon",
    "imperial gallon|imperial gallons|uk gallon|uk gallons|imp gal|gallon uk|gallon imperial": (
        "imperial_gallon"
    ),
    "us quart|us quarts": "quart",
    "imperial quart|uk quart|imperial quarts": "imperial_quart",
    "us pint|us pints": "pint",
    "imperial pint|uk pint|imperial pints|uk pints": "imperial_pint",
    "us cup|us cups": "cup",
    "imperial cup|uk cup|imperial cups": "imperial_cup",
    "metric cup|metric cups": "0.25*liter",
    "us fluid ounce|us fluid ounces|us fl oz": "fluid_ounce",
    "imperial fluid ounce|imperial fluid ounces|uk fluid ounce|uk fl oz|imperial fl oz": (
        "imperial_fluid_ounce"
    ),
    "us mpg|mpg us|mpg (us)": "mile/gallon",
    "uk mpg|imperial mpg|mpg uk|mpg imperial|mpg (uk)|mpg (imperial)": "mile/imperial_gallon",
    "us ton|us tons|short ton|short tons": "ton",
    "long ton|long tons|imperial ton|imperial tons|uk ton": "long_ton",
    "tonne|tonnes|metric ton|metric tons|t": "metric_ton",
    "tablespoon|tablespoons|tbsp|tbsps|tbs": "tablespoon",
    "teaspoon|teaspoons|tsp|tsps": "teaspoon",
    "metric tablespoon|metric tablespoons": "15*milliliter",
    "metric teaspoon|metric teaspoons": "5*milliliter",
    "cc|ccm|cubic centimetre|cubic centimeter": "milliliter",
    "c|°c|celsius|centigrade|degree celsius|degrees celsius|deg c|degc|degrees c|degree c": CELSIUS,
    "f|°f|fahrenheit|degree fahrenheit|degrees fahrenheit|deg f|degf|degrees f|degree f": (
        FAHRENHEIT
    ),
    "k|kelvin|kelvins|°k|degrees kelvin|degree kelvin": "kelvin",
    "°r|rankine|degrees rankine": "degree_Rankine",
    "'|′|ft|foot|feet": "foot",
    '"|″|in|inch|inches|ins': "inch",
    "yard|yards|yd|yds": "yard",
    "mi|mile|miles|statute mile|statute miles": "mile",
    "nautical mile|nautical miles|nmi|sea mile|sea miles": "nautical_mile",
    "light year|light years|ly|lightyear|lightyears|light-year|light-years": "light_year",
    "astronomical unit|astronomical units|au": "astronomical_unit",
    "stone|stones|st": "stone",
    "troy ounce|troy ounces|ozt": "troy_ounce",
    "carat|carats|ct": "carat",
    "sec|secs|second|seconds": "second",
    "min|mins|minute|minutes": "minute",
    "hr|hrs|h|hour|hours": "hour",
    "d|day|days": "day",
    "wk|wks|week|weeks": "week",
    "mo|mos|month|months": "month",
    "yr|yrs|year|years": "year",
    "century|centuries": "century",
    "mph|miles per hour|mile per hour": "mile/hour",
    "kph|kmh|km/h|kilometers per hour|kilometres per hour": "kilometer/hour",
    "mps|meters per second|metres per second": "meter/second",
    "fps|feet per second": "foot/second",
    "kt|kts|kn|knot|knots": "knot",
    "l/100km|l/100 km|liters per 100 km|litres per 100 km|liter per 100 km": (
        "liter/100/kilometer"
    ),
    "kpl|km/l": "kilometer/liter",
    "°|deg|degs|degree|degrees": "degree",
    "cal": "calorie",
    "kcal|food calorie|food calories|large calorie": "kilocalorie",
    "btu|btus": "Btu",
    "kwh|kilowatt hour|kilowatt hours|kilowatt-hour|kilowatt-hours": "kilowatt*hour",
    "mwh|megawatt hour|megawatt hours": "megawatt*hour",
    "wh|watt hour|watt hours": "watt*hour",
    "lbf|pound force|pounds force|pound-force": "force_pound",
    "psi|pounds per square inch|pound per square inch": "pound_force_per_square_inch",
    "mbar|millibar|millibars": "millibar",
    "mmhg": "millimeter_Hg",
    "inhg": "inch_Hg",
    "ft lb|ft-lb|ft·lb|ft lbs|foot pound|foot pounds|foot-pound|foot-pounds|ft lbf": (
        "foot*force_pound"
    ),
    "sqm": "meter*meter",
    "sqft": "foot*foot",
    "sqkm": "kilometer*kilometer",
    "sqmi": "mile*mile",
    "ha|hectare|hectares": "hectare",
    # Of the international yard; pint's own are of the survey foot, which is out of use.
    "acre|acres|ac": "4840*yard*yard",
    "furlong|furlongs": "220*yard",
    "newton meter|newton meters|newton metre|newton metres": "newton*meter",
    "bps": "bit/second",
    "kbps": "kilobit/second",
    "mbps": "megabit/second",
    "gbps": "gigabit/second",
    "micron|microns": "micrometer",
    "lightsecond|light second|light seconds": "light_second",
    "dozen|dozens": "12",
    "%|percent|per cent": "percent",
    "metric horsepower|ps": "metric_horsepower",
}
EXACT = {"Cal": "kilocalorie", "Cals": "kilocalorie"}
"""Names whose case says what they mean."""

MEANINGS: dict[str, tuple[Meaning, ...]] = {
    name: meanings
    for names, meanings in (
        *_SEVERAL.items(),
        *((names, (Meaning(formula),)) for names, formula in _ONE.items()),
    )
    for name in names.split("|" if "|" in names else None)
}

_MONEY = (
    "usd eur gbp jpy cny chf cad aud nzd inr brl mxn pen ars clp cop sek nok dkk pln czk huf try "
    "rub zar krw sgd hkd thb idr php ils btc eth usdt dollar dollars euro euros yen yuan renminbi "
    "rupee rupees peso pesos sol soles franc francs krona kronor krone kroner zloty ruble rubles "
    "rouble roubles rand won baht lira reais bitcoin bitcoins ethereum cent cents penny pence "
    "sterling quid bucks"
)
MONEY = frozenset(_MONEY.split())
MONEY_SIGNS = "$€£¥₹₽₩₿"

QUANTITIES: tuple[tuple[str, str, str], ...] = (
    ("length", "meter", "mm, cm, m, km, inch, foot, yard, mile"),
    ("mass", "gram", "g, kg, tonne, ounce, pound, stone"),
    ("time", "second", "second, minute, hour, day, week, month, year"),
    ("temperature", "kelvin", "°C, °F, K"),
    ("area", "meter*meter", "square meter, hectare, square foot, acre, square mile"),
    ("volume", "liter", "ml, liter, cubic meter, teaspoon, tablespoon, cup, pint, gallon"),
    ("speed", "meter/second", "m/s, km/h, mph, knot"),
    ("pace", "second/meter", "minute per km, minute per mile"),
    ("fuel economy", "kilometer/liter", "l/100km, mpg, km/l"),
    ("fuel economy", "liter/kilometer", "l/100km, mpg, km/l"),
    ("acceleration", "meter/second/second", "m/s^2, standard_gravity"),
    ("force", "newton", "newton, pound-force, kilogram_force"),
    ("pressure", "pascal", "pascal, bar, psi, atmosphere, mmHg"),
    ("energy", "joule", "joule, kcal, kWh, BTU"),
    ("power", "watt", "watt, kW, horsepower"),
    ("density", "gram/liter", "g/cm^3, kg/m^3, pound per cubic foot"),
    ("data", "byte", "bit, byte, kB, MB, GB, TB, MiB, GiB"),
    ("data rate", "byte/second", "Mbps, MB/s, GB/hour"),
    ("angle", "radian", "degree, radian, arcminute, turn"),
    ("frequency", "hertz", "Hz, kHz, MHz"),
    ("rotation", "radian/second", "rpm, degree per second"),
    ("electric current", "ampere", "A, mA"),
    ("voltage", "volt", "V, mV, kV"),
    ("flow", "liter/second", "liter per minute, gallon per minute, m^3/h"),
    ("a plain number", "percent", "percent, dozen"),
)
"""Kinds of quantity: name, a unit of it, units to choose from."""
