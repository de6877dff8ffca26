"""A double of the Hugging Face hub: files with checksums, ranges, and faults on request."""

from __future__ import annotations

import asyncio
import hashlib
import re

from tests.doubles.http import Exchange, LoopbackServer, Reply


class HubDouble(LoopbackServer):
    """Serve files under `/OWNER/NAME/resolve/main/FILE`, stored at another path.

    Attributes:
        files: Bytes by path.
        announced: Checksum to tell instead of the real one.
        cuts: For each of the next downloads, after how many bytes the connection breaks.
        stalls: For each of the next downloads, after how many bytes it says nothing more.
        moved: Old path to new path, answered with a redirect.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.announced = ""
        self.cuts: list[int] = []
        self.moved: dict[str, str] = {}
        self.stalls: list[int] = []

    def put(self, repo: str, file: str, data: bytes) -> None:
        """Offer a file."""
        self.files[f"/{repo}/resolve/main/{file}"] = data

    @property
    def ranges(self) -> list[str]:
        """The ranges that downloads asked for, in order; empty for a whole file."""
        gets = [one for one in self.journal if one.method == "GET" and "/store" in one.path]
        return [one.headers.get("range", "") for one in gets]

    async def handle(self, exchange: Exchange, reply: Reply) -> None:
        """Answer one request."""
        path = exchange.path
        if path in self.moved:
            await _head(reply, 307, Location=self.moved[path])
        elif path.startswith("/store"):
            await self._send(exchange, reply, self.files[path.removeprefix("/store")])
        elif path in self.files:
            await self._linked(reply, path)
        else:
            await reply.whole(404, b"Entry not found", "text/plain")

    async def _linked(self, reply: Reply, path: str) -> None:
        data = self.files[path]
        checksum = self.announced or hashlib.sha256(data).hexdigest()
        await _head(
            reply,
            302,
            Location=f"{self.url}/store{path}",
            X_Linked_Size=str(len(data)),
            X_Linked_Etag=f'"{checksum}"',
        )

    async def _send(self, exchange: Exchange, reply: Reply, data: bytes) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", exchange.headers.get("range", ""))
        begin = int(asked.group(1)) if asked else 0
        length = f"Content-Length: {len(data) - begin}"
        where = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        head = f"HTTP/1.1 {206 if asked else 200} Double\r\n{length}\r\nContent-Range: {where}"
        await _write(reply, f"{head}\r\n\r\n".encode())
        if self.stalls:
            await _write(reply, data[begin : begin + self.stalls.pop(0)])
            await asyncio.Event().wait()
        elif self.cuts:
            await _write(reply, data[begin : begin + self.cuts.pop(0)])
            await asyncio.sleep(0.02)  # lets the bytes arrive before the connection ends
            reply.break_off(reset=False)
        else:
            await _write(reply, data[begin:])


async def _head(reply: Reply, status: int, **headers: str) -> None:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} Double", "Content-Length: 0", *lines]
    await _write(reply, ("\r\n".join(head) + "\r\n\r\n").encode())


async def _write(reply: Reply, data: bytes) -> None:
    reply.connection.writer.write(data)
    await reply.connection.writer.drain()
