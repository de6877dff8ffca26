"""One list out of several: the same page is one, whatever its address looks like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.search.engine import Result
from tools.search.merge import canonical, merged, within

SAME = "https://news.example/a/story"


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/a/story",
        "https://www.news.example/a/story/",
        "https://News.Example:443/a/story#part",
        "https://m.news.example/a/story",
        "https://mobile.news.example/a/story",
        "https://amp.news.example/a/story",
        "https://news.example/a/story/amp/",
        "https://news.example/a/story/amp",
        "https://news.example/a/story.amp.html",
        "https://news.example/a/story/index.html",
        "https://news.example/a/story?utm_source=x&utm_medium=y&gclid=1&fbclid=2",
        "https://news.example/a/story?amp=1&ref=home",
        "https://www.google.com/amp/s/www.news.example/a/story",
        "https://news-example.cdn.ampproject.org/c/s/www.news.example/a/story",
        "https://news.example/%61/story",
    ],
)
def test_forms_of_one_address_are_the_same(url: str) -> None:
    assert canonical(url) == canonical(SAME)


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/a/story2",
        "https://news.example/A/story",
        "https://news.example/a/story?id=2",
        "https://news.example:8080/a/story",
        "https://other.example/a/story",
        "https://uk.news.example/a/story",
        "https://news.example/amp",
    ],
)
def test_other_pages_stay_apart(url: str) -> None:
    assert canonical(url) != canonical(SAME)


def test_parameters_and_mobile_wikipedia() -> None:
    assert canonical("https://x.example/?b=2&a=1") == canonical("http://x.example?a=1&b=2")
    assert canonical("https://en.m.wikipedia.org/wiki/Lima") == canonical(
        "https://en.wikipedia.org/wiki/Lima"
    )
    assert canonical("https://m.example/") != canonical("https://example/")


@given(st.text(max_size=60))
def test_any_address_has_one_form(text: str) -> None:
    for url in (text, f"https://{text}", f"https://x.example/{text}"):
        assert canonical(url) == canonical(url)
        assert within(url, "")


def page(name: str, snippet: str = "", **more: str) -> Result:
    return Result(name, f"https://{name}.example/", snippet, **more)


def test_pages_that_several_engines_rank_high_come_first() -> None:
    a, b, c, d = map(page, "abcd")
    found = merged({"one": [a, b, c], "two": [d, b], "three": [b]}, 10)
    assert [result.title for result in found] == ["b", "a", "d", "c"]
    assert found[0].engines == ("one", "two", "three")
    assert [r.title for r in merged({"one": [a, b, c], "two": [d]}, 2)] == ["a", "d"]


def test_the_better_ranked_form_is_kept_with_what_the_other_knows() -> None:
    short = Result("Story", "https://m.news.example/a/story?utm_source=x", "Short.")
    long = Result("A story", SAME, "A longer passage.", "2026-09-01")
    found = merged({"one": [page("x"), long], "two": [short]}, 10)
    assert found[0] == Result("Story", short.url, "A longer passage.", "2026-09-01", ("one", "two"))


def test_the_same_text_on_another_site_is_left_out() -> None:
    text = (
        "The mayor of Lima said on Tuesday that the new line of the metro will open in March, two "
        "years later than planned, after the last tunnel was finished this week."
    )
    copy = text.replace("this week", "on Monday")
    other = text.replace("Lima", "Cusco").replace("metro", "airport").replace("March", "June")
    found = merged({"one": [page("a", text), page("c", other)], "two": [page("b", copy)]}, 10)
    assert [result.title for result in found] == ["a", "c"]
    assert found[0].engines == ("one", "two")
    short = merged({"one": [page("a", "Home page"), page("b", "Home page")]}, 10)
    assert len(short) == 2


def test_an_engine_that_lists_a_page_twice_has_one_voice() -> None:
    a, b = page("a"), page("b")
    assert [r.title for r in merged({"one": [b, a, a, a], "two": [b]}, 10)] == ["b", "a"]


def test_only_pages_of_the_site_are_left() -> None:
    found = {"one": [page("a"), Result("S", "https://sub.b.example/x"), page("b")]}
    assert [r.title for r in merged(found, 10, "b.example")] == ["S", "b"]
    assert not within("https://notb.example/", "b.example")
