"""A wiki on loopback that answers in the shape of MediaWiki's API."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from tests.doubles.site import Request, Site
from tests.doubles.weather import respond
from tools.ranking import scores

LLAMA = (
    "The llama is a domesticated South American camelid, widely used as a pack animal.\n"
    "Llamas live with others as a herd, and learn simple tasks after a few repetitions.\n\n\n"
    "Reproduction\n"
    "The gestation period of a llama is about eleven and a half months.\n\n\n"
    "History\n" + "Herds were kept for their wool and as carriers on long roads. " * 60
)
ARTICLES = {
    "Llama": LLAMA,
    "Lima": "Lima is the capital and largest city of Peru.\n\n\nHistory\nIt was founded in 1535.",
    "Mercury": (
        "Mercury most commonly refers to:\n\n\nMain\nMercury (planet), the closest planet to the "
        "Sun\nMercury (element), a metal with the symbol Hg\nMercury (mythology), a Roman god"
    ),
    "Mercury (planet)": "Mercury is the first planet from the Sun.",
    "Cusco": "Cusco is a city in southern Peru.",
}
REDIRECTS = {"Glama": "Llama", "Qosqo": "Cusco"}
CHOICES = ("Mercury",)


@dataclass
class WikiService(Site):
    """The wiki; `asked` holds the query of every request."""

    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.raw("/w/api.php", self._api)

    async def _api(self, request: Request, writer: asyncio.StreamWriter) -> None:
        query = {key: one[0] for key, one in parse_qs(urlsplit(request.path).query).items()}
        self.asked.append(query)
        found: dict[str, Any] = {}
        title = query["titles"][:1].upper() + query["titles"][1:]
        if title != query["titles"]:
            found["normalized"] = [{"from": query["titles"], "to": title}]
        if title in REDIRECTS:
            found["redirects"] = [{"from": title, "to": REDIRECTS[title]}]
            title = REDIRECTS[title]
        if title.startswith("De:"):
            found["interwiki"] = [{"title": title, "iw": "de"}]
        else:
            found["pages"] = [self._page(title, intro="exintro" in query)]
        if "list" in query:
            rated = zip(scores(query["srsearch"], [*ARTICLES.values()]), ARTICLES, strict=True)
            hits = [name for score, name in sorted(rated, reverse=True) if score > 0]
            limit = int(query["srlimit"])
            found["search"] = [{"ns": 0, "title": name, "pageid": 1} for name in hits[:limit]]
        await respond(writer, 200, {"batchcomplete": True, "query": found})

    def _page(self, title: str, *, intro: bool) -> dict[str, Any]:
        if title.startswith("Special:"):
            return {"ns": -1, "title": title, "special": True}
        if title not in ARTICLES:
            return {"ns": 0, "title": title, "missing": True}
        text = ARTICLES[title].partition("\n\n\n")[0] if intro else ARTICLES[title]
        page = {
            "pageid": 1, "ns": 0, "title": title, "extract": text, "contentmodel": "wikitext",
            "fullurl": f"{self.url}/wiki/{quote(title.replace(' ', '_'))}",
        }  # fmt: skip
        if title in CHOICES:
            page["pageprops"] = {"disambiguation": ""}
        return page
