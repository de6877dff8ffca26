"""A small HTTP/1.1 server on loopback that keeps a journal and can misbehave on purpose."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, eq=False)
class Exchange:
    """One request, and what came of it."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    started: float = field(default_factory=time.monotonic)
    disconnected: float | None = None
    """When the client hung up before the reply was whole (time.monotonic)."""
    finished: bool = False
    status: int = 0
    seen: dict[str, Any] = field(default_factory=dict)
    """What the double worked out: prompt, tools in it, token counts, reloads."""

    @property
    def body(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.raw or b"null")


class Connection:
    """Bytes of one client, with what came early kept for the next request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.buffer = bytearray()

    async def fill(self) -> bool:
        """Read on; False at the end."""
        try:
            data = await self.reader.read(65536)
        except ConnectionError:
            return False
        self.buffer += data
        return bool(data)

    async def until_gone(self) -> None:
        """Return when the client hangs up."""
        while await self.fill():
            pass

    async def request(self) -> Exchange | None:
        """Read one request; None when the client is gone."""
        while b"\r\n\r\n" not in self.buffer:
            if not await self.fill():
                return None
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        size = int(headers.get("content-length", 0))
        self.buffer = bytearray(rest)
        while len(self.buffer) < size:
            if not await self.fill():
                return None
        raw = bytes(self.buffer[:size])
        del self.buffer[:size]
        return Exchange(method, path.partition("?")[0], headers, raw)


class Reply:
    """Write one reply, whole or in chunks, or break it off."""

    def __init__(self, connection: Connection, exchange: Exchange) -> None:
        self.connection, self.exchange = connection, exchange
        self.started = False
        self.closed = False

    async def whole(self, status: int, body: bytes, kind: str = "application/json") -> None:
        """Send a reply with its length."""
        await self._head(status, kind, f"Content-Length: {len(body)}")
        content = b"" if self.exchange.method == "HEAD" else body
        await self._write(content)

    async def start(self, kind: str, status: int = 200) -> None:
        """Begin a chunked reply, once."""
        if not self.started:
            await self._head(status, kind, "Transfer-Encoding: chunked")

    async def chunk(self, data: bytes) -> None:
        """Send one flushed chunk."""
        await self._write(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        """Send the last chunk."""
        await self._write(b"0\r\n\r\n")

    def break_off(self, *, reset: bool) -> None:
        """Close the connection at once, with a reset or an ordinary end."""
        self.closed = True
        sock = self.connection.writer.get_extra_info("socket")
        if reset and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.writer.transport.abort()
        else:
            self.connection.writer.close()

    async def _head(self, status: int, kind: str, framing: str) -> None:
        self.started = True
        self.exchange.status = status
        head = f"HTTP/1.1 {status} Double\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n"
        await self._write(head.encode())

    async def _write(self, data: bytes) -> None:
        if data:
            self.connection.writer.write(data)
            await self.connection.writer.drain()


class LoopbackServer:
    """Serve from a thread of its own, so that sync and async clients can be tested alike.

    Subclasses answer requests in `handle`. A client that hangs up cancels it.
    """

    def __init__(self) -> None:
        self.journal: list[Exchange] = []
        self.problems: list[str] = []
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, exchange: Exchange, reply: Reply) -> None:
        """Answer one request."""
        await reply.whole(404, b"404 page not found", "text/plain")

    def start(self, port: int = 0) -> None:
        """Listen on loopback, on a free port unless one is given."""
        self.port = port
        self._thread = threading.Thread(target=asyncio.run, args=(self._main(),), daemon=True)
        self._thread.start()
        if not self._ready.wait(10) or not self.port:
            raise RuntimeError(f"The double cannot listen on port {port}.")

    def close(self) -> None:
        """Hang up on everybody and end the thread."""
        if self._loop and self._stop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread:
            self._thread.join(10)

    async def until(self, happened: Callable[[], Any], seconds: float = 5.0) -> None:
        """Wait until something that happens in the server's thread has happened."""
        deadline = time.monotonic() + seconds
        while not happened():
            if time.monotonic() > deadline:
                raise AssertionError(f"It did not happen within {seconds:g} seconds.")
            await asyncio.sleep(0.005)

    async def _main(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        except OSError:
            self.port = 0
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.wait_closed()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:
            return
        self._tasks.add(task)
        connection = Connection(reader, writer)
        try:
            while (exchange := await connection.request()) is not None:
                if not await self._answer(connection, exchange):
                    break
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, connection: Connection, exchange: Exchange) -> bool:
        """Answer one request; False when the connection is of no use any more."""
        self.journal.append(exchange)
        reply = Reply(connection, exchange)
        work = asyncio.ensure_future(self.handle(exchange, reply))
        watch = asyncio.ensure_future(connection.until_gone())
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                exchange.disconnected = time.monotonic()
        finally:
            for task in (work, watch):
                task.cancel()
            outcome, _ = await asyncio.gather(work, watch, return_exceptions=True)
        if isinstance(outcome, ConnectionError):
            exchange.disconnected = exchange.disconnected or time.monotonic()
        elif isinstance(outcome, Exception):
            self.problems.append(f"{exchange.method} {exchange.path}: {outcome!r}")
            if not reply.started:
                await reply.whole(500, b'{"error":"the double broke"}')
        exchange.finished = outcome is None and not reply.closed
        return exchange.finished and exchange.disconnected is None
