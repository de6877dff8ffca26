"""Take a new statement into memory: beside the old ones, over them, or as one of them again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from memory import deciding
from memory.attributes import known_by_name
from memory.comparing import Effect, compare, corrected_words, mended, restated, role
from memory.embeddings import Embedder, EmbedderError
from memory.extract import Ask
from memory.flat import flat
from memory.index import Index
from memory.junk import again
from memory.people import alike, joined
from memory.records import Draft, Record
from memory.refusing import reason, secret_in
from memory.store import Change, Close, Store

Outcome = Literal["added", "strengthened", "changed", "corrected", "refused"]
NEAR = 12
"""Records near in meaning that a statement is compared with."""
LISTED = 60
"""Records of a subject that it is compared with."""
CHAT = "chat"
SAID_BEFORE = "By the user's own word it is known already."
ASKED = 1
"""Pairs that a model is asked about for one statement."""


_NEW_ONE = re.compile(
    r"\b(?:new|another|second|other|neue\w*|nuev[oa]|nouvel\w*|nov[oa]|nuov[oa])\b"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a statement.

    Args:
        record: The record that holds it now; None where it was refused.
        changes: What was changed for it.
        outcome: Whether it was added, strengthened an old record, took the place of one, or was
            refused.
        reason: Why it was refused.
    """

    record: Record | None
    changes: tuple[Change, ...]
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Effects:
    same: Record | None
    closes: tuple[Close, ...]
    closed: tuple[Record, ...]
    older: Record | None


class Consolidator:
    """Compares what is new with what is known, and writes the result.

    Args:
        store: The truth.
        index: Where near records are found; None searches the store itself.
        embedder: What tells how near two statements are.
    """

    def __init__(self, store: Store, index: Index | None, embedder: Embedder) -> None:
        self._store, self._index, self._embedder = store, index, embedder

    async def take(self, draft: Draft, *, user_id: str, ask: Ask | None = None) -> Taken:
        """Take a statement in.

        Args:
            draft: The statement.
            user_id: Whose memory it is.
            ask: A model for pairs that rules cannot judge; None keeps both.
        """
        if what := secret_in(f"{draft.text}\n{draft.quote}"):
            return Taken(None, (), "refused", reason(what))
        subjects = await self._store.subjects(user_id=user_id)
        if not _NEW_ONE.search(flat(draft.text)):
            draft = replace(draft, subject=joined(draft.subject, list(subjects)))
        mended = await self._mended(draft, user_id)
        if mended is None:
            return Taken(None, (), "refused", "Nothing is remembered that this corrects.")
        draft = mended
        if known := await self._said_before(draft, user_id):
            return known
        if draft.until is not None and draft.until <= draft.said:
            return await self._write_past(draft, user_id)
        found = await self._candidates(draft, list(subjects), user_id)
        effects = await self._effects(draft, found, ask)
        if effects.same:
            return await self._strengthen(effects.same, draft, user_id)
        if again(draft.quote or draft.text) and draft.source == CHAT and not effects.closes:
            return Taken(None, (), "refused", SAID_BEFORE)
        return await self._write(draft, effects, user_id)

    async def _said_before(self, draft: Draft, user_id: str) -> Taken | None:
        same = await self._store.same(
            draft.text, user_id=user_id, subject=draft.subject, speaker=draft.speaker
        )
        return await self._strengthen(same, draft, user_id) if same else None

    async def _strengthen(self, record: Record, draft: Draft, user_id: str) -> Taken:
        stronger, change = await self._store.strengthen(
            record.id,
            user_id=user_id,
            said=draft.said,
            thread_id=draft.thread_id,
            message=draft.message,
            confidence=max(record.confidence, draft.confidence),
        )
        return Taken(stronger, (change,), "strengthened")

    async def _write_past(self, draft: Draft, user_id: str) -> Taken:
        """Keep what is over already; it ends nothing."""
        until = draft.until or draft.said
        record, changes = await self._store.write(draft, user_id=user_id, over=until)
        return Taken(record, tuple(changes), "added")

    async def _write(self, draft: Draft, effects: _Effects, user_id: str) -> Taken:
        if effects.closed and ":" not in draft.attribute and not known_by_name(draft.attribute):
            old = effects.closed[0]
            subject = old.subject if alike(old.subject, draft.subject) else draft.subject
            draft = replace(draft, attribute=old.attribute or draft.attribute, subject=subject)
        if draft.corrects and effects.closed and (text := restated(draft, effects.closed[0])):
            draft = replace(draft, text=text, quote=draft.quote or draft.text)
        over, by = None, 0
        if older := effects.older:
            # Something newer is known already: this was true before it.
            over, by = max(older.since or older.said, draft.said), older.id
        record, changes = await self._store.write(
            draft, user_id=user_id, closes=effects.closes, over=over, by=by
        )
        if not effects.closes:
            return Taken(record, tuple(changes), "added")
        wrong = any(close.ended == "corrected" for close in effects.closes)
        return Taken(record, tuple(changes), "corrected" if wrong else "changed")

    async def _mended(self, draft: Draft, user_id: str) -> Draft | None:
        """Make "I meant Anna, not Anne" the whole statement that it corrects.

        None where there is no such statement.
        """
        words = corrected_words(draft.quote or draft.text) if draft.corrects else None
        if not words:
            return draft
        recent = await self._store.list(user_id=user_id, ended=False, order="new", limit=LISTED)
        wrong = flat(words[1])
        recent = sorted(recent, key=lambda one: not (wrong and wrong in flat(one.value)))
        for old in recent:
            text = mended(old.text, *words)
            if text and text != old.text and old.said <= draft.said:
                value = mended(old.value, *words) or words[0]
                return replace(
                    draft,
                    text=text,
                    subject=_renamed(old.subject, *words),
                    attribute=old.attribute,
                    value=value,
                    kind=old.kind,
                    negated=old.negated,
                    quote=draft.quote or draft.text,
                    importance=old.importance,
                )
        return draft if draft.attribute or draft.source == "command" else None

    async def _candidates(
        self, draft: Draft, subjects: Sequence[str], user_id: str
    ) -> list[tuple[Record, float]]:
        """Return current records that may be about the same, with how near they are."""
        records: dict[int, Record] = {}
        for subject in subjects:
            if alike(subject, draft.subject) or role(subject, draft):
                listed = await self._store.list(
                    user_id=user_id, subject=subject, ended=False, limit=LISTED
                )
                records.update((one.id, one) for one in listed)
        near = await self._near(draft, user_id)
        missing = [number for number in near if number not in records]
        for one in await self._store.get(missing, user_id=user_id):
            near_one = alike(one.subject, draft.subject) or role(one.subject, draft)
            if one.current and near_one:
                records[one.id] = one
        fitting = [
            one
            for one in records.values()
            if one.scope == draft.scope and one.speaker == draft.speaker
        ]
        likeness = await self._likeness(draft, fitting)
        return sorted(zip(fitting, likeness, strict=True), key=lambda pair: -pair[1])

    async def _near(self, draft: Draft, user_id: str) -> list[int]:
        try:
            (vector,) = await asyncio.to_thread(self._embedder.embed, [draft.text])
        except EmbedderError:
            return []
        if self._index:
            hits = await self._index.search(vector, user_id=user_id, space="records", limit=NEAR)
        else:
            hits = await self._store.exact(vector, user_id=user_id, limit=NEAR)
        return [hit.id for hit in hits]

    async def _likeness(self, draft: Draft, records: Sequence[Record]) -> list[float]:
        if not records:
            return []
        texts = [draft.text, *(one.text for one in records)]
        try:
            vectors = await asyncio.to_thread(self._embedder.embed, texts)
        except EmbedderError:
            return [0.0] * len(records)
        return [float(value) for value in vectors[1:] @ vectors[0]]

    async def _effects(
        self, draft: Draft, found: Sequence[tuple[Record, float]], ask: Ask | None
    ) -> _Effects:
        """Judge each candidate; of the unclear ones the nearest are asked about."""
        closes: list[Close] = []
        closed: list[Record] = []
        older: Record | None = None
        left = ASKED if ask else 0
        for record, likeness in found:
            effect = compare(draft, record, likeness)
            if effect == "unsure":
                effect = "different"
                if ask and left:
                    left -= 1
                    effect = await _asked(record, draft, ask)
            if effect == "same":
                return _Effects(record, (), (), None)
            if effect == "different" or (effect == "corrects" and closed):
                continue
            if _one_breath(draft, record) and not record.negated:
                continue
            if record.said > draft.said:
                older = older or record
                continue
            wrong = effect == "corrects"
            until = draft.since if draft.since and draft.since > record.said else draft.said
            closes.append(Close(record.id, until, "corrected" if wrong else "changed"))
            closed.append(record)
        return _Effects(None, tuple(closes), tuple(closed), older)


async def _asked(record: Record, draft: Draft, ask: Ask) -> Effect:
    """Ask a model; small ones like to see mistakes where nobody spoke of one."""
    said = await deciding.relation(record.text, draft.text, ask)
    return said if said and (said != "corrects" or draft.corrects) else "different"


def _one_breath(draft: Draft, record: Record) -> bool:
    """Tell whether both were said in one message, where nobody takes back what he just said."""
    return bool(draft.message) and (draft.thread_id, draft.message) == (
        record.thread_id,
        record.message,
    )


def _renamed(subject: str, right: str, wrong: str) -> str:
    """Put the right name into a subject that was made of the wrong one."""
    names = {flat(word): flat(right).split()[0] for word in wrong.split()}
    relation, *rest = subject.split()
    return " ".join([relation, *(names.get(word, word) for word in rest)])
