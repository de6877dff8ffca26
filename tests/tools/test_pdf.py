"""PDFs: their text in paragraphs, with title and date, and why there is none."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.doubles.calls import run
from tests.doubles.hostile_pdf import encrypted, paper, pdfs, shown
from tests.doubles.site import Site
from tools.article import read
from tools.body import Page
from tools.errors import UnreadablePage
from tools.net import Net
from tools.page import read_page_tool
from tools.pdf import MOST_PAGES, read_pdf
from tools.settings import NetSettings, ToolSettings

INFO = "/Info << /Title (On llamas) /CreationDate (D:20240517093000Z) >>"
FULL = "and this line of the text is about as long as the others are here"


def page(body: bytes, content_type: str = "application/pdf") -> Page:
    return Page("https://a.example/paper.pdf", 200, content_type, body)


def test_a_pdf_is_read_with_title_and_date() -> None:
    article = read(page(paper(trailer=INFO)))
    assert (article.title, article.date) == ("On llamas", "2024-05-17")
    assert article.text.startswith(
        "The llama is a domesticated animal of South America that has been used as a pack animal "
        "by Andean people since long before the time of Columbus."
    )


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/plain", "application/octet-stream", ""]
)
def test_a_pdf_is_one_whatever_its_label_says(content_type: str) -> None:
    assert "domesticated" in read(page(paper(), content_type)).text


def test_html_that_is_called_a_pdf_is_read_as_html() -> None:
    body = f"<!doctype html><html lang=es><title>T</title><body><p>{FULL}. {FULL}.</p>".encode()
    article = read(page(body))
    assert FULL in article.text
    assert article.language == "es"


def test_paragraphs_end_at_short_lines_and_entries() -> None:
    lines = (FULL, FULL, "and it ends.", FULL, "Short heading", FULL, FULL, "1. an entry", "2. two",
             "17")  # fmt: skip
    _, _, _, text = read_pdf(paper(shown(lines)))
    assert text.split("\n") == [
        f"{FULL} {FULL} and it ends.",
        f"{FULL} Short heading",
        f"{FULL} {FULL}",
        "1. an entry",
        "2. two",
    ]


def test_marks_of_references_are_left_out() -> None:
    lines = (f"{FULL} [12] as it is said [3, 4].", "[7] Someone: On llamas.")
    text = read(page(paper(shown(lines)))).text
    assert "[" not in text
    assert text.endswith("Someone: On llamas.")


def test_a_long_pdf_is_read_up_to_some_pages() -> None:
    _, _, _, text = read_pdf(paper(kids=f"[{'3 0 R ' * 200}]", count=200))
    assert text.count("Columbus") == MOST_PAGES
    assert text.endswith("this is its beginning.)")


def test_reading_ends_in_time_with_what_was_read() -> None:
    started = time.monotonic()
    body = paper(shown() * 2500, kids=f"[{'3 0 R ' * 60}]", count=60)
    with pytest.raises(UnreadablePage) as caught:
        read_pdf(body, seconds=0.05)
    assert caught.value.kind == "tangled"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: encrypted("secret"), "pdf_encrypted"),
        (lambda: paper(b""), "pdf_no_text"),
        (lambda: b"%PDF-1.7\nnothing", "pdf_damaged"),
        (lambda: b"no paper at all", "type"),
    ],
)
def test_a_pdf_without_text_says_why(make: Callable[[], bytes], kind: str) -> None:
    with pytest.raises(UnreadablePage) as caught:
        read(page(make()))
    assert caught.value.kind == kind
    assert caught.value.reason.endswith(".")


def test_a_pdf_without_a_password_is_read_though_it_is_encrypted() -> None:
    assert "domesticated" in read(page(encrypted(""))).text


def test_the_names_of_files_are_no_titles() -> None:
    for title in ("Microsoft Word - draft", "untitled", "paper_v3.docx"):
        assert read(page(paper(trailer=f"/Info << /Title ({title}) >>"))).title == ""


async def test_the_tool_asks_for_pdfs_and_cites_their_passages(site: Site) -> None:
    url = site.page("/paper.pdf", paper(trailer=INFO), "application/pdf")
    net = Net(NetSettings(allow_hosts=(f"127.0.0.1:{site.port}",)))
    outcome = await run(read_page_tool(net), {"url": url}, "1", ToolSettings())
    assert outcome.output.startswith("[1] On llamas (127.0.0.1, 2024-05-17)\n\nThe llama is")
    assert outcome.sources[0].passages[0].text.startswith("The llama is a domesticated animal")
    assert "application/pdf" in site.requests[-1].headers["accept"]


def test_every_hand_made_pdf_has_a_name_for_what_is_wrong() -> None:
    assert len(pdfs()) > 40
