"""When a call must be approved by the user, and why."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from tools.declared import Risk, guessed
from tools.settings import ToolSettings
from tools.taint import Heard, carries, goes_abroad, led_to, origin_of

if TYPE_CHECKING:
    from tools.registry import Registered

DOES: dict[Risk, str] = {
    "reads": "It reads.",
    "writes": "It changes something.",
    "runs_code": "It runs code.",
    "spends": "It spends money.",
    "sends": "It sends something to others.",
}
"""What the user is told of each kind of side effect."""
FOLLOWS = "It follows what {} returned, and your own words do not ask for it."


def why_ask(
    tool: Registered,
    arguments: Mapping[str, Any],
    settings: ToolSettings,
    *,
    heard: Heard,
    allowed: Collection[str] = (),
) -> str:
    """Say why the user must be asked before a call is made, or return nothing.

    Args:
        tool: The tool.
        arguments: The arguments of the call.
        settings: What every tool obeys.
        heard: What was said in the thread until now.
        allowed: Tools that the user has approved for the whole thread.
    """
    if settings.approval == "never":
        return ""
    risk = tool.declared.risk_of(tool.name, arguments)
    if risk == "reads":
        return _why_not_read(tool, arguments, heard)
    if tool.declared.confined and risk == "runs_code":
        return ""
    if source := origin_of(tool.spec, arguments, heard):
        return f"{DOES[risk]} {FOLLOWS.format(source)}"
    if tool.declared.confined or _vouched(tool):
        return ""
    if tool.name in allowed or any(fnmatch.fnmatchcase(tool.name, p) for p in settings.allow):
        return ""
    return DOES[risk]


def _why_not_read(tool: Registered, arguments: Mapping[str, Any], heard: Heard) -> str:
    """Say why a call that only reads may do harm all the same: by what it sends out."""
    declared = tool.declared
    abroad = declared.output == "outside" or (declared.risk is None and goes_abroad(tool.name))
    if text := carries(arguments, heard, abroad=abroad):
        return f"It would carry private text out: {text[:200]}"
    # A tool that declares itself a reader may follow what pages link to.
    if declared.risk is None and (url := led_to(arguments, heard)):
        return f"The address {url[:200]} comes from what a tool returned, not from you."
    return ""


def _vouched(tool: Registered) -> bool:
    """Say whether whoever brought the tool along has answered for it.

    A program that opens an assistant with tools of its own means them to be used, and so does the
    user who puts a file into the tool folder, as long as nothing in the tool's name speaks of a
    side effect. What a tool declares is always heeded.
    """
    if tool.declared.risk is not None or tool.origin.startswith("mcp "):
        return False
    return tool.given or guessed(tool.name) is None
