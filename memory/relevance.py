"""How much records have to do with a question: words in their context, meaning, time, and whom.

Words are weighed as BM25 does (Robertson and Zaragoza, 2009), with the rarity that they have among
the candidates. In a conversation that was taken in, the words of the turn before count for a turn,
too: an answer is rarely understood without its question.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memory.query import Query
from memory.records import USER, Record
from memory.terms import fold, stems
from memory.times import times_in

K1, B = 1.2, 0.4
"""Saturation and length of BM25; texts here are short, so that length tells little."""
CONTEXT = 0.8
"""What a word of the turn before is worth beside one of the turn itself."""
ATTRIBUTE, NAME, TIME = 1.0, 0.3, 0.4
"""What it adds that a record tells the property that is asked for, is about somebody who is named,
or tells of the time that is asked for."""
NEAR, NEAR_OWN = 0.62, 0.42
"""Nearness from which on a record is relevant: for any text, and for one that speaks of the user or
of somebody whom memory knows."""
COVERED = 0.5
"""What a question whose words all stand in a record adds to the cosine, for nearness."""
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be relevant.

    Args:
        record: The record.
        likeness: Cosine of its vector and the question's, 0.0 where there is none.
        before: The turn before it, in a conversation that was taken in.
        asked: Whether it tells the property that is asked for.
        wanted: Whether it tells something that a suggestion of this kind has to respect.
    """

    record: Record
    likeness: float = 0.0
    before: Record | None = None
    asked: bool = False
    wanted: bool = False


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
    own = query.personal or query.suggests or bool(named)
    return [
        _judged(one, score / most, cover, query, named, now, own)
        for one, score, cover in zip(candidates, words, covers, strict=True)
    ]


def _judged(
    one: Candidate,
    words: float,
    cover: float,
    query: Query,
    named: Sequence[str],
    now: float,
    own: bool,
) -> Judged:
    record = one.record
    about = bool({record.subject, record.speaker.lower()} & set(named))
    timely = bool(query.times) and happened(record, query)
    score = words + one.likeness + ATTRIBUTE * one.asked + NAME * about + TIME * timely
    if record.ended:
        score += NAME if query.back else -NAME
    elif not about and record.source != "import" and (named or record.subject != USER):
        score -= NAME / 2
    near = one.likeness + COVERED * cover >= (NEAR_OWN if own else NEAR)
    near = near or one.asked or one.wanted
    if timely and query.personal:
        near = near or not query.stems or one.likeness >= NEAR_OWN / 2
    why = "words" if words > one.likeness else "meaning"
    for name, holds in (("time", timely), ("name", about), ("attribute", one.asked)):
        why = name if holds else why
    return Judged(record, score * _weight(record, now), near, "profile" if one.wanted else why)


def happened(record: Record, query: Query) -> bool:
    """Tell whether a record tells of the time that is asked for."""
    for asked in query.times:
        if record.since is not None or record.until is not None:
            since = -math.inf if record.since is None else record.since
            until = math.inf if record.until is None else record.until
            if asked.meets(since, until):
                return True
            continue
        told = times_in(record.text, record.said)
        if any(asked.meets(one.since, one.until) for one in told if not (one.begins or one.ends)):
            return True
        if not told and asked.meets(record.said, record.said):
            return True
    return False


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
    counts, lengths = {}, {}
    for id_, record in records.items():
        found = stems(_said(record))
        counts[id_], lengths[id_] = Counter(found), len(found)
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


def alike(one: Record, other: Record) -> bool:
    """Tell whether two records say nearly the same, so that one of them is enough."""
    if (one.subject, one.negated, one.ended) != (other.subject, other.negated, other.ended):
        return False
    if one.speaker != other.speaker:
        return False
    first, second = set(fold(one.text).split()), set(fold(other.text).split())
    return len(first & second) >= 0.9 * len(first | second)
