"""Grammars for decisions: llama.cpp's GBNF, and JSON Schema where a server knows only that.

A decision is one JSON object in one of three shapes, its keys always in this order:

    {"closest_tool": null, "answer": "…"}
    {"closest_tool": "NAME", "fits": "no", "answer": "…"}
    {"closest_tool": "NAME", "fits": "yes", "how_many": N, "calls": [{"NAME": {…}}, …]}

In a grammar exactly N calls follow; a small model that has said how many leaves out fewer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tools.spec import ToolSpec

MAX_CALLS = 10
"""Calls in one decision."""
MAX_ITEMS = 64
"""Items of one array; without a limit a model at temperature 0 can go on to the last token."""
MAX_DEPTH = 6
"""Nesting of argument schemas; what lies deeper may be any JSON."""

TEXT_RULES = r"""
str ::= "\"" ch* "\""
ch ::= [^"\\\x00-\x1f] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})
"""
"""The GBNF of a JSON string."""
_BASE = (
    TEXT_RULES.rstrip()
    + r"""
int ::= "-"? [0-9]{1,18}
num ::= "-"? [0-9]{1,18} ("." [0-9]{1,18})? ([eE] [-+]? [0-9]{1,3})?
bool ::= "true" | "false"
any ::= str | num | bool | "null" | anyarr | anyobj
anyarr ::= "[" (any (", " any)*)? "]"
anyobj ::= "{" (str ": " any (", " str ": " any)*)? "}"
"""
)
_SIMPLE = {"string": "str", "integer": "int", "number": "num", "boolean": "bool", "null": '"null"'}


def decision_grammar(tools: Sequence[ToolSpec]) -> str:
    """Return the GBNF of every decision over some tools; its root is the whole reply."""
    rules = _Rules()
    call = rules.either(
        [f'"{{" {_key(t.name)} {rules.schema(t.parameters, 0)} "}}"' for t in tools]
    )
    names = rules.either([_literal(json.dumps(tool.name, ensure_ascii=False)) for tool in tools])
    answer = r'"\"answer\": \"" ch* "\"}"'
    counts = rules.either(
        [
            rf'"{count}, \"calls\": [" ' + ' ", " '.join([call] * count)
            for count in range(1, MAX_CALLS + 1)
        ]
    )
    calls = rf'"\"yes\", \"how_many\": " {counts} "]}}"'
    root = (
        rf'root ::= "{{\"closest_tool\": " ("null, " {answer} | {names} ", \"fits\": " '
        rf'({calls} | "\"no\", " {answer}))'
    )
    return "\n".join([root, *rules.lines]) + _BASE


def answer_grammar() -> str:
    """Return the GBNF of the rest of a reply that stands inside its answer's string."""
    return r'root ::= ch* "\"}"' + _BASE


def decision_schema(tools: Sequence[ToolSpec]) -> dict[str, Any]:
    """Return the JSON Schema of every decision over some tools."""
    names = [tool.name for tool in tools]
    answer = {"type": "string"}
    call = {"anyOf": [_object({tool.name: dict(tool.parameters)}) for tool in tools]}
    calls = {"type": "array", "minItems": 1, "maxItems": MAX_CALLS, "items": call}
    name = {"type": "string", "enum": names}
    many = {"type": "integer", "minimum": 1, "maximum": MAX_CALLS}
    return {
        "anyOf": [
            _object({"closest_tool": {"type": "null"}, "answer": answer}),
            _object(
                {"closest_tool": name, "fits": {"const": "yes"}, "how_many": many, "calls": calls}
            ),
            _object({"closest_tool": name, "fits": {"const": "no"}, "answer": answer}),
        ]
    }


def answer_schema() -> dict[str, Any]:
    """Return the JSON Schema of a decision that calls nothing."""
    return _object({"closest_tool": {"type": "null"}, "answer": {"type": "string"}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _literal(text: str) -> str:
    """Quote a text for GBNF, whose escapes are JSON's."""
    return json.dumps(text, ensure_ascii=False)


def _key(name: str) -> str:
    return _literal(json.dumps(name, ensure_ascii=False) + ": ")


class _Rules:
    """Gather rules that stand for schemas."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def either(self, bodies: Sequence[str]) -> str:
        """Add a rule of alternatives and return its name."""
        name = f"r{len(self.lines)}"
        self.lines.append(f"{name} ::= {' | '.join(bodies)}")
        return name

    def schema(self, schema: Mapping[str, Any], depth: int) -> str:
        """Return an expression for the values of a schema."""
        if values := schema.get("enum"):
            return self.either([_literal(json.dumps(v, ensure_ascii=False)) for v in values])
        if options := schema.get("anyOf"):
            return self.either([self.schema(option, depth + 1) for option in options])
        kind = schema.get("type")
        if isinstance(kind, list):
            return self.either([self.schema({**schema, "type": one}, depth) for one in kind])
        if kind in _SIMPLE:
            return _SIMPLE[kind]
        if depth >= MAX_DEPTH:
            return "any"
        if kind == "array":
            item = self.schema(schema.get("items") or {}, depth + 1)
            return self.either([f'"[" ({item} (", " {item}){{0,{MAX_ITEMS - 1}}})? "]"'])
        if kind == "object":
            return self._object(schema, depth)
        return "any"

    def _object(self, schema: Mapping[str, Any], depth: int) -> str:
        """Return an expression for objects: required members first, then any optional ones.

        The members stand in the order of the schema, except that the required ones lead; so a
        comma is always in front of an optional one when something stands before it.
        """
        properties: Mapping[str, Any] = schema.get("properties") or {}
        if not properties:
            return '"{}"' if depth == 0 else "anyobj"
        required = [name for name in properties if name in schema.get("required", ())]
        optional = [name for name in properties if name not in required]
        member = {
            name: f"{_key(name)} {self.schema(properties[name], depth + 1)}" for name in properties
        }
        fixed = ' ", " '.join(member[name] for name in required)
        if required:
            tail = "".join(f' (", " {member[name]})?' for name in optional)
            return self.either([f'"{{" {fixed}{tail} "}}"'])
        starts = [
            member[name] + "".join(f' (", " {member[later]})?' for later in optional[at + 1 :])
            for at, name in enumerate(optional)
        ]
        return self.either([f'"{{" ({" | ".join(starts)})? "}}"'])
