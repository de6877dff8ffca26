"""`arriero memory forget`: what is forgotten is in no file of the home folder any more."""

import asyncio
import io
import json
import sqlite3
from pathlib import Path

import pytest

from agent.assistant import JOURNAL
from agent.erasing import TYPED
from agent.threads import FILE as THREADS
from memory.database import Database
from memory.embeddings import open_embedder
from memory.inbox import Message
from memory.records import Draft
from memory.store import FILE, Store, open_database
from tools.journal import SqliteJournal
from tools.scope import Scope
from tools.search.cache import SearchCache
from tools.search.engine import Query, Result
from tools.settings import SearchSettings
from ui.cli import run

SENTINEL = "zanahoria9"
FACT = f"My locker is called {SENTINEL}."


class Keys(io.TextIOWrapper):
    """What is typed at a terminal."""

    def __init__(self, text):
        super().__init__(io.BytesIO(text.encode()))

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "hashed")
    monkeypatch.setenv("ARRIERO_MEMORY__WRITE", "asked")
    monkeypatch.setenv("ARRIERO_LOOK_UP", "model")
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.delenv("ARRIERO_DEBUG", raising=False)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path / "home"


@pytest.fixture
def cli(capsys):
    """Run a command line; return its exit code, stdout and stderr."""

    def call(*arguments):
        code = run([*map(str, arguments)])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return call


@pytest.fixture
def say(cli, tmp_path):
    """Have a conversation in a thread, one turn at a time."""

    def call(thread, text, answer, user="ana"):
        script = tmp_path / "script.json"
        script.write_text(json.dumps([{"text": answer}]), encoding="utf-8")
        code, _, err = cli("ask", text, "-t", thread, "-m", f"scripted:{script}", "-u", user)
        assert code == 0, err

    return call


async def write(home, texts, user_id, waiting=()):
    store = Store(open_database(home / FILE), open_embedder("hashed"))
    ids = []
    for text in texts:
        draft = Draft(text=text, said=1_700_000_000.0, thread_id="t1", message="0")
        ids.append((await store.write(draft, user_id=user_id))[0].id)
    for text in waiting:
        message = Message(text=text, said=1_700_000_000.0, thread_id="t9", message="7")
        await store.note(message, user_id=user_id)
    await store.database.aclose()
    return ids


def remember(home, *texts, user="ana", waiting=()):
    """Write records, and messages that are still to be read; return the records' numbers."""
    return asyncio.run(write(home, texts, user, waiting))


def act(home, text, thread="t1", user="ana"):
    """Write a side effect into the journal."""

    async def work():
        journal = SqliteJournal(home / JOURNAL)
        scope = Scope(user, thread, "c1", f"{user}/{thread}/c1")
        await journal.begin(scope, "write_file", "writes", {"text": text})
        await journal.end(scope, "done", {"output": f"Wrote {text}"})
        await journal.aclose()

    asyncio.run(work())


def typed(home, *lines):
    with (home / TYPED).open("a", encoding="utf-8") as file:
        for line in lines:
            file.write(f"\n# 2026-11-24 16:00:00\n+{line}\n")


def logged(home, text):
    (home / "logs").mkdir(exist_ok=True)
    with (home / "logs" / "arriero.log").open("a", encoding="utf-8") as file:
        file.write(f"--- 2026-11-24\nValueError: {text}\n")


def holding(home: Path, words=SENTINEL):
    """Return the files with these bytes in them, in either case."""
    found = []
    for path in home.rglob("*"):
        if path.is_file() and words.encode() in path.read_bytes().lower():
            found.append(path.name)
    return sorted(found)


@pytest.fixture
def everywhere(home, say):
    """Write a fact to every place that there is; return its number."""
    say("t1", f"By the way: {FACT} What is the capital of Peru?", f"{FACT} Lima is the capital.")
    say("t2", f"Tell me about {SENTINEL}", "I know nothing about that.")
    say("t3", "Do you like llamas?", "Llamas are fine.")
    ids = remember(home, FACT, "I like tea.", waiting=[f"I said {FACT}", "My cat is called Tom."])
    act(home, FACT)
    typed(home, "Do you like llamas?", FACT)
    logged(home, f"no such place: {SENTINEL}")
    return ids[0]


def test_the_fact_is_everywhere_before(home, everywhere):
    assert set(holding(home)) == {FILE, THREADS, JOURNAL, TYPED, "arriero.log"}


def test_forgetting_a_memory_leaves_no_trace_and_everything_else(cli, home, everywhere):
    code, out, _ = cli("memory", "forget", everywhere, "--yes")
    assert (code, out) == (0, f"Deleted #{everywhere} for good, and from the threads.\n")
    assert holding(home) == []
    assert "Lima is the capital." in cli("threads", "show", "t1")[1]
    assert "Do you like llamas?" in cli("threads")[1]
    assert "I like tea." in cli("memory")[1]
    assert "Do you like llamas?" in (home / TYPED).read_text()
    assert json.loads(cli("memory", "status", "--json")[1])["waiting"] == 1


def test_forgetting_by_words_takes_all_that_hold_them(cli, home, everywhere):
    remember(home, f"Never go to {SENTINEL.upper()}!")
    code, out, _ = cli("memory", "forget", "--match", SENTINEL, "--yes", "--json")
    assert (code, len(json.loads(out)["forgotten"])) == (0, 2)
    assert holding(home) == []


def test_words_are_matched_as_whole_words(cli, home):
    remember(home, "I like tea.", "My team is blue.")
    assert json.loads(cli("memory", "forget", "--match", "TEA", "--yes", "--json")[1]) == {
        "forgotten": [1]
    }
    code, _, err = cli("memory", "forget", "--match", "coffee", "--yes")
    assert code == 2
    assert "No memory of ana's holds 'coffee'" in err
    assert cli("memory", "forget", "--match", " ?", "--yes")[0] == 2


@pytest.fixture
def bob(home, say):
    """Let another user say something."""
    say("b1", "I am Bob and I like marzipan.", "Fine.", user="bob")
    remember(home, "I like marzipan.", user="bob")
    act(home, "marzipan", thread="b1", user="bob")


def test_forgetting_everything_of_a_user_leaves_the_others(cli, home, bob, everywhere):
    (home / "notes.txt").write_text("mine")
    code, out, _ = cli("memory", "forget", "--all", "--yes")
    assert code == 0
    assert out == (
        "Deleted 2 memories, 2 unread messages, 3 threads, 1 entry of the journal and what was "
        "typed at the prompt.\n"
    )
    assert holding(home) == holding(home, "llamas") == holding(home, "i like tea") == []
    assert (home / "notes.txt").read_text() == "mine"
    assert "I like marzipan." in cli("memory", "-u", "bob")[1]
    assert "marzipan" in cli("threads", "show", "b1", "-u", "bob")[1]
    assert "marzipan" in cli("tools", "journal", "-u", "bob")[1]
    assert cli("memory", "forget", "--all", "--yes")[1] == "There was nothing of ana.\n"


def test_forgetting_everything_clears_what_searches_found(cli, home, everywhere):
    async def search():
        cache = SearchCache(home, SearchSettings())
        await cache.put(Query(SENTINEL), [Result(SENTINEL, "https://example.org/")])

    asyncio.run(search())
    assert "search.sqlite" in holding(home)
    assert cli("memory", "forget", "--all", "--yes")[0] == 0
    assert holding(home) == []


def test_the_databases_are_written_anew_behind_everything(cli, home, everywhere):
    remember(home, *(f"I have visited the place number {number}." for number in range(200)))
    cli("memory", "forget", "--all", "--yes")
    for name in (FILE, THREADS, JOURNAL):
        assert asyncio.run(_freelist(home / name)) == 0


async def _freelist(path):
    database = Database(path)
    found = await database.run(lambda db: db.execute("pragma freelist_count").fetchone()[0])
    await database.aclose()
    return found


@pytest.mark.parametrize("what", [[1], ["--all"]])
def test_one_who_reads_meanwhile_keeps_nothing_either(what, cli, home, everywhere):
    reader = sqlite3.connect(home / FILE)
    reader.execute("begin")
    reader.execute("select * from sqlite_master").fetchall()
    assert cli("memory", "forget", *what, "--yes")[0] == 0
    reader.rollback()
    reader.close()
    assert holding(home) == []


def test_copies_that_still_hold_it_are_named(cli, home, everywhere):
    cli("memory", "backup", home / f"{FILE}.1.backup")
    err = cli("memory", "forget", everywhere, "--yes")[2]
    assert f"These copies are as they were: {FILE}.1.backup." in err
    assert holding(home) == [f"{FILE}.1.backup"]


def test_without_a_terminal_nothing_is_deleted_unless_yes_is_said(cli, home):
    (number,) = remember(home, FACT)
    for what in ([number], ["--all"], ["--match", SENTINEL]):
        code, _, err = cli("memory", "forget", *what)
        assert code == 2
        assert "--yes" in err
    assert SENTINEL in cli("memory")[1]


@pytest.mark.parametrize("what", [[1], ["--all"], ["--match", SENTINEL]])
def test_a_terminal_is_asked(what, cli, home, monkeypatch):
    remember(home, FACT)
    for said in ("", "\n", "n\n", "maybe\n"):
        monkeypatch.setattr("sys.stdin", Keys(said))
        code, _, err = cli("memory", "forget", *what)
        assert code == 1
        assert "[y/N]" in err
        assert "Nothing was deleted." in err
    assert SENTINEL in cli("memory")[1]
    monkeypatch.setattr("sys.stdin", Keys("Yes\n"))
    assert cli("memory", "forget", *what)[0] == 0
    assert holding(home) == []


def test_what_is_to_be_deleted_is_shown_first(cli, home, monkeypatch):
    remember(home, FACT, "I like tea.")
    monkeypatch.setattr("sys.stdin", Keys("n\n"))
    err = cli("memory", "forget", 1, 2)[2]
    assert f"#1 “{FACT}”" in err
    assert "Delete these 2 memories for good" in err
    monkeypatch.setattr("sys.stdin", Keys("n\n"))
    assert "Delete everything of ana for good: 2 memories?" in cli("memory", "forget", "--all")[2]


def test_one_wrong_number_deletes_nothing(cli, home):
    remember(home, FACT)
    code, _, err = cli("memory", "forget", 1, 99, "--yes")
    assert code == 2
    assert "ana has no memory #99." in err
    assert SENTINEL in cli("memory")[1]


def test_nobody_forgets_what_is_anothers(cli, home, everywhere):
    before = holding(home)
    assert cli("memory", "forget", everywhere, "--yes", "-u", "bob")[0] == 2
    assert cli("memory", "forget", "--match", SENTINEL, "--yes", "-u", "bob")[0] == 2
    assert holding(home) == before


@pytest.mark.parametrize("what", [[], [1, "--all"], ["--match", "x", "--all"]])
def test_it_has_to_be_clear_what_is_meant(what, cli):
    code, _, err = cli("memory", "forget", *what, "--yes")
    assert code == 2
    assert "--match TEXT, or --all" in err


def test_forgetting_where_nothing_is_makes_nothing(cli, home):
    assert cli("memory", "forget", "--all", "--yes")[1] == "There was nothing of ana.\n"
    assert cli("memory", "forget", 1, "--yes")[0] == 2
    assert not home.exists()
