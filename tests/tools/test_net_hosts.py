"""The limit of requests to one host, and the transport for libraries with a client of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from tests.doubles.site import Request, Site
from tools.errors import NetError
from tools.net import Net
from tools.per_host import PerHost
from tools.settings import NetSettings


class Crowd:
    """A page that counts who reads it at the same time, and lets them go together."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.now = self.most = 0
        self.come = asyncio.Event()
        self.full = asyncio.Event()

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        self.come.set()
        self.most = max(self.most, self.now)
        if self.now >= self.expected:
            self.full.set()
        await self.full.wait()
        await asyncio.sleep(0.05)  # time for one too many to come
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        self.now -= 1


def net(**settings: object) -> Net:
    hosts = ("127.0.0.1", "localhost")
    return Net(NetSettings.model_validate({"timeout": 5.0, "allow_hosts": hosts, **settings}))


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_a_host_gets_only_so_many_requests_at_a_time(site: Site, limit: int) -> None:
    crowd = Crowd(limit)
    url, client = site.raw("/crowd", crowd), net(per_host=limit)
    pages = await asyncio.gather(*(client.fetch(url) for _ in range(7)))
    assert [page.text() for page in pages] == ["ok"] * 7
    assert crowd.most == limit


async def test_hosts_do_not_wait_for_each_other(site: Site) -> None:
    url, client = site.raw("/crowd", Crowd(2)), net(per_host=1)
    other = url.replace("127.0.0.1", "localhost")
    await asyncio.gather(client.fetch(url), client.fetch(other))


async def test_waiting_counts_as_time(site: Site) -> None:
    url, client = site.raw("/crowd", Crowd(9)), net(per_host=1, timeout=0.3)
    found = await asyncio.gather(client.fetch(url), client.fetch(url), return_exceptions=True)
    assert [getattr(error, "kind", "") for error in found] == ["timeout", "timeout"]
    assert (await client.fetch(site.page("/", "free again"))).text() == "free again"


async def test_a_redirect_within_a_host_needs_no_second_turn(site: Site) -> None:
    site.page("/b", "there")
    assert (await net(per_host=1).fetch(site.redirect("/a", "/b"), robots=True)).text() == "there"


async def test_one_that_is_cancelled_gives_its_turn_back(site: Site) -> None:
    crowd = Crowd(2)
    url, client = site.raw("/crowd", crowd), net(per_host=1)
    tasks = [asyncio.create_task(client.fetch(url)) for _ in range(3)]
    await crowd.come.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (await client.fetch(site.page("/", "free again"))).text() == "free again"


async def test_hosts_that_nobody_uses_are_forgotten() -> None:
    turns = PerHost(2)
    for number in range(100):
        async with turns.turn(f"{number}.example"):
            assert len(turns) == 1
    assert len(turns) == 0


def test_turns_work_in_event_loops_one_after_the_other() -> None:
    turns = PerHost(1)

    async def crowd() -> int:
        done, inside = [], []

        async def one() -> None:
            async with turns.turn("a.example"):
                inside.append(1)
                await asyncio.sleep(0)
                assert len(inside) == 1
                done.append(inside.pop())

        await asyncio.gather(*(one() for _ in range(5)))
        return len(done)

    async def abandoned() -> None:
        async def hold() -> None:
            async with turns.turn("a.example"):
                await asyncio.Event().wait()

        for _ in range(2):
            task = asyncio.create_task(hold())
            await asyncio.sleep(0)
        assert not task.done()

    assert asyncio.run(crowd()) == 5
    asyncio.run(abandoned())
    assert asyncio.run(crowd()) == 5


async def stream(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    for number in range(40):
        writer.write(b"data: %d\n\n" % number + b": " + b"x" * 1000 + b"\n\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_a_library_streams_through_the_transport_without_end(site: Site) -> None:
    """Neither the limit of bytes nor that of seconds holds for a stream."""
    small = Net(NetSettings(timeout=0.2, max_bytes=1000))
    url = site.raw("/mcp", stream)
    transport = small.transport((f"127.0.0.1:{site.port}",))
    async with httpx.AsyncClient(transport=transport) as client:
        async with client.stream("POST", url, json={"id": 1}, headers={"X-Key": "k"}) as response:
            lines = [line async for line in response.aiter_lines() if line.startswith("data")]
        assert len(lines) == 40
        (sent,) = site.requests
        assert (sent.method, sent.body) == ("POST", b'{"id":1}')
        assert sent.headers["host"] == f"127.0.0.1:{site.port}"
        assert sent.headers["x-key"] == "k"


async def test_streams_do_not_take_turns(site: Site) -> None:
    url = site.raw("/crowd", Crowd(5))
    transport = net(per_host=1).transport()
    async with httpx.AsyncClient(transport=transport) as client:
        answers = await asyncio.gather(*(client.get(url) for _ in range(5)))
    assert [answer.text for answer in answers] == ["ok"] * 5


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1/", "this machine (loopback)"),
        ("http://[::ffff:10.0.0.1]/", "a private network"),
        ("http://2130706433/", "unusual notation"),
        ("http://localhost:8080/", "this machine (loopback)"),
        ("https://turned.example/", "turned.example (10.0.0.1) was refused"),
        ("https://turned.example:5432/", "Port 5432"),
    ],
)
async def test_a_library_reaches_no_inner_host_that_was_not_configured(
    site: Site, url: str, why: str
) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["93.184.215.14", "10.0.0.1"]

    transport = Net(NetSettings(), resolve=resolve).transport((f"127.0.0.1:{site.port}",))
    async with httpx.AsyncClient(transport=transport) as client:
        for where in (url, site.redirect("/away", url)):
            with pytest.raises(httpx.ConnectError) as caught:
                await client.post(where, follow_redirects=True)
            assert why in str(caught.value)
            assert isinstance(caught.value.__cause__, NetError)
    assert len(site.requests) == 1


async def test_a_configured_name_is_pinned_to_its_address(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    site.page("/", "own server")
    transport = Net(NetSettings(), resolve=resolve).transport(("mcp.lan",))
    async with httpx.AsyncClient(transport=transport) as client:
        assert (await client.get(f"http://mcp.lan:{site.port}/")).text == "own server"
    assert asked == [("mcp.lan", site.port)]
    assert site.requests[0].headers["host"] == f"mcp.lan:{site.port}"
