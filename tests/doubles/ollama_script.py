"""What the double's models say, and the faults that it can inject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

FAULTS: dict[int, tuple[str, ...]] = {
    1: ("slow_first_token",),
    2: ("stall",),
    3: ("reset", "fin"),
    4: ("server_error",),
    5: ("queue_full",),
    6: ("model_missing",),
    7: ("malformed_line", "blank_line"),
    8: ("in_band_error",),
    9: ("string_arguments", "missing_arguments"),
    10: ("unknown_tool",),
    11: ("empty",),
    12: ("truncated_json",),
    13: ("length",),
    14: ("duplicate_call", "two_done_lines"),
    15: ("huge",),
    16: ("split_character", "invalid_bytes"),
    17: ("load", "unload"),
    18: ("swapped",),
    19: ("no_tools",),
    20: ("pull_error", "pull_cut"),
    21: ("no_done", "no_reason"),
}
"""Number of each fault and the names of its variants, the first being the usual one."""

SPEECH = "Forty-two mules crossed the pass, and every one of them came home before the snow."
"""What a model says in a fault when the script gives it no words."""


def fault_name(which: int | str) -> str:
    """Return the name of a fault that is given by its number or name."""
    if isinstance(which, int):
        return FAULTS[which][0]
    if not any(which in names for names in FAULTS.values()):
        raise ValueError(f"no fault is called {which!r}; there are {FAULTS}")
    return which


@dataclass(slots=True)
class Step:
    """One reply of a model, and when it is given.

    A step fits when all of its conditions hold; the first unused step that fits is taken.

    Args:
        text: What the model says.
        calls: Tool calls as (name, arguments).
        thinking: What a thinking model thinks aloud.
        model: The model's name must be this one.
        role: The last message's role must be this one.
        pattern: This regular expression must be found in the last message.
        nth: It must be this chat request of all, counted from 1.
        times: How often it is given; None for any number, and then it need not be used.
        fault: The fault that spoils it, by name.
        after: Pieces that are sent before a fault strikes in the middle.
        leak: Pass a text on even where the server would read calls out of it.
        blind: What the model says instead of calls when its prompt shows it no tools.
    """

    text: str = ""
    calls: Sequence[tuple[str, Any]] = ()
    thinking: str = ""
    model: str = ""
    role: str = ""
    pattern: str = ""
    nth: int = 0
    times: int | None = 1
    fault: str = ""
    after: int = 3
    leak: bool = False
    blind: str = "I see no tools."
    used: int = 0

    def fits(self, model: str, role: str, text: str, nth: int) -> bool:
        """Tell whether all conditions hold."""
        return (
            (self.times is None or self.used < self.times)
            and self.model in ("", model)
            and self.role in ("", role)
            and bool(re.search(self.pattern, text))
            and self.nth in (0, nth)
        )


class Script:
    """Steps in the order in which they are tried."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.asked = 0

    def add(self, step: Step) -> None:
        """Append a step."""
        self.steps.append(step)

    def take(self, model: str, messages: Sequence[dict[str, Any]]) -> Step | None:
        """Return the step for a request and mark it used; None when none fits."""
        self.asked += 1
        last = messages[-1] if messages else {}
        role, text = str(last.get("role", "")), str(last.get("content", ""))
        for step in self.steps:
            if step.fits(model, role, text, self.asked):
                step.used += 1
                return step
        return None

    def unused(self) -> list[Step]:
        """Return the steps that were given less often than they were meant to be."""
        return [step for step in self.steps if step.times is not None and step.used < step.times]
