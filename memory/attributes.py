"""Properties that statements tell and questions ask: home, job, diet, a favourite colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from memory.flat import flat, listed, stem
from memory.people import RELATIONS
from memory.properties_life import LIFE
from memory.properties_self import SELF
from memory.property import PAST, Property


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property that a text tells or asks.

    Args:
        name: Its name, such as `home` or `favourite:colour`; `rent` where it is one of the user's
            own words.
        value: The value that a statement gives it; empty for a question, or where it is unclear.
        single: Whether a subject has one value of it at a time.
        past: Whether the text is about the past.
        kind: What kind of record a statement of it is.
        importance: How much it matters, 0 to 1.
    """

    name: str
    value: str = ""
    single: bool = True
    past: bool = False
    kind: str = "fact"
    importance: float = 0.5


RELATED: dict[str, frozenset[str]] = {
    "home": frozenset({"address"}),
    "address": frozenset({"home"}),
    "job": frozenset({"employer", "work"}),
    "employer": frozenset({"job"}),
    "work": frozenset({"job", "employer"}),
    "diet": frozenset({"allergy", "eats"}),
    "allergy": frozenset({"diet"}),
    "eats": frozenset({"diet"}),
    "partner": frozenset({"name"}),
    "name": frozenset({"pet", "partner"}),
    "pet": frozenset({"name"}),
    "birthday": frozenset({"age"}),
    "age": frozenset({"birthday"}),
    "studies": frozenset({"school"}),
    "school": frozenset({"studies"}),
}
"""Attributes whose records often answer a question for another one."""
PROPERTIES = (*SELF, *LIFE)
_BY_NAME = {one.name: one for one in PROPERTIES}
_QUESTION = re.compile(r"\?\s*$")
_FAVOURITE = re.compile(
    r"\b(?:favou?rite|fave?|lieblings-?|preferid[oa]|favorit[oae]|prefere[e]?|preferit[oa])\s*"
    r"(?P<thing>[a-z]+(?: [a-z]+)?)"
)
_FAVOURITE_AFTER = re.compile(
    r"\b(?:mi|meu|minha|mon|ma|mio|mia|il mio|la mia) (?P<thing>[a-z]+) "
    r"(?:favorit[oae]|preferid[oa]|preferee?|preferit[oa])\b"
)
_LIKE_BEST = re.compile(
    r"\b(?:the )?(?P<thing>[a-z]+) (?:that |do )?i (?:like|love|enjoy) (?:best|most)\b"
)
_BEFORE = re.compile(
    r"(?P<thing>[a-z]+) (?:is|was|are|were)? ?(?:my |mi )?(?:preferid|favou?rit|preferit|prefere)"
)
_FAVOURITE_VALUE = (
    re.compile(
        r"(?:favou?rite|\bfave?\b|preferid[oa]|favorit[oae]|preferee?|preferit[oa]|like best|like "
        r"most)"
        r"[\w -]*? (?:is|are|was|ist|es|est|e|era|would be)(?: now)? (?P<v>.+)"
    ),
    re.compile(r"(?:lieblings)[\w -]*? (?:ist|sind) (?P<v>.+)"),
    re.compile(
        r"(?:^|[,;:] )(?P<v>[\w' -]+?) (?:is|are|ist|es) (?:now )?(?:my|our|mein\w*|mi) (?:favou?r|"
        r"liebl)"
    ),
)
_OPEN = re.compile(
    r"\b(?:my|our|the|his|her|their|mein\w*|unser\w*|mi|nuestr[oa]|mon|ma|notre|(?:a |o )?(?:meu|"
    r"minha)"
    r"|(?:il |la )?(?:mio|mia)) (?P<thing>(?:(?!is |are |and |was |my |our )[\w'-]+ ){0,3}?[\w'-]+)"
    r"(?: (?:that|which) [\w ]{2,30}?)?"
    r"(?:'s| is| are| was| ist| sind| es| est| e| runs| costs| says| starts at| opens at| closes "
    r"at|"
    r" heisst| se llama| s'appelle| si chiama| se chama| kostet| cuesta)"
    r"(?: (?:now|always|usually|actually|currently|called|named|still|jetzt|ahora|agora|toda|at|on|"
    r"the|in))* (?P<v>.+)"
)
_ASKED_OPEN = re.compile(
    r"^(?:so |and )?(?:who|what|when|which|how (?:much|many|long|old|big))(?:'s|'re)? ?"
    r"(?:(?:is|are|was|were|did|does|do)\b)?.*?\b(?:my|our|the|his|her|(?P<of>\w+)'s) "
    r"(?P<thing>[\w' -]+?)"
    r"(?: (?:open|close|cost|start|'s|called|named|before|now|again|at first|previously|these days|"
    r"at the moment)\b.*)?\??$"
)
_WHO_IS = re.compile(
    r"^who(?:'s| is| was| are) (?:my|our) (?:[\w-]+ ){0,2}?[\w-]+(?: (?:now|before|"
    r"previously))?\s*\?*$|"
    r"\bwho (?:did|do) i report to\b"
)
_PRONOUN = re.compile(r"(?i)^(?:me|it|this|that|you|there|here)$")
_TAIL = re.compile(
    r"\s*(?:[,:](?!\d)|[;!?()]|(?<!\bdr)(?<!\bst)(?<!\bmr)(?<!\bmrs)\.(?!\d)|--|\b(?:since|because|"
    r"btw|lol|for|(?<=\w )from|now|these days|at the moment|nowadays|as of|until|"
    r"anymore|any more|again|already|today|yesterday|this (?:week|month|year|summer|spring)|last|"
    r"though|lately|so|but|which|who|where|with (?:my|his|her|a)|jetzt|seit|depuis|desde|da quando|"
    r"after|before|when|while|and (?:i|my|we|he|she|it|now|feel|drown\w*|need|love|just|"
    r"still))\b).*$"
)


def attribute_of(text: str) -> Attribute | None:
    """Return the property that a statement tells or a question asks.

    Args:
        text: A clause or a question, in any of six languages.

    Returns:
        The property, or None where it is none that is known and not one of "my …".
    """
    plain = flat(text).strip()
    past = bool(PAST.search(plain))
    if found := _favourite(text, plain, past):
        return found
    if _WHO_IS.search(plain):
        return Attribute("name", "", True, past, "relation", 0.6)
    asked = bool(_QUESTION.search(plain)) or bool(
        re.match(r"(?:what|where|who|how|which)\b", plain)
    )
    for one in PROPERTIES:
        if asked and (match := one.asks.search(plain)):
            return _of_thing(_attribute(one, "", past), _THING_ASKED, plain)
        if not asked and (match := _told(one, plain)):
            told = _attribute(one, value_in(text, plain, match), past)
            return _of_thing(told, _THING_TOLD, plain)
    return _asked_open(plain, past) if asked else _open(text, plain, past)


_THING_TOLD = re.compile(
    r"\b(?:my|our|the|his|her) (?:[\w-]+ ){0,3}?(?P<thing>[\w-]+)(?: (?:is|are|was)|'s) [\w "
    r",]{0,40}?"
    r"(?:called|named)\b|\b(?:named|renamed) (?:my|our|the) (?P<thing2>\w+)|"
    r"\b(?:title|name) for (?:my|our|the) (?P<thing3>\w+)"
)
_THING_ASKED = re.compile(
    r"\b(?:name of|called|is|was|call|comment s'appel\w+|heis+t|chiama) (?:my|our|the|\w+'s|notre|"
    r"mein\w*|mio) "
    r"(?:[\w-]+ ){0,2}?(?P<thing>[\w-]+?)(?P<thing2>)(?P<thing3>)(?:'s (?:full |new )?name| called|"
    r" named|"
    r"\s*\?|\s*$| before)"
)


def _of_thing(told: Attribute, pattern: re.Pattern[str], plain: str) -> Attribute:
    """Tell the name of a thing of the user's from that of a person."""
    found = pattern.search(plain) if told.name == "name" else None
    thing = found and (found["thing"] or found["thing2"] or found["thing3"])
    if not thing or thing in RELATIONS or thing == "name" or thing.endswith("name"):
        return told
    return replace(told, name=f"name:{stem(thing)}")


def related(name: str) -> frozenset[str]:
    """Return attributes whose records may answer a question for one, itself left out."""
    return RELATED.get(name, frozenset())


def known_by_name(name: str) -> bool:
    """Tell whether an attribute is of the closed list, rather than made of the user's words."""
    return name.partition(":")[0] in _BY_NAME or name.startswith("favourite:")


def single(name: str) -> bool:
    """Tell whether a subject has one value of an attribute at a time."""
    known = _BY_NAME.get(name)
    return known.single if known else True


def value_in(text: str, plain: str, match: re.Match[str]) -> str:
    """Cut the value that a pattern found out of the text, without what only follows it."""
    groups = match.groupdict()
    group = next((name for name in ("v", "v2", "v3") if groups.get(name)), "")
    if not group:
        return ""
    start, end = match.span(group)
    value = plain[start:end]
    cut = value if "@" in value else _TAIL.sub("", value)
    kept = text[start : start + len(cut)] if cut.strip() else text[start:end]
    value = kept.strip(" ,.;:!?\"'")
    return "" if _PRONOUN.match(value) else value


def _told(one: Property, plain: str) -> re.Match[str] | None:
    found: Sequence[re.Match[str]] = [m for tell in one.tells if (m := tell.search(plain))]
    return found[0] if found else None


def _attribute(one: Property, value: str, past: bool) -> Attribute:
    return Attribute(one.name, value, one.single, past, one.kind, one.importance)


def _favourite(text: str, plain: str, past: bool) -> Attribute | None:
    found = None
    for pattern in (_FAVOURITE, _FAVOURITE_AFTER, _LIKE_BEST):
        found = found or pattern.search(plain)
    if not found:
        return None
    first, _, second = found["thing"].partition(" ")
    if re.fullmatch(r"antes|before|previously|now|are|is|e|es|ist|was|these", first):
        found2 = _BEFORE.search(plain)
        first, second = (found2["thing"], "") if found2 else (first, "")
    plural = {"colors": "colour", "color": "colour", "colours": "colour"}
    thing = plural.get(first, first)
    if second and second not in ("is", "are", "was", "ist", "es", "e", "est", "these", "now", "of"):
        thing = first if first in ("colour", "color") else f"{first} {second}"
    told = next((m for one in _FAVOURITE_VALUE if (m := one.search(plain))), None)
    value = value_in(text, plain, told) if told else ""
    name = f"favourite:{stem(thing.split()[0]) if second else stem(thing)}"
    return Attribute(name, value, True, past, "preference", 0.5)


def _open(text: str, plain: str, past: bool) -> Attribute | None:
    found = _OPEN.search(plain)
    if not found or found.start() > 40:
        return None
    return Attribute(_open_name(found["thing"]), value_in(text, plain, found), True, past)


def _asked_open(plain: str, past: bool) -> Attribute | None:
    found = _ASKED_OPEN.search(plain)
    return Attribute(_open_name(found["thing"]), "", True, past) if found else None


_LOOSE = listed(
    """
    old new own first previous current former last little big whole the best little of on in
    for full official long usual weekly daily actual s a that name date number time day amount
    de da do del della du di
    """
)


def _open_name(thing: str) -> str:
    """Name an open attribute by its nouns, as in `kitchen budget`."""
    kept = [stem(word) for word in re.findall(r"\w+", thing) if word not in _LOOSE]
    return " ".join(sorted(kept)) or "name"
