"""Servers that are processes: started once, kept, started again, and ended for certain."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest
from langchain_core.tools import ToolException

import tools.mcp_servers
import tools.mcp_stdio
from tests.tools.mcp_client.world import World, bare, is_gone, sdk, until


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give servers less time to end by themselves."""
    monkeypatch.setattr(tools.mcp_stdio, "GRACE", 0.2)


async def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    await until(lambda: is_gone(pid))


async def test_a_session_is_kept_and_shared_by_calls_side_by_side(world: World) -> None:
    await world.open(llamas=sdk("llamas", "stdio"))
    assert await world.call("count") == "1"
    met = await asyncio.gather(*(world.call("meet", number=n) for n in range(20)))
    assert met == [f"llama {n}" for n in range(20)]
    assert await world.call("count") == "2"
    assert not await world.servers.refresh()
    loads = [{"goods": "salt"}, {"goods": "wool", "kilos": 60}]
    assert json.loads(await world.call("weigh", loads=loads)) == {"kilos": 70, "heavy": True}
    with pytest.raises(ToolException, match="the path is closed; take the pass"):
        await world.call("stumble")


async def test_a_server_of_the_sdk_that_is_killed_is_found_restarted(
    world: World, tmp_path: Path
) -> None:
    await world.open(llamas=sdk("llamas", "stdio"))
    first, mark = int(await world.call("pid")), tmp_path / "mark"
    call = asyncio.create_task(world.call("wander", mark=str(mark)))
    await until(mark.exists)
    await killed(first)
    with pytest.raises(ToolException) as caught:
        await asyncio.wait_for(call, 5)
    said = str(caught.value)
    assert "The MCP server llamas ended during the call" in said
    assert "it is not known whether wander took effect" in said
    second = int(await world.call("pid"))
    assert second != first
    await killed(second)
    assert int(await world.call("pid")) not in (first, second)
    assert not await world.servers.refresh()


async def test_all_calls_under_way_learn_of_the_end(world: World, tmp_path: Path) -> None:
    await world.open(bare=bare())
    pid = int(await world.call("pid"))
    marks = [tmp_path / str(n) for n in range(5)]
    calls = [asyncio.create_task(world.call("hang", mark=str(mark))) for mark in marks]
    await until(lambda: all(mark.exists() for mark in marks))
    await killed(pid)
    ends = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
    assert all("not known whether hang took effect" in str(end) for end in ends)
    assert {await world.call("pid") for _ in range(3)} != {str(pid)}


async def test_those_that_find_it_dead_start_it_once(world: World, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    await world.open(bare=bare("note-start", env={"STARTS": str(starts)}))
    await killed(int(await world.call("pid")))
    assert len(set(await asyncio.gather(*(world.call("pid") for _ in range(20))))) == 1
    assert len(starts.read_text().split()) == 2


async def test_a_server_that_dies_in_every_call_is_not_started_in_a_loop(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    await world.open(bare=bare("note-start", env={"STARTS": str(starts)}))
    monkeypatch.setattr(tools.mcp_servers, "DELAYS", (0.0, 0.0, 0.0, 1000.0))
    die = world.tool("die")
    for _ in range(3):
        with pytest.raises(ToolException, match="ended during the call"):
            await die.coroutine()
    with pytest.raises(ToolException, match=r"is not running: .* tried again in \d+ seconds"):
        await die.coroutine()
    assert await world.servers.refresh()
    assert world.names == []
    (said,) = world.servers.problems
    assert said.startswith("The MCP server 'bare' (mcp.json) cannot be had: ")
    assert not await world.servers.refresh()
    assert len(starts.read_text().split()) == 3


async def test_a_server_that_does_not_come_back_is_named_and_tried_again(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = tmp_path / "starts"
    await world.open(bare=bare("note-start", "once", env={"STARTS": str(starts)}))
    monkeypatch.setattr(tools.mcp_servers, "DELAYS", (0.0,))
    ping, before = world.tool("ping"), world.names
    await killed(int(await world.call("pid")))
    for _ in range(3):
        with pytest.raises(ToolException, match=r"could not be started again: .* only once"):
            await ping.coroutine()
    assert await world.servers.refresh()  # and begins another try, which nobody waits for
    assert (world.names, len(world.servers.problems)) == ([], 1)
    starts.write_text("")

    async with asyncio.timeout(10):
        while not world.names:
            await world.servers.refresh()
            await asyncio.sleep(0.01)
    assert (world.names, world.servers.problems) == (before, ())
    assert world.tool("ping") is ping
    assert await world.call("ping") == "pong"


async def test_a_call_that_is_given_up_is_cancelled_and_the_session_stays(
    world: World, tmp_path: Path
) -> None:
    cancelled, mark = tmp_path / "cancelled", tmp_path / "mark"
    await world.open(bare=bare(env={"CANCELLED": str(cancelled)}))
    pid = await world.call("pid")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(world.tool("hang").coroutine(mark=str(mark)), 0.3)
    await until(lambda: cancelled.exists() and cancelled.read_text())
    assert cancelled.read_text() == mark.read_text()
    assert await world.call("pid") == pid


async def test_the_sdks_server_stops_what_is_cancelled(world: World, tmp_path: Path) -> None:
    await world.open(llamas=sdk("llamas", "stdio"))
    mark = tmp_path / "mark"
    call = asyncio.create_task(world.call("wander", mark=str(mark)))
    await until(lambda: mark.exists() and mark.read_text() == "gone")
    call.cancel()
    await until(lambda: mark.read_text() == "called back")
    assert await world.call("count") == "1"


async def test_bad_servers_are_named_and_the_good_one_works(world: World, impatient: None) -> None:
    begun = time.monotonic()
    await world.open(
        broken=bare("broken"),
        silent=bare("silent", initTimeout=1.5),
        lost={"command": "no-such-llama"},
        nowhere=bare(cwd="nowhere"),
        good=bare(),
    )
    assert time.monotonic() - begun < 9
    assert {name.partition(".")[0] for name in world.names} == {"good"}
    broken, silent, lost, nowhere = world.servers.problems
    assert broken == (
        "The MCP server 'broken' (mcp.json) cannot be had: it ended with exit code 3; "
        "its last words: no llama in the stable."
    )
    assert "did not list its tools within 1.5 seconds (`initTimeout`" in silent
    assert "its last words: thinking" in silent
    assert "the command 'no-such-llama' was not found; install it" in lost
    assert re.search(r"its folder .*nowhere does not exist", nowhere)
    assert await world.call("ping") == "pong"


async def test_what_is_no_message_is_passed_over(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    await world.open(bare=bare("garbage", "broken-tool"))
    assert await world.call("ping") == "pong"
    codes = json.loads(await world.call("odd"))
    # Sampling and roots are declined, a ping is answered, and what nobody knows is not found.
    assert codes == {"901": -32600, "902": -32600, "903": -32601, "904": None}
    (said,) = world.servers.problems
    assert "its tool 'broken' is wrong: inputSchema: Field required" in said
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if record.name == "root"]


async def test_a_server_gets_none_of_our_secrets(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_API_KEY", "s3cret")
    monkeypatch.setenv("THEIRS", "t0ken")
    await world.open(bare=bare(env={"GIVEN": "${THEIRS}"}))
    seen = json.loads(await world.call("vars"))
    assert seen["GIVEN"] == "t0ken"
    assert seen["PATH"]
    assert not {"OUR_API_KEY", "THEIRS"} & seen.keys()


@pytest.mark.parametrize("modes", [(), ("child",), ("stubborn", "child")], ids=str)
async def test_nothing_is_left_of_a_server(
    world: World, tmp_path: Path, impatient: None, modes: tuple[str, ...]
) -> None:
    child = tmp_path / "child"
    await world.open(bare=bare(*modes, env={"CHILD": str(child)}))
    pids = [int(await world.call("pid"))]
    pids += [int(child.read_text())] if child.exists() else []
    await world.servers.aclose()
    for pid in pids:
        await until(lambda pid=pid: is_gone(pid), 2)


async def test_children_of_a_server_that_died_end_with_it(world: World, tmp_path: Path) -> None:
    child = tmp_path / "child"
    await world.open(bare=bare("child", env={"CHILD": str(child)}))
    with pytest.raises(ToolException, match="ended during the call"):
        await world.call("die")
    pid = int(child.read_text())
    await until(lambda: is_gone(pid), 5)


async def test_a_server_does_not_outlive_us(tmp_path: Path) -> None:
    child = tmp_path / "child"
    world = World(tmp_path)
    world.write(bare=bare("stubborn", "child", env={"CHILD": str(child)}))
    program = """
import asyncio, sys, time
from pathlib import Path
from tools.mcp_servers import McpServers
from tools.settings import ToolSettings
async def main():
    servers = McpServers([Path(sys.argv[1])], ToolSettings())
    await servers.refresh()
    tool = next(one.tool for one in servers.tools if one.tool.name == "pid")
    print((await tool.coroutine())[0], flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""
    us = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(world.file), stdout=asyncio.subprocess.PIPE
    )
    assert us.stdout is not None
    pid = int(await us.stdout.readline())
    us.kill()
    await us.wait()
    # It ignores the end of its input and the wish that it may end.
    for one in (pid, int(child.read_text())):
        await until(lambda one=one: is_gone(one), 5)


async def test_a_changed_file_starts_and_stops_what_it_must(world: World, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    kept = bare("note-start", env={"STARTS": str(starts)})
    await world.open(kept=kept, other=bare(tools=["ping", "pid"]))
    tool = world.tool("kept.ping")
    assert [name for name in world.names if name.startswith("other")] == ["other.ping", "other.pid"]
    gone = int(await world.call("other.pid"))
    world.write(kept=kept, new=bare(tools=["ping", "pong"]))
    assert await world.servers.refresh()
    assert world.tool("kept.ping") is tool
    assert [name for name in world.names if not name.startswith("kept")] == ["new.ping"]
    assert world.servers.problems == (
        "The MCP server 'new' (mcp.json): `tools` names 'pong', which is no tool of it.",
    )
    assert len(starts.read_text().split()) == 1
    await until(lambda: is_gone(gone), 2)
    world.file.write_text("{")
    assert await world.servers.refresh()
    assert world.names == []
    assert "line 1, column 2" in world.servers.problems[0]


async def test_a_server_without_tools_is_no_problem(world: World) -> None:
    world.write(bare=bare("toolless"))
    assert not await world.servers.refresh()
    assert (world.names, world.servers.problems) == ([], ())
