"""Tool calls as the assistant runs them: read back, named right and checked against the schema."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.models.base import RawCall
from agent.models.names import Names
from agent.models.reader import StreamReader, read_calls
from tools.literals import Mismatch, parse
from tools.schema import validate
from tools.spec import ToolSpec

__all__ = ["UNKNOWN_TOOL", "Call", "StreamReader", "check_calls", "read_calls"]


UNKNOWN_TOOL = "unknown tool"
"""How the problem of a call begins whose tool the model was not offered."""
_ANYTHING = {"type": "object", "additionalProperties": True}


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call after checking.

    Args:
        id: Unique within its batch.
        name: The tool's own name; as the model wrote it where there is no such tool.
        arguments: The arguments after coercion; empty where they are not an object.
        problem: What the model must be told instead of running the call; empty if it is right.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    problem: str = ""


def check_calls(raw: Sequence[RawCall], tools: Sequence[ToolSpec]) -> tuple[Call, ...]:
    """Name, parse, coerce and validate calls, and drop exact repetitions.

    Args:
        raw: Calls from a server, or from `read_calls`.
        tools: The tools that the model was offered.
    """
    names = Names(tools)
    checked: dict[str, Call] = {}
    used: set[str] = set()
    for one in raw:
        name, arguments, problem = _check(one, names)
        key = json.dumps([name, arguments, problem], sort_keys=True, default=str)
        if key not in checked:
            checked[key] = Call(_unique(one.id, used), name, arguments, problem)
    return tuple(checked.values())


def _check(raw: RawCall, names: Names) -> tuple[str, dict[str, Any], str]:
    tool = names.resolve(str(raw.name))
    arguments = _parsed(raw.arguments)
    if tool is None:
        offered = ", ".join(names.offered) or "none"
        given, _ = validate(arguments if isinstance(arguments, dict) else {}, _ANYTHING)
        return str(raw.name), given, f"{UNKNOWN_TOOL} {str(raw.name)[:80]!r}; tools are: {offered}"
    if not isinstance(arguments, dict):
        sole = _sole_parameter(tool)
        if not sole or isinstance(arguments, list) or _broken(arguments):
            return tool.name, {}, _not_an_object(tool, raw.arguments)
        arguments = {sole: arguments}
    checked, problems = validate(arguments, tool.parameters)
    return tool.name, checked, "; ".join(problems)


def _parsed(arguments: Any) -> Any:
    # Some servers quote the arguments, and some models quote them once more.
    for _ in range(2):
        if not isinstance(arguments, str):
            break
        text = arguments.strip()
        if not text:
            return {}
        if not text.startswith(("{", "[", '"', "'")):
            break
        try:
            arguments = parse(text)
        except Mismatch:
            break
    return {} if arguments is None else arguments


def _broken(arguments: Any) -> bool:
    return isinstance(arguments, str) and arguments.lstrip().startswith(("{", "["))


def _sole_parameter(tool: ToolSpec) -> str:
    # "Action Input: weather in Paris" can mean one parameter only where there is only one.
    properties = list(tool.parameters.get("properties", {}))
    required = list(tool.parameters.get("required", ()))
    only = required if len(required) == 1 else properties
    return str(only[0]) if len(only) == 1 else ""


def _not_an_object(tool: ToolSpec, written: Any) -> str:
    expected = ", ".join(tool.parameters.get("properties", {})) or "none"
    shown = written if isinstance(written, str) else json.dumps(written, default=str)
    if len(shown) > 80:
        shown = shown[:80] + "…"
    return f"the arguments must be a complete JSON object with the keys: {expected}; was {shown}"


def _unique(given: str, used: set[str]) -> str:
    chosen = given
    while not chosen or chosen in used:
        chosen = f"call_{secrets.token_hex(4)}"
    used.add(chosen)
    return chosen
