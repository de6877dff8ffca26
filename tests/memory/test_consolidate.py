"""What is new takes the place of what it changes, beside what it does not, and twice is once."""

from __future__ import annotations

from pathlib import Path

import pytest

from memory.records import Draft
from tests.memory.telling import DAY, FIRST, USER, open_telling


async def test_the_same_a_hundred_times_is_one_record(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        for _ in range(50):
            await memory.tell("I'm allergic to penicillin.")
            await memory.tell("As you know I'm allergic to penicillin")
        (record,) = await memory.records()
        assert record.times == 100


async def test_a_move_ends_the_old_home_on_its_day(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("I live in Paris.")
        (taken,) = await memory.tell("I moved to Rome in May.", day=200)
        old, new = await memory.records()
        assert taken.outcome == "changed"
        assert (old.ended, old.closed_by, new.current) == ("changed", new.id, True)
        assert old.until == new.since


CHANGES = [
    ("I'm a baker", "I'm a nurse now", "baker"),
    ("My favourite colour is teal", "favourite colour these days is mustard", "teal"),
    ("I weigh 94 kilos", "I weigh 86 kilos now", "94"),
    ("I keep six hens in the garden", "I have four hens left", "six"),
    ("We have no TV at home", "We finally bought a TV", "no TV"),
    ("I love olives", "I don't like olives any more", "I love"),
    ("I smoke about ten a day", "hundred days! I no longer smoke", "ten a day"),
    ("My boss is called Dagny", "New boss since today: Mr Okafor", "Dagny"),
    ("My girlfriend lives in Malmö", "My girlfriend lives in Lund now.", "Malmö"),
    ("Ich wohne in Kassel", "ich wohne jetzt in Jena", "Kassel"),
    ("Mio figlio ha 8 anni", "oggi mio figlio compie 9 anni", "8"),
]


@pytest.mark.parametrize(("before", "after", "gone"), CHANGES)
async def test_what_changed_is_ended_and_kept(
    tmp_path: Path, before: str, after: str, gone: str
) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell(before)
        await memory.tell(after)
        assert not any(gone in text for text in await memory.current())
        assert any(
            gone in text and why == "changed" for text, why in (await memory.ended()).items()
        )


BESIDE = [
    ("I live in Bergen", "My brother moved to Tromsø last week"),
    ("I speak Polish", "I speak a bit of Czech"),
    ("I love sushi", "I love hiking"),
    ("My sister Ana is a nurse", "My sister Eva is a pilot"),
    ("I'm an accountant", "on Saturdays I also run a market stall"),
    ("I rent a studio in Utrecht", "Thinking about moving to Groningen some day"),
    ("I have two cats", "My car is a red Mini"),
    ("I work at Lidl", "My wife works at Bosch now"),
]


@pytest.mark.parametrize(("first", "second"), BESIDE)
async def test_what_can_both_be_true_stays(tmp_path: Path, first: str, second: str) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell(first)
        await memory.tell(second)
        assert await memory.ended() == {}


CORRECTIONS = [
    ("I live in Springfield", "No wait, autocorrect, I meant Springdale.", "Springfield"),
    ("My boss is called Hendrik", "I meant Frederik, not Hendrik", "Hendrik"),
    ("I was born in 1978", "Typo yesterday, I was born in 1987", "1978"),
    ("My anniversary is on 14 February", "Scratch that, it's 15 February", "14"),
    ("My mother lives in Varna", "I told you something wrong: my mother lives in Burgas", "Varna"),
    ("Soy alérgica a la amoxicilina", "me equivoqué: soy alérgica a la azitromicina", "amoxi"),
]


@pytest.mark.parametrize(("wrong", "right", "gone"), CORRECTIONS)
async def test_what_was_wrong_was_never_so(
    tmp_path: Path, wrong: str, right: str, gone: str
) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell(wrong)
        await memory.tell(right)
        assert not any(gone in text for text in await memory.current())
        assert set((await memory.ended()).values()) == {"corrected"}


async def test_a_correction_keeps_the_rest_of_the_statement(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("I work at Brightwell, in procurement.")
        await memory.tell("Sorry, typo. The company I work at is Brightwater.")
        assert await memory.current() == ["I work at Brightwater, in procurement."]


async def test_a_correction_of_nothing_is_refused(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        (taken,) = await memory.tell("I meant the blue Springdale chart")
        assert taken.outcome == "refused"
        assert await memory.records() == []


async def test_what_is_over_ends_nothing(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("I live in Rome.")
        await memory.tell("I used to live in Paris.")
        assert await memory.current() == ["I live in Rome."]
        assert await memory.ended() == {"I used to live in Paris.": "changed"}


async def test_an_older_statement_ends_no_newer_one(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("I live in Rome.", day=100)
        await memory.tell("I live in Paris.", day=10)
        assert await memory.current() == ["I live in Rome."]


async def test_a_name_is_joined_with_its_relation(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("My sister Ana lives in Lima")
        await memory.tell("Ana moved to Cusco")
        assert await memory.current() == ["Ana moved to Cusco"]


async def test_users_are_apart(tmp_path: Path) -> None:
    async with open_telling(tmp_path) as memory:
        await memory.tell("I live in Paris.")
        other = Draft(
            text="I moved to Rome", attribute="home", value="Rome", said=FIRST + 900 * DAY
        )
        taken = await memory.consolidator.take(other, user_id="ben")
        assert taken.outcome == "added"
        assert await memory.current() == ["I live in Paris."]
        assert await memory.store.count(user_id=USER) == 1
