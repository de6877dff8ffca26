"""What a question or a message asks of memory: its words, times, and whether it looks back."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from memory.attributes import Attribute, attribute_of
from memory.calendars import FEASTS, MONTHS, SEASONS, WEEKDAYS
from memory.terms import fold, stems
from memory.times import Time, times_in

_STOPS = {
    "en": (
        "a about above after again all also am an and any are as at be because been before being "
        "between both but by can could d did do does doing done don down during each else ever "
        "every few for from get got had has have having he her here hers him his how i if in into "
        "is it its just ll m may me might mine more most much must my no nor not of off on once "
        "one only or other our ours out over own please re s same shall she should so some such t "
        "than that the their theirs them then there these they this those through to too under "
        "until up us ve very was we were what when where which while who whom whose why will with "
        "would you your yours tell know say said remember"
    ),
    "es": (
        "a al algo como con cual cuales cuando cuanto cuantos de del desde donde el ella en era es "
        "ese esta este esto fue ha hay he la las le lo los mas me mi mis muy no nos o para pero "
        "por que quien se ser si sin sobre son soy su sus te tengo tiene tu un una y ya yo"
    ),
    "de": (
        "aber als am an auch auf aus bei bin bis das dass dem den der des die du ein eine einem "
        "einen einer er es fur hat habe haben ich ihr im in ist ja kein mein meine meinem meinen "
        "meiner mich mir mit nach nicht noch nur oder sein seine sich sie sind so uber um und uns "
        "unser von vor wann war warum was welche welchem welcher welches wenn wer wie wir wird wo "
        "woher wohin zu zum zur"
    ),
    "fr": (
        "a ai au aux avec c ce ces cette comment d dans de des du elle en est et etait il ils j je "
        "l la le les leur m ma mais me mes moi mon n ne nos notre nous on ou par pas pour pourquoi "
        "qu quand que quel quelle quelles quels qui s sa se ses si son sont suis sur t ta te tu un "
        "une vous y"
    ),
    "pt": (
        "a ao aos as com como da das de do dos e ela ele em era essa esse esta este eu foi ha isso "
        "ja mais mas me meu meus minha minhas na nas no nos o onde os ou para pela pelo por qual "
        "quais quando que quem sao se sem ser seu sua sou tem tenho um uma"
    ),
    "it": (
        "a ai al alla che chi ci come con cosa da dal dei del della delle di dove e ed era gli ha "
        "hai ho i il in io l la le lo ma me mi mia mie miei mio nel nella no noi non o per perche "
        "piu quale quali quando quanti quanto se sei si sono su sua suo tra tu un una uno"
    ),
}
_WORDS = {language: frozenset(words.split()) for language, words in _STOPS.items()}
OWN = re.compile(
    r"\b(?:i|i'm|me|my|mine|myself|we|our|ours|us|yo|me|mi|mis|nuestr[oa]s?|ich|mich|mir|"
    r"mein(?:e[mnrs]?)?|wir|uns(?:er\w*)?|je|j'|moi|mon|ma|mes|nous|notre|nos|eu|meus?|minhas?|"
    r"noss[oa]s?|io|mi[oae]|miei|noi|nostr[oaie])\b|\b(?:ho|sono|sou|tenho|tengo|"
    r"soy|vivo|vivía|trabajo|trabajaba|practico|hacía|bebo|moro|morava|trabalho|trabalhava|abito|"
    r"abitavo|faccio|facevo|lavoro|lavoravo|mangio|habito)\b",
    re.IGNORECASE,
)
"""The words with which people speak of themselves, in six languages."""
_SUGGEST = re.compile(
    r"\b(?:suggest|recommend|recommendations?|suggestions?|ideas? for|plan|find me|book me|"
    r"choose|pick|where (?:can|could|should) (?:i|we)|what (?:can|could) (?:i|we)|"
    r"(?:what|which|who)\b.{0,30}\bshould (?:i|we)|"
    r"help me (?:find|choose|plan|decide)|any (?:good|nice|tips)|gift|present for|recomiénda\w*|"
    r"recomienda\w*|sugiere|empfiehl|empfehlung|schlag\w* .{0,20}vor|propose|recommande|"
    r"sugere|recomenda|consigli\w*|suggerisci)\b",
    re.IGNORECASE,
)
# What is asked of the place where the user is, without a word of him.
_AT_HOME = re.compile(r"\b(?:weather|forecast|nearby|near me|around here|wetter)\b", re.IGNORECASE)
_BACK = re.compile(
    r"\b(?:before|used to|use to|previous(?:ly)?|formerly?|earlier|at first|originally|back then|"
    r"in the past|until then|no longer|ex|old (?:job|address|home|place|name|number|boss|"
    r"employer|phone|car)|last (?:job|employer|address|home|car|name|boss|flat|apartment)|"
    r"antes|anterior(?:mente)?|anteriores|früher|frühere[nrs]?|vorher|damals|vorherige[nrs]?|"
    r"ehemalige[nrs]?|avant|auparavant|autrefois|ancien(?:ne)?s?|précédent(?:e)?s?|"
    r"anteriormente|prima|precedente|in passato|una volta)\b",
    re.IGNORECASE,
)
_WAS = re.compile(
    r"\b(?:did|was|were|had|wasn't|weren't|hadn't|have (?:i|we) (?:ever )?\w+(?:ed|en)|"
    r"fui|era|vivía|trabajaba|hatte|hieß|wohnte|war|étais|était|avais|faisais|habitais|"
    r"morava|trabalhava|ero|avevo|abitavo|lavoravo)\b",
    re.IGNORECASE,
)
_NEEDS = (
    (
        r"restaurants?|cook\w*|recipes?|dinner|lunch|breakfast|brunch|meals?|menu|snacks?|eat|food|"
        r"cafes?|bakery|restaurantes?|receta\w*|cena\w*|comida|kochen|essen|rezept\w*|abendessen|"
        r"recettes?|cuisiner|manger|diner|receita\w*|jantar|ricett\w*|mangiare|ristorant\w*",
        ("diet", "allergy", "eats"),
    ),
    (
        r"restaurants?|cafes?|nearby|near me|around here|weather|forecast|day trips?|weekend|"
        r"tonight|flights?|trains?|commute|gym|doctor|dentist|concerts?|museums?|restaurantes?|"
        r"wetter|meteo|clima|tempo|ristorant\w*|hotels?|trip|travel|holidays?|vacation",
        ("home", "address"),
    ),
    (r"flights?|trips?|travel|holidays?|vacation|hotels?|family", ("children", "partner")),
    (r"jobs?|career|cv|resume|cover letter|interview", ("job", "employer", "studies")),
    (r"clothes|shoes|jacket|trousers|outfit|dress|size", ("size", "height")),
    (r"workout|training plan|exercise|diet plan|calories", ("weight", "height", "age", "allergy")),
)
_TOPICS = tuple((re.compile(rf"\b(?:{words})\b"), names) for words, names in _NEEDS)
_ASKS = re.compile(
    r"\?|¿|^\W*(?:wh(?:at|o|om|ose|ich|en|ere|y)|how|do|does|did|is|are|was|were|have|has|can|"
    r"could|should|would|will|remind|tell|show|list|give|find|help|suggest|recommend|plan|book)\b",
    re.IGNORECASE,
)
SHORT = 6
"""Words up to which any question of the user's about himself may ask for a fact."""
_FACT = re.compile(
    r"^\W*(?:(?:and|so|but|ok|hey|remind me|tell me|do you (?:know|remember)),? )?(?:"
    r"wh(?:at|o|om|ose|ich|en|ere)(?:['’]?s)?|how (?:many|much|old|long|tall|often|far|big)|"
    r"qué|quién|dónde|cuándo|cuál|cuánt\w+|cómo se llama\w*|wo|wer|wie (?:heißt|viele?|alt)|"
    r"was|wann|welche\w*|où|qui|quel\w*|combien|comment s'appelle|onde|quem|qual|quant\w+|"
    r"quando|dove|chi|quale|come si chiama)\b",
    re.IGNORECASE,
)
# "How do I …" asks what to do, and "what should I …" for advice, not for what is known.
_ADVICE = re.compile(
    r"\b(?:how|what|where|when|which|who) (?:\w+ )?(?:do|can|could|should|would|might|must|shall) "
    r"(?:i|we) (?!(?:live|work|like|love|prefer|eat|drink|drive|own|have|play|speak|take|pay|weigh|"
    r"use|go by|call|study|teach|train|see|earn|rent|report|wear|hate|avoid|get paid)\b)|"
    r"\bshould i\b|\bcan (?:i|we|you)\b|\bcould you\b|\bwould you\b|\bhelp me\b",
    re.IGNORECASE,
)
# To whom an answer is given says nothing of what it is about.
_REQUEST = re.compile(
    r"\b(?:give|tell|show|send|write|teach|read|let|get|bring|make|explain to|dime|dame|cuéntame|"
    r"(?:gib|sag|zeig|erklär\w*|nenn\w*) mir|(?:donne|dis|montre)[- ]moi|dammi|dimmi)\b(?: me\b)?|"
    r"\b(?:can|could) (?:i|we) (?:have|get|see)\b|\blet['’]?s\b",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<=\w[\s,'’])\s*([A-ZÀ-ÖØ-Þ]\w+)")
_DEFINITE = re.compile(
    r"\b(?:the|this|that|these|those|our|der|die|das|dem|den|el|la|los|las|le|les|o|os|as|il|lo|"
    r"gli|i)\b",
    re.IGNORECASE,
)
_DATES = (MONTHS, SEASONS, WEEKDAYS, FEASTS)
_DUTY = r"(?:did|does|do|is|are|was|were|has|have|had|will|would|can|could|should)"


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of memory.

    Args:
        text: The message, in which the user's own name is `I`, as records say it.
        words: The words that carry its meaning.
        stems: The stems of these words, each once.
        times: The expressions of time in it.
        only_time: Whether nothing but a time tells what is meant, as in "what did I do today?".
        names: The words with a capital that is not the first one's.
        definite: Whether it asks for something definite, such as "the router".
        personal: Whether it speaks of the user.
        asks: Whether it asks or orders something, rather than tell it.
        fact: Whether it asks for something of the user's own that he may have told.
        suggests: Whether it asks for a suggestion, which tastes and circumstances are good for.
        asked: The property that it asks for.
        needs: Properties of the user that what it asks for has to respect, such as a diet.
        back: Whether it asks how things were before: what no longer holds is wanted first.
        past: Whether it is in the past tense: what no longer holds may be meant.
    """

    text: str
    words: str
    stems: tuple[str, ...]
    times: tuple[Time, ...]
    only_time: bool
    names: frozenset[str]
    definite: bool
    personal: bool
    asks: bool
    fact: bool
    suggests: bool
    asked: Attribute | None
    needs: tuple[str, ...]
    back: bool
    past: bool


def read(text: str, now: float, names: Collection[str] = ()) -> Query:
    """Read a message.

    Args:
        text: The message.
        now: When it was written, in seconds since the epoch.
        names: The user's own names.
    """
    own = own_words(text, names)
    times = tuple(times_in(own, now, ahead=None))
    bare = own
    for one in reversed(times):
        bare = f"{bare[: one.start]} {bare[one.end :]}"
    kept = content(bare)
    said = [word for one in times for word in fold(one.words).split() if _dated(word)]
    # "Where did I live before?" names no time, "before 2024" does and may mean either.
    asked = attribute_of(text)
    back = bool(_BACK.search(bare)) or bool(asked and asked.past)
    suggests = bool(_SUGGEST.search(own))
    return Query(
        text=own,
        words=" ".join([*kept, *said]),
        stems=tuple(dict.fromkeys(stem for word in [*kept, *said] for stem in stems(word))),
        times=times,
        only_time=bool(times) and not kept,
        names=frozenset(_CAPITAL.findall(bare)) - {"I"},
        definite=bool(_DEFINITE.search(own)),
        personal=bool(OWN.search(_REQUEST.sub(" ", own))),
        asks=bool(_ASKS.search(own)),
        fact=_asks_for_fact(own),
        suggests=suggests,
        asked=asked,
        needs=_needs(own) if suggests or _AT_HOME.search(own) else (),
        back=back,
        past=back or bool(_WAS.search(own)) or any(one.until <= now for one in times),
    )


def _asks_for_fact(text: str) -> bool:
    asks = bool(_FACT.search(text)) or ("?" in text and len(text.split()) <= SHORT)
    return asks and bool(OWN.search(text)) and not _ADVICE.search(text)


def content(text: str) -> list[str]:
    """Return the words that carry a text's meaning, folded, in their order."""
    words = fold(text).split()
    stops = _stops(words)
    return [word for word in words if word not in stops]


@cache
def _dated(word: str) -> bool:
    """Tell whether a word of a time is found in what was said of it, as "May" is and "last" not."""
    return word.isdigit() or any(word in map(fold, names) for names in _DATES)


def own_words(text: str, names: Collection[str]) -> str:
    """Return a text in which the user's name gives way to the words that records say it with."""
    for name in names:
        if len(name) < 2 or name.lower() not in text.lower():
            continue
        it = re.escape(name)
        text = re.sub(rf"\b{it}['’]s\b", "my", text, flags=re.IGNORECASE)
        text = re.sub(rf"\b({_DUTY}) {it}\b", r"\1 I", text, flags=re.IGNORECASE)
        text = re.sub(rf"\b{it}\b", "I", text, flags=re.IGNORECASE)
    return text


def _needs(text: str) -> tuple[str, ...]:
    plain = fold(text)
    found = (name for topic, names in _TOPICS if topic.search(plain) for name in names)
    return tuple(dict.fromkeys(found))


def _stops(words: list[str]) -> frozenset[str]:
    """Return the function words of the language that a text has most of; English if in doubt."""
    counts = {name: sum(word in stops for word in words) for name, stops in _WORDS.items()}
    best = max(counts, key=lambda name: (counts[name], name == "en"))
    return _WORDS[best]
