"""Page reading: the text that matters, in parts where it is long, and why there is none."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.doubles.calls import run
from tests.doubles.site import Site
from tools.article import Article, fetch_article, read
from tools.errors import UnreadablePage
from tools.net import Net, Page
from tools.page import MOST_SHOWN, best, read_page_tool, shown
from tools.policy import Outcome
from tools.settings import NetSettings, ToolSettings

STORY = """<!doctype html><html lang="en"><head><title>The llama | Animals</title>
<meta property="article:published_time" content="2026-03-04T10:00:00Z"></head><body>
<nav><a href="/">Home</a> <a href="/about">About us</a> <a href="/shop">Shop</a></nav>
<article><h1>The llama</h1>
<p>The llama is a domesticated South American camelid. Andean people have used it as a pack animal
since before the time of Columbus, and it can carry about a quarter of its body weight.</p>
<p>Llamas learn simple tasks after a few repetitions. They are social animals and live with others
as a herd, and their wool is soft and holds only a little lanolin. See <a href="/wool">our page
on wool</a> for more, with pictures of many kinds.</p>
<table><tr><th>Measure</th><th>Value</th></tr><tr><td>Height</td><td>1.7 m</td></tr>
<tr><td>Weight</td><td>130 kg</td></tr></table>
<p>The gestation period of a llama is about eleven and a half months, and a single young one is
born as a rule, mostly in the morning hours while the herd stands close around the mother.</p>
</article><script>var secret = "script text";</script><style>.x{color:red}</style>
<footer>Copyright, imprint, cookies</footer></body></html>"""


def client(site: Site, **settings: Any) -> Net:
    hosts = (f"127.0.0.1:{site.port}",)
    return Net(NetSettings.model_validate({"allow_hosts": hosts, "timeout": 5.0, **settings}))


async def ask(site: Site, url: str, chars: int = 6000, **arguments: str) -> Outcome:
    tool = read_page_tool(client(site), chars)
    return await run(tool, {"url": url, **arguments}, "1", ToolSettings(output_chars=chars))


async def test_the_main_text_is_read_with_title_date_and_tables(site: Site) -> None:
    url = site.page("/llama", STORY)
    outcome = await ask(site, url)
    assert outcome.output.startswith("[1] The llama (127.0.0.1, 2026-03-04)\n\n")
    assert "can carry about a quarter of its body weight" in outcome.output
    assert "\nMeasure | Value\nHeight | 1.7 m\nWeight | 130 kg\n" in outcome.output
    for junk in ("script text", "color:red", "About us", "imprint", "/wool", "<p>"):
        assert junk not in outcome.output
    (source,) = outcome.sources
    assert (source.title, source.url) == ("The llama", url)
    assert (source.date, source.language, source.kind) == ("2026-03-04", "en", "web")
    assert source.snippet
    assert "Measure | Value; Height | 1.7 m; Weight | 130 kg" in source.texts
    assert [one.id for one in source.passages] == ["p1", "p2", "p3", "p4", "p5"][
        : len(source.passages)
    ]


async def test_find_gives_only_the_passages_that_match(site: Site) -> None:
    others = "".join(
        f"<p>Paragraph number {n} speaks at length of the weather in the valley of {n} winds, and "
        f"of nothing else that anybody would want to know about it on a day like this.</p>"
        for n in range(80)
    )
    url = site.page("/long", STORY.replace("<table>", f"{others}<table>"))
    whole = await ask(site, url, 3000)
    assert "characters left out. Call read_page again with find" in whole.output
    assert "gestation" not in whole.output
    assert len(whole.output) <= 3000
    part = await ask(site, url, 3000, find="how long is the gestation of llamas")
    assert "eleven and a half months" in part.output
    assert len(part.output) < len(whole.output)
    assert any("eleven and a half months" in text for text in part.sources[0].texts)
    assert all(text in part.output for text in part.sources[0].texts)
    assert len(part.sources[0].passages) <= MOST_SHOWN


async def test_find_without_a_match_says_so(site: Site) -> None:
    outcome = await ask(site, site.page("/llama", STORY), find="quantum chromodynamics")
    assert "Nothing on the page matches 'quantum chromodynamics'; it begins:" in outcome.output
    assert "domesticated" in outcome.output


async def test_the_address_after_redirects_is_the_source(site: Site) -> None:
    site.page("/new", STORY)
    outcome = await ask(site, site.redirect("/old", "/new"))
    assert outcome.sources[0].url == f"{site.url}/new"


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain", "one\n\n\n  two  \n", "one\ntwo"),
        ("text/markdown; charset=utf-8", "# Größe", "# Größe"),
        ("text/csv", "a,b\n1,2", "a,b\n1,2"),
        ("application/json", '{"a": [1, 2]}', '{"a": [1, 2]}'),
        ("application/ld+json", "[1, 2]", "[1, 2]"),
        ("application/json", "[1]", "[ 1 ]"),
        ("", "plain text without a type", "plain text without a type"),
    ],
)
async def test_plain_text_and_data_are_passed_on(
    site: Site, content_type: str, body: str, text: str
) -> None:
    outcome = await ask(site, site.page("/data", body, content_type))
    assert outcome.output.endswith(f"\n\n{text}")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("image/png", b"\x89PNG"),
        ("application/zip", b"PK\x03\x04"),
        ("video/mp4", b"...."),
        ("", b"\x00\x01\x02 binary"),
    ],
)
async def test_other_types_are_refused_by_name(site: Site, content_type: str, body: bytes) -> None:
    outcome = await ask(site, site.page("/file", body, content_type))
    assert f"It is of type {content_type or 'unknown'}" in outcome.error
    assert "Try another page." in outcome.error


def html(body: str, title: str = "Page") -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "The page is empty."),
        ("   \n ", "The page is empty."),
        (html(""), "no text"),
        (html("<img src=a.png><script>draw()</script>"), "no text"),
        (html('<iframe src="https://other.example"></iframe>'), "no text"),
        (html("<div id=root></div><noscript>You need to enable JavaScript to run this app."
              "</noscript>"), "needs JavaScript"),
        (html("<p>Please verify you are a human to continue.</p>", "Just a moment..."), "human"),
        (html("<p>Our systems have detected unusual traffic from your network.</p>"), "human"),
        (html("<h2>Before you continue</h2><p>We use cookies. Accept all cookies?</p>"), "consent"),
        (html("<p>Subscribe to continue reading this article.</p>"), "paywall"),
        (html("<p>Log in to read the rest. Already a subscriber?</p>"), "paywall"),
    ],
)  # fmt: skip
async def test_a_page_without_text_says_what_is_in_the_way(
    site: Site, body: str, reason: str
) -> None:
    outcome = await ask(site, site.page("/thin", body))
    assert outcome.output == ""
    assert reason in outcome.error


async def test_marks_of_references_are_left_out(site: Site) -> None:
    body = (
        "<h2>Herds[edit]</h2><p>[3] Llamas live in herds.[12][note 2] They eat grass [citation "
        "needed] and hay.[4, 5] [2024] was a good year [sic].</p><pre>[7]</pre>"
    )
    outcome = await ask(site, site.page("/marks", html(f"<article>{body}</article>")))
    text = outcome.output.partition("\n\n")[2]
    assert "Llamas live in herds. They eat grass and hay. [2024] was a good year [sic]." in text
    assert not [line for line in text.split("\n") if re.match(r"\s*\[\d+\]", line)]
    assert "edit" not in text


async def test_no_line_of_a_page_looks_like_the_number_of_a_source(site: Site) -> None:
    body = "[1] Forged\n  [22] [3] forged\n\u200b[4] forged\nplain [2030] stays"
    outcome = await ask(site, site.page("/forged", body, "text/plain; charset=utf-8"))
    assert outcome.output.endswith("\n\nForged\nforged\nforged\nplain [2030] stays")


@pytest.mark.parametrize(
    ("attributes", "head", "language"),
    [
        ("lang='pt-BR'", "", "pt"),
        ("class=x lang=DE", "", "de"),
        ("", "<meta http-equiv='Content-Language' content='fr'>", "fr"),
        ("", "<meta property='og:locale' content='it_IT'>", "it"),
        ("lang=x-klingon", "", ""),
        ("", "", ""),
    ],
)
def test_the_language_is_the_one_that_a_page_says(
    attributes: str, head: str, language: str
) -> None:
    source = f"<html {attributes}><head>{head}</head><body><p>{'Texto y texto. ' * 9}</p></body>"
    assert read(Page("u", 200, "text/html", source.encode())).language == language


async def test_a_captcha_that_comes_with_an_error_is_named(site: Site) -> None:
    body = html("<p>Verify you are human by completing the action below.</p>")
    outcome = await ask(site, site.page("/human", body, status=403))
    assert "(a CAPTCHA)" in outcome.error
    outcome = await ask(site, site.page("/denied", html("<h1>Access denied</h1>"), status=403))
    assert "403 (forbidden)" in outcome.error


async def test_a_page_that_only_sends_on_names_the_target(site: Site) -> None:
    head = "<meta http-equiv=refresh content='0; url=https://b.example/new'>"
    outcome = await ask(site, site.page("/moved", f"<html><head>{head}</head></html>"))
    assert "only sends readers on to https://b.example/new." in outcome.error


async def test_fetching_an_article_gives_the_address_after_redirects(site: Site) -> None:
    site.page("/new", STORY)
    url, article = await fetch_article(client(site), site.redirect("/old", "/new"))
    assert url == f"{site.url}/new"
    assert article.title == "The llama"


async def test_a_short_page_is_read_whole(site: Site) -> None:
    outcome = await ask(site, site.page("/short", html("<p>The museum opens at ten.</p>")))
    assert outcome.output.endswith("The museum opens at ten.")


async def test_a_long_article_on_cookies_is_no_consent_page(site: Site) -> None:
    text = "".join(
        f"<p>Recipe {n}: mix flour, butter and sugar, and bake the dough for twelve minutes until "
        "it is brown. Websites ask you to accept cookies; these you may accept.</p>"
        for n in range(12)
    )
    outcome = await ask(site, site.page("/cookies", html(f"<article>{text}</article>")))
    assert "bake the dough" in outcome.output


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/x", "was refused"),
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("file:///etc/passwd", "starts with https://"),
        ("", "The address is empty."),
        ("what is a llama", "a web address starts with https://"),
    ],
)
async def test_what_may_not_be_read_is_refused_with_a_reason(
    site: Site, url: str, message: str
) -> None:
    error = (await ask(site, url)).error
    assert message in error
    assert "Try another page, or answer without it." in error


async def test_a_missing_page_is_named(site: Site) -> None:
    assert "404 (not found)" in (await ask(site, f"{site.url}/nowhere")).error


async def test_an_address_without_a_scheme_is_completed(site: Site) -> None:
    site.page("/x", "plain")
    outcome = await ask(site, f"127.0.0.1:{site.port}/x")
    assert "127.0.0.1" in outcome.error  # https there, which the plain server does not speak
    assert "web address" not in outcome.error


HOSTILE = {
    "deep nesting": "<div>" * 20_000 + "text" + "</div>" * 20_000,
    "unclosed": "<p>" * 50_000 + "text",
    "one huge word": html(f"<article><p>{'a' * 400_000}</p></article>"),
    "attributes": html("<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">text here</p>"),
    "null bytes": html("<p>te\0xt with a null byte in the middle of it</p>"),
    "controls": html("<p>\x01\x02\x0b text with control characters</p>"),
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><p>&b;&b;</p>",
    "xml declaration": '<?xml version="1.0" encoding="utf-16"?><html><p>text</p></html>',
    "broken tags": "<<<>>><p<b>te</i>xt</<p>" * 200,
    "scripts": html("<script>" + "x=1;" * 100_000 + "</script><p>after the scripts</p>"),
    "comments": html("<!--" + "x" * 200_000 + "--><p>after the comment</p>"),
    "many tables": html("<table>" + "<tr><td>a<td>b" * 5000 + "</table>"),
    "surrogates": "<p>\\ud800 &#xD800; &#55296; text</p>",
    "unclosed scripts": "<p>text</p>" + "<script>" * 100_000,
    "angles": "<" * 500_000,
    "wrong charset": "<meta charset='utf-16'><p>text</p>",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_pages_end_in_text_or_a_reason(site: Site, name: str) -> None:
    started = time.monotonic()
    outcome = await ask(site, site.page("/hostile", HOSTILE[name]))
    assert bool(outcome.output) != bool(outcome.error)
    assert len(outcome.output) <= 6100
    assert "Traceback" not in outcome.error
    assert "failed:" not in outcome.error
    assert time.monotonic() - started < 8


def test_a_page_that_is_too_long_to_take_apart_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.article.MOST_TAGS", 300)
    rows = "".join(f"<p>Row {n} of the list.</p>" for n in range(500))
    text = read(Page("u", 200, "text/html", html(rows).encode())).text
    assert "Row 250 of the list." in text
    assert "Row 400 of the list." not in text
    assert "this is its beginning" in text


def test_passages_are_cut_at_sentences_and_kept_in_order() -> None:
    sentences = [f"Sentence {n} tells of colour {n % 7}." for n in range(100)]
    sentences[20], sentences[70] = "The zebra sleeps standing.", "Zebra by zebra eats grass."
    chosen = best("zebra", " ".join(sentences), 2000)
    assert len(chosen) == 2
    assert "sleeps standing." in chosen[0]
    assert "eats grass." in chosen[1]
    assert all(passage.endswith(".") for passage in chosen)


def test_what_is_shown_keeps_to_its_budget() -> None:
    article = Article("T" * 500, "2026-01-01", "en", "word " * 5000)
    for limit in (400, 1000, 6000):
        for find in ("", "word", "nothing"):
            text, _ = shown("https://a.example/" + "x" * 900, article, find, limit)
            assert len(text) <= max(limit, 900)


def test_a_body_of_another_type_is_not_decoded() -> None:
    with pytest.raises(UnreadablePage, match="application/octet-stream"):
        read(Page("u", 200, "application/octet-stream", b"\xff\x00"))
