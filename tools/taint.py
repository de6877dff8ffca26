"""Finds out whether the arguments of a call come from text that somebody else wrote.

A call that the user's own words account for is the user's wish. One whose arguments stand in a
page, a message or a file, and not in the user's words, may be the wish of whoever wrote that, so
the user is asked. This looks at words alone: it asks once too often rather than once too seldom,
and it does not see through text that a model has encoded or wholly rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from tools.spec import ToolSpec

_TOKEN = re.compile(r"[^\s,;:!?()\[\]{}<>\"'`|]+")
_WORD = re.compile(r"[\w@.+/-]*\w")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'`\])}]+", re.I)
_ADDRESS_NAME = re.compile(r"ur[il]|href|link|site|web|page|address|domain|host", re.I)
_BARE = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(/\S*)?", re.I)
_ENCODED = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
LEAST = 3
"""Characters from which on a value says where it comes from."""
SHARE = 0.5
"""Share of a long text's words that may be somebody else's."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A text that neither the user nor the assistant wrote.

    Args:
        name: The tool that returned it.
        text: The text.
        outside: Whether anybody in the world can have written it.
    """

    name: str
    text: str
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a thread until a call is made.

    Args:
        own: The user's words, settings, and results of tools that repeat nobody else's words.
        foreign: What tools returned from elsewhere.
        asked: The user's words of this turn alone.
        found: Addresses of sources that a search found.
    """

    own: str
    foreign: tuple[Foreign, ...] = ()
    asked: str = ""
    found: tuple[str, ...] = ()


def origin_of(spec: ToolSpec, arguments: Mapping[str, Any], heard: Heard) -> str:
    """Name the text that a call's arguments come from, or return nothing if they are the user's.

    Args:
        spec: The tool.
        arguments: What the model gave it.
        heard: What was said until then.
    """
    if not heard.foreign:
        return ""
    own = _flat(heard.own)
    values = list(_leaves(arguments, spec.parameters))
    for value in values:
        for one in heard.foreign:
            if _comes_from(value, one.text, own):
                return one.name
    pages = [one.name for one in heard.foreign if one.outside]
    if pages and not _accounted(spec.name, values, own):
        return pages[-1]
    return ""


def carries(arguments: Mapping[str, Any], heard: Heard) -> str:
    """Return an address among the arguments that carries private text out, or nothing.

    An address that stands somewhere as it is may be followed. One that was put together is looked
    at: it must hold nothing of what the user said earlier or of what tools read from private
    places, and nothing long that could be an encoding of it.
    """
    everything = "\n".join([heard.own, *(one.text for one in heard.foreign)])
    public = _flat("\n".join([heard.asked, *(one.text for one in heard.foreign if one.outside)]))
    private = _flat("\n".join([heard.own, *(one.text for one in heard.foreign if not one.outside)]))
    for text in _texts(arguments):
        for url in map(str, _URL.findall(text)):
            if not heard.foreign or url.rstrip("/.") in everything:
                continue
            parts = [p.lower() for p in _WORD.findall(unquote(url)) for p in re.split(r"[/._-]", p)]
            leaked = [p for p in parts if len(p) > LEAST and p in private and p not in public]
            if leaked or _ENCODED.search(urlsplit(url).path + urlsplit(url).query):
                return url
    return ""


def led_to(arguments: Mapping[str, Any], heard: Heard) -> str:
    """Return an address among the arguments that only somebody else has named, or nothing.

    The user's words name addresses, and so do results of a search, whose addresses a search engine
    found and no text asked for.
    """
    known = _flat("\n".join([heard.own, *heard.found]))
    for name, value in arguments.items():
        for url in _addresses(name, value):
            bare = _bare(url)
            if bare and bare not in known and any(bare in _flat(f.text) for f in heard.foreign):
                return url
    return ""


def _addresses(name: str, value: Any) -> Iterable[str]:
    """Yield the addresses in an argument; a bare host counts where the name speaks of one."""
    for text in _leaves(value, {}):
        yield from map(str, _URL.findall(text))
        if _ADDRESS_NAME.search(name) and _BARE.fullmatch(text.strip()):
            yield text.strip()


def _bare(url: str) -> str:
    """Return an address without what may be written or left out."""
    bare = re.sub(r"^https?://", "", _flat(url))
    return bare.removeprefix("www.").rstrip("/.")


def _comes_from(value: str, text: str, own: str) -> bool:
    """Say whether a value stands in a text and not in the user's words."""
    flat = _flat(value)
    if len(flat) < LEAST or flat in own:
        return False
    foreign = _flat(text)
    if flat in foreign:
        return True
    words = {word for word in _TOKEN.findall(flat) if len(word) >= LEAST}
    borrowed = {word for word in words if word not in own and word in foreign}
    if any(_telling(word) for word in borrowed):
        return True
    strange = {word for word in words if word not in own}
    return len(borrowed) >= 4 and len(borrowed) >= SHARE * len(strange)


def _telling(word: str) -> bool:
    """Say whether a word can hardly be there by chance: an address, a number, a code."""
    return "@" in word or "://" in word or "www." in word or sum(c.isdigit() for c in word) >= 3


def _accounted(name: str, values: Iterable[str], own: str) -> bool:
    """Say whether the user's words hold the whole call: its values, and what it does."""
    for value in values:
        words = [word for word in _TOKEN.findall(_flat(value)) if len(word) >= LEAST]
        if any(word.strip(".") not in own for word in words):
            return False
    verbs = [word for word in re.split(r"[\W_]+", name.lower()) if len(word) >= LEAST]
    return any(word in own for word in verbs)


def _leaves(value: Any, schema: Mapping[str, Any]) -> Iterable[str]:
    """Yield the values inside arguments as text, without those that a schema lists itself."""
    if isinstance(value, Mapping):
        properties = schema.get("properties") or {}
        for key, one in value.items():
            yield from _leaves(one, properties.get(key) or {})
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _leaves(one, schema.get("items") or {})
    elif isinstance(value, bool) or value is None or value in (schema.get("enum") or ()):
        return
    elif isinstance(value, (int, float)):
        yield f"{value:g}" if isinstance(value, float) else str(value)
    else:
        yield str(value)


def _texts(value: Any) -> Iterable[str]:
    return (text for text in _leaves(value, {}) if "." in text)


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())
