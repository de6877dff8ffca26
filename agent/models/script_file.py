"""The file behind `scripted:PATH`.

It holds a JSON list of steps, or an object with `steps` and any of `identity`, `context`, `tools`,
`schema`, `grammar` and `logprobs`, which are arguments of `ScriptedModel`. A step is an object with

- `text`: what the model writes;
- `calls`: a list of `{"name": …, "arguments": {…}}`, the tool calls that it makes;
- `error`: the name of a class in `agent.errors` that it raises behind the text, with `message`,
  `hint` and `transient`;
- `match`: words that the last message must hold for the step to fit;
- `delay`: seconds before it answers;
- `repeat`: true for a step that is never used up.

An example: `[{"calls": [{"name": "add", "arguments": {"a": 1, "b": 2}}]}, {"text": "It is 3."}]`
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent import errors
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, Step, says

_MODEL = {
    "identity": str,
    "context": int,
    "tools": bool,
    "schema": bool,
    "grammar": bool,
    "logprobs": bool,
}
_STEP = {
    "text": str,
    "calls": list,
    "error": str,
    "message": str,
    "hint": str,
    "transient": bool,
    "match": str,
    "delay": (int, float),
    "repeat": bool,
}


def load(path: str) -> ScriptedModel:
    """Read a script and open its model.

    Raises:
        UsageError: The file is missing, or is no script.
    """
    found = _read(Path(path).expanduser())
    given = {"steps": found} if isinstance(found, list) else found
    if not isinstance(given, dict) or not isinstance(given.get("steps"), list):
        raise _wrong(path, "it is neither a list of steps nor an object with 'steps'")
    options = {name: value for name, value in given.items() if name != "steps"}
    _check(options, _MODEL, path, "the script")
    steps = [_step(one, number, path) for number, one in enumerate(given["steps"], 1)]
    return ScriptedModel(steps, spec=f"scripted:{path}", **options)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise errors.UsageError(
            f"The script {path} cannot be read: {error.strerror}.", "Check the path in scripted:…"
        ) from None
    except ValueError as error:
        raise _wrong(str(path), f"it is no JSON: {error}") from None


def _step(given: Any, number: int, path: str) -> Step:
    where = f"step {number}"
    if not isinstance(given, dict):
        raise _wrong(path, f"{where} is no object")
    _check(given, _STEP, path, where)
    return Step(
        text=given.get("text", ""),
        calls=tuple(_call(one, where, path) for one in given.get("calls", [])),
        error=_error(given, where, path),
        delay=given.get("delay", 0.0),
        match=says(given["match"]) if "match" in given else None,
        repeat=given.get("repeat", False),
    )


def _call(given: Any, where: str, path: str) -> RawCall:
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise _wrong(path, f"a call in {where} has no name")
    return RawCall(given["name"], given.get("arguments", {}), str(given.get("id", "")))


def _error(given: dict[str, Any], where: str, path: str) -> Exception | None:
    if "error" not in given:
        return None
    kind = getattr(errors, given["error"], None)
    if not (isinstance(kind, type) and issubclass(kind, errors.ArrieroError)):
        raise _wrong(path, f"{where} names an error that does not exist: {given['error']}")
    error = kind(given.get("message", "The script says so."), given.get("hint", ""))
    if isinstance(error, errors.ModelError):
        error.transient = given.get("transient", False)
    return error


def _check(given: dict[str, Any], known: dict[str, Any], path: str, where: str) -> None:
    for name, value in given.items():
        if name not in known:
            raise _wrong(path, f"{where} has an unknown field '{name}'; known: {', '.join(known)}")
        wanted = known[name]
        if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
            raise _wrong(path, f"'{name}' in {where} has a wrong value: {value!r}")


def _wrong(path: str, what: str) -> errors.UsageError:
    return errors.UsageError(
        f"{path} is not a script: {what}.",
        'A script is a JSON list such as [{"text": "Hello."}]',
    )
