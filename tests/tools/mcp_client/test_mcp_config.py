"""The files that people already have are understood, and what is wrong in them is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.mcp_config import Configuration, read_files

ENVIRONMENT = {"TOKEN": "s3cret", "PORT": "9000", "EMPTY": ""}


def read(tmp_path: Path, *texts: object, must_exist: bool = True) -> Configuration:
    files = []
    for number, text in enumerate(texts):
        file = tmp_path / f"{number}.json"
        file.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        files.append(file)
    return read_files(files, ENVIRONMENT, must_exist=must_exist)


def entry(tmp_path: Path, given: Any) -> Any:
    found = read(tmp_path, {"mcpServers": {"one": given}})
    assert found.problems == ()
    return found.servers["one"]


def problem(tmp_path: Path, given: Any) -> str:
    found = read(tmp_path, {"mcpServers": {"one": given}})
    assert found.servers == {}
    (words,) = found.problems
    assert words.startswith("The MCP server 'one' (0.json) was left out: ")
    return words.partition(" was left out: ")[2]


def test_a_program_is_started_as_other_programs_would(tmp_path):
    one = entry(
        tmp_path,
        {
            "type": "stdio",
            "command": "npx",
            "args": ["-y", "@scope/server", "--port=${PORT}", "$HOME"],
            "env": {"KEY": "${env:TOKEN}", "LEVEL": 3, "MODE": "${MODE:-quiet}"},
            "cwd": "stable",
            "autoApprove": ["x"],
            "alwaysAllow": [],
            "timeout": None,
        },
    )
    assert (one.command, one.url, one.timeout, one.trust) == ("npx", "", None, False)
    assert one.args == ("-y", "@scope/server", "--port=9000", "$HOME")
    assert one.env == {"KEY": "s3cret", "LEVEL": "3", "MODE": "quiet"}
    assert one.cwd == tmp_path / "stable"


@pytest.mark.parametrize("kind", ["", "http", "streamable-http", "streamableHttp"])
def test_an_address_is_taken_under_all_its_names(tmp_path, kind):
    given = {
        "type": kind,
        "url": "http://localhost:${PORT}/mcp",
        "headers": {"Authorization": "Bearer ${TOKEN}"},
        "disabled": False,
    }
    one = entry(tmp_path, given)
    assert one.url == "http://localhost:9000/mcp"
    assert one.headers == {"Authorization": "Bearer s3cret"}


@pytest.mark.parametrize(
    ("given", "seconds"), [(20, 20), (0.5, 0.5), (1000, 1000), (60000, 60), (1500, 1.5)]
)
def test_a_big_time_is_in_milliseconds(tmp_path, given, seconds):
    one = entry(tmp_path, {"command": "x", "timeout": given, "initTimeout": given})
    assert (one.timeout, one.start_timeout) == (seconds, seconds)


@pytest.mark.parametrize("given", [{"disabled": True}, {"enabled": False, "command": 3}])
def test_a_server_that_is_switched_off_is_no_problem(tmp_path, given):
    assert read(tmp_path, {"mcpServers": {"one": given}}) == Configuration({}, ())


def test_comments_and_last_commas_are_allowed_as_in_vs_code(tmp_path):
    text = """\ufeff{
      // what I use
      "servers": { /* just
        one */
        "one": {"command": "a//b", "args": ["/* no */", ",]",], },
      },
    }"""
    one = read(tmp_path, text).servers["one"]
    assert (one.command, one.args) == ("a//b", ("/* no */", ",]"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "its entry must be an object with `command` or `url`"),
        ({}, "neither of `command` and `url`"),
        ({"command": "a", "url": "http://b"}, "both of `command` and `url`"),
        ({"type": "sse", "url": "http://b"}, "its type `sse` is not supported"),
        ({"type": "ws", "url": "http://b"}, "its type 'ws' is unknown; it is `stdio` or `http`"),
        ({"type": "http", "command": "a"}, "its type 'http' needs a `url`"),
        ({"type": "stdio", "url": "http://b"}, "its type 'stdio' needs a `command`"),
        ({"url": "localhost/mcp"}, "must start with https:// or http://"),
        ({"command": "a", "args": "b"}, "args: Input should be a valid list"),
        ({"command": "a", "args": ["b", {}]}, "args.1: Input should be a valid string"),
        ({"command": "a", "timeout": -1}, "timeout: Input should be greater than 0"),
        ({"command": "${LOST}/a"}, "the environment variable LOST is not set"),
        ({"command": "a", "env": {"K": "${env:LOST}"}}, "variable LOST is not set"),
        ({"command": "a", "args": ["${input:key}"]}, "`${input:key}` cannot be filled in"),
        ({"command": "a", "policy": {"b": {"risc": "reads"}}}, "the policy of 'b': "),
        ({"command": "a", "policy": {"b": {"risk": "kills"}}}, "the policy of 'b': "),
    ],
)
def test_a_wrong_entry_is_named_with_what_would_be_right(tmp_path, given, words):
    assert words in problem(tmp_path, given)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"mcpServers": {\n  "a": {"command" "b"}}}', "line 2, column 19: Expecting ':'"),
        ('// one\n/* two\n*/ {"mcpServers": oops}', "line 3, column 19: Expecting value"),
        ("[]", "it has no servers; it must look like"),
        ('{"mcpServers": []}', "it has no servers; it must look like"),
        ("[" * 100_000, "it is nested too deeply"),
    ],
)
def test_a_wrong_file_is_named_with_the_place(tmp_path, text, words):
    found = read(tmp_path, text, {"mcpServers": {"good": {"command": "x"}}})
    assert list(found.servers) == ["good"]
    (said,) = found.problems
    assert said.startswith(f"The file {tmp_path / '0.json'} was left out: ")
    assert words in said


def test_of_two_with_one_name_the_first_stays(tmp_path):
    first = {"mcpServers": {"one": {"command": "a"}, "two": {"command": "b"}}}
    found = read(tmp_path, first, {"mcpServers": {"one": {"command": "c"}}})
    assert found.servers["one"].command == "a"
    (said,) = found.problems
    assert said.startswith("The MCP server 'one' (1.json) was left out: another one has the same")
    assert str(tmp_path / "0.json") in said


def test_a_missing_file_is_a_problem_only_where_it_was_asked_for(tmp_path):
    lost = tmp_path / "lost.json"
    assert read_files([lost], {}, must_exist=False) == Configuration({}, ())
    (said,) = read_files([lost], {}, must_exist=True).problems
    assert str(lost) in said
    assert "does not exist (setting tools.mcp)" in said
