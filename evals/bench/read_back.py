"""A chat model for `create_agent` that reads calls back out of a reply's text.

A small model often writes its call as text that its server does not parse. With the calls read
back, a comparison says how well each side plans, and not only how well it parses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.models.calls import check_calls, read_calls
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_openai import ChatOpenAI


def reading_back(**options: Any) -> ChatOpenAI:
    """Return `ChatOpenAI` with some options; calls are read back where a reply calls nothing."""
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatResult
    from langchain_openai import ChatOpenAI

    class ReadingBack(ChatOpenAI):
        """Read calls back from the text."""

        async def _agenerate(
            self,
            messages: list[BaseMessage],
            stop: list[str] | None = None,
            run_manager: Any = None,
            **kwargs: Any,
        ) -> ChatResult:
            result = await super()._agenerate(messages, stop, run_manager, **kwargs)
            for generation in result.generations:
                if isinstance(generation.message, AIMessage) and not generation.message.tool_calls:
                    tools = [_spec(tool["function"]) for tool in kwargs.get("tools", ())]
                    generation.message = read_back(generation.message, tools, len(messages))
            return result

    return ReadingBack(**options)


def read_back(message: AIMessage, tools: Sequence[ToolSpec], number: int) -> AIMessage:
    """Return a reply with the calls that its text holds.

    Args:
        message: The reply.
        tools: The tools that the model was offered.
        number: Messages in front of it; the calls are named by it, the same in every run.
    """
    raw, rest = read_calls(message.text, tools)
    calls = [
        {
            "name": call.name,
            "args": call.arguments,
            "id": f"read_{number}_{at}",
            "type": "tool_call",
        }
        for at, call in enumerate(check_calls(raw, tools))
    ]
    return message.model_copy(update={"content": rest, "tool_calls": calls}) if calls else message


def _spec(function: dict[str, Any]) -> ToolSpec:
    return ToolSpec(function["name"], function.get("description", ""), function["parameters"])
