"""Number the sources of a turn, the same for the model, the checks and the reader.

A tool numbers its own sources from 1, each at the beginning of a line. Within a turn every address
has one number, in the order in which they came; what the model reads is numbered so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.state import Entry
from agent.turns import begin

_MARK = re.compile(r"^\[(\d+)\]", re.MULTILINE)
CITE = "Cite what you use by the number of its source, as in [1]."
EARLIER = "(Looked up for the question above.)"


def numbered(messages: Sequence[Entry]) -> list[Entry]:
    """Return a conversation in which tool outputs bear the numbers of their turn's sources.

    Of what was looked up in an earlier turn only the sources that its answer cites are left, with
    the passages that it rests on.
    """
    told: list[Entry] = []
    start = begin(messages)
    numbers: dict[str, int] = {}
    cited: dict[str, set[str]] = {}
    for at, entry in enumerate(messages):
        if entry["role"] == "user":
            numbers = {}
            cited = {} if at >= start else _cited(messages[at + 1 :])
        if entry["role"] == "tool" and entry.get("sources"):
            entry = _marked(entry, numbers)
            if at < start and entry.get("looked_up"):
                entry = _shortened(entry, numbers, cited)
        told.append(entry)
    return told


def _marked(entry: Entry, numbers: dict[str, int]) -> Entry:
    """Put a turn's numbers in the place of a tool's own."""
    own = [source["url"] for source in entry["sources"]]
    for url in own:
        numbers.setdefault(url, len(numbers) + 1)
    found = 0

    def number(mark: re.Match[str]) -> str:
        nonlocal found
        local = int(mark[1])
        if not 1 <= local <= len(own):
            return mark[0]
        found += 1
        return f"[{numbers[own[local - 1]]}]"

    text = _MARK.sub(number, entry["content"])
    if not found and not entry.get("error"):
        named = (f"[{numbers[one['url']]}] {one['title']}" for one in entry["sources"])
        text += "\nSource: " + "; ".join(dict.fromkeys(named))
    if not entry.get("error"):
        text += f"\n{CITE}"
    return Entry(**{**entry, "content": text})


def _cited(rest: Sequence[Entry]) -> dict[str, set[str]]:
    """Return the passages, `NUMBER:ID`, that the answer of a turn rests on, by number."""
    held: dict[str, set[str]] = {}
    for entry in rest:
        if entry["role"] == "user":
            break
        for citation in entry.get("citations", ()):
            for passage in citation["passages"]:
                number, _, name = passage.partition(":")
                held.setdefault(number, set()).add(name)
    return held


def _shortened(entry: Entry, numbers: dict[str, int], cited: dict[str, set[str]]) -> Entry:
    lines = [EARLIER]
    for source in entry["sources"]:
        number = str(numbers[source["url"]])
        if number in cited:
            texts = [one["text"] for one in source["passages"] if one["id"] in cited[number]]
            if not source["passages"]:
                texts = [source["snippet"]]
            lines.append(f"[{number}] {source['title']}: {' '.join(texts)}".rstrip(": "))
    return Entry(**{**entry, "content": "\n".join(lines)})
