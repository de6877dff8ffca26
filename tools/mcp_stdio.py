"""An MCP server as a process of ours: its messages, its last words, and its certain end.

The SDK's own transport leaves the children of a server that ended by itself, and tells the log of
whatever is printed in between. This one speaks to the SDK's session through the same streams.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client.stdio import get_default_environment
from mcp.shared.message import SessionMessage
from mcp.types import JSONRPCMessage
from pydantic import ValidationError

from tools.errors import ToolSetupError
from tools.mcp_config import ServerEntry

Reading = MemoryObjectReceiveStream[SessionMessage | Exception]
Writing = MemoryObjectSendStream[SessionMessage]

MAX_LINE = 16 * 2**20
# Seconds that a server is given to end once its input is closed, and once it was asked to.
GRACE = 1.0
# Seconds for what it wrote before it ended and is still in the pipe.
REST = 0.2
_UNPRINTABLE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[^\x20-\x7e\xa0-\U0010ffff]")
# Waits for its input to close, which happens however we end, and ends the server's group.
_GUARD = 'read -r _; kill -s TERM -- "-$1"; sleep 1; kill -s KILL -- "-$1"'


class LastWords:
    """Keep the last lines that a server wrote, and how it ended."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=8)
        self._open = ""
        self.garbage = ""
        self.exit_code: int | None = None

    def feed(self, data: bytes) -> None:
        """Take what was written to the standard error."""
        *lines, rest = (self._open + data.decode("utf-8", "replace")).split("\n")
        self._lines.extend(shown for line in lines if (shown := _shown(line)))
        self._open = rest[-4096:]

    def __str__(self) -> str:
        parts = []
        if self.exit_code is not None:
            how = f"by signal {-self.exit_code}" if self.exit_code < 0 else ""
            parts.append(f"it ended {how or f'with exit code {self.exit_code}'}")
        lines = [*self._lines, *([_shown(self._open)] if self._open.strip() else [])]
        if lines:
            parts.append(f"its last words: {' | '.join(lines[-5:])[-600:]}")
        if self.garbage:
            parts.append(f"it printed to stdout what is no message: {self.garbage!r}")
        return "; ".join(parts)


def _shown(line: str) -> str:
    return _UNPRINTABLE.sub("", line).strip()[:300]


@asynccontextmanager
async def open_process(
    entry: ServerEntry, words: LastWords, alive: Callable[[Callable[[], bool]], None]
) -> AsyncIterator[tuple[Reading, Writing]]:
    """Start a server, and end it with all that it started.

    Args:
        entry: How it is started.
        words: Where its last words are kept.
        alive: Is given a function that says whether the process still runs.

    Raises:
        ToolSetupError: It cannot be started.
    """
    process, transport, exited = await _start(entry)
    guard: subprocess.Popen[bytes] | None = None
    read_in, read_out = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    write_in, write_out = anyio.create_memory_object_stream[SessionMessage](0)
    pumps: list[asyncio.Task[None]] = []
    try:
        guard = _guard(process.pid)
        alive(lambda: _runs(process))
        pumps = [
            asyncio.create_task(_read(process, read_in, words)),
            asyncio.create_task(_write(process, write_out)),
            asyncio.create_task(_listen(process, words)),
        ]
        pumps.append(asyncio.create_task(_stop(exited, pumps[0])))
        yield read_out, write_in
    finally:
        try:
            await _end(process, exited, words, by_itself=bool(pumps) and pumps[0].done())
            if pumps:
                await asyncio.wait(pumps[2:3], timeout=REST)
        finally:
            _signal(process, _KILL)
            for pump in pumps:
                pump.cancel()
            transport.close()
            for stream in (read_in, read_out, write_in, write_out):
                stream.close()
            if guard is not None:
                _dismiss(guard)


class _Protocol(SubprocessStreamProtocol):
    """Tell of the process's own end, which its children may survive with its pipes open."""

    def __init__(self, exited: asyncio.Event) -> None:
        super().__init__(limit=MAX_LINE, loop=asyncio.get_running_loop())
        self._exited = exited

    def process_exited(self) -> None:
        super().process_exited()
        self._exited.set()


async def _stop(exited: asyncio.Event, reading: asyncio.Task[None]) -> None:
    """Stop reading once the process has ended and its last messages are read."""
    await exited.wait()
    await asyncio.wait((reading,), timeout=REST)
    reading.cancel()


async def _start(
    entry: ServerEntry,
) -> tuple[Process, asyncio.SubprocessTransport, asyncio.Event]:
    environment = {**get_default_environment(), **entry.env}
    command = entry.command
    if os.sep not in command:  # a path is taken as it stands, from the folder that is given
        command = shutil.which(command, path=environment.get("PATH")) or ""
    if entry.cwd is not None and not entry.cwd.is_dir():
        raise ToolSetupError(f"its folder {entry.cwd} does not exist")
    if not command:
        raise ToolSetupError(f"the command {entry.command!r} was not found; install it")
    loop = asyncio.get_running_loop()
    exited = asyncio.Event()
    try:
        transport, protocol = await loop.subprocess_exec(
            lambda: _Protocol(exited),
            command,
            *entry.args,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=environment,
            cwd=entry.cwd,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ToolSetupError(f"the command {entry.command!r} cannot be started: {why}") from error
    return Process(transport, protocol, loop), transport, exited


async def _read(
    process: Process, out: MemoryObjectSendStream[SessionMessage | Exception], words: LastWords
) -> None:
    """Hand on the messages; pass over what else is printed, as the protocol's clients do."""
    reader = process.stdout
    assert reader is not None  # noqa: S101 - it was asked for
    async with out:
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, ConnectionError):
            while line := await _line(reader, words):
                try:
                    message = JSONRPCMessage.model_validate_json(line)
                except ValidationError:
                    words.garbage = words.garbage or _shown(line.decode("utf-8", "replace"))[:80]
                    continue
                await out.send(SessionMessage(message))


async def _line(reader: asyncio.StreamReader, words: LastWords) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        words.garbage = f"a message of more than {MAX_LINE:,} bytes"
        return b""


async def _write(process: Process, messages: MemoryObjectReceiveStream[SessionMessage]) -> None:
    writer = process.stdin
    assert writer is not None  # noqa: S101 - it was asked for
    async with messages:
        with suppress(ConnectionError, anyio.ClosedResourceError):
            async for one in messages:
                text = one.message.model_dump_json(by_alias=True, exclude_none=True)
                writer.write(text.encode("utf-8", "replace") + b"\n")
                await writer.drain()


async def _listen(process: Process, words: LastWords) -> None:
    reader = process.stderr
    assert reader is not None  # noqa: S101 - it was asked for
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            words.feed(data)


def _runs(process: Process) -> bool:
    """Say whether the process runs, without waiting for the loop to hear of its end."""
    if process.returncode is not None:
        return False
    if not hasattr(os, "waitid"):
        return True
    try:
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, process.pid, how) is None and not _is_dying(process.pid)
    except ChildProcessError:
        return False


def _is_dying(pid: int) -> bool:
    """Say whether a process's main thread has ended already, where the system can tell.

    The kernel reports a process as ended once all its threads are, which takes some milliseconds
    after a kill; a call that is written to it in these is lost.
    """
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return state.rpartition(")")[2].split()[:1] in (["Z"], ["X"])


_TERMINATE = signal.SIGTERM
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


async def _end(
    process: Process, exited: asyncio.Event, words: LastWords, *, by_itself: bool
) -> None:
    """Close the server's input, then ask it to end, then make it."""
    if process.stdin is not None:
        process.stdin.close()
    for step in (None, _TERMINATE, _KILL):
        if step is not None:
            _signal(process, step)
        with suppress(TimeoutError):
            await asyncio.wait_for(exited.wait(), GRACE)
            if by_itself and step is None:
                words.exit_code = process.returncode
            return


def _signal(process: Process, number: signal.Signals) -> None:
    """Send a signal to all of the server's group, which outlives its first process."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        elif process.returncode is None:
            process.send_signal(number)


def _guard(pid: int) -> subprocess.Popen[bytes] | None:
    """Start a shell that ends the server's group should we be killed."""
    if os.name != "posix":
        return None
    return subprocess.Popen(  # noqa: S603 - fixed words and a number
        ["/bin/sh", "-c", _GUARD, "sh", str(pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ.get("PATH", os.defpath)},
        start_new_session=True,
    )


def _dismiss(guard: subprocess.Popen[bytes]) -> None:
    guard.kill()
    guard.wait()
    if guard.stdin is not None:
        guard.stdin.close()
