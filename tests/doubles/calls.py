"""Run one call through the policy, as a turn would."""

from __future__ import annotations

from typing import Any

from tools.declared import declared
from tools.journal import Journal, MemoryJournal
from tools.policy import Outcome, Policy
from tools.registry import Registered
from tools.schema import spec_of
from tools.scope import Scope
from tools.secrets import Redactor
from tools.settings import ToolSettings
from tools.wrap import as_tool


def registered(tool: Any, origin: str = "given") -> Registered:
    """Register a tool, or a function as one."""
    made = as_tool(tool)
    return Registered(made, spec_of(made), declared(made), origin)


def scope(call_id: str = "1", user_id: str = "ana", thread_id: str = "t") -> Scope:
    """Return the scope of a call."""
    return Scope(user_id, thread_id, call_id, f"{user_id}/{thread_id}/0/{call_id}")


async def run(
    tool: Any,
    arguments: dict[str, Any],
    call_id: str = "1",
    settings: ToolSettings | None = None,
    journal: Journal | None = None,
) -> Outcome:
    """Call a tool and return what came of it."""
    policy = Policy(settings or ToolSettings(), journal or MemoryJournal(), Redactor())
    known = tool if isinstance(tool, Registered) else registered(tool)
    return await policy.run(known, arguments, scope(call_id))
