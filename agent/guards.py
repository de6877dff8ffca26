"""Checks on what comes in."""

from __future__ import annotations

from agent.errors import UsageError


def check_input(text: str) -> str:
    """Return the user's text without characters that no one types.

    Raises:
        UsageError: Nothing is left of it.
    """
    kept = "".join(c for c in text if c in "\n\t" or c.isprintable() or ord(c) > 0x9F)
    kept = kept.encode("utf-8", "replace").decode("utf-8").strip()
    if not kept:
        raise UsageError("The message is empty.", 'Type a question, as in: arriero ask "hello"')
    return kept
