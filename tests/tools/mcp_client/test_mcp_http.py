"""Servers behind an address: used like the others, and no answer that breaks off hangs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from langchain_core.tools import ToolException

from tests.doubles.site import Request, Site
from tests.tools.mcp_client.world import SERVERS, World, until


class Llamas:
    """A server on the SDK's FastMCP in a process of its own, which can die and come back."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, *args: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(SERVERS / "llamas.py"), "http", str(self.port), *args
        )
        await until(self._answers)

    async def kill(self, number: int = signal.SIGKILL) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)
            await self.process.wait()

    def _answers(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
async def llamas() -> AsyncIterator[Llamas]:
    made = Llamas()
    yield made
    await made.kill()


async def test_a_session_is_kept_and_shared_by_calls_side_by_side(
    world: World, llamas: Llamas, tmp_path: Path
) -> None:
    await llamas.start()
    await world.open(llamas={"url": llamas.url})
    assert await world.call("count") == "1"
    met = await asyncio.gather(*(world.call("meet", number=n) for n in range(20)))
    assert met == [f"llama {n}" for n in range(20)]
    assert await world.call("count") == "2"
    with pytest.raises(ToolException, match="the path is closed; take the pass"):
        await world.call("stumble")
    mark = tmp_path / "mark"
    call = asyncio.create_task(world.call("wander", mark=str(mark)))
    await until(lambda: mark.exists() and mark.read_text() == "gone")
    call.cancel()
    await until(lambda: mark.read_text() == "called back")
    assert await world.call("count") == "3"


async def test_a_server_that_is_killed_is_found_again(
    world: World, llamas: Llamas, tmp_path: Path
) -> None:
    await llamas.start()
    await world.open(llamas={"url": llamas.url})
    first, mark = await world.call("pid"), tmp_path / "mark"
    call = asyncio.create_task(world.call("wander", mark=str(mark)))
    await until(mark.exists)
    await llamas.kill()
    with pytest.raises(ToolException, match="it is not known whether wander took effect"):
        await asyncio.wait_for(call, 5)
    with pytest.raises(ToolException, match=r"takes no connection at http://127\.0\.0\.1"):
        await world.call("pid")
    await llamas.start("json")
    second = await world.call("pid")
    assert second != first
    # Between two calls it is not noticed; nothing was lost, so the call is made all the same.
    await llamas.kill()
    await llamas.start("json")
    assert await world.call("pid") not in (first, second)
    mark.unlink()
    call = asyncio.create_task(world.call("wander", mark=str(mark)))
    await until(mark.exists)
    await llamas.kill()
    with pytest.raises(ToolException, match="it is not known whether wander took effect"):
        await asyncio.wait_for(call, 5)


async def test_a_server_that_ends_its_answer_early_is_not_waited_for(
    world: World, site: Site
) -> None:
    asked: list[str] = []

    async def serve(request: Request, writer: asyncio.StreamWriter) -> None:
        message = json.loads(request.body or '{"method": "none"}')
        asked.append(message["method"])
        results = {
            "initialize": {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "s", "version": "1"},
            },
            "tools/list": {
                "tools": [{"name": "ping", "description": "P.", "inputSchema": {"type": "object"}}]
            },
        }
        body, kind, status = b"", "application/json", "202 Accepted"
        if message["method"] in results:
            answer = {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}
            body, status = json.dumps(answer).encode(), "200 OK"
        elif message["method"] == "tools/call":
            body, kind, status = b": still there\r\n\r\n", "text/event-stream", "200 OK"
        head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        head += ["Mcp-Session-Id: seven", "", ""]
        writer.write("\r\n".join(head).encode() + body)
        await writer.drain()

    await world.open(site={"type": "http", "url": site.raw("/mcp", serve)})
    with pytest.raises(ToolException, match="it is not known whether ping took effect"):
        await asyncio.wait_for(world.call("ping"), 5)
    assert asked.count("tools/call") == 1
    assert asked.count("initialize") == 1
    # The session that is given up is ended on the server too.
    (end,) = await until(lambda: [one for one in site.requests if one.method == "DELETE"])
    assert end.headers["mcp-session-id"] == "seven"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("401 Unauthorized", "it answered HTTP 401 (unauthorized); check the `headers`"),
        ("500 Internal Server Error", "it answered HTTP 500 (internal server error)"),
        ("200 OK\r\nContent-Type: text/html", "it sent what is no message"),
    ],
)
async def test_a_server_that_refuses_is_named(
    world: World, site: Site, capfd: pytest.CaptureFixture[str], status: str, words: str
) -> None:
    seen: list[str] = []

    async def refuse(request: Request, writer: asyncio.StreamWriter) -> None:
        seen.append(request.headers.get("authorization", ""))
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nno".encode())
        await writer.drain()

    headers = {"Authorization": "Bearer of salt"}
    await world.open(site={"url": site.raw("/mcp?key=s3cret", refuse), "headers": headers})
    (said,) = world.servers.problems
    assert words in said
    assert "s3cret" not in said
    assert [value.lower() for value in seen] == ["bearer of salt"]
    assert capfd.readouterr() == ("", "")


async def test_no_redirect_leads_elsewhere(world: World, site: Site, llamas: Llamas) -> None:
    await llamas.start()

    async def redirect(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b"HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\n"
            b"Location: " + llamas.url.encode() + b"\r\n\r\n"
        )
        await writer.drain()

    await world.open(site={"url": site.raw("/mcp", redirect)})
    assert world.names == []
    (said,) = world.servers.problems
    assert f"Redirect to {llamas.url} not followed" in said


async def test_nobody_at_the_address_is_named_without_its_secrets(
    world: World, llamas: Llamas
) -> None:
    await world.open(llamas={"url": f"{llamas.url}?key=s3cret"})
    (said,) = world.servers.problems
    assert said == (
        f"The MCP server 'llamas' (mcp.json) cannot be had: it takes no connection at {llamas.url}."
    )
