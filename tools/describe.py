"""Describes a tool to a model in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools.spec import ToolSpec


def describe(tool: ToolSpec) -> str:
    """Return a tool as a heading, its purpose, and one line for each argument."""
    required = tool.parameters.get("required", ())
    lines = [f"## {tool.name}", tool.description]
    for name, schema in tool.parameters.get("properties", {}).items():
        need = "required" if name in required else "optional"
        lines.append(
            f"- {name} ({_kind(schema)}, {need}): {schema.get('description', '')}".rstrip()
        )
        for inner, part in (schema.get("properties") or {}).items():
            text = f"  - {inner} ({_kind(part)}): {part.get('description', '')}"
            lines.append(text.rstrip())
    return "\n".join(lines)


def _kind(schema: Mapping[str, Any]) -> str:
    if values := schema.get("enum"):
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
    kind = schema.get("type", "any")
    if kind == "array" and schema.get("items"):
        return f"{_kind(schema['items'])}[]"
    return str(kind)
