"""What a source of tools offers, before the tools are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tools.errors import ToolSetupError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool that a source has, not yet made.

    Args:
        label: What it is called where something is wrong with it.
        make: Makes the tool, or raises.
        origin: Where it comes from: `built-in`, `given`, `file NAME`, `package NAME`, `mcp NAME`.
        qualified: Another name for it where its own is taken; empty for none.
    """

    label: str
    make: Callable[[], BaseTool]
    origin: str
    qualified: str = ""


class ToolSource(Protocol):
    """Where tools come from."""

    async def refresh(self) -> bool:
        """Look again; tell whether the offers or the problems changed."""
        ...

    @property
    def offers(self) -> Sequence[Offer]:
        """The tools, in a stable order."""
        ...

    @property
    def problems(self) -> Sequence[str]:
        """What was left out before it became an offer, one sentence each."""
        ...

    async def aclose(self) -> None:
        """Close what was opened for the tools."""
        ...


def reason_of(error: BaseException) -> str:
    """Say in one line why a tool cannot be had."""
    if isinstance(error, ToolSetupError):
        hint = f" {error.hint}" if error.hint else ""
        return f"{error.message}{hint}"
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
