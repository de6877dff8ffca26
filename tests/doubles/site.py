"""A web server on loopback that serves what a test tells it to, broken things included."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

Handler = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    """What was asked of the server."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Site:
    """A server; pages are bytes with a type, or a function that writes its own answer."""

    port: int
    pages: dict[str, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(
        self,
        path: str,
        body: bytes | str,
        content_type: str = "text/html; charset=utf-8",
        status: int = 200,
        after: asyncio.Event | None = None,
        **headers: str,
    ) -> str:
        """Serve a body, once an event has come; return its address."""
        data = body.encode() if isinstance(body, str) else body
        lines = [f"Content-Type: {content_type}"] if content_type else []
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            start = (
                f"HTTP/1.1 {status} Said\r\nContent-Length: {len(data)}\r\nConnection: close\r\n"
            )
            writer.write((start + "".join(f"{line}\r\n" for line in lines) + "\r\n").encode())
            writer.write(data)
            await writer.drain()

        return self.raw(path, answer)

    def raw(self, path: str, handler: Handler) -> str:
        """Let a function write the answer; return its address."""
        self.pages[path] = handler
        return f"{self.url}{path}"

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        """Send readers on to another address."""
        return self.page(path, b"", status=status, Location=target)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection; the first request closes it."""
        task = asyncio.current_task()
        assert task is not None
        self.running.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        except asyncio.CancelledError:  # the test is over, and nobody reads on
            return
        finally:
            self.running.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ", 2)
        request = Request(method, path, headers, body)
        self.requests.append(request)
        handler = self.pages.get(path) or self.pages.get(path.partition("?")[0])
        if handler is None:
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        else:
            await handler(request, writer)

    async def close(self) -> None:
        """End what is still being answered."""
        for task in tuple(self.running):
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
