"""Act: run one call; several run side by side."""

from __future__ import annotations

import asyncio
from typing import Any

from langgraph.runtime import Runtime

from agent.events import Step, StepFinished, StepStarted
from agent.state import Act, Context, Entry
from tools import policy


async def act(state: Act, runtime: Runtime[Context]) -> dict[str, Any]:
    """Run a call through the policy and return its tool entry; a tool never ends a turn."""
    call, ctx = state, runtime.context
    tool = ctx.parts.toolbox.get(call["name"])
    ctx.emit(StepStarted(call["id"], call["name"], call["arguments"]))
    entry = Entry(role="tool", content="", tool_call_id=call["id"], name=call["name"])
    if tool is None:
        # Only a thread that was interrupted with other tools on offer leads here.
        entry["error"] = entry["content"] = f"The tool {call['name']} is not available any more."
    else:
        settings = ctx.parts.settings.tools
        left = ctx.deadline - asyncio.get_running_loop().time()
        if left < settings.timeout:
            settings = settings.model_copy(update={"timeout": max(left, 0.01)})
        outcome = await policy.run(tool, call["arguments"], call["id"], settings)
        entry["content"] = outcome.error or outcome.output
        entry["seconds"] = outcome.seconds
        if outcome.error:
            entry["error"] = outcome.error
        if outcome.sources:
            entry["sources"] = [source.as_dict() for source in outcome.sources]
    error = entry.get("error", "")
    ctx.emit(
        StepFinished(
            Step(
                id=call["id"],
                name=call["name"],
                arguments=call["arguments"],
                output="" if error else entry["content"],
                error=error,
                seconds=entry.get("seconds", 0.0),
            )
        )
    )
    return {"messages": [entry]}
