"""A model that says what a script tells it to: for tests, shipped, and without any server.

A script is a list of steps, made by `say`, `call`, `calls` and `fail`. A request takes the first
unused step that fits it; a step with a matcher fits when the matcher says so, any other always.
`scripted:PATH` reads the steps from a JSON file, see `agent.models.script_file`.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.errors import ContextTooLong, ModelError, ModelUnfit
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
    TokenLogprobs,
    Usage,
)
from agent.models.slots import common_prefix
from tools.spec import ToolSpec

Matcher = Callable[[Sequence[Message]], bool]
CHARS_A_TOKEN = 4
_PIECE = 8
"""Characters of one piece of streamed text: two tokens."""
_SLOTS = 4
"""Prompts that the simulated prefix cache keeps."""


class ScriptError(AssertionError):
    """Say that requests and script do not fit each other: an error of the test, not of a model."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What the model does at one request; made by `say`, `call`, `calls` and `fail`.

    Args:
        text: The text that it writes.
        calls: The tool calls that the server reports behind the text.
        error: What it raises behind the text, instead of an end.
        delay: Seconds before the first piece.
        gate: An event that it waits for before the first piece.
        match: Which requests the step is for; None means any.
        repeat: Whether the step stays when it has been used.
        logprobs: What is reported with one piece when a request asks for alternatives.
        behind: The text behind which that piece begins; empty means that it is the first.
        finish: The finish reason; empty means what follows from text and calls.
    """

    text: str = ""
    calls: tuple[RawCall, ...] = ()
    error: Exception | None = None
    delay: float = 0.0
    gate: asyncio.Event | None = None
    match: Matcher | None = None
    repeat: bool = False
    logprobs: tuple[TokenLogprobs, ...] = ()
    behind: str = ""
    finish: FinishReason | None = None


def say(text: str, **options: Any) -> Step:
    """Write text; `options` are further fields of `Step`."""
    return Step(text=text, **options)


def call(name: str, /, **arguments: Any) -> Step:
    """Call one tool."""
    return calls(RawCall(name, arguments))


def calls(*several: RawCall, **options: Any) -> Step:
    """Call several tools in one reply; calls without an id get one."""
    return Step(calls=several, **options)


def fail(error: Exception, after: str = "", **options: Any) -> Step:
    """Raise `error`, behind the text in `after`."""
    return Step(text=after, error=error, **options)


class ScriptedModel:
    """A `ChatModel` that follows a script.

    Tokens are four characters each, and prompts that begin like an earlier one find that part in
    a simulated cache, so that costs are the same in every run.

    Args:
        steps: What to do, request by request.
        identity: The name that the protocol table is asked for.
        context: Tokens of the window; a longer prompt is refused.
        tools: Whether the model takes tools.
        schema: Whether it takes a JSON schema.
        grammar: Whether it takes a grammar.
        logprobs: Whether it reports alternatives.
        spec: What `ModelInfo.spec` says.

    Attributes:
        requests: Every request, in the order of arrival.
        interrupted: How many replies were closed before their end.
        closed: Whether `aclose` was called.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        identity: str = "scripted",
        context: int = 8192,
        tools: bool = True,
        schema: bool = True,
        grammar: bool = False,
        logprobs: bool = False,
        spec: str = "scripted:",
    ) -> None:
        self._steps = list(steps)
        self._problems: list[str] = []
        self._cache: list[str] = []
        self._named = 0
        self.requests: list[ModelRequest] = []
        self.interrupted = 0
        self.closed = False
        self._info = ModelInfo(
            spec=spec,
            backend="scripted",
            name=identity,
            identity=identity,
            context=context,
            tools=tools,
            schema=schema,
            grammar=grammar,
            logprobs=logprobs,
        )

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self._info

    def assert_finished(self) -> None:
        """Fail if steps are left, or if a request found none.

        Raises:
            ScriptError: Steps and requests did not fit each other.
        """
        left = [_short(step) for step in self._steps if not step.repeat]
        problems = self._problems + ([f"steps never used: {', '.join(left)}"] if left else [])
        if problems:
            raise ScriptError("; ".join(problems))

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Do what the next fitting step says.

        Raises:
            ScriptError: No step is left that fits.
            ModelError: The step says so, or the model cannot do what is asked.
        """
        started = time.perf_counter()
        self.requests.append(request)
        self._check(request)
        step = self._next(request)
        prompt = _render(request.messages, request.tools) + request.prefill
        cached = self._cached(prompt)
        ended = False
        try:
            if step.gate is not None:
                await step.gate.wait()
            await asyncio.sleep(step.delay)
            text, finish = _cut(step, request)
            for piece in _pieces(text, step, request):
                yield piece
                await asyncio.sleep(0)
            ended = True
            if step.error is not None:
                raise step.error
            if step.calls:
                yield CallChunk(tuple(self._with_id(one) for one in step.calls))
            usage = self._usage(prompt, cached, text, step, time.perf_counter() - started)
            yield EndChunk(finish, usage)
        finally:
            self.interrupted += not ended

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count a prompt's tokens: one for four characters."""
        return tokens(_render(messages, tools))

    async def aclose(self) -> None:
        """Note that the model was closed."""
        self.closed = True

    def _check(self, request: ModelRequest) -> None:
        info = self._info
        wrong = (
            (bool(request.tools) and not info.tools, "tools"),
            (request.schema is not None and not info.schema, "a JSON schema"),
            (request.grammar is not None and not info.grammar, "a grammar"),
            (request.logprobs > 0 and not info.logprobs, "token probabilities"),
        )
        for is_wrong, what in wrong:
            if is_wrong:
                raise ModelUnfit(f"The scripted model does not take {what}.")
        needed = tokens(_render(request.messages, request.tools))
        if needed > info.context:
            raise ContextTooLong(f"{needed} tokens do not fit the window of {info.context}.")

    def _next(self, request: ModelRequest) -> Step:
        for place, step in enumerate(self._steps):
            if step.match is None or step.match(request.messages):
                if step.calls and not request.tools:
                    raise self._problem("the step calls tools, but the request offers none")
                if not step.repeat:
                    del self._steps[place]
                return step
        last = request.messages[-1]["content"] if request.messages else ""
        raise self._problem(f"no step is left for request {len(self.requests)}: …{last[-200:]!r}")

    def _problem(self, text: str) -> ScriptError:
        self._problems.append(text)
        return ScriptError(text)

    def _cached(self, prompt: str) -> int:
        return (
            max((common_prefix(prompt, other) for other in self._cache), default=0) // CHARS_A_TOKEN
        )

    def _with_id(self, one: RawCall) -> RawCall:
        if one.id:
            return one
        self._named += 1
        return replace(one, id=f"call_{self._named}")

    def _usage(self, prompt: str, cached: int, text: str, step: Step, seconds: float) -> Usage:
        written = text + "".join(one.name + str(one.arguments) for one in step.calls)
        self._cache = [prompt + written, *self._cache][:_SLOTS]
        needed = tokens(prompt)
        return Usage(1, needed, min(cached, needed - 1), tokens(written), seconds)


def tokens(text: str) -> int:
    """Count tokens as the scripted model does: four characters each, rounded up."""
    return -(-len(text) // CHARS_A_TOKEN)


def says(words: str) -> Matcher:
    """Match requests whose last message holds `words`."""
    return lambda messages: bool(messages) and words in messages[-1]["content"]


def _render(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> str:
    parts = [f"{tool.name} {tool.description} {dict(tool.parameters)}\n" for tool in tools]
    for message in messages:
        called = "".join(
            f"{one['name']}{one['arguments']}" for one in message.get("tool_calls", [])
        )
        parts.append(f"{message['role']}\n{message['content']}{called}\n")
    return "".join(parts)


def _cut(step: Step, request: ModelRequest) -> tuple[str, FinishReason]:
    """Return what the request's stop strings and token limit leave of the step's text."""
    text = step.text
    for stop in request.stop:
        text = text.partition(stop)[0]
    limit = (request.max_tokens or len(text) + 1) * CHARS_A_TOKEN
    if len(text) > limit:
        return text[:limit], "length"
    return text, step.finish or ("tool_calls" if step.calls else "stop")


def _pieces(text: str, step: Step, request: ModelRequest) -> list[TextChunk]:
    if not (request.logprobs and step.logprobs):
        return _split(text)
    head, found, tail = text.partition(step.behind) if step.behind else ("", "", text)
    first, *rest = _split(tail) or [TextChunk("")]
    return [*_split(head + found), TextChunk(first.text, step.logprobs), *rest]


def _split(text: str) -> list[TextChunk]:
    return [TextChunk(text[at : at + _PIECE]) for at in range(0, len(text), _PIECE)]


def _short(step: Step) -> str:
    if isinstance(step.error, ModelError):
        return f"fail({step.error.kind})"
    named = [one.name for one in step.calls]
    return f"call({', '.join(named)})" if named else json.dumps(step.text[:40], ensure_ascii=False)
