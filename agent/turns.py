"""Read turns off a conversation: where one begins, what it did, what it cost, how it ended."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from agent.attribution import Citation
from agent.conflicts import Conflict
from agent.events import Step, StopReason, Turn, Waiting
from agent.models.base import Usage
from agent.recalling import given
from agent.state import Entry
from tools.policy import Outcome
from tools.sources import File, Search, Source

EDITED = "(The user changed the arguments to {}.)\n"


def begin(messages: Sequence[Entry]) -> int:
    """Return the index of the last user message, or 0."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index]["role"] == "user":
            return index
    return 0


def finished(messages: Sequence[Entry]) -> bool:
    """Tell whether the last turn has its end; an empty thread has."""
    return not messages or bool(messages[-1].get("stop"))


def steps(turn: Iterable[Entry]) -> tuple[Step, ...]:
    """Return every tool call of a turn that was answered, in the order they were asked for."""
    arguments: dict[str, dict[str, Any]] = {}
    found = []
    for entry in turn:
        for call in entry.get("tool_calls", ()):
            arguments[call["id"]] = call["arguments"]
        if entry["role"] == "tool":
            error = entry.get("error", "")
            found.append(
                Step(
                    id=entry["tool_call_id"],
                    name=entry["name"],
                    arguments=entry.get("arguments", arguments.get(entry["tool_call_id"], {})),
                    output="" if error else entry["content"],
                    error=error,
                    seconds=entry.get("seconds", 0.0),
                    files=tuple(File(**one) for one in entry.get("files", ())),
                )
            )
    return tuple(found)


def usage(turn: Iterable[Entry]) -> Usage:
    """Add up what a turn's model calls cost."""
    total = Usage()
    for entry in turn:
        if cost := entry.get("usage"):
            total += Usage(
                calls=int(cost["calls"]),
                prompt_tokens=int(cost["prompt_tokens"]),
                cached_tokens=int(cost["cached_tokens"]),
                completion_tokens=int(cost["completion_tokens"]),
                seconds=cost["seconds"],
            )
    return total


def sources(turn: Iterable[Entry]) -> tuple[Source, ...]:
    """Return what a turn's tools read, each address once."""
    found: dict[str, Source] = {}
    for entry in turn:
        for source in entry.get("sources", ()):
            found.setdefault(source["url"], Source.from_dict(source))
    return tuple(found.values())


def citable(messages: Sequence[Entry]) -> tuple[Source, ...]:
    """Return the sources that the answer of the last turn can cite, in the order of their numbers.

    A turn that has read nothing may still cite what the turn before it read.
    """
    start = begin(messages)
    if own := sources(messages[start:]):
        return own
    return sources(messages[begin(messages[:start]) : start]) if start else ()


def searches(turn: Iterable[Entry]) -> tuple[Search, ...]:
    """Return how a turn's searches went."""
    return tuple(Search.from_dict(one) for entry in turn for one in entry.get("searches", ()))


def decisions(turn: Iterable[Entry]) -> int:
    """Count how often the model decided in a turn."""
    return sum(1 for entry in turn if entry["role"] == "assistant")


def fingerprint(name: str, arguments: dict[str, Any]) -> str:
    """Return a text that is the same for the same call."""
    return name + json.dumps(arguments, sort_keys=True, ensure_ascii=False)


def declined(turn: Iterable[Entry]) -> set[str]:
    """Return the fingerprints of the calls that the user declined in a turn."""
    made: dict[str, str] = {}
    found = set()
    for entry in turn:
        for call in entry.get("tool_calls", ()):
            made[call["id"]] = fingerprint(call["name"], call["arguments"])
        if entry.get("refused") == "declined":
            found.add(made.get(entry["tool_call_id"], ""))
    return found


def write(entry: Entry, outcome: Outcome, edited: dict[str, Any] | None = None) -> None:
    """Write what came of a call into its tool entry.

    Args:
        entry: The entry.
        outcome: What came of the call.
        edited: The arguments, where the user changed them.
    """
    entry["content"] = outcome.error or outcome.output
    entry["seconds"] = outcome.seconds
    entry["origin"] = outcome.origin
    if edited is not None:
        entry["arguments"] = edited
        entry["content"] = EDITED.format(json.dumps(edited, ensure_ascii=False)) + entry["content"]
    if outcome.error:
        entry["error"] = entry["content"]
    if outcome.sources:
        entry["sources"] = [source.as_dict() for source in outcome.sources]
    if outcome.searches:
        entry["searches"] = [search.as_dict() for search in outcome.searches]
    if outcome.tools:
        entry["tools"] = list(outcome.tools)
    if outcome.files:
        entry["files"] = [asdict(file) for file in outcome.files]


def said(entry: Entry) -> str:
    """Return what a tool said, without the note that the user changed its arguments."""
    text = entry["content"]
    if "arguments" in entry:
        text = text.removeprefix(EDITED.format(json.dumps(entry["arguments"], ensure_ascii=False)))
    return text


def key(messages: Sequence[Entry], call_id: str) -> str:
    """Return what tells a call of the last turn from every other call of the thread."""
    return f"{begin(messages)}/{call_id}"


def open_calls(turn: Sequence[Entry]) -> list[Entry]:
    """Return, as unanswered tool entries, the calls of a turn that no tool entry answers."""
    answered = {entry["tool_call_id"] for entry in turn if entry["role"] == "tool"}
    return [
        Entry(role="tool", content="", tool_call_id=call["id"], name=call["name"])
        for entry in turn
        for call in entry.get("tool_calls", ())
        if call["id"] not in answered
    ]


def reusable(messages: Sequence[Entry]) -> dict[str, Entry]:
    """Return the results, by fingerprint, of calls that finished in a turn that was cut off.

    Only the turns directly in front of the current one count, as long as they were interrupted.
    """
    found: dict[str, Entry] = {}
    end = begin(messages)
    while end > 0 and messages[end - 1].get("stop") == "interrupted":
        start = begin(messages[:end])
        calls = {
            call["id"]: fingerprint(call["name"], call["arguments"])
            for entry in messages[start:end]
            for call in entry.get("tool_calls", ())
        }
        for entry in messages[start:end]:
            if entry["role"] == "tool" and not entry.get("error"):
                found.setdefault(calls.get(entry["tool_call_id"], ""), entry)
        end = start
    return found


def fold(
    messages: Sequence[Entry],
    *,
    user_id: str,
    thread_id: str,
    model: str,
    notices: Sequence[str] = (),
    waiting: Sequence[Waiting] = (),
) -> Turn:
    """Make the record of the last turn of a conversation."""
    turn = messages[begin(messages) :]
    last = turn[-1]
    answer = last["content"] if last["role"] == "assistant" else ""
    stop: StopReason = last.get("stop", "answered")  # type: ignore[assignment]
    if waiting:
        asked = [one for one in waiting if one.kind == "question"]
        answer, stop = (asked[0].text, "question") if asked else ("", "approval")
    return Turn(
        answer=answer,
        sources=citable(messages) if _cites(last) else sources(turn),
        steps=steps(turn),
        memories=given(messages, begin(messages), answer),
        usage=usage(turn),
        stop_reason=stop,
        notices=tuple(notices),
        user_id=user_id,
        thread_id=thread_id,
        model=model,
        waiting=tuple(waiting),
        basis=last.get("basis", "conversation"),
        citations=tuple(_citation(one) for one in last.get("citations", ())),
        conflicts=tuple(_conflict(one) for one in last.get("conflicts", ())),
        searches=searches(turn),
    )


def _cites(last: Entry) -> bool:
    return any(one["sources"] or one["given"] for one in last.get("citations", ()))


def _citation(data: dict[str, Any]) -> Citation:
    lists = {name: tuple(data[name]) for name in ("sources", "passages", "given")}
    return Citation(**{**data, **lists})


def _conflict(data: dict[str, Any]) -> Conflict:
    said = tuple((number, date, sentence) for number, date, sentence in data["said"])
    return Conflict(data["statement"], said)
