"""Makes one list out of those of several engines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tools.ranking import words
from tools.search.engine import Result

# The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009).
FLAT = 60
ALIKE = 0.8
"""Share of three-word runs from which on two passages are the same text."""
LEAST_WORDS = 12
"""Words from which on a passage is long enough to be recognised."""
_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_MOBILE = re.compile(r"^([a-z-]{2,12})\.m\.(?=[^.]+\.)")
_AMP_CACHE = re.compile(r"^/[ci](?:/s)?/(?=[^/]+\.)")
_AMP_END = re.compile(r"(?:/amp|\.amp(?:\.html)?|/index\.(?:html?|php))$")
_TRACKING = re.compile(
    r"(?:utm_\w+|mc_[ce]id|[gdy]clid|gclsrc|g?w?braid|fbclid|msclkid|twclid|igsh(?:id)?|_ga|_gl|"
    r"ref_?src|ref|referrer|cmpid|cid|ocid|srsltid|spm|smid|guccounter|amp|outputtype)",
    re.IGNORECASE,
)


@dataclass
class _Page:
    """One page, whatever engines found it."""

    best: Result
    rank: int
    first: int
    score: float = 0.0
    engines: list[str] = field(default_factory=list)


def merged(found: Mapping[str, Sequence[Result]], limit: int, site: str = "") -> list[Result]:
    """Merge the lists of several engines by reciprocal rank.

    Pages with the same address in canonical form are one, and so are pages whose passages are
    nearly the same; what one engine does not tell of a page is taken from another.

    Args:
        found: Each engine's results, the best first; the preferred engine first.
        limit: Results that are wanted.
        site: Only results of this host and of those below it.
    """
    pages: dict[str, _Page] = {}
    for number, (engine, results) in enumerate(found.items()):
        for rank, result in enumerate(results, start=1):
            if within(result.url, site):
                _add(pages, canonical(result.url), result, rank, number, engine)
    ranked = sorted(pages.values(), key=lambda page: (-page.score, page.rank, page.first))
    distinct = _distinct(ranked, limit)
    return [replace(page.best, engines=tuple(page.engines)) for page in distinct]


def _add(
    pages: dict[str, _Page], key: str, result: Result, rank: int, number: int, engine: str
) -> None:
    page = pages.get(key)
    if page is None:
        page = pages[key] = _Page(result, rank, number)
    else:
        page.best = _joined(page.best, result, better=rank < page.rank)
        page.rank = min(page.rank, rank)
    if engine not in page.engines:  # an engine that lists a page twice has one voice
        page.engines.append(engine)
        page.score += 1 / (FLAT + rank)


def _joined(one: Result, other: Result, *, better: bool) -> Result:
    """Return one result with what the other knows beyond it."""
    if better:
        one, other = other, one
    return replace(
        one,
        snippet=max(one.snippet, other.snippet, key=len),
        date=one.date or other.date,
        image=one.image or other.image,
    )


def _distinct(ranked: Sequence[_Page], limit: int) -> list[_Page]:
    """Leave out pages that show the same text as a better one."""
    kept: list[tuple[_Page, frozenset[tuple[str, ...]]]] = []
    for page in ranked:
        if len(kept) >= limit:
            break
        runs = _runs(page.best.snippet)
        twin = next((known for known, others in kept if _alike(runs, others)), None)
        if twin is None:
            kept.append((page, runs))
        else:
            twin.engines += [name for name in page.engines if name not in twin.engines]
            twin.best = replace(twin.best, date=twin.best.date or page.best.date)
    return [page for page, _ in kept]


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    found = words(text)
    if len(found) < LEAST_WORDS:
        return frozenset()
    return frozenset(zip(found, found[1:], found[2:], strict=False))


def _alike(one: frozenset[tuple[str, ...]], other: frozenset[tuple[str, ...]]) -> bool:
    """Tell whether two passages are the same text, one of them perhaps cut shorter."""
    if not one or not other:
        return False
    return len(one & other) >= ALIKE * max(len(one), len(other))


def within(url: str, site: str) -> bool:
    """Tell whether an address lies on a host or on one below it; without a site, each does."""
    if not site:
        return True
    host = _split(url)[0]
    return host == site or host.endswith(f".{site}")


def canonical(url: str) -> str:
    """Return an address in a form that is the same for the same page.

    Scheme, `www.`, mobile and AMP forms, tracking parameters, fragment, the slash at the end and
    the way in which signs are escaped make no difference.
    """
    host, path, query = _split(url)
    if host.endswith("cdn.ampproject.org") and _AMP_CACHE.match(path):
        return canonical(f"https://{_AMP_CACHE.sub('', path)}?{query}")
    if host in ("google.com", "bing.com") and path.startswith("/amp/s/"):
        return canonical(f"https://{path.removeprefix('/amp/s/')}?{query}")
    host = _MOBILE.sub(r"\1.", _HOST.sub("", host))
    path = unquote(path).rstrip("/")
    path = _AMP_END.sub("", path).rstrip("/")
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair[0]))
    return f"{host}{path}?{urlencode(kept, errors='replace')}" if kept else f"{host}{path}"


def _split(url: str) -> tuple[str, str, str]:
    """Return host with an unusual port, path and query; what is no address is all host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url, "", ""
    host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    return f"{host}:{port}" if port not in (None, 80, 443) else host, parts.path, parts.query
