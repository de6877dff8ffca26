"""The small web on loopback: what it finds, what its pages say, and who can read them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from evals.web import FIRST_PORT, RESULTS, SNIPPET_CHARS, Document, Web, open_web
from tools.net import Net
from tools.registry import open_registry
from tools.search.engine import open_engine
from tools.search.tool import query_of

LOOPBACK = [f"127.0.0.{number}" for number in range(1, 4)]
LIMA = Document(
    "Lima",
    "Lima is the capital of Peru.\nIt lies at the coast & was founded in 1535 by <Pizarro>.",
    "2024-03-01",
)
CUSCO = Document("Cusco", "Cusco is a city in the Andes of Peru. " * 20 + "Qorikancha is there.")
BOLT = Document("Bolt", "A bolt is a fastener with a thread.")


async def results(web: Web, query: str, **more: str) -> list[dict[str, str]]:
    async with httpx.AsyncClient() as http:
        asked = {"q": query, "format": "json", **more}
        reply = await http.get(f"{web.searxng_url}/search", params=asked)
    found: list[dict[str, str]] = reply.raise_for_status().json()["results"]
    return found


async def test_the_search_finds_by_title_and_text() -> None:
    async with open_web([BOLT, CUSCO, LIMA]) as web:
        found = await results(web, "capital of Peru")
        assert [one["title"] for one in found] == ["Lima", "Cusco"]
        assert found[0]["publishedDate"].startswith("2024-03-01")
        assert web.document(found[0]["url"]) == LIMA
        assert await results(web, "zeppelin") == []
        assert await results(web, "capital of Peru site:bbc.co.uk") == []


async def test_a_snippet_is_the_part_that_matches() -> None:
    async with open_web([CUSCO]) as web:
        (found,) = await results(web, "Qorikancha")
    assert "Qorikancha" in found["content"]
    assert len(found["content"]) <= SNIPPET_CHARS


async def test_a_search_has_pages() -> None:
    async with open_web([Document(f"Bolt {n}", "A bolt.") for n in range(RESULTS + 3)]) as web:
        first, second = await results(web, "bolt"), await results(web, "bolt", pageno="2")
    assert (len(first), len(second)) == (RESULTS, 3)
    assert not {one["url"] for one in first} & {one["url"] for one in second}


async def test_the_assistants_own_engine_and_page_reader_read_it(tmp_path: Path) -> None:
    async with open_web([BOLT, CUSCO, LIMA]) as web:
        settings = web.settings()
        engine = open_engine(settings.search, settings.net, tmp_path)
        (first, *_) = await engine.search(query_of("capital of Peru", settings.search))
        assert (first.title, first.date) == ("Lima", "2024-03-01")
        registry = await open_registry(settings, tmp_path, ("read_page",))
        tool = registry.toolbox.tools["read_page"].tool
        text = await tool.ainvoke({"url": first.url})
        await registry.aclose()
    assert "Lima is the capital of Peru.\nIt lies at the coast & was founded" in text
    assert "<Pizarro>" in text
    assert "All pages of this site" not in text


async def test_there_is_no_robots_txt_and_no_page_that_is_not_there() -> None:
    async with open_web([LIMA]) as web, httpx.AsyncClient() as http:
        for path in ("/robots.txt", "/7-nothing", "/", "/search.html"):
            assert (await http.get(web.url + path)).status_code == 404
        assert web.document(f"{web.url}/7-nothing") is None
        assert web.document("http://example.org/0-Lima") is None
        net = Net(web.settings().net)
        assert (await net.fetch(web.address(0), robots=True)).status == 200
        await net.aclose()


@pytest.mark.allow_hosts(LOOPBACK)
async def test_ports_are_free_ones_and_pages_are_spread_over_hosts() -> None:
    async with open_web([LIMA, CUSCO, BOLT], hosts=3) as web:
        names = [web.address(number).split("/")[2].partition(":")[0] for number in range(3)]
        assert names == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
        assert int(web.hosts[0].partition(":")[2]) >= FIRST_PORT
        async with open_web([BOLT]) as other, httpx.AsyncClient() as http:
            assert not {*other.hosts} & {*web.hosts}
            for number in range(3):
                page = await http.get(web.address(number))
                assert web.documents[number].title in page.text


async def test_answers_are_late_by_the_delay_and_side_by_side() -> None:
    async with open_web([LIMA], delay=0.2) as web, httpx.AsyncClient() as http:
        began = time.monotonic()
        await asyncio.gather(*(http.get(web.address(0)) for _ in range(5)))
        assert 0.2 <= time.monotonic() - began < 0.9


async def test_closing_waits_for_nobody() -> None:
    async with open_web([LIMA], delay=0.1) as web:
        reader, writer = await asyncio.open_connection(*web.hosts[0].split(":"))
        await asyncio.sleep(0)
    writer.close()
    with_nothing = await reader.read()
    assert with_nothing == b""
