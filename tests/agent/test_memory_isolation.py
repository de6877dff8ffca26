"""Users of one assistant: what one says, asks and does is never seen or changed by another."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agent.assistant import JOURNAL, Assistant, open_assistant
from agent.errors import ArrieroError
from agent.models.base import Message, RawCall
from agent.models.scripted import ScriptedModel, Step, calls, say
from agent.settings import Settings
from agent.threads import FILE as THREADS
from memory.portable import export_lines
from memory.schema import FILE as MEMORIES
from memory.settings import MemorySettings
from tests.memory.paths import SAID, WORDS, Try, names
from tools.documents import Reader

EXAMPLES, STEPS = 16, 25
PLACES = ("t", "t/x", "*", "ana/t")
"""Threads: all users have those of the same names."""
QUESTIONS = (
    "Where do I live?",
    "What is the name of my dog?",
    "What do you know about me?",
    "Who is my sister?",
    "What do I like to drink?",
)
QUERIES = {
    MEMORIES: (
        "select user_id, r.* from records r join users using (owner)",
        "select user_id, i.* from inbox i join users using (owner)",
        "select user_id, c.* from changes c join users using (owner)",
        "select user_id, id, place, title from documents",
    ),
    THREADS: (
        "select thread_id, checkpoint_id, checkpoint from checkpoints",
        "select thread_id, checkpoint_id, task_id, idx, value from writes",
        "select user_id, thread_id, title, turns from threads",
    ),
    JOURNAL: ("select user_id, thread_id, arguments, state, outcome from journal",),
}


class Home:
    """An assistant with a few users, and what its files hold of each.

    Args:
        assistant: The assistant.
        model: Its model.
        home: The folder.
        users: The users.
    """

    def __init__(
        self, assistant: Assistant, model: ScriptedModel, home: Path, users: Sequence[str]
    ) -> None:
        self.assistant = assistant
        self.model = model
        self.home = home
        self.users = users

    def user(self, one: Try) -> str:
        return self.users[one.who % len(self.users)]

    def word(self, who: int) -> str:
        return WORDS[who % len(self.users)]

    def place(self, one: Try) -> dict[str, str]:
        return {"user_id": self.user(one), "thread_id": PLACES[one.what % len(PLACES)]}

    def fill(self, template: str, one: Try) -> str:
        return template.format(own=self.word(one.who))

    async def turn(self, text: str, one: Try, *, passing: bool = False) -> Any:
        assistant = await self.assistant.temporary() if passing else self.assistant
        return await assistant.ask(text, **self.place(one))

    def state(self) -> dict[str, list[Any]]:
        """Return what the files hold of each user, read past all that is under test."""
        found: dict[str, list[Any]] = {user: [] for user in self.users}
        for file, queries in QUERIES.items():
            if not (self.home / file).exists():
                continue
            with closing(sqlite3.connect(self.home / file)) as db:
                for query in queries:
                    for whose, *row in db.execute(query):
                        name = whose
                        if query.startswith("select thread_id"):
                            name = unquote(whose.split("/")[0])
                            row = [whose, *row]
                        found[name].append(row)
        return found


Path_ = Callable[[Home, Try], Awaitable[Any]]
PATHS: dict[str, Path_] = {}


def path(work: Path_) -> Path_:
    PATHS[work.__name__] = work
    return work


@path
async def tell(home: Home, one: Try) -> Any:
    return await home.turn(home.fill(SAID[one.what % len(SAID)], one), one)


@path
async def ask(home: Home, one: Try) -> Any:
    return await home.turn(home.fill(QUESTIONS[one.what % len(QUESTIONS)], one), one)


@path
async def remember(home: Home, one: Try) -> Any:
    return await home.turn(home.fill("Remember that my boat is called {own}.", one), one)


@path
async def forget_by_words(home: Home, one: Try) -> Any:
    orders = ("Forget where I live.", "Forget my dog.", "Forget that I like green tea.")
    return await home.turn(orders[one.what % len(orders)], one)


@path
async def forget_everything(home: Home, one: Try) -> Any:
    asked = await home.turn("Forget everything you know about me.", one)
    return asked, await home.turn(("yes", "no", "no")[one.what % 3], one)


@path
async def act(home: Home, one: Try) -> Any:
    return await home.turn(home.fill("Please write a line about {own}", one), one)


@path
async def look_into_papers(home: Home, one: Try) -> Any:
    return await home.turn("What does my contract say about the notice period?", one)


@path
async def add_papers(home: Home, one: Try) -> Any:
    assert home.assistant.memory is not None
    file = home.home.parent / "papers" / f"{one.who % len(home.users)}.txt"
    file.parent.mkdir(exist_ok=True)
    word = home.word(one.who)
    file.write_text(f"Contract of {word}. The notice period of {word} is {one.what} months.\n")
    papers = home.assistant.memory.documents
    return await papers.add(str(file), Reader(), user_id=home.user(one))


@path
async def speak_in_passing(home: Home, one: Try) -> Any:
    template = (*SAID, *QUESTIONS)[one.what % (len(SAID) + len(QUESTIONS))]
    turn = await home.turn(home.fill(template, one), one, passing=True)
    passing = await home.assistant.temporary()
    return (
        turn,
        await passing.history(**home.place(one)),
        await passing.threads(user_id=home.user(one)),
    )


@path
async def read(home: Home, one: Try) -> Any:
    assistant, user = home.assistant, home.user(one)
    return [
        await assistant.threads(user_id=user),
        [await assistant.history(user_id=user, thread_id=name) for name in PLACES],
        await assistant.waiting(**home.place(one)),
        await assistant.interrupted(**home.place(one)),
        await assistant.side_effects(user_id=user),
        assistant.written(**home.place(one)),
    ]


@path
async def export(home: Home, one: Try) -> Any:
    assert home.assistant.memory is not None
    store = home.assistant.memory.store
    return [line async for line in export_lines(store, user_id=home.user(one))]


@path
async def forget_by_numbers(home: Home, one: Try) -> Any:
    return await home.assistant.forget(one.ids, user_id=home.user(one))


@path
async def delete_thread(home: Home, one: Try) -> Any:
    return await home.assistant.delete_thread(**home.place(one))


@path
async def resume(home: Home, one: Try) -> Any:
    return [event async for event in home.assistant.resume(**home.place(one))]


def says(*texts: str) -> Callable[[Sequence[Message]], bool]:
    """Match a request whose last message is the user's and ends with one of some texts."""
    return lambda told: (
        told[-1]["role"] == "user" and any(one in told[-1]["content"] for one in texts)
    )


def steps() -> list[Step]:
    acts = [
        calls(
            RawCall("write_line", {"line": f"about {word}"}),
            match=says(f"Please write a line about {word}"),
            repeat=True,
        )
        for word in WORDS
    ]
    return [*acts, say("Fine.", repeat=True)]


def write_line(line: str) -> str:
    """Write a line down.

    Args:
        line: The line.
    """
    return f"Written: {line}"


@asynccontextmanager
async def opened(home: Path, users: Sequence[str]) -> AsyncIterator[Home]:
    model = ScriptedModel(steps(), context=100_000)
    memory = MemorySettings(embeddings="hashed")
    wanted = Settings(home=home, builtin_tools=("search_documents",), memory=memory)
    async with open_assistant(wanted, tools=[write_line], model=model) as assistant:
        yield Home(assistant, model, home, users)


async def attempt(home: Home, one: Try) -> Any:
    try:
        done = await PATHS[one.path](home, one)
    except (ArrieroError, LookupError, ValueError) as error:
        done = str(error)
    assert await home.assistant.settled(30)
    if background := home.assistant._threads._background:
        await asyncio.wait(background)
    return done


def check_seen(home: Home, one: Try, seen: object, ran: Counter[str]) -> None:
    told = repr(seen).casefold()
    own = home.word(one.who)
    for word in WORDS[: len(home.users)]:
        assert word == own or word.casefold() not in told, (one, home.users, word, told)
    ran[one.path] += 1
    ran[f"{one.path}, answered"] += own.casefold() in told


async def check_plan(
    users: Sequence[str], plan: Sequence[Try], folder: Path, ran: Counter[str]
) -> None:
    async with opened(folder, users) as home:
        before = home.state()
        for one in plan:
            asked = len(home.model.requests)
            seen = await attempt(home, one)
            # What the model was given counts as seen.
            prompts = [(each.messages, each.tools) for each in home.model.requests[asked:]]
            ran["prompts"] += len(prompts)
            check_seen(home, one, (seen, prompts), ran)
            after = home.state()
            for other in users:
                if other != home.user(one):
                    assert before[other] == after[other], f"{one} changed what is {other!r}'s"
            before = after


def test_hundreds_of_turns_of_random_users(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ran: Counter[str] = Counter()
    tries = st.builds(
        Try,
        st.sampled_from(list(PATHS)),
        st.integers(0, 5),
        st.integers(0, 119),
        st.lists(st.integers(0, 20), min_size=1, max_size=3).map(tuple),
    )

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(names, st.lists(tries, min_size=STEPS, max_size=STEPS))
    def check(users: list[str], plan: list[Try]) -> None:
        for name in ("home", "papers"):
            shutil.rmtree(tmp_path / name, ignore_errors=True)
        asyncio.run(check_plan(users, plan, tmp_path / "home", ran))

    check()
    for name, number in sorted(ran.items()):
        record_property(name, number)
    done = {name: number for name, number in ran.items() if name in PATHS}
    assert sum(done.values()) >= EXAMPLES * STEPS
    assert set(done) == set(PATHS)
    assert all(ran[f"{name}, answered"] for name in ("ask", "read", "act", "export"))


async def written(assistant: Assistant) -> Any:
    return assistant.written(**PLACE)


PLACE: dict[str, Any] = {"user_id": "", "thread_id": "t"}
CALLS: dict[str, Callable[[Assistant], Any]] = {
    "ask": lambda one: one.ask("Where do I live?", **PLACE),
    "stream": lambda one: anext(one.stream("Where do I live?", **PLACE)),
    "resume": lambda one: anext(one.resume(**PLACE)),
    "stop": lambda one: one.stop(**PLACE),
    "interrupted": lambda one: one.interrupted(**PLACE),
    "waiting": lambda one: one.waiting(**PLACE),
    "side_effects": lambda one: one.side_effects(user_id=""),
    "threads": lambda one: one.threads(user_id=""),
    "history": lambda one: one.history(**PLACE),
    "forget": lambda one: one.forget([1], user_id=""),
    "written": lambda one: written(one),
    "delete_thread": lambda one: one.delete_thread(**PLACE),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("passing", [False, True])
async def test_an_assistant_does_nothing_without_a_user(
    name: str, passing: bool, tmp_path: Path
) -> None:
    async with opened(tmp_path, ["ana"]) as home:
        await home.assistant.ask("Hello", user_id="ana", thread_id="t")
        assistant = await home.assistant.temporary() if passing else home.assistant
        asked = len(home.model.requests)
        with pytest.raises(ValueError, match="user"):
            await CALLS[name](assistant)
        assert len(home.model.requests) == asked
