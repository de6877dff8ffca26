"""The command line as a process: signals, closed pipes, a crash, a real terminal."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CALCULATE = {"calls": [{"name": "calculator", "arguments": {"expression": "6*7"}}]}
SECONDS = 180
"""How long a process may take on a busy machine before the test fails."""


@pytest.fixture(autouse=True)
def interrupts_reach_children():
    """A suite that runs in the background ignores Ctrl-C, and its children would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def environment(tmp_path):
    return {
        **os.environ,
        "ARRIERO_HOME": str(tmp_path / "home"),
        "LOGNAME": "ana",
        "TERM": "xterm-256color",
        "PROMPT_TOOLKIT_NO_CPR": "1",
    }


@pytest.fixture
def line(tmp_path):
    """Return the words of a command line whose model follows a script."""

    def build(command, *steps):
        path = tmp_path / "script.json"
        path.write_text(json.dumps([s if isinstance(s, dict) else {"text": s} for s in steps]))
        return [sys.executable, "-m", "ui.cli", *command, "--model", f"scripted:{path}"]

    return build


def started(words, environment):
    return subprocess.Popen(
        words,
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until_step(process):
    """Read stderr up to the line of a finished step."""
    for told in process.stderr:
        if told.startswith("✓"):
            return
    pytest.fail(f"no step was told of; exit code {process.wait(SECONDS)}")


def test_ctrl_c_stops_the_answer_and_says_so(line, environment):
    words = line(["ask", "hi", "-t", "t"], CALCULATE, {"text": "late", "delay": 600})
    with started(words, environment) as process:
        until_step(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (130, "")
    assert err == "Stopped: the answer is not complete.\n"


def test_ctrl_c_with_json_prints_the_turn_so_far(line, environment):
    words = line(["ask", "hi", "--json"], CALCULATE, {"text": "late", "delay": 600})
    with started(words, environment) as process:
        until_step(process)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=SECONDS)
    told = json.loads(out)
    assert process.returncode == 130
    assert told["stop_reason"] == "stopped"
    assert [step["name"] for step in told["steps"]] == ["calculator"]


def test_ctrl_c_while_the_model_is_opened_ends_the_command(line, environment, tmp_path):
    """A server that takes connections and never answers is being waited for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        spec = f"openai:m@http://127.0.0.1:{server.getsockname()[1]}/v1"
        words = [*line(["ask", "hi", "--json"])[:-1], spec]
        with started(words, environment) as process, server.accept()[0]:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (130, "")
    assert json.loads(out)["error"] == {"kind": "Stopped", "message": "Stopped.", "hint": ""}


def test_after_a_crash_the_thread_goes_on_where_it_was(line, environment):
    # Steps end well before the crash when another one followed them.
    steps = [CALCULATE, {"calls": [{"name": "clock", "arguments": {"place": "Lima"}}]}]
    words = line(["ask", "six times seven", "-t", "t"], *steps, {"text": "x", "delay": 600})
    with started(words, environment) as process:
        until_step(process)
        until_step(process)
        process.kill()
        process.communicate(timeout=SECONDS)
    words = line(["ask", "--resume", "-t", "t", "--json"], {"text": "It is 42."})
    with started(words, environment) as process:
        out, err = process.communicate(timeout=SECONDS)
    told = json.loads(out)
    assert (process.returncode, told["answer"]) == (0, "It is 42.")
    assert [step["name"] for step in told["steps"]] == ["calculator", "clock"]
    assert "calculator" not in err


def test_a_reader_that_goes_away_ends_the_command_in_silence(line, environment):
    words = line(["ask", "hi", "--stream"], CALCULATE, "word " * 50_000)
    with started(words, environment) as process:
        process.stdout.close()
        assert process.wait(SECONDS) == 141
        assert [told for told in process.stderr if not told.startswith("✓")] == []


class Screen:
    """A terminal with a chat in it."""

    def __init__(self, words, environment):
        self._end, other = pty.openpty()
        self.process = subprocess.Popen(
            words,
            env=environment,
            cwd=ROOT,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)
        self._read = 0
        self.shown = b""

    def until(self, pattern):
        """Read until what was shown since the last call holds the pattern."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            found = re.search(pattern, self.shown[self._read :])
            if found:
                self._read += found.end()
                return
            if select.select([self._end], [], [], 0.5)[0]:
                try:
                    piece = os.read(self._end, 65536)
                except OSError:
                    break
                self.shown += piece
        pytest.fail(f"{pattern!r} was not shown: {self.shown[self._read :]!r}")

    def type(self, keys):
        os.write(self._end, keys)

    def close(self):
        self.process.kill()
        self.process.wait(SECONDS)
        os.close(self._end)


PROMPT = rb"\x1b\[2C"
"""The cursor behind the sign of the prompt."""


def test_a_chat_in_a_terminal(line, environment, tmp_path):
    slow = {"text": "late", "delay": 600}
    screen = Screen(line(["chat"], "Hello **you**.", slow, "Still here."), environment)
    try:
        screen.until(PROMPT)
        screen.type(b"first\x1b\rsecond\r")
        screen.until(rb"Hello \x1b\[1myou")
        screen.until(PROMPT)
        screen.type(b"be slow\r")
        screen.until(rb"thinking")
        screen.process.send_signal(signal.SIGINT)
        screen.until(rb"Stopped: the answer is not complete")
        screen.until(PROMPT)
        screen.type(b"and now?\r")
        screen.until(rb"Still here")
        screen.until(PROMPT)
        screen.type(b"\x04")
        assert screen.process.wait(SECONDS) == 0
    finally:
        screen.close()
    history = (tmp_path / "home" / "history").read_text()
    assert "+first\n+second" in history
