"""Streamed lines: how they are split, timed and broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing

import pytest

from agent.errors import ModelTimeout, ServerDown, ServerFault
from agent.models import wire
from agent.models.settings import Timeouts
from tests.doubles.http import Exchange, LoopbackServer, Reply

Answer = Callable[[Reply], Awaitable[None]]


class Lines(LoopbackServer):
    """Answer as the test says."""

    answer: Answer

    async def handle(self, exchange: Exchange, reply: Reply) -> None:
        await self.answer(reply)


@pytest.fixture
def server() -> Iterator[Lines]:
    found = Lines()
    found.start()
    yield found
    found.close()
    assert not found.problems


async def lines(server: Lines, **seconds: float) -> list[bytes]:
    timeouts = Timeouts(**{"connect": 2, "first_byte": 5, "between_tokens": 5, **seconds})
    async with wire.client(server.url, timeouts) as http:
        stream = wire.stream_lines(http, "/x", {"a": 1}, timeouts)
        async with aclosing(stream):
            return [line async for line in stream]


def chunks(*pieces: bytes, stall: bool = False) -> Answer:
    async def answer(reply: Reply) -> None:
        await reply.start("text/plain")
        for piece in pieces:
            await reply.chunk(piece)
        if stall:
            await asyncio.Event().wait()
        await reply.end()

    return answer


async def test_lines_end_at_newlines_alone(server: Lines) -> None:
    text = "a\u0085b\u2028c\x0bd\r"
    server.answer = chunks(text.encode() + b"\nnext", b" part\n", b"\nlast")
    assert await lines(server) == [text.encode(), b"next part", b"", b"last"]


async def test_payload_is_json(server: Lines) -> None:
    server.answer = chunks(b"ok")
    await lines(server)
    assert server.journal[0].body == {"a": 1}


async def test_error_status_carries_body_and_retry(server: Lines) -> None:
    async def answer(reply: Reply) -> None:
        await reply.whole(429, b"slow down\nplease" + b"." * 100_000)

    server.answer = answer
    with pytest.raises(wire.StatusFault) as caught:
        await lines(server)
    assert caught.value.status == 429
    assert caught.value.body.startswith("slow down\nplease")
    assert len(caught.value.body) == 65536


async def test_headers_without_a_body_count_as_no_first_byte(server: Lines) -> None:
    server.answer = chunks(stall=True)
    with pytest.raises(ModelTimeout, match=r"no first byte for 0\.2 seconds"):
        await lines(server, first_byte=0.2, between_tokens=0.1)


async def test_the_same_time_out_for_both_is_named_right(server: Lines) -> None:
    server.answer = chunks(b"one\n", stall=True)
    with pytest.raises(ModelTimeout, match="no next piece"):
        await lines(server, first_byte=0.5, between_tokens=0.5)


async def test_a_line_without_end_is_refused(
    server: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_LINE", 1000)
    server.answer = chunks(b"x" * 600, b"x" * 600, b"\n")
    with pytest.raises(ServerFault, match="a line without an end"):
        await lines(server)


async def test_nothing_listens() -> None:
    with pytest.raises(ServerDown):
        await lines(Lines())


async def test_closing_hangs_up(server: Lines) -> None:
    server.answer = chunks(b"one\n", stall=True)
    timeouts = Timeouts()
    async with wire.client(server.url, timeouts) as http:
        stream = wire.stream_lines(http, "/x", {}, timeouts)
        assert await anext(stream) == b"one"
        await stream.aclose()
        await server.until(lambda: server.journal[0].disconnected, seconds=1.0)
