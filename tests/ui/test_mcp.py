"""arriero as an MCP server, spoken to by the MCP library's own client."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

from ui.version import version

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def line(tmp_path: Path) -> list[str]:
    script = tmp_path / "script.json"
    mail = {"calls": [{"name": "send_mail", "arguments": {"to": "bob"}}]}
    script.write_text(json.dumps([{"text": "Lima is the capital."}, mail]))
    return ["-m", "ui.cli", "mcp", "--model", f"scripted:{script}", "--user", "ana"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    (home / "tools").mkdir(parents=True)
    source = 'def send_mail(to: str) -> str:\n    """Send a mail."""\n    return "sent"\n'
    (home / "tools" / "mail.py").write_text(source)
    return {**os.environ, "ARRIERO_HOME": str(home)}


@asynccontextmanager
async def connected(line: list[str], environment: dict[str, str]) -> AsyncIterator[ClientSession]:
    server = StdioServerParameters(command=sys.executable, args=line, env=environment, cwd=ROOT)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        told = await session.initialize()
        assert (told.serverInfo.name, told.serverInfo.version) == ("arriero", version())
        yield session


async def said(session: ClientSession, name: str, **arguments: Any) -> tuple[bool, str]:
    result = await session.call_tool(name, arguments)
    return result.isError, "\n".join(block.text for block in result.content)  # type: ignore[union-attr]


async def test_every_ability_is_offered_and_says_what_it_may_do(
    line: list[str], environment: dict[str, str]
) -> None:
    async with connected(line, environment) as session:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
    assert set(tools) == {"ask", "search", "read_page", "remember", "recall"}
    hints = {name: tool.annotations for name, tool in tools.items()}
    reading = [name for name, hint in hints.items() if hint is not None and hint.readOnlyHint]
    assert reading == ["search", "read_page", "recall"]
    assert all(tool.description for tool in tools.values())


async def test_it_answers_asks_before_side_effects_and_remembers(
    line: list[str], environment: dict[str, str]
) -> None:
    async with connected(line, environment) as session:
        failed, answer = await said(session, "ask", question="Name a capital.", thread="t")
        assert (failed, answer.splitlines()[0]) == (False, "Lima is the capital.")
        failed, answer = await said(session, "ask", question="Mail bob.", thread="t")
        assert "send_mail waits for your approval" in answer
        assert "arriero ask --resume --thread t --yes" in answer
        assert not (await said(session, "remember", text="I live in Lima."))[0]
        assert "I live in Lima." in (await said(session, "recall", query="where live"))[1]
    async with connected(line, environment) as session:
        assert "I live in Lima." in (await said(session, "recall"))[1]


async def test_what_is_wrong_is_told_as_an_error_of_the_tool(
    line: list[str], environment: dict[str, str]
) -> None:
    async with connected(line, environment) as session:
        for name, arguments, words in [
            ("read_page", {"url": "http://127.0.0.1/x"}, "was refused"),
            ("search", {"query": " "}, "query is empty"),
            ("remember", {"text": ""}, "nothing to remember"),
            ("remember", {"text": "My password is hunter2."}, "it holds a password"),
            ("ask", {"question": " "}, "message is empty"),
        ]:
            failed, told = await said(session, name, **arguments)
            assert failed
            assert words in told
            assert "Traceback" not in told


async def test_what_has_changed_is_told_as_it_is_now(
    line: list[str], environment: dict[str, str]
) -> None:
    async with connected(line, environment) as session:
        await said(session, "remember", text="I live in Paris.")
        assert "said 2 times" in (await said(session, "remember", text="I live in Paris."))[1]
        await said(session, "remember", text="I moved to Lima.")
        today = datetime.now().astimezone().date().isoformat()
        for query in ("Where do I live?", ""):
            told = (await said(session, "recall", query=query))[1]
            assert told == f"- I moved to Lima. (said on {today})"
        assert "Nothing" in (await said(session, "recall", query="my shoe size"))[1]
    words = [sys.executable, "-m", "ui.cli", "memory", "list", "--json", "--user", "ana"]
    listed = await asyncio.to_thread(
        subprocess.run, words, cwd=ROOT, env=environment, capture_output=True, check=True
    )
    (kept,) = json.loads(listed.stdout)["memories"]
    assert (kept["source"], kept["text"]) == ("mcp", "I moved to Lima.")


async def test_memory_that_is_off_or_damaged_is_told(
    line: list[str], environment: dict[str, str]
) -> None:
    off = {**environment, "ARRIERO_MEMORY__WRITE": "none"}
    async with connected(line, off) as session:
        failed, told = await said(session, "remember", text="I like tea.")
        assert (failed, "memory.write" in told) == (True, True)
    (Path(environment["ARRIERO_HOME"]) / "memory.sqlite").write_bytes(b"junk" * 5000)
    async with connected(line, environment) as session:
        for name, arguments in (("remember", {"text": "I like tea."}), ("recall", {})):
            failed, told = await said(session, name, **arguments)
            assert (failed, "is damaged" in told) == (True, True)


@pytest.fixture
def served(line: list[str], environment: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Serve over HTTP; return the address and the token."""
    words = [sys.executable, *line, "--port", "0"]
    server = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    told = server.stderr.readline() + server.stderr.readline()
    try:
        found = re.search(r"(http://\S+)\n.*Bearer (\S+)", told)
        assert found, told
        yield found[1], found[2]
    finally:
        server.terminate()
        server.wait(30)
        server.stderr.close()


async def test_over_http_only_those_who_know_the_token_are_served(
    served: tuple[str, str],
) -> None:
    url, token = served
    async with httpx.AsyncClient() as client:
        for header in ({}, {"Authorization": "Bearer wrong"}):
            assert (await client.post(url, json={}, headers=header)).status_code == 401
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(headers=headers) as client,
        streamable_http_client(url, http_client=client) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        assert "Remembered" in (await said(session, "remember", text="I like tea."))[1]
