"""How the server reads tool calls out of what a Llama writes, habits and oddities included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

Call = tuple[str, Any]


def read_calls(pieces: Sequence[str], names: Sequence[str]) -> tuple[list[Call], str]:
    """Return the calls in a reply and the text that is passed on, for a template without a tag.

    Calls are looked for only if the reply starts with a brace. Then each known name is paired with
    the first JSON object around or behind it; text behind a call is lost. A first object without a
    known name ends the search, and all of it is text.

    Args:
        pieces: The reply as it is generated.
        names: The names of the request's tools.
    """
    calls: list[Call] = []
    text, held = "", ""
    searching, ended = True, False
    for piece in pieces:
        if ended:
            text += piece
            continue
        held += piece
        if searching:
            blank, brace, rest = held.partition("{")
            if not brace or blank.strip():
                ended = bool(blank.strip())
                text, held = text + held, ""
                continue
            searching, held, text = False, brace + rest, text + blank
        while (found := _first_call(held, names)) is not None:
            call, held = found
            calls.append(call)
        if _closed(held):
            ended, text, held = True, text + held, ""
    return calls, text if calls else text + held


def _first_call(held: str, names: Sequence[str]) -> tuple[Call, str] | None:
    if any(held.endswith(name[:size]) for name in names for size in range(1, len(name))):
        return None  # it may become a longer name
    places = [(held.find(name), -len(name), name) for name in names if name in held]
    if not places:
        return None
    start, _, name = min(places)
    for end, value in _objects(held):
        arguments = _arguments(value, name)
        return (
            None if arguments is None else ((name, arguments), held[max(end, start + len(name)) :])
        )
    return None


def _objects(held: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the outermost JSON objects with the place of their last brace."""
    start, depth = -1, 0
    for place, character in _outside_strings(held):
        if character == "{":
            start = place if depth == 0 else start
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0 and start != -1:
                try:
                    yield place, json.loads(held[start : place + 1])
                except ValueError:
                    start = -1
            depth = max(depth, 0)


def _outside_strings(held: str) -> Iterator[tuple[int, str]]:
    escaped = quoted = False
    for place, character in enumerate(held):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted:
            yield place, character


def _arguments(value: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return the arguments in an object; an object that has none of the keys is them itself."""
    known, arguments = _search(value, name)
    return arguments if known else value


def _search(value: dict[str, Any], name: str) -> tuple[bool, dict[str, Any] | None]:
    if "name" in value:
        found = [_as_object(value.get(key)) for key in ("arguments", "parameters")]
        return True, next((one for one in found if one is not None), None)
    if (direct := _as_object(value.get(name))) is not None:
        return True, direct
    for child in value.values():
        for one in child if isinstance(child, list) else [child]:
            if isinstance(one, dict) and (result := _search(one, name))[0]:
                return result
    return False, None


def _as_object(value: Any) -> dict[str, Any] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def _closed(held: str) -> bool:
    depth = 0
    for _, character in _outside_strings(held):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "}" and depth == 0:
            return True
    return False
