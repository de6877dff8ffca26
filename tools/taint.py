"""Finds out whether a call is the user's wish, or follows text that somebody else wrote.

Where nothing but the user has spoken, a call is the user's wish. Behind a page, a message or a
file that says anything, it is where the user's own words account for it: for what it does and for
what it is given (see `tools.wishes`). Everything else may be the wish of whoever wrote that text,
in whatever form a model understood it, so the user is asked: once too often rather than once too
seldom. What the user has pasted counts as the user's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from tools.spec import ToolSpec
from tools.wishes import Wish, plain, rests_on, spaced, values_of

_WORD = re.compile(r"[\w@.+/-]*\w")
_TOKEN = re.compile(r"[^\s,;:!?()\[\]{}<>\"'`|]+")
_URL = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)[^\s<>\"'`\])}]+", re.I)
_ADDRESS_NAME = re.compile(r"ur[il]|href|link|site|web|page|address|domain|host", re.I)
_BARE = re.compile(r"[\w-]+(\.[\w-]+)*\.[a-z]{2,}(:\d+)?([/?#]\S*)?", re.I)
_ENCODED = re.compile(r"[A-Za-z0-9+/_=-]{24,}")
_ABROAD = re.compile(r"(?:^|[_\W])(?:web|search|internet|online|google|http|browse|url)", re.I)
_DULL = (
    "done ok okay success successful successfully sent created added updated deleted removed saved "
    "written booked moved renamed scheduled cancelled canceled paid true false null none empty no "
    "not nothing found status state result results id ids name number title date time code error "
    "message event events file files item items entry entries task tasks order orders total count "
    "page pages balance user users channel to at on in of the was is has been with for and a an "
    "new kb mb gb bytes eur usd gbp celsius degrees km"
)
# What a result says that asks for nothing.
_SAYS_NOTHING = frozenset(_DULL.split())
_CODE = re.compile(
    r"[a-z]{0,8}[_-]?\d{1,12}|[a-z]{1,8}[_-][0-9a-f]{6,32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
"""Identifiers that programs give: `ev_4711`, `evt_9f8a7b6c`, a UUID."""
LEAST = 3
"""Characters from which on a value says where it comes from."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A text that neither the user nor the assistant wrote.

    Args:
        name: The tool that returned it.
        text: The text.
        outside: Whether anybody in the world can have written it.
        told: Whether it was told with the tools and not returned: a tool's own description.
        brief: Whether it only tells in a few words that a call was carried out. What is taken
            from it is looked at, but it is not thought to ask for anything.
    """

    name: str
    text: str
    outside: bool = False
    told: bool = False
    brief: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said in a thread until a call is made.

    Args:
        own: The user's words, settings, and results of tools that repeat nobody else's words.
        foreign: What tools returned from elsewhere.
        asked: The user's words of this turn alone.
        found: Addresses of sources that a search found.
        turns: The user's messages one by one, the latest last.
        made: Identifiers of what the assistant has made itself.
    """

    own: str
    foreign: tuple[Foreign, ...] = ()
    asked: str = ""
    found: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    made: frozenset[str] = frozenset()

    def wish(self) -> Wish:
        """Return what the user has said."""
        return Wish(self.own, rests_on(self.turns or (self.asked,)))


def origin_of(spec: ToolSpec, arguments: Mapping[str, Any], heard: Heard) -> str:
    """Name the text that a call may follow, or return nothing if it is the user's own wish.

    Args:
        spec: The tool.
        arguments: What the model gave it.
        heard: What was said until then.
    """
    texts = [one for one in heard.foreign if not says_nothing(one.text)]
    if not texts:
        return ""
    wish = heard.wish()
    values = [one for one in values_of(arguments, spec.parameters) if one[1] not in heard.made]
    strange = []
    for name, value, listed in values:
        if wish.holds(value, name):
            continue
        source = next((one.name for one in texts if _stands(value, one)), "")
        if source:
            return source
        if not listed:
            strange.append(value)
    returned = [one for one in texts if not one.told and not one.brief]
    if not returned:
        return ""
    given = [value for _, value, listed in values if not listed]
    if strange or not wish.asks_for(spec.name, given):
        return next((one.name for one in reversed(returned) if one.outside), returned[-1].name)
    return ""


def says_nothing(text: str, echoed: str = "", *, spare: int = 0) -> bool:
    """Say whether a result can ask for nothing: numbers, names of fields, words such as "done".

    Args:
        text: The result.
        echoed: What the tool was given; a tool that changes something may say it again.
        spare: Other words that it may have.
    """
    if len(text) > 400:
        return False
    known = _SAYS_NOTHING.union(spaced(plain(echoed)).split())
    others = [
        word
        for word in re.findall(r"[\w.-]*\w", plain(text))
        if not (_CODE.fullmatch(word) or known.issuperset(spaced(word).split()) or _is_number(word))
    ]
    return len(others) <= spare


def _is_number(word: str) -> bool:
    return word.replace(".", "").replace("-", "").isdecimal() and len(word) <= 12


def made_by(text: str, echoed: str) -> list[str]:
    """Return the identifiers in the result of a call that changed something.

    What such a result says must be nothing beside them, so that nobody else speaks through it.
    """
    if not says_nothing(text, echoed):
        return []
    try:
        data = json.loads(text)
    except ValueError:
        data = text
    if isinstance(data, dict):
        data = " ".join(str(one) for one in data.values() if isinstance(one, (str, int)))
    return [word.strip(".,:;") for word in str(data).split() if any(map(str.isdigit, word))]


def carries(arguments: Mapping[str, Any], heard: Heard, *, abroad: bool = False) -> str:
    """Return what among the arguments would carry private text out, or nothing.

    An address that stands somewhere as it is may be followed. One that was put together is looked
    at: it must hold nothing of what the user said earlier or of what tools read from private
    places, and nothing that could be an encoding of it.

    Args:
        arguments: What the model gave a tool that reads.
        heard: What was said until then.
        abroad: Whether the tool sends its other arguments out, too: a search.
    """
    if not heard.foreign:
        return ""
    everything = "\n".join([heard.own, *(one.text for one in heard.foreign)])
    public = plain("\n".join([heard.asked, *(one.text for one in heard.foreign if one.outside)]))
    inside = [one.text for one in heard.foreign if not one.outside and not one.told]
    private = plain("\n".join([heard.own, *inside]))
    for name, value in arguments.items():
        addresses = list(_addresses(name, value))
        for url in addresses:
            if url.rstrip("/.") in everything:
                continue
            if _leaks(url, public, private, strict=_led(url, heard) or bool(inside)):
                return url
        if abroad and not addresses:
            for _, text, _ in values_of(value, {}, name):
                if _tells(text, public, private):
                    return text
    return ""


def _leaks(url: str, public: str, private: str, *, strict: bool) -> bool:
    """Say whether an address that was put together holds what is private, or may hold it."""
    address = re.sub(r"^[a-z+.-]*://(?:www\.)?|^www\.", "", unquote(url).casefold())
    parts = [p for p in _WORD.findall(address) for p in re.split(r"[/._-]", p)]
    if any(len(p) > LEAST and p in private and p not in public for p in parts):
        return True
    split = urlsplit(url if "://" in url else f"//{url}")
    behind = f"{split.path}?{split.query}#{split.fragment}"
    if _ENCODED.search(behind) or (strict and _ENCODED.search(split.netloc.replace(".", ""))):
        return True
    return (
        strict
        and bool(split.query)
        and any(
            len(part) >= LEAST and part not in public
            for part in spaced(plain(unquote(behind))).split()
        )
    )


def _led(url: str, heard: Heard) -> bool:
    """Say whether only somebody else has named an address's host."""
    host = urlsplit(url if "://" in url else f"//{url}").hostname or ""
    labels = host.split(".")
    names = [".".join(labels[at:]) for at in range(max(len(labels) - 1, 1))]
    own = plain(heard.own)
    named = any(name in plain(one.text) for one in heard.foreign for name in names if "." in name)
    return named and not any(name in own for name in names if "." in name)


def _tells(text: str, public: str, private: str) -> bool:
    """Say whether a text that goes out repeats private text, or hides something."""
    words = [word for word in _TOKEN.findall(plain(text)) if word.strip(".")]
    secret = [w for w in words if len(w) > LEAST and w in private and w not in public]
    return any(_telling(word) for word in secret) or len(secret) >= 3 or bool(_ENCODED.search(text))


def led_to(arguments: Mapping[str, Any], heard: Heard) -> str:
    """Return an address among the arguments that the user has not named, or nothing.

    The user's words name addresses, and so do results of a search, whose addresses a search engine
    found and no text asked for. Where nobody else has spoken, the model may know one itself.
    """
    if all(says_nothing(one.text) for one in heard.foreign):
        return ""
    known = plain("\n".join([heard.own, *heard.found]))
    for name, value in arguments.items():
        for url in _addresses(name, value):
            bare = _bare(url)
            if bare and not re.search(rf"(?<![\w.-]){re.escape(bare)}(?![\w-]|\.\w)", known):
                return url
    return ""


def _addresses(name: str, value: Any) -> Iterable[str]:
    """Yield the addresses in an argument; a bare host counts where the name speaks of one."""
    for _, text, _ in values_of(value, {}, name):
        found = _URL.findall(text)
        yield from found
        if not found and _ADDRESS_NAME.search(name) and _BARE.fullmatch(text.strip()):
            yield text.strip()


def goes_abroad(name: str) -> bool:
    """Say whether the name of a tool that reads speaks of the outside."""
    return bool(_ABROAD.search(name))


def _bare(url: str) -> str:
    """Return an address without what may be written or left out."""
    bare = re.sub(r"^https?://", "", plain(url))
    return bare.removeprefix("www.").rstrip("/.")


def _stands(value: str, one: Foreign) -> bool:
    """Say whether a value, or what is telling in it, stands in somebody else's text."""
    flat, text = plain(value), plain(one.text)
    if one.told:
        return any(_telling(word) and word in text for word in _TOKEN.findall(flat))
    if len(flat) >= LEAST and flat in text:
        return True
    words = {word for word in _TOKEN.findall(flat) if len(word) >= LEAST}
    borrowed = [word for word in words if word in text]
    return any(map(_telling, borrowed)) or len(borrowed) >= 4


def _telling(word: str) -> bool:
    """Say whether a word can hardly be there by chance: an address, a number, a code."""
    return "@" in word or "://" in word or "www." in word or sum(c.isdigit() for c in word) >= 3


def told(tools: Sequence[tuple[str, str]]) -> tuple[Foreign, ...]:
    """Return what strangers' tools say of themselves, as (name, description) of each."""
    return tuple(Foreign(name, text, told=True) for name, text in tools)
