"""HTML as text, before it is taken apart: bounds its size, and finds what parsing would drop."""

from __future__ import annotations

import re
from itertools import islice

# What is no markup inside, or shows nothing that could be read.
_RAW = ("script", "style", "svg", "noscript", "iframe", "noembed", "noframes")
# Other tags are passed whole, because an attribute may hold what looks like a tag or a comment.
_SILENT = re.compile(
    rf"<(?:!--|({'|'.join(_RAW)})\b([^>]*)>?)"
    r"|(<[a-z](?:[^>=]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?)*+>?)",
    re.IGNORECASE,
)
_CLOSING = {
    name: re.compile(rf"</{name}\b[^>]*>?" if name else r"--!?>", re.IGNORECASE)
    for name in ("", *_RAW)
}
_OPENING_SVG = re.compile(r"<svg\b(?![^<>]*/>)", re.IGNORECASE)
_MEDIA = re.compile(r"media\s*=\s*[\"']?([^\"'>]*)", re.IGNORECASE)
_LONG = 4000
_LONG_TAG = re.compile(r"<(/?[A-Za-z][\w:-]*)[^<>]{4000,}>|<[^<>]{4000,}>")
# The attributes by which an element can be hidden; a long tag keeps no others.
_TELLING = re.compile(
    r"\s(?:(?:style|class|id|bgcolor|color|background|text|aria-hidden|href)\s*="
    r"\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+)|hidden\b|open\b)",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[A-Za-z]")
_LANGUAGES = (
    r"<html[^>]{0,500}?\s(?:xml:)?lang\s*=\s*[\"']?([A-Za-z-]{2,20})",
    r"<meta[^>]{0,200}?content-language[^>]{0,200}?content\s*=\s*[\"']?([A-Za-z-]{2,20})",
    r"<meta[^>]{0,200}?og:locale[\"'][^>]{0,200}?content\s*=\s*[\"']?([A-Za-z_]{2,20})",
)


def bounded(source: str, most: int) -> tuple[str, int, str]:
    """Return HTML that can be taken apart in a second or two, how many tags it has, its styles.

    Scripts and comments are dropped, and what makes a tag absurdly long; after the most
    tags that there may be the page is cut.
    """
    pieces, sheet, position, seen = [], [], 0, 0
    while opening := _SILENT.search(source, seen):
        seen = opening.end()
        if opening[3]:
            continue
        pieces.append(source[position : opening.start()])
        name = (opening[1] or "").lower()
        start, position = seen, seen
        if name != "svg" or not opening[2].endswith("/"):
            start, position = _end(name, source, seen)
        if name == "style":
            media = _MEDIA.search(opening[2])
            css = source[seen:start]
            sheet.append(f"@media {media[1]}{{{css}}}" if media else css)
        seen = position
    pieces.append(source[position:])
    spoken = _LONG_TAG.sub(_shortened, "".join(pieces))
    starts = [found.start() for found in islice(_TAG.finditer(spoken), most + 1)]
    cut = spoken[: starts[-1]] if len(starts) > most else spoken
    return cut, len(starts), "\n".join(sheet)


def _end(name: str, source: str, start: int) -> tuple[int, int]:
    """Return where the content of a silent element ends, and where its closing tag does."""
    inner = start if name else start - 2  # `<!-->` is a whole comment
    depth = 1
    while closing := _CLOSING[name].search(source, inner):
        # Drawings lie in one another; nothing else here does.
        if name == "svg":
            depth += sum(1 for _ in _OPENING_SVG.finditer(source, inner, closing.start()))
        depth -= 1
        if depth == 0 or name != "svg":
            return closing.start(), closing.end()
        inner = closing.end()
    return len(source), len(source)


def _shortened(tag: re.Match[str]) -> str:
    """Return a tag of an absurd length with only what could hide it."""
    if not tag[1]:
        return " "
    kept: dict[str, str] = {}  # of two with one name the first one counts
    for attribute in _TELLING.findall(tag[0]):
        name = attribute.partition("=")[0].strip().lower()
        if len(attribute) < _LONG:
            kept.setdefault(name, attribute)
        elif name in ("style", "class", "id"):  # nobody can tell what so long a one does
            kept[name] = " hidden"
    return f"<{tag[1]}{''.join(kept.values())}>"


def title_in(source: str) -> str:
    """Return the words of the title element."""
    from html import unescape

    found = re.search(r"<title[^>]*>(.{1,300}?)</title", source[:50_000], re.I | re.S)
    return unescape(found[1]) if found else ""


def noscript(source: str) -> str:
    """Return what is shown where no scripts are run."""
    found = re.search(r"<noscript[^>]*>(.{1,2000}?)</noscript", source[:200_000], re.I | re.S)
    return re.sub(r"<[^>]*>", " ", found[1]) if found else ""


def language_of(source: str) -> str:
    """Return the language that a page says it is in, such as `en-GB`, or an empty string."""
    start = source[:20_000]
    found = (re.search(pattern, start, re.IGNORECASE) for pattern in _LANGUAGES)
    return next((one[1] for one in found if one), "")
