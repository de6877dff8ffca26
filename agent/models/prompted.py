"""Describe tools in the prompt and decode the decision against a grammar or a schema.

The model names the closest tool, says whether it fits, and then writes calls or an answer; see
`agent.models.grammar` for the form. A small model says "yes" to nearly everything, but how sure
it is of that "yes" tells fitting tools from unfitting ones. Where the server reports the
alternatives of each token, the logarithm of the odds of "yes" against "no" must reach
`Prompted.bar`; below it the reply is cut off there and written anew as an answer. With many tools
one of them is seldom all that is needed, and the model is less sure of it; so there the odds that
it named a tool at all, where it might have named none, count too.
"""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from agent.models.base import (
    CallChunk,
    ChatModel,
    EndChunk,
    FinishReason,
    Message,
    ModelInfo,
    RawCall,
    TextChunk,
    TokenLogprobs,
    Usage,
)
from agent.models.calls import check_calls
from agent.models.examples import instructions
from agent.models.grammar import (
    answer_grammar,
    answer_schema,
    decision_grammar,
    decision_schema,
)
from agent.models.protocol import Decision, Sampling, answering, flat, request_of
from agent.models.reply import ReplyReader
from tools.spec import ToolSpec

ALTERNATIVES = 10
"""Alternatives that are asked for at each token."""
MANY = 8
"""Tools from which on the odds of naming a tool count."""
NAMED, USUAL = 0.5, 4.4
"""Their weight, and the logarithm at which they neither help a call nor hinder it."""
NAMES = '"closest_tool":'
FITS = '"fits":'
START = '{"closest_tool": null, "answer": "'


@dataclass(frozen=True, slots=True)
class Prompted:
    """Describe tools in the prompt.

    Args:
        bar: Least logarithm of the odds that the closest tool fits, for a call to be made.
    """

    bar: float = 0.0
    name: str = "prompted"
    late: bool = True

    def overhead(self, system: str, tools: Sequence[ToolSpec]) -> str:
        """Return the system prompt with the description of the tools."""
        return instructions(system, tools) if tools else system

    def sent(self, tools: Sequence[ToolSpec]) -> Sequence[ToolSpec]:
        """Return none; they stand in the prompt."""
        return ()

    def render(
        self, system: str, messages: Sequence[Message], tools: Sequence[ToolSpec]
    ) -> list[Message]:
        """Put system prompt and tools in front; replies stand there as they were generated."""
        front: Message = {"role": "system", "content": self.overhead(system, tools)}
        return [front, *flat(messages)]

    async def decide(
        self,
        model: ChatModel,
        prompt: list[Message],
        tools: Sequence[ToolSpec],
        sampling: Sampling,
        *,
        answer_only: bool = False,
    ) -> AsyncGenerator[str | Decision, None]:
        """Ask once; once more, for an answer, when the closest tool turns out not to fit."""
        constraint = _decision(model.info, tools) if tools else {}
        started = ""
        if answer_only:
            constraint = _answer(model.info) if tools else {}
            started = constraint.get("prefill", "")
            prompt = answering(prompt)
        first = _Reply(tools, self.bar, started)
        async with aclosing(
            first.run(model, request_of(prompt, (), sampling, **constraint), judge=not answer_only)
        ) as pieces:
            async for piece in pieces:
                yield piece
        reply = first
        if first.unfit:
            # Behind the name of a tool that does not fit, an answer is often about the tool.
            rest = {"grammar": answer_grammar(), "prefill": START}
            reply = _Reply(tools, self.bar, START)
            async with aclosing(
                reply.run(model, request_of(prompt, (), sampling, **rest), judge=False)
            ) as pieces:
                async for piece in pieces:
                    yield piece
        usage = first.usage + reply.usage if first.unfit else first.usage
        yield reply.decision(usage, answer_only=answer_only)


class _Reply:
    """One request's reply on its way in."""

    def __init__(self, tools: Sequence[ToolSpec], bar: float, started: str) -> None:
        self.reader = ReplyReader(tools, started)
        self.unfit = False
        self.usage = Usage()
        self._tools = tools
        self._bar = bar
        self._calls: list[RawCall] = []
        self._shown: list[str] = []
        self._finish: FinishReason = "stop"
        self._judged = False
        self._lead = 0.0

    async def run(
        self, model: ChatModel, request: Any, *, judge: bool
    ) -> AsyncGenerator[str, None]:
        """Stream the answer; stop at a "yes" that is not sure enough, when that is judged."""
        async with aclosing(model.stream(request)) as chunks:
            async for chunk in chunks:
                if isinstance(chunk, CallChunk):
                    self._calls.extend(chunk.calls)
                elif isinstance(chunk, EndChunk):
                    self._finish, self.usage = chunk.finish, chunk.usage
                else:
                    if chunk.cost is not None:
                        self.usage = chunk.cost
                    if judge and not self._judged and self._fails(chunk):
                        self.unfit = True
                        break
                    if piece := self.reader.feed(chunk.text):
                        self._shown.append(piece)
                        yield piece
        if not self.unfit:
            written, rest = self.reader.finish()
            self._calls.extend(written)
            if rest:
                self._shown.append(rest)
                yield rest

    def decision(self, usage: Usage, *, answer_only: bool) -> Decision:
        """Return what was decided in the end."""
        calls = () if answer_only else check_calls(self._calls, self._tools)
        text = "".join(self._shown)
        return Decision(text, calls, self.reader.raw, self._finish, usage)

    def _fails(self, chunk: TextChunk) -> bool:
        """Tell whether this chunk says that the tool fits, without being sure enough."""
        raw = self.reader.raw
        if raw.rstrip().endswith(NAMES) and chunk.logprobs and len(self._tools) >= MANY:
            named, none = _mass(chunk.logprobs[0], ""), _mass(chunk.logprobs[0], "null")
            self._lead = NAMED * (_log_odds(named, none) - USUAL)
        at = raw.rfind(FITS)
        if at < 0 or raw[at + len(FITS) :].strip(' "'):
            return False
        for token in chunk.logprobs:
            yes, no = _mass(token, "yes"), _mass(token, "no")
            if yes + no >= 0.05:
                self._judged = True
                lead = self._lead if self._bar else 0.0
                return yes >= no and _log_odds(yes, no) + lead < self._bar
        return False


def _mass(token: TokenLogprobs, word: str) -> float:
    """Add up the probabilities of the alternatives that spell a word."""
    return sum(
        math.exp(logprob) for text, logprob in token.top if text.strip().strip('"').lower() == word
    )


def _log_odds(one: float, other: float) -> float:
    return math.log((one + 1e-6) / (other + 1e-6))


def _decision(info: ModelInfo, tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """Return what constrains a decision on this server, and makes it report alternatives."""
    if info.grammar:
        grammar: dict[str, Any] = {"grammar": decision_grammar(tools)}
        return grammar | {"logprobs": ALTERNATIVES if info.logprobs else 0}
    return {"schema": decision_schema(tools)} if info.schema else {}


def _answer(info: ModelInfo) -> dict[str, Any]:
    if info.grammar:
        return {"grammar": answer_grammar(), "prefill": START}
    return {"schema": answer_schema()} if info.schema else {}
