"""Recall: what matters for a message comes up, the rest does not, and how a model is shown it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from memory.embeddings import EmbedderError, Hashed, open_embedder
from memory.exact import MemoryIndex
from memory.query import read
from memory.recall import Recalled, Recaller, fitting, in_order, line
from memory.records import Draft, Record
from memory.store import FILE, Close, Store, open_database

if TYPE_CHECKING:
    from memory.embeddings import Embedder, Vectors

EVA = "eva"
DAY = 86_400.0
NOW = datetime(2026, 11, 24, 15).timestamp()


class Counted(Hashed):
    """An embedder that counts how often it is asked, or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.fails = False

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.fails:
            raise EmbedderError("The model is not there.")
        self.asked += 1
        return super().embed(texts)


class World:
    """A store, an index that is kept equal to it, and what recalls from them."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self.store = Store(open_database(folder / FILE), embedder)
        self.index = MemoryIndex()
        self.embedder = embedder
        self.recaller = Recaller(self.store, self.index, embedder)

    async def tell(self, text: str, *, user_id: str = EVA, **more: Any) -> Record:
        """Remember something."""
        draft = replace(Draft(text=text, said=NOW - 30 * DAY), **more)
        record, _ = await self.store.write(draft, user_id=user_id)
        hits = await self.store.after(record.id - 1, space="records")
        for one in hits:
            if one.id == record.id and one.vector is not None:
                vectors = one.vector.reshape(1, -1)
                await self.index.put([one.id], vectors, user_id=user_id, space="records")
        return record

    async def found(self, query: str, **more: Any) -> list[str]:
        """Return the texts of what is recalled."""
        return [one.record.text for one in await self.recalled(query, **more)]

    async def recalled(self, query: str, *, user_id: str = EVA, **more: Any) -> list[Recalled]:
        """Recall."""
        return await self.recaller.recall(query, user_id=user_id, **{"now": NOW, **more})


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path, open_embedder())
    yield world
    await world.store.aclose()


async def of_eva(world: World) -> None:
    """Tell a few things of a life."""
    await world.tell("My name is Eva.", attribute="name", value="Eva")
    await world.tell("I live in Oslo.", attribute="home", value="Oslo")
    await world.tell("I'm vegetarian.", attribute="diet", value="vegetarian")
    await world.tell("I'm allergic to peanuts.", attribute="allergy", value="peanuts")
    await world.tell("I play the cello in a quartet.")
    await world.tell("My wifi router is behind the bookshelf.")
    await world.tell("My sister Lucia lives in Lima.", subject="sister lucia", attribute="home")
    await world.tell("I work as a nurse.", attribute="job", value="nurse")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Where do I live?", "I live in Oslo."),
        ("Where does my sister live?", "My sister Lucia lives in Lima."),
        ("Where does Lucia live?", "My sister Lucia lives in Lima."),
        ("What instrument do I play?", "I play the cello in a quartet."),
        ("Where is the router?", "My wifi router is behind the bookshelf."),
        ("What's my job?", "I work as a nurse."),
        ("Where does Eva live?", "I live in Oslo."),
        ("Wo wohne ich?", "I live in Oslo."),
    ],
)
async def test_a_question_finds_what_answers_it(world: World, query: str, first: str) -> None:
    await of_eva(world)
    assert (await world.found(query))[0] == first


@pytest.mark.parametrize(
    "query",
    [
        "thanks!",
        "hello",
        "write a poem about autumn",
        "what is 3+4",
        "What is the capital of France?",
        "Explain how photosynthesis works",
        "Can you fix this Python function?",
        "Tell me a joke",
        "How do I boil an egg?",
        "yes please",
        "",
    ],
)
async def test_what_has_nothing_to_do_with_the_user_recalls_nothing(
    world: World, query: str
) -> None:
    await of_eva(world)
    assert await world.found(query) == []


async def test_a_suggestion_heeds_tastes_and_place(world: World) -> None:
    await of_eva(world)
    found = await world.recalled("Suggest a restaurant for tonight")
    told = {one.record.text for one in found if one.why == "profile"}
    assert told == {"I live in Oslo.", "I'm vegetarian.", "I'm allergic to peanuts."}


async def test_the_past_is_for_questions_about_the_past(world: World) -> None:
    paris = await world.tell("I live in Paris.", attribute="home", value="Paris")
    wrong = await world.tell("I live in Parma.", attribute="home", value="Parma")
    ends = [Close(paris.id, NOW - 9 * DAY, "changed"), Close(wrong.id, NOW, "corrected")]
    await world.store.close(ends, user_id=EVA)
    await world.tell("I live in Rome.", attribute="home", value="Rome", said=NOW - 9 * DAY)

    assert await world.found("Where do I live?") == ["I live in Rome."]
    assert (await world.found("Where did I live before?"))[0] == "I live in Paris."
    assert "I live in Parma." not in await world.found("Where did I live before?")
    assert "I live in Parma." in await world.found("Where do I live?", everything=True)


async def test_a_time_in_a_question_finds_what_happened_then(world: World) -> None:
    june = datetime(2026, 6, 20).timestamp()
    await world.tell("I walked the coast path with Nils.", said=june)
    await world.tell("I walked around the lake yesterday.", said=NOW - DAY)
    await world.tell("I painted the kitchen last month.", said=NOW - DAY)

    found = await world.recalled("What did I do last summer?")
    assert [one.record.text for one in found] == ["I walked the coast path with Nils."]
    assert found[0].why == "time"
    assert (await world.found("What did I do in October?"))[0].startswith("I painted")


async def test_an_answer_is_found_by_the_question_before_it(world: World) -> None:
    place: dict[str, Any] = {"source": "import", "thread_id": "t", "said": NOW}
    turns = ["Which instrument would you like to learn?", "The harp, for sure."]
    await world.tell(turns[0], speaker="Nils", subject="nils", message="1", **place)
    await world.tell(turns[1], message="2", **place)
    for text in ("I would like to learn Dutch.", "We would like a new instrument.", "Learn on!"):
        await world.tell("How was your week?", speaker="Nils", subject="nils", **place)
        await world.tell(text, **place)
    assert turns[1] in await world.found("Which instrument would I like to learn?", limit=3)


async def test_scopes_and_what_was_seen_are_respected(world: World) -> None:
    there = await world.tell("My locker number is 12.")
    await world.tell("My locker number is 34.", scope="thread:t1")
    await world.tell("My locker number is 56.", scope="project:boat")
    ask = "What is my locker number?"

    assert await world.found(ask) == ["My locker number is 12."]
    assert len(await world.found(ask, thread_id="t1")) == 2
    assert len(await world.found(ask, thread_id="t1", project="boat")) == 3
    assert await world.found(ask, seen={there.id}) == []
    assert await world.found(ask, user_id="tom") == []


async def test_nearly_the_same_comes_once_and_the_order_is_stable(world: World) -> None:
    await world.tell("I drink my coffee black.", said=NOW - 5 * DAY)
    await world.tell("I drink my coffee black!", said=NOW - 2 * DAY)
    first = await world.recalled("How do I drink my coffee?")
    assert [one.record.text for one in first] == ["I drink my coffee black!"]
    assert await world.recalled("How do I drink my coffee?") == first


async def test_what_is_dormant_has_to_be_asked_for(world: World) -> None:
    old = await world.tell("I collected stamps as a child.")
    await world.tell("I collect coins and stamps now.")
    await world.store.rest([old.id], user_id=EVA)
    assert "I collected stamps as a child." in await world.found("Did I collect stamps as a child?")
    assert await world.found("What coins do I collect now?") == ["I collect coins and stamps now."]


async def test_a_message_is_embedded_once_and_words_do_without(tmp_path: Path) -> None:
    embedder = Counted()
    world = World(tmp_path, embedder)
    await world.tell("My boat is called Petrel.")
    embedder.asked = 0
    assert await world.found("What is my boat called?") == ["My boat is called Petrel."]
    assert embedder.asked == 1
    embedder.fails = True
    assert await world.found("What is my boat called?") == ["My boat is called Petrel."]
    await world.store.aclose()


async def test_the_profile_has_what_matters_always(world: World) -> None:
    await of_eva(world)
    await world.tell("Answer in short sentences.", kind="instruction", importance=0.9)
    await world.tell("Nobody but project members.", kind="instruction", scope="project:boat")
    profile = await world.recaller.profile(user_id=EVA)
    assert [one.text for one in profile] == [
        "Answer in short sentences.",
        "My name is Eva.",
        "I live in Oslo.",
        "I'm vegetarian.",
        "I'm allergic to peanuts.",
        "I work as a nurse.",
    ]
    assert len(await world.recaller.profile(user_id=EVA, limit=2)) == 2


def record(text: str, **more: Any) -> Record:
    said = datetime(2026, 5, 12, 9).timestamp()
    values = {"id": 1, "user_id": EVA, "said": said, "last_said": said, "text": text}
    return Record(**{**values, **more})


def test_a_line_tells_when_how_long_and_who() -> None:
    may = datetime(2026, 5, 1).timestamp()
    assert (
        line(record("I moved to Rome in May.", since=may), NOW)
        == '- 12 May 2026 (holds since May 2026): "I moved to Rome in May."'
    )
    assert (
        line(record("I live in\nParis.", ended="changed", until=may), NOW)
        == '- 12 May 2026 (until May 2026: no longer true): "I live in Paris."'
    )
    assert (
        line(record("I was at the lake yesterday.", speaker="Nils"), NOW)
        == '- 12 May 2026: Nils: "I was at the lake yesterday." (yesterday: 11 May 2026)'
    )


def test_what_was_recalled_is_ordered_by_time_and_fits_a_budget() -> None:
    late = Recalled(record("Late.", id=2, said=NOW), 2.0, "words")
    early = Recalled(record("Early, and " + "long " * 40, id=1), 1.0, "words")
    short = Recalled(record("Short.", id=3), 0.5, "words")
    assert in_order([late, short, early]) == [early, short, late]
    assert fitting([late, early, short], 80, len, NOW) == [late, short]
    assert fitting([late], 10, len, NOW) == []


def test_a_question_is_read_for_what_it_asks() -> None:
    asked = read("What did Eva buy?", NOW, ["Eva"])
    assert (asked.text, asked.stems, asked.personal) == ("What did I buy?", ("buy",), True)
    assert read("Is this Eva's book?", NOW, ["Eva"]).text == "Is this my book?"
    assert read("Evan called", NOW, ["Eva"]).text == "Evan called"
    assert not read("Tell me a joke", NOW).personal
    assert read("Where did I use to live?", NOW).back
    assert read("Quel métier faisais-je avant ?", NOW).back
    assert not read("Where do I live?", NOW).past
