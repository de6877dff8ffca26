"""Records: kept for good, found again, one user's alone, and gone without trace when deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from memory.embeddings import EmbedderError, Hashed
from memory.records import CHARS, Draft
from memory.store import FILE, Close, Message, Store, open_database

if TYPE_CHECKING:
    from memory.embeddings import Vectors

EVA = "eva"


class Absent(Hashed):
    """An embedder whose model cannot be loaded."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        raise EmbedderError("The model is not there.")


def opened(folder: Path, embedder: Hashed | None = None) -> Store:
    return Store(open_database(folder / FILE), embedder or Hashed())


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = opened(tmp_path)
    yield store
    await store.aclose()


def said(words: str, at: float = 1.0, **more: object) -> Draft:
    return replace(Draft(text=words, said=at), **more)  # type: ignore[arg-type]


def holding(folder: Path, word: str) -> list[str]:
    return [path.name for path in folder.iterdir() if word.encode() in path.read_bytes()]


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def found(store: Store, query: str, user_id: str = EVA) -> list[str]:
    hits = await store.words(query, user_id=user_id)
    return [one.text for one in await store.get([hit.id for hit in hits], user_id=user_id)]


async def test_reading_makes_no_file(store: Store, tmp_path: Path) -> None:
    assert await store.list(user_id=EVA) == []
    assert await store.words("tea", user_id=EVA) == []
    assert await store.delete([1], user_id=EVA) == []
    assert await store.users() == []
    assert await store.high() == 0
    assert not (tmp_path / FILE).exists()


async def test_what_was_written_outlasts_the_process_with_all_its_fields(tmp_path: Path) -> None:
    first = opened(tmp_path)
    draft = said(
        *("I moved to Rome.", 5.0),
        **{"kind": "event", "attribute": "home", "value": "Rome", "since": 2.0, "until": 9.0},
        **{"thread_id": "t", "message": "m", "quote": "Well, I moved to Rome.", "negated": True},
        **{"confidence": 0.5, "importance": 0.9, "scope": "thread:t", "source": "command"},
    )
    record, _ = await first.write(draft, user_id=EVA)
    await first.aclose()
    second = opened(tmp_path)
    (again,) = await second.get([record.id], user_id=EVA)
    assert again == record
    assert all(getattr(again, name) == getattr(draft, name) for name in Draft.__dataclass_fields__)
    assert (again.times, again.last_said, again.current) == (1, 5.0, True)
    await second.aclose()


async def test_words_are_found_in_other_forms_and_the_telling_ones_count_most(
    store: Store,
) -> None:
    texts = ["My sister Ana lives in Córdoba.", "I like my tea hot.", "I like my dog."]
    await store.add_many([said(text) for text in texts], user_id=EVA)
    assert await found(store, "Where is ANA living? cordoba") == texts[:1]
    assert (await found(store, "do I like hot teas"))[0] == texts[1]
    assert await found(store, "nothing of this") == []
    for query in ('"', "a OR b NEAR(", "*", "te' --", "\x00", "\ud83d", ""):
        await store.words(query, user_id=EVA)


async def test_words_that_stand_everywhere_do_not_hide_the_one_that_tells(store: Store) -> None:
    many = [said(f"I do what I do now on day {number}.") for number in range(200)]
    await store.add_many([*many, said("We live in Lima.")], user_id=EVA)
    assert (await found(store, "where do I live now"))[0] == "We live in Lima."


async def test_a_third_persons_record_is_found_by_the_name(store: Store) -> None:
    draft = said("She moved to Lima.", subject="ana")
    await store.write(draft, user_id=EVA)
    assert await found(store, "Ana") == [draft.text]


async def test_text_without_blanks_is_found(store: Store) -> None:
    await store.write(said("私は東京に住んでいます。"), user_id=EVA)
    assert await found(store, "東京") == ["私は東京に住んでいます。"]


async def test_the_nearest_vectors_are_found_exactly(store: Store) -> None:
    texts = [f"thing {number} of colour {number * 7}" for number in range(60)]
    await store.add_many([said(text) for text in texts], user_id=EVA)
    await store.add_many([said(text) for text in texts], user_id="other")
    rows = Hashed().embed(texts)
    hits = await store.exact(rows[3], user_id=EVA, limit=5)
    assert hits[0].id == 4
    assert hits[0].likeness == pytest.approx(1.0, abs=1e-3)
    best = np.sort(rows @ rows[3])[::-1][:5]
    assert [hit.likeness for hit in hits] == pytest.approx(best, abs=1e-3)
    some = await store.exact(rows[3], user_id=EVA, limit=5, ids=[9, 4, 70])
    assert [hit.id for hit in some] == [4, 9]


async def test_nobody_reads_or_changes_what_is_anothers(store: Store) -> None:
    record, changes = await store.write(said("The code is 4711."), user_id=EVA)
    vector = Hashed().embed([record.text])[0]
    for user_id in ("ana", "EVA", "eva ", "%"):
        assert await store.get([record.id], user_id=user_id) == []
        assert await store.list(user_id=user_id) == []
        assert await found(store, "code", user_id) == []
        assert await store.exact(vector, user_id=user_id, limit=5, ids=[record.id]) == []
        assert await store.same(record.text, user_id=user_id) is None
        assert await store.delete([record.id], user_id=user_id) == []
        assert await store.undo(user_id=user_id, change_ids=[changes[0].id]) == []
        assert await store.changes(user_id=user_id, record_id=record.id) == []
        assert await store.close([Close(record.id, 1.0, "changed")], user_id=user_id) == []
        await store.use([record.id], user_id=user_id, at=3.0)
        await store.rest([record.id], user_id=user_id)
        with pytest.raises(LookupError):
            await store.strengthen(record.id, user_id=user_id, said=2.0)
        with pytest.raises(LookupError):
            await store.edit(record.id, user_id=user_id, text="Mine.")
    assert await store.get([record.id], user_id=EVA) == [record]


async def test_no_call_goes_without_a_user(store: Store) -> None:
    with pytest.raises(ValueError, match="user_id"):
        await store.write(said("I like tea."), user_id="")
    with pytest.raises(ValueError, match="user_id"):
        await store.list(user_id="")
    with pytest.raises(ValueError, match="user_id"):
        await store.forget_user(user_id="")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"text": " \n"}, "empty"),
        ({"text": "x" * (CHARS + 1)}, "at most"),
        ({"kind": "joke"}, "no kind"),
        ({"said": float("nan")}, "not a time"),
        ({"until": float("inf")}, "not a time"),
        ({"confidence": 1.5}, "from 0 to 1"),
    ],
)
async def test_what_is_no_memory_is_refused(
    store: Store, tmp_path: Path, fields: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        await store.add_many([said("Good."), said("I like tea.", **fields)], user_id=EVA)
    assert not (tmp_path / FILE).exists()


async def test_a_new_statement_ends_the_old_one_and_undo_brings_it_back(store: Store) -> None:
    old, _ = await store.write(said("I live in Paris.", until=None), user_id=EVA)
    closes = [Close(old.id, 9.0, "changed"), Close(77, 9.0, "changed")]
    draft = said("I moved to Rome.", 9.0, thread_id="t", message="m")
    new, changes = await store.write(draft, user_id=EVA, closes=closes)
    assert [(one.action, one.record_id, one.other_id) for one in changes] == [
        ("added", new.id, 0),
        ("closed", old.id, new.id),
    ]
    (ended,) = await store.list(user_id=EVA, ended=True)
    assert (ended.id, ended.ended, ended.until, ended.closed_by) == (old.id, "changed", 9.0, new.id)
    assert await store.changes(user_id=EVA, thread_id="t", message="m") == changes[::-1]
    assert {one.action for one in await store.changes(user_id=EVA, record_id=new.id)} == {
        *("added", "closed")
    }
    taken = await store.undo(user_id=EVA, change_ids=[one.id for one in changes])
    assert taken == changes[::-1]
    assert await store.list(user_id=EVA) == [old]
    assert await store.undo(user_id=EVA, change_ids=[one.id for one in changes]) == []


async def test_undo_leaves_what_something_else_ended_since(store: Store) -> None:
    old, _ = await store.write(said("I live in Paris."), user_id=EVA)
    changes = await store.close([Close(old.id, 5.0, "changed")], user_id=EVA)
    await store.close([Close(old.id, 5.0, "corrected")], user_id=EVA)
    assert await store.undo(user_id=EVA, change_ids=[changes[0].id]) == []
    # What never was so cannot have changed later.
    assert await store.close([Close(old.id, 8.0, "changed")], user_id=EVA) == []
    (record,) = await store.get([old.id], user_id=EVA)
    assert (record.ended, record.until) == ("corrected", 5.0)


async def test_saying_it_again_counts_and_undo_counts_back(store: Store) -> None:
    record, _ = await store.write(said("I like tea."), user_id=EVA)
    same = await store.same("i  LIKE tea!", user_id=EVA)
    assert same == record
    assert await store.same("I like tea", user_id=EVA, subject="ana") is None
    again, first = await store.strengthen(record.id, user_id=EVA, said=5.0, confidence=0.9)
    assert (again.times, again.last_said, again.confidence) == (2, 5.0, 0.9)
    _, second = await store.strengthen(record.id, user_id=EVA, said=3.0)
    await store.undo(user_id=EVA, change_ids=[first.id])
    (one,) = await store.get([record.id], user_id=EVA)
    assert (one.times, one.last_said) == (2, 5.0)
    await store.undo(user_id=EVA, change_ids=[second.id])
    (one,) = await store.get([record.id], user_id=EVA)
    assert one.times == 1


async def test_an_edited_record_is_found_by_its_new_words_only(
    store: Store, tmp_path: Path
) -> None:
    draft = said("I live in zanahoria9.", value="zanahoria9", quote="I said zanahoria9!")
    record, _ = await store.write(draft, user_id=EVA)
    edited = await store.edit(record.id, user_id=EVA, text="I live in Lima.", value="Lima")
    assert (edited.text, edited.value, edited.quote) == ("I live in Lima.", "Lima", "")
    assert await store.get([record.id], user_id=EVA) == [edited]
    assert await found(store, "zanahoria9") == []
    assert await found(store, "Lima") == ["I live in Lima."]
    vector = Hashed().embed(["I live in Lima."])[0]
    (hit,) = await store.exact(vector, user_id=EVA, limit=1)
    assert hit.likeness == pytest.approx(1.0, abs=1e-3)
    assert holding(tmp_path, "zanahoria9") == []
    with pytest.raises(ValueError, match="times cannot be edited"):
        await store.edit(record.id, user_id=EVA, times=9)


async def test_lists_are_filtered_ordered_and_cut(store: Store) -> None:
    drafts = [
        said("A", 1.0, kind="preference", importance=0.9, thread_id="t"),
        said("B", 2.0, subject="ana", attribute="home", scope="project:x"),
        said("C", 3.0, importance=0.1, scope="thread:t"),
    ]
    await store.add_many(drafts, user_id=EVA)

    async def texts(**wanted: object) -> str:
        return "".join(one.text for one in await store.list(user_id=EVA, **wanted))  # type: ignore[arg-type]

    assert await texts() == "CBA"
    assert await texts(order="old", limit=2) == "AB"
    assert await texts(order="importance") == "ABC"
    assert await texts(limit=1, offset=1) == "B"
    assert await texts(kinds=["preference", "event"]) == "A"
    assert await texts(subject="ana", attribute="home") == "B"
    assert await texts(thread_id="t") == "A"
    assert await texts(scopes=["", "thread:t"]) == "CA"
    assert await texts(scopes=[]) == ""
    assert await texts(ended=True) == ""
    await store.rest([1], user_id=EVA)
    assert await texts(dormant=False) == "CB"
    await store.use([1, 1], user_id=EVA, at=7.0)
    (used,) = await store.get([1], user_id=EVA)
    assert (used.used, used.last_used, used.dormant) == (1, 7.0, False)
    assert await store.subjects(user_id=EVA) == {"ana": 1, "user": 2}
    assert await store.count(user_id=EVA) == 3


async def test_what_nobody_used_rests_and_instructions_do_not(store: Store) -> None:
    drafts = [said("A"), said("B", kind="instruction"), said("C", importance=0.8), said("D", 9.0)]
    await store.add_many(drafts, user_id=EVA)
    assert await store.tidy(before=5.0) == 1
    assert [one.text for one in await store.list(user_id=EVA, dormant=True)] == ["A"]


async def test_without_the_model_records_are_found_by_words_and_get_vectors_later(
    tmp_path: Path,
) -> None:
    store = opened(tmp_path, Absent())
    record, _ = await store.write(said("She likes tea.", subject="ana"), user_id=EVA)
    assert await found(store, "tea") == [record.text]
    assert await store.after(0, space="records") == []
    (missing,) = await store.missing(store.model, 10)
    assert (missing.id, missing.user_id, missing.text) == (1, EVA, "ana: She likes tea.")
    vectors = Hashed().embed([missing.text])
    await store.fill([replace(missing, text="other")], vectors, model=store.model)
    assert await store.missing(store.model, 10) == [missing]
    await store.fill([missing], vectors, model=store.model)
    assert await store.missing(store.model, 10) == []
    assert await store.missing("another model", 10) == [missing]
    (pending,) = await store.after(0, space="records")
    assert (pending.id, pending.user_id) == (1, EVA)
    assert await store.exact(vectors[0], user_id=EVA, limit=1) != []
    await store.aclose()


async def test_vectors_of_another_model_are_not_compared(tmp_path: Path) -> None:
    first = opened(tmp_path)
    await first.write(said("I like tea."), user_id=EVA)
    await first.aclose()
    other = Hashed()
    other.name = "another"
    second = opened(tmp_path, other)
    assert await second.exact(other.embed(["tea"])[0], user_id=EVA, limit=5) == []
    assert await second.after(0, space="records") == []
    await second.aclose()


async def test_an_index_learns_of_everything_in_its_order(store: Store) -> None:
    a, b = await store.add_many([said("A"), said("B")], user_id=EVA)
    seen = await store.high()
    await store.edit(a.id, user_id=EVA, text="AA")
    await store.delete([b.id], user_id=EVA)
    new = await store.after(seen, space="records")
    assert [(one.id, one.user_id, one.vector is None) for one in new] == [
        # The old vector goes before the new one comes.
        (a.id, EVA, True),
        (a.id, EVA, False),
        (b.id, EVA, True),
    ]
    assert [one.seq for one in new] == sorted(one.seq for one in new)
    assert new[-1].seq == await store.high()
    assert len(await store.after(0, space="records", limit=1)) == 1
    await store.settled(await store.high(), space="records")
    assert [one.id for one in await store.after(0, space="records")] == [a.id]
    assert await store.meta("identity")
    await store.set_meta("applied", "7")
    assert await store.meta("applied") == "7"


async def test_the_inbox_gives_what_failed_least_and_then_the_oldest(store: Store) -> None:
    ids = [
        await store.note(Message(text=text, said=1.0, thread_id="t", message=text), user_id=user)
        for text, user in (("one", EVA), ("two", EVA), ("three", "ana"))
    ]
    await store.tried(ids[0], user_id=EVA)
    assert [one.text for one in await store.inbox()] == ["two", "three", "one"]
    await store.tried(ids[0], user_id=EVA, by=-1)
    assert [one.text for one in await store.inbox(user_id=EVA)] == ["one", "two"]
    await store.done(ids, user_id=EVA)
    assert [(one.text, one.user_id) for one in await store.inbox()] == [("three", "ana")]


async def test_pausing_is_remembered_for_each_user(store: Store) -> None:
    await store.pause(True, user_id=EVA)
    assert (await store.state(user_id=EVA)).paused
    assert not (await store.state(user_id="ana")).paused
    await store.pause(False, user_id=EVA)
    assert not (await store.state(user_id=EVA)).paused


async def test_a_deleted_record_leaves_no_trace_in_any_file(store: Store, tmp_path: Path) -> None:
    numbers = range(1, 121)
    for number in numbers:
        word = f"sentinel{number:04}x"
        draft = said(
            f"{word} " + "blah " * (number % 50),
            subject=word,
            attribute=word,
            value=word,
            quote=word,
        )
        draft = replace(draft, thread_id="t", message=str(number))
        await store.write(draft, user_id=EVA)
        await store.note(
            Message(text=word, said=1.0, thread_id="t", message=str(number)), user_id=EVA
        )
    gone = [number for number in numbers if number % 3]
    for start in range(0, len(gone), 40):
        deleted = await store.delete(gone[start : start + 40], user_id=EVA)
        assert len(deleted) == len(gone[start : start + 40])
    left = [number for number in gone if holding(tmp_path, f"sentinel{number:04}x")]
    assert left == []
    assert await found(store, "sentinel0001x") == []
    assert len(await found(store, "sentinel0003x blah")) > 0
    assert {one.record_id for one in await store.changes(user_id=EVA, limit=999)}.isdisjoint(gone)
    assert await store.database.check() == []


async def test_no_copies_stay_in_the_gaps_of_pages_between_which_rows_were_moved(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("memory.database.AT_ONCE", 0)
    random = Random(5)
    live: dict[int, str] = {}
    gone: list[str] = []
    for step in range(700):
        word = f"sentinel{step:04}x"
        number = random.choice(list(live)) if live else 0
        chance = random.random()
        if not live or chance < 0.6:
            text = f"{word} " + "blah " * random.randrange(1, 60)
            draft = said(text, random.random(), subject=word, value=word, quote=word)
            record, _ = await store.write(draft, user_id=EVA)
            live[record.id] = word
        elif chance < 0.75:
            text = f"{word} " + "bloh " * random.randrange(1, 300)
            await store.edit(number, user_id=EVA, text=text, subject=word, value=word)
            gone.append(live[number])
            live[number] = word
        else:
            await store.delete([number], user_id=EVA)
            gone.append(live.pop(number))
    await store.database.wipe()
    content = b"".join(file.read_bytes() for file in files(tmp_path))
    assert [word for word in gone if word.encode() in content] == []
    assert all(word.encode() in content for word in live.values())


async def test_deletion_with_a_reader_in_the_way_is_completed_later(
    store: Store, tmp_path: Path
) -> None:
    record, _ = await store.write(said("The word is zanahoria9."), user_id=EVA)
    reader = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from records").fetchone()
    await store.delete([record.id], user_id=EVA)
    assert holding(tmp_path, "zanahoria9") != []
    reader.execute("commit")
    reader.close()
    await store.count(user_id=EVA)
    assert holding(tmp_path, "zanahoria9") == []


async def test_what_a_deleted_record_had_closed_stays_closed(store: Store) -> None:
    old, _ = await store.write(said("I live in Paris."), user_id=EVA)
    closes = [Close(old.id, 9.0, "changed")]
    new, _ = await store.write(said("I moved to Rome."), user_id=EVA, closes=closes)
    await store.delete([new.id], user_id=EVA)
    (left,) = await store.list(user_id=EVA)
    assert (left.ended, left.closed_by) == ("changed", 0)
    third, _ = await store.write(said("New."), user_id=EVA)
    assert third.id > new.id


async def test_everything_of_a_user_is_forgotten_and_others_keep_theirs(
    store: Store, tmp_path: Path
) -> None:
    for user_id in ("zanahoria9", "ana"):
        await store.write(said(f"I am {user_id}."), user_id=user_id)
        await store.note(Message(text=f"{user_id} here", said=1.0), user_id=user_id)
        await store.pause(True, user_id=user_id)

    def documents(db: sqlite3.Connection) -> None:
        db.execute("insert into documents (user_id, place) values ('zanahoria9', '/zanahoria9')")
        db.execute(
            "insert into passages (document_id, user_id, text) "
            "values (1, 'zanahoria9', 'about zanahoria9')"
        )

    await store.database.change(documents)
    seen = await store.high()
    assert await store.forget_user(user_id="zanahoria9") == 1
    assert await store.users() == ["ana"]
    assert len(await store.list(user_id="ana")) == len(await store.inbox()) == 1
    for space in ("records", "passages"):
        assert [one.vector for one in await store.after(seen, space=space)] == [None]  # type: ignore[arg-type]
        await store.settled(await store.high(), space=space)  # type: ignore[arg-type]
    await store.database.wipe()
    assert holding(tmp_path, "zanahoria9") == []


async def test_a_write_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(ValueError, match="ends because"):
        await store.write(said("A"), user_id=EVA, closes=[Close(1, 1.0, "")])
    assert await store.list(user_id=EVA) == []
    assert await found(store, "A") == []


async def test_two_processes_write_to_one_file(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    a, _ = await first.write(said("A"), user_id=EVA)
    b, _ = await second.write(said("B"), user_id=EVA)
    assert [one.id for one in await first.list(user_id=EVA)] == [b.id, a.id]
    await first.delete([b.id], user_id=EVA)
    assert await found(second, "B") == []
    await first.aclose()
    await second.aclose()


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "records_said (owner=?)"),
        ({"order": "importance"}, "records_importance (owner=?)"),
        ({"subject": "ana", "attribute": "home"}, "(owner=? AND subject=? AND attribute=?)"),
        ({"thread_id": "t"}, "records_thread (owner=? AND thread_id=?)"),
    ],
)
async def test_lists_are_found_through_an_index_of_the_user(
    store: Store, wanted: dict[str, str], index: str
) -> None:
    await store.write(said("A"), user_id=EVA)
    asked: list[str] = []
    await store.database.run(lambda db: db.set_trace_callback(asked.append))
    await store.list(user_id=EVA, **wanted)  # type: ignore[arg-type]
    await store.database.run(lambda db: db.set_trace_callback(None))
    (query,) = [one for one in asked if "from records" in one]
    plan = await store.database.run(lambda db: db.execute(f"explain query plan {query}").fetchall())
    assert index in plan[0][3]
