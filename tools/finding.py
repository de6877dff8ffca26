"""What a check says of a tool file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a tool file.

    Args:
        level: `error` keeps a tool from working, `warning` will confuse a small model or hold up a
            turn, `hint` is good to know.
        where: The file, its line where that is known, and the tool.
        what: What is wrong.
        mend: What would be right.
    """

    level: Level
    where: str
    what: str
    mend: str = ""
