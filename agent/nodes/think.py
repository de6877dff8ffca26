"""Think: one decision of the model, streamed; it ends the turn with an answer or asks for tools."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from agent import turns
from agent.cited import confirm, tell_checked
from agent.events import Step, StepFinished, StepStarted, StopReason
from agent.evidence import heard
from agent.keeping import obey
from agent.models.calls import Call
from agent.models.protocol import Decision, failed
from agent.nodes.decide import decide, entry_of, spent
from agent.nodes.look import ground, look
from agent.recalling import answers
from agent.state import Act, Context, Entry, State
from tools.approval import why_ask
from tools.declared import Risk

Next = Command[Literal["act", "answer", "think", "__end__"]]

REPEATED = (
    "This exact call was already made in this turn and its result stands above. "
    "Use it, or call with other arguments."
)
DECLINED = "The user has declined this very call. Do without it, or tell the user what is missing."
CUT_OFF = "The call was cut off before its end. Make it again, shorter."


async def think(state: State, runtime: Runtime[Context]) -> Next:
    """Let the model decide: end with an answer, send calls to `act`, or give up to `answer`."""
    ctx = runtime.context
    messages = state["messages"]
    if reason := spent(messages, ctx):
        return Command(update={"reason": reason}, goto="answer")
    decision, stop = await _decided(messages, ctx)
    if stop == "time_limit" and not decision.text.strip():
        return Command(update={"reason": stop}, goto="answer")
    if stop == "length" and not decision.calls and not decision.text.strip():
        ctx.unbooked += decision.usage
        return Command(update={"reason": "invalid_calls"}, goto="answer")
    if not decision.calls:
        await confirm(messages, ctx)
        ended = entry_of(decision, ctx, stop=stop)
        tell_checked(ended, messages, ctx)
        return Command(update={"messages": [ended]})
    turn = messages[turns.begin(messages) :]
    calls = _own_ids(decision.calls, turn)
    if stop == "length":
        calls = [replace(call, problem=CUT_OFF) for call in calls]
    known = [_without_running(call, messages, ctx) for call in calls]
    allowed = state.get("allowed", [])
    if reason := _stuck(turn, known, ctx):
        ctx.unbooked += decision.usage
        return Command(update={"reason": reason}, goto="answer")
    if _done(calls, known, turn):
        ctx.unbooked += decision.usage
        return Command(update={"reason": "answered"}, goto="answer")
    _tell(calls, known, ctx)
    asked = entry_of(replace(decision, calls=tuple(calls)), ctx)
    sends = [
        Send("act", _act(call, messages, allowed, ctx, decision.looked_up))
        for call, entry in zip(calls, known, strict=True)
        if entry is None
    ]
    return Command(
        update={"messages": [asked, *(entry for entry in known if entry)]},
        goto=sends or "think",
    )


async def _decided(messages: Sequence[Entry], ctx: Context) -> tuple[Decision, StopReason]:
    """Return the next decision.

    It is what is said of memory, a look-up, an answer from what that found, or the model's own.
    """
    if (done := await obey(messages, ctx)) is not None:
        return done, "answered"
    if (searches := await look(messages, ctx)) is not None:
        return searches, "answered"
    plain = all(one.origin == "built-in" for one in ctx.toolbox.tools.values())
    known = answers(messages, turns.begin(messages), plain=plain)
    return await ground(messages, ctx) or await decide(messages, ctx, answer_only=known)


def _act(
    call: Call, messages: Sequence[Entry], allowed: Sequence[str], ctx: Context, looked_up: str
) -> Act:
    """Return what `act` needs for a call, and why the user must be asked first, if so."""
    tool = ctx.toolbox.get(call.name)
    settings = ctx.parts.settings
    why = ""
    if tool is not None:
        said = heard(messages, settings.instructions, ctx.toolbox.tools.values())
        why = why_ask(tool, call.arguments, settings.tools, heard=said, allowed=allowed)
    key = turns.key(messages, call.id)
    act = Act(id=call.id, name=call.name, arguments=call.arguments, key=key, ask=why)
    if looked_up:
        act["looked_up"] = looked_up
    return act


def _own_ids(calls: Sequence[Call], turn: Sequence[Entry]) -> list[Call]:
    """Give calls whose id was already used in the turn a new one."""
    used = {made["id"] for entry in turn for made in entry.get("tool_calls", ())}
    return [
        replace(call, id=f"call_{secrets.token_hex(4)}") if call.id in used else call
        for call in calls
    ]


def _without_running(call: Call, messages: Sequence[Entry], ctx: Context) -> Entry | None:
    """Return the tool entry of a call that must not run: it is invalid, repeated, or known."""
    entry = Entry(role="tool", content=call.problem, tool_call_id=call.id, name=call.name)
    if call.problem:
        return Entry(**{**entry, "error": call.problem, "refused": "invalid"})
    fingerprint = turns.fingerprint(call.name, call.arguments)
    turn = messages[turns.begin(messages) :]
    if fingerprint in turns.declined(turn):
        return Entry(**{**entry, "content": DECLINED, "error": DECLINED, "refused": "repeated"})
    if _repeats(call, turns.steps(turn), ctx):
        return Entry(**{**entry, "content": REPEATED, "error": REPEATED, "refused": "repeated"})
    if finished := turns.reusable(messages).get(fingerprint):
        return Entry(**{**finished, "tool_call_id": call.id})
    return None


def _repeats(call: Call, done: Sequence[Step], ctx: Context) -> bool:
    """Tell whether a call was made before and would come out as it did then.

    What another call has changed since may change its result; but nothing is sent or paid twice.
    """
    fingerprint = turns.fingerprint(call.name, call.arguments)
    failures: Counter[bool] = Counter()
    again = _risk(call.name, call.arguments, ctx) in ("reads", "writes")
    for step in done:
        if turns.fingerprint(step.name, step.arguments) == fingerprint:
            failures[bool(step.error)] += 1
        elif again and not step.error and _risk(step.name, step.arguments, ctx) != "reads":
            failures.clear()
    return bool(failures[False]) or failures[True] > 1


def _risk(name: str, arguments: dict[str, Any], ctx: Context) -> Risk:
    tool = ctx.toolbox.get(name)
    return tool.declared.risk_of(name, arguments) if tool else "writes"


def _done(calls: Sequence[Call], known: Sequence[Entry | None], turn: Sequence[Entry]) -> bool:
    """Tell whether all that is asked for was done before, and well, so that an answer is due."""
    well = {
        turns.fingerprint(step.name, step.arguments)
        for step in turns.steps(turn)
        if not step.error and not failed(step.output)
    }
    return all(
        entry is not None
        and entry.get("refused") == "repeated"
        and turns.fingerprint(call.name, call.arguments) in well
        for call, entry in zip(calls, known, strict=True)
    )


def _stuck(
    turn: Sequence[Entry], known: Sequence[Entry | None], ctx: Context
) -> StopReason | Literal[""]:
    """Name why a decision leads nowhere: only refusals after refusals, or too many calls."""
    refusals = [entry.get("refused") for entry in known if entry is not None]
    if len(refusals) == len(known) and all(refusals):
        before = [entry.get("refused") for entry in turn if entry["role"] == "tool"]
        # That the user declined is no fault of the model's: it is told once, like any other.
        if before and before[-1] in ("invalid", "repeated"):
            return "invalid_calls" if "invalid" in refusals else "repeated_calls"
    made = sum(1 for entry in turn if entry["role"] == "tool")
    if made + len(known) > ctx.parts.settings.budget.calls:
        return "step_limit"
    return ""


def _tell(calls: Sequence[Call], known: Sequence[Entry | None], ctx: Context) -> None:
    for call, entry in zip(calls, known, strict=True):
        if entry is None:
            continue
        ctx.emit(StepStarted(call.id, call.name, call.arguments))
        asked = Entry(
            role="assistant",
            content="",
            tool_calls=[{"id": call.id, "name": call.name, "arguments": call.arguments}],
        )
        (step,) = turns.steps([asked, entry])
        ctx.emit(StepFinished(step))
        if entry.get("refused") == "invalid":
            ctx.notice("repair", f"The model made an invalid call of {call.name}; it was told why.")
