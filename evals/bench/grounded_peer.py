"""What answers the questions beside arriero: `create_agent` with the same search and page tools."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.models.base import ChatModel, Usage
from agent.prompts import SYSTEM
from evals.bench.served_chat import chat_on
from evals.web import Web
from tools.registry import Registered, open_registry
from tools.sources import Source

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool

TOOLS = ("web_search", "read_page")
ASKED_FOR = "Use the tools to look things up, and cite sources as [n]."
"""What `create_agent` is told beside arriero's system prompt."""
STEPS = 12
"""Times that a model may decide for one question."""
SECONDS = 900.0
"""Seconds that one question may take."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a contestant did with one question.

    Args:
        answer: What it said; empty if it failed.
        stop: Why it stopped; `answered` is the ordinary end.
        usage: What its model calls cost.
        sources: What its tools brought it, each address once.
        numbered: What a [n] in the answer stands for.
        steps: Its tool calls, with what they returned.
    """

    answer: str
    stop: str = "answered"
    usage: Usage = field(default_factory=Usage)
    sources: tuple[Source, ...] = ()
    numbered: Mapping[int, Source] = field(default_factory=dict)
    steps: tuple[dict[str, Any], ...] = ()


Ask = Callable[[str, str], Awaitable[Reply]]
"""Asks a question, given its name and its words."""


class Seen:
    """What the tools of a contestant have returned for one question."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.calls: list[tuple[str, list[Source]]] = []

    def note(self, name: str, arguments: dict[str, Any], output: str, sources: list[Source]) -> str:
        """Keep one call, and return its output."""
        self.steps.append({"name": name, "arguments": arguments, "output": output})
        self.calls.append((name, sources))
        return output

    @property
    def sources(self) -> tuple[Source, ...]:
        """All sources, each address once."""
        return tuple({one.url: one for _, found in self.calls for one in found}.values())

    @property
    def numbered(self) -> dict[int, Source]:
        """What a number stands for: the result of the last search that has one of that number.

        Without a search that has one, the sources are counted as they came.
        """
        numbers = dict(enumerate(self.sources, start=1))
        for name, found in self.calls:
            if name == TOOLS[0]:
                numbers |= dict(enumerate(found, start=1))
        return numbers


def plain_tool(registered: Registered, seen: Seen, limit: int) -> BaseTool:
    """Wrap a tool as langchain has it: its text goes to the model, its sources are noted.

    Args:
        registered: The tool.
        seen: Where its calls are noted.
        limit: Characters of its output that the model is shown.
    """
    from langchain_core.tools import StructuredTool, ToolException

    inner = registered.tool

    async def run(**arguments: Any) -> str:
        call = {"type": "tool_call", "id": "1", "name": inner.name, "args": arguments}
        try:
            result = await inner.ainvoke(call)
        except ToolException as error:
            return seen.note(inner.name, arguments, str(error), [])
        found = result.artifact or []
        sources = [one for one in found if isinstance(one, Source)]
        return seen.note(inner.name, arguments, str(result.text)[:limit], sources)

    return StructuredTool(
        name=inner.name,
        description=inner.description,
        args_schema=inner.args_schema or {},
        coroutine=run,
        handle_validation_error=True,
    )


@asynccontextmanager
async def peer(chat: BaseChatModel, calls: list[Usage], web: Web, home: Path) -> AsyncIterator[Ask]:
    """Open `create_agent` on a langchain model with arriero's own tools for a web.

    Args:
        chat: The model.
        calls: What its calls cost, as they are made.
        web: What can be searched and read.
        home: A folder for what the tools keep.
    """
    from langchain.agents import create_agent
    from langgraph.errors import GraphRecursionError
    from openai import OpenAIError

    settings = web.settings()
    registry = await open_registry(settings, home, TOOLS)

    async def ask(name: str, text: str) -> Reply:
        seen, answer, stop = Seen(), "", "answered"
        calls.clear()
        tools = [
            plain_tool(registry.toolbox.tools[one], seen, settings.output_chars) for one in TOOLS
        ]
        agent: Any = create_agent(chat, tools, system_prompt=f"{SYSTEM}\n\n{ASKED_FOR}")
        try:
            async with asyncio.timeout(SECONDS):
                state = await agent.ainvoke(
                    {"messages": [{"role": "user", "content": text}]},
                    # Each step takes two of langgraph's, and the answer one more.
                    {"recursion_limit": 2 * STEPS + 1},
                )
            answer = state["messages"][-1].text
        except GraphRecursionError:
            stop = "step_limit"
        except TimeoutError:
            stop = "time_limit"
        except OpenAIError as error:
            stop = f"{type(error).__name__}: {error}"
        cost = sum(calls, Usage())
        return Reply(answer, stop, cost, seen.sources, seen.numbered, tuple(seen.steps))

    try:
        yield ask
    finally:
        await registry.aclose()


async def peers(
    model: ChatModel, folder: Path, web: Web, home: Path, stack: AsyncExitStack
) -> dict[str, Ask]:
    """Open `create_agent` on a model's server, as it is and with calls read back from text."""
    found: dict[str, Ask] = {}
    names: Sequence[tuple[str, bool]] = (
        ("create_agent", False),
        ("create_agent, text read back", True),
    )
    for name, read_back in names:
        opened = chat_on(model, folder, read_back=read_back)
        chat, calls = await stack.enter_async_context(opened)
        own = home / f"peer{len(found)}"
        found[name] = await stack.enter_async_context(peer(chat, calls, web, own))
    return found
