"""What makes two sentences of like words say different things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from agent.claims import Claim, content, read, stem, value_of
from agent.claims_words import HEDGES, MONTHS, NEGATIONS, OPPOSITES, PART, SOFT, STOP, WHOLE
from agent.matching import has_number

_BREAKS = frozenset(
    [
        ",",
        ";",
        ":",
        ".",
        "!",
        "?",
        "and",
        "but",
        "while",
        "which",
        "who",
        "although",
        "though",
        "whereas",
        "because",
        "und",
        "aber",
        "y",
        "pero",
        "et",
        "mais",
        "when",
        "where",
        "since",
    ]
)
_WITHOUT = frozenset({"without", "ohne", "sin", "sans"})
_BY = frozenset({"by", "von", "por", "par"})
_JOINS = frozenset({"and", "und", "y", "et", ","})
_ARTICLES = frozenset(
    ["the", "a", "an", "der", "die", "das", "dem", "den", "la", "el", "le", "les", "los", "las"]
)
_PREPOSITIONS = frozenset(
    [
        "by",
        "in",
        "at",
        "from",
        "to",
        "of",
        "with",
        "for",
        "on",
        "after",
        "before",
        "against",
        "von",
        "aus",
        "nach",
        "bei",
        "mit",
        "por",
        "en",
        "de",
        "con",
        "para",
        "par",
        "dans",
        "avec",
        "pour",
        "a",
    ]
)
_UNITS = frozenset({"m", "km", "kg", "kilogr", "year", "mile", "feet", "ton"})
_MUTUAL = frozenset({"marry", "met", "meet", "border", "near", "rival", "friend"})
_UNS = ("un", "in", "im", "dis", "non")
_PAIRS = tuple(
    (frozenset(map(stem, one)) | one, frozenset(map(stem, other)) | other)
    for one, other in OPPOSITES
)
OPPOSED: dict[str, frozenset[str]] = {}
"""For each stem the stems that say the opposite."""
for _one, _other in _PAIRS:
    for _this, _that in ((_one, _other), (_other, _one)):
        for _word in _this:
            OPPOSED[_word] = OPPOSED.get(_word, frozenset()) | _that
OPPOSITE = "the source says the opposite"
SWAPPED = "the source says it the other way round"
HEDGED = "the source does not say it as a plain fact"
NOT_ALL = "the source does not say it of all"


def contradiction(claim: Claim, other: Claim) -> str:
    """Name what stands against a claim in a sentence of like words; empty where nothing does."""
    mine, theirs = _clauses(claim.tokens), _clauses(other.tokens)
    names = content(word for one in claim.names if one.sure for word in one.words)
    for clause in mine:
        stems = content(clause)
        near = max(
            theirs,
            key=lambda one: (len(content(one) & stems - names), len(content(one) & stems)),
            default=(),
        )
        told = content(near)
        if sum(_told(one, told) for one in stems) < min(2, len(stems)):
            continue
        if _opposed(clause, near, claim, other):
            return OPPOSITE
        if _hedged(near) and not (_marked(claim.tokens, SOFT) or _marked(clause, NEGATIONS)):
            return HEDGED
        if (WHOLE & set(clause)) - set(near) and _marked(near, PART):
            return NOT_ALL
    return SWAPPED if _reversed(claim, other) or _compared(claim, other) else ""


def _told(word: str, told: frozenset[str]) -> bool:
    return word in told or bool(OPPOSED.get(word, told - told) & told)


def _clauses(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """Cut tokens where one statement ends; what holds no statement goes with the next."""
    clauses: list[tuple[str, ...]] = []
    running: list[str] = []
    for at, token in enumerate(tokens):
        if token in _WITHOUT and content(running):
            clauses.append(tuple(running))
            running = [token]
        elif token in _BREAKS and len(content(running)) >= 2 and content(tokens[at + 1 :]):
            clauses.append(tuple(running))
            running = []
        else:
            running.append(token)
    if content(running) or not clauses:
        clauses.append(tuple(running))
    return clauses


def _marked(tokens: Sequence[str], words: frozenset[str]) -> bool:
    return any(one in words for one in tokens)


def _hedged(tokens: Sequence[str]) -> bool:
    """Say whether a statement is only planned, expected or denied; "may" may be the month."""
    return any(
        one in HEDGES
        and not (
            one == "may"
            and (
                tokens[at - 1 : at] in [(before,) for before in ("in", "of", "since")]
                or any(two[0].isdigit() for two in tokens[max(at - 1, 0) : at + 2])
            )
        )
        for at, one in enumerate(tokens)
    )


def _negated(tokens: Sequence[str]) -> bool:
    count = 0
    for at, one in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        if {"until", "bis"} & set(tokens[at + 1 :]):
            continue  # what does not begin until a day begins on it
        if one.endswith("n't") or (one in NEGATIONS and following not in {"only", "just"}):
            count += 1
    return bool(count % 2)


def _opposed(mine: Sequence[str], theirs: Sequence[str], claim: Claim, other: Claim) -> bool:
    turned = _negated(mine) != _negated(theirs)
    one, two = _forms(mine), _forms(theirs)
    for left, right in _PAIRS:
        for this, that in ((left, right), (right, left)):
            if one & this and two & that and not one & that and not two & this:
                # The same word elsewhere in the text means that more than one thing is told.
                if _forms(other.tokens) & this and len(other.tokens) < 60:
                    continue
                return not turned
    for here, there in ((one - two, two), (two - one, one)):
        if any(prefix + word in here for word in there if len(word) > 3 for prefix in _UNS):
            return not turned
    return turned


def _forms(tokens: Sequence[str]) -> frozenset[str]:
    words = [one for one in tokens if one[:1].isalpha()]
    return frozenset(words) | frozenset(map(stem, words))


def _places(claim: Claim, words: Sequence[str]) -> list[int]:
    """Return where a name stands, by its last word that does."""
    for word in reversed(words):
        if found := [at for at, one in enumerate(claim.tokens) if one == word]:
            return found
    return []


def _reversed(claim: Claim, other: Claim) -> bool:
    """Say whether two names have changed their places around the same verb."""
    names = [one.words for one in claim.names if one.sure]
    for first, second in pairwise(names):
        mine = _actors(claim, first, second)
        theirs = _actors(other, first, second)
        if mine and theirs and (mine[1] & theirs[1]) - _MUTUAL and mine[0] != theirs[0]:
            return True
    return False


def _compared(claim: Claim, other: Claim) -> bool:
    """Say whether what is compared has changed sides."""
    sides = []
    for one in (claim.tokens, other.tokens):
        at = next((place for place, word in enumerate(one) if word in {"than", "als"}), 0)
        if not at:
            return False
        sides.append((content(one[:at]), content(one[at + 1 : at + 6])))
    (left, right), (first, second) = sides
    return bool(
        (left - right) & (second - first) and (right - left) & (first - second) and left & first
    )


def _actors(
    claim: Claim, first: Sequence[str], second: Sequence[str]
) -> tuple[bool, frozenset[str]] | None:
    """Say whether the first of two names is the one that acts, and by which words."""
    one, two = _places(claim, first), _places(claim, second)
    if not one or not two or one == two:
        return None
    begin, end = min(one[0], two[0]), max(one[0], two[0])
    between = claim.tokens[begin + 1 : end]
    stems = content(between) - content(first) - content(second)
    if not stems:
        return None
    passive = _marked(between, _BY)
    return (one[0] < two[0]) != passive, stems


def misbound(claim: Claim, other: Claim) -> str:
    """Name a number or name that stands beside the word that another one has in the source."""
    theirs = list(bound(other))
    values = {one.value for one in other.numbers} | {float(one.year) for one in other.dates}
    values |= {one.value for one in claim.numbers if one.about or has_number(one, other)}
    for what, key, side in bound(claim):
        same = [one for one in theirs if alike(one[0], what)]
        rivals = [one for one in theirs if not alike(one[0], what) and one[1:] == (key, side)]
        if not rivals or any(one[1:] == (key, side) for one in same):
            continue
        if same or isinstance(what, str) or what not in values:
            shown = f"{what:g}" if isinstance(what, float) else what.title()
            return f"the source does not say {shown} of this"
    return _unpaired(claim, other)


def _unpaired(claim: Claim, other: Claim) -> str:
    """Name a quantity that the source gives for another year."""
    years = {one.year for one in claim.dates if one.year and not one.decade}
    values = {one.value for one in claim.numbers}
    if len(years) != 1 or not values or not any(one.year in years for one in other.dates):
        return ""
    for part in re.split(r";|\.\s|,\s|\b(?:and|und|y|et)\b(?!\s*\d)", other.text):
        there = read(part)
        told = {one.year for one in there.dates if one.year}
        if told and not told & years and values & {one.value for one in there.numbers}:
            return f"the source does not say {claim.numbers[0].shown} of that year"
    return ""


def bound(claim: Claim) -> Iterator[tuple[float | str, str, str]]:
    """Yield numbers and names with the word that they belong to, and on which side it stands."""
    lasts = {one.words[-1]: " ".join(one.words) for one in claim.names if one.sure}
    inside = {word for one in claim.names if one.sure for word in one.words}
    for at, token in enumerate(claim.tokens):
        found = value_of(token) if token[0].isalnum() else None
        if found is not None:
            year = token.isdigit() and 1000 <= found[0] <= 2100
            if not year and (after := _next(claim.tokens, at, 1, 2)):
                if after in _UNITS:
                    after += _next(claim.tokens, at + 1, 1, 1)
                yield found[0], after, "after"
            elif year and (before := _next(claim.tokens, at, -1, 4)):
                yield found[0], before, "before"
        elif token in lasts:
            begin = at
            while begin > 0 and claim.tokens[begin - 1] in inside | _JOINS:
                begin -= 1
            if before := _next(claim.tokens, begin, -1, 3):
                yield lasts[token], before, _preposition(claim.tokens, begin)
                # "married the violinist X": what X is stands between.
                if stem(claim.tokens[begin - 1]) == before and (
                    further := _next(claim.tokens, begin - 1, -1, 2)
                ):
                    yield lasts[token], further, _preposition(claim.tokens, begin - 1)


def _preposition(tokens: Sequence[str], at: int) -> str:
    """Return the small word before a name: "by" and "in" make different roles of it."""
    before = [one for one in tokens[max(at - 2, 0) : at] if one not in _ARTICLES]
    return before[-1] if before and before[-1] in _PREPOSITIONS else "name"


def alike(one: float | str, other: float | str) -> bool:
    """Say whether two numbers are the same, or two names share a word."""
    if isinstance(one, str) and isinstance(other, str):
        return bool(set(one.split()) & set(other.split()))
    return one == other


def _next(tokens: Sequence[str], at: int, step: int, most: int) -> str:
    place = at
    while most:
        place += step
        if not 0 <= place < len(tokens) or tokens[place] in ";:.!?":
            return ""
        word = tokens[place]
        if step < 0 and (word[0].isdigit() or word in MONTHS):
            continue
        if word[0].isdigit() or word == ",":
            return ""
        most -= 1
        if word not in STOP and word[0].isalpha() and value_of(word) is None:
            return stem(word)
    return ""
