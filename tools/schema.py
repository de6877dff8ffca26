"""Make tool schemas plain, and arguments fit them.

A small model writes "3" for 3 and one value for a list of one. What it means is beyond doubt, so
it is mended here; what is in doubt is told to the model in words.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tools.coerce import coerce, json_type
from tools.flatten import flatten
from tools.literals import whole_characters
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from langchain_core.tools import BaseTool

__all__ = ["flatten", "spec_of", "validate"]

MAX_PROBLEMS = 8
MAX_DEPTH = 64
LARGEST = 2**63 - 1

_WRAPPERS = ("arguments", "properties", "parameters", "args", "kwargs", "input")
_SCHEMA_NOISE = frozenset(("type", "required", "properties"))
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
}
_SIZES = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


def spec_of(tool: BaseTool) -> ToolSpec:
    """Describe a LangChain tool as a model sees it; arguments that are injected stay hidden."""
    from pydantic import BaseModel

    shown = tool.tool_call_schema
    if isinstance(shown, dict):
        schema = shown
    elif issubclass(shown, BaseModel):
        schema = shown.model_json_schema()
    else:
        schema = shown.schema()
    parameters = flatten({key: schema[key] for key in schema if key != "description"})
    return ToolSpec(tool.name, tool.description, parameters)


def validate(
    arguments: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Coerce arguments to a schema and say what is still wrong with them.

    Args:
        arguments: What the model gave.
        parameters: The tool's schema, as `flatten` makes it.

    Returns:
        The coerced arguments, and the problems in words for the model; none means valid. What
        no JSON can hold (NaN, endless nesting) is left out and is a problem.
    """
    from jsonschema import Draft202012Validator

    given, unfit = _storable(_unwrap(dict(arguments), parameters), parameters)
    if unfit:
        return given, unfit
    # Only now: a huge number may have been meant as text.
    coerced, unfit = _writable(coerce(given, parameters))
    if unfit:
        return coerced, unfit
    unknown = _unknown(coerced, parameters)
    errors = Draft202012Validator({**parameters, "additionalProperties": True}).iter_errors(coerced)
    found = [*unknown, *(_words(error) for error in errors)]
    return coerced, tuple(dict.fromkeys(found))[:MAX_PROBLEMS]


def _unwrap(given: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    known = parameters.get("properties", {})
    if parameters.get("additionalProperties") or not given.keys().isdisjoint(known):
        return given
    for key in _WRAPPERS:
        inner = given.get(key)
        noise = _SCHEMA_NOISE if key == "properties" else frozenset({key})
        if isinstance(inner, dict) and given.keys() <= noise:
            return dict(inner)
    return given


def _storable(
    given: dict[str, Any], parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    kept, problems = {}, []
    known = parameters.get("properties", {})
    for key, value in given.items():
        name = whole_characters(str(key))
        problem = _unfit(value)
        if problem:
            wanted = known.get(key, {}).get("type")
            demand = f"must be {_demand('type', wanted)}, " if wanted else ""
            problems.append(f"argument '{name}' {demand}was {problem}")
        else:
            kept[name] = _whole(value)
    return kept, tuple(problems)


def _writable(given: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Take out what no checkpoint can hold: whole numbers of more than 64 bits."""
    kept = {key: value for key, value in given.items() if not _holds_huge(value)}
    return kept, tuple(
        f"argument '{key}' must be smaller: whole numbers have at most 18 digits"
        for key in given
        if key not in kept
    )


def _holds_huge(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_huge(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_holds_huge(one) for one in value)
    return isinstance(value, int) and abs(value) > LARGEST


def _unfit(value: Any) -> str:
    # Goes over everything without recursion, so that what follows may recurse.
    queue: list[tuple[Any, int]] = [(value, 1)]
    while queue:
        one, depth = queue.pop()
        if depth > MAX_DEPTH:
            return "nested too deeply"
        if isinstance(one, Mapping):
            queue.extend((inner, depth + 1) for inner in one.values())
        elif isinstance(one, list | tuple):
            queue.extend((inner, depth + 1) for inner in one)
        elif not _finite(one):
            return "no finite number"
    return ""


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, Mapping):
        return {whole_characters(str(key)): _whole(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return value


def _finite(one: Any) -> bool:
    if not isinstance(one, int | float):
        return True
    try:
        return math.isfinite(one)
    except OverflowError:
        return False


def _unknown(given: dict[str, Any], parameters: Mapping[str, Any]) -> list[str]:
    if parameters.get("additionalProperties"):
        return []
    known = parameters.get("properties", {})
    names = ", ".join(known) or "none"
    return [
        f"unknown argument '{key}'; arguments are: {names}" for key in given if key not in known
    ]


def _words(error: ValidationError) -> str:
    where = _where(error.absolute_path)
    keyword, was = str(error.validator), _shown(error.instance)
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if keyword == "required":
        missing = [key for key in wanted if key not in instance]
        names = " and ".join(f"'{key}'" for key in missing)
        plural = "arguments" if len(missing) > 1 else "argument"
        inside = f" in '{where}'" if where else ""
        return f"missing required {plural} {names}{inside}"
    subject = f"argument '{where}'" if where else "the arguments"
    if keyword in _SIZES:
        return f"{subject} must have {_SIZES[keyword].format(wanted)}, was {was}"
    return f"{subject} must be {_demand(keyword, wanted)}, was {was}"


def _demand(keyword: str, wanted: Any) -> str:
    if keyword in _BOUNDS:
        return _BOUNDS[keyword].format(wanted)
    if keyword == "type":
        return _either([wanted] if isinstance(wanted, str) else wanted)
    if keyword == "enum":
        values = ", ".join(_shown(value) for value in wanted)
        return f"one of {values}" if len(wanted) > 1 else values
    if keyword == "pattern":
        return f"text that matches the pattern {wanted}"
    if keyword == "anyOf":
        return _either([one.get("type", "any value") for one in wanted])
    if keyword == "uniqueItems":
        return "a list without repetitions"
    if keyword == "additionalProperties":
        return "an object without other keys than described"
    return f"what the schema says ({keyword})"


def _either(types: Sequence[Any]) -> str:
    names = [one for entry in types for one in (entry if isinstance(entry, list) else [entry])]
    return " or ".join(dict.fromkeys(_article(str(name)) for name in names))


def _article(name: str) -> str:
    if name in ("null", "any value"):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _where(path: Sequence[str | int]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return re.sub(r"^\.", "", text)


def _shown(value: Any) -> str:
    kind = json_type(value)
    if kind in ("null", "boolean"):
        return {None: "null", True: "true", False: "false"}[value]
    if kind in ("array", "object"):  # as the model wrote it
        text = json.dumps(value, ensure_ascii=False, default=str)
    else:
        text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
