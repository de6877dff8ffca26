"""Pages are left unread where a site's robots.txt asks for it, and interfaces are not."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest

from tests.doubles.site import Request, Site
from tools.errors import NetError
from tools.invoke import invoke
from tools.net import Net
from tools.page import read_page_tool
from tools.robots import FAILED_LIFETIME, KEPT_SITES, LIFETIME, ROBOTS_BYTES, Robots
from tools.settings import NetSettings
from tools.urls import parse


def net(site: Site, **settings: object) -> Net:
    hosts = ("127.0.0.1", "localhost")
    return Net(NetSettings.model_validate({"timeout": 5.0, "allow_hosts": hosts, **settings}))


def rules(site: Site, *lines: str, status: int = 200) -> None:
    site.page("/robots.txt", "\n".join(lines), "text/plain", status=status)


async def read(client: Net, url: str) -> str:
    """Return the page's text, or the kind and reason of the error."""
    try:
        return (await client.fetch(url, robots=True)).text()
    except NetError as error:
        return f"{error.kind}: {error.reason}"


def paths(site: Site) -> list[str]:
    return [request.path for request in site.requests]


@pytest.mark.parametrize(
    ("lines", "path", "may"),
    [
        (["User-agent: *", "Disallow: /"], "/a", False),
        (["User-agent: *", "Disallow: /private"], "/private/a", False),
        (["User-agent: *", "Disallow: /private"], "/public", True),
        (["User-agent: *", "Disallow: /", "Allow: /open"], "/open/a", True),
        (["User-agent: *", "Disallow: /*.pdf$"], "/a.pdf", False),
        (["User-agent: *", "Disallow: /*?q="], "/a?q=1", False),
        (["User-agent: *", "Disallow:"], "/a", True),
        (["User-agent: arriero", "Disallow: /"], "/a", False),
        (["user-agent: ARRIERO/0.1", "disallow: /"], "/a", False),
        (["User-agent: *", "Disallow: /", "", "User-agent: arriero", "Allow: /"], "/a", True),
        (["User-agent: other", "User-agent: arriero", "Disallow: /"], "/a", False),
        (["User-agent: arriero", "User-agent: other", "Disallow: /"], "/a", False),
        (["User-agent: *", "Sitemap: /s", "User-agent: other", "Disallow: /"], "/a", False),
        (["User-agent: other", "Disallow: /"], "/a", True),
        (["User-agent: arrierobot", "Disallow: /"], "/a", True),
        (["User-agent: a", "Disallow: /"], "/a", True),
        (["User-agent: personal", "Disallow: /"], "/a", True),
        (["Disallow: /"], "/a", True),
        (["<html>not found</html>"], "/a", True),
        (["\ufeffUser-agent: *", "Disallow: /"], "/a", False),
        (["# User-agent: *", "Disallow: /"], "/a", True),
        ([], "/a", True),
    ],
)
async def test_a_page_is_read_where_its_site_lets_programs(
    site: Site, lines: list[str], path: str, may: bool
) -> None:
    rules(site, *lines)
    url = site.page(path, "the page")
    said = await read(net(site), url)
    assert said == "the page" if may else said.startswith("robots: ")
    assert paths(site) == (["/robots.txt", path] if may else ["/robots.txt"])
    assert site.requests[0].headers["user-agent"].startswith("arriero/")


async def test_the_tool_says_what_stands_in_the_way(site: Site) -> None:
    rules(site, "User-agent: *", "Disallow: /")
    url = site.page("/a", "the page")
    result = await invoke(read_page_tool(net(site)), {"url": url}, "1", seconds=5)
    assert result.error == (
        f"{url} was left unread: {site.url}/robots.txt asks programs not to read it. "
        "Try another page, or answer without it."
    )


async def test_the_setting_and_interfaces_pass_robots_by(site: Site) -> None:
    rules(site, "User-agent: *", "Disallow: /")
    url = site.page("/a", "the page")
    assert await read(net(site, robots=False), url) == "the page"
    assert (await net(site).fetch(url)).text() == "the page"
    assert paths(site) == ["/a", "/a"]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429])
async def test_a_robots_file_that_does_not_exist_allows(site: Site, status: int) -> None:
    rules(site, "User-agent: *", "Disallow: /", status=status)
    assert await read(net(site), site.page("/a", "the page")) == "the page"


@pytest.mark.parametrize("status", [500, 503])
async def test_a_robots_file_that_is_down_forbids_and_says_so(site: Site, status: int) -> None:
    rules(site, status=status)
    said = await read(net(site), site.page("/a", "the page"))
    assert said.startswith("robots: ")
    assert f"could not be had (it answered {status})." in said
    assert paths(site) == ["/robots.txt"]


async def test_a_robots_file_that_does_not_come_forbids(site: Site) -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    site.raw("/robots.txt", silent)
    said = await read(net(site, timeout=0.4), site.page("/a", "the page"))
    assert said.startswith("robots: ")
    assert "did not come within 0.2 seconds." in said


async def test_a_site_that_is_down_gives_the_error_of_the_page(site: Site) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    url = f"http://127.0.0.1:{port}/page"
    assert await read(net(site), url) == f"connection: {url} takes no connection."
    refused = await read(Net(NetSettings()), "http://127.0.0.1/page")
    assert refused.startswith("refused: 127.0.0.1 was refused: this machine")


async def test_the_target_of_a_redirect_obeys_its_own_site(site: Site) -> None:
    """The same server under two names is two sites."""
    other = Site(site.port)

    async def by_host(request: Request, writer: asyncio.StreamWriter) -> None:
        inner = request.headers["host"].startswith("localhost")
        text = "User-agent: *\nDisallow: /" if inner else ""
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())

    site.raw("/robots.txt", by_host)
    url = site.redirect("/away", f"http://localhost:{other.port}/a")
    site.page("/a", "the page")
    said = await read(net(site), url)
    assert said.startswith(f"robots: http://localhost:{site.port}/a was left unread")
    assert paths(site) == ["/robots.txt", "/away", "/robots.txt"]


async def test_a_robots_file_may_be_moved(site: Site) -> None:
    site.redirect("/robots.txt", "/other.txt")
    site.page("/other.txt", "User-agent: *\nDisallow: /", "text/plain")
    assert (await read(net(site), site.page("/a", "x"))).startswith("robots: ")


async def test_a_robots_file_is_fetched_once_for_many_pages(site: Site) -> None:
    rules(site, "User-agent: *", "Disallow: /no")
    urls = [site.page(f"/{n}", str(n)) for n in range(6)]
    client = net(site, per_host=3)
    assert sorted(await asyncio.gather(*(read(client, url) for url in urls))) == list("012345")
    assert paths(site).count("/robots.txt") == 1


async def test_what_was_found_is_kept_for_a_while_and_not_for_ever() -> None:
    now, asked = [0.0], []

    async def get(target: object) -> str:
        asked.append(str(target))
        if len(asked) == 2:
            raise NetError("http_status", "down.", status=503)
        return ""

    robots = Robots("arriero/1", get, 1, clock=lambda: now[0])
    page = parse("https://a.example/page?q=1")
    for moment, times in [
        (0, 1), (LIFETIME - 1, 1), (LIFETIME, 2), (LIFETIME + FAILED_LIFETIME, 3),
    ]:  # fmt: skip
        now[0] = moment
        with suppress(NetError):
            await robots.check(page)
        assert asked == ["https://a.example/robots.txt"] * times


async def test_only_so_many_sites_are_remembered() -> None:
    asked = []

    async def get(target: object) -> str:
        asked.append(str(target))
        return ""

    robots = Robots("arriero/1", get, 1)
    for number in range(KEPT_SITES + 1):
        await robots.check(parse(f"https://{number}.example/"))
    await robots.check(parse(f"https://{KEPT_SITES}.example/"))
    assert len(asked) == KEPT_SITES + 1
    await robots.check(parse("https://0.example/"))
    assert len(asked) == KEPT_SITES + 2


async def test_a_huge_robots_file_is_read_in_part_and_soon(site: Site) -> None:
    names = "".join(f"User-agent: a{n}\n" for n in range(15_000))
    text = "User-agent: *\nDisallow: /no\n" + names + "Disallow: /a\n" * 100_000
    assert len(text) > 2 * ROBOTS_BYTES
    rules(site, text)
    started = time.monotonic()
    client = net(site)
    assert (await read(client, site.page("/no", "x"))).startswith("robots: ")
    assert await read(client, site.page("/a", "fine")) == "fine"
    assert time.monotonic() - started < 3
