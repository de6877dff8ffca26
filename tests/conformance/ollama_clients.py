"""Three clients of Ollama behind one face: ollama, langchain-ollama and our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from agent.models.base import CallRecord, Message
from agent.models.ollama import OllamaModel, open_ollama
from tests.doubles.talk import gather, quick
from tools.spec import ToolSpec


@dataclass(slots=True)
class Said:
    """What a client made of one reply."""

    text: str
    calls: list[tuple[str, Any]] = field(default_factory=list)
    finish: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Client(Protocol):
    """A client with a model."""

    name: str

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        schema: dict[str, Any] | None = None,
        limit: int | None = None,
    ) -> Said:
        """Ask for one streamed reply."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


def as_functions(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {
                "name": tool.name,
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]


class Ours:
    """The client of agent.models.ollama."""

    name = "arriero"

    def __init__(self, model: OllamaModel) -> None:
        self.model = model

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        schema: dict[str, Any] | None = None,
        limit: int | None = None,
    ) -> Said:
        text, calls, end = await gather(
            self.model, *messages, tools=tools, schema=schema, max_tokens=limit
        )
        found = [(call.name, call.arguments) for call in calls]
        usage = end.usage
        finish = "length" if end.finish == "length" else "stop"
        return Said(text, found, finish, usage.prompt_tokens, usage.completion_tokens)

    async def close(self) -> None:
        await self.model.aclose()


class Plain:
    """The package ollama."""

    name = "ollama"

    def __init__(self, url: str, model: str, window: int) -> None:
        import ollama

        self.model, self.window = model, window
        self.client = ollama.AsyncClient(host=url)

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        schema: dict[str, Any] | None = None,
        limit: int | None = None,
    ) -> Said:
        options = {"num_ctx": self.window, "temperature": 0, "seed": 0}
        if limit is not None:
            options["num_predict"] = limit
        stream = await self.client.chat(
            model=self.model,
            messages=[_as_plain(message) for message in messages],
            tools=as_functions(tools) or None,
            format=schema,
            options=options,
            stream=True,
        )
        said = Said("")
        async for part in stream:
            said.text += part.message.content or ""
            for call in part.message.tool_calls or ():
                said.calls.append((call.function.name, dict(call.function.arguments)))
            if part.done:
                said.finish = part.done_reason or ""
                said.prompt_tokens = part.prompt_eval_count or 0
                said.completion_tokens = part.eval_count or 0
        return said

    async def close(self) -> None:
        await self.client._client.aclose()


class LangChain:
    """The package langchain-ollama."""

    name = "langchain-ollama"

    def __init__(self, url: str, model: str, window: int) -> None:
        from langchain_ollama import ChatOllama

        self.options = {"num_ctx": window, "temperature": 0, "seed": 0}
        self.chat_model = ChatOllama(model=model, base_url=url)

    async def chat(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ToolSpec] = (),
        schema: dict[str, Any] | None = None,
        limit: int | None = None,
    ) -> Said:
        from langchain_core.messages import convert_to_messages

        options = self.options if limit is None else {**self.options, "num_predict": limit}
        more: dict[str, Any] = {"options": options}
        if tools:
            more["tools"] = as_functions(tools)
        if schema is not None:
            more["format"] = schema
        whole = None
        async for part in self.chat_model.astream(
            convert_to_messages([_as_openai(message) for message in messages]), **more
        ):
            whole = part if whole is None else whole + part
        assert whole is not None
        usage: Any = whole.usage_metadata or {}
        return Said(
            str(whole.content),
            [(call["name"], call["args"]) for call in whole.tool_calls],
            whole.response_metadata.get("done_reason", ""),
            usage.get("input_tokens", 0),
            usage.get("output_tokens", 0),
        )

    async def close(self) -> None:
        await self.chat_model._async_client._client.aclose()
        self.chat_model._client._client.close()


async def open_client(kind: str, url: str, model: str, window: int) -> Client:
    """Open one of the three on a server; ours derives its model first."""
    if kind == "arriero":
        settings = quick(first_byte=600.0, between=120.0, host=url, context=window)
        return Ours(await open_ollama(model, settings))
    return Plain(url, model, window) if kind == "ollama" else LangChain(url, model, window)


def _as_plain(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message["role"], "content": message["content"]}
    if calls := message.get("tool_calls"):
        found["tool_calls"] = [
            {"function": {"name": call["name"], "arguments": call["arguments"]}} for call in calls
        ]
    if message["role"] == "tool":
        found["tool_name"] = message.get("name", "")
    return found


def _as_openai(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = {"role": message["role"], "content": message["content"]}
    if calls := message.get("tool_calls"):
        found["tool_calls"] = [_openai_call(call) for call in calls]
    if message["role"] == "tool":
        found["tool_call_id"] = message["tool_call_id"]
    return found


def _openai_call(call: CallRecord) -> dict[str, Any]:
    import json

    function = {"name": call["name"], "arguments": json.dumps(call["arguments"])}
    return {"id": call["id"], "type": "function", "function": function}
