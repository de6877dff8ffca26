"""The encyclopedia: the right article in few requests, and plain words where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.doubles.wiki import ARTICLES, WikiService
from tools.declared import declared
from tools.invoke import Result, invoke
from tools.net import Net
from tools.output import sources_of
from tools.settings import NetSettings, ToolSettings, WikipediaSettings
from tools.wikipedia import wikipedia_tool


@pytest.fixture
async def wiki() -> AsyncIterator[WikiService]:
    made = WikiService(0)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    await made.close()
    server.close()
    await server.wait_closed()


async def ask(wiki: WikiService, topic: str, chars: int = 6000, **arguments: Any) -> Result:
    net = NetSettings(allow_hosts=(f"127.0.0.1:{wiki.port}",), timeout=5.0)
    url = arguments.pop("url", wiki.url)
    own = WikipediaSettings(url=url)
    tool = wikipedia_tool(ToolSettings(net=net, wikipedia=own, output_chars=chars), Net(net))
    return await invoke(tool, {"topic": topic, **arguments}, "c", seconds=10)


async def test_an_introduction_costs_one_request(wiki: WikiService) -> None:
    result = await ask(wiki, "Llama")
    assert result.output == (
        f"Llama\n{wiki.url}/wiki/Llama\n\n"
        "The llama is a domesticated South American camelid, widely used as a pack animal.\n"
        "Llamas live with others as a herd, and learn simple tasks after a few repetitions.\n"
        "(The introduction. For more, call wikipedia with find.)"
    )
    (source,) = sources_of(result.artifact)
    assert (source.title, source.url) == ("Llama", f"{wiki.url}/wiki/Llama")
    assert source.snippet.startswith("The llama is a domesticated")
    assert len(wiki.asked) == 1


async def test_find_gives_the_passages_that_match(wiki: WikiService) -> None:
    result = await ask(wiki, "Llama", find="how long is the gestation")
    assert "about eleven and a half months" in result.output
    assert len(result.output) < 2600
    assert len(wiki.asked) == 1
    none = await ask(wiki, "Llama", find="quantum")
    assert "Nothing in the article matches 'quantum'; it begins:\n\nThe llama is" in none.output


@pytest.mark.parametrize(
    ("topic", "title"),
    [
        ("llama", "Llama"),
        ("Glama", "Llama"),
        ("mercury (planet)", "Mercury (planet)"),
        ("https://en.wikipedia.org/wiki/Mercury_(planet)?x=1", "Mercury (planet)"),
        ("[[Lima]]", "Lima"),
        ("Lima#History", "Lima"),
        ("capital of Peru", "Lima"),
    ],
)
async def test_titles_are_found_as_they_are_written(
    wiki: WikiService, topic: str, title: str
) -> None:
    assert (await ask(wiki, topic)).output.startswith(f"{title}\n")


async def test_others_that_may_be_meant_are_named(wiki: WikiService) -> None:
    output = (await ask(wiki, "southern city of Peru")).output
    assert output.startswith("Cusco\n")
    assert output.endswith("(Other articles: Lima)")


async def test_several_meanings_are_listed(wiki: WikiService) -> None:
    output = (await ask(wiki, "Mercury")).output
    assert "This title has several meanings. Call wikipedia again with one of these" in output
    assert "Mercury (planet), the closest planet to the Sun" in output
    assert len(wiki.asked) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"topic": "Xyzzy plugh"}, "There is no article about 'Xyzzy plugh' in the wiki (en)."),
        ({"topic": "Special:Export"}, "There is no article about 'Special:Export'"),
        ({"topic": "de:Qwfpg"}, "There is no article about 'de:Qwfpg'"),
        ({"topic": " | "}, "`topic` is empty"),
        ({"topic": "x" * 201}, "`topic` is too long"),
        ({"topic": "Lima", "language": "evil.example/"}, "`language` was 'evil.example/'"),
        ({"topic": "Lima", "language": "en@evil"}, "write a code such as en, es or de"),
        ({}, "`topic` is missing"),
    ],
)
async def test_what_cannot_be_found_is_said(
    wiki: WikiService, arguments: dict[str, Any], message: str
) -> None:
    if arguments:
        assert message in (await ask(wiki, **arguments)).error
    else:
        tool = wikipedia_tool(ToolSettings(), Net(NetSettings()))
        assert message in (await invoke(tool, {}, "c", seconds=5)).error


async def test_several_titles_are_never_asked_at_once(wiki: WikiService) -> None:
    await ask(wiki, "Lima|Cusco")
    assert "|" not in wiki.asked[0]["titles"]


async def test_the_language_is_a_part_of_the_host(wiki: WikiService) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        raise OSError("no such host")

    net = Net(NetSettings(), resolve=resolve)
    tool = wikipedia_tool(ToolSettings(), net)
    for language in ("Spanish", "DE", None, "xx"):
        result = await invoke(tool, {"topic": "Lima", "language": language}, "c", seconds=5)
        assert "Wikipedia could not be found in the language" in result.error
    assert asked == [f"{code}.wikipedia.org" for code in ("es", "de", "en", "xx")]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ("<html>", 200, "no answer that can be read"),
        ("[1]", 200, "no answer that can be read"),
        ('{"query": {"pages": [{}]}}', 200, "no answer that can be read"),
        ('{"query": {"pages": "x"}}', 200, "no answer that can be read"),
        ('{"error": {"code": "maxlag", "info": "Waiting for a server."}}', 200,
         "Wikipedia refused: Waiting for a server."),
        ('{"error": 5}', 200, "no answer that can be read"),
        ("busy", 429, "429 (too many requests)"),
    ],
)  # fmt: skip
async def test_a_wiki_that_fails_is_named_plainly(
    wiki: WikiService, body: str, status: int, message: str
) -> None:
    wiki.page("/w/api.php", body, "application/json", status=status)
    error = (await ask(wiki, "Lima")).error
    assert message in error
    assert error.endswith("Use web_search, or answer without it.")


async def test_what_is_shown_keeps_to_its_budget(
    wiki: WikiService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ARTICLES, "Long", "x y " * 9000)
    for find in ("", "y", "nothing"):
        assert len((await ask(wiki, "Long", 1000, find=find)).output) <= 1000


def test_an_article_is_declared_as_anybodys_words() -> None:
    policy = declared(wikipedia_tool(ToolSettings(), Net(NetSettings())))
    assert (policy.risk, policy.output, policy.cache_seconds) == ("reads", "outside", 86_400)
