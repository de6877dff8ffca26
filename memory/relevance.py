"""How much records have to do with a question: words in their context, meaning, time, and whom.

Words are weighed as BM25 does (Robertson and Zaragoza, 2009), with the rarity that they have among
the candidates. In a conversation that was taken in, the words of the turn before count for a turn,
too: an answer is rarely understood without its question.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from memory.attributes import related
from memory.people import alike
from memory.query import Query
from memory.records import USER, Record
from memory.terms import fold, stems
from memory.times import times_in

K1, B = 1.2, 0.4
"""Saturation and length of BM25; texts here are short, so that length tells little."""
CONTEXT = 0.8
"""What a word of the turn before is worth beside one of the turn itself."""
ATTRIBUTE, RELATED, NAME, TIME = 1.0, 0.5, 0.3, 0.4
"""What it adds that a record tells the property that is asked for, or one that often answers the
question, is about somebody who is named, or tells of the time that is asked for."""
NEAR_VAGUE, NEAR, NEAR_NAME, NEAR_OWN, NEAR_TASTE = 0.95, 0.7, 0.45, 0.33, 0.25
"""Nearness from which on a record is relevant: for any text, for one about something definite, such
as "the router", for one with a name that the record has, for one that speaks of the user or of
somebody whom memory knows, and for a taste where a suggestion is asked for."""
TASTES = frozenset(("likes", "favourite"))
BROAD = frozenset(("likes",))
"""Properties that are so wide that asking for one does not ask for all that is known of it."""
AGE = 0.35
"""What it adds to have been said last, where it is asked how things are."""
COVERED = 0.5
"""What a question whose words all stand in a record adds to the cosine, for nearness."""
READ_FOR_TIMES = 24
"""Candidates whose texts are read for a time, the others' dates being looked at alone."""
DAY = 86_400.0
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be relevant.

    Args:
        record: The record.
        likeness: Cosine of its vector and the question's, 0.0 where there is none.
        before: The turn before it, in a conversation that was taken in.
    """

    record: Record
    likeness: float = 0.0
    before: Record | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, and what it is worth.

    Args:
        record: The record.
        score: The larger, the more relevant; only compared within one question.
        near: Whether it is relevant at all.
        why: What speaks most for it.
    """

    record: Record
    score: float
    near: bool
    why: str


def judge(
    candidates: Sequence[Candidate], query: Query, named: Sequence[str], now: float
) -> list[Judged]:
    """Return what candidates are worth for a question, in their order.

    Args:
        candidates: What was found.
        query: The question.
        named: The subjects that it names.
        now: When it is asked, in seconds since the epoch.
    """
    words, covers = _words(candidates, query.stems)
    most = max(words, default=0.0) or 1.0
    timely = _timely(candidates, [score / most for score in words], query)
    return [
        _judged(one, score / most, cover, query, named, now, one.record.id in timely)
        for one, score, cover in zip(candidates, words, covers, strict=True)
    ]


def by_age(judged: Sequence[Judged], query: Query) -> list[Judged]:
    """Put what was said last before what was said earlier, or after it where the past is asked for.

    Of turns of a conversation that was taken in the age says nothing.
    """
    if not query.fact or query.times or not judged:
        return list(judged)
    said = [one.record.said for one in judged]
    first, span = min(said), (max(said) - min(said)) or 1.0
    return [
        one
        if one.record.source == "import"
        else replace(one, score=one.score + AGE * _age((one.record.said - first) / span, query))
        for one in judged
    ]


def _age(late: float, query: Query) -> float:
    return 1.0 - late if query.back else late


def _timely(candidates: Sequence[Candidate], words: Sequence[float], query: Query) -> set[int]:
    """Return which candidates tell of the time that is asked for."""
    if not query.times:
        return set()
    order = sorted(range(len(candidates)), key=lambda at: -(words[at] + candidates[at].likeness))
    return {
        candidates[at].record.id
        for rank, at in enumerate(order)
        if happened(candidates[at].record, query, read=rank < READ_FOR_TIMES)
    }


KEYWORDS = 3
"""Words up to which what is no question may be one in short: "my job"."""


def _judged(
    one: Candidate,
    words: float,
    cover: float,
    query: Query,
    named: Sequence[str],
    now: float,
    timely: bool,
) -> Judged:
    record = one.record
    own, about = record.subject == USER, concerns(record, named)
    # A turn of a conversation may be about anybody, whoever says it.
    turn = record.source == "import"
    told = _told(record, query) if about or (query.personal and not named and own) else 0.0
    wanted = own and record.attribute in query.needs and not record.ended
    score = (
        words + one.likeness + told + NAME * (about and not turn) + TIME * timely + RELATED * wanted
    )
    if record.ended:
        score += NAME if query.back else -NAME
    elif query.back and told:
        # What holds now tells the property, too, but not how it was before.
        score -= ATTRIBUTE
    elif not about and not turn and (named or not own):
        score -= NAME
    if query.times and not timely:
        told /= 2
    nearness = one.likeness + COVERED * cover
    near = nearness >= _bar(record, query, named) or wanted
    near = near or (told > 0 and record.attribute not in BROAD)
    if query.only_time:
        near = timely
    elif timely and query.personal:
        near = near or one.likeness >= NEAR_TASTE
    why = "words" if words > one.likeness else "meaning"
    for name, holds in (
        ("time", timely),
        ("name", about),
        ("attribute", told),
        ("profile", wanted),
    ):
        why = name if holds else why
    return Judged(record, score * _weight(record, now), near, why)


def _bar(record: Record, query: Query, named: Sequence[str]) -> float:
    """Return the nearness from which on a record is relevant."""
    if query.suggests and record.attribute.partition(":")[0] in TASTES:
        return NEAR_TASTE
    if query.personal or query.suggests or named:
        return NEAR_OWN if query.asks or query.suggests else NEAR_NAME
    if query.names and query.names & set(_WORD.findall(record.text)):
        return NEAR_NAME
    return NEAR if query.definite or query.past else NEAR_VAGUE


def concerns(record: Record, named: Sequence[str]) -> bool:
    """Tell whether a record is about one of these subjects, or said by him."""
    return (
        any(record.subject != USER and alike(record.subject, one) for one in named)
        or record.speaker.lower() in named
    )


def _told(record: Record, query: Query) -> float:
    """Return what it adds that a record tells what is asked for."""
    if query.asked is None or not record.attribute:
        return 0.0
    if not (query.asks or query.suggests) and len(query.stems) > KEYWORDS:
        # What is told, and not asked, need not be compared with all of that kind.
        return 0.0
    if record.attribute == query.asked.name:
        return ATTRIBUTE
    return RELATED * (record.attribute in related(query.asked.name))


def happened(record: Record, query: Query, *, read: bool = False) -> bool:
    """Tell whether a record tells of a time that is asked for.

    Args:
        record: The record.
        query: What is asked.
        read: Whether its words are read for times, which takes longer than its dates.
    """
    if record.since is not None or record.until is not None:
        since = -math.inf if record.since is None else record.since
        until = math.inf if record.until is None else record.until
        return any(asked.meets(since, until) for asked in query.times)
    told = times_in(record.text, record.said) if read else []
    events = [(one.since, one.until) for one in told if not (one.begins or one.ends)]
    return any(
        asked.meets(since, until)
        for asked in query.times
        for since, until in events or [(record.said, record.said)]
    )


def _weight(record: Record, now: float) -> float:
    """Return how much a record matters by itself: a little more or less than 1."""
    age = max(now - record.last_said, 0.0) / DAY
    recent = math.exp(-age / 365)
    strong = min(math.log2(record.times + record.used + 1) - 1, 4) / 4
    return 1 + 0.05 * recent + 0.1 * (record.importance - 0.5) + 0.05 * strong


def _words(
    candidates: Sequence[Candidate], wanted: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Return for each candidate the weight of the wanted words that it has, and their share."""
    if not wanted or not candidates:
        return [0.0] * len(candidates), [0.0] * len(candidates)
    records = {one.record.id: one.record for one in candidates}
    records |= {one.before.id: one.before for one in candidates if one.before}
    counts, lengths, sought = {}, {}, frozenset(wanted)
    for id_, record in records.items():
        said = _split(_said(record))
        found = (stem for word in said for stem in _stems(word) if stem in sought)
        counts[id_], lengths[id_] = Counter(found), len(said)
    rarity = _rarity(counts, wanted)
    mean = sum(lengths.values()) / len(lengths) or 1.0

    def weights(record: Record | None) -> list[float]:
        if record is None:
            return [0.0] * len(wanted)
        often, long = counts[record.id], K1 * (1 - B + B * lengths[record.id] / mean)
        return [rarity[w] * often[w] * (K1 + 1) / (often[w] + long) for w in wanted]

    total = sum(rarity.values())
    scores, covers = [], []
    for one in candidates:
        both = zip(weights(one.record), weights(one.before), strict=True)
        best = [max(own, CONTEXT * before) for own, before in both]
        scores.append(sum(best))
        held = (rarity[w] for w, weight in zip(wanted, best, strict=True) if weight)
        covers.append(sum(held) / total)
    return scores, covers


def _rarity(counts: Mapping[int, Counter[str]], wanted: Sequence[str]) -> dict[str, float]:
    found = {word: sum(word in count for count in counts.values()) for word in wanted}
    total = len(counts)
    return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in found.items()}


def _said(record: Record) -> str:
    """Return the words that a record is found by: its text, and who speaks and is spoken of."""
    names = [name for name in {record.subject, record.speaker} if name != USER]
    return " ".join([record.text, *sorted(names)]) if names else record.text


def once(records: Iterable[Record], limit: int) -> list[Record]:
    """Return the first records, and of those that say nearly the same only the newest."""
    kept: list[tuple[Record, set[str]]] = []
    for one in records:
        words = set(_split(one.text))
        same = next((at for at, there in enumerate(kept) if _alike(one, words, *there)), None)
        if same is not None:
            kept[same] = max(kept[same], (one, words), key=lambda pair: (pair[0].said, pair[0].id))
        elif len(kept) == limit:
            break
        else:
            kept.append((one, words))
    return [one for one, _ in kept]


def _alike(one: Record, words: set[str], other: Record, said: set[str]) -> bool:
    if len(words & said) < 0.9 * len(words | said):
        return False
    same = ("subject", "speaker", "negated", "ended")
    return all(getattr(one, name) == getattr(other, name) for name in same)


def _split(text: str) -> list[str]:
    # What is plain ASCII needs no folding of signs, which takes long.
    return _WORD.findall(text.lower()) if text.isascii() else fold(text).split()


@lru_cache(maxsize=20_000)
def _stems(word: str) -> tuple[str, ...]:
    return tuple(stems(word))
