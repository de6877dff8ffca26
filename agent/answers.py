"""What the user answers to what a turn waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.errors import UsageError
from agent.events import Answer, Waiting


def check_answers(answers: Mapping[str, Answer], waiting: Sequence[Waiting]) -> None:
    """Refuse answers that fit nothing.

    Raises:
        UsageError: One is for something that is not waited for, or of the wrong kind.
    """
    kinds = {one.id: one.kind for one in waiting}
    for call_id, answer in answers.items():
        if call_id not in kinds:
            asked = ", ".join(kinds) or "nothing"
            raise UsageError(
                f"Nothing waits for an answer to {call_id!r}.", f"What waits: {asked}."
            )
        if (kinds[call_id] == "question") != (answer.decision == "reply"):
            fitting = "reply" if kinds[call_id] == "question" else "approve, edit, reject or always"
            raise UsageError(
                f"{answer.decision!r} is no answer to this {kinds[call_id]}.", f"Use {fitting}."
            )
