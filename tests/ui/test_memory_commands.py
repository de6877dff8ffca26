"""`arriero memory`: list, search, show, why, edit, undo, pause and the rest, to the exit code."""

import asyncio
import io
import json
import os
import re
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from memory.embeddings import open_embedder
from memory.indexing import FOLDER, LOCK
from memory.lock import LockFile
from memory.records import Draft
from memory.store import FILE, Close, Store, open_database
from ui.cli import run
from ui.config import load_settings
from ui.doctor_memory import check_memory

ROOT = Path(__file__).resolve().parents[2]
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


def test_an_export_is_taken_in_by_another_user_or_home(cli, told, moved, tmp_path):
    path = tmp_path / "memory.jsonl"
    code, out, err = cli("export", path)
    assert (code, out) == (0, "")
    assert f"Exported 2 memories to {path}." in err
    assert path.stat().st_mode & 0o777 == 0o600
    assert "ana" not in path.read_text()
    assert cli("import", path, "-u", "bob")[1] == "Imported 2 memories.\n"
    mine, his = (told("list", "--past", "-u", user)["memories"] for user in ("ana", "bob"))
    for ours, theirs in zip(mine, his, strict=True):
        same = {name for name in ours if name not in ("id", "closed_by")}
        assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert his[1]["closed_by"] == his[0]["id"]
    again = told("import", path, "-u", "bob")
    assert (again["imported"], again["known"]) == (0, 2)


def test_export_goes_to_stdout_and_import_comes_from_stdin(cli, moved, monkeypatch):
    out = cli("export")[1]
    assert json.loads(out.splitlines()[0])["arriero"] == "memory"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(out.encode())))
    assert cli("import", "-", "-u", "bob")[1] == "Imported 2 memories.\n"
    assert cli("export", "--json")[0] == 2


def test_a_conversation_is_taken_in_as_the_documents_say(cli, told, tmp_path):
    path = tmp_path / "talk.jsonl"
    lines = [
        {"text": "I moved to Rome.", "said": "2026-05-12T09:30:00Z", "thread": "t1", "id": "m1"},
        {"text": "I envy you!", "speaker": "Eva", "said": "2026-05-12T09:31:00Z", "thread": "t1"},
    ]
    path.write_text("\n".join(json.dumps({"message": line}) for line in lines), encoding="utf-8")
    assert told("import", path)["imported"] == 2
    eva, mine = told("list")["memories"]
    assert (eva["speaker"], eva["subject"], eva["text"]) == ("Eva", "eva", "I envy you!")
    assert (mine["speaker"], mine["thread_id"], mine["message"]) == ("user", "t1", "m1")
    assert "Eva: I envy you!" in cli("list")[1]
    assert "Eva said it on" in cli("why", eva["id"])[1]


@pytest.mark.parametrize(
    "broken", ["{", "[1]", '{"text": "x"}', '{"text": "x", "said": 1, "shoe": 2}']
)
def test_a_broken_line_is_named_and_nothing_is_taken_in(broken, cli, told, moved, tmp_path):
    path = tmp_path / "memory.jsonl"
    cli("export", path)
    path.write_text(path.read_text() + broken + "\n", encoding="utf-8")
    code, _, err = cli("import", path, "-u", "bob")
    assert code == 2
    assert "Line 4: " in err
    assert told("list", "-u", "bob")["memories"] == []


def test_what_cannot_be_read_or_written_is_told(cli, moved, tmp_path):
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    for line in (
        ["import", tmp_path / "nowhere"],
        ["import", tmp_path / "latin"],
        ["export", tmp_path / "nowhere" / "x"],
        ["export", tmp_path],
        ["backup", tmp_path / "nowhere" / "x"],
        ["backup", tmp_path / "latin"],
    ):
        code, out, err = cli(*line)
        assert (code, out) == (2, ""), line
        assert err
    assert (tmp_path / "latin").read_bytes() == b"caf\xe9"


def test_a_backup_is_a_whole_database_that_stands_in(cli, told, moved, tmp_path, home):
    copy = tmp_path / "copy.sqlite"
    before = told("list", "--past")
    assert told("backup", copy)["size"] == copy.stat().st_size
    assert copy.stat().st_mode & 0o777 == 0o600
    cli("forget", "--all", "--yes")
    for path in home.glob(f"{FILE}*"):
        path.unlink()
    copy.rename(home / FILE)
    assert told("list", "--past") == before


def test_there_is_nothing_to_back_up_before_something_is_kept(cli, tmp_path):
    assert cli("backup", tmp_path / "copy")[0] == 2
    assert not (tmp_path / "copy").exists()


def test_check_finds_what_is_broken_inside(cli, told, remember, home):
    remember(*(f"I have visited the place number {number}." for number in range(300)))
    assert told("check") == {"whole": True, "exists": True}
    path = home / FILE
    data = bytearray(path.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    data[page * 12 + 8 : page * 13] = bytes(page - 8)
    path.write_bytes(data)
    code, _, err = cli("check")
    assert code == 6
    assert "damaged" in err


def test_paused_is_told_and_ends(cli, told):
    assert not told("status")["paused"]
    assert "arriero memory resume" in cli("pause")[2]
    assert told("status")["paused"]
    assert not told("status", "-u", "bob")["paused"]
    assert cli("resume")[0] == 0
    assert not told("status")["paused"]


def test_search_finds_as_an_answer_would_and_says_why(cli, told, moved, remember):
    remember("I like tea.", kind="preference")
    (first,) = told("search", "Where do I live?")["memories"][:1]
    assert first["text"] == "I moved to Rome in May."
    assert first["score"] > 0
    assert first["why"] in cli("search", "Where", "do", "I", "live?")[1]
    past = {one["text"]: one for one in told("search", "Paris", "--past")["memories"]}
    assert past["I live in Paris."]["ended"] == "changed"
    assert past["I live in Paris."]["until"] == at("2025-05-01")
    assert len(told("search", "Paris", "--past", "--limit", 1)["memories"]) == 1
    assert [one["text"] for one in told("search", "tea")["memories"]] == ["I like tea."]
    assert told("search", "where live", "--past")["memories"]
    assert told("search", "Where do I live?", "-u", "bob")["memories"] == []


def test_status_counts_what_there_is_of_a_user(cli, told, moved, remember, home):
    remember("I like marzipan.", user_id="bob")
    status = told("status")
    assert (status["user"], status["records"], status["current"], status["past"]) == (
        "ana",
        2,
        1,
        1,
    )
    assert status["kinds"] == {"fact": 2}
    assert status["bytes"] >= (home / FILE).stat().st_size
    assert status["index"]["state"] == "closed"
    out = cli("status")[1]
    assert "2, 1 of them past" in out
    assert "not made yet" in out


def test_rebuild_makes_the_index_anew_and_forgetting_empties_it(cli, told, moved):
    assert "nothing to make an index of" in cli("rebuild", "--home", "/nonexistent")[2]
    index = told("rebuild")["index"]
    assert (index["state"], index["records"], index["behind"]) == ("open", 2, 0)
    assert "2 memories, 0 passages" in cli("status")[1]
    assert cli("forget", moved[0], "--yes")[2] == ""
    assert told("status")["index"]["records"] == 1
    assert cli("forget", "--all", "--yes")[2] == ""
    assert told("status")["index"]["records"] == 0


def test_an_index_that_another_process_has_is_left_to_it(cli, told, moved, home):
    lock = LockFile(home / LOCK)
    assert lock.take()
    code, out, err = cli("rebuild")
    assert (code, out) == (6, "")
    assert f"in use by process {os.getpid()}" in err
    assert "memory.chroma" in err
    (home / FOLDER).mkdir()
    assert f"in use by process {os.getpid()}" in cli("status")[1]
    assert "still in the index" in cli("forget", moved[0], "--yes")[2]
    lock.release()


def test_a_server_that_does_not_answer_is_told(cli, moved, monkeypatch):
    monkeypatch.setenv("ARRIERO_MEMORY__CHROMA", "http://127.0.0.1:9")
    code, _, err = cli("rebuild")
    assert code == 6
    assert "127.0.0.1:9" in err
    assert "broken" in cli("status")[1]
    assert "Rome" in cli("search", "Rome")[1]


@pytest.fixture
def examined(monkeypatch):
    """Return what doctor finds of memory, by name."""
    return lambda: {one.name: one for one in asyncio.run(check_memory(load_settings()))}


def test_doctor_looks_at_the_database_its_index_and_the_vectors(cli, examined, remember, home):
    assert examined()["memory"].found == "nothing is remembered yet"
    assert not home.exists()
    remember("I like tea.", "I like rice.")
    remember("I like marzipan.", user_id="bob")
    checks = examined()
    assert checks["memory"].found.startswith("3 memories of 2 users")
    assert checks["memory"].found.endswith("the database is whole")
    assert {one.state for one in checks.values()} == {"ok"}
    cli("rebuild")
    assert "open" in examined()["memory index"].found


def test_doctor_names_what_is_wrong_with_memory(cli, examined, remember, home, monkeypatch):
    remember("I like tea.")
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "minilm")
    assert "vectors of another kind" in examined()["memory vectors"].found
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "ollama:nomic-embed-text")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    check = examined()["memory vectors"]
    assert (check.state, "found by their words alone" in check.found) == ("problem", True)
    assert "ollama serve" in check.mend
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "nonsense")
    assert examined()["memory"].state == "problem"
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "hashed")
    (home / FILE).write_bytes(b"junk" * 5000)
    check = examined()["memory"]
    assert (check.state, "is damaged" in check.found) == ("problem", True)
    assert "backup" in check.mend


def test_the_documented_formats_are_taken_in(cli, told, tmp_path):
    page = (ROOT / "docs" / "users.md").read_text("utf-8")
    shown = page.partition("### The format of exports")[2]
    for number, block in enumerate(re.findall(r"```json\n(.*?)```", shown, re.DOTALL)[:2]):
        path = tmp_path / f"{number}.jsonl"
        path.write_text(block, encoding="utf-8")
        assert told("import", path)["imported"] == 1
    assert {one["text"] for one in told("list")["memories"]} == {
        "I moved to Rome in May.",
        "I moved to Rome.",
    }
