"""Export and import: everything there and back, all or nothing, and broken lines by number."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from memory.embeddings import Hashed
from memory.portable import ImportRefused, export_lines, import_lines
from memory.records import CHARS, Draft
from memory.store import FILE, Close, Store, open_database

LONG = " ".join(f"This is number {number}." for number in range(CHARS // 4))
HEAD = json.dumps({"arriero": "memory", "version": 1})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(open_database(tmp_path / FILE), Hashed())
    yield store
    await store.aclose()


async def filled(store: Store) -> list[str]:
    old, _ = await store.write(Draft(text="I live in Paris.", said=1.0), user_id="eva")
    draft = Draft(text="J'ai déménagé à Rome.\nOui.", said=9.5, since=8.0, thread_id="t", quote="q")
    await store.write(draft, user_id="eva", closes=[Close(old.id, 8.0, "changed")])
    await store.strengthen(old.id, user_id="eva", said=2.0)
    await store.use([old.id], user_id="eva", at=4.0)
    return [line async for line in export_lines(store, user_id="eva")]


def message(**fields: Any) -> str:
    return json.dumps({"message": {"text": "I like tea.", "said": "2026-05-12", **fields}})


async def test_what_is_exported_can_be_imported_with_all_that_is_known_of_it(store: Store) -> None:
    lines = await filled(store)
    assert "eva" not in "".join(lines)
    done = await import_lines(store, lines, user_id="ana")
    assert (len(done.records), done.known) == (2, 0)
    mine = await store.list(user_id="eva", order="old")
    theirs = await store.list(user_id="ana", order="old")
    assert [replace(one, id=0, closed_by=0, user_id="") for one in mine] == [
        replace(one, id=0, closed_by=0, user_id="") for one in theirs
    ]
    assert theirs[0].closed_by == theirs[1].id not in {one.id for one in mine}
    assert [hit.id for hit in await store.words("Rome", user_id="ana")] == [theirs[1].id]


async def test_importing_again_adds_nothing_and_relations_reach_what_is_there(
    store: Store,
) -> None:
    head, *lines = await filled(store)
    await import_lines(store, [head, lines[1]], user_id="ana")
    done = await import_lines(store, [head, *lines], user_id="ana")
    assert (len(done.records), done.known) == (1, 1)
    old, new = await store.list(user_id="ana", order="old")
    assert old.closed_by == new.id
    assert (await import_lines(store, [head, *lines], user_id="ana")).records == []


async def test_an_empty_memory_is_a_file_too(store: Store) -> None:
    lines = [line async for line in export_lines(store, user_id="eva")]
    assert json.loads(lines[0])["records"] == 0
    assert (await import_lines(store, lines, user_id="eva")).records == []


async def test_a_conversation_becomes_records_in_its_own_words(store: Store) -> None:
    lines = [
        message(said="2026-05-12T09:30:00Z", thread="s1", id="D1:1"),
        "",
        message(text="So do I!", speaker="Melanie", said="2026-05-12T09:31:00+00:00"),
        message(text=LONG, said=5),
    ]
    await import_lines(store, lines, user_id="eva")
    *long, first, second = await store.list(user_id="eva", order="old")
    assert (first.text, first.speaker, first.subject) == ("I like tea.", "user", "user")
    assert (first.thread_id, first.message, first.source) == ("s1", "D1:1", "import")
    assert first.said == 1778578200.0
    assert (second.speaker, second.subject, second.said) == ("Melanie", "melanie", 1778578260.0)
    assert [hit.id for hit in await store.words("melanie", user_id="eva")] == [second.id]
    assert all(0 < len(one.text) <= CHARS for one in long)
    assert " ".join(one.text for one in long) == LONG


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"id": 1, "text": "A"}', "said is missing"),
        ('{"id": 1, "said": 1, "text": " "}', "empty"),
        ('{"id": 1, "said": 1, "text": "A", "user_id": "ana"}', "no field 'user_id'"),
        ('{"id": 1, "said": NaN, "text": "A"}', "not a number"),
        ('{"id": 1, "said": 1e999, "text": "A"}', "said cannot be"),
        ('{"id": 1, "said": true, "text": "A"}', "said cannot be"),
        ('{"id": 1, "said": 1, "text": "A", "times": "2"}', "times cannot be"),
        ('{"id": 1, "said": 1, "text": "A", "kind": "joke"}', "no kind"),
        ('{"id": 1, "said": 1, "text": "A", "ended": "soon"}', "ended cannot be"),
        ('{"id": 7, "said": 1, "text": "A"}', "the id 7 was there before"),
        (f'{{"id": {10**40}, "said": 1, "text": "A"}}', "id cannot be"),
        (message(said="yesterday"), "not a time"),
        (message(said=None), "does not say when"),
        (message(text=None), "has no text"),
        (message(text=""), "empty"),
        (message(speaker=3), "speaker of the message"),
        ("[" * 100_000, "Line 3"),
    ],
)
async def test_a_broken_line_is_named_and_nothing_is_imported(
    store: Store, line: str, problem: str
) -> None:
    lines = [HEAD, '{"id": 7, "text": "Good.", "said": 1}', line]
    with pytest.raises(ImportRefused, match=problem) as caught:
        await import_lines(store, lines, user_id="eva")
    assert str(caught.value).startswith("Line 3: ")
    assert str(caught.value).endswith("Nothing was imported.")
    assert await store.list(user_id="eva") == []


@pytest.mark.parametrize(
    "head", ['{"id": 1, "text": "A", "said": 1}', '{"arriero": "memory", "version": 2}']
)
async def test_a_file_that_is_no_memory_is_refused(store: Store, head: str) -> None:
    with pytest.raises(ImportRefused, match="Line 1"):
        await import_lines(store, [head], user_id="eva")
