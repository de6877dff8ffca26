"""Answer: end a turn whose budget is spent, or that leads nowhere, with the best answer so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langgraph.runtime import Runtime

from agent import turns
from agent.cited import tell_checked
from agent.errors import ModelError
from agent.events import StopReason
from agent.models.base import Usage
from agent.models.protocol import Decision
from agent.nodes.decide import decide, entry_of
from agent.state import Context, Entry, State

WHY: dict[str, str] = {
    "step_limit": "the limit on steps was reached",
    "token_limit": "the limit on tokens was reached",
    "time_limit": "the time for this turn was used up",
    "answered": "the same call was made again",
    "repeated_calls": "the same call was made again and again",
    "invalid_calls": "the model could not make a valid call",
}


async def answer(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    """Let the model answer from what it has, or list what was found when it may not or cannot."""
    ctx = runtime.context
    messages = state["messages"]
    reason: StopReason = state["reason"] or "step_limit"
    decision: Decision | None = None
    if reason not in ("time_limit", "token_limit"):
        try:
            decision, _ = await decide(messages, ctx, answer_only=True)
        except ModelError as error:
            ctx.reset(error.message)
    if decision is None or not decision.text.strip():
        text = best_so_far(messages[turns.begin(messages) :], reason)
        ctx.show(text)
        cost = decision.usage if decision else Usage()
        decision = Decision(text, (), text, "stop", cost)
    ended = entry_of(decision, ctx, stop=reason)
    tell_checked(ended, messages, ctx)
    return {"messages": [ended]}


def best_so_far(turn: Sequence[Entry], reason: str) -> str:
    """Say why there is no proper answer, and what the tools found until then."""
    found = [step for step in turns.steps(turn) if step.output]
    head = f"I could not finish this: {WHY.get(reason, reason)}."
    if not found:
        return f"{head} No tool gave a result until then."
    lines = "\n".join(f"- {step.name}: {' '.join(step.output.split())[:300]}" for step in found)
    return f"{head} What was found until then:\n\n{lines}"
