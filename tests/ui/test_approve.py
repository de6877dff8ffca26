"""Approvals and questions at the command line: in pipes, with options, and in a real terminal."""

import json
import os
import sys

import pytest

from tests.ui.test_processes import Screen
from ui.cli import run

LETTERS = '''
from pathlib import Path


def send_letter(to: str, copies: int = 1) -> str:
    """Send a letter.

    Args:
        to: Whom to.
        copies: How many.
    """
    with (Path(__file__).parents[1] / "sent").open("a") as file:
        file.write(f"{to} {copies}\\n")
    return "sent"
'''
ASKING = {"calls": [{"name": "ask_user", "arguments": {"question": "Which day?"}}]}


def letter(to):
    return {"calls": [{"name": "send_letter", "arguments": {"to": to}}]}


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    (folder / "tools").mkdir(parents=True)
    (folder / "tools" / "letters.py").write_text(LETTERS)
    monkeypatch.setenv("ARRIERO_HOME", str(folder))
    monkeypatch.setenv("LOGNAME", "ana")
    return folder


@pytest.fixture
def script(tmp_path):
    def build(*steps):
        path = tmp_path / "script.json"
        path.write_text(json.dumps([s if isinstance(s, dict) else {"text": s} for s in steps]))
        return f"scripted:{path}"

    return build


@pytest.fixture
def cli(capsys, home):
    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def sent(home):
    path = home / "sent"
    return path.read_text().splitlines() if path.exists() else []


def test_a_call_waits_in_a_pipe_and_the_command_says_how_to_go_on(cli, script, home):
    code, out, err = cli("ask", "Write to Bob", "-t", "t", "-m", script(letter("Bob")))
    assert (code, out, sent(home)) == (7, "", [])
    assert "send_letter waits for your approval. It sends something to others." in err
    assert "to: Bob" in err
    assert "arriero ask --resume --thread t --yes" in err


@pytest.mark.parametrize(("option", "done"), [("--yes", ["Bob 1"]), ("--no", [])])
def test_one_option_answers_everything(cli, script, home, option, done):
    code, out, _ = cli("ask", "Write to Bob", option, "-m", script(letter("Bob"), "Well."))
    assert (code, out, sent(home)) == (0, "Well.\n", done)


@pytest.mark.parametrize(("option", "done"), [("--yes", ["Bob 1"]), ("--no", [])])
def test_a_later_command_answers(cli, script, home, option, done):
    assert cli("ask", "Write to Bob", "-t", "t", "-m", script(letter("Bob")))[0] == 7
    again = cli("ask", "--resume", "--thread", "t", option, "-m", script("Well."))
    assert (again[:2], sent(home)) == ((0, "Well.\n"), done)
    code, _, err = cli("ask", "--resume", "--thread", "t", option, "-m", script("Well."))
    assert (code, sent(home)) == (2, done)
    assert "no interrupted turn" in err


def test_resuming_without_an_answer_waits_on(cli, script, home):
    assert cli("ask", "Write to Bob", "-t", "t", "-m", script(letter("Bob")))[0] == 7
    assert cli("ask", "--resume", "-t", "t", "-m", script("Well."))[0] == 7
    assert sent(home) == []


def test_json_carries_what_waits(cli, script, home):
    code, out, _ = cli("ask", "Write to Bob", "--json", "-m", script(letter("Bob")))
    told = json.loads(out)
    assert (code, told["stop_reason"], sent(home)) == (7, "approval", [])
    (request,) = told["waiting"]
    assert (request["kind"], request["tool"], request["risk"]) == (
        "approval",
        "send_letter",
        "sends",
    )
    assert request["arguments"] == {"to": "Bob"}
    assert request["reason"]


def test_a_question_ends_the_command_and_the_next_message_answers_it(cli, script, home):
    code, out, err = cli("ask", "Book a table", "-t", "t", "-m", script(ASKING))
    assert code == 7
    assert "Which day?" in out + err
    code, out, _ = cli("ask", "Friday", "-t", "t", "-m", script("Booked for Friday."))
    assert (code, out) == (0, "Booked for Friday.\n")


def test_an_approval_does_not_answer_a_question(cli, script, home):
    assert cli("ask", "Book a table", "-t", "t", "--yes", "-m", script(ASKING))[0] == 7


def test_the_dialog_in_a_terminal(script, home):
    people = [letter(name) for name in ("Bob", "Eve", "Ann", "Cid", "Dan")]
    model = script(*people, "All done.")
    words = [sys.executable, "-m", "ui.cli", "ask", "Write to all", "-t", "t", "-m", model]
    environment = {**os.environ, "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    screen = Screen(words, environment)
    try:
        for name, keys in (("Bob", b"y\r"), ("Eve", b"n\r"), ("Ann", b"x\re\r"), ("Cid", b"a\r")):
            screen.until(b"send_letter waits for your approval")
            screen.until(f"to: {name}".encode())
            screen.until(rb"always in this thread")
            screen.type(keys)
            if name == "Eve":
                screen.until(rb"Why \(may stay empty\)")
                screen.type(b"She moved.\r")
            if name == "Ann":
                screen.until(rb"Arguments >")
                screen.type(b"\x01\x0bnonsense\r")
                screen.until(rb"That is no JSON")
                screen.type(b"e\r")
                screen.until(rb"Arguments >")
                screen.type(b'\x01\x0b{"to": "Ann", "copies": 0.5}\r')
                screen.until(rb"The arguments do not fit")
                screen.type(b"e\r")
                screen.until(rb"Arguments >")
                screen.type(b'\x01\x0b{"to": "Ann", "copies": 3}\r')
        screen.until(rb"All done")
        assert screen.process.wait(60) == 0
    finally:
        screen.close()
    assert sent(home) == ["Bob 1", "Ann 3", "Cid 1", "Dan 1"]
    assert b"She moved." in screen.shown
