"""The way out: nothing inner is reached, nothing is endless, every refusal says why."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.doubles.site import Request, Site
from tools.addresses import closed_because
from tools.errors import NetError
from tools.net import Net, Page
from tools.settings import NetSettings

CERTIFICATE = Path(__file__).with_name("llama.example.pem")
PUBLIC = "93.184.215.14"


class Recorder(httpx.AsyncBaseTransport):
    """A transport that reaches nothing and notes what it was asked for."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return (
            self.answers.pop(0)
            if self.answers
            else httpx.Response(200, stream=httpx.ByteStream(b"hello"))
        )


def resolver(*rounds: Sequence[str]):
    """Answer each look-up with the next list of addresses, and the last one for ever."""
    left = list(rounds)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


def net(site: Site | None = None, **settings: object) -> Net:
    hosts = (f"127.0.0.1:{site.port}",) if site else ()
    return Net(NetSettings.model_validate({"timeout": 5.0, "allow_hosts": hosts, **settings}))


async def refusal(client: Net, url: str) -> NetError:
    with pytest.raises(NetError) as caught:
        await client.fetch(url)
    assert caught.value.reason
    assert "\n" not in caught.value.reason
    return caught.value


INNER = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
    "100.100.100.200", "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.0.1", "192.168.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:93.184.215.14", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    "2600::5efe:127.0.0.1", "2600::200:5efe:10.0.0.1", "100::1", "3fff::1", "nonsense", "",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
async def test_a_name_that_leads_inside_is_refused(address: str) -> None:
    transport = Recorder()
    client = Net(NetSettings(), resolve=resolver([address]), transport=transport)
    error = await refusal(client, "https://innocent.example/")
    assert error.kind == "refused"
    assert transport.sent == []


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
)
def test_public_addresses_are_open(address: str) -> None:
    assert closed_because(address) == ""


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("file:///etc/passwd", "refused"),
        ("ftp://example.org/", "refused"),
        ("gopher://127.0.0.1:11211/_stats", "refused"),
        ("javascript:alert(1)", "refused"),
        ("data:text/plain,hi", "refused"),
        ("unix:///var/run/docker.sock", "refused"),
        ("example.org/page", "bad_url"),
        ("/etc/passwd", "bad_url"),
        ("", "bad_url"),
        ("   ", "bad_url"),
        ("http://", "bad_url"),
        ("http:///path", "bad_url"),
        ("http://./", "bad_url"),
        ("https://user:secret@example.org/", "refused"),
        ("https://example.org@127.0.0.1/", "refused"),
        ("http://exa mple.org/", "bad_url"),
        ("http://example.org:99999/", "refused"),
        ("http://example.org:22/", "refused"),
        ("http://example.org:0/", "refused"),
        ("http://example.org:6379/", "refused"),
        ("http://example.org\x00.evil/", "bad_url"),
        ("http://[::1", "bad_url"),
        ("http://" + "a" * 70_000, "bad_url"),
        ("http://xn--\ud800/", "bad_url"),
    ],
)
async def test_what_is_no_public_web_address_is_refused(url: str, kind: str) -> None:
    transport = Recorder()
    client = Net(NetSettings(), resolve=resolver([PUBLIC]), transport=transport)
    error = await refusal(client, url)
    assert error.kind == kind
    assert "secret" not in error.reason
    assert transport.sent == []


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("file:///etc/passwd", "refused"),
        ("//127.0.0.1/", "refused"),
        ("//localhost/", "refused"),
        ("\\\\127.0.0.1\\", "http_status"),
        ("http://user@127.0.0.1/", "refused"),
        ("http:127.0.0.1", "http_status"),
        ("http://[::ffff:7f00:1]:8080/", "refused"),
        ("http://127.0.0.1:1/", "refused"),
    ],
)
async def test_odd_redirects_do_not_lead_inside(site: Site, location: str, kind: str) -> None:
    error = await refusal(net(site), site.redirect("/away", location))
    assert error.kind in (kind, "bad_url")
    assert all(request.headers["host"] == f"127.0.0.1:{site.port}" for request in site.requests)


async def test_the_checked_address_is_the_one_that_is_used() -> None:
    """A name that turns inner after it was checked (rebinding) gains nothing by it."""
    transport = Recorder()
    client = Net(NetSettings(), resolve=resolver([PUBLIC], ["127.0.0.1"]), transport=transport)
    await client.fetch("https://turning.example/page?q=1")
    (sent,) = transport.sent
    assert sent.url.host == PUBLIC
    assert sent.headers["host"] == "turning.example"
    assert sent.extensions["sni_hostname"] == "turning.example"
    assert sent.url.raw_path == b"/page?q=1"
    assert (await refusal(client, "https://turning.example/")).kind == "refused"


async def test_the_next_address_is_tried_when_one_takes_no_connection() -> None:
    class Picky(Recorder):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.host == "2606:4700::1":
                raise httpx.ConnectError("no route")
            return await super().handle_async_request(request)

    transport = Picky()
    client = Net(NetSettings(), resolve=resolver(["2606:4700::1", PUBLIC]), transport=transport)
    assert (await client.fetch("https://dual.example/")).text() == "hello"
    assert transport.sent[0].url.host == PUBLIC


async def test_an_allowed_host_is_open_at_its_port_alone(site: Site) -> None:
    url = site.page("/", "inner page")
    assert (await net(site).fetch(url)).text() == "inner page"
    other = Net(NetSettings(allow_hosts=("127.0.0.1:1",)))
    assert (await refusal(other, url)).kind == "refused"
    every_port = Net(NetSettings(allow_hosts=("127.0.0.1",)))
    assert (await every_port.fetch(url)).status == 200
    named = Net(NetSettings(allow_hosts=("LocalHost",)))
    assert (await named.fetch(f"http://localhost:{site.port}/")).status == 200


async def test_nothing_private_is_sent(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    site.redirect("/first", "/second")
    site.pages["/first"] = _with_cookie
    site.page("/second", "fine")
    await net(site).fetch(f"{site.url}/first")
    for request in site.requests:
        assert set(request.headers) == {
            "host", "user-agent", "accept", "accept-encoding", "connection",
        }  # fmt: skip
    assert [request.path for request in site.requests] == ["/first", "/second"]


async def _with_cookie(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 302 Found\r\nSet-Cookie: id=1\r\nLocation: /second#part\r\n"
        b"Content-Length: 0\r\n\r\n"
    )


async def test_redirects_are_counted(site: Site) -> None:
    site.redirect("/loop", "/loop")
    error = await refusal(net(site, max_redirects=3), f"{site.url}/loop")
    assert error.kind == "redirects"
    assert len(site.requests) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
async def test_a_bad_status_is_named(site: Site, status: int) -> None:
    error = await refusal(net(site), site.page("/bad", "no", status=status))
    assert (error.kind, error.status) == ("http_status", status)
    assert str(status) in error.reason


async def test_a_long_page_is_refused_before_it_is_read(site: Site) -> None:
    url = site.page("/long", b"x" * 2000)
    error = await refusal(net(site, max_bytes=1000), url)
    assert error.kind == "too_big"
    assert "1,000 bytes" in error.reason


async def test_an_endless_stream_is_cut_off(site: Site) -> None:
    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b"more " * 1000)
            await writer.drain()

    error = await refusal(net(site, max_bytes=200_000), site.raw("/endless", endless))
    assert error.kind == "too_big"


async def test_a_slow_stream_is_timed_out(site: Site) -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    error = await refusal(net(site, timeout=0.3), site.raw("/slow", slow))
    assert error.kind == "timeout"
    assert "0.3 seconds" in error.reason


async def test_a_silent_server_is_timed_out(site: Site) -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    error = await refusal(net(site, timeout=0.2), site.raw("/silent", silent))
    assert error.kind == "timeout"


async def test_a_slow_resolver_is_timed_out() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(30)
        return [PUBLIC]

    client = Net(NetSettings(timeout=0.1), resolve=resolve, transport=Recorder())
    assert (await refusal(client, "https://example.org/")).kind == "timeout"


async def test_a_gzip_bomb_is_cut_off(site: Site) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    assert len(bomb) < 120_000
    client = net(site, max_bytes=1_000_000)
    await client.fetch(site.page("/warm", "up"))
    url = site.page("/bomb", bomb, Content_Encoding="gzip")
    tracemalloc.start()
    assert (await refusal(client, url)).kind == "too_big"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


async def test_packed_pages_are_unpacked(site: Site) -> None:
    url = site.page("/packed", gzip.compress("größer".encode()), Content_Encoding="gzip")
    assert (await net(site).fetch(url)).text() == "größer"


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (b"not gzip at all", "gzip"),
        (gzip.compress(b"x" * 10_000)[:20], "gzip"),
        (b"\x1b\x00", "br"),
        (gzip.compress(gzip.compress(b"x")), "gzip, gzip"),
    ],
)
async def test_broken_packing_is_named(site: Site, body: bytes, coding: str) -> None:
    error = await refusal(net(site), site.page("/p", body, Content_Encoding=coding))
    assert error.kind == "bad_encoding"


async def test_an_answer_that_breaks_off_is_no_page(site: Site) -> None:
    async def half(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    assert (await refusal(net(site), site.raw("/half", half))).kind == "connection"


async def test_an_answer_that_is_not_http_is_no_page(site: Site) -> None:
    async def other(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")

    assert (await refusal(net(site), site.raw("/ssh", other))).kind == "connection"


async def test_a_closed_port_takes_no_connection() -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    client = Net(NetSettings(allow_hosts=("127.0.0.1",)))
    error = await refusal(client, f"http://127.0.0.1:{port}/")
    assert error.kind == "connection"
    assert "takes no connection" in error.reason


async def test_plain_http_on_a_tls_port_is_a_tls_error(site: Site) -> None:
    site.page("/", "plain")
    error = await refusal(net(site, timeout=0.6), f"https://127.0.0.1:{site.port}/")
    assert error.kind in ("tls", "connection")


async def test_a_bad_certificate_is_a_tls_error() -> None:
    class Untrusted(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            cause = ssl.SSLCertVerificationError("certificate has expired")
            raise httpx.ConnectError("certificate has expired") from cause

    client = Net(NetSettings(), resolve=resolver([PUBLIC]), transport=Untrusted())
    error = await refusal(client, "https://expired.example/")
    assert error.kind == "tls"
    assert "expired" in error.reason


@pytest.fixture
async def secure() -> AsyncIterator[tuple[int, list[str]]]:
    """A TLS server for llama.example: its port, and the names that it was asked for."""
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.sni_callback = lambda _, name, __: names.append(name)
    made = Site(0)
    made.page("/", "secure page", "text/plain")
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=context)
    yield server.sockets[0].getsockname()[1], names
    await made.close()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("trusted", "host", "fault"),
    [
        (True, "llama.example", ""),
        (True, "other.example", "Hostname mismatch"),
        (False, "llama.example", "self-signed certificate"),
    ],
)
async def test_certificates_are_checked_against_the_name_and_not_the_address(
    secure: tuple[int, list[str]], trusted: bool, host: str, fault: str
) -> None:
    port, names = secure
    trust = ssl.create_default_context(cafile=CERTIFICATE if trusted else None)
    client = Net(
        NetSettings(allow_hosts=(host,), timeout=5.0),
        resolve=resolver(["127.0.0.1"]),
        transport=httpx.AsyncHTTPTransport(verify=trust),
    )
    url = f"https://{host}:{port}/"
    if fault:
        error = await refusal(client, url)
        assert error.kind == "tls"
        assert fault in error.reason
    else:
        assert (await client.fetch(url)).text() == "secure page"
    assert names == [host]
    await client.aclose()


async def test_an_unknown_host_is_named() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    client = Net(NetSettings(), resolve=resolve, transport=Recorder())
    error = await refusal(client, "https://nowhere.example/")
    assert (error.kind, error.reason) == ("dns", "The host nowhere.example was not found.")


async def test_cancelling_a_fetch_ends_it_at_once(site: Site) -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(30)

    asked = asyncio.Event()
    task = asyncio.create_task(net(site, timeout=20).fetch(site.raw("/silent", silent)))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("größer".encode(), "utf-8", "größer"),
        ("größer".encode(), "", "größer"),
        ("größer".encode(), "iso-8859-1", "größer"),
        ("größer".encode("cp1252"), "iso-8859-1", "größer"),
        ("größer".encode("cp1252"), "utf-8", "größer"),
        ("größer".encode("cp1252"), "no-such-charset", "größer"),
        ("größer".encode("cp1252"), "rot13", "größer"),
        ("größer".encode("cp1252"), "a\0b", "größer"),
        ("größer".encode("utf-16"), "", "größer"),
        ("größer".encode("utf-16-le"), "utf-16-le", "größer"),
        ("größer".encode("utf-8-sig"), "", "größer"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        (
            b'<meta charset="koi8-r">' + "привет".encode("koi8-r"),
            "",
            '<meta charset="koi8-r">привет',
        ),
        ("日本".encode("shift_jis"), "shift_jis", "日本"),
        ("日本".encode("iso2022_jp"), "iso-2022-jp", "日本"),
        (b"\x81\x8d\xff", "", "\ufffd\ufffd\ufffd"),
        (b"", "utf-8", ""),
    ],
)
def test_text_is_decoded_whatever_its_label_says(body: bytes, charset: str, text: str) -> None:
    assert Page("u", 200, "text/html", body, charset).text() == text
