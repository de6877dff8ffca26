"""What was said in a conversation, and by whom: the user, or somebody else through a tool."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from agent.state import Entry
from agent.turns import begin, said
from tools.declared import guessed
from tools.find import FIND
from tools.taint import Foreign, Heard, made_by, says_nothing
from tools.wishes import Wish, values_of

if TYPE_CHECKING:
    from tools.registry import Registered

_PART = re.compile(r"\d[\d.,]*|[^\W\d_]+")
SPARE = 3
"""Words of its own with which a result still only tells that a call was carried out."""
SHORT = 4
"""Letters up to which a word tells nothing: units, and the names of functions."""


def heard(
    messages: Sequence[Entry], instructions: str = "", tools: Iterable[Registered] = ()
) -> Heard:
    """Tell the user's words from those that tools brought in.

    The assistant's own words count as neither: they may repeat what a page said. What a tool of
    ours worked out of the user's words is as good as these, and so is the identifier of something
    that the assistant has made.

    Args:
        messages: The conversation until now.
        instructions: The user's own instructions from the settings.
        tools: The tools on offer; what servers that are not ours say of theirs is foreign, too.
    """
    own = [instructions]
    turns: list[str] = []
    made: set[str] = set()
    foreign = [
        Foreign(one.name, f"{one.spec.description} {json.dumps(one.spec.parameters)}", told=True)
        for one in tools
        if one.origin.startswith("mcp ")
    ]
    calls: dict[str, dict[str, Any]] = {}
    for entry in messages:
        calls |= {one["id"]: one["arguments"] for one in entry.get("tool_calls", ())}
        origin = entry.get("origin", "untrusted")
        if entry["role"] == "user":
            turns.append(entry["content"])
            own.append(entry["content"])
        elif entry["role"] == "tool" and not entry.get("refused") and entry["name"] != FIND:
            given = calls.get(entry["tool_call_id"], {})
            answer = [entry["content"]] if origin == "user" else []
            answer += _edited(given, entry.get("arguments", given))
            own += answer
            turns[-1:] = ["\n".join([*turns[-1:], *answer])]
            if origin == "user":
                continue
            if origin == "trusted":
                own += _worked_out(entry, given, own)
            else:
                outside = origin == "outside"
                made |= _made(entry, given)
                foreign += _foreign(entry, given, outside=outside)
    found = [
        source["url"]
        for entry in messages
        if "search" in entry.get("name", "")
        for source in entry.get("sources", ())
    ]
    asked = messages[begin(messages)]["content"] if messages else ""
    speech = ("\n".join(own), tuple(foreign), asked, tuple(found), tuple(turns))
    return Heard(*speech, made=frozenset(made))


def _foreign(entry: Entry, given: dict[str, Any], *, outside: bool) -> list[Foreign]:
    """Return what a result says, unless it only says again what the call that made it said."""
    text = entry["content"]
    if outside or not _changes(entry):
        return [Foreign(entry["name"], text, outside)]
    echoed = json.dumps(given, ensure_ascii=False)
    if says_nothing(text, echoed):
        return []
    return [Foreign(entry["name"], text, brief=says_nothing(text, echoed, spare=SPARE))]


def _made(entry: Entry, given: dict[str, Any]) -> set[str]:
    """Return the identifiers of what a call has made."""
    if not _changes(entry) or entry.get("error"):
        return set()
    return set(made_by(said(entry), json.dumps(given, ensure_ascii=False)))


def _changes(entry: Entry) -> bool:
    return guessed(entry["name"]) not in (None, "reads")


def _worked_out(entry: Entry, given: dict[str, Any], own: Sequence[str]) -> list[str]:
    """Return what a tool of ours worked out, where all that it was given is the user's."""
    wish = Wish("\n".join(own))
    parts = [part for _, value, _ in values_of(given, {}) for part in _PART.findall(value)]
    theirs = all((part.isalpha() and len(part) <= SHORT) or wish.holds(part) for part in parts)
    return [said(entry)] if theirs else []


def _edited(given: dict[str, Any], arguments: dict[str, Any]) -> list[str]:
    """Return the values that the user wrote into a call."""
    if arguments is given:
        return []
    before = {value for _, value, _ in values_of(given, {})}
    return [value for _, value, _ in values_of(arguments, {}) if value not in before]
