"""`arriero memory`: list, search, show, why, edit, undo, pause and the rest, to the exit code."""

import asyncio
import io
import json
from datetime import datetime
from functools import partial

import pytest

from memory.embeddings import open_embedder
from memory.records import Draft
from memory.store import FILE, Close, Store, open_database
from ui.cli import run

ESCAPES = "Hi\x1b[31m red\x1b]0;title\x07 \x9b2J"


def at(day):
    """Return a time on a day, here."""
    return datetime.fromisoformat(f"{day}T12:00").timestamp()


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "hashed")
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.delenv("ARRIERO_DEBUG", raising=False)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path / "home"


@pytest.fixture
def cli(capsys):
    """Run a command line; return its exit code, stdout and stderr."""

    def call(*arguments):
        code = run(["memory", *map(str, arguments)])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return call


@pytest.fixture
def told(cli):
    """Run a command line with `--json`; return what it prints."""

    def call(*arguments, code=0):
        found, out, _ = cli(*arguments, "--json")
        assert found == code, out
        return json.loads(out)

    return call


@pytest.fixture
def remember(home):
    """Write records as a conversation does; return their numbers."""

    async def write(drafts, user_id):
        database = open_database(home / FILE)
        store = Store(database, open_embedder("hashed"))
        ids = []
        for draft, closes in drafts:
            record, _ = await store.write(draft, user_id=user_id, closes=closes)
            ids.append(record.id)
        await database.aclose()
        return ids

    def call(*texts, user_id="ana", closes=(), **fields):
        fields = {"said": at("2026-03-01"), **fields}
        drafts = [(Draft(text=text, **fields), closes) for text in texts]
        return asyncio.run(write(drafts, user_id))

    return call


@pytest.fixture
def moved(remember):
    """Paris, and Rome in its place."""
    (paris,) = remember(
        "I live in Paris.",
        said=at("2024-02-01"),
        thread_id="t1",
        message="0",
        quote="By the way, I live in Paris, is it raining?",
        attribute="home",
        value="Paris",
    )
    (rome,) = remember(
        "I moved to Rome in May.",
        said=at("2025-05-09"),
        since=at("2025-05-01"),
        closes=[Close(paris, at("2025-05-01"), "changed")],
        thread_id="t2",
        message="4",
        attribute="home",
        value="Rome",
    )
    return paris, rome


def test_list_shows_what_holds_and_with_past_what_held(cli, moved):
    code, out, _ = cli()
    assert code == 0
    assert "2025-05-01" in out
    assert "I moved to Rome in May." in out
    assert "Paris" not in out
    out = cli("list", "--past")[1]
    assert "I live in Paris. (until 2025-05-01)" in out
    assert out.index("Rome") < out.index("Paris")


def test_list_chooses_by_kind_and_subject(told, remember):
    remember("I like tea.", kind="preference")
    remember("My sister lives in Lima.", subject="sister")
    texts = partial(lambda *more: [one["text"] for one in told("list", *more)["memories"]])
    assert texts("--kind", "preference") == ["I like tea."]
    assert texts("--subject", "Sister") == ["My sister lives in Lima."]


def test_list_says_when_there_is_more(cli, told, remember):
    remember("I like tea.", "I like rice.", "I like bread.")
    code, out, err = cli("list", "--limit", 2)
    assert (code, out.count("I like")) == (0, 2)
    assert "--limit 20" in err
    assert told("list", "--limit", 2)["more"]
    assert not told("list", "--limit", 3)["more"]


def test_json_holds_every_field_but_whose_it_is(told, moved):
    paris, rome = moved
    rows = {row["id"]: row for row in told("list", "--past")["memories"]}
    assert rows[paris]["ended"] == "changed"
    assert rows[paris]["until"] == at("2025-05-01")
    assert rows[paris]["closed_by"] == rome
    assert "user_id" not in rows[paris]


def test_nobody_sees_changes_or_takes_back_what_is_anothers(cli, told, moved):
    paris, _ = moved
    bob = ("--user", "bob")
    assert told("list", "--past", *bob)["memories"] == []
    for line in (["show", paris], ["why", paris], ["edit", paris, "--text", "x"], ["undo"]):
        code, out, err = cli(*line, *bob)
        assert (code, "Paris" in out + err) == (2, False)
    assert len(told("list", "--past")["memories"]) == 2


def test_show_prints_what_is_kept(cli, moved):
    code, out, _ = cli("show", f"#{moved[0]}")
    assert code == 0
    lines = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert lines["home"] == "Paris"
    assert lines["until"] == "2025-05-01"
    assert lines["quote"] == "By the way, I live in Paris, is it raining?"
    assert "thread t1, message 0" in lines["from"]


def test_why_tells_who_said_it_where_and_what_became_of_it(cli, told, moved):
    paris, rome = moved
    out = cli("why", paris)[1]
    assert "You said it on 2024-02-01 12:00, in a conversation, thread t1, message 0." in out
    assert "By the way, I live in Paris, is it raining?" in out
    assert f"It was replaced by #{rome} “I moved to Rome in May.”" in out
    assert "It held until 2025-05-01." in out
    out = cli("why", rome)[1]
    assert f"It took the place of #{paris} “I live in Paris.” (held until 2025-05-01)" in out
    why = told("why", rome)
    assert [one["id"] for one in why["replaced"]] == [paris]
    assert {one["action"] for one in why["changes"]} == {"added", "closed"}


def test_edit_changes_what_is_given_and_nothing_else(told, cli, moved, home):
    _, rome = moved
    code, out, _ = cli("edit", rome, "--text", "I moved to Ostia.", "--value", "Ostia")
    assert (code, out) == (0, f"#{rome} I moved to Ostia.\n")
    record = told("edit", rome, "--since", "2025-06", "--importance", "0.9")["memory"]
    assert record["since"] == datetime(2025, 6, 1).timestamp()
    assert (record["value"], record["importance"], record["attribute"]) == ("Ostia", 0.9, "home")
    assert told("edit", rome, "--since", "none")["memory"]["since"] is None
    assert not any(b"Rome" in path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["--text", ""], "empty"),
        (["--text", "x" * 2001], "at most 2000"),
        (["--kind", "lie"], "There are: fact, preference"),
        (["--since", "yesterday"], "no date"),
        (["--since", "2025-02-30"], "no date"),
        (["--since", "2026", "--until", "2025"], "before it begins"),
        (["--importance", "2"], "less than or equal to 1"),
        ([], "Nothing is to be changed"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(line, words, cli, told, moved):
    before = told("show", moved[1])
    code, _, err = cli("edit", moved[1], *line)
    assert code == 2
    assert words in err
    assert told("show", moved[1]) == before


@pytest.mark.parametrize("line", [["show", 99], ["why", 99], ["edit", 99, "--text", "x"]])
def test_an_unknown_number_is_told_with_what_there_is(line, cli, moved):
    code, _, err = cli(*line)
    assert code == 2
    assert "ana has no memory #99." in err
    assert "There are 2 memories" in err


@pytest.mark.parametrize("name", ["x", "-1", "1.5", "9" * 40, "²"])
def test_what_is_no_number_is_told(name, cli):
    assert cli("show", "--", name)[0] == 2


def test_undo_takes_back_what_was_written_last_and_what_it_ended_holds_again(cli, told, moved):
    paris, rome = moved
    code, out, _ = cli("undo")
    assert code == 0
    assert f"Deleted #{rome} “I moved to Rome in May.”" in out
    assert f"Holds again: #{paris} “I live in Paris.”" in out
    (left,) = told("list", "--past")["memories"]
    assert (left["text"], left["ended"], left["until"]) == ("I live in Paris.", "", None)
    assert cli("undo", "--last")[0] == 0
    code, _, err = cli("undo")
    assert code == 2
    assert "nothing to take back" in err


def test_undo_in_a_thread_leaves_what_was_said_elsewhere(told, remember):
    remember("I like tea.", thread_id="t1", message="0")
    remember("I like rice.", thread_id="t2", message="0")
    assert told("undo", "--thread", "t1")["memories"][0]["text"] == "I like tea."
    assert [one["text"] for one in told("list")["memories"]] == ["I like rice."]
    assert told("undo", "--thread", "t1", code=2)["error"]["kind"] == "UsageError"


def test_undo_takes_back_one_of_several_times(cli, told, remember, home):
    (tea,) = remember("I like tea.")

    async def again():
        store = Store(open_database(home / FILE), open_embedder("hashed"))
        await store.strengthen(tea, user_id="ana", said=at("2026-04-01"))
        await store.database.aclose()

    asyncio.run(again())
    assert cli("undo")[1] == f"Said once less: #{tea} “I like tea.”\n"
    assert told("show", tea)["memory"]["times"] == 1


def test_nothing_printed_can_command_the_terminal(cli, remember):
    (number,) = remember(ESCAPES, thread_id="t\x1b[1m", message="\x9b1", quote=f"{ESCAPES}!")
    for line in (["list"], ["show", number], ["why", number], ["undo"]):
        code, out, _ = cli(*line)
        assert code == 0
        assert "Hi red" in out
        assert not any(sign in out for sign in "\x1b\x9b\x07")


def test_reading_makes_nothing(cli, home):
    for line in (["list"], ["undo"], ["show", 1], ["status"], ["search", "tea"], ["check"]):
        cli(*line)
    assert not (home / FILE).exists()
    assert not home.exists()


def test_a_damaged_database_is_told_and_left_as_it_is(cli, home, moved):
    path = home / FILE
    path.write_bytes(b"junk" * 5000)
    for line in (["list"], ["status"], ["check"], ["export"], ["search", "tea"], ["undo"]):
        code, out, err = cli(*line)
        assert (code, out) == (6, ""), line
        assert "is damaged" in err
        assert "backup" in err
    assert path.read_bytes() == b"junk" * 5000


def test_a_home_that_is_a_file_is_told(cli, home):
    home.write_text("")
    code, _, err = cli("pause")
    assert code == 6
    assert "ARRIERO_HOME" in err


def test_an_embedder_that_does_not_exist_is_a_wrong_setting(cli, moved, monkeypatch):
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "nonsense")
    code, _, err = cli("edit", moved[0], "--text", "x")
    assert code == 2
    assert "memory.embeddings" in err
