"""Tools of installed packages, through their entry points in the group `arriero.tools`.

An entry point names a function, a langchain tool, a list of these, or a module, which is read as a
file of the tool folder is.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from tools.folder import items_of
from tools.offers import Offer, reason_of
from tools.threads import in_thread
from tools.wrap import as_tool, with_policies

GROUP = "arriero.tools"


class Packages:
    """Offer the tools of installed packages; they are looked for once."""

    def __init__(self) -> None:
        self._looked = False
        self.offers: tuple[Offer, ...] = ()
        self.problems: tuple[str, ...] = ()

    async def refresh(self) -> bool:
        """Load the entry points the first time."""
        if self._looked:
            return False
        self._looked = True
        found = sorted(entry_points(group=GROUP), key=lambda one: (_package(one), one.name))
        offers: list[Offer] = []
        problems: list[str] = []
        for point in found:
            where = f"{point.name} of {_package(point)}"
            try:
                loaded = await in_thread(point.load)
                offers.extend(_offers(point, loaded))
            # The tool boundary: a package may do anything when it is imported.
            except (Exception, SystemExit) as error:  # noqa: BLE001
                problems.append(f"{where} was left out: {reason_of(error)}")
        self.offers, self.problems = tuple(offers), tuple(problems)
        return bool(found)

    async def aclose(self) -> None:
        """Do nothing: packages hold nothing open."""


def _offers(point: EntryPoint, loaded: Any) -> Iterable[Offer]:
    origin = f"package {_package(point)}"
    if isinstance(loaded, ModuleType):
        items, policies = items_of(loaded)
        for name, item in items:
            make = partial(with_policies, item, policies)
            yield Offer(f"{point.name}: {name}", make, origin)
        return
    for item in loaded if isinstance(loaded, (list, tuple)) else (loaded,):
        yield Offer(point.name, partial(as_tool, item), origin)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else "an unknown package"
