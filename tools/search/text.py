"""Clean texts, addresses and dates out of what an engine answered."""

from __future__ import annotations

import html
import re
from typing import Any

from tools.search.engine import Result

URL_CHARS = 4000
TEXT_CHARS = 2000
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T\d{4,6}Z?)?")
_PUZZLE = re.compile(
    r"captcha|unusual (?:web )?traffic|are you (?:a )?(?:human|robot)|not a robot|"
    r"you are human|bots use|anomaly-modal|challenge-(?:form|platform)|checking your browser",
    re.IGNORECASE,
)


def plain(value: Any, *, markup: bool = False) -> str:
    """Return a value as text on one line; nothing for what is no text.

    Args:
        value: What an engine wrote.
        markup: Whether it is HTML.
    """
    if not isinstance(value, str):
        return str(value) if isinstance(value, (int, float)) else ""
    if markup:
        value = html.unescape(_TAG.sub("", value))
    # A lone surrogate would break every later encoding.
    value = value[: TEXT_CHARS * 2].encode("utf-8", "replace").decode()
    return " ".join(value.split())[:TEXT_CHARS]


def result_of(
    url: Any,
    title: Any = "",
    snippet: Any = "",
    date: Any = "",
    *,
    image: Any = "",
    markup: bool = False,
) -> Result | None:
    """Return a result, or None where its address leads to no web page."""
    where = _address(url)
    if not where:
        return None
    return Result(
        plain(title, markup=markup) or where,
        where,
        plain(snippet, markup=markup),
        day_of(plain(date)),
        image=_address(image),
    )


def day_of(date: str) -> str:
    """Return the day of a point in time where it can be told, else the words as they are."""
    if found := _COMPACT_DATE.fullmatch(date):
        return "-".join(found.groups()[:3])
    return date[:10] if re.match(r"\d{4}-\d\d-\d\d", date) else date[:40]


def is_puzzle(text: str) -> bool:
    """Tell whether a page asks its reader to prove that they are human."""
    return bool(_PUZZLE.search(text[:200_000]))


def _address(value: Any) -> str:
    if not isinstance(value, str) or len(value) > URL_CHARS:
        return ""
    where = plain(value)
    return where if where.startswith(("http://", "https://")) and len(where) > 8 else ""
