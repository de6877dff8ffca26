"""Addresses made to lead inside: none reaches the server that stands there, and each says why."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence

import httpx
import pytest

from tests.doubles.site import Site
from tools.errors import NetError
from tools.net import Net
from tools.settings import NetSettings

PUBLIC = "93.184.215.14"
LOOPBACK = "this machine (loopback)"
PRIVATE = "a private network"
METADATA = "a cloud's metadata service"
MAPPED = "an IPv4 address in IPv6 form"
NUMBER = "its host is a number in an unusual notation"
INVALID = "Invalid IPv4 address"
NO_HOST = "names no host"
OWN = "a name of the own network"


class Wire(httpx.AsyncBaseTransport):
    """Lead every address to one server on loopback, as a hijacked route would, and note it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.dialled: list[str] = []
        self.inner = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.dialled.append(request.url.host)
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.site.port)
        led = httpx.Request(
            request.method, url, headers=request.headers, extensions=request.extensions
        )
        return await self.inner.handle_async_request(led)

    async def aclose(self) -> None:
        await self.inner.aclose()


class Names:
    """Answer each look-up of any name with the next list of addresses, the last one for ever."""

    def __init__(self, *rounds: Sequence[str]) -> None:
        self.left = list(rounds)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


async def refusal(client: Net, url: str, **arguments: bool) -> NetError:
    with pytest.raises(NetError) as caught:
        await client.fetch(url, **arguments)
    await client.aclose()
    reason = caught.value.reason
    assert reason.endswith(".")
    assert "\n" not in reason
    assert len(reason) < 400
    return caught.value


NOTATIONS = [
    # IPv4 in every way that the C library reads
    ("127.0.0.1", LOOPBACK), ("127.1.2.3", LOOPBACK), ("127.0.0.1.", LOOPBACK),
    ("127.1", NUMBER), ("127.0.1", NUMBER), ("2130706433", NUMBER), ("0x7f000001", NUMBER),
    ("0x7f.0.0.1", NUMBER), ("0X7F.1", NUMBER), ("017700000001", NUMBER), ("0177.0.0.1", INVALID),
    ("00127.0.0.1", INVALID), ("127.0.0.0x1", NUMBER), ("0x7f.0.0.01", NUMBER), ("0", NUMBER),
    ("0x", NUMBER), ("0.0.0.0", "this host"), ("4294967295", NUMBER), ("4294967296", NUMBER),
    ("127.0.0.1.1", NUMBER), ("256.256.256.256", INVALID), ("127.0.0.08", INVALID),
    ("169.254.43518", NUMBER), ("0251.0376.0251.0376", INVALID), ("1.1.1.1.in.127.1", NUMBER),
    # the same written with other digits and dots
    ("127。0。0。1", LOOPBACK), ("127．0．0．1", LOOPBACK), ("127｡0｡0｡1", LOOPBACK),
    ("①②⑦.⓪.⓪.①", "is not a web address"), ("１２７.０.０.１", "is not a web address"),
    ("127.0.0.1%00", NO_HOST), ("%31%32%37.0.0.1", NUMBER), ("127.0.0.1\\", NO_HOST),
    ("١٢٧.٠.٠.١", "is not a web address"), ("ⓛocalhost", "is not a web address"),
    # IPv6, and IPv4 within it
    ("[::1]", LOOPBACK), ("[::]", "this host"), ("[0:0:0:0:0:0:0:1]", LOOPBACK),
    ("[0000::0001]", LOOPBACK), ("[::ffff:127.0.0.1]", LOOPBACK), ("[::FFFF:7F00:1]", LOOPBACK),
    ("[::127.0.0.1]", MAPPED), ("[::ffff:0:127.0.0.1]", MAPPED), ("[64:ff9b::7f00:1]", LOOPBACK),
    ("[64:ff9b:1::7f00:1]", "NAT64"), ("[2002:7f00:1::]", "6to4"),
    ("[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "Teredo"), ("[2600::5efe:7f00:1]", LOOPBACK),
    ("[fe80::1]", "link-local"), ("[fe80::1%25lo]", "a zone"), ("[::1%25lo]", "a zone"),
    ("[fc00::1]", PRIVATE), ("[fec0::1]", PRIVATE), ("[ff02::1]", "multicast"),
    ("[::ffff:93.184.215.14]", MAPPED), ("[::1", "is not a web address"), ("::1", ""),
    # private networks and clouds' own addresses
    ("10.0.0.1", PRIVATE), ("172.16.0.1", PRIVATE), ("192.168.1.1", PRIVATE),
    ("100.64.0.1", "provider"), ("169.254.169.254", "metadata"), ("[fd00:ec2::254]", METADATA),
    ("[fd20:ce::254]", METADATA), ("[::ffff:169.254.169.254]", "metadata"),
    ("168.63.129.16", METADATA), ("100.100.100.200", METADATA), ("192.0.0.192", METADATA),
    ("[64:ff9b::a83f:8110]", METADATA), ("224.0.0.1", "multicast"), ("255.255.255.255", "reserved"),
    # names
    ("localhost", LOOPBACK), ("LOCALHOST", LOOPBACK), ("localhost.", LOOPBACK),
    ("a.localhost", LOOPBACK), ("localhost.localdomain", LOOPBACK), ("printer.local", OWN),
    ("metadata.google.internal", PRIVATE), ("nas.lan", OWN), ("router.home", OWN),
    ("wiki.corp", PRIVATE), ("1.0.0.127.in-addr.arpa", "technical"), ("fritz.home.arpa", "techni"),
    ("hidden.onion", "does not know"), ("router", "without a dot"), ("metadata", "without a dot"),
    ("..", NO_HOST), ("a..b.example", NO_HOST), (".example.org", NO_HOST),
    ("*.example.org", NO_HOST),
    ("a" * 64 + ".example", NO_HOST), (".".join(["abc"] * 80), NO_HOST), ("example.org..", NO_HOST),
]  # fmt: skip


@pytest.mark.parametrize("way", ["directly", "by a redirect"])
@pytest.mark.parametrize(("host", "why"), NOTATIONS)
async def test_a_host_that_leads_inside_is_refused_in_every_notation(
    site: Site, host: str, why: str, way: str
) -> None:
    """The resolver vouches for every name, so that only the check of the name itself can help."""
    names, wire = Names([PUBLIC]), Wire(site)
    client = Net(NetSettings(timeout=5), resolve=names, transport=wire)
    url = f"http://{host}/latest/meta-data"
    if way == "by a redirect":
        site.raw("/away", _to(url))
        url = "http://harmless.example/away"
    error = await refusal(client, url)
    assert why in error.reason
    assert error.kind in ("refused", "bad_url")
    assert wire.dialled == ([PUBLIC] if way == "by a redirect" else [])
    assert names.asked == (["harmless.example"] if way == "by a redirect" else [])


def _to(url: str):
    async def answer(request: object, writer: asyncio.StreamWriter) -> None:
        location = url.encode("utf-8")
        writer.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location)
        writer.write(b"\r\n\r\n")

    return answer


ODD = [
    ("http://example.org@127.0.0.1/", "user name or password"),
    ("http://127.0.0.1:80@example.org/", "user name or password"),
    ("http://127.0.0.1\\@example.org/", "user name or password"),
    ("http://example.org\\@127.0.0.1/", "user name or password"),
    ("http://:@example.org/", "user name or password"),
    ("http://example.org:22/", "Port 22"), ("http://example.org:0/", "Port 0"),
    ("https://example.org:25/", "Port 25"), ("http://example.org:6379/", "Port 6379"),
    ("http://example.org:11434/", "Port 11434"), ("http://example.org:99999/", ""),
    ("http://example.org:-1/", "Port -1"), ("http://example.org:２２/", "Port 22"),
    ("http://example.org\r\nHost: 127.0.0.1/", "is not a web address"),
    ("http://example.org/\r\nX: 1\r\n\r\nGET /", "is not a web address"),
    ("http://example.org/\x00", "is not a web address"), ("http://exa\tmple.org/", "is not"),
    ("file:///etc/passwd", "starts with https://"), ("FILE:///etc/passwd", "starts with https://"),
    ("ftp://example.org/", "starts with https://"), ("dict://127.0.0.1:11211/stat", "starts with"),
    ("gopher://127.0.0.1:6379/_FLUSHALL", "starts with"), ("data:text/html,hi", "starts with"),
    ("ws://example.org/", "starts with"), ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", "starts"),
    ("jar:http://example.org!/", "starts with"), ("//127.0.0.1/", "starts with"),
    ("http:127.0.0.1", NO_HOST), ("http:///127.0.0.1", NO_HOST), ("http://", NO_HOST),
    ("http://example.org/" + "a" * 9000, "longer than 8,000"),
    ("http://" + "a." * 6000 + "example", "longer than 8,000"), ("", "empty"), (" \n ", "empty"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "why"), ODD)
async def test_an_odd_address_is_refused(site: Site, url: str, why: str) -> None:
    wire = Wire(site)
    error = await refusal(Net(NetSettings(), resolve=Names([PUBLIC]), transport=wire), url)
    assert error.kind in ("refused", "bad_url")
    assert why in error.reason
    assert wire.dialled == []


async def test_what_stands_behind_a_hash_is_no_host(site: Site) -> None:
    site.page("/", "fine")
    names, wire = Names([PUBLIC]), Wire(site)
    client = Net(NetSettings(), resolve=names, transport=wire)
    assert (await client.fetch("http://example.org#@127.0.0.1:22/")).text() == "fine"
    assert (names.asked, wire.dialled) == (["example.org"], [PUBLIC])
    await client.aclose()


@pytest.mark.parametrize(("url", "why"), [
    ("file:///etc/passwd", "starts with https://"), ("gopher://127.0.0.1/", "starts with"),
    ("//127.0.0.1/", LOOPBACK), ("//localhost:8080/", LOOPBACK), ("http://u:p@10.0.0.1/", "user"),
    ("https://[::1]/", LOOPBACK), ("http://example.org:22/", "Port 22"),
    ("http://" + "a" * 9000, "longer than"), ("javascript:alert(1)", "starts with"),
])  # fmt: skip
async def test_a_redirect_to_an_odd_address_is_refused(site: Site, url: str, why: str) -> None:
    site.raw("/away", _to(url))
    wire = Wire(site)
    client = Net(NetSettings(), resolve=Names([PUBLIC]), transport=wire)
    assert why in (await refusal(client, "http://harmless.example/away")).reason
    assert len(site.requests) == 1


MIXED = [
    [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "::1"], [PUBLIC, "::ffff:10.0.0.1"],
    ["2606:4700::1", "fd00::1"], [PUBLIC, "8.8.8.8", "169.254.169.254"], [PUBLIC, "fe80::1%eth0"],
    [PUBLIC, "nonsense"], [PUBLIC, ""], [PUBLIC, "0.0.0.0"], [PUBLIC, "64:ff9b::10.0.0.1"],
]  # fmt: skip


@pytest.mark.parametrize("addresses", MIXED)
async def test_one_inner_address_among_public_ones_is_enough(
    site: Site, addresses: list[str]
) -> None:
    wire = Wire(site)
    client = Net(NetSettings(), resolve=Names(addresses), transport=wire)
    assert "mixed.example (" in (await refusal(client, "https://mixed.example/")).reason
    assert wire.dialled == []


async def test_a_name_that_turns_inside_is_not_asked_for_twice(site: Site) -> None:
    """What was checked is what is dialled: the second answer of the name is never used."""
    site.page("/", "public page")
    names, wire = Names([PUBLIC], ["127.0.0.1"]), Wire(site)
    client = Net(NetSettings(), resolve=names, transport=wire)
    assert (await client.fetch("http://turning.example/")).text() == "public page"
    assert (names.asked, wire.dialled) == (["turning.example"], [PUBLIC])
    assert LOOPBACK in (await refusal(client, "http://turning.example/")).reason
    assert wire.dialled == [PUBLIC]


async def test_a_name_that_turns_inside_between_robots_and_page_is_refused(site: Site) -> None:
    site.page("/robots.txt", "User-agent: *\nAllow: /", "text/plain")
    names, wire = Names([PUBLIC], ["10.0.0.1"]), Wire(site)
    client = Net(NetSettings(), resolve=names, transport=wire)
    error = await refusal(client, "http://turning.example/", robots=True)
    assert PRIVATE in error.reason
    assert [request.path for request in site.requests] == ["/robots.txt"]


async def test_a_robots_file_does_not_lead_inside(site: Site) -> None:
    site.raw("/robots.txt", _to("http://127.0.0.1/secret"))
    site.page("/", "public page")
    wire = Wire(site)
    client = Net(NetSettings(), resolve=Names([PUBLIC]), transport=wire)
    assert (await client.fetch("http://a.example/", robots=True)).text() == "public page"
    assert [request.path for request in site.requests] == ["/robots.txt", "/"]
    await client.aclose()


async def test_a_chain_of_public_hosts_that_ends_inside_is_refused(site: Site) -> None:
    site.raw("/1", _to("https://two.example/2"))
    site.raw("/2", _to("http://three.example:8080/3"))
    site.raw("/3", _to("http://four.example/4"))
    names, wire = Names([PUBLIC], [PUBLIC], [PUBLIC], ["192.168.0.1"]), Wire(site)
    client = Net(NetSettings(), resolve=names, transport=wire)
    error = await refusal(client, "http://one.example/1")
    assert "four.example (192.168.0.1) was refused: a private network" in error.reason
    assert [request.path for request in site.requests] == ["/1", "/2", "/3"]


async def test_an_allowed_host_does_not_open_others(site: Site) -> None:
    site.raw("/away", _to("http://10.0.0.1/"))
    client = Net(NetSettings(allow_hosts=(f"127.0.0.1:{site.port}",)))
    assert PRIVATE in (await refusal(client, f"{site.url}/away")).reason
    for other in (f"http://127.0.0.2:{site.port}/", f"http://localhost:{site.port}/"):
        assert (await refusal(client, other)).kind == "refused"
    assert len(site.requests) == 1


ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n", "connection", "broke off"),
    "one header": (b"HTTP/1.1 200 OK\r\nX-More: ", b"a" * 1000, "connection", "broke off"),
    "status line": (b"HTTP/1.1 200 ", b"OK" * 500, "connection", "broke off"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, "timeout", "not loaded"),
    "chunk extensions": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"a" * 1000, "connection",
        "broke off",
    ),
    "trailers": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 100,
        "connection", "broke off",
    ),
    "tail after gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b""),
        b"junk" * 1000, "", "",
    ),
    "gzip of nothing": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10],
        b"\x00\x00\x00\xff\xff" * 1000, "too_big", "longer than",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
async def test_an_answer_without_an_end_is_ended(site: Site, name: str) -> None:
    start, more, kind, why = ENDLESS[name]

    async def endless(request: object, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(more)
            await writer.drain()

    url = site.raw("/endless", endless)
    # Where something else than time ends it, a busy machine must not be the first.
    seconds = 1.0 if kind == "timeout" else 30.0
    client = Net(NetSettings(allow_hosts=("127.0.0.1",), timeout=seconds, max_bytes=100_000))
    if kind:
        error = await refusal(client, url)
        assert error.kind == kind
        assert why in error.reason
    else:
        assert (await client.fetch(url)).body == b""
