"""Short questions to a model: does a clause last, and what does it do to an older one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from memory.statements import Statement

if TYPE_CHECKING:
    from memory.extract import Ask

MOST = 4
"""Clauses of one message that a model is asked about."""
CHARS = 600
"""Characters of a message that it is shown."""
KEEP = (
    "You read what a user told an assistant, and sort each numbered piece.\n"
    '"lasting": it tells a fact about the user, his family, friends, pets, home, work, health, '
    "habits, tastes or plans that will still matter in a month.\n"
    '"passing": a mood, a wish or need of the moment, small talk, or something about the task.\n'
    '"general": not about the user or people he knows.\n\n'
    "Examples:\n"
    "I can swim now -> lasting\nI keep six hens in the garden -> lasting\n"
    "my printer is out of paper -> passing\nWe got married in Bari -> lasting\n"
    "I packed the car -> passing\nWhales are mammals -> general\n"
    "Trish quit and sells houses now -> lasting\nthis code looks wrong -> passing"
)
PAIR = (
    "A user told an assistant two things, an earlier and a later one. Say what the later does.\n"
    '"replaces": the earlier is no longer true, because it changed.\n'
    '"corrects": the earlier was a mistake.\n'
    '"same": both say the same.\n'
    '"different": both can be true at the same time.\n\n'
    "Examples:\n"
    "Earlier: I take my tea with milk. Later: I have my tea with lemon now. -> replaces\n"
    "Earlier: I play the flute. Later: I play chess on Fridays. -> different\n"
    "Earlier: I have a bike. Later: I own a bicycle. -> same\n"
    "Earlier: My bus leaves at 7. Later: these days my bus leaves at 8. -> replaces\n"
    "Earlier: I work in a bank. Later: My desk is by the window. -> different"
)
Relation = Literal["same", "replaces", "corrects", "different"]
_RELATIONS: tuple[Relation, ...] = ("same", "replaces", "corrects", "different")


async def decide(text: str, unsure: Sequence[Statement], ask: Ask) -> set[str]:
    """Ask a model which clauses say something lasting; return their texts."""
    asked = unsure[:MOST]
    numbered = "\n".join(f"{number}. {one.text}" for number, one in enumerate(asked, 1))
    prompt = f"Message: {text[:CHARS]}\n\nPieces:\n{numbered}"
    one_of = {"enum": ["lasting", "passing", "general"]}
    keys = [str(number) for number in range(1, len(asked) + 1)]
    reply = await ask(KEEP, prompt, _object(dict.fromkeys(keys, one_of)), max_tokens=16 * MOST)
    if not isinstance(reply, dict):
        return set()
    return {one.text for key, one in zip(keys, asked, strict=True) if reply.get(key) == "lasting"}


async def relation(earlier: str, later: str, ask: Ask) -> Relation | None:
    """Ask a model what a later statement does to an earlier one; None where it does not say."""
    prompt = f"Earlier: {earlier}\nLater: {later}"
    schema = _object({"later": {"enum": list(_RELATIONS)}})
    reply = await ask(PAIR, prompt, schema, max_tokens=16)
    said = reply.get("later") if isinstance(reply, dict) else None
    return next((one for one in _RELATIONS if one == said), None)


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }
