"""How tools are shown to a model, and how its decision is read back: one `ToolProtocol` each.

`native` leaves the tools to the server's own function calling. `agent.models.prompted` describes
them in the prompt. `text` shows none. Whatever the protocol, calls are read back from anything
that a model writes (`agent.models.calls`).
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from agent.models.base import (
    CallChunk,
    CallRecord,
    ChatModel,
    EndChunk,
    FinishReason,
    Message,
    ModelRequest,
    RawCall,
    TextChunk,
    Usage,
)
from agent.models.calls import Call, StreamReader, check_calls
from tools.spec import ToolSpec


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a reply is sampled, and how long it may be.

    Args:
        max_tokens: Limit on the tokens of the reply.
        temperature: Sampling temperature; 0 is greedy.
        seed: Seed of the sampler.
    """

    max_tokens: int
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """What a model decided: an answer, or calls.

    Args:
        text: The answer's whole text, or what was said in front of the calls.
        calls: The calls, checked; those with a problem must be answered, not run.
        raw: The reply exactly as it was generated, for the next prompt.
        finish: Why the reply ended.
        usage: What it cost; several model calls may be in it.
        looked_up: The question that its calls look up, where the assistant itself made them.
        complete: Whether a decision without text and calls is meant so, and no failure.
    """

    text: str
    calls: tuple[Call, ...]
    raw: str
    finish: FinishReason
    usage: Usage
    looked_up: str = ""
    complete: bool = False


class ToolProtocol(Protocol):
    """A way to show tools to a model and to read its decision."""

    @property
    def name(self) -> str:
        """The protocol's name, as settings know it."""
        ...

    @property
    def late(self) -> bool:
        """Whether further tools can be described in the conversation, behind the user's words."""
        ...

    def overhead(self, system: str, tools: Sequence[ToolSpec]) -> str:
        """Return the text that stands in front of every conversation, to measure its size."""
        ...

    def sent(self, tools: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
        """Return the tools that go to the server beside the messages."""
        ...

    def render(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> list[Message]:
        """Return the messages that are sent, system prompt first."""
        ...

    def decide(
        self,
        model: ChatModel,
        prompt: list[Message],
        tools: Sequence[ToolSpec],
        sampling: Sampling,
        *,
        answer_only: bool = False,
    ) -> AsyncGenerator[str | Decision, None]:
        """Yield pieces of an answer as they are generated, then one `Decision`.

        Args:
            model: The model that decides.
            prompt: What `render` made.
            tools: The tools on offer, always the same ones in the same order.
            sampling: How to sample.
            answer_only: Call nothing; the tools stay in the prompt so that its prefix holds.

        Raises:
            ModelError: The model or its server failed.
        """
        ...


class Native:
    """Leave tools to the server's own function calling."""

    name = "native"
    late = False

    def overhead(self, system: str, tools: Sequence[ToolSpec]) -> str:
        """Return the system prompt and the tools as the server is sent them."""
        return system + json.dumps([[t.name, t.description, t.parameters] for t in tools])

    def sent(self, tools: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
        """Return all of them, under names that every server takes."""
        if all(SAFE.fullmatch(tool.name) for tool in tools):
            return tools
        return [replace(tool, name=_safe(tool.name)) for tool in tools]

    def render(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> list[Message]:
        """Put the system prompt in front."""
        return [{"role": "system", "content": system}, *map(_with_safe_names, messages)]

    async def decide(
        self,
        model: ChatModel,
        prompt: list[Message],
        tools: Sequence[ToolSpec],
        sampling: Sampling,
        *,
        answer_only: bool = False,
    ) -> AsyncGenerator[str | Decision, None]:
        """Ask once, with the tools; calls that leak into the text are read back from it."""
        request = (
            request_of(answering(prompt), (), sampling)
            if answer_only
            else request_of(prompt, self.sent(tools), sampling)
        )
        reader = StreamReader(tools)
        raw: list[str] = []
        shown: list[str] = []
        native: list[RawCall] = []
        end = EndChunk("stop", Usage())
        async for chunk in model.stream(request):
            if isinstance(chunk, TextChunk):
                raw.append(chunk.text)
                if piece := reader.feed(chunk.text):
                    shown.append(piece)
                    yield piece
            elif isinstance(chunk, CallChunk):
                native.extend(chunk.calls)
            else:
                end = chunk
        written, rest = reader.finish()
        if rest:
            shown.append(rest)
            yield rest
        calls = () if answer_only else check_calls([*native, *written], tools)
        yield Decision("".join(shown), calls, "".join(raw), end.finish, end.usage)


class Text(Native):
    """Show no tools at all, to a model that can only chat."""

    name = "text"

    def overhead(self, system: str, tools: Sequence[ToolSpec]) -> str:
        """Return the system prompt alone."""
        return system

    def sent(self, tools: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
        """Return none."""
        return ()

    def render(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> list[Message]:
        """Put the system prompt in front, and earlier calls and results in plain text."""
        return [{"role": "system", "content": system}, *flat(messages)]

    def decide(
        self,
        model: ChatModel,
        prompt: list[Message],
        tools: Sequence[ToolSpec],
        sampling: Sampling,
        *,
        answer_only: bool = False,
    ) -> AsyncGenerator[str | Decision, None]:
        """Ask once, without tools."""
        return super().decide(model, prompt, (), sampling, answer_only=True)


SAFE = re.compile(r"[A-Za-z0-9_-]{1,64}")
SAFE_PARTS = re.compile(r"[^A-Za-z0-9_-]")
ANSWER_NOW = "Answer my question now from what stands above, without any further tool."


def _safe(name: str) -> str:
    """Return a name that function calling takes; `check_calls` finds the tool behind it."""
    return SAFE_PARTS.sub("_", name)[:64]


def _with_safe_names(message: Message) -> Message:
    calls = message.get("tool_calls", [])
    if all(SAFE.fullmatch(call["name"]) for call in calls):
        return message
    safe = [CallRecord(**{**call, "name": _safe(call["name"])}) for call in calls]
    return Message(**{**message, "tool_calls": safe})


def failed(output: str) -> bool:
    """Tell whether the output of a call that ran is nothing but an error in JSON."""
    if not output.lstrip().startswith("{"):
        return False
    try:
        found = json.loads(output)
    except ValueError:
        return False
    return isinstance(found, dict) and bool(found.get("error"))


def result_of(name: str, output: str, *, refused: bool = False) -> str:
    """Return the words in which a model reads what came of a call."""
    mark = " (failed)" if refused or failed(output) else ""
    return f"Result of {name}{mark}:\n{output}"


def flat(messages: Sequence[Message]) -> list[Message]:
    """Render calls and their results as plain text, for a request without tools."""
    plain: list[Message] = []
    for message in messages:
        role, content = message["role"], message["content"]
        if role == "tool":
            refused = bool(message.get("error"))
            role, content = "user", result_of(message["name"], content, refused=refused)
        elif calls := message.get("tool_calls"):
            content = message.get("raw") or json.dumps(
                [{"name": call["name"], "arguments": call["arguments"]} for call in calls],
                ensure_ascii=False,
            )
        if plain and role == "user" == plain[-1]["role"]:
            plain[-1] = {"role": "user", "content": f"{plain[-1]['content']}\n\n{content}"}
        else:
            plain.append({"role": role, "content": content})
    return plain


def answering(prompt: Sequence[Message]) -> list[Message]:
    """Return a prompt in plain text that asks for an answer without tools."""
    return flat([*prompt, {"role": "user", "content": ANSWER_NOW}])


def request_of(
    prompt: Sequence[Message], tools: Sequence[ToolSpec], sampling: Sampling, **more: Any
) -> ModelRequest:
    """Make a request with the sampling of one decision."""
    return ModelRequest(
        messages=prompt,
        tools=tuple(tools),
        max_tokens=sampling.max_tokens,
        temperature=sampling.temperature,
        seed=sampling.seed,
        **more,
    )
