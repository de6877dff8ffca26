"""Call a tool of any kind, and turn whatever it does into a result or into words for the model."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from tools.errors import Question
from tools.output import cut, to_text
from tools.threads import in_thread

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

ERROR_CHARS = 800
# Seconds that a timed-out tool is given to tidy up before it is left behind.
GRACE = 0.5
# Tasks that did not end when they were cancelled; the loop itself holds tasks only weakly.
_abandoned: set[asyncio.Task[Any]] = set()


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt to call a tool gave.

    Args:
        output: The whole output as text, not cut.
        error: What was wrong and what would be right; empty when the call went well.
        artifact: What a tool returns beside its text: sources and files.
        passing: Whether the same call may succeed a moment later.
        ours: Whether the error is in our own words, and nothing in it in the tool's.
    """

    output: str = ""
    error: str = ""
    artifact: Any = None
    passing: bool = False
    ours: bool = False


async def invoke(
    tool: BaseTool, arguments: dict[str, Any], call_id: str, *, seconds: float
) -> Result:
    """Call a tool within a time, and turn whatever happens into a `Result`.

    Args:
        tool: The tool.
        arguments: What the model gave it.
        call_id: The id of the call, for tools that ask for it.
        seconds: How long it may take.

    Raises:
        Question: The tool cannot go on without the user's words.
    """
    task = asyncio.ensure_future(_attempt(tool, arguments, call_id))
    try:
        await asyncio.wait((task,), timeout=seconds)
        if not task.done():
            task.cancel()
            await asyncio.wait((task,), timeout=GRACE)
            return Result(error=_timed_out(tool, seconds), ours=True)
        if task.cancelled():
            text = f"{tool.name} broke off before it had an answer. Try again, or do without it."
            return Result(error=text, ours=True)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            _abandoned.add(task)
            task.add_done_callback(_abandoned.discard)


async def _attempt(tool: BaseTool, arguments: dict[str, Any], call_id: str) -> Result:
    """Call the tool; let only cancellation and questions through."""
    try:
        if is_plain(tool):
            content, artifact = await _call_plainly(tool, arguments)
        else:
            content, artifact, error = await _call_through(tool, arguments, call_id)
            if error:
                return Result(error=cut(error, ERROR_CHARS))
        return Result(output=to_text(content) or "(empty)", artifact=artifact)
    except Question:
        raise
    # The tool boundary: whatever a tool raises is for the model to read, not the turn's end.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        passing = isinstance(error, (ConnectionError, TimeoutError)) or _is_passing(error)
        return Result(
            error=cut(explain(tool, error), ERROR_CHARS),
            artifact=getattr(error, "artifact", None),
            passing=passing,
        )


def _is_passing(error: BaseException) -> bool:
    """Say whether an error, or what it was raised from, is of a kind that passes."""
    from tools.errors import NetError

    cause = error.__cause__
    if isinstance(cause, NetError):
        return cause.kind in ("timeout", "connection") or cause.status in (429, 502, 503, 504)
    return isinstance(cause, (ConnectionError, TimeoutError))


def is_plain(tool: BaseTool) -> bool:
    """Say whether the tool is a bare function that can be called without the tool's own frame.

    The frame (callbacks, tracing, injected arguments, its own handling of errors) costs many
    times what a plain call does, and most tools use nothing of it.
    """
    from langchain_core.tools import StructuredTool

    kind = type(tool)
    if not isinstance(tool, StructuredTool) or tool.callbacks:
        return False
    if kind._run is not StructuredTool._run or kind._arun is not StructuredTool._arun:
        return False
    if tool.handle_tool_error or tool.handle_validation_error:
        return False
    function = tool.coroutine or tool.func
    schema = tool.args_schema
    if isinstance(schema, dict):
        return function is not None and not _asks_for_more(function)[0]
    modern = isinstance(schema, type) and issubclass(schema, BaseModel)
    return modern and function is not None and not any(_asks_for_more(function))


@lru_cache(maxsize=512)
def _asks_for_more(function: Callable[..., Any]) -> tuple[bool, bool]:
    """Say whether a function wants injected arguments, and whether it has variadic ones."""
    injected = variadic = False
    for name, parameter in inspect.signature(function).parameters.items():
        wanted = str(parameter.annotation)
        marks = ("RunnableConfig", "Injected", "ToolRuntime")
        injected |= name in ("callbacks", "run_manager") or any(mark in wanted for mark in marks)
        variadic |= parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return injected, variadic


async def _call_plainly(tool: Any, arguments: dict[str, Any]) -> tuple[Any, Any]:
    """Validate the arguments and call the function itself; return (content, artifact)."""
    values = arguments
    if not isinstance(tool.args_schema, dict):
        checked: BaseModel = tool.args_schema.model_validate(arguments)
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
        values.update(checked.model_extra or {})
    if tool.coroutine is not None:
        result = await tool.coroutine(**values)
    else:
        result = await in_thread(tool.func, **values)
        if inspect.isawaitable(result):  # a plain function that hands on a coroutine
            result = await result
    if tool.response_format != "content_and_artifact":
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError("the tool promised a pair of content and artifact and returned none")
    return result


async def _call_through(
    tool: BaseTool, arguments: dict[str, Any], call_id: str
) -> tuple[Any, Any, str]:
    """Call the tool in its own frame; return (content, artifact, error)."""
    call = {"type": "tool_call", "id": call_id, "name": tool.name, "args": dict(arguments)}
    message = await (in_thread(tool.invoke, call) if _blocks(tool) else tool.ainvoke(call))
    content = getattr(message, "content", message)
    if getattr(message, "status", "success") == "error":
        return "", None, to_text(content)
    return content, getattr(message, "artifact", None), ""


def _blocks(tool: BaseTool) -> bool:
    """Say whether the tool has only a blocking implementation."""
    from langchain_core.tools import BaseTool, StructuredTool

    if type(tool)._arun not in (BaseTool._arun, StructuredTool._arun):
        return False
    return getattr(tool, "coroutine", None) is None


def _timed_out(tool: BaseTool, seconds: float) -> str:
    left = " It may still be running." if _blocks(tool) else ""
    shown = max(round(seconds, 2), 0.01)
    return (
        f"{tool.name} had no answer after {shown:g} seconds and was given up.{left} "
        "Ask it for less, or answer without it."
    )


def explain(tool: BaseTool, error: BaseException) -> str:
    """Say in words for the model what was wrong with a call and what would be right."""
    from langchain_core.tools import ToolException

    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ToolException) and str(error):
        return str(error)
    if isinstance(error, ValidationError):
        return _explain_arguments(tool, error)
    if isinstance(error, SystemExit):
        return f"{tool.name} tried to end the program, which was prevented."
    message = " ".join(str(error).split())
    return f"{tool.name} failed: {type(error).__name__}{f': {message}' if message else ''}"


def _explain_arguments(tool: BaseTool, error: ValidationError) -> str:
    faults = []
    for item in error.errors(include_url=False, include_context=False)[:5]:
        place = ".".join(str(part) for part in item["loc"]) or "the arguments"
        if item["type"] == "missing":
            faults.append(f"`{place}` is missing")
        elif item["type"] == "extra_forbidden":
            faults.append(f"`{place}` is not one of its arguments")
        else:
            given = repr(item["input"])
            given = given if len(given) <= 60 else given[:59] + "…"
            faults.append(f"`{place}` was {given}: {item['msg'][0].lower()}{item['msg'][1:]}")
    return f"Wrong arguments for {tool.name}: {'; '.join(faults)}. It takes {_takes(tool)}."


def _takes(tool: BaseTool) -> str:
    """List the arguments of a tool with their types."""
    properties: Mapping[str, Mapping[str, Any]] = tool.args
    listed = [f"`{name}` ({_type_word(schema)})" for name, schema in properties.items()]
    return ", ".join(listed) or "no arguments"


def _type_word(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(str(choice) for choice in schema["enum"])
    if "anyOf" in schema:
        words = [_type_word(option) for option in schema["anyOf"] if option.get("type") != "null"]
        return " or ".join(words)
    word = str(schema.get("type", "any value"))
    return f"{word}, optional" if "default" in schema else word
