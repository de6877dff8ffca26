"""No failure reaches the user as a traceback, and each has its exit code."""

import errno
import io
import json
import os

import pytest

from agent import errors
from ui import boundary
from ui.terminal import Terminal


@pytest.fixture
def terminal(monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path))
    monkeypatch.delenv("ARRIERO_DEBUG", raising=False)
    return Terminal(io.StringIO(), io.StringIO())


def failing(error):
    def command():
        raise error

    return command


def every_error(root=errors.ArrieroError):
    for kind in root.__subclasses__():
        yield kind
        yield from every_error(kind)


@pytest.mark.parametrize("kind", sorted(set(every_error()), key=lambda kind: kind.__name__))
def test_an_error_is_told_with_its_hint_and_code(kind, terminal):
    error = kind("It broke.", "Mend it [so].")
    assert boundary.run(failing(error), [], terminal) == kind.exit_code
    assert terminal.stderr.getvalue() == "It broke.\nMend it [so].\n"
    assert terminal.stdout.getvalue() == ""


def test_with_json_an_error_is_one_object_on_stdout(terminal):
    error = errors.ServerDown("Nobody is there.", "ollama serve")
    assert boundary.run(failing(error), ["ask", "x", "--json"], terminal) == 3
    told = {"kind": "ServerDown", "message": "Nobody is there.", "hint": "ollama serve"}
    assert json.loads(terminal.stdout.getvalue()) == {"error": told}
    assert terminal.stderr.getvalue() == ""


def test_a_question_that_spells_the_option_is_no_option(terminal):
    error = errors.ServerDown("Nobody is there.")
    boundary.run(failing(error), ["ask", "--", "--json"], terminal)
    assert terminal.stdout.getvalue() == ""


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), EOFError()])
def test_a_stop_ends_with_130(stop, terminal):
    assert boundary.run(failing(stop), [], terminal) == 130


def test_the_unexpected_is_one_line_and_a_log(terminal, tmp_path):
    assert boundary.run(failing(RuntimeError("first\nsecond")), [], terminal) == 1
    shown = terminal.stderr.getvalue()
    log = tmp_path / "logs" / "arriero.log"
    assert shown == (
        f"Something unexpected happened: RuntimeError: first\nAll of it is in {log}.\n"
    )
    assert "Traceback" in log.read_text()


def test_debugging_prints_the_traceback(terminal, monkeypatch, capsys):
    monkeypatch.setenv("ARRIERO_DEBUG", "1")
    boundary.run(failing(RuntimeError("x")), [], terminal)
    assert "Traceback" in capsys.readouterr().err


def test_a_log_that_cannot_be_written_does_not_hide_the_error(terminal, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("ARRIERO_HOME", str(blocked))
    assert boundary.run(failing(RuntimeError("x")), [], terminal) == 1
    assert "RuntimeError: x" in terminal.stderr.getvalue()
    assert "ARRIERO_DEBUG=1" in terminal.stderr.getvalue()


def test_a_large_log_is_begun_anew(terminal, monkeypatch, tmp_path):
    monkeypatch.setattr(boundary, "LOG_BYTES", 10)
    for word in ("first", "second"):
        boundary.write_log(word * 5)
    logs = tmp_path / "logs"
    assert "second" in (logs / "arriero.log").read_text()
    assert "first" in (logs / "arriero.log.1").read_text()


def test_a_closed_pipe_ends_in_silence(tmp_path):
    stream = (tmp_path / "out").open("w")
    terminal = Terminal(stream, io.StringIO())
    before = os.dup(stream.fileno())
    try:
        broken = BrokenPipeError(errno.EPIPE, "Broken pipe")
        assert boundary.run(failing(broken), [], terminal) == boundary.PIPE_CLOSED
        assert terminal.stderr.getvalue() == ""
    finally:
        stream.close()
        os.close(before)


def test_no_secret_gets_into_the_log_or_onto_the_terminal(monkeypatch, terminal, tmp_path):
    monkeypatch.setenv("FARM_API_KEY", "correct-horse-battery")
    assert boundary.run(failing(RuntimeError("no correct-horse-battery")), [], terminal) == 1
    log = (tmp_path / "logs" / "arriero.log").read_text()
    assert "RuntimeError: no •••" in log
    assert "horse" not in log + terminal.stderr.getvalue()
