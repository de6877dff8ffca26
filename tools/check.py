"""Finds what is wrong with a tool file, and what a small model will not understand."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.cases import cases_file, read_cases
from tools.check_run import crowded, run_cases, try_out
from tools.check_words import beside, said
from tools.declared import RiskBy, declared, guessed
from tools.errors import ToolSetupError
from tools.finding import Finding
from tools.folder import read_file
from tools.offers import reason_of
from tools.registry import Registered
from tools.schema import spec_of, validate

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

TYPES = "Write one: str, int, float, bool, list[str], Literal[…]."
"""How a parameter without a type is mended."""
_CALLING = ("get", "post", "put", "patch", "delete", "head", "request", "urlopen")
_CALLED = ("requests", "request", "urllib")
_RUNNING = ("run", "call", "check_call", "check_output")


async def check_file(
    path: Path, others: Sequence[Registered] = (), *, run: bool = False
) -> list[Finding]:
    """Check one file: what is in it, how it reads, and whether its tools and cases run.

    Only readers are called, and nothing is written into any journal.

    Args:
        path: The file.
        others: The tools beside which its own will be offered.
        run: Call in the evaluation cases what has side effects, too.
    """
    offers, faults = await read_file(path)
    found = [Finding("error", path.name, fault.partition(": ")[2] or fault) for fault in faults]
    tools: dict[str, Registered] = {}
    for offer in offers:
        try:
            tool = offer.make()
            if tool.name in tools:
                raise ToolSetupError(f"a tool called {tool.name} stands above it in the file")
            tools[tool.name] = Registered(tool, spec_of(tool), declared(tool), offer.origin)
        # The tool boundary: a file may hold anything.
        except Exception as error:  # noqa: BLE001
            found.append(Finding("error", offer.label, reason_of(error)))
    places = {name: _place(one.tool, path) for name, one in tools.items()}
    for name, one in tools.items():
        near = [*others, *(other for other in tools.values() if other is not one)]
        found.extend(said(one, places[name]))
        found.extend(_schema(one, places[name]))
        found.extend(beside(one, places[name], [other.spec for other in near]))
        found.extend(_risk(one, places[name]))
    if tree := _parsed(path):
        found.extend(_untyped(tree, path, {offer.label for offer in offers}))
        found.extend(_waits(tree, path))
    return [*found, *await _runs(path, tools, places, others, run=run)]


async def _runs(
    path: Path,
    tools: Mapping[str, Registered],
    places: Mapping[str, str],
    others: Sequence[Registered],
    *,
    run: bool,
) -> list[Finding]:
    """Run the evaluation cases, and try each reader."""
    try:
        cases = read_cases(path)
    except ToolSetupError as error:
        return [Finding("error", path.name, error.message, error.hint)]
    found = await run_cases(path, cases, tools, run=run)
    for name, one in tools.items():
        found.extend(await try_out(one, places[name]))
    known = [(one.spec, one.declared.examples) for one in others]
    found.extend(await crowded(cases, path, tools, known))
    covered = {case.tool for case in cases}
    if left := [name for name in tools if name not in covered]:
        mend = f"Write one into {cases_file(path).name}, as `arriero tools new` does."
        found.append(Finding("hint", path.name, f"there is no case for {', '.join(left)}", mend))
    return found


def _place(tool: BaseTool, path: Path) -> str:
    """Name a tool with the line at which its function begins."""
    function = _function(tool)
    code = getattr(inspect.unwrap(function), "__code__", None) if function else None
    if code is None or code.co_filename != str(path):
        return f"{path.name}: {tool.name}"
    return f"{path.name}:{code.co_firstlineno}: {tool.name}"


def _function(tool: BaseTool) -> Callable[..., Any] | None:
    return getattr(tool, "func", None) or getattr(tool, "coroutine", None)


def _schema(tool: Registered, place: str) -> Iterator[Finding]:
    """Check types and defaults."""
    properties: Mapping[str, Any] = tool.spec.parameters.get("properties", {})
    for name, schema in properties.items():
        if not ({"type", "anyOf", "enum"} & set(schema)):
            yield Finding("error", place, f"its parameter {name} has no type", TYPES)
        if schema.get("default") is not None:
            alone = {"type": "object", "properties": {name: schema}}
            given, problems = validate({name: schema["default"]}, alone)
            if problems or given != {name: schema["default"]}:
                yield Finding("error", place, f"its parameter {name} has the default "
                              f"{schema['default']!r}, which is not of its own type",
                              "Give a default of that type, or none.")  # fmt: skip
    function = _function(tool.tool)
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if function and any(
        one.kind in kinds for one in inspect.signature(function).parameters.values()
    ):
        yield Finding("error", place, "it takes *args or **kwargs", "Name every parameter.")


def _risk(tool: Registered, place: str) -> Iterator[Finding]:
    """Say what a tool counts as that declares nothing, and what follows."""
    risk = tool.declared.risk
    if isinstance(risk, RiskBy):
        if risk.argument not in tool.spec.parameters.get("properties", {}):
            yield Finding("error", place, f"its risk depends on {risk.argument}, which is no "
                          "parameter", "Name one of its parameters.")  # fmt: skip
        return
    if risk is not None:
        return
    counts = tool.declared.risk_of(tool.name, {})
    told = "by its name" if guessed(tool.name) else "because its name tells nothing"
    likely = counts if guessed(tool.name) else "reads"
    if counts == "reads":
        follows = "it runs unasked"
    elif guessed(tool.name):
        follows = "the user is asked before each call"
    else:
        follows = "it runs unasked, is written down, and is never tried again"
    yield Finding("hint", place, f"its risk is not declared; it counts as {counts} {told}: "
                  f"{follows}",
                  f'POLICY = {{"{tool.name}": {{"risk": "{likely}"}}}} declares it.')  # fmt: skip


def _parsed(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (SyntaxError, OSError, ValueError):
        return None


def _untyped(tree: ast.Module, path: Path, labels: set[str]) -> Iterator[Finding]:
    """Find parameters without a type: what langchain says of them leads astray."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.decorator_list:
            continue
        if f"{path.name}: {node.name}" not in labels:
            continue
        for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if one.annotation is None:
                what = f"the parameter {one.arg} of {node.name} has no type"
                yield Finding("error", f"{path.name}:{one.lineno}", what, TYPES)


def _waits(tree: ast.Module, path: Path) -> Iterator[Finding]:
    """Find calls that may wait without end; a blocking function cannot be stopped."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        called = ast.unparse(node.func)
        owner, _, last = called.rpartition(".")
        place = f"{path.name}:{node.lineno}"
        if called == "time.sleep":
            yield Finding("warning", place, "time.sleep holds up the turn, and cannot be stopped",
                          "Do without it, or await asyncio.sleep.")  # fmt: skip
        bounded = any(one.arg in ("timeout", None) for one in node.keywords)
        asks = last in _CALLING and (owner.partition(".")[0] in _CALLED or called == "urlopen")
        starts = owner == "subprocess" and last in _RUNNING
        if (asks or starts) and not bounded:
            yield Finding("warning", place, f"{called} has no timeout",
                          "Give timeout=10: what blocks cannot be stopped.")  # fmt: skip
