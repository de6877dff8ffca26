"""What was said in a conversation, and by whom: the user, or somebody else through a tool."""

from __future__ import annotations

from collections.abc import Sequence

from agent.state import Entry
from agent.turns import begin
from tools.taint import Foreign, Heard


def heard(messages: Sequence[Entry], instructions: str = "") -> Heard:
    """Tell the user's words from those that tools brought in.

    The assistant's own words, and what a tool worked out of what it was given, count as neither:
    they may repeat what a page said.

    Args:
        messages: The conversation until now.
        instructions: The user's own instructions from the settings.
    """
    own = [instructions]
    foreign = []
    for entry in messages:
        origin = entry.get("origin", "untrusted")
        if entry["role"] == "user" or origin == "user":
            own.append(entry["content"])
        elif entry["role"] == "tool" and origin != "trusted" and not entry.get("refused"):
            outside = origin == "outside"
            foreign.append(Foreign(entry["name"], entry["content"], outside))
    found = [
        source["url"]
        for entry in messages
        if "search" in entry.get("name", "")
        for source in entry.get("sources", ())
    ]
    asked = messages[begin(messages)]["content"] if messages else ""
    return Heard("\n".join(own), tuple(foreign), asked, tuple(found))
