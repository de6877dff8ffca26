"""What is remembered, in SQLite, which is the truth: an index of it can always be made again.

Everything is asked and told for one user. A call that writes is one transaction, and is on the disk
when it returns. Vectors are made before it, outside the database's lock; where that fails, a record
is found by its words, and gets its vector later.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from memory import changes, choosing, fulltext, rows, vectors
from memory.changes import Action, Cause, Change, Close
from memory.choosing import Order
from memory.database import Database
from memory.feed import EVERYBODY, Feed, whose
from memory.inbox import Message
from memory.index import Hit, Space
from memory.outbox import Missing
from memory.records import USER, Draft, Record
from memory.schema import FILE, MIGRATIONS, settle
from memory.vectors import Pending

if TYPE_CHECKING:
    from memory.embeddings import Vectors

__all__ = ["FILE", "Action", "Change", "Close", "Message", "Missing", "Pending", "Store"]

EDITABLE = frozenset(
    "text kind subject attribute value since until importance scope said".split()  # noqa: SIM905
)
"""Fields of a record that may be edited."""


@dataclass(frozen=True, slots=True)
class UserState:
    """What is kept of a user beside records: whether nothing is to be remembered for now."""

    paused: bool = False


def open_database(path: Path) -> Database:
    """Return the database of memory; its file is made with the first write."""
    return Database(path, migrations=MIGRATIONS, settle=settle)


class Store(Feed):
    """The records of all users; every call names the user.

    Args:
        database: Where they are kept, as `open_database` returns it.
        embedder: What makes their vectors; None leaves them to be found by words.
    """

    async def write(
        self,
        draft: Draft,
        *,
        user_id: str,
        closes: Sequence[Close] = (),
        over: float | None = None,
        by: int = 0,
        vectors: Vectors | None = None,
    ) -> tuple[Record, list[Change]]:
        """Add a record, and end those that it takes the place of.

        Args:
            draft: What is remembered.
            user_id: Whose memory it is.
            closes: The ends of old records.
            over: When it ended itself, where it tells of the past.
            by: The record that had taken its place, 0 for none.
            vectors: Its vector, as an array [1, dimensions]; None has it made.

        Raises:
            ValueError: Something in the draft cannot be.
        """
        (entry,) = await self._entries([draft], whose(user_id), vectors)
        cause = Cause(draft.thread_id, draft.message, draft.source)

        def work(db: Connection) -> tuple[Record, list[Change]]:
            (record,) = rows.insert(db, user_id, [entry])
            done = [changes.log(db, "added", record, cause)]
            done += changes.close(db, user_id, closes, cause, by=record.id)
            if over is not None:
                ended = [Close(record.id, over, "changed")]
                done += changes.close(db, user_id, ended, cause, by=by)
                (record,) = rows.read_ids(db, user_id, [record.id])
            return record, done

        return await self._db.change(work)

    async def add_many(
        self, drafts: Sequence[Draft], *, user_id: str, vectors: Vectors | None = None
    ) -> list[Record]:
        """Add records as an import does: all or none, and without lines in the log.

        Args:
            drafts: What is remembered.
            user_id: Whose memory it is.
            vectors: Their vectors by this store's embedder, as an array [drafts, dimensions]; None
                has them made.
        """
        entries = await self._entries(drafts, whose(user_id), vectors)
        return await self._db.change(lambda db: rows.insert(db, user_id, entries))

    async def restore(
        self, records: Sequence[Record], *, user_id: str, there: Mapping[int, int] | None = None
    ) -> builtins.list[Record]:
        """Add records with all that is known of them, under new ids: all or none.

        Args:
            records: Records whose `closed_by` names another one's `id` among them, or 0.
            user_id: Whose memory they go to.
            there: Other ids that `closed_by` may name, with those of the same records here.
        """
        drafts = [rows.as_draft(record) for record in records]
        entries = await self._entries(drafts, whose(user_id), None)
        pairs = zip(entries, records, strict=True)
        whole = [replace(entry, state=record) for entry, record in pairs]
        return await self._db.change(lambda db: rows.restore(db, user_id, whole, there or {}))

    async def strengthen(
        self,
        record_id: int,
        *,
        user_id: str,
        said: float,
        thread_id: str = "",
        message: str = "",
        confidence: float | None = None,
        source: str = "chat",
    ) -> tuple[Record, Change]:
        """Note that something was said again.

        Raises:
            LookupError: The user has no such record.
        """
        whose(user_id)
        cause = Cause(thread_id, message, source)

        def work(db: Connection) -> tuple[Record, Change]:
            old = rows.read_one(db, user_id, record_id)
            change = changes.log(db, "strengthened", old, cause)
            new = replace(
                old,
                times=old.times + 1,
                last_said=max(old.last_said, said),
                confidence=old.confidence if confidence is None else confidence,
                dormant=False,
            )
            names = ("times", "last_said", "confidence", "dormant")
            rows.update(db, old.id, **{name: getattr(new, name) for name in names})
            return new, change

        return await self._db.change(work)

    async def close(
        self,
        closes: Sequence[Close],
        *,
        user_id: str,
        by: int = 0,
        thread_id: str = "",
        message: str = "",
        source: str = "chat",
    ) -> list[Change]:
        """End records; those that are gone or have ended so already are left as they are.

        Args:
            closes: Which records, when and why.
            user_id: Whose they are.
            by: The user's record that takes their place; 0, and any that is gone, for none.
            thread_id: The thread that caused it, as do the next two.
            message: The message in it.
            source: Where it came from.
        """
        whose(user_id)
        cause = Cause(thread_id, message, source)
        return await self._db.change(lambda db: changes.close(db, user_id, closes, cause, by=by))

    async def edit(self, record_id: int, *, user_id: str, **fields: Any) -> Record:
        """Change fields of a record; the old words are gone for good.

        Raises:
            LookupError: The user has no such record.
            ValueError: A field cannot be edited, or cannot be so.
        """
        if unknown := sorted(set(fields) - EDITABLE):
            raise ValueError(
                f"{', '.join(unknown)} cannot be edited; these can: {', '.join(sorted(EDITABLE))}."
            )
        seen = await self.get([record_id], user_id=user_id)
        if not seen:
            raise LookupError(f"There is no memory {record_id}.")
        (entry,) = await self._entries([rows.edited(seen[0], fields)], user_id, None)

        def work(db: Connection) -> Record:
            old = rows.read_one(db, user_id, record_id)
            changes.log(db, "edited", old, Cause(source="edit"))
            checked = {name: getattr(entry.draft, name) for name in (*fields, "quote")}
            new = replace(old, **checked)
            rows.rewrite(db, old, new, entry.vector, entry.model)
            return new

        return await self._db.change(work, wipe=True)

    async def delete(self, ids: Sequence[int], *, user_id: str) -> builtins.list[Record]:
        """Delete records for good, with their words, vectors and lines in the log.

        What a deleted record had closed stays closed.

        Returns:
            What was deleted.
        """
        whose(user_id)
        if not self._db.exists():
            return []

        def work(db: Connection) -> builtins.list[Record]:
            found = rows.read_ids(db, user_id, ids)
            rows.remove(db, user_id, found)
            return found

        return await self._db.change(work, wipe=True)

    async def undo(self, *, user_id: str, change_ids: Sequence[int]) -> builtins.list[Change]:
        """Take changes back, the newest first, and return those that could be.

        What was added is deleted, what was ended holds again, what was strengthened was said once
        less. A record that was ended by something else since stays as it is.
        """
        whose(user_id)
        if not self._db.exists():
            return []
        return await self._db.change(lambda db: changes.undo(db, user_id, change_ids), wipe=True)

    async def changes(
        self,
        *,
        user_id: str,
        thread_id: str = "",
        message: str = "",
        record_id: int = 0,
        limit: int = 50,
    ) -> builtins.list[Change]:
        """Return the log, the newest first, of a thread, a message or a record where it is named.

        A record's lines are also those in which it took another's place.
        """
        wanted = (thread_id, message, record_id, limit)
        return await self._read(user_id, [], lambda db: changes.read(db, user_id, *wanted))

    async def get(self, ids: Sequence[int], *, user_id: str) -> builtins.list[Record]:
        """Return records in the order of their ids; unknown ones are left out."""
        return await self._read(user_id, [], lambda db: rows.read_ids(db, user_id, ids))

    async def list(
        self,
        *,
        user_id: str,
        kinds: Sequence[str] = (),
        subject: str = "",
        attribute: str = "",
        thread_id: str = "",
        scopes: Sequence[str] | None = None,
        ended: bool | None = None,
        dormant: bool | None = None,
        order: Order = "new",
        limit: int = 50,
        offset: int = 0,
    ) -> builtins.list[Record]:
        """Return records that have all that is asked for.

        Args:
            user_id: Whose.
            kinds: Any of these kinds; empty for all, as in the next three.
            subject: Whom they are about.
            attribute: What they tell of him.
            thread_id: The thread in which they were said.
            scopes: Any of these scopes, where the empty one is everywhere; None for all.
            ended: Whether they no longer hold; None for both.
            dormant: Whether they are only found when asked for; None for both.
            order: `new` and `old` go by when they were said.
            limit: How many at most.
            offset: How many of the first are left out.
        """
        wanted = choosing.Wanted(kinds, subject, attribute, thread_id, scopes, ended, dormant)
        return await self._read(
            user_id, [], lambda db: choosing.choose(db, user_id, wanted, order, limit, offset)
        )

    async def same(
        self, text: str, *, user_id: str, subject: str = USER, speaker: str = USER
    ) -> Record | None:
        """Return the record that holds and says this in the same folded words."""
        return await self._read(
            user_id, None, lambda db: choosing.same(db, user_id, text, subject, speaker)
        )

    async def words(
        self, query: str, *, user_id: str, limit: int = 50, space: Space = "records"
    ) -> builtins.list[Hit]:
        """Return what shares words with a query, the best by BM25 first, the larger the better."""

        def work(db: Connection) -> builtins.list[Hit]:
            owner = rows.owner_of(db, user_id)
            return fulltext.search(db, owner, query, space=space, limit=limit) if owner else []

        return await self._read(user_id, [], work)

    async def exact(
        self,
        vector: Vectors,
        *,
        user_id: str,
        limit: int,
        space: Space = "records",
        ids: Sequence[int] | None = None,
    ) -> builtins.list[Hit]:
        """Return the nearest of all vectors that this store's embedder made, or of those of ids."""

        def work(db: Connection) -> builtins.list[Hit]:
            owner = rows.owner_of(db, user_id) or fulltext.Owner(0, user_id, b"")
            return vectors.search(
                db, owner, vector, space=space, limit=limit, model=self.model, ids=ids
            )

        return await self._read(user_id, [], work)

    async def use(self, ids: Sequence[int], *, user_id: str, at: float) -> None:
        """Count that an answer was given with records."""
        whose(user_id)
        if ids:
            await self._db.change(lambda db: choosing.use(db, user_id, ids, at))

    async def rest(self, ids: Sequence[int], *, user_id: str, dormant: bool = True) -> None:
        """Let records only be found when asked for, or again as others."""
        whose(user_id)
        await self._db.change(lambda db: choosing.rest(db, user_id, ids, dormant))

    async def tidy(self, *, before: float) -> int:
        """Let ordinary records rest that nobody said or used since `before`; return how many."""
        rested = first = 0
        last = await self._read(EVERYBODY, 0, choosing.last)
        # Piece by piece: others wait for as long as one takes.
        while first < last:
            rested += await self._db.change(partial(choosing.tidy, before=before, after=first))
            first += choosing.PIECE
        return rested

    async def users(self) -> builtins.list[str]:
        """Return all users of whom there is anything."""
        query = "select user_id from users union select user_id from documents order by 1"
        return await self._read(
            EVERYBODY, [], lambda db: [name for (name,) in db.execute(query).fetchall()]
        )

    async def count(self, *, user_id: str) -> int:
        """Return how many records a user has."""
        query = "select records from users where user_id = ?"
        found = await self._read(user_id, None, lambda db: db.execute(query, (user_id,)).fetchone())
        return int(found[0]) if found else 0

    async def subjects(self, *, user_id: str) -> dict[str, int]:
        """Return whom records are about, with how many."""
        return await self._read(user_id, {}, lambda db: choosing.subjects(db, user_id))

    async def state(self, *, user_id: str) -> UserState:
        """Return what is kept of a user beside records."""
        query = "select paused from users where user_id = ?"
        found = await self._read(user_id, None, lambda db: db.execute(query, (user_id,)).fetchone())
        return UserState(paused=bool(found and found[0]))

    async def pause(self, paused: bool, *, user_id: str) -> None:
        """Note that nothing is to be remembered for now, or that it is again."""
        query = "update users set paused = ? where owner = ?"
        await self._owned(user_id, lambda db, owner: db.execute(query, (paused, owner.number)))

    async def forget_user(self, *, user_id: str) -> int:
        """Delete everything of a user, and return how many records there were."""
        whose(user_id)
        if not self._db.exists():
            return 0
        return await self._db.change(lambda db: rows.forget(db, user_id), wipe=True)
