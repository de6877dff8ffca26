"""Finds what is wrong with a tool file, and what a small model will not understand."""

from __future__ import annotations

import ast
import difflib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tools.declared import declared, guessed
from tools.errors import ToolSetupError
from tools.folder import read_file
from tools.journal import MemoryJournal
from tools.offers import reason_of
from tools.policy import Policy
from tools.registry import Registered
from tools.schema import spec_of, validate
from tools.scope import Scope
from tools.secrets import Redactor
from tools.settings import ToolSettings

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Level = Literal["error", "warning", "hint"]
LONGEST = 400
"""Characters of a description that a small model still reads."""
MOST = 6
"""Parameters that a small model still fills."""
NEAR = 0.85
"""Likeness of names from which on they are taken for each other."""
TYPES = "Write one: str, int, float, bool, list[str], Literal[…]."
"""How a parameter without a type is mended."""
_VAGUE = "a arg arg1 arg2 args data info input item obj object param payload s thing value x y"
VAGUE = frozenset(_VAGUE.split())
_OPENING = re.compile(r"(this|the|a|an) (tool|function|method)\b", re.I)
_CALLING = ("get", "post", "put", "delete", "request", "urlopen")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a tool file.

    Args:
        level: `error` keeps a tool from working, `warning` will confuse a small model or hold up a
            turn, `hint` is good to know.
        where: The file, its line where that is known, and the tool.
        what: What is wrong.
        mend: What would be right.
    """

    level: Level
    where: str
    what: str
    mend: str = ""


async def check_file(path: Path, others: Sequence[str] = ()) -> list[Finding]:
    """Check one file: what is in it, how it reads, and whether its evaluation cases run.

    Args:
        path: The file.
        others: Names of the tools beside which its own will be offered.
    """
    offers, faults = await read_file(path)
    found = [Finding("error", path.name, fault.partition(": ")[2] or fault) for fault in faults]
    tools: dict[str, Registered] = {}
    for offer in offers:
        try:
            tool = offer.make()
            tools[tool.name] = Registered(tool, spec_of(tool), declared(tool), offer.origin)
        # The tool boundary: a file may hold anything.
        except Exception as error:  # noqa: BLE001
            found.append(Finding("error", offer.label, reason_of(error)))
    for registered in tools.values():
        place = f"{path.name}: {registered.name}"
        found.extend(_said(registered, place))
        found.extend(
            _names(registered, place, [*others, *(n for n in tools if n != registered.name)])
        )
        found.extend(_risk(registered, place))
    found.extend(_untyped(path, {offer.label for offer in offers}))
    found.extend(_waits(path))
    found.extend(await _cases(path, tools))
    return found


def _said(tool: Registered, place: str) -> Iterator[Finding]:
    """Check the words that a model reads."""
    text = tool.spec.description.strip()
    if _OPENING.match(text):
        yield Finding("warning", place, f"its description begins with {text.split()[0]!r} …",
                      "Begin with a verb: Tell …, Send …, Find …")  # fmt: skip
    if len(text) > LONGEST:
        yield Finding("warning", place, f"its description has {len(text)} characters",
                      f"Small models read about {LONGEST}: what it does, and when.")  # fmt: skip
    properties: Mapping[str, Any] = tool.spec.parameters.get("properties", {})
    if len(properties) > MOST:
        yield Finding("warning", place, f"it has {len(properties)} parameters",
                      f"Small models fill up to {MOST}: make two tools of it.")  # fmt: skip
    for name, schema in properties.items():
        if not schema.get("description"):
            yield Finding("warning", place, f"its parameter {name} is not described",
                          "Add a line under Args: with an example.")  # fmt: skip
        if not ({"type", "anyOf", "enum"} & set(schema)):
            yield Finding("error", place, f"its parameter {name} has no type",
                          TYPES)  # fmt: skip
        if schema.get("type") == "object":
            yield Finding("warning", place, f"its parameter {name} is an object",
                          "Plain parameters are filled more surely than nested ones.")  # fmt: skip
        if name in VAGUE:
            yield Finding("warning", place, f"its parameter {name} says nothing by its name",
                          "Name what it is: city, amount, file_name.")  # fmt: skip
    yield from _variadic(tool.tool, place)


def _variadic(tool: BaseTool, place: str) -> Iterator[Finding]:
    function: Callable[..., Any] | None = getattr(tool, "func", None) or getattr(
        tool, "coroutine", None
    )
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if function and any(
        one.kind in kinds for one in inspect.signature(function).parameters.values()
    ):
        yield Finding("error", place, "it takes *args or **kwargs", "Name every parameter.")


def _names(tool: Registered, place: str, others: Iterable[str]) -> Iterator[Finding]:
    """Check the name beside those of other tools."""
    if tool.name.lower() in VAGUE or len(tool.name) < 3:
        yield Finding("warning", place, "its name says nothing", "Name what it does: stock_level.")
    for other in dict.fromkeys(others):
        if other == tool.name:
            yield Finding("error", place, "another tool has the same name", "Choose another.")
        elif difflib.SequenceMatcher(None, tool.name, other).ratio() >= NEAR:
            yield Finding("warning", place, f"its name is near to that of {other}",
                          "A small model takes one for the other.")  # fmt: skip


def _risk(tool: Registered, place: str) -> Iterator[Finding]:
    if tool.declared.risk is None:
        risk = tool.declared.risk_of(tool.name, {})
        told = "by its name" if guessed(tool.name) else "because its name tells nothing"
        yield Finding("hint", place, f"its risk is not declared; it counts as {risk} {told}",
                      f'POLICY = {{"{tool.name}": {{"risk": "reads"}}}} declares it.')  # fmt: skip


def _untyped(path: Path, labels: set[str]) -> Iterator[Finding]:
    """Find parameters without a type: what langchain says of them leads astray."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (SyntaxError, OSError, ValueError):
        return
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.decorator_list:
            continue
        if f"{path.name}: {node.name}" not in labels:
            continue
        for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if one.annotation is None:
                what = f"the parameter {one.arg} of {node.name} has no type"
                yield Finding("error", f"{path.name}:{one.lineno}", what, TYPES)


def _waits(path: Path) -> Iterator[Finding]:
    """Find calls that may wait without end; a blocking function cannot be stopped."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, OSError, ValueError):
        return
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        place = f"{path.name}:{node.lineno}"
        if (owner, node.func.attr) == ("time", "sleep"):
            yield Finding("warning", place, "time.sleep holds up the turn", "Do without it.")
        bounded = any(one.arg in ("timeout", None) for one in node.keywords)
        if owner in ("requests", "httpx", "request") and node.func.attr in _CALLING and not bounded:
            yield Finding("warning", place, f"{owner}.{node.func.attr} has no timeout",
                          "Give timeout=10: what blocks cannot be stopped.")  # fmt: skip


def read_cases(path: Path) -> list[dict[str, Any]]:
    """Return the evaluation cases beside a tool file: request, tool and arguments each.

    Raises:
        ToolSetupError: The file is no such JSON.
    """
    file = path.with_suffix(".eval.json")
    if not file.exists():
        return []
    try:
        cases = json.loads(file.read_text(encoding="utf-8"))["cases"]
        return [
            {
                "request": str(one["request"]),
                "tool": str(one["tool"]),
                "arguments": dict(one["arguments"]),
            }
            for one in cases
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise ToolSetupError(
            f"{file.name} is not what it should be: {type(error).__name__}: {error}.",
            'It holds {"cases": [{"request": "…", "tool": "…", "arguments": {…}}]}.',
        ) from error


async def _cases(path: Path, tools: Mapping[str, Registered]) -> list[Finding]:
    """Check the evaluation cases, and run those of readers."""
    try:
        cases = read_cases(path)
    except ToolSetupError as error:
        return [Finding("error", path.name, error.message, error.hint)]
    found = []
    policy = Policy(ToolSettings(timeout=10.0), MemoryJournal(), Redactor())
    for number, case in enumerate(cases, 1):
        place, tool = f"{path.stem}.eval.json: case {number}", tools.get(case["tool"])
        if tool is None:
            found.append(Finding("error", place, f"there is no tool {case['tool']!r} in the file"))
            continue
        arguments, problems = validate(case["arguments"], tool.spec.parameters)
        if problems:
            found.append(Finding("error", place, "; ".join(problems)))
        elif tool.declared.risk_of(tool.name, arguments) == "reads":
            scope = Scope("check", "check", str(number), f"check/{number}")
            outcome = await policy.run(tool, arguments, scope)
            if outcome.error:
                found.append(Finding("error", place, f"it failed: {outcome.error}"))
    if not cases and tools:
        mend = f"Write {path.stem}.eval.json, as `arriero tools new` does."
        found.append(Finding("hint", path.name, "it has no case, and was not run", mend))
    return found
