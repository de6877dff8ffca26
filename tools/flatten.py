"""Turn a JSON Schema into the plain, inlined form that every model server keeps whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tools.coerce import json_type

MAX_DEPTH = 24
MAX_NODES = 2000
MAX_BOUND = 1e300

_TYPES = {
    "object": "object",
    "dict": "object",
    "map": "object",
    "hashmap": "object",
    "array": "array",
    "list": "array",
    "tuple": "array",
    "arraylist": "array",
    "set": "array",
    "string": "string",
    "str": "string",
    "char": "string",
    "integer": "integer",
    "int": "integer",
    "long": "integer",
    "short": "integer",
    "bigint": "integer",
    "byte": "integer",
    "number": "number",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "null": "null",
    "none": "null",
}
_FINEST = 1e-9
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")


def flatten(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Inline every reference of a tool's schema and drop what is no help to a model.

    `Optional[X]` becomes X, titles go, a reference into itself ends in a description, and type
    names of other languages (`dict`, `float`, `tuple`, `any`) become JSON Schema's. What the
    schema states wrongly (a bound that is no number, say) is left out.

    Args:
        schema: A JSON Schema, usually of type `object`.

    Returns:
        A schema of type `object` without `$ref`.
    """
    flat = _Flattener(schema).node(schema, ())
    flat.pop("enum", None)
    flat.pop("default", None)
    _unite(flat, flat.pop("anyOf", ()))
    return {**flat, "type": "object", "properties": flat.get("properties", {})}


class _Flattener:
    """Flatten one schema, with a budget: references can multiply without end."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = MAX_NODES

    def node(self, schema: Any, path: tuple[str, ...]) -> dict[str, Any]:
        """Flatten one node.

        Args:
            schema: The node; anything but an object says nothing.
            path: The references that led here.
        """
        self._left -= 1
        if not isinstance(schema, Mapping):
            return {}
        if self._left < 0 or len(path) > MAX_DEPTH:
            return _described(schema, "any value")
        if "$ref" in schema:
            return self._reference(schema, path)
        # Every level counts as a step, so that no nesting runs too deep.
        path = (*path, "")
        result = self._plain(schema, path)
        self._merge_all(result, schema, path)
        self._merge_any(result, schema, path)
        _tidy(result)
        return result

    def _reference(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        reference = schema["$ref"]
        rest = {key: schema[key] for key in schema if key != "$ref"}
        target = self._target(reference)
        if target is None or reference in path:
            name = str(reference).rsplit("/", 1)[-1]
            return _described(rest, f"another {name}" if target is not None else "any value")
        merged = {**target, **rest} if isinstance(target, Mapping) else rest
        return self.node(merged, (*path, str(reference)))

    def _target(self, reference: Any) -> Any:
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        found: Any = self._root
        for part in reference[1:].strip("/").split("/") if len(reference) > 1 else []:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]
        return found

    def _plain(self, schema: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
        result = _scalars(schema)
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            result["properties"] = {
                str(name): self.node(one, path) for name, one in properties.items()
            }
        required = schema.get("required")
        if isinstance(required, list | tuple):
            result["required"] = list(dict.fromkeys(r for r in required if isinstance(r, str)))
        if "items" in schema:
            result["items"] = self._items(schema["items"], path)
        elif isinstance(schema.get("prefixItems"), list):
            result["items"] = self._items(schema["prefixItems"], path)
        more = schema.get("additionalProperties")
        if isinstance(more, bool):
            result["additionalProperties"] = more
        elif isinstance(more, Mapping):
            result["additionalProperties"] = self.node(more, path) or True
        return result

    def _items(self, given: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(given, list):
            return self.node(given, path)
        return _any_of([self.node(one, path) for one in given])

    def _merge_all(
        self, result: dict[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]
    ) -> None:
        for one in _list(schema.get("allOf")):
            part = self.node(one, path)
            for key in ("properties", "required"):
                if key in part and key in result:
                    both = (result[key], part.pop(key))
                    result[key] = (
                        {**both[1], **both[0]}
                        if key == "properties"
                        else list(dict.fromkeys(both[0] + both[1]))
                    )
            for key, value in part.items():
                result.setdefault(key, value)

    def _merge_any(
        self, result: dict[str, Any], schema: Mapping[str, Any], path: tuple[str, ...]
    ) -> None:
        options = _list(schema.get("anyOf")) or _list(schema.get("oneOf"))
        if not options:
            return
        flat = [self.node(one, path) for one in options]
        kept = [one for one in flat if one.get("type") != "null"]
        if kept:
            for key, value in _any_of(kept).items():
                result.setdefault(key, value)


def _unite(flat: dict[str, Any], options: Sequence[Mapping[str, Any]]) -> None:
    """Take the arguments of all forms that a call may have into one; needed are those of each.

    A tool's arguments must stand side by side: forms to choose from say nothing to most models.
    """
    forms = [one for one in options if one.get("properties")]
    if not forms:
        return
    named: dict[str, list[dict[str, Any]]] = {}
    for one in (flat, *forms):
        for name, schema in one.get("properties", {}).items():
            named.setdefault(name, []).append(schema)
    flat["properties"] = {name: _either(schemas) for name, schemas in named.items()}
    needed = [name for name in named if all(name in one.get("required", ()) for one in options)]
    required = list(dict.fromkeys((*flat.get("required", ()), *needed)))
    if required:
        flat["required"] = required


def _either(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Join the schemas of one argument; where they differ in their values alone, the values."""
    bare = [{key: one[key] for key in one if key != "enum"} for one in schemas]
    if all("enum" in one and rest == bare[0] for one, rest in zip(schemas, bare, strict=True)):
        values: list[Any] = []
        for one in schemas:
            values.extend(value for value in one["enum"] if value not in values)
        return {**bare[0], "enum": values}
    return _any_of(schemas)


def _any_of(options: list[dict[str, Any]]) -> dict[str, Any]:
    distinct = [one for index, one in enumerate(options) if one not in options[:index]]
    if any(not one.keys() - {"description"} for one in distinct):
        return {}
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct} if distinct else {}


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []


def _described(schema: Mapping[str, Any], otherwise: str) -> dict[str, Any]:
    given = schema.get("description")
    return {"description": given if isinstance(given, str) and given else otherwise}


def _scalars(schema: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    kind = _type(schema.get("type"))
    if kind:
        result["type"] = kind
    for key in ("description", "format"):
        if isinstance(schema.get(key), str) and schema[key]:
            result[key] = schema[key]
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list | tuple) and values:
        result["enum"] = list(values)
    if "default" in schema:
        result["default"] = schema["default"]
    return {**result, **_limits(schema)}


def _limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key in (*_NUMBERS, *_COUNTS):
        bound: Any = schema.get(key)
        sort = ("integer", "number") if key in _NUMBERS else ("integer",)
        lowest = -MAX_BOUND if key in _NUMBERS else 0
        if json_type(bound) in sort and lowest <= bound <= MAX_BOUND:
            result[key] = bound
    if _is_pattern(schema.get("pattern")):
        result["pattern"] = schema["pattern"]
    if schema.get("uniqueItems") is True:
        result["uniqueItems"] = True
    return result


def _type(given: Any) -> str | list[str] | None:
    names = given if isinstance(given, list) else [given]
    mapped = [_TYPES.get(one.lower()) for one in names if isinstance(one, str)]
    if not mapped or None in mapped:
        return None
    kept = list(dict.fromkeys(one for one in mapped if one and one != "null")) or ["null"]
    return kept[0] if len(kept) == 1 else kept


def _is_pattern(given: Any) -> bool:
    if not isinstance(given, str):
        return False
    try:
        re.compile(given)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _tidy(result: dict[str, Any]) -> None:
    """Make the parts agree with each other."""
    if result.get("default", 0) is None:
        del result["default"]
    if result.get("multipleOf", 1) < _FINEST:
        del result["multipleOf"]
    if "enum" in result:
        values = [one for one in result["enum"] if one is not None]
        result["enum"] = values or result["enum"]
    if "type" not in result and "anyOf" not in result:
        if "properties" in result:
            result["type"] = "object"
        elif "items" in result:
            result["type"] = "array"
    if "required" in result:
        known = result.get("properties", {})
        result["required"] = [name for name in result["required"] if name in known]
        if not result["required"]:
            del result["required"]
