"""Tells whether the user's own words account for a call: for its values, and for the deed.

It looks at words, numbers and dates alone. Where it is not sure it says no, and the user is asked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tools.deeds import COUNTS, DEEDS, DENIES, DOES, MONTHS, READS, REFERS, SMALL, stem, words_of
from tools.hidden import visible

_PART = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"(?<![\w.,])[-+]?\d[\d.,' ]*(?:[kKmM](?![\w])|%)?")
_EXACT = re.compile(r"[@/\\:]|\.\w")
_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}):(\d{2})(?::\d{2})?.*)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::\d{2})?")
_URL = re.compile(r"(?:[a-z]+://|www\.)\S+")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)'[^']*'(?!\w)")
_CLAUSE = re.compile(
    r"[,;!?\n]+|[.:](?=\s|$)|(?<!\w)(?:and|then|but|und|dann|aber|y|luego|pero|et|puis|mais)(?!\w)"
)
_AGAIN = re.compile(
    r"(?<!\w)(?:yes|yep|ok|okay|sure|please do|go ahead|do it|do that|same|again|also|too|as well|"
    r"another|one more|instead|ja|sí|si|vale|oui|noch|auch|también|aussi)(?!\w)"
)
_RELATIVE = re.compile(
    r"(?<!\w)(?:today|tonight|tomorrow|now|next|this|coming|in an?|in \d+|hours?|days?|weeks?|"
    r"months?|mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|"
    r"sat(?:urday)?|sun(?:day)?|morning|afternoon|evening|noon|midnight|heute|morgen|hoy|mañana|"
    r"demain|aujourd'hui)(?!\w)"
)

LONG = 8
"""Characters of a value from which on it may be written with spaces or signs in between."""


def plain(text: str) -> str:
    """Return a text in one form: without invisible characters, case and kinds of quotes."""
    text = unicodedata.normalize("NFKC", visible(text)).casefold()
    return " ".join(re.sub("[‘’´`]", "'", text).split())


def spaced(text: str) -> str:
    """Return the words of a text with one space on each side."""
    return f" {' '.join(_PART.findall(text))} "


@dataclass(frozen=True)
class Wish:
    """What the user has said.

    Args:
        own: All of the user's words.
        asked: Those that the running turn rests on, the latest last.
    """

    own: str
    asked: tuple[str, ...] = ()
    _known: dict[str, bool] = field(default_factory=dict, compare=False)

    @cached_property
    def _plain(self) -> str:
        return plain(self.own)

    @cached_property
    def _spaced(self) -> str:
        return spaced(self._plain)

    @cached_property
    def _squeezed(self) -> str:
        return self._spaced.replace(" ", "")

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, _PART.findall(self._plain)))

    @cached_property
    def _numbers(self) -> frozenset[float]:
        found = {number for text in _NUMBER.findall(self._plain) for number in numbers(text)}
        found |= {COUNTS[word] for word in _PART.findall(self._plain) if word in COUNTS}
        return frozenset(found)

    def holds(self, value: str, name: str = "") -> bool:
        """Say whether the user's words hold a value, in whatever form.

        Args:
            value: The value as text.
            name: The argument's name; a number is compared more strictly where it is an `id`.
        """
        key = f"{name}\0{value}"
        if key not in self._known:
            self._known[key] = self._holds(plain(value), name)
        return self._known[key]

    def _holds(self, value: str, name: str) -> bool:
        if not _PART.search(value):
            return True
        if (number := _number(value)) is not None:
            common = number in (0, 1) and "id" not in words_of(name)
            return common or number in self._numbers or self._has(value)
        if self._dated(value) or self._has(value):
            return True
        if " " not in value:
            return value.isalpha() and stem(value) in self._stems and len(value) > 3
        return all(
            self._has_word(word)
            for word in re.split(r"[\s,;!?()\"“”]+|[.:](?=\s|$)", value)
            if word
        )

    def _has_word(self, word: str) -> bool:
        bare = word.strip("'.-*#_")
        if not _PART.search(bare) or bare in SMALL:
            return True
        if (number := _number(bare)) is not None:
            return number in self._numbers or self._has(bare)
        return self._has(bare) or (bare.isalpha() and stem(bare) in self._stems)

    def _has(self, value: str) -> bool:
        """Say whether a value stands there, however its parts are set apart."""
        if _EXACT.search(value):
            whole = re.escape(value.rstrip("/."))
            return bool(re.search(rf"(?<![\w@./+-]){whole}(?:/?)(?![\w@/+-]|\.\w)", self._plain))
        if spaced(value) in self._spaced:
            return True
        squeezed = spaced(value).replace(" ", "")
        return (
            len(squeezed) >= LONG and any(map(str.isdigit, squeezed)) and squeezed in self._squeezed
        )

    def _dated(self, value: str) -> bool:
        """Say whether a date or a time of day is one that the user has named in other words."""
        if found := _DATE.fullmatch(value):
            _, month, day, hour, minute = found.groups()
            named = re.search(rf"(?<!\w){MONTHS[(int(month) - 1) % 12]}", self._plain)
            same = float(day) in self._numbers or f"{int(day)}th" in self._plain
            numeric = re.search(rf"(?<!\d)0?{int(day)}\s?[./-]\s?0?{int(month)}", self._plain)
            other = re.search(rf"(?<!\d)0?{int(month)}\s?[./-]\s?0?{int(day)}", self._plain)
            that = bool((named and same) or numeric or other or self._relative)
            return that and (hour is None or self._timed(int(hour), int(minute)))
        if found := _TIME.fullmatch(value):
            return self._timed(int(found[1]), int(found[2]))
        return False

    @property
    def _relative(self) -> bool:
        return bool(self.asked and _RELATIVE.search(_URL.sub(" ", plain(self.asked[-1]))))

    def _timed(self, hour: int, minute: int) -> bool:
        hours = rf"(?<!\d)0?(?:{hour}|{hour % 12 or 12})"
        if minute:
            half = minute == 30 and "half" in self._plain
            return half or bool(re.search(rf"{hours}\s?[:.h]\s?{minute:02d}(?!\d)", self._plain))
        named = {0: "midnight", 12: "noon"}.get(hour, "\0") in self._plain
        return not hour or named or bool(re.search(rf"{hours}(?!\d)", self._plain))

    def asks_for(self, name: str, values: Iterable[str]) -> bool:
        """Say whether the user asked for what a tool does, and with these values.

        Args:
            name: The tool's name.
            values: What it would be given.
        """
        words = [word for word in words_of(name) if len(word) >= 2]
        verb = next((word for word in words if stem(word) in DOES), "")
        given = list(values)
        if not verb or not given:
            rest = [word for word in words if word not in SMALL or word == "all"]
            if not all(self._names(word) for word in rest if word != verb):
                return False
        if not verb:
            return True
        meant = frozenset[str]().union(*(deed for deed in DEEDS if stem(verb) in deed))
        allowing = [clause for clause in self._clauses() if clause.asks(meant)]
        return bool(allowing) and all(self._meant(value, allowing) for value in given)

    def _names(self, word: str) -> bool:
        alike = {"all": ("all", "every", "everyth", "whole", "alle", "todo", "tout")}
        return any(stem(one) in self._stems for one in alike.get(word, (word,)))

    def _meant(self, value: str, allowing: Sequence[Clause]) -> bool:
        """Say whether a value belongs to the deed, where the running turn speaks of the value."""
        flat = spaced(plain(value))
        if _number(plain(value)) is not None or len(flat.split()) > 3:
            return True
        if any(one.names(flat) or one.refers for one in allowing):
            return True
        if any(flat in spaced(plain(text)) for text in self.asked):
            return False
        return any(one.hints_at(flat) for one in allowing) or not self._has(plain(value))

    def _clauses(self) -> Iterable[Clause]:
        """Yield the parts of what the turn rests on; one without a verb goes on with the last."""
        verbs: tuple[str, ...] = ()
        for text in self.asked or (self.own,):
            whole = _QUOTED.sub(lambda quote: _CLAUSE.sub(" ", quote[0]), plain(text))
            for part in _CLAUSE.split(whole):
                clause = _clause(part, verbs)
                if clause is not None:
                    verbs = clause.verbs
                    yield clause


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence.

    Args:
        text: Its words.
        verbs: The stems of the verbs that it asks with.
        refers: Whether it refers to something that was said elsewhere.
    """

    text: str
    verbs: tuple[str, ...]
    refers: bool

    def asks(self, meant: frozenset[str]) -> bool:
        """Say whether it asks for a deed that one of some stems names."""
        return any(verb in meant for verb in self.verbs)

    def names(self, value: str) -> bool:
        """Say whether it holds a value, however its parts are set apart."""
        squeezed = value.replace(" ", "")
        apart = len(squeezed) >= LONG and squeezed in self.text.replace(" ", "")
        return value in self.text or apart

    def hints_at(self, value: str) -> bool:
        """Say whether it holds a part of a value, as it does with Bob for his address."""
        parts = value.split()[:-1] or value.split()
        return any(f" {part} " in self.text for part in parts if len(part) >= 3)


def _clause(text: str, before: tuple[str, ...]) -> Clause | None:
    words = re.findall(r"[\w']+", text)
    if not words:
        return None
    found = [
        (stem(word), bool(DENIES & set(words[max(0, at - 3) : at])))
        for at, word in enumerate(words)
        if stem(word) in DOES or (stem(word) in READS)
    ]
    if found and found[0][0] in READS and found[0][0] not in DOES:
        verbs: tuple[str, ...] = (found[0][0],)
    else:
        verbs = tuple(verb for verb, denied in found if not denied)
        if not found:
            verbs = before
    refers = bool(REFERS & set(words)) or len(words) <= 2
    return Clause(spaced(text), verbs, refers)


def rests_on(turns: Iterable[str]) -> tuple[str, ...]:
    """Return those of the user's messages that the last one cannot be understood without.

    Args:
        turns: The messages, the latest last.
    """
    found: list[str] = []
    for text in reversed(list(turns)):
        found.insert(0, text)
        short = plain(text)
        if not _AGAIN.search(short) or len(short.split()) > 12:
            break
    return tuple(found)


def numbers(text: str) -> set[float]:
    """Return what a number can mean: `1.000,50` and `1,000.50`, `5k`, `20 %`."""
    text = text.strip().rstrip(".,' ")
    share = text.endswith("%")
    times = {"k": 1e3, "m": 1e6}.get(text[-1:].lower(), 1.0)
    digits = text.rstrip("%kKmM").replace("'", "").replace(" ", "")
    found = set()
    for group, point in ((",", "."), (".", ",")):
        try:
            number = float(digits.replace(group, "").replace(point, ".")) * times
        except ValueError:
            continue
        found |= {number, number / 100} if share else {number}
    return found


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def values_of(
    value: object, schema: Mapping[str, object], name: str = ""
) -> Iterable[tuple[str, str, bool]]:
    """Yield (name, value as text, whether the schema lists it) of what arguments say of their own.

    What a schema has as the default, and what is yes, no or nothing, says nothing.
    """
    if isinstance(value, Mapping):
        properties = schema.get("properties")
        for key, one in value.items():
            inner = properties.get(key) if isinstance(properties, Mapping) else None
            yield from values_of(one, inner if isinstance(inner, Mapping) else {}, str(key))
    elif isinstance(value, (list, tuple)):
        items = schema.get("items")
        for one in value:
            yield from values_of(one, items if isinstance(items, Mapping) else {}, name)
    elif not (isinstance(value, bool) or value is None or value in ("", schema.get("default", ""))):
        listed = schema.get("enum")
        text = f"{value:.12g}" if isinstance(value, float) else str(value)
        yield name, text, isinstance(listed, (list, tuple)) and value in listed
