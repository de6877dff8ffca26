"""How long an answer of the search engines stays good, by the kind of question."""

from __future__ import annotations

import re

from tools.search.engine import Query
from tools.settings import SearchSettings

# Words of questions whose answer changes from hour to hour, in some languages.
_NOW = (
    "today tonight tomorrow yesterday now current currently latest newest breaking live news "
    "headline headlines price prices cost stock stocks quote rate score scores result results "
    "weather forecast temperature traffic schedule standings election status outage "
    "heute morgen gestern jetzt aktuell aktuelle neueste nachrichten preis kurs wetter ergebnis "
    "hoy mañana ayer ahora actual últimas noticias precio cotización clima tiempo resultado "
    "aujourd demain hier maintenant actualités prix cours météo résultat "
    "hoje amanhã ontem agora notícias preço cotação previsão oggi domani ieri adesso notizie prezzo"
)
_PASSING = frozenset(_NOW.split())
_WORD = re.compile(r"[^\W\d_]+")
HOUR = 3600.0
DAY = 24 * HOUR


def lifetime(query: Query, settings: SearchSettings) -> float:
    """Return for how many seconds a kept answer is as good as a new one."""
    soon = settings.fresh_minutes * 60
    if query.kind == "news" or query.time_range == "day":
        return soon
    if _PASSING.intersection(_WORD.findall(query.text.lower())):
        return soon
    facts = settings.fresh_days * DAY
    if query.time_range == "week":
        return min(facts, HOUR)
    if query.time_range == "month":
        return min(facts, 6 * HOUR)
    return facts


def span(seconds: float) -> str:
    """Say a length of time in words, such as `3 hours`."""
    for size, name in ((DAY, "day"), (HOUR, "hour"), (60.0, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {name}" if number == 1 else f"{number} {name}s"
    return "less than a minute"
