"""Find the tool that a model means by the name it wrote."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tools.literals import Mismatch
from tools.spec import ToolSpec

MAX_NAME = 100
_SERVERS_LIMIT = 64
_MAX_NESTING = 8

_NO_LETTERS = re.compile(r"[^a-z0-9]+")
_PREFIXES = ("functions", "function", "tools", "tool")
_SUFFIX = "call"


class Names:
    """Know the tools by name.

    Args:
        tools: The tools that the model was offered.
    """

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._exact = {tool.name: tool for tool in tools}
        self._plain: dict[str, list[ToolSpec]] = defaultdict(list)
        self._dressed: dict[str, list[ToolSpec]] = defaultdict(list)
        for name, tool in self._exact.items():
            plain = _plain(name)
            self._plain[plain].append(tool)
            dressed = {prefix + plain for prefix in _PREFIXES}
            dressed |= {plain + _SUFFIX, _plain(name[:_SERVERS_LIMIT])}
            for dress in dressed - {plain}:
                self._dressed[dress].append(tool)

    def __bool__(self) -> bool:
        """Say whether there are tools at all."""
        return bool(self._exact)

    @property
    def offered(self) -> tuple[str, ...]:
        """The tools' names in their order."""
        return tuple(self._exact)

    def resolve(self, name: str) -> ToolSpec | None:
        """Return the tool of this name, or the only one whose name differs in form alone.

        Case, everything but letters and digits, a prefix such as `functions.` and the suffix
        `.call` are form; so is what a server cuts off behind the 64th character.
        """
        if name in self._exact:
            return self._exact[name]
        plain = _plain(name)
        found = (self._plain.get(plain) or self._dressed.get(plain) or []) if plain else []
        return found[0] if len(found) == 1 else None

    def may_begin(self, part: str) -> bool:
        """Say whether a tool's name can begin like this."""
        plain = _plain(part)
        return any(
            name.startswith(plain) for names in (self._plain, self._dressed) for name in names
        )


def _plain(name: str) -> str:
    return _NO_LETTERS.sub("", name.casefold())


@dataclass(frozen=True, slots=True)
class Scope:
    """What counts as a call at this place.

    Args:
        names: The tools.
        lenient: Whether an unknown name and odd arguments still make a call, to be answered
            with a correction: where the text claims to be one, and is nothing else.
        marked: Whether an explicit tag stands around.
        fenced: Whether a code fence stands around.
        depth: How many tags, fences and lists stand around.
    """

    names: Names
    lenient: bool = False
    marked: bool = False
    fenced: bool = False
    depth: int = 0

    def inner(self, *, marked: bool = False, fenced: bool = False) -> Scope:
        """Return the scope one level further in; behind a mark it is lenient."""
        if self.depth >= _MAX_NESTING:
            raise Mismatch
        return Scope(
            self.names,
            lenient=self.lenient or marked,
            marked=self.marked or marked,
            fenced=self.fenced or fenced,
            depth=self.depth + 1,
        )
