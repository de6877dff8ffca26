"""Asks a model for its first decision on a request, with all tools on offer and none run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from agent.models.base import ChatModel
from agent.models.calls import Call
from agent.nodes.decide import decide
from agent.settings import Settings
from agent.shown import choose
from agent.state import Context, Entry, Parts

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Progress = Callable[[int, int, str], None]


class Trial:
    """Ask for first decisions; made by `open_trial`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def model(self) -> ChatModel:
        """The model that is asked."""
        return self._parts.model

    async def calls(self, request: str) -> tuple[Call, ...]:
        """Return the calls that a new thread would begin with, none if it is an answer.

        Args:
            request: What the user says.

        Raises:
            ModelError: The model failed.
        """
        parts, toolbox = self._parts, self._parts.registry.toolbox
        deadline = asyncio.get_running_loop().time() + parts.settings.budget.seconds
        said = Entry(role="user", content=request)
        if names := await choose(request, [], parts):
            said["tools"] = names
        ctx = Context(parts, "trial", "trial", toolbox, deadline)
        decision, _ = await decide([said], ctx)
        return decision.calls


@asynccontextmanager
async def open_trial(
    settings: Settings,
    tools: Sequence[BaseTool] = (),
    progress: Progress | None = None,
) -> AsyncIterator[Trial]:
    """Open the model and the tools of the settings, without threads and without a journal.

    Args:
        settings: What to run with.
        tools: Tools beside those of the settings.
        progress: Called with (bytes done, bytes in all, what) while weights are fetched.

    Raises:
        ArrieroError: A part cannot be had.
    """
    from agent.models.open import open_model
    from agent.models.table import protocol_for
    from agent.prompts import system_prompt
    from tools.journal import MemoryJournal
    from tools.policy import Policy
    from tools.registry import open_registry
    from tools.secrets import redactor_for

    async with AsyncExitStack() as stack:
        given: list[BaseTool | Callable[..., Any]] = list(tools)
        registry = await open_registry(settings.tools, settings.home, settings.builtin_tools, given)
        stack.push_async_callback(registry.aclose)
        model = await open_model(settings.model, settings.models, progress=progress)
        stack.push_async_callback(model.aclose)
        redactor = redactor_for(settings.tools)
        yield Trial(
            Parts(
                settings=settings,
                model=model,
                protocol=protocol_for(model.info, settings.protocol),
                registry=registry,
                policy=Policy(settings.tools, MemoryJournal(), redactor),
                system=system_prompt(settings.instructions),
                redactor=redactor,
            )
        )
