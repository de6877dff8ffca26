"""Instructions that are kept from one start to the next, against a stand-in for llama.cpp."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from agent.models.base import Message, ModelRequest
from agent.models.prefixes import Head, Prefixes, head_of, prompt_text
from tools.spec import ToolSpec

SYSTEM: Message = {"role": "system", "content": "You are an assistant. " * 60}
HELLO: Message = {"role": "user", "content": "A secret of the user"}


class Server:
    """Save and restore slots as llama.cpp does; fail where a test says so."""

    def __init__(self, folder: Path, size: int = 1000) -> None:
        self.folder, self.size = folder, size
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.fails = ""

    async def ask(self, path: str, body: dict[str, Any]) -> Any:
        self.asked.append((path, body))
        if self.fails and self.fails in path:
            return None
        if "action=save" in path:
            (self.folder / body["filename"]).write_bytes(b"s" * self.size)
        return {}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def prefixes(server: Server, limit: int = 2500, model: str = "m") -> Prefixes:
    return Prefixes(server.ask, server.folder, model, limit)


def head(content: str = "") -> Head:
    found = head_of(ModelRequest([{**SYSTEM, "content": SYSTEM["content"] + content}, HELLO]))
    assert found is not None
    return found


def test_only_long_instructions_are_a_head_and_nothing_of_the_users() -> None:
    found = head()
    assert "secret" not in found.text
    assert prompt_text(ModelRequest([SYSTEM, HELLO])).startswith(found.text)
    assert head_of(ModelRequest([{"role": "system", "content": "Be brief."}, HELLO])) is None
    assert head_of(ModelRequest([HELLO])) is None
    assert head_of(ModelRequest([])) is None


def test_tools_beside_the_instructions_make_another_head() -> None:
    tool = ToolSpec("add", "Add.", {"type": "object"})
    found = head_of(ModelRequest([SYSTEM, HELLO], [tool]))
    assert found is not None
    assert found.text != head().text
    assert found.tools == (tool,)


async def test_what_was_used_is_kept_and_found_at_the_next_start(server: Server) -> None:
    first = prefixes(server)
    assert not first.has(head())
    assert first.worth_keeping() == [head()]
    await first.store(head(), {"messages": []}, 1)
    assert [path for path, _ in server.asked] == [
        "/v1/chat/completions",
        "/slots/1?action=save",
    ]
    assert first.worth_keeping() == []
    second = prefixes(server)
    assert second.has(head())
    await second.restore(head(), 0)
    assert server.asked[-1][0] == "/slots/0?action=restore"
    assert (server.folder / server.asked[-1][1]["filename"]).is_file()


def test_another_model_and_other_instructions_find_nothing(server: Server) -> None:
    (server.folder / prefixes(server)._file(head())).touch()
    assert prefixes(server).has(head())
    assert not prefixes(server, model="other").has(head())
    assert not prefixes(server).has(head("More."))


async def test_a_state_that_does_not_fit_any_more_is_deleted(server: Server) -> None:
    kept = prefixes(server)
    await kept.store(head(), {}, 0)
    server.fails = "restore"
    await kept.restore(head(), 0)
    assert not kept.has(head())


@pytest.mark.parametrize("fails", ["chat", "save"])
async def test_a_server_that_fails_leaves_nothing(server: Server, fails: str) -> None:
    server.fails = fails
    await prefixes(server).store(head(), {}, 0)
    assert list(server.folder.iterdir()) == []


async def test_a_state_larger_than_the_limit_is_not_kept(server: Server) -> None:
    await prefixes(server, limit=999).store(head(), {}, 0)
    assert list(server.folder.iterdir()) == []


async def test_the_state_that_was_not_used_for_longest_gives_way(server: Server) -> None:
    kept = prefixes(server)
    for age, content in ((30, "a"), (20, "b")):
        await kept.store(head(content), {}, 0)
        file = kept._file(head(content))
        os.utime(file, (file.stat().st_atime, file.stat().st_mtime - age))
    await kept.restore(head("a"), 0)
    await kept.store(head("c"), {}, 0)
    assert [kept.has(head(content)) for content in "abc"] == [True, False, True]


def test_many_different_instructions_are_not_worth_keeping(server: Server) -> None:
    kept = prefixes(server)
    for number in range(5):
        kept.has(head(str(number)))
    assert kept.worth_keeping() == []


async def test_a_limit_of_nothing_keeps_nothing(server: Server) -> None:
    await prefixes(server).store(head(), {}, 0)
    off = prefixes(server, limit=0)
    assert not off.has(head())
    assert off.worth_keeping() == []
