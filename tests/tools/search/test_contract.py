"""Every engine against a server that answers in its shape: one contract for all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.doubles.search_engines import (
    BY_NAME,
    CAPTCHA,
    CASES,
    KEYS,
    LIMA,
    LLAMA,
    NET,
    Case,
    asked,
    drop,
    hang,
    settings,
)
from tests.doubles.site import Site
from tools.errors import ToolSetupError
from tools.search.catalogue import offered, wanted
from tools.search.engine import EngineError, Query, Result, SearchEngine
from tools.search.memory import MemoryEngine
from tools.search.searxng import SearxngEngine
from tools.settings import NetSettings, SearchSettings

CONTRACT = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def as_given(case: Case, *results: Result) -> list[Result]:
    return [Result(r.title, r.url, r.snippet if case.snippets else "", case.dated) for r in results]


async def search(case: Case, site: Site, text: str = "llama", **given: Any) -> list[Result]:
    limits = {name: given.pop(name) for name in ("timeout",) if name in given}
    return await case.engine(site, **limits).search(Query(text, kind=case.kind, **given))


async def failure(case: Case, site: Site, **given: Any) -> EngineError:
    with pytest.raises(EngineError) as caught:
        await search(case, site, **given)
    error = caught.value
    assert error.reason == f"{case.name}: {error.why}"
    assert not any(secret in repr(error) for secret in KEYS.values())
    return error


@CONTRACT
async def test_results_come_in_their_order(case: Case, engines: Site) -> None:
    case.serve(engines, LLAMA, LIMA)
    made = case.engine(engines)
    assert isinstance(made, SearchEngine)
    assert made.name == case.name
    assert case.kind in made.kinds
    assert await search(case, engines) == as_given(case, LLAMA, LIMA)
    assert await search(case, engines, limit=1) == as_given(case, LLAMA)


@CONTRACT
async def test_nothing_found_is_no_failure(case: Case, engines: Site) -> None:
    case.serve(engines)
    assert await search(case, engines) == []


@CONTRACT
@pytest.mark.parametrize("status", [202, 403, 429])
async def test_a_refusal_is_told(case: Case, engines: Site, status: int) -> None:
    engines.page(case.path, "slow down", status=status)
    error = await failure(case, engines)
    assert error.kind in ("blocked", "key")
    assert error.kind == "blocked" or status == 403


@CONTRACT
@pytest.mark.parametrize("status", [500, 503])
async def test_an_error_of_the_engine_is_told(case: Case, engines: Site, status: int) -> None:
    engines.page(case.path, "sorry", status=status)
    error = await failure(case, engines)
    assert (error.kind, error.why) == ("down", f"answered {status}")


@CONTRACT
async def test_a_puzzle_page_is_a_refusal(case: Case, engines: Site) -> None:
    engines.page(case.path, CAPTCHA)
    error = await failure(case, engines)
    assert (error.kind, error.why) == ("blocked", "answered with a puzzle for humans")


@CONTRACT
async def test_a_slow_engine_is_not_waited_for(case: Case, engines: Site) -> None:
    engines.raw(case.path, hang)
    error = await failure(case, engines, timeout=0.2)
    assert (error.kind, error.why) == ("slow", "no answer in 0.2 s")


@CONTRACT
async def test_a_broken_connection_is_told(case: Case, engines: Site) -> None:
    engines.raw(case.path, drop)
    assert (await failure(case, engines)).kind == "unreachable"


@CONTRACT
async def test_odd_signs_arrive_whole(case: Case, engines: Site) -> None:
    odd = Result('Ñandú 🦙 <b> & "co" 日本', "https://x.example/?q=ñ", "1 < 2 & 3 > 2 “so” ½")
    case.serve(engines, odd)
    found = await search(case, engines, "größte llama 日本 & ½")
    assert found[0].url == odd.url
    assert "Ñandú 🦙" in found[0].title
    assert "日本" in found[0].title
    if case.snippets:
        assert "“so” ½" in found[0].snippet
    sent = json.dumps(asked(engines.requests[0]), ensure_ascii=False)
    assert "größte" in sent
    assert "日本" in sent


MISSHAPEN = {
    "searxng": ["<html>", "[]", "{}", '{"results": 5}', '{"results": ["x"]}', "null", '"x"'],
    "google": ["<html>", "[1]", '{"items": 5}', '{"items": ["x"]}', '{"items": [{}]}'],
    "brave": ["{", '{"web": 5}', '{"web": {"results": [5]}}', "[]", "5"],
    "tavily": ["", "{}", '{"results": [null]}', '{"results": [{"title": "no address"}]}'],
    "wikipedia": ["no", "[]", '{"query": 5}', '{"query": {"pages": [5]}}'],
    "arxiv": ["no", "<html><body>hello</body></html>", "<feed/>", "<feed>", "\0"],
    "gdelt": ["<html>", "[1]", '{"articles": 5}', '{"articles": [5]}', "{", "[" * 20_000],
}


@pytest.mark.parametrize(
    ("name", "body"), [(name, body) for name, bodies in MISSHAPEN.items() for body in bodies]
)
async def test_an_answer_of_another_shape_is_told(engines: Site, name: str, body: str) -> None:
    case = BY_NAME[name]
    engines.page(case.path, body, "application/json")
    assert (await failure(case, engines)).kind == "malformed"


@pytest.mark.parametrize("name", ["searxng", "google", "brave", "tavily", "gdelt"])
async def test_missing_and_odd_fields_are_borne(engines: Site, name: str) -> None:
    """Titles may be missing, and what leads nowhere is left out."""
    case = BY_NAME[name]
    only = {"url": LIMA.url, "link": LIMA.url, "snippet": None, "content": 5, "title": None}
    bad = {"url": "javascript:alert(1)", "link": "ftp://x", "title": "Odd"}
    shape = {"google": "items", "gdelt": "articles"}.get(name, "results")
    answer: dict[str, Any] = {shape: [bad, only, {"title": "\ud800"}]}
    text = json.dumps({"web": answer} if name == "brave" else answer)
    engines.page(case.path, text, "application/json")
    found = await search(case, engines)
    assert [(r.title, r.url) for r in found] == [(LIMA.url, LIMA.url)]


LIMITED = {
    "time_range": "week", "site": "bbc.co.uk", "region": "gb", "language": "de", "safe": "strict",
}  # fmt: skip
WORDED = "llama site:bbc.co.uk"
TRANSLATED = {
    "ddgs:duckduckgo": {"q": WORDED, "l": "uk-de", "df": "w"},
    "ddgs:mojeek": {"q": WORDED, "safe": "1"},
    "ddgs:brave": {"q": WORDED, "tf": "pw"},
    "searxng": {"q": WORDED, "time_range": "week", "language": "de-GB", "safesearch": "2",
                "categories": "general", "format": "json"},
    "bing": {"q": WORDED, "engines": "bing", "time_range": "week"},
    "google": {"q": "llama", "siteSearch": "bbc.co.uk", "siteSearchFilter": "i", "gl": "gb",
               "lr": "lang_de", "safe": "active", "dateRestrict": "w1", "cx": "engine-id"},
    "brave": {"q": WORDED, "country": "GB", "search_lang": "de", "safesearch": "strict",
              "freshness": "pw"},
    "tavily": {"query": "llama", "include_domains": ["bbc.co.uk"], "time_range": "week",
               "topic": "general"},
    "wikipedia": {"gsrsearch": "llama"},
    "arxiv": {"search_query": "all:llama AND submittedDate:[202609141413 TO 202609211413]"},
    "gdelt": {"query": "llama domain:bbc.co.uk sourcelang:german", "timespan": "1w"},
}  # fmt: skip


@CONTRACT
async def test_limits_are_said_in_the_engines_own_way(case: Case, engines: Site) -> None:
    case.serve(engines, LIMA)
    await case.engine(engines).search(Query("llama", kind=case.kind, **LIMITED))
    sent = asked(engines.requests[0])
    assert {name: sent.get(name) for name in TRANSLATED[case.name]} == TRANSLATED[case.name]


@pytest.mark.parametrize(
    ("name", "region", "language", "expected"),
    [
        ("brave", "pe", "qu", {"country": "ALL"}),
        ("brave", "jp", "ja", {"country": "JP", "search_lang": "jp"}),
        ("google", "il", "he", {"gl": "il", "lr": "lang_iw"}),
        ("google", "pe", "qu", {"gl": "pe"}),
        ("google", "", "", {}),
        ("searxng", "", "", {"language": "all"}),
        ("ddgs:duckduckgo", "", "", {"l": "wt-wt"}),
    ],
)
async def test_countries_and_languages_that_an_engine_does_not_know_are_left_out(
    engines: Site, name: str, region: str, language: str, expected: dict[str, str]
) -> None:
    case = BY_NAME[name]
    case.serve(engines, LIMA)
    await case.engine(engines).search(Query("x", region=region, language=language))
    sent = asked(engines.requests[0])
    names = ("country", "search_lang", "gl", "lr", "language", "l")
    given = {key: sent[key] for key in names if key in sent}
    assert given == expected or given == {**expected, "country": "ALL"}


@pytest.mark.parametrize(
    ("name", "path", "expected"),
    [
        ("searxng", "/searxng/search", {"categories": "images"}),
        ("google", "/google", {"searchType": "image"}),
        ("brave", "/brave/res/v1/images/search", {"safesearch": "strict"}),
    ],
)
async def test_images_lead_to_their_page(
    engines: Site, name: str, path: str, expected: dict[str, str]
) -> None:
    picture = "https://pictures.example/llama.jpg"
    item = {
        "title": "Llama", "url": LLAMA.url, "img_src": picture, "link": picture,
        "image": {"contextLink": LLAMA.url}, "properties": {"url": picture},
    }  # fmt: skip
    engines.page(path, json.dumps({"results": [item], "items": [item]}), "application/json")
    found = await BY_NAME[name].engine(engines).search(Query("llama", kind="images"))
    assert [(r.url, r.image) for r in found] == [(LLAMA.url, picture)]
    sent = asked(engines.requests[0])
    assert {key: sent[key] for key in expected} == expected


async def test_news_of_engines_for_news(engines: Site) -> None:
    found = {"results": [{"title": "T", "url": LIMA.url, "page_age": "2026-09-01T10:00:00"}]}
    engines.page("/brave/res/v1/news/search", json.dumps(found), "application/json")
    engines.page("/tavily/search", json.dumps(found), "application/json")
    engines.page("/searxng/search", json.dumps(found), "application/json")
    for name, key, value in (
        ("brave", "q", "peru"), ("tavily", "topic", "news"), ("searxng", "categories", "news"),
    ):  # fmt: skip
        result = (await BY_NAME[name].engine(engines).search(Query("peru", kind="news")))[0]
        assert result.url == LIMA.url
        assert asked(engines.requests[-1])[key] == value
    assert (await BY_NAME["brave"].engine(engines).search(Query("x", kind="news")))[0].date == (
        "2026-09-01"
    )


@pytest.mark.parametrize("name", ["google", "brave", "tavily"])
async def test_keys_travel_in_headers_alone(engines: Site, name: str) -> None:
    BY_NAME[name].serve(engines, LIMA)
    await search(BY_NAME[name], engines)
    request = engines.requests[0]
    key = KEYS[f"{name}_key"]
    assert key.lower() in json.dumps(request.headers).lower()
    assert key not in request.path
    assert key not in request.body.decode()


@pytest.mark.parametrize(
    ("name", "status", "body", "kind"),
    [
        ("google", 400, '{"error": {"message": "API key not valid."}}', "key"),
        ("google", 400, '{"error": {"message": "Invalid value at q."}}', "query"),
        ("google", 403, '{"error": {"message": "Quota exceeded for today."}}', "blocked"),
        ("brave", 422, '{"error": {"code": "SUBSCRIPTION_TOKEN_INVALID"}}', "key"),
        ("tavily", 401, "Unauthorized", "key"),
        ("tavily", 432, "plan", "blocked"),
        ("wikipedia", 404, "", "malformed"),
        ("searxng", 301, "", "key"),
    ],
)
async def test_a_bad_key_a_bad_query_and_a_quota_are_told_apart(
    engines: Site, name: str, status: int, body: str, kind: str
) -> None:
    engines.page(BY_NAME[name].path, body, "application/json", status=status)
    assert (await failure(BY_NAME[name], engines)).kind == kind


async def test_how_long_to_wait_is_heard(engines: Site) -> None:
    engines.page(BY_NAME["brave"].path, "", status=429, Retry_After="120")
    assert (await failure(BY_NAME["brave"], engines)).retry_after == 120


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Please limit requests to one every 5 seconds.", "blocked"),
        ("Your query was too short.", "query"),
    ],
)
async def test_words_of_gdelt_are_understood(engines: Site, body: str, kind: str) -> None:
    engines.page(BY_NAME["gdelt"].path, body)
    assert (await failure(BY_NAME["gdelt"], engines)).kind == kind


async def test_a_searxng_says_what_it_lacks(engines: Site) -> None:
    case = BY_NAME["searxng"]
    engines.page(case.path, "no", status=403)
    assert "add `json` to search.formats" in (await failure(case, engines)).why
    silent = {"results": [], "unresponsive_engines": [["brave", "timeout"], ["bing", "CAPTCHA"]]}
    engines.page(case.path, json.dumps(silent), "application/json")
    assert "(brave, bing)" in (await failure(case, engines)).why


async def test_entities_of_a_feed_are_not_followed(engines: Site) -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE f [<!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom">'
        "<entry><id>http://arxiv.org/abs/1</id><title>T &x; &a;</title></entry></feed>"
    )
    engines.page(BY_NAME["arxiv"].path, bomb)
    found = await search(BY_NAME["arxiv"], engines)
    assert [(r.title, r.url) for r in found] == [("T", "https://arxiv.org/abs/1")]


async def test_wikipedia_speaks_the_language_of_the_site(engines: Site) -> None:
    from tools.search.encyclopedia import WikipediaEngine

    made = WikipediaEngine(settings(engines), NET, engines.url + "/{language}")
    for query, language in (
        (Query("x", language="de"), "de"),
        (Query("x", site="es.wikipedia.org", language="de"), "es"),
        (Query("x"), "en"),
        (Query("x", language="../x"), "en"),
    ):
        engines.page(f"/{language}/w/api.php", "{}", "application/json")
        assert await made.search(query) == []
        assert engines.requests[-1].path.startswith(f"/{language}/w/")


async def test_advertisements_doubles_and_odd_links_are_dropped(engines: Site) -> None:
    advert = Result("Ad", "https://duckduckgo.com/y.js?ad_domain=x", "Buy.")
    odd = Result("Odd", "javascript:alert(1)", "Odd.")
    counted = Result("C", "//duckduckgo.com/l/?uddg=https%3A%2F%2Fc.example%2F&rut=1", "C.")
    BY_NAME["ddgs:duckduckgo"].serve(engines, advert, LIMA, LIMA, odd, counted)
    found = await search(BY_NAME["ddgs:duckduckgo"], engines)
    assert [result.url for result in found] == [LIMA.url, "https://c.example/"]


async def test_news_and_images_of_duckduckgo(engines: Site) -> None:
    from tests.doubles.search_engines import duckduckgo_news

    case = BY_NAME["ddgs:duckduckgo"]
    engines.page("/duckduckgo.com", 'x vqd="4-1" x')
    engines.page("/duckduckgo.com/news.js", duckduckgo_news([LIMA]), "application/json")
    picture = {"title": "Llama", "url": LLAMA.url, "image": "https://pictures.example/l.jpg"}
    engines.page("/duckduckgo.com/i.js", json.dumps({"results": [picture]}), "application/json")
    made = case.engine(engines)
    news = (await made.search(Query("peru", kind="news")))[0]
    assert (news.title, news.url, news.date) == (LIMA.title, LIMA.url, "2026-09-20")
    images = await made.search(Query("llama", kind="images"))
    assert [(r.url, r.image) for r in images] == [(LLAMA.url, picture["image"])]


def names(**given: Any) -> list[str]:
    return [one.name for one in offered(SearchSettings(**given), NetSettings())]


PUBLIC = [f"ddgs:{name}" for name in SearchSettings().backends]
KEYLESS = ["wikipedia", "gdelt", "arxiv"]


def test_an_engine_without_its_key_is_not_offered() -> None:
    assert names() == [*PUBLIC, *KEYLESS]
    assert names(google_key="k") == [*PUBLIC, *KEYLESS]
    assert names(google_key="k", google_cx="c")[0] == "google"
    assert names(engines=("tavily", "brave", "bing", "arxiv")) == ["arxiv"]
    assert names(engines=("tavily", "brave"), tavily_key="k", brave_key="k") == ["tavily", "brave"]
    missing = {one.name: one.missing(SearchSettings()) for one in wanted(SearchSettings())}
    assert missing["google"] == ("tools.search.google_key", "tools.search.google_cx")
    assert missing["wikipedia"] == ()


def test_a_searxng_of_ones_own_keeps_queries_from_public_engines() -> None:
    url = "http://localhost:8888"
    assert names(searxng_url=url) == ["searxng", *KEYLESS]
    assert names(searxng_url=url, engines=("searxng", "ddgs:mojeek", "bing")) == [
        "searxng", "ddgs:mojeek", "bing",
    ]  # fmt: skip


def test_names_that_are_none_are_told() -> None:
    with pytest.raises(ToolSetupError, match="no search engine named 'gogle'"):
        names(engines=("gogle",))
    with pytest.raises(ToolSetupError, match="no web address"):
        SearxngEngine("ftp://x", SearchSettings(), NetSettings())


async def test_a_backend_that_ddgs_does_not_know_is_told(engines: Site) -> None:
    made = offered(SearchSettings(engines=("ddgs:nosuch",)), NetSettings())[0]
    assert made.kinds == frozenset()
    with pytest.raises(EngineError, match="ddgs has no such engine"):
        await made.search(Query("x"))


def test_keys_are_in_no_representation_of_the_settings() -> None:
    made = SearchSettings(**KEYS)
    shown = repr(made) + str(made.model_dump()) + made.model_dump_json()
    assert not any(KEYS[name] in shown for name in KEYS if name.endswith("_key"))
    assert set(made.secrets) == {KEYS[name] for name in KEYS if name.endswith("_key")}


async def test_memory_finds_by_words_and_nothing_else() -> None:
    made = MemoryEngine([LLAMA, LIMA])
    assert isinstance(made, SearchEngine)
    assert await made.search(Query("What is the CAPITAL of Perú?")) == [LIMA]
    assert await made.search(Query("quantum")) == []
    assert await made.search(Query("llama lima", site="places.example")) == [LIMA]
    assert await made.search(Query("llama lima loads", limit=1)) == [LLAMA]
    assert await made.search(Query("llama", time_range="year")) == [LLAMA]
    assert await MemoryEngine([]).search(Query("x")) == []
