"""What every model back end offers: `ChatModel`, its request, and the chunks that it streams."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, TypedDict, runtime_checkable

from tools.spec import ToolSpec

Role = Literal["system", "user", "assistant", "tool"]
FinishReason = Literal["stop", "length", "tool_calls"]


class CallRecord(TypedDict):
    """A tool call as it stands in a message: its arguments are an object, never a string."""

    id: str
    name: str
    arguments: dict[str, Any]


class Message(TypedDict):
    """One message of a conversation, as it is kept in checkpoints.

    `raw` is an assistant's text exactly as the model generated it (calls included), so that the
    next prompt repeats it byte for byte and the server's prefix cache holds. `tool_call_id` and
    `name` belong to role `tool`.
    """

    role: Role
    content: str
    tool_calls: NotRequired[list[CallRecord]]
    raw: NotRequired[str]
    tool_call_id: NotRequired[str]
    name: NotRequired[str]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request to a model.

    `tools` goes with neither `schema` nor `grammar`: with both, a server's grammar wins and the
    calls vanish. `grammar` (llama.cpp's GBNF) and `logprobs` are only for models whose
    `ModelInfo` offers them.

    Args:
        messages: The conversation, system prompt first.
        tools: Tools for the server's own function calling.
        schema: JSON Schema that the whole reply must match.
        grammar: GBNF grammar that the whole reply must match.
        max_tokens: Limit on generated tokens; None leaves it to the window.
        temperature: Sampling temperature; 0 is greedy.
        seed: Seed of the sampler.
        stop: Strings that end the reply.
        logprobs: How many alternatives per token to report, 0 for none.
        prefill: Text that the reply continues; sent as a started assistant turn.
    """

    messages: Sequence[Message]
    tools: Sequence[ToolSpec] = ()
    schema: Mapping[str, Any] | None = None
    grammar: str | None = None
    max_tokens: int | None = None
    temperature: float = 0.0
    seed: int | None = None
    stop: Sequence[str] = ()
    logprobs: int = 0
    prefill: str = ""

    def __post_init__(self) -> None:
        """Refuse tools together with a grammar or schema."""
        if self.tools and (self.schema is not None or self.grammar is not None):
            raise ValueError("tools and a schema or grammar exclude each other in one request")


@dataclass(frozen=True, slots=True)
class Usage:
    """What one or several model calls cost; add them up with `+`.

    Args:
        calls: Model calls.
        prompt_tokens: Tokens of the prompts, cached ones included.
        cached_tokens: Those of them that the server took from its prefix cache.
        completion_tokens: Tokens generated.
        seconds: Wall-clock seconds spent in the model.
    """

    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        """Add two usages field by field."""
        return Usage(
            self.calls + other.calls,
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """The alternatives at one generated token, before any grammar: (text, natural logarithm)."""

    text: str
    top: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A piece of generated text, never splitting a character.

    Args:
        text: The piece.
        logprobs: The alternatives at its tokens, where they were asked for.
        cost: What the reply has cost up to here, where the server tells along with them.
    """

    text: str
    logprobs: tuple[TokenLogprobs, ...] = ()
    cost: Usage | None = None


@dataclass(frozen=True, slots=True)
class RawCall:
    """A tool call as the server reported it; `arguments` may be an object, a string or anything."""

    name: str
    arguments: Any
    id: str = ""


@dataclass(frozen=True, slots=True)
class CallChunk:
    """Tool calls that the server itself parsed, each whole."""

    calls: tuple[RawCall, ...]


@dataclass(frozen=True, slots=True)
class EndChunk:
    """The end of a reply; a stream without it was broken off and raises instead."""

    finish: FinishReason
    usage: Usage


Chunk = TextChunk | CallChunk | EndChunk


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of an opened model.

    Args:
        spec: The spec string that opens it again.
        backend: `ollama`, `llamacpp`, `openai`, `langchain` or `scripted`.
        name: The model's name as the server knows it.
        identity: What the protocol table is looked up by: a lower-case name that identifies the
            weights, such as `qwen2.5-coder-1.5b` or `llama3.1:8b`; the server's own word where
            it gives one.
        context: Tokens of the window that prompt and reply share.
        tools: Whether the server offers function calling for this model.
        schema: Whether replies can be decoded against a JSON Schema.
        grammar: Whether replies can be decoded against a GBNF grammar.
        logprobs: Whether alternatives per token can be reported.
        notes: Lines that say what was chosen and why, for the user.
    """

    spec: str
    backend: str
    name: str
    identity: str
    context: int
    tools: bool = True
    schema: bool = True
    grammar: bool = False
    logprobs: bool = False
    notes: tuple[str, ...] = field(default=())


@runtime_checkable
class ChatModel(Protocol):
    """A model that can be talked to. Implementations are async context managers' contents.

    `stream` is an async generator: closing it ends the generation on the server within a second.
    It yields `TextChunk` and `CallChunk` in the order of generation and exactly one `EndChunk`,
    last. It raises a `ModelError` when the stream ends without one.
    """

    @property
    def info(self) -> ModelInfo:
        """Describe the model; fixed once it is open."""
        ...

    def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply.

        Raises:
            ModelError: One of its subclasses, with a hint.
        """
        ...

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count a prompt's tokens exactly, or return None where the server cannot tell."""
        ...

    async def aclose(self) -> None:
        """Release connections, and a server that was started for this model."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A model that can be exchanged behind its name while it is open."""

    async def changed(self) -> str | None:
        """Say in a line for the user what was exchanged since the last time, if anything was."""
        ...
