"""Act: run one call; several run side by side."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agent import turns
from agent.events import Approval, Question, Searched, StepFinished, StepStarted
from agent.state import Act, Context, Entry
from tools import errors
from tools.policy import Outcome
from tools.registry import Registered
from tools.schema import validate

DECLINED = "The user declined this call, and it was not made. Do not make it again."


async def act(state: Act, runtime: Runtime[Context]) -> dict[str, Any]:
    """Run a call through the policy and return its tool entry; a tool never ends a turn.

    A call that needs the user's approval, or a tool that asks the user something, interrupts the
    graph. What stands in front of an interrupt runs again when the turn goes on, so nothing with
    side effects does.
    """
    call, ctx = state, runtime.context
    tool = ctx.toolbox.get(call["name"])
    entry = Entry(role="tool", content="", tool_call_id=call["id"], name=call["name"])
    update: dict[str, Any] = {"messages": [entry]}
    if tool is None:
        # Only a thread that was interrupted with other tools on offer leads here.
        entry["error"] = entry["content"] = f"The tool {call['name']} is not available any more."
        arguments: dict[str, Any] | None = call["arguments"]
    else:
        arguments = _approved(call, tool, entry, update) if call["ask"] else call["arguments"]
    ctx.emit(StepStarted(call["id"], call["name"], call["arguments"]))
    if tool is not None and arguments is not None:
        outcome = await _run(call, tool, arguments, ctx)
        turns.write(entry, outcome, arguments if arguments != call["arguments"] else None)
        for search in outcome.searches:
            ctx.emit(Searched(call["id"], search))
    if looked_up := call.get("looked_up"):
        entry["looked_up"] = looked_up
    asked = Entry(role="assistant", content="", tool_calls=[_record(call)])
    (step,) = turns.steps([asked, entry])
    ctx.emit(StepFinished(step))
    return update


def _approved(
    call: Act, tool: Registered, entry: Entry, update: dict[str, Any]
) -> dict[str, Any] | None:
    """Ask the user; return the arguments of the call, or None if it must not be made."""
    risk = tool.declared.risk_of(tool.name, call["arguments"])
    request = Approval(call["id"], call["name"], call["arguments"], risk, call["ask"])
    while True:
        answer = interrupt(asdict(request))
        if answer["decision"] == "reject":
            why = f" The user's reason: {answer['text']}" if answer.get("text") else ""
            entry["error"] = entry["content"] = DECLINED + why
            entry["refused"] = "declined"
            return None
        if answer["decision"] == "always":
            update["allowed"] = [tool.name]
        if answer["decision"] != "edit":
            return call["arguments"]
        given = answer.get("arguments")
        arguments, problems = validate(given or {}, tool.spec.parameters)
        if given is not None and not problems:
            return arguments
        problem = "; ".join(problems) or "An edited call needs its arguments."
        request = Approval(
            call["id"], call["name"], call["arguments"], risk, call["ask"], problem=problem
        )


async def _run(call: Act, tool: Registered, arguments: dict[str, Any], ctx: Context) -> Outcome:
    """Make the call; what a tool asks the user, and is answered, is its output."""
    left = ctx.deadline - asyncio.get_running_loop().time()
    scope = ctx.scope(call["id"], call["key"])
    try:
        return await ctx.parts.policy.run(tool, arguments, scope, left=left)
    except errors.Question as question:
        asked = Question(call["id"], question.text, question.options)
    answer = interrupt({**asdict(asked), "options": list(asked.options)})
    return Outcome(str(answer["text"]), origin="user")


def _record(call: Act) -> Any:
    return {"id": call["id"], "name": call["name"], "arguments": call["arguments"]}
