"""Checks on what comes in and on what goes out."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from agent.errors import UsageError

MOST = 4000
"""Characters that a link may have; what is longer is none."""
_OPEN = re.compile(r"!?\[|<(?=[a-zA-Z!])|`+")
_INLINE = re.compile(r"(!?)\[([^\[\]]*)\]\(\s*<?([^\s)>]*)>?[^)]*\)")
_DEFINITION = re.compile(r"!?\[([^\[\]]+)\]:\s*<?(\S+?)>?(?=\s|\Z)")
_AUTOLINK = re.compile(r"<(https?://[^\s<>]*)>")
_TAG = re.compile(r"<[a-zA-Z!][^<>]*>")
_LOADING = re.compile(
    r"<\s*(img|image|iframe|frame|embed|object|video|audio|source|track|link|script|style|svg|"
    r"input|body|table|td|base|meta|form|picture|portal)\b",
    re.I,
)


def check_input(text: str) -> str:
    """Return the user's text without characters that no one types.

    Raises:
        UsageError: Nothing is left of it.
    """
    kept = "".join(c for c in text if c in "\n\t" or c.isprintable() or ord(c) > 0x9F)
    kept = kept.encode("utf-8", "replace").decode("utf-8").strip()
    if not kept:
        raise UsageError("The message is empty.", 'Type a question, as in: arriero ask "hello"')
    return kept


class OutputGuard:
    """Take out of an answer what would make a reader's program load something from elsewhere.

    A picture in Markdown is loaded as soon as it is shown, so its address can carry out what the
    model knows. Pictures, and HTML that loads something, are replaced by words unless their host
    is among the sources; the address of a link to any other host stands in plain sight. Code is
    left as it is. The text may come in pieces; what may become a link is held back until it is
    one.

    Args:
        hosts: Returns the hosts that the turn's sources and the user's own words name.
    """

    def __init__(self, hosts: Callable[[], Collection[str]]) -> None:
        self._hosts = hosts
        self._rest = ""
        self._ticks = ""
        self.blocked: list[str] = []

    def feed(self, text: str) -> str:
        """Take a piece, and return what can be shown by now."""
        self._rest += text
        return self._take(final=False)

    def finish(self) -> str:
        """Return what was held back."""
        return self._take(final=True)

    def _take(self, *, final: bool) -> str:
        shown: list[str] = []
        while self._rest:
            piece = self._code(final=final) if self._ticks else self._prose(final=final)
            if not piece:
                break
            shown.append(piece)
        return "".join(shown)

    def _code(self, *, final: bool) -> str:
        """Return code up to its closing backticks."""
        end = self._rest.find(self._ticks)
        if end >= 0:
            end += len(self._ticks)
            self._ticks = ""
            return self._cut(end)
        return self._cut(len(self._rest) if final else len(self._rest) - len(self._ticks) + 1)

    def _prose(self, *, final: bool) -> str:
        """Return prose up to the next place where a link may begin, or that link."""
        found = _OPEN.search(self._rest)
        if found is None:
            # An exclamation mark or a bracket at the very end may be half of a beginning.
            held = 0 if final or self._rest[-1] not in "!<" else 1
            return self._cut(len(self._rest) - held)
        if found.start():
            return self._cut(found.start())
        if found[0].startswith("`"):
            if len(found[0]) == len(self._rest) and not final:
                return ""
            self._ticks = found[0]
            return self._cut(len(found[0]))
        for pattern, replaced in (
            (_INLINE, self._inline),
            (_DEFINITION, self._definition),
            (_AUTOLINK, lambda match: str(match[0])),
            (_TAG, self._tag),
        ):
            match = pattern.match(self._rest)
            if match and (final or match.end() < len(self._rest) or pattern is not _DEFINITION):
                self._cut(match.end())
                return replaced(match)
        if not final and _may_go_on(self._rest):
            return ""
        return self._cut(len(found[0]))

    def _inline(self, match: re.Match[str]) -> str:
        mark, label, url = match[1], match[2], match[3]
        if self._known(url):
            return match[0]
        if mark:
            self.blocked.append(_host(url) or url)
            return f"{label or 'picture'} (not loaded: {_host(url) or 'no address'})"
        return f"{label} ({url})" if label != url else url

    def _definition(self, match: re.Match[str]) -> str:
        return match[0] if self._known(match[2]) else f"{match[1]}: {match[2]}"

    def _tag(self, match: re.Match[str]) -> str:
        if not _LOADING.match(match[0]):
            return match[0]
        self.blocked.append("HTML")
        return "(HTML left out)"

    def _known(self, url: str) -> bool:
        if "\\" in url:
            return False  # browsers take it for a slash
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if not parts.scheme and not parts.netloc and not url.startswith("/"):
            return True  # a place in the text itself
        return parts.scheme in ("http", "https") and _host(url) in self._hosts()

    def _cut(self, end: int) -> str:
        piece, self._rest = self._rest[:end], self._rest[end:]
        return piece


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


def hosts_in(text: str) -> set[str]:
    """Return the hosts of the web addresses in a text."""
    return {_host(url) for url in re.findall(r"https?://[^\s<>\"')\]]+", text)} - {""}


def _may_go_on(text: str) -> bool:
    """Say whether what begins like a link or a tag may still become one."""
    if len(text) > MOST or "\n\n" in text:
        return False
    if text.startswith("<"):
        return ">" not in text and "<" not in text[1:]
    label, closed, rest = text.partition("]")
    if not closed:
        return label.rfind("[") == label.find("[")
    if not rest:
        return True
    if rest[0] == "(":
        return ")" not in rest
    return rest[0] == ":" and not re.match(r":\s*\S+\s", rest)
