"""The adapter around langchain's chat models, and its providers by name."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import PrivateAttr

from agent.errors import MissingExtra, ModelUnfit, ServerFault, Unauthorized, UsageError
from agent.models.base import (
    CallChunk,
    ChatModel,
    Chunk,
    EndChunk,
    Message,
    ModelRequest,
    RawCall,
    TextChunk,
)
from agent.models.langchain import PROVIDERS, LangChainModel, open_provider
from agent.models.settings import ModelSettings
from tools.spec import ToolSpec

ADD = ToolSpec("add", "Add.", {"type": "object", "properties": {"a": {"type": "integer"}}})
HELLO: list[Message] = [{"role": "user", "content": "Hello"}]


class Streaming(BaseChatModel):
    """Stream given pieces; an exception among them is raised."""

    model_name: str = "Fake-7B-Instruct"
    pieces: list[Any] = []  # noqa: RUF012 (a pydantic field)
    _seen: list[Any] = PrivateAttr(default_factory=list)
    _binds: list[Any] = PrivateAttr(default_factory=list)
    _closed: list[bool] = PrivateAttr(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "fake"

    def _generate(self, messages: list[BaseMessage], *rest: Any, **options: Any) -> ChatResult:
        raise AssertionError("not streamed")

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        self._seen.append((messages, stop, options))
        try:
            for piece in self.pieces:
                if isinstance(piece, Exception):
                    raise piece
                if piece is None:
                    await asyncio.Event().wait()
                yield ChatGenerationChunk(message=piece)
        finally:
            self._closed.append(True)

    def bind_tools(self, tools: Sequence[Any], **options: Any) -> Runnable[Any, AIMessage]:
        self._binds.append(tools)
        return self.bind(tools=tools)


class Whole(BaseChatModel):
    """Answer in one message, without streaming and without tools."""

    reply: AIMessage

    @property
    def _llm_type(self) -> str:
        return "whole"

    def _generate(self, messages: list[BaseMessage], *rest: Any, **options: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self.reply)])


def piece(text: Any = "", **more: Any) -> AIMessageChunk:
    return AIMessageChunk(content=text, **more)


def done(reason: str = "stop", **more: Any) -> AIMessageChunk:
    return piece(response_metadata={"finish_reason": reason}, **more)


async def run(model: ChatModel, **options: Any) -> list[Chunk]:
    return [chunk async for chunk in model.stream(ModelRequest(HELLO, **options))]


async def test_text_streams_and_usage_is_told() -> None:
    usage = {
        "input_tokens": 20,
        "output_tokens": 2,
        "total_tokens": 22,
        "input_token_details": {"cache_read": 15},
    }
    chat = Streaming(pieces=[piece("Hel"), piece("lo"), done(usage_metadata=usage)])
    model = LangChainModel(chat)
    assert isinstance(model, ChatModel)
    assert (model.info.name, model.info.identity) == ("Fake-7B-Instruct", "fake-7b")
    *texts, end = await run(model)
    assert texts == [TextChunk("Hel"), TextChunk("lo")]
    assert isinstance(end, EndChunk)
    assert (end.finish, end.usage.prompt_tokens, end.usage.cached_tokens) == ("stop", 20, 15)
    assert end.usage.completion_tokens == 2


async def test_text_in_blocks_is_read_and_reasoning_left_out() -> None:
    blocks = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Yes"}, "!"]
    chunks = await run(LangChainModel(Streaming(pieces=[piece(blocks), done("length")])))
    assert chunks[0] == TextChunk("Yes!")
    assert isinstance(chunks[1], EndChunk)
    assert chunks[1].finish == "length"
    assert chunks[1].usage.completion_tokens == 1


async def test_calls_are_put_together_and_bad_ones_passed_on() -> None:
    def part(index: int, name: str | None, args: str, id: str | None) -> AIMessageChunk:
        made = {"index": index, "name": name, "args": args, "id": id, "type": "tool_call_chunk"}
        return piece(tool_call_chunks=[made])

    pieces = [
        part(0, "add", '{"a"', "c1"),
        part(0, None, ": 1}", None),
        part(1, "add", '{"a": oops', "c2"),
        done("tool_calls"),
    ]
    chunks = await run(LangChainModel(Streaming(pieces=pieces)), tools=[ADD])
    assert chunks[0] == CallChunk(
        (RawCall("add", '{"a": 1}', "c1"), RawCall("add", '{"a": oops', "c2"))
    )
    assert isinstance(chunks[1], EndChunk)
    assert chunks[1].finish == "tool_calls"


async def test_a_model_that_cannot_stream_is_taken_whole() -> None:
    reply = AIMessage(
        "Adding.",
        tool_calls=[{"name": "add", "args": {"a": 1}, "id": "c1"}],
        invalid_tool_calls=[{"name": "add", "args": "{", "id": "c2", "error": "bad"}],
    )
    model = LangChainModel(Whole(reply=reply))
    assert model.info.tools is False
    chunks = await run(model)
    assert chunks[:2] == [
        TextChunk("Adding."),
        CallChunk((RawCall("add", {"a": 1}, "c1"), RawCall("add", "{", "c2"))),
    ]
    with pytest.raises(ModelUnfit, match="function calling"):
        await run(model, tools=[ADD])


async def test_tools_are_bound_once_for_each_set() -> None:
    chat = Streaming(pieces=[piece("x"), done()])
    model = LangChainModel(chat)
    tools = (ADD,)
    for _ in range(3):
        await run(model, tools=tools)
    await run(model, tools=(ADD, ToolSpec("mul", "Multiply.", {})))
    await run(model)
    assert [len(bound) for bound in chat._binds] == [1, 2]
    assert chat._binds[0][0]["function"]["parameters"] == ADD.parameters
    assert "tools" not in chat._seen[-1][2]


async def test_messages_options_and_prefill_are_passed_on() -> None:
    chat = Streaming(pieces=[piece("x"), done()])
    call = {"id": "c1", "name": "add", "arguments": {"a": 1}}
    talk: list[Message] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add."},
        {"role": "assistant", "content": "", "tool_calls": [call]},  # type: ignore[list-item]
        {"role": "tool", "content": "1", "tool_call_id": "c1", "name": "add"},
    ]
    model = LangChainModel(chat, limit="max_tokens")
    request = ModelRequest(talk, stop=["\n"], max_tokens=9, prefill="It")
    assert [chunk async for chunk in model.stream(request)]
    messages, stop, options = chat._seen[0]
    assert (stop, options["max_tokens"]) == (["\n"], 9)
    assert [type(message) for message in messages] == [
        SystemMessage,
        HumanMessage,
        AIMessage,
        ToolMessage,
        AIMessage,
    ]
    assert messages[2].tool_calls[0]["args"] == {"a": 1}
    assert messages[3].tool_call_id == "c1"
    assert messages[4].content == "It"


@pytest.mark.parametrize("options", [{"schema": {}}, {"grammar": "x"}, {"logprobs": 1}])
async def test_what_langchain_cannot_ask_for_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ModelUnfit):
        await run(LangChainModel(Streaming()), **options)


async def test_a_broken_off_reply_is_not_taken_for_whole() -> None:
    for pieces, must_finish in (([piece("Half")], True), ([piece("Half"), done("load")], False)):
        with pytest.raises(ServerFault, match="broke off"):
            await run(LangChainModel(Streaming(pieces=pieces), must_finish=must_finish))
    assert await run(LangChainModel(Streaming(pieces=[piece("Whole")])))


async def test_errors_of_the_client_are_told_not_thrown() -> None:
    refused = httpx.HTTPError("Incorrect key")
    refused.status_code = 401  # type: ignore[attr-defined]
    for error, kind in ((refused, Unauthorized), (httpx.ReadError("gone"), ServerFault)):
        with pytest.raises(kind):
            await run(LangChainModel(Streaming(pieces=[piece("Half"), error])))
    with pytest.raises(ZeroDivisionError):
        await run(LangChainModel(Streaming(pieces=[ZeroDivisionError()])))


async def test_closing_ends_the_models_own_stream() -> None:
    chat = Streaming(pieces=[piece("One"), None])
    async with aclosing(LangChainModel(chat).stream(ModelRequest(HELLO))) as chunks:
        assert await anext(chunks) == TextChunk("One")
    assert chat._closed == [True]


@pytest.fixture
def no_langchain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    return


async def test_a_missing_package_is_named(no_langchain: None) -> None:
    with pytest.raises(MissingExtra) as caught:
        await open_provider("bedrock", "meta.llama3", ModelSettings())
    assert caught.value.hint == 'pip install "arriero[providers]" langchain-aws'
    assert caught.value.exit_code == 5


async def test_an_unknown_provider_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        await open_provider("oracle", "x", ModelSettings())
    assert "anthropic" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        await open_provider("replicate", "x", ModelSettings())
    assert "litellm:replicate/" in caught.value.hint


async def test_a_provider_is_opened_by_name_and_its_missing_key_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("langchain.chat_models")
    pytest.importorskip("langchain_openai")
    for name in ("AZURE_OPENAI_API_KEY", "OPENAI_API_KEY", "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UsageError, match="azure_openai cannot be set up"):
        await open_provider("azure_openai", "gpt-4o", ModelSettings())
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    model = await open_provider("azure_openai", "gpt-4o", ModelSettings(context=4096))
    assert model.info.spec == "azure_openai:gpt-4o"
    assert (model.info.context, model.info.tools, model.info.schema) == (4096, True, False)


def test_every_provider_is_one_of_langchains() -> None:
    base = pytest.importorskip("langchain.chat_models.base")
    assert set(PROVIDERS) <= set(base._BUILTIN_PROVIDERS)
