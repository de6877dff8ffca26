"""Recall: what is remembered that matters for a message, and how it is shown to a model.

Vectors, words, names, properties and times each propose records; what they propose is judged
together. Nothing relevant means that nothing is recalled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from memory.attributes import related
from memory.dating import dated
from memory.embeddings import Embedder, EmbedderError
from memory.index import Index
from memory.people import alike, subject_of
from memory.query import OWN, Query, read
from memory.records import USER, Record
from memory.relevance import Candidate, Judged, by_age, happened, judge, once
from memory.terms import fold

if TYPE_CHECKING:
    from memory.embeddings import Vectors
    from memory.store import Store

BY_WORDS, BY_MEANING = 50, 30
"""Records that words and vectors propose at most."""
OF_NAME = 20
"""Records up to which all of one subject or property are looked at."""
RECENT = 200
"""Records that are looked through for a time."""
SHORTEST = 3
"""Letters from which on the beginning of a name stands for the name, as in "Mel" for Melanie."""
GUESSES, LIKELY = 3, 0.1
"""Records that are recalled for a question about the user to which none is near, and the likeness
that they have at least."""
FIRM = 0.25
"""Share of the best score below which records are left out."""
PROFILE = (
    "address-as",
    "name",
    "home",
    "diet",
    "allergy",
    "job",
    "employer",
    "language",
)
"""Properties of the user that nearly always matter, those that matter most first."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """A record that matters for a message.

    Args:
        record: The record.
        score: How much it matters, compared with others of the same message.
        why: What spoke for it: `words`, `meaning`, `name`, `time`, `attribute` or `profile`.
    """

    record: Record
    score: float
    why: str


class Recaller:
    """Finds what is remembered of a user that matters for what he says.

    Args:
        store: The records.
        index: Where their vectors are searched.
        embedder: What makes a vector of the message.
    """

    def __init__(self, store: Store, index: Index, embedder: Embedder) -> None:
        self._store = store
        self._index = index
        self._embedder = embedder

    async def recall(
        self,
        query: str,
        *,
        user_id: str,
        thread_id: str = "",
        project: str = "",
        now: float,
        limit: int = 8,
        seen: Collection[int] = (),
        everything: bool = False,
    ) -> list[Recalled]:
        """Return what matters for a message, the most relevant first.

        Args:
            query: The message.
            user_id: Whose memory it is.
            thread_id: The thread that the message is in.
            project: The project that it belongs to.
            now: When it is said, in seconds since the epoch.
            limit: How many records at most.
            seen: Numbers of records that are not wanted again.
            everything: Whether what no longer holds, what is dormant and what has little to do
                with the message are wanted, too.
        """
        if not query.strip() or limit < 1:
            return []
        asked = read(query, now, await self._names(user_id))
        scopes = _scopes(thread_id, project)
        named, candidates = await self._candidates(asked, user_id)
        fit = [
            one
            for one in candidates
            if one.record.id not in seen
            and one.record.scope in scopes
            and (everything or _holds(one.record, asked))
        ]
        judged = by_age(judge(fit, asked, named, now), asked)
        best = max((one.score for one in judged if one.near), default=0.0)
        chosen = [
            one
            for one in judged
            if everything or (one.near and one.score >= FIRM * best and _awake(one, best))
        ]
        if not chosen and asked.fact:
            # Asked for what he may have told, the user is better given the nearest than nothing.
            likely = {one.record.id for one in fit if one.likeness >= LIKELY}
            chosen = [one for one in judged if one.record.id in likely]
            limit = min(limit, GUESSES)
        chosen.sort(key=lambda one: (-one.score, -one.record.said, -one.record.id))
        worth = {one.record.id: one for one in chosen}
        kept = once((one.record for one in chosen), limit)
        return [Recalled(one, worth[one.id].score, worth[one.id].why) for one in kept]

    async def profile(
        self, *, user_id: str, scopes: Sequence[str] = ("",), limit: int = 6
    ) -> list[Record]:
        """Return the few things that matter always: wishes, name, home, diet and the like.

        Args:
            user_id: Whose memory it is.
            scopes: Where the records may be used.
            limit: How many at most.
        """
        place: dict[str, Any] = {"user_id": user_id, "scopes": scopes}
        place |= {"ended": False, "dormant": False}
        wishes = await self._store.list(kinds=("instruction",), order="importance", **place)
        known = await self._store.list(subject=USER, order="importance", limit=200, **place)
        rank = {name: at for at, name in enumerate(PROFILE)}
        told = sorted(
            (one for one in known if one.attribute in rank and not one.negated),
            key=lambda one: (rank[one.attribute], -one.importance, -one.said, -one.id),
        )
        return once([*wishes[: limit // 2], *told], limit)

    async def _names(self, user_id: str) -> list[str]:
        """Return what the user is called."""
        found = await self._store.list(
            user_id=user_id, subject=USER, attribute="name", ended=False, limit=3
        )
        told = (one for one in found if OWN.search(one.text) and not one.negated)
        values = [one.value for one in told if one.value]
        return list(dict.fromkeys([*values, *(value.split()[0] for value in values)]))

    async def _candidates(self, asked: Query, user_id: str) -> tuple[list[str], list[Candidate]]:
        """Collect what may be relevant, and the subjects that the question names."""
        vector, words, subjects = await asyncio.gather(
            asyncio.to_thread(self._vector, asked.text),
            self._store.words(asked.words, user_id=user_id, limit=BY_WORDS),
            self._store.subjects(user_id=user_id),
        )
        likeness: dict[int, float] = {}
        if vector is not None:
            hits = await self._index.search(
                vector, user_id=user_id, space="records", limit=BY_MEANING
            )
            likeness = {hit.id: hit.likeness for hit in hits}
        named = _named(asked, subjects)
        listed = await self._listed(asked, {one: subjects[one] for one in named}, user_id)
        ids = [*likeness, *(hit.id for hit in words), *(one.id for one in listed)]
        records = {one.id: one for one in await self._store.get(ids, user_id=user_id)}
        before = await self._neighbours(records, user_id)
        if vector is not None and (bare := [id_ for id_ in records if id_ not in likeness]):
            more = await self._store.exact(vector, user_id=user_id, limit=len(bare), ids=bare)
            likeness |= {hit.id: hit.likeness for hit in more}
        return named, [
            Candidate(record, likeness.get(id_, 0.0), before.get(id_))
            for id_, record in records.items()
        ]

    def _vector(self, text: str) -> Vectors | None:
        try:
            vector: Vectors = self._embedder.embed([text])[0]
        except EmbedderError:
            return None
        return vector

    async def _listed(self, asked: Query, named: Mapping[str, int], user_id: str) -> list[Record]:
        """Return what names, properties and times alone propose.

        Args:
            asked: The question.
            named: The subjects that it names, and how many records there are of each.
            user_id: Whose memory it is.
        """
        place: dict[str, Any] = {"user_id": user_id, "limit": OF_NAME}
        calls = [self._store.list(subject=one, **place) for one, n in named.items() if n <= OF_NAME]
        if asked.asked is not None:
            names = sorted({asked.asked.name, *related(asked.asked.name)})
            calls += [
                self._store.list(subject=subject, attribute=name, **place)
                for subject in named or (USER,)
                for name in names
            ]
        calls += [
            self._store.list(subject=USER, attribute=name, ended=False, **place)
            for name in asked.needs
        ]
        found = [one for part in await asyncio.gather(*calls) for one in part]
        if asked.times and asked.personal:
            recent = await self._store.list(user_id=user_id, limit=RECENT)
            found += [one for one in recent if happened(one, asked)][:OF_NAME]
        return found

    async def _neighbours(self, records: dict[int, Record], user_id: str) -> dict[int, Record]:
        """Return the turn before each turn of a conversation that was taken in.

        The turn behind one that was found is a candidate, too: it may be the answer.
        """
        turns = [one for one in records.values() if one.source == "import" and one.thread_id]
        near = {id_ for one in turns for id_ in (one.id - 1, one.id + 1)} - set(records)
        more = {one.id: one for one in await self._store.get(sorted(near), user_id=user_id)}
        known = records | more
        for one in turns:
            after = known.get(one.id + 1)
            if after is not None and _follows(after, one):
                records[after.id] = after
        return {
            id_: known[id_ - 1]
            for id_, one in records.items()
            if id_ - 1 in known and _follows(one, known[id_ - 1])
        }


def in_order(found: Iterable[Recalled]) -> list[Recalled]:
    """Return what was recalled as it stands in a prompt: by time, and always in the same order."""
    return sorted(found, key=lambda one: (one.record.said, one.record.id))


def line(record: Record, now: float) -> str:
    """Return a record as one line for a model: when, how long, who, and the words.

    Args:
        record: The record.
        now: The time of the prompt, in seconds since the epoch.
    """
    remarks = []
    if record.since is not None and not record.ended:
        word = "holds since" if record.since <= now else "from"
        remarks.append(f"{word} {_day(record.since, month=True)}")
    if record.ended == "corrected":
        remarks.append("a mistake, corrected later")
    elif record.ended:
        until = f"until {_day(record.until, month=True)}: " if record.until is not None else ""
        remarks.append(f"{until}no longer true")
    elif record.until is not None:
        remarks.append(f"until {_day(record.until, month=True)}")
    remark = f" ({'; '.join(remarks)})" if remarks else ""
    speaker = "" if record.speaker == USER else f" {record.speaker}:"
    # A small model reckons badly with dates: it is told which day "yesterday" was.
    days = dated(record.text, record.said)
    told = "; ".join(f"{words}: {day}" for words, day in days if day not in remark)
    meant = f" ({told})" if told else ""
    return f'- {_day(record.said)}{remark}:{speaker} "{" ".join(record.text.split())}"{meant}'


def fitting(
    found: Sequence[Recalled], tokens: int, count: Callable[[str], int], now: float | None = None
) -> list[Recalled]:
    """Return the first of what was recalled that fit a number of tokens together.

    Args:
        found: What was recalled, the most relevant first.
        tokens: Tokens that there are.
        count: Counts the tokens of a text.
        now: The time of the prompt, in seconds since the epoch; the present if None.
    """
    kept, left = [], tokens
    for one in found:
        needed = count(line(one.record, time.time() if now is None else now) + "\n")
        if needed <= left:
            kept.append(one)
            left -= needed
    return kept


def _day(moment: float, *, month: bool = False) -> str:
    at = time.localtime(moment)
    named = time.strftime("%B %Y", at)
    return named if month else f"{at.tm_mday} {named}"


def _scopes(thread_id: str, project: str) -> set[str]:
    own = {f"thread:{thread_id}"} if thread_id else set()
    return {"", *own, *({f"project:{project}"} if project else ())}


def _holds(record: Record, asked: Query) -> bool:
    """Tell whether a record may answer: what is over only does to a question about the past."""
    return not record.ended or (record.ended == "changed" and asked.past)


def _awake(one: Judged, best: float) -> bool:
    return not one.record.dormant or one.score >= 0.8 * best


def _follows(one: Record, other: Record) -> bool:
    return one.source == other.source == "import" and one.thread_id == other.thread_id != ""


def _named(asked: Query, subjects: Collection[str]) -> list[str]:
    """Return the subjects that a question is about, other than the user."""
    others = [one for one in subjects if one != USER]
    if not others:
        return []
    words = set(fold(asked.text).split())
    about = subject_of(asked.text, known=others)
    short = tuple(fold(name) for name in asked.names if len(name) >= SHORTEST)
    return sorted(
        one
        for one in others
        if alike(one, about)
        or set(fold(one).split()) <= words
        or (short and any(word.startswith(short) for word in fold(one).split()))
    )
