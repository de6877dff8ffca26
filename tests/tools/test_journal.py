"""Both journals keep the same promises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doubles.calls import scope
from tools.journal import Journal, MemoryJournal, SqliteJournal


@pytest.fixture(params=["sqlite", "memory"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Journal]:
    kept = SqliteJournal(tmp_path / "j.sqlite") if request.param == "sqlite" else MemoryJournal()
    yield kept
    await kept.aclose()


async def test_a_call_begins_once_and_ends(journal: Journal) -> None:
    assert await journal.find(scope()) is None
    assert await journal.begin(scope(), "send", "sends", {"to": "bo"}) is None
    again = await journal.begin(scope(), "send", "sends", {"to": "else"})
    assert again is not None
    assert (again.state, again.arguments, again.ended) == ("begun", {"to": "bo"}, None)
    await journal.end(scope(), "done", {"output": "sent"})
    found = await journal.find(scope())
    assert found is not None
    assert (found.state, found.outcome, found.call_id) == ("done", {"output": "sent"}, "1")
    assert found.ended is not None
    assert found.ended >= found.begun


async def test_a_call_that_is_taken_back_may_begin_again(journal: Journal) -> None:
    await journal.begin(scope(), "send", "sends", {})
    await journal.drop(scope())
    assert await journal.find(scope()) is None
    assert await journal.begin(scope(), "send", "sends", {}) is None


async def test_records_are_the_users_own_and_the_newest_first(journal: Journal) -> None:
    for call_id, user_id, thread_id in (("1", "ana", "t"), ("2", "ana", "u"), ("3", "bo", "t")):
        await journal.begin(scope(call_id, user_id, thread_id), "send", "sends", {})
    ids = lambda records: [one.call_id for one in records]  # noqa: E731
    assert ids(await journal.records(user_id="ana")) == ["2", "1"]
    assert ids(await journal.records(user_id="ana", thread_id="t")) == ["1"]
    assert ids(await journal.records(user_id="ana", limit=1)) == ["2"]
    await journal.forget(user_id="ana", thread_id="t")
    assert ids(await journal.records(user_id="ana")) == ["2"]
    assert ids(await journal.records(user_id="bo")) == ["3"]


async def test_a_file_outlives_its_journal_and_reading_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    first = SqliteJournal(path)
    assert await first.records(user_id="ana") == []
    assert not path.exists()
    await first.begin(scope(), "send", "sends", {"to": "Jürgen"})
    await first.aclose()
    second = SqliteJournal(path)
    found = await second.find(scope())
    await second.aclose()
    assert found is not None
    assert found.arguments == {"to": "Jürgen"}
    assert path.stat().st_mode & 0o777 == 0o600
