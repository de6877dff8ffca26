"""Turn values into what a schema asks for, where there is only one way to mean them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tools.literals import Mismatch, parse

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,30}(?:\.0{1,10})?\s*")
_NUMBER = re.compile(
    r"\s*[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?\s*"
)
_EXACT = 2**53
_NOTHING = ("", "null", "none")
_SCALARS = ("string", "integer", "number", "boolean")


def json_type(value: Any) -> str:
    """Name the JSON type of a value; `integer` for every int, `number` for every float."""
    if value is None:
        return "null"
    for kind, name in (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (Mapping, "object"),
        (list | tuple, "array"),
    ):
        if isinstance(value, kind):
            return name
    return "unknown"


def coerce(value: Any, schema: Mapping[str, Any]) -> Any:
    """Return the value as the schema wants it, or as it is where that is not clear.

    Args:
        value: Any JSON-like value.
        schema: A flat schema, see `tools.flatten`.
    """
    if "enum" in schema:
        return _enum(value, schema)
    if "anyOf" in schema:
        return _first(value, schema["anyOf"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return _first(value, [{**schema, "type": one} for one in kind])
    reader = _READERS.get(str(kind))
    return reader(value, schema) if reader else value


def _first(value: Any, options: list[dict[str, Any]]) -> Any:
    for option in options:
        if _has_type(value, option):
            return coerce(value, option)
    for option in options:
        changed = coerce(value, option)
        if _has_type(changed, option):
            return changed
    return value


def _has_type(value: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return any(_same(value, one) for one in schema["enum"])
    if "anyOf" in schema:
        return any(_has_type(value, one) for one in schema["anyOf"])
    wanted = schema.get("type")
    actual = json_type(value)
    if wanted is None or actual == wanted or (isinstance(wanted, list) and actual in wanted):
        return True
    return wanted == "number" and actual == "integer"


def _enum(value: Any, schema: Mapping[str, Any]) -> Any:
    if any(_same(value, one) for one in schema["enum"]):
        return value
    if json_type(value) in ("array", "object", "null"):
        return value
    text = str(value).strip().casefold()
    found = [one for one in schema["enum"] if str(one).casefold() == text]
    if not found and isinstance(value, float) and value.is_integer():
        found = [one for one in schema["enum"] if str(one) == str(int(value))]
    return found[0] if len(found) == 1 else value


def _same(one: Any, other: Any) -> bool:
    return json_type(one) == json_type(other) and bool(one == other)


def _integer(value: Any, _: Mapping[str, Any]) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value.strip().partition(".")[0])
    return value


def _number(value: Any, schema: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return value
    whole = _integer(value, schema) if "." not in value else value
    return whole if isinstance(whole, int) else float(value)


def _boolean(value: Any, _: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().casefold(), value)
    return value


def _string(value: Any, _: Mapping[str, Any]) -> Any:
    return str(value) if json_type(value) in ("integer", "number") else value


def _array(value: Any, schema: Mapping[str, Any]) -> Any:
    items = schema.get("items", {})
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = _parsed(value, list)
    if isinstance(value, list | tuple):
        return [coerce(one, items) for one in value]
    if value is None:
        return value
    one = coerce(value, items)
    sole = json_type(one) in _SCALARS or isinstance(one, Mapping)
    return [one] if sole and items and _has_type(one, items) else value


def _object(value: Any, schema: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _parsed(value, dict)
    if not isinstance(value, Mapping):
        return value
    known, required = schema.get("properties", {}), schema.get("required", ())
    more = schema.get("additionalProperties")
    result = {}
    for key, given in value.items():
        wanted = known.get(key, more if isinstance(more, Mapping) else {})
        if key in known and key not in required and _is_nothing(given, wanted):
            continue
        result[str(key)] = coerce(given, wanted)
    return result


def _is_nothing(given: Any, schema: Mapping[str, Any]) -> bool:
    # Null for an optional argument means that it was not given, so that its default holds; so
    # does an empty string or "None" where text is not wanted.
    if given is None:
        return not _has_type(None, schema) or "type" not in schema
    return (
        isinstance(given, str)
        and given.strip().casefold() in _NOTHING
        and not _has_type(given, schema)
    )


def _parsed(text: str, kind: type) -> Any:
    try:
        found = parse(text)
    except Mismatch:
        return text
    return found if isinstance(found, kind) else text


_READERS: dict[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "string": _string,
    "array": _array,
    "object": _object,
}
