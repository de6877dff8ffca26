"""Ask the model for one decision: fit the window, stream, retry what can be retried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict, replace
from typing import Literal

from agent import turns
from agent.cited import check_of, lead
from agent.context import Fitted, fit
from agent.errors import ContextTooLong, ModelError, ModelUnfit, ServerFault
from agent.events import Cited, StopReason
from agent.guards import OutputGuard, hosts_in
from agent.models.base import Message, RawCall
from agent.models.calls import UNKNOWN_TOOL, Call, check_calls
from agent.models.protocol import Decision, Sampling
from agent.models.table import fallback
from agent.numbering import numbered
from agent.shown import Shown, shown, told
from agent.state import Context, Entry

TRIES = 3
"""How often one decision is tried when the server breaks off, or answers nothing."""
NEARLY_FULL = 0.6
"""Share of the window from which on the server is asked for an exact count."""
EMPTY = "The model gave an empty answer."


def spent(messages: Sequence[Entry], ctx: Context) -> StopReason | Literal[""]:
    """Name the budget that the running turn has used up, if one is."""
    turn = messages[turns.begin(messages) :]
    budget = ctx.parts.settings.budget
    if asyncio.get_running_loop().time() >= ctx.deadline:
        return "time_limit"
    if turns.decisions(turn) >= budget.steps:
        return "step_limit"
    cost = turns.usage(turn) + ctx.unbooked
    if cost.prompt_tokens - cost.cached_tokens + cost.completion_tokens >= budget.tokens:
        return "token_limit"
    return ""


def entry_of(decision: Decision, ctx: Context, *, stop: StopReason | None = None) -> Entry:
    """Make the entry that keeps a decision, with what it and thrown-away ones have cost."""
    entry = Entry(role="assistant", content=decision.text)
    if decision.raw != decision.text:
        entry["raw"] = decision.raw
    if decision.calls:
        entry["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments}
            for call in decision.calls
        ]
    entry["usage"] = asdict(decision.usage + ctx.unbooked)
    ctx.unbooked = type(decision.usage)()
    if decision.looked_up:
        entry["looked_up"] = decision.looked_up
    if stop:
        entry["stop"] = stop
    return entry


Once = Callable[[Sequence[Entry], Context], Awaitable[Decision]]
"""Asks the model once."""


async def decide(
    messages: Sequence[Entry],
    ctx: Context,
    *,
    answer_only: bool = False,
    once: Once | None = None,
) -> tuple[Decision, StopReason]:
    """Return the model's decision, and why it ended.

    A broken stream is tried again and what was shown of it taken back; a partial answer is
    never returned as a whole one, except with `time_limit`, when the turn's seconds are spent.

    Args:
        messages: The conversation.
        ctx: The turn.
        answer_only: Whether no tool may be called.
        once: Asks the model once; nothing asks it to decide on its tools.

    Raises:
        ModelError: The model failed for good.
        InputTooLong: The user's turn does not fit the window.
    """
    for left in range(TRIES - 1, -1, -1):
        ctx.shown = ""
        try:
            async with asyncio.timeout_at(ctx.deadline):
                if once is not None:
                    decision = await once(messages, ctx)
                else:
                    decision = await _once(messages, ctx, answer_only)
        except TimeoutError:
            return _partial(ctx), "time_limit"
        except ModelError as error:
            _recover(error, ctx, left)
            continue
        # A reply that ran to its limit without saying anything would do the same again.
        cut = decision.finish == "length" and decision.raw.strip()
        if decision.calls or decision.text.strip() or cut or decision.complete:
            return decision, "length" if decision.finish == "length" else "answered"
        ctx.unbooked += decision.usage
        if left:
            ctx.notice("retry", f"{EMPTY} It was asked again.")
    raise ServerFault(EMPTY, "Ask in other words, or choose another model with --model.")


def _partial(ctx: Context) -> Decision:
    return Decision(ctx.shown, (), ctx.shown, "length", type(ctx.unbooked)())


def _recover(error: ModelError, ctx: Context, left: int) -> None:
    """Prepare another try, or raise the error when it would not help."""
    parts = ctx.parts
    if isinstance(error, ContextTooLong) and left:
        parts.meter.scale *= 1.3
    elif isinstance(error, ModelUnfit) and (other := fallback(parts.protocol)) and left:
        parts.protocol = other
        ctx.notice("tools", f"{error.message} Tools are described in the prompt instead.")
    elif not error.transient or left < TRIES - 1:
        raise error
    else:
        ctx.notice("retry", f"{error.message} It was asked again.")
    ctx.reset(error.message)


async def _once(messages: Sequence[Entry], ctx: Context, answer_only: bool) -> Decision:
    parts = ctx.parts
    late = parts.protocol.late
    tools = shown(ctx.toolbox, messages, parts.settings.tools.shown, late=late)
    told_so = [told(entry, ctx.toolbox, late=late) for entry in numbered(messages)]
    prompt, fitted = await _prompt(told_so, tools, ctx)
    pieces = parts.protocol.decide(
        parts.model, prompt, tools.all, sampling_of(ctx, fitted.tokens), answer_only=answer_only
    )
    screen = Screen(messages, ctx)
    decision: Decision | None = None
    async with aclosing(pieces) as stream:
        async for piece in stream:
            if isinstance(piece, Decision):
                decision = piece
            else:
                screen.feed(piece)
    if decision is None:
        raise ServerFault("The model's reply had no end.", transient=True)
    text = screen.finish()
    calls = tuple(_reached(one, ctx) for one in decision.calls)
    if text != decision.text or calls != decision.calls:
        decision = replace(decision, text=text, calls=calls)
    if decision.usage.calls == 1:
        parts.meter.learn(fitted.tokens, decision.usage.prompt_tokens)
    return decision


class Screen:
    """What an answer passes on its way to the user: the guard, and the check of its citations.

    Args:
        messages: The conversation.
        ctx: The turn.
        lead: What the answer has to begin with.
    """

    def __init__(self, messages: Sequence[Entry], ctx: Context) -> None:
        self._ctx = ctx
        self._guard = OutputGuard(lambda: _hosts(messages))
        self._check = check_of(messages)
        self._lead = lead(messages[turns.begin(messages) :])
        self._text = ""
        ctx.checked = Cited(())

    def feed(self, piece: str) -> None:
        """Show what can be shown by now."""
        self._show(self._guard.feed(piece))

    def finish(self) -> str:
        """Show the rest, note what the check found, and return the whole text."""
        self._show(self._guard.finish())
        if self._check is not None:
            self._put(self._check.finish())
            self._ctx.checked = self._check.found()
        if self._guard.blocked:
            where = ", ".join(dict.fromkeys(self._guard.blocked))
            self._ctx.notice(
                "guard", f"The answer would have loaded something from elsewhere ({where})."
            )
        return self._text

    def _show(self, text: str) -> None:
        self._put(self._check.feed(text) if self._check is not None and text else text)

    def _put(self, text: str) -> None:
        if text and not self._text and self._lead:
            text = self._lead + text
        if text:
            self._text += text
            self._ctx.show(text)


def sampling_of(ctx: Context, tokens: int) -> Sampling:
    """Return how a reply to a prompt of so many tokens is sampled."""
    models = ctx.parts.settings.models
    free = ctx.parts.model.info.context - tokens
    return Sampling(
        max_tokens=max(min(_answer_tokens(ctx), free), 16),
        temperature=models.temperature,
        seed=models.seed,
    )


async def _prompt(
    messages: Sequence[Entry], tools: Shown, ctx: Context
) -> tuple[list[Message], Fitted]:
    """Fit the conversation; where space is short, let the server count, and fit again."""
    parts = ctx.parts
    context = parts.model.info.context
    overhead = parts.protocol.overhead(parts.system, tools.front)
    for _ in range(3):
        fitted = fit(
            messages, overhead, context=context, answer=_answer_tokens(ctx), meter=parts.meter
        )
        prompt = parts.protocol.render(parts.system, fitted.messages, tools.front)
        if fitted.tokens < NEARLY_FULL * (context - _answer_tokens(ctx)):
            break
        counted = await parts.model.count_tokens(prompt, parts.protocol.sent(tools.front))
        if counted is None:
            break
        before = parts.meter.scale
        parts.meter.learn(fitted.tokens, counted)
        if parts.meter.scale == before:
            break
    if fitted.left_out:
        ctx.notice("context", fitted.left_out)
    return prompt, fitted


def _reached(call: Call, ctx: Context) -> Call:
    """Return a call of a tool that was not shown as if it had been: the model knew its name."""
    if not call.problem or ctx.toolbox.get(call.name) is None:
        return call
    (again,) = check_calls([RawCall(call.name, call.arguments, call.id)], ctx.toolbox.specs)
    return again if UNKNOWN_TOOL in call.problem else call


def _hosts(messages: Sequence[Entry]) -> set[str]:
    """Return the hosts that an answer may show something of: sources, and the user's own."""
    return {host for entry in messages for host in hosts_in(_named(entry))}


def _named(entry: Entry) -> str:
    if entry["role"] == "user":
        return entry["content"]
    return " ".join(source["url"] for source in entry.get("sources", ()))


def _answer_tokens(ctx: Context) -> int:
    """Return the tokens that one reply may take: at most a third of the window."""
    return min(ctx.parts.settings.budget.answer_tokens, ctx.parts.model.info.context // 3)
