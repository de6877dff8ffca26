"""Days, months, seasons and years as periods, and the words for them in six languages.

The languages are English, Spanish, German, French, Portuguese and Italian.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

Period = tuple[date, date]
"""Days from the first to the one behind the last."""


def _table(*rows: str) -> dict[str, int]:
    """Number the rows from 1 on; each has the words for one thing, with bars between them."""
    return {word: at for at, row in enumerate(rows, start=1) for word in row.split("|")}


MONTHS = _table(
    "january|jan|enero|januar|jänner|janvier|janeiro|gennaio",
    "february|feb|febrero|februar|février|fevereiro|febbraio",
    "march|mar|marzo|märz|mars|março",
    "april|apr|abril|avril|aprile",
    "may|mayo|mai|maio|maggio",
    "june|jun|junio|juni|juin|junho|giugno",
    "july|jul|julio|juli|juillet|julho|luglio",
    "august|aug|agosto|août",
    "september|sept|sep|septiembre|setiembre|septembre|setembro|settembre",
    "october|oct|octubre|oktober|octobre|outubro|ottobre",
    "november|nov|noviembre|novembre|novembro",
    "december|dec|diciembre|dezember|décembre|dezembro|dicembre",
)
# Monday is 0, as `date.weekday` counts.
WEEKDAYS = {
    word: at - 1
    for word, at in _table(
        "monday|lunes|montag|lundi|segunda-feira|lunedì",
        "tuesday|martes|dienstag|mardi|terça-feira|martedì",
        "wednesday|miércoles|mittwoch|mercredi|quarta-feira|mercoledì",
        "thursday|jueves|donnerstag|jeudi|quinta-feira|giovedì",
        "friday|viernes|freitag|vendredi|sexta-feira|venerdì",
        "saturday|sábado|samstag|samedi|sabato",
        "sunday|domingo|sonntag|dimanche|domenica",
    ).items()
}
# By the month in which they begin.
SEASONS = {
    **dict.fromkeys(("spring", "primavera", "frühling", "frühjahr", "printemps"), 3),
    **dict.fromkeys(("summer", "verano", "sommer", "été", "verão", "estate"), 6),
    **dict.fromkeys(("autumn", "fall", "otoño", "herbst", "automne", "outono", "autunno"), 9),
    **dict.fromkeys(("winter", "invierno", "hiver", "inverno"), 12),
}
_UNIT_WORDS = {
    "day": "day|days|día|días|dia|dias|tag|tage|tagen|jour|jours|giorno|giorni",
    "week": (
        "week|weeks|semana|semanas|woche|wochen|semaine|semaines|settimana|settimane|fortnight"
    ),
    "month": "month|months|mes|meses|monat|monate|monaten|mois|mês|mese|mesi",
    "year": ("year|years|año|años|jahr|jahre|jahren|an|ans|année|années|ano|anos|anno|anni"),
}
UNITS = {word: unit for unit, words in _UNIT_WORDS.items() for word in words.split("|")}
NUMBERS = {
    **_table(
        "one|a|an|un|una|uno|ein|eine|einem|einer|une|um|uma",
        "two|a couple of|a couple|dos|zwei|deux|dois|duas|due",
        "three|a few|few|unos|unas|ein paar|quelques|alguns|algumas|qualche|tres|drei|trois|três"
        "|tre|several",
        "four|cuatro|vier|quatre|quatro|quattro",
        "five|cinco|fünf|cinq|cinque",
        "six|seis|sechs|sei",
        "seven|siete|sieben|sept|sete|sette",
        "eight|ocho|acht|huit|oito|otto",
        "nine|nueve|neun|neuf|nove",
        "ten|diez|zehn|dix|dez|dieci",
        "eleven|once|elf|onze|undici",
        "twelve|doce|zwölf|douze|doze|dodici",
    ),
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
_DATED = {
    "christmas": ((12, 24), 3),
    "christmas eve": ((12, 24), 1),
    "new year's eve": ((12, 31), 1),
    "new year's day": ((1, 1), 1),
    "new year's": ((12, 31), 2),
    "halloween": ((10, 31), 1),
    "valentine's day": ((2, 14), 1),
    "navidad": ((12, 24), 3),
    "weihnachten": ((12, 24), 3),
    "noël": ((12, 24), 3),
    "natal": ((12, 24), 3),
    "natale": ((12, 24), 3),
}
FEASTS: Mapping[str, tuple[tuple[int, int], int]] = _DATED
"""Feasts by name: month and day of the first day, and how many days they last."""
_WORDS = {
    "last": "last|past|letzten|letzte|letztes|letzter|letztem|vorigen|voriges|vergangenen",
    "this": (
        "this|este|esta|diesen|diese|dieses|diesem|cet|cette|ce|neste|nesta|questo|questa|quest'"
    ),
    "next": "next|nächsten|nächste|nächstes|nächster|kommenden|kommendes|the coming|coming",
    "last behind": "pasado|pasada|dernier|dernière|passado|passada|scorso|scorsa",
    "next behind": ("que viene|próximo|próxima|prochain|prochaine|que vem|prossimo|prossima"),
    "since": "since|ever since|desde|seit|depuis|dal|dalla|starting|as of|ab",
    "after": "after|después de|nach|après|depois de|dopo",
    "before": "before|prior to|antes de|vor|avant|prima di|prima del",
    "until": "until|till|up to|by|through|hasta|bis|jusqu'en|jusqu'à|até|fino a|fino al",
    "in": (
        "in|on|during|over|around|at|of|for|en|im|am|em|no|na|nel|nell'|durante|während|pendant"
        "|early in|late in|back in"
    ),
    "from": "from|between|de|desde|von|zwischen|entre|du|dal|tra|fra",
    "to": "to|and|until|till|through|a|hasta|y|bis|und|à|au|et|até|e|al",
    "on": "on|am|el|on a",
    "ago": "hace|vor|il y a|há|faz",
    "ago behind": "ago|atrás|fa|back|earlier",
    "hence": "in|dentro de|en|dans|daqui a|tra|fra",
    "past": (
        "in the last|in the past|over the last|over the past|the last|the past|for the last"
        "|for the past|los últimos|las últimas|die letzten|in den letzten|les derniers"
        "|nos últimos|nas últimas|negli ultimi|nelle ultime"
    ),
    "lately": (
        "recently|lately|últimamente|recientemente|neulich|kürzlich|récemment|ultimamente"
        "|recentemente|these days"
    ),
    "day -2": "the day before yesterday|anteayer|vorgestern|avant-hier|anteontem|l'altro ieri",
    "day -1": (
        "yesterday|last night|yesterday evening|yesterday morning|ayer|anoche|gestern|hier soir"
        "|hier matin|ontem|ieri"
    ),
    "day 0": (
        "today|tonight|this morning|this afternoon|this evening|hoy|esta noche|heute|aujourd'hui"
        "|ce soir|hoje|oggi|stasera"
    ),
    "day 1": "tomorrow|tomorrow morning|tomorrow evening|mañana|morgen|demain|amanhã|domani",
    "day 2": "the day after tomorrow|pasado mañana|übermorgen|après-demain|depois de amanhã",
}
LANGUAGES: dict[str, Sequence[str]] = {name: row.split("|") for name, row in _WORDS.items()}
LANGUAGES["placed"] = list(
    dict.fromkeys(
        word
        for name in ("in", "since", "after", "before", "until", "from", "to")
        for word in LANGUAGES[name]
    )
)
AHEAD = re.compile(
    r"\b(?:will|'ll|’ll|going to|gonna|about to|planning|plan|plans|planned|next|upcoming|soon"
    r"|getting married|moving|starting|hope|hoping|want to|intend|appointment|deadline|due|is on"
    r"|are on|need to|have to|has to|voy a|vamos a|werde|werden"
    r"|vais|allons|vou|vamos)\b",
    re.IGNORECASE,
)
"""What tells that a time without a year is one to come."""


def day(one: date) -> Period:
    """Return a day."""
    return one, one + timedelta(days=1)


def week(within: date) -> Period:
    """Return the week that a day is in."""
    first = within - timedelta(days=within.weekday())
    return first, first + timedelta(days=7)


def weekend(within: date) -> Period:
    """Return Saturday and Sunday of the week that a day is in."""
    first, behind = week(within)
    return first + timedelta(days=5), behind


def month(of: int, number: int) -> Period:
    """Return a month of a year, from 1 to 12."""
    return date(of, number, 1), date(of + number // 12, number % 12 + 1, 1)


def month_after(one: date, months: int) -> tuple[int, int]:
    """Return the year and the month so many months after a day."""
    at = one.year * 12 + one.month - 1 + months
    return at // 12, at % 12 + 1


def season(of: int, begins: int) -> Period:
    """Return a season of a year; a winter begins in its year's December."""
    first = date(of, begins, 1)
    return first, date(*month_after(first, 3), 1)


def year(number: int) -> Period:
    """Return a year."""
    return date(number, 1, 1), date(number + 1, 1, 1)


def unit_of(unit: str, steps: int, today: date) -> Period:
    """Return the day, week, month or year so many units from today; a week is seven days round."""
    if unit == "day":
        return day(today + timedelta(days=steps))
    if unit == "week":
        middle = today + timedelta(days=7 * steps)
        return middle - timedelta(days=3), middle + timedelta(days=4)
    if unit == "month":
        return month(*month_after(today, steps))
    return year(max(1, today.year + steps))
