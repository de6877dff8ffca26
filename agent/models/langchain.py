"""Any chat model of langchain, and its providers by name."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from agent.errors import MissingExtra, ModelError, ModelUnfit, ServerFault, UsageError
from agent.models.base import (
    CallChunk,
    Chunk,
    EndChunk,
    FinishReason,
    Message,
    ModelInfo,
    ModelRequest,
    RawCall,
    TextChunk,
    Usage,
)
from agent.models.catalogue import identity_of
from agent.models.openai_faults import fault
from agent.models.openai_payload import function
from agent.models.settings import ModelSettings
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

PROVIDERS = {
    "anthropic": "langchain-anthropic",
    "azure_ai": "langchain-azure-ai",
    "azure_openai": "langchain-openai",
    "bedrock": "langchain-aws",
    "bedrock_converse": "langchain-aws",
    "cohere": "langchain-cohere",
    "deepseek": "langchain-deepseek",
    "fireworks": "langchain-fireworks",
    "google_genai": "langchain-google-genai",
    "google_vertexai": "langchain-google-vertexai",
    "groq": "langchain-groq",
    "huggingface": "langchain-huggingface",
    "ibm": "langchain-ibm",
    "litellm": "langchain-litellm",
    "mistralai": "langchain-mistralai",
    "nvidia": "langchain-nvidia-ai-endpoints",
    "openrouter": "langchain-openrouter",
    "perplexity": "langchain-perplexity",
    "together": "langchain-together",
    "upstage": "langchain-upstage",
    "xai": "langchain-xai",
}
"""Providers that `PROVIDER:NAME` takes, and the package that each needs."""

_LIMITS = dict.fromkeys(
    ("anthropic", "azure_openai", "deepseek", "fireworks", "groq", "mistralai", "together", "xai"),
    "max_tokens",
) | {"google_genai": "max_output_tokens"}
"""How a provider's model takes the limit of one reply; the others keep their own."""
_FINISHED = ("finish_reason", "done_reason", "stop_reason", "stopReason")
_LENGTH = ("length", "max_tokens", "max_output_tokens", "model_length")
_BROKEN = ("error", "abort", "cancelled", "unload", "load")
_TOOL_SETS = 8
_FAULTS = (
    ("httpx", "HTTPError"),
    ("openai", "OpenAIError"),
    ("anthropic", "AnthropicError"),
    ("groq", "GroqError"),
    ("ollama", "ResponseError"),
    ("botocore.exceptions", "BotoCoreError"),
    ("botocore.exceptions", "ClientError"),
    ("google.api_core.exceptions", "GoogleAPIError"),
    ("requests.exceptions", "RequestException"),
    ("aiohttp", "ClientError"),
)
"""The base classes of what the providers' clients raise."""


class LangChainModel:
    """A chat model of langchain.

    Args:
        chat: The model.
        spec: What `ModelInfo.spec` says.
        context: Tokens of the window, which langchain does not tell.
        limit: The keyword by which the model takes the limit of one reply; empty for none.
        must_finish: Whether the provider always reports a finish reason, so that a reply without
            one was broken off.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        spec: str = "",
        context: int = 8192,
        limit: str = "",
        must_finish: bool = False,
    ) -> None:
        from langchain_core import messages as kinds
        from langchain_core.language_models import BaseChatModel

        self._chat, self._limit, self._must_finish = chat, limit, must_finish
        self._kinds = kinds
        self._bound: dict[tuple[int, ...], tuple[Sequence[ToolSpec], Any]] = {}
        name = _name(chat)
        self._info = ModelInfo(
            spec=spec or f"langchain:{name}",
            backend="langchain",
            name=name,
            identity=identity_of(name),
            context=context,
            tools=type(chat).bind_tools is not BaseChatModel.bind_tools,
            schema=False,
        )

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self._info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply.

        Raises:
            ModelError: The provider failed, or cannot do what is asked.
        """
        self._check(request)
        options: dict[str, Any] = {"stop": list(request.stop)} if request.stop else {}
        if self._limit and request.max_tokens is not None:
            options[self._limit] = request.max_tokens
        reply = _Reply(self._must_finish, self._info.name, request)
        source = self._model(request.tools).astream(self._messages(request), **options)
        try:
            async with aclosing(source) as pieces:
                async for piece in pieces:
                    if text := reply.take(piece):
                        yield TextChunk(text)
        except _known_faults() as error:
            raise self._fault(error, request) from error
        calls, end = reply.end()
        if calls:
            yield CallChunk(calls)
        yield end

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Return None: langchain's own counts are guesses for most models."""
        return None

    async def aclose(self) -> None:
        """Do nothing: the model object belongs to whoever made it."""

    def _check(self, request: ModelRequest) -> None:
        if request.tools and not self._info.tools:
            raise ModelUnfit(
                f"'{self._info.name}' has no function calling of its own.",
                "Use --protocol prompted.",
            )
        if request.schema is not None or request.grammar is not None or request.logprobs:
            raise ModelUnfit(
                f"'{self._info.name}' is asked through langchain, which has no common way to ask "
                "for a schema, a grammar or token probabilities.",
                "Use --protocol native or text.",
            )

    def _model(self, tools: Sequence[ToolSpec]) -> Any:
        """Return the model with these tools bound to it, which is done once for each set."""
        if not tools:
            return self._chat
        key = tuple(map(id, tools))
        if key not in self._bound:
            if len(self._bound) >= _TOOL_SETS:
                self._bound.clear()
            # The tools are kept beside the model, so that no other object can get their ids.
            bound = self._chat.bind_tools([function(tool) for tool in tools])
            self._bound[key] = (tuple(tools), bound)
        return self._bound[key][1]

    def _messages(self, request: ModelRequest) -> list[BaseMessage]:
        out = [self._message(message) for message in request.messages]
        if request.prefill:
            out.append(self._kinds.AIMessage(request.prefill))
        return out

    def _message(self, message: Message) -> BaseMessage:
        role, text = message["role"], message["content"]
        if role == "user":
            return self._kinds.HumanMessage(text)
        if role == "assistant":
            calls = message.get("tool_calls")
            if not calls:
                return self._kinds.AIMessage(text)
            made = [
                {"name": call["name"], "args": call["arguments"], "id": call["id"]}
                for call in calls
            ]
            return self._kinds.AIMessage(text, tool_calls=made)
        if role == "tool":
            return self._kinds.ToolMessage(
                text, tool_call_id=message.get("tool_call_id", ""), name=message.get("name")
            )
        return self._kinds.SystemMessage(text)

    def _fault(self, error: Exception, request: ModelRequest) -> ModelError:
        status = getattr(error, "status_code", None)
        status = status if isinstance(status, int) and status >= 400 else 0
        where = f"the provider of {self._info.name}"
        if status:
            return fault(status, str(error), self._info.name, where, request)
        return ServerFault(
            f"{where[0].upper()}{where[1:]} failed: {type(error).__name__}: {str(error)[:300]}",
            "Ask again; if it happens again, check the provider's settings and key.",
            transient=True,
        )


class _Reply:
    """Put together what langchain streams."""

    def __init__(self, must_finish: bool, name: str, request: ModelRequest) -> None:
        self._must_finish, self._name, self._request = must_finish, name, request
        self._started = time.perf_counter()
        self._chars = 0
        self._calls: list[dict[str, Any]] = []
        self._places: dict[Any, dict[str, Any]] = {}
        self._whole: list[RawCall] = []
        self._finish = ""
        self._usage = [0, 0, 0]

    def take(self, piece: Any) -> str:
        """Take one piece and return its text."""
        # A model that cannot stream gives one whole message instead of pieces.
        pieces = getattr(piece, "tool_call_chunks", None)
        if pieces:
            for one in pieces:
                self._call(one)
        elif not hasattr(piece, "tool_call_chunks"):
            for one in getattr(piece, "tool_calls", ()):
                self._whole.append(RawCall(one["name"], one["args"], one.get("id") or ""))
            for one in getattr(piece, "invalid_tool_calls", ()):
                self._whole.append(RawCall(one["name"] or "", one["args"], one.get("id") or ""))
        if usage := piece.usage_metadata:
            self._usage[0] += usage.get("input_tokens") or 0
            self._usage[1] += (usage.get("input_token_details") or {}).get("cache_read") or 0
            self._usage[2] += usage.get("output_tokens") or 0
        for key in _FINISHED:
            self._finish = piece.response_metadata.get(key) or self._finish
        content = piece.content
        text = content if isinstance(content, str) else _block_text(content)
        self._chars += len(text)
        return text

    def end(self) -> tuple[tuple[RawCall, ...], EndChunk]:
        """Return the calls and the end.

        Raises:
            ServerFault: The provider broke the reply off.
        """
        reason = str(self._finish).lower()
        if reason in _BROKEN or (self._must_finish and not reason):
            raise ServerFault(
                f"The provider of {self._name} broke off before the answer was whole.",
                "Ask again.",
                transient=True,
            )
        calls = (
            *self._whole,
            *(RawCall(one["name"], one["args"], one["id"]) for one in self._calls),
        )
        finish: FinishReason = "length" if reason in _LENGTH else "stop"
        return calls, EndChunk("tool_calls" if calls else finish, self._cost())

    def _cost(self) -> Usage:
        """Read the usage; a provider that tells none is charged by the length of the text."""
        prompt, cached, completion = self._usage
        if not prompt and not completion:
            prompt = sum(len(message["content"]) for message in self._request.messages) // 4
            completion = self._chars // 4
        return Usage(1, prompt, cached, completion, time.perf_counter() - self._started)

    def _call(self, piece: Any) -> None:
        index, name, id = piece.get("index"), piece.get("name") or "", piece.get("id") or ""
        found = self._places.get(index)
        if found is None or (id and found["id"] and id != found["id"]) or (index is None and name):
            found = {"name": "", "args": "", "id": ""}
            self._calls.append(found)
            self._places[index] = found
        found["name"] = found["name"] or name
        found["id"] = found["id"] or id
        found["args"] += piece.get("args") or ""


async def open_provider(provider: str, name: str, settings: ModelSettings) -> LangChainModel:
    """Open a model of one of langchain's providers.

    Args:
        provider: A key of `PROVIDERS`.
        name: The model's name as the provider knows it.
        settings: Context and temperature.

    Raises:
        UsageError: There is no such provider, or it does not take these settings.
        MissingExtra: langchain or the provider's package is not installed.
    """
    package = PROVIDERS.get(provider)
    if package is None:
        raise _unknown(provider)
    try:
        from langchain.chat_models import init_chat_model

        chat = init_chat_model(name, model_provider=provider, temperature=settings.temperature)
    except ImportError as error:
        raise MissingExtra(
            f"Models of {provider} need langchain and {package}; not both are installed.",
            f'pip install "arriero[providers]" {package}',
        ) from error
    except _setup_faults() as error:
        # This is how the providers say that a key or a region is missing.
        what = " ".join(str(error).split())[:300]
        raise UsageError(f"{provider} cannot be set up: {what}") from error
    return LangChainModel(
        chat,
        spec=f"{provider}:{name}",
        context=settings.context,
        limit=_LIMITS.get(provider, ""),
        must_finish=provider in ("anthropic", "azure_openai", "groq"),
    )


def _unknown(provider: str) -> UsageError:
    if provider == "replicate":
        return UsageError(
            "Replicate is reached through litellm.", "Write litellm:replicate/OWNER/NAME."
        )
    return UsageError(
        f"'{provider}' is no kind of model.",
        "Known are auto, ollama, llamacpp, openai, scripted, and through langchain "
        f"{', '.join(PROVIDERS)}.",
    )


def _name(chat: BaseChatModel) -> str:
    for field in ("model_name", "model", "model_id"):
        value = getattr(chat, field, None)
        if isinstance(value, str) and value:
            return value
    return type(chat).__name__


def _block_text(blocks: Any) -> str:
    parts = (
        one if isinstance(one, str) else one.get("text", "") if one.get("type") == "text" else ""
        for one in blocks
    )
    return "".join(parts)


def _setup_faults() -> tuple[type[Exception], ...]:
    return (ValueError, *_known_faults())


def _known_faults() -> tuple[type[Exception], ...]:
    found = (getattr(sys.modules.get(module), name, None) for module, name in _FAULTS)
    return tuple(kind for kind in found if isinstance(kind, type))
