"""Asks the user for a detail that no tool can find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.declared import declare
from tools.errors import Question

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

QUESTION_CHARS = 500
OPTION_CHARS = 100
MOST_OPTIONS = 6


def ask_user_tool() -> BaseTool:
    """Return the question to the user as a tool; its output is what the user answers."""
    from langchain_core.tools import StructuredTool, ToolException

    async def ask_user(question: str, options: list[str] | None = None) -> str:
        """Ask the user for one detail that is needed to go on and that no tool can find out.

        Use it only when the request cannot be done without it, such as a missing name or date.
        Not for facts, not for greetings, and not to offer more help.

        Args:
            question: One short question, such as "Which day shall I book?".
            options: Up to 6 answers to choose from. Leave out if any answer is possible.
        """
        try:
            raise asked(question, options or [])
        except UnfitQuestion as error:
            raise ToolException(str(error)) from error

    tool = StructuredTool.from_function(coroutine=ask_user, parse_docstring=True)
    return declare(
        tool,
        risk="reads",
        output="trusted",
        examples=(
            "Book a table for us",
            "Send the letter to my landlord",
            "Remind me of the meeting",
            "Order the usual for the party",
        ),
    )


class UnfitQuestion(ValueError):
    """Say what is wrong with a question, and what would be right."""


def asked(question: str, options: list[str]) -> Question:
    """Return a question that can be put to a user.

    Raises:
        UnfitQuestion: It is empty or too long, or its options are.
    """
    text = _tidy(question)
    if not any(sign.isalnum() for sign in text):
        raise UnfitQuestion("`question` is empty: write one short question.")
    if len(text) > QUESTION_CHARS:
        raise UnfitQuestion(
            f"`question` has {len(text):,} characters; {QUESTION_CHARS} are the most. Ask for one "
            "detail."
        )
    choices = tuple(dict.fromkeys(_tidy(option) for option in options))
    if len(choices) > MOST_OPTIONS:
        raise UnfitQuestion(
            f"`options` has {len(choices)} answers; {MOST_OPTIONS} are the most. Give the likely "
            "ones."
        )
    for choice in choices:
        if not choice:
            raise UnfitQuestion("`options` holds an empty answer: leave it out.")
        if len(choice) > OPTION_CHARS:
            raise UnfitQuestion(
                f"`options` holds an answer of {len(choice):,} characters; {OPTION_CHARS} are the "
                "most. Make it shorter."
            )
    return Question(text, choices)


def _tidy(text: str) -> str:
    """Put a text on one line, without signs that could rearrange or hide what a user reads."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
