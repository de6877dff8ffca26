"""What a sentence claims: its numbers, dates and names, and the words that carry its meaning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from agent.claim_parts import Date, Name, Number
from agent.claims_words import ABOUT, CAPITALISED, MONTHS, SAME, SCALES, SPELT, STOP

_TOKEN = re.compile(
    r"(?:[A-Z]\.){2,}|\d[\d.,'\u00a0\u202f]*\d|\d|[^\W\d_]+(?:[-'’][^\W\d_]+)*|[%$€£]|[.;:!?,]"
)
_ELIDED = re.compile(r"^(?:[ldjnscm]|qu)['’](?=\w{2})", re.I)
_SPACED = re.compile(r"\b(\d{1,3})((?:[ \u00a0\u202f]\d{3})+)\b")
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})(?:-(\d{1,2}))?\b")
_DOTTED = re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b")
_DAY = r"(\d{1,2})(?:st|nd|rd|th|er|\.|º)?"
_DAY_MONTH = re.compile(
    rf"\b{_DAY}\s+(?:of\s+|de\s+)?([a-z]{{3,10}})\.?,?(?:\s+(?:de\s+|del\s+)?(\d{{4}}))?\b"
)
_MONTH_DAY = re.compile(rf"\b([a-z]{{3,10}})\.?\s+{_DAY}\b(?!\d)(?:,?\s+(\d{{4}}))?")
_MONTH_YEAR = re.compile(r"\b([a-z]{3,10})\.?,?\s+(?:de\s+|of\s+)?(\d{4})\b")
_DECADE = re.compile(r"\b(\d{3}0)'?s\b")
_ENDINGS = (
    "ations", "ation", "ments", "ment", "ingly", "edly", "ings", "ing", "iest", "ies", "ied",
    "ers", "ors", "est", "ed", "er", "or", "es", "ly", "s", "en", "e", "n", "o", "a", "os", "as",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence taken apart.

    Args:
        text: The sentence.
        tokens: Its words, numbers and marks, folded, in order.
        stems: Its words that carry meaning, by their stems.
        numbers: Its quantities.
        dates: Its dates.
        names: Its names.
    """

    text: str
    tokens: tuple[str, ...]
    stems: frozenset[str]
    numbers: tuple[Number, ...]
    dates: tuple[Date, ...]
    names: tuple[Name, ...]

    @property
    def facts(self) -> bool:
        """Whether there is anything in it that can be looked up exactly."""
        return bool(self.numbers or self.dates or self.names)


def fold(text: str) -> str:
    """Return a text in small letters, without accents."""
    text = re.sub(r"\b(?:[A-Z]\.){2,}", lambda match: match[0].replace(".", "") + " ", text)
    plain = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Return what is left of a folded word when its ending is cut, the same for its synonyms."""
    if word in SAME:
        return SAME[word]
    bare = _bare(word)
    return _same_bare().get(bare, bare)


@lru_cache(maxsize=1)
def _same_bare() -> dict[str, str]:
    found: dict[str, str] = {}
    for word, head in SAME.items():
        if len(bare := _bare(word)) > 3:
            found.setdefault(bare, head)
    return found


def _bare(word: str) -> str:
    bare = word
    for least in (3, 4):
        ending = next((one for one in _ENDINGS if bare.endswith(one)), "")
        if len(bare) - len(ending) >= least:
            bare = bare[: len(bare) - len(ending)]
    if len(bare) > 3 and bare[-1] == bare[-2]:
        bare = bare[:-1]
    return bare.rstrip("iy")[:7] or bare


@lru_cache(maxsize=4000)
def read(text: str) -> Claim:
    """Take a sentence, or a few, apart."""
    text = text.replace("²", "").replace("³", "")
    text = _SPACED.sub(lambda match: re.sub(r"\s", "", match[0]), text)
    raw = [_undotted(one) for one in _TOKEN.findall(text)]
    tokens = tuple(fold(one).removesuffix("'s").removesuffix("s'") or one for one in raw)
    dates, rest = _dates(fold(text))
    years, numbers = _numbers(tuple(_TOKEN.findall(rest)))
    names = tuple(_names(raw))
    if german(tokens):
        # All nouns are capitalised: a single word may be any of them.
        names = tuple(replace(one, sure=len(one.words) > 1) for one in names)
    return Claim(text, tokens, content(tokens), numbers, (*dates, *years), names)


_GERMAN = frozenset(
    [
        "der",
        "die",
        "das",
        "und",
        "ist",
        "wurde",
        "wurden",
        "wird",
        "hat",
        "ein",
        "eine",
        "einen",
        "im",
        "den",
        "dem",
        "seit",
        "nicht",
        "mit",
        "zu",
        "es",
        "sich",
        "von",
        "auf",
        "am",
        "durch",
        "etwa",
    ]
)


def german(tokens: Iterable[str]) -> bool:
    """Say whether words are likely German."""
    words = tuple(tokens)
    if "van" not in words and {"der", "das", "und", "ist", "nicht", "eine", "dem"} & set(words):
        return True
    if words[:1] and words[0] in {"der", "die", "das", "den", "dem", "im", "seit", "fur", "wer"}:
        return True
    return len(_GERMAN.intersection(words)) >= 2 or bool(
        {"hat", "wurde", "wurden", "gibt"} & set(words)
    )


def _undotted(token: str) -> str:
    """Join initials, and part what French writes together."""
    if not token[0].isalpha():
        return token
    if token in ("l'est", "l’est"):
        return "este"
    return _ELIDED.sub("", token.replace(".", ""))


def content(tokens: Iterable[str]) -> frozenset[str]:
    """Return the stems of the words that carry meaning, numbers left out."""
    found: set[str] = set()
    for token in tokens:
        for word in re.split(r"[-']", token):
            if word[:1].isalpha() and word not in STOP and word not in SPELT and len(word) > 1:
                found.add(stem(word))
    return frozenset(found)


def _dates(text: str) -> tuple[list[Date], str]:
    """Return the dates that are more than a year, and the text without them."""
    found: list[Date] = []

    def keep(year: str | None, month: str | int, day: str | None, match: re.Match[str]) -> str:
        number = month if isinstance(month, int) else MONTHS.get(month, 0)
        if not 1 <= number <= 12 or int(day or 1) > 31:
            return match[0]
        found.append(Date(int(year or 0), number, int(day or 0), shown=match[0].strip(" ,.")))
        return " ; "

    text = _ISO.sub(lambda m: keep(m[1], int(m[2]), m[3], m), text)
    text = _DOTTED.sub(lambda m: keep(m[3], int(m[2]), m[1], m), text)
    text = _DAY_MONTH.sub(lambda m: keep(m[3], m[2], m[1], m), text)
    text = _MONTH_DAY.sub(lambda m: keep(m[3], m[1], m[2], m), text)
    text = _MONTH_YEAR.sub(lambda m: keep(m[2], m[1], None, m), text)

    def decade(match: re.Match[str]) -> str:
        found.append(Date(int(match[1]), decade=True, shown=match[0]))
        return " ; "

    return found, _DECADE.sub(decade, text)


def _numbers(tokens: tuple[str, ...]) -> tuple[list[Date], tuple[Number, ...]]:
    """Return the years and the quantities among tokens."""
    years: list[Date] = []
    numbers: list[Number] = []
    at = 0
    while at < len(tokens):
        begin, value, step, spelt = at, None, 1.0, False
        while at < len(tokens) and (one := value_of(tokens[at])) is not None:
            spelt = not tokens[at][0].isdigit()
            value = (value or 0.0) + one[0] if spelt and value else one[0]
            step = one[1]
            at += 1
            if not spelt or (at < len(tokens) and tokens[at] in SCALES):
                break
        if value is None:
            at += 1
            continue
        scaled = False
        while at < len(tokens) and tokens[at] in SCALES:
            value, step, scaled = value * SCALES[tokens[at]], step * SCALES[tokens[at]], True
            at += 1
        unit = "%" if at < len(tokens) and _percent(tokens[at]) else ""
        shown = " ".join(tokens[begin:at]) + unit
        plain = tokens[begin]
        money = begin > 0 and tokens[begin - 1] in "$€£"
        if not (scaled or unit or money) and plain.isdigit() and 1000 <= value <= 2100:
            years.append(Date(int(value), shown=shown))
        else:
            before = tokens[max(begin - 2, 0) : begin]
            about = next((one for one in reversed(before) if one in ABOUT), "")
            numbers.append(Number(value, unit, about, shown, step, spelt))
    return years, tuple(numbers)


def _percent(token: str) -> bool:
    return token in {"%", "percent", "prozent", "pour-cent"}


def value_of(token: str) -> tuple[float, float] | None:
    """Return the value of a token, and the worth of its last digit that counts."""
    if token[0].isdigit():
        return _digits(token)
    if token in SPELT:
        return float(SPELT[token]), 1.0
    tens, dash, ones = token.partition("-")
    if dash and tens in SPELT and ones in {"one", *SPELT}:
        return float(SPELT[tens] + SPELT.get(ones, 1)), 1.0
    return None


def _digits(token: str) -> tuple[float, float]:
    """Read digits with the separators of English or of the Continent."""
    token = re.sub(r"['\u00a0\u202f]", "", token)
    groups = re.split(r"[.,]", token)
    signs = re.findall(r"[.,]", token)
    grouped = bool(signs) and all(len(one) == 3 for one in groups[1:]) and groups[0] != "0"
    if len(set(signs)) == 2 or (len(signs) == 1 and not grouped):
        whole, decimals = "".join(groups[:-1]), groups[-1]
        return float(f"{whole}.{decimals}"), 10.0 ** -len(decimals.rstrip("0"))
    whole = "".join(groups)
    noughts = len(whole) - len(whole.rstrip("0"))
    return float(whole), 10.0 ** min(noughts, len(whole) - 1)


_JOINING = frozenset({"de", "la", "del", "da", "di", "van", "der", "den", "du", "des"})


def _names(raw: list[str]) -> Iterator[Name]:
    """Yield the capitalised sequences of a text."""
    at, start = 0, True
    while at < len(raw):
        if not _capital(raw[at]):
            start = raw[at] in ".!?:;" or (start and not raw[at][0].isalnum())
            at += 1
            continue
        end = at + 1
        while end < len(raw):
            if _capital(raw[end]):
                end += 1
            elif fold(raw[end]) in _JOINING and _follows(raw, end):
                end += 2 if _capital(raw[end + 1]) else 3
            else:
                break
        run, first = raw[at:end], start
        start, at = False, end
        if first and fold(run[0]) in STOP | CAPITALISED | _OPENERS:
            run, first = run[1:], False
        elif fold(run[0]) in STOP:
            run = run[1:]
        words = [fold(one).removesuffix("'s").removesuffix("s'") for one in run]
        words = [one for one in words if one not in STOP | CAPITALISED | _TITLES]
        if words and not (len(words) == 1 and (words[0] in SCALES or words[0] in SPELT)):
            sure = not first or len(words) > 1 or (run[0].isupper() and len(run[0]) > 1)
            yield Name(tuple(words), " ".join(run), sure)


_TITLES = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "sr",
        "sra",
        "st",
        "mme",
        "ceo",
        "herr",
        "frau",
        "don",
        "dona",
    ]
)
_OPENERS = frozenset(
    [
        "however",
        "although",
        "though",
        "moreover",
        "furthermore",
        "overall",
        "today",
        "yes",
        "no",
        "additionally",
        "according",
        "because",
        "despite",
        "thus",
        "therefore",
        "initially",
        "finally",
        "later",
        "currently",
        "originally",
        "based",
        "both",
        "whereas",
        "while",
        "since",
        "during",
        "hoy",
        "heute",
        "aujourd'hui",
        "ja",
        "nein",
        "oui",
        "non",
        "si",
        "dort",
        "hier",
        "alli",
    ]
)


def _capital(token: str) -> bool:
    return token[0].isupper()


def _follows(raw: list[str], at: int) -> bool:
    after = raw[at + 1 : at + 3]
    return bool(after) and (
        _capital(after[0]) or (len(after) > 1 and fold(after[0]) in _JOINING and _capital(after[1]))
    )
