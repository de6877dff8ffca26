"""Placeholder until the reader's own module lands."""


def visible(text: str) -> str:
    """Return the text."""
    return text
