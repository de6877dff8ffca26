"""Which of llama.cpp's slots a prompt goes to, so that conversations keep their cached prefix.

Left alone, llama.cpp gives a prompt to the slot that begins most like it. Every prompt begins
with the same instructions, so that a second conversation, or a short check between two turns,
overwrites the first one's prefix while another slot stands empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_HALF_LIFE = 16
"""Requests after which an unused prefix weighs half."""


@dataclass(slots=True)
class Slot:
    """One of the server's slots.

    Args:
        index: Its number in the server.
        text: The prompt and reply that it holds, or will hold soon.
        before: What it held before it was taken last.
        users: Requests that are in it or wait for it.
        used: When it was taken last, in requests.
    """

    index: int
    text: str = ""
    before: str = ""
    users: int = 0
    used: int = 0


class Slots:
    """Choose slots and remember what they hold.

    Args:
        count: How many the server has.
    """

    def __init__(self, count: int) -> None:
        self._slots = [Slot(index) for index in range(count)]
        self._clock = 0

    def take(self, prompt: str, kept: int = 0) -> Slot:
        """Choose the slot where a prompt costs least; a free one before any that is taken.

        The cost is what must be read now, and what another conversation must read again later
        because it is overwritten. What has not been used for long weighs less.

        Args:
            prompt: The whole prompt.
            kept: Characters at its beginning that can be had without reading them.
        """
        self._clock += 1
        slot = min(
            self._slots, key=lambda one: (one.users, self._cost(one, prompt, kept), one.used)
        )
        slot.users += 1
        slot.used, slot.before, slot.text = self._clock, slot.text, prompt
        return slot

    def leave(self, slot: Slot, reply: str) -> None:
        """Note what was generated behind the prompt, and that the slot is free again."""
        slot.users -= 1
        if not slot.users:
            slot.text += reply

    def holding(self, text: str) -> Slot | None:
        """Return a free slot whose content begins with `text`."""
        free = (slot for slot in self._slots if not slot.users)
        return next((slot for slot in free if slot.text.startswith(text)), None)

    def _cost(self, slot: Slot, prompt: str, kept: int) -> float:
        shared = common_prefix(slot.text, prompt)
        age = self._clock - slot.used - 1
        lost = (len(slot.text) - shared) * math.exp2(-age / _HALF_LIFE)
        return len(prompt) - max(shared, kept) + lost


def common_prefix(left: str, right: str) -> int:
    """Return how many characters two texts begin with in common."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
