"""A tool's evaluation cases: requests in a user's words, and the call that each should lead to.

They stand in `NAME.eval.json` beside `NAME.py`:

    {"cases": [{"request": "…", "tool": "…", "arguments": {…}}, {"request": "…", "tool": null}]}

A case whose tool is null is a request that none of the tools fits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.errors import ToolSetupError


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and the call that it should lead to.

    Args:
        request: What the user says.
        tool: The tool that should be called; empty where none should be.
        arguments: What it should be given.
    """

    request: str
    tool: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)

    def fits(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Tell whether a call is the expected one; further arguments may be there."""
        return name == self.tool and all(
            name in arguments and _plain(arguments[name]) == _plain(value)
            for name, value in self.arguments.items()
        )


def cases_file(path: Path) -> Path:
    """Return where the cases of a tool file stand."""
    return path.with_suffix(".eval.json")


def read_cases(path: Path) -> list[Case]:
    """Return the evaluation cases beside a tool file; none where there is no such file.

    Raises:
        ToolSetupError: The file is not what it should be.
    """
    file = cases_file(path)
    if not file.exists():
        return []
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))["cases"]
        return [
            Case(str(one["request"]), str(one["tool"] or ""), dict(one.get("arguments", {})))
            for one in listed
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolSetupError(
            f"{file.name} is not what it should be: {type(error).__name__}: {error}.",
            'It holds {"cases": [{"request": "…", "tool": "…", "arguments": {…}}]}.',
        ) from error


def _plain(value: Any) -> Any:
    """Fold case and blanks, which no tool should depend on."""
    if isinstance(value, str):
        return " ".join(value.casefold().split())
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
