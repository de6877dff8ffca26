"""Runs a tool file's evaluation cases, and tries its tools with arguments of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from memory.embeddings import EmbedderError
from tools.cases import Case, cases_file
from tools.errors import Question
from tools.finding import Finding
from tools.journal import MemoryJournal
from tools.policy import Outcome, Policy
from tools.registry import Registered
from tools.schema import validate
from tools.scope import Scope
from tools.secrets import Redactor
from tools.settings import ToolSettings
from tools.spec import ToolSpec
from tools.threads import in_thread

SECONDS = 10.0
"""Seconds that a call may take here, unless the tool declares another time."""
LONG = 2000
"""Characters of an output from which on it fills a small model's window."""
_EXAMPLE = re.compile(r"""(?:such as|like|e\.g\.|for example)[^"“]{0,20}["“]([^"”]{1,80})["”]""")
_RAW = re.compile(
    r"failed: ((?:Key|Index|Attribute|Type|Name|UnboundLocal|ZeroDivision|Assertion|Recursion|"
    r"NotImplemented)Error\b.*)"
)
_ODD = "?!"

Known = tuple[ToolSpec, tuple[str, ...]]


async def run_cases(
    path: Path, cases: Sequence[Case], tools: Mapping[str, Registered], *, run: bool
) -> list[Finding]:
    """Check the cases, and make the calls of readers; of all tools if `run` says so."""
    found: list[Finding] = []
    for number, case in enumerate(cases, 1):
        place, tool = f"{cases_file(path).name}: case {number}", tools.get(case.tool)
        if not case.tool:
            continue
        if tool is None:
            found.append(Finding("error", place, f"there is no tool {case.tool!r} in the file"))
            continue
        arguments, problems = validate(case.arguments, tool.spec.parameters)
        if problems:
            found.append(Finding("error", place, "; ".join(problems)))
        elif run or tool.declared.risk_of(tool.name, arguments) == "reads":
            outcome = await _call(tool, arguments)
            if outcome.error:
                found.append(Finding("error", place, f"it failed: {outcome.error}"))
            else:
                found.extend(_output(tool, outcome, place))
    return found


async def try_out(tool: Registered, place: str) -> list[Finding]:
    """Call a reader with arguments made from its schema: likely ones, and ones that nobody knows.

    A refusal in words is as it should be; what an exception of Python's own says is not.
    """
    found: list[Finding] = []
    for odd in (False, True):
        arguments = arguments_for(tool.spec.parameters, odd=odd)
        checked, problems = validate(arguments, tool.spec.parameters)
        if problems or tool.declared.risk_of(tool.name, checked) != "reads":
            continue
        outcome = await _call(tool, checked)
        given = json.dumps(checked, ensure_ascii=False)
        if raw := _RAW.search(outcome.error):
            found.append(
                Finding(
                    "warning",
                    place,
                    f"given {given}, all that a model is told is: {raw[1][:120]}",
                    "Raise ToolException: say what was wrong, and what would be right.",
                )
            )
        elif "had no answer after" in outcome.error or "cannot be shown" in outcome.error:
            found.append(Finding("warning", place, f"given {given}: {outcome.error}"))
        elif not outcome.error:
            found.extend(_output(tool, outcome, place))
    return list(dict.fromkeys(found))


def arguments_for(parameters: Mapping[str, Any], *, odd: bool = False) -> dict[str, Any]:
    """Make arguments that a schema allows: the required ones, from its examples where it has some.

    Args:
        parameters: The schema.
        odd: Make up texts that nobody knows in place of likely ones.
    """
    properties = parameters.get("properties", {})
    return {name: _value(properties.get(name, {}), odd) for name in parameters.get("required", ())}


def _value(schema: Mapping[str, Any], odd: bool) -> Any:
    if schema.get("enum"):
        return schema["enum"][-1 if odd else 0]
    if options := schema.get("anyOf"):
        return _value(options[0], odd)
    match schema.get("type"):
        case "integer" | "number":
            return max(schema.get("minimum", 0), 0 if odd else 1)
        case "boolean":
            return odd
        case "array":
            return [] if odd else [_value(schema.get("items", {}), odd)]
        case "object":
            return arguments_for(schema, odd=odd)
    example = _EXAMPLE.search(schema.get("description", ""))
    return _ODD if odd else example[1] if example else "example"


async def crowded(
    cases: Sequence[Case], path: Path, tools: Mapping[str, Registered], others: Sequence[Known]
) -> list[Finding]:
    """Find cases for which another tool is found before the one that they are for."""
    asked = [(number, one) for number, one in enumerate(cases, 1) if one.tool in tools]
    if not asked or len(tools) + len(others) < 2:
        return []
    own = [(one.spec, one.declared.examples) for one in tools.values()]
    try:
        first = await in_thread(_rank, [*own, *others], [case.request for _, case in asked])
    except EmbedderError:
        return []
    return [
        Finding("warning", f"{cases_file(path).name}: case {number}",
                f"{name} is found before {case.tool} for {case.request!r}",
                "Say in the first sentence what sets it apart, and give POLICY examples.")
        for (number, case), name in zip(asked, first, strict=True)
        if name != case.tool
    ]  # fmt: skip


def _rank(known: Sequence[Known], requests: Sequence[str]) -> list[str]:
    from memory.embeddings import open_embedder
    from tools.select import ToolIndex

    index = ToolIndex(open_embedder())
    index.update(known)
    return [index.rank(request, 1)[0] for request in requests]


async def _call(tool: Registered, arguments: dict[str, Any]) -> Outcome:
    policy = Policy(ToolSettings(timeout=SECONDS), MemoryJournal(), Redactor())
    try:
        return await policy.run(tool, arguments, Scope("check", "check", "1", "check/1"))
    except Question as question:
        return Outcome(question.text)


def _output(tool: Registered, outcome: Outcome, place: str) -> Iterator[Finding]:
    """Check what a call gave."""
    size = len(outcome.output)
    if outcome.output == "(empty)":
        yield Finding("hint", place, "it returned an empty text",
                      "Say that there is nothing: a model makes something up.")  # fmt: skip
    elif " characters left out" in outcome.output[-60:]:
        yield Finding("warning", place, f"its output is cut at {size} characters",
                      "Return what was asked for alone.")  # fmt: skip
    elif size > LONG:
        yield Finding("hint", place, f"its output has {size} characters",
                      "It stays in the conversation: return what was asked for alone.")  # fmt: skip
