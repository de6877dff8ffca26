"""Hostile and broken pages: each ends soon, in text or a named reason, and in little memory."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.doubles.hostile import Hostile, everything
from tests.doubles.site import Site
from tools.article import read
from tools.barriers import THIN_CHARS
from tools.body import Page
from tools.errors import UnreadablePage

PAGES = everything()
ROOT = Path(__file__).parents[2]
# Megabytes that the whole process may hold, with the interpreter and the libraries.
MOST_MEMORY = 300
# Seconds for the slowest page, on a machine that does much else.
MOST_SECONDS = 25
# The pages that take the most memory.
HEAVY = ("sizes", "pdf")


@dataclass(frozen=True)
class Readings:
    """What a process says of the pages that it read."""

    peak: float
    came: dict[str, str]
    seconds: dict[str, float]


async def readings(pages: Mapping[str, Hostile], at_once: int) -> Readings:
    """Serve pages from here, and let another process read them."""
    site = Site(0)
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    site.redirect("/self", "/self")
    names = {site.raw(f"/{n}", page.answer): name for n, (name, page) in enumerate(pages.items())}
    wanted = "\n".join(
        f"{url} {1 if 'timeout' in pages[name].may else 20}" for url, name in names.items()
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "tests.tools.hostile_reader", str(at_once),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(child.communicate(wanted.encode()), 200)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        await site.close()
        server.close()
    found = json.loads(output)
    came = {names[url]: one for url, one in found["pages"].items()}
    return Readings(
        found["peak"],
        {name: one[0] for name, one in came.items()},
        {name: one[2] for name, one in came.items()},
    )


@pytest.fixture(scope="module")
def together() -> Readings:
    """Read all pages, five at a time."""
    return asyncio.run(readings(PAGES, 5))


@pytest.fixture(scope="module")
def one_by_one() -> Readings:
    """Read the heavy pages one after another."""
    heavy = {
        name: page
        for name, page in PAGES.items()
        if name.startswith(HEAVY) and "timeout" not in page.may
    }
    return asyncio.run(readings(heavy, 1))


def test_there_are_many_of_them() -> None:
    assert len(PAGES) >= 200


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_ends_in_text_or_a_named_reason(together: Readings, name: str) -> None:
    assert together.came[name] in PAGES[name].may
    assert together.seconds[name] < MOST_SECONDS


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_five_pages_side_by_side_take_little_memory(together: Readings) -> None:
    assert together.peak < MOST_MEMORY


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_one_page_after_another_takes_little_memory(one_by_one: Readings) -> None:
    assert one_by_one.peak < MOST_MEMORY
    for name, came in one_by_one.came.items():
        assert came in PAGES[name].may, name


def page(body: str, title: str = "Page", head: str = "") -> Page:
    source = f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return Page("https://a.example/x", 200, "text/html", source.encode(), "utf-8")


SAYINGS = {
    "captcha": (
        "Please verify you are human.",
        "Confirma que no eres un robot para seguir.",
        "Bitte bestätigen Sie, dass Sie kein Roboter sind.",
        "Confirmez que vous n'êtes pas un robot.",
        "Confirme que você não é um robô.",
        "Conferma che non sono un robot.",
    ),
    "consent": (
        "Before you continue: accept all cookies?",
        "Antes de continuar, aceptar todas las cookies.",
        "Bevor Sie fortfahren: alle Cookies akzeptieren?",
        "Avant de continuer: accepter tous les cookies?",
        "Antes de avançar: aceitar todos os cookies?",
        "Prima di continuare: accetti i cookie?",
    ),
    "paywall": (
        "Subscribe to continue reading this article.",
        "Contenido solo para suscriptores. Suscríbete para leer.",
        "Dieser Artikel ist nur für Abonnenten.",
        "Article réservé aux abonnés. Abonnez-vous pour lire la suite.",
        "Conteúdo exclusivo: assine para continuar lendo.",
        "Contenuto riservato agli abbonati.",
    ),
    "javascript": (
        "You need to enable JavaScript to run this app.",
        "Debes activar JavaScript para ver esta web.",
        "Bitte aktivieren Sie JavaScript.",
        "Veuillez activer JavaScript: JavaScript est désactivé.",
        "Ative o JavaScript para ver o site.",
        "Attiva JavaScript per vedere il sito.",
    ),
    "not_found": (
        "404 - Page not found",
        "La página no existe.",
        "Die Seite wurde nicht gefunden.",
        "Page introuvable.",
        "Página não encontrada.",
        "Pagina non trovata.",
    ),
    "error_page": (
        "500 Internal Server Error",
        "Error interno del servidor. El sitio está en mantenimiento.",
        "Ein Fehler ist aufgetreten. Wartungsarbeiten.",
        "Une erreur est survenue sur le site.",
        "Algo deu errado. Estamos em manutenção.",
        "Si è verificato un errore. Sito in manutenzione.",
    ),
}
SAID = [(kind, text) for kind, texts in SAYINGS.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_what_is_in_the_way_is_named_in_several_languages(kind: str, text: str) -> None:
    with pytest.raises(UnreadablePage) as caught:
        read(page(f"<h1>{text}</h1><p>{text}</p>", "Site"))
    assert caught.value.kind == kind


@pytest.mark.parametrize(("kind", "text"), SAID)
def test_a_long_article_that_mentions_it_is_read(kind: str, text: str) -> None:
    prose = "".join(
        f"<p>On day {n} the llamas carry loads of wool over the high passes to town {n}, and they "
        f"rest there for {n} hours, because the way back is long and steep.</p>"
        for n in range(2, 9)
    )
    article = read(page(f"<article><h1>A word on {kind}</h1><p>{text}</p>{prose}</article>", text))
    assert "high passes" in article.text
    assert len(article.text) > THIN_CHARS


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ('<script type="application/ld+json">{"isAccessibleForFree": false}</script>', "paywall"),
        ('<script src="https://geo.captcha-delivery.com/captcha.js"></script>', "captcha"),
    ],
)
def test_marks_in_the_markup_of_a_scant_page_tell(head: str, kind: str) -> None:
    with pytest.raises(UnreadablePage) as caught:
        read(page("<p>One moment, dear reader.</p>", head=head))
    assert caught.value.kind == kind
