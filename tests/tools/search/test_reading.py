"""Reading what a search found: side by side, within its time, and on to what is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from tests.doubles.search_engines import hang
from tests.doubles.site import Request, Site
from tools.article import fetch_article
from tools.errors import SearchError
from tools.net import Net
from tools.search.bridges import bridges, incomplete, is_about, names
from tools.search.engine import Query, Result
from tools.search.reading import PER_SOURCE, Read, Reader, host_of, shortened, source_of
from tools.settings import NetSettings, SearchSettings

FILLER = "The weather was fine on most days, and people went about their work as usual. "


def page(title: str, *paragraphs: str, date: str = "") -> str:
    dated = f'<meta property="article:published_time" content="{date}">' if date else ""
    text = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        f'<html lang="en"><head><title>{title}</title>{dated}</head>'
        f"<body><article><h1>{title}</h1>{text}</article></body></html>"
    )


def serve(site: Site, name: str, title: str, *paragraphs: str, **more: str) -> Result:
    """Serve a page, and return the result that leads to it."""
    url = site.page(f"/{name}", page(title, *paragraphs, FILLER * 4, **more))
    return Result(title, url, f"Snippet about {title}.")


class Searching:
    """A search that knows which pages belong to which name."""

    def __init__(self, **known: Result) -> None:
        self.known = {name.replace("_", " "): [result] for name, result in known.items()}
        self.asked: list[str] = []

    async def __call__(self, query: Query) -> Sequence[Result]:
        self.asked.append(query.text)
        return self.known.get(query.text, [])


async def nothing(query: Query) -> Sequence[Result]:
    return []


def way_out(site: Site) -> Net:
    host = f"127.0.0.1:{site.port}"
    return Net(NetSettings(allow_hosts=(host,), per_host=9, robots=False))


async def read(
    site: Site, question: str, *results: Result, search: Any = nothing, **given: Any
) -> Read:
    net = way_out(site)
    try:
        return await Reader(net, SearchSettings(**given)).read(Query(question), results, search)
    finally:
        await net.aclose()


async def test_pages_are_read_side_by_side(site: Site) -> None:
    """Each page is sent only when all of them have been asked for."""
    gate = asyncio.Barrier(3)

    def together(title: str) -> Any:
        body = page(title, f"{title} is an animal of the Andes.", FILLER * 4).encode()

        async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
            await gate.wait()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
            await writer.drain()

        return answer

    results = [Result(name, site.raw(f"/{name}", together(name))) for name in ("Llama", "A", "B")]
    found = await read(site, "Which animal lives in the Andes?", *results, read_seconds=20.0)
    assert set(found.pages) == {result.url for result in results}
    assert found.unread == ()


async def test_a_late_page_falls_back_to_its_snippet(site: Site) -> None:
    good = serve(site, "good", "Llama", "A llama carries loads of 30 kg.")
    late = Result("Alpaca", site.raw("/late", hang), "An alpaca carries no loads.")
    began = time.monotonic()
    found = await read(site, "What loads does an animal carry?", good, late, read_seconds=0.6)
    assert time.monotonic() - began < 5
    assert found.pages == (good.url,)
    assert found.unread == ((late.url, "It was not loaded in time."),)
    texts = {source.url: source.texts for source in found.sources}
    assert texts[late.url] == ("An alpaca carries no loads.",)
    assert "30 kg" in texts[good.url][0]


async def test_pages_that_cannot_be_read_are_named_with_the_reason(site: Site) -> None:
    results = [
        Result("Gone", site.page("/gone", "", status=404), "A llama carries loads."),
        Result("Picture", site.page("/picture", b"\x89PNG\r\n", "image/png"), "A llama of paper."),
        Result("Empty", site.page("/empty", "<html><body></body></html>"), "A llama of wool."),
        Result("Private", "http://10.0.0.1/x", "A llama of clay."),
        serve(site, "good", "Llama", "A llama carries loads."),
    ]
    found = await read(site, "What does a llama carry?", *results)
    assert set(dict(found.unread)) == {result.url for result in results[:4]}
    assert "404" in dict(found.unread)[results[0].url]
    assert all(why.endswith(".") for _, why in found.unread)
    assert found.pages == (results[4].url,)
    assert {source.url for source in found.sources} >= {results[0].url, results[4].url}


async def test_only_the_best_pages_are_read(site: Site) -> None:
    results = [serve(site, f"p{n}", f"Llama {n}", f"Llama {n} carries loads.") for n in range(5)]
    found = await read(site, "What does a llama carry?", *results, pages=2)
    assert set(found.pages) == {result.url for result in results[:2]}
    assert {request.path for request in site.requests} == {"/p0", "/p1"}


async def test_without_a_way_out_the_snippets_are_what_is_read() -> None:
    results = [Result("Llama", "https://a.example/", "A llama carries loads.")]
    found = await Reader(None, SearchSettings()).read(Query("llama loads"), results, nothing)
    (source,) = found.sources
    assert (found.pages, source.texts) == ((), ("A llama carries loads.",))
    assert source.passages[0].id == "snippet"


async def test_passages_fit_the_room_and_leave_out_what_has_nothing_to_do_with_it(
    site: Site,
) -> None:
    loads = [
        f"On day {n} the llama carried a load of {n + 10} kg over the pass. " for n in range(60)
    ]
    result = serve(site, "long", "Llama", *(FILLER * 3 + one * 3 for one in loads))
    found = await read(site, "What load did the llama carry on day 7?", result, shown_chars=1000)
    (source,) = found.sources
    assert sum(map(len, source.texts)) <= 1000
    assert "On day 7 the llama" in " ".join(source.texts)
    starts = [one.start for one in source.passages]
    assert starts == sorted(starts)
    assert len(source.passages) <= PER_SOURCE


async def test_a_passage_stands_where_it_says_in_the_text_of_the_page(site: Site) -> None:
    result = serve(site, "page", "Llama", FILLER * 8, "A llama carries loads of 30 kg.")
    net = way_out(site)
    _, article = await fetch_article(net, result.url)
    await net.aclose()
    found = await read(site, "How heavy are the loads of a llama?", result)
    for one in found.sources[0].passages:
        assert " ".join(article.text[one.start : one.end].split()) == one.text


async def test_the_title_is_not_repeated_in_a_passage(site: Site) -> None:
    result = serve(site, "page", "The Beast of the Andes", "A llama carries loads of 30 kg.")
    found = await read(site, "How heavy are the loads of a llama?", result)
    (source,) = found.sources
    assert source.title == "The Beast of the Andes"
    assert not any("Beast of the Andes" in text for text in source.texts)


async def test_what_two_pages_say_word_for_word_is_shown_once(site: Site) -> None:
    same = "A llama carries loads of 30 kg over high passes."
    results = [Result(f"Llama {n}", f"https://{n}.example/", same) for n in range(3)]
    found = await Reader(None, SearchSettings()).read(Query("llama loads"), results, nothing)
    assert [source.url for source in found.sources] == ["https://0.example/"]


async def test_the_date_and_title_of_the_page_go_before_the_engines(site: Site) -> None:
    url = site.page(
        "/p", page("Real title", "A llama carries loads.", FILLER * 4, date="2024-02-03")
    )
    found = await read(site, "llama loads", Result("engine's …", url, "x", "2001-01-01"))
    (source,) = found.sources
    assert (source.title, source.date, source.language) == ("Real title", "2024-02-03", "en")


TWO_HOPS = "In which town was the author of the novel Red Poncho born?"


async def test_a_question_of_two_hops_finds_the_second_page(site: Site) -> None:
    book = serve(site, "book", "Red Poncho", "Red Poncho is a novel by the author Ana Rojas.")
    person = serve(site, "person", "Ana Rojas", "Ana Rojas was born in the town of Tarma.")
    search = Searching(Ana_Rojas=person)
    found = await read(site, TWO_HOPS, book, search=search)
    assert "Ana Rojas" in search.asked
    assert set(found.pages) == {book.url, person.url}
    assert "Ana Rojas" in found.also
    assert any("town of Tarma" in text for source in found.sources for text in source.texts)


async def test_a_page_that_is_not_about_the_name_is_not_followed(site: Site) -> None:
    book = serve(site, "book", "Red Poncho", "Red Poncho is a novel by the author Ana Rojas.")
    other = serve(site, "other", "Shoe shops of Lima", "Ana Rojas buys shoes here.")
    found = await read(site, TWO_HOPS, book, search=Searching(Ana_Rojas=other))
    assert found.pages == (book.url,)


async def test_where_one_passage_holds_it_all_nothing_else_is_searched_for(site: Site) -> None:
    whole = "The author of the novel Red Poncho, Ana Rojas, was born in the town of Tarma."
    search = Searching()
    found = await read(site, TWO_HOPS, serve(site, "book", "Red Poncho", whole), search=search)
    assert search.asked == []
    assert found.also == ()


@pytest.mark.parametrize("most", [0, 1])
async def test_the_setting_bounds_the_names_that_are_searched_for(site: Site, most: int) -> None:
    book = serve(site, "book", "Red Poncho", "A novel by Ana Rojas, Pedro Quispe and Luz Mamani.")
    search = Searching()
    await read(site, TWO_HOPS, book, search=search, bridges=most)
    assert len(search.asked) == most


async def test_a_second_search_that_fails_or_hangs_loses_nothing(site: Site) -> None:
    book = serve(site, "book", "Red Poncho", "Red Poncho is a novel by Ana Rojas and Pedro Quispe.")

    async def broken(query: Query) -> Sequence[Result]:
        if query.text == "Ana Rojas":
            raise SearchError("no engine answers")
        await asyncio.Event().wait()
        return []

    began = time.monotonic()
    found = await read(site, TWO_HOPS, book, search=broken, read_seconds=0.8)
    assert time.monotonic() - began < 5
    assert [source.url for source in found.sources] == [book.url]


async def test_nothing_found_is_nothing_read(site: Site) -> None:
    assert await read(site, "llama") == Read(())


def test_names_are_runs_of_capital_letters() -> None:
    text = "The novel by Gabriela de la Cruz was printed in Lima by Editorial Sol 21."
    assert names(text) == ["The", "Gabriela de la Cruz", "Lima", "Editorial Sol 21"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is by Ana Rojas. Red Poncho won.", ["It", "Ana Rojas", "Red Poncho"]),
        ("It opened on Platform 9. Harry came.", ["It", "Platform 9", "Harry"]),
        ("He met Dr. Luz J. Mamani of St. Louis.", ["He", "Dr. Luz J. Mamani of St. Louis"]),
    ],
)
def test_a_name_ends_with_its_sentence(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_names_that_the_question_has_are_no_way_on() -> None:
    found = [("Red Poncho", "Red Poncho is a novel by Ana Rojas. Red Poncho won a prize in Lima.")]
    assert bridges(TWO_HOPS, found, 9) == ["Ana Rojas", "Lima"]
    own = 'Who directed the film "Long Way Home" with the actor Ana Rojas?'
    assert bridges(own, [], 9)[:2] == ["Long Way Home", "Ana Rojas"]
    assert bridges(TWO_HOPS, found, 1) == ["Ana Rojas"]


@pytest.mark.parametrize(
    ("title", "name", "about"),
    [
        ("Ana Rojas", "Ana Rojas", True),
        ("Ana Rojas (painter)", "Ana Rojas", True),
        ("Ana Rojas - Wikipedia", "Ana Rojas", True),
        ("Ana Rojas | The Daily", "Ana Rojas", True),
        ("Rojas", "Ana Rojas", True),
        ("Shoe shops of Lima", "Ana Rojas", False),
        ("", "Ana Rojas", False),
    ],
)
def test_a_page_is_about_what_its_title_says(title: str, name: str, about: bool) -> None:
    assert is_about(title, name) is about


def test_a_short_question_is_never_incomplete() -> None:
    assert not incomplete("Who wrote Hamlet?", ["Something else."])
    assert incomplete(TWO_HOPS, ["Red Poncho. A novel."])
    assert not incomplete(TWO_HOPS, [])


def test_a_title_is_cut_between_words_and_a_host_is_bare() -> None:
    assert shortened("one two three", 9) == "one two …"
    assert shortened("one\n two", 9) == "one two"
    assert host_of("https://www.bbc.co.uk/x") == "bbc.co.uk"
    assert len(source_of(Result("word " * 90, "https://a.example/")).title) <= 122
