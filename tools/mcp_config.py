"""The `mcpServers` files that people already have from other programs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.declared import parse
from tools.errors import ToolSetupError

START_SECONDS = 10.0
# Seconds that nobody means: a number beyond is in milliseconds, as some programs write it.
_MOST_SECONDS = 1000.0
_HTTP = ("http", "streamable-http", "streamable_http", "streamablehttp")
_NO_JSON = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_LAST_COMMA = re.compile(r'"(?:\\.|[^"\\\n])*"|,(?=\s*[}\]])')
_VARIABLE = re.compile(r"\$\{(?:env:)?([^}:]*)(?::-([^}]*))?\}|\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """One server as a file describes it, with the variables filled in.

    Args:
        name: What the file calls it.
        file: The file.
        command: The program to start; empty where it is reached by `url`.
        args: The program's arguments.
        env: Variables that the program gets beside a few harmless ones.
        cwd: The folder to start it in; None means the current one.
        url: The address of a server that runs elsewhere; empty where there is a `command`.
        headers: What each request to the address carries.
        timeout: Seconds that a call may take; None leaves it to the settings.
        start_timeout: Seconds in which it must have listed its tools.
        trust: Whether it is believed what it says of its tools.
        policy: What its tools are declared to be, whatever it says, by name.
        tools: The tools that are wanted; None means all.
    """

    name: str
    file: Path
    command: str = ""
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    start_timeout: float = START_SECONDS
    trust: bool = False
    policy: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tools: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """What it is called in sentences."""
        return f"The MCP server {self.name!r} ({self.file.name})"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What the files say.

    Args:
        servers: The servers that are to run, by name.
        problems: What cannot be used, and what mends it, one sentence each.
    """

    servers: Mapping[str, ServerEntry]
    problems: tuple[str, ...]


class _Given(BaseModel):
    """An entry as it stands in a file; what other programs need beside is ignored."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    type: str = ""
    command: str = ""
    args: list[str] = Field(default_factory=list)
    env: dict[str, str] = Field(default_factory=dict)
    cwd: str = ""
    url: str = ""
    headers: dict[str, str] = Field(default_factory=dict)
    timeout: float | None = Field(default=None, gt=0)
    initTimeout: float | None = Field(default=None, gt=0)
    trust: bool = False
    policy: dict[str, dict[str, Any]] = Field(default_factory=dict)
    tools: list[str] | None = None


def read_files(
    files: Sequence[Path], environment: Mapping[str, str], *, must_exist: bool
) -> Configuration:
    """Read the files; of two servers with one name the first stays.

    Args:
        files: The files.
        environment: Where `${VAR}` is looked up.
        must_exist: Whether it is a problem when one is missing.
    """
    servers: dict[str, ServerEntry] = {}
    problems: list[str] = []
    for file in files:
        try:
            given = _read(file, must_exist)
        except ToolSetupError as error:
            problems.append(f"The file {file} was left out: {error.message}")
            continue
        for name, one in given.items():
            if name in servers:
                problems.append(
                    f"The MCP server {name!r} ({file.name}) was left out: another one has the "
                    f"same name in {servers[name].file}; rename one of them."
                )
                continue
            try:
                entry = read_entry(name, one, file, environment)
            except ToolSetupError as error:
                problems.append(
                    f"The MCP server {name!r} ({file.name}) was left out: {error.message}"
                )
                continue
            if entry is not None:
                servers[name] = entry
    return Configuration(servers, tuple(problems))


def read_entry(
    name: str, given: Any, file: Path, environment: Mapping[str, str]
) -> ServerEntry | None:
    """Read one entry; None means that it is switched off.

    Raises:
        ToolSetupError: It is wrong; the message says what is, and what would be right.
    """
    if not isinstance(given, Mapping):
        raise ToolSetupError("its entry must be an object with `command` or `url`.")
    if given.get("disabled") is True or given.get("enabled") is False:
        return None
    # null is what a program writes for a setting that was left empty.
    set_ = {key: value for key, value in given.items() if value is not None}
    try:
        one = _Given.model_validate(set_)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolSetupError(f"{place}: {first['msg']}.") from error
    _check_kind(one)
    for tool, policy in one.policy.items():
        try:
            parse(policy)
        except ToolSetupError as error:
            raise ToolSetupError(
                f"the policy of {tool!r}: {error.message}. {error.hint}"
            ) from error

    def fill(text: str) -> str:
        return expand(text, environment)

    url = fill(one.url)
    if url and not url.startswith(("http://", "https://")):
        raise ToolSetupError("its `url` must start with https:// or http://.")
    return ServerEntry(
        name=name,
        file=file,
        command=os.path.expanduser(fill(one.command)),
        args=tuple(fill(arg) for arg in one.args),
        env={key: fill(value) for key, value in one.env.items()},
        cwd=file.parent / os.path.expanduser(fill(one.cwd)) if one.cwd else None,
        url=url,
        headers={key: fill(value) for key, value in one.headers.items()},
        timeout=_seconds(one.timeout),
        start_timeout=_seconds(one.initTimeout) or START_SECONDS,
        trust=one.trust,
        policy=one.policy,
        tools=None if one.tools is None else tuple(one.tools),
    )


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Fill in `${VAR}`, `${env:VAR}` and `${VAR:-otherwise}`.

    Raises:
        ToolSetupError: A variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        name, otherwise, other = match.groups()
        if other is not None:
            raise ToolSetupError(
                f"`${{{other}}}` cannot be filled in; set an environment variable NAME and write "
                "`${NAME}`."
            )
        found = environment.get(name, otherwise)
        if found is None:
            raise ToolSetupError(
                f"the environment variable {name} is not set; set it before arriero is started."
            )
        return found

    return _VARIABLE.sub(value, text)


def _check_kind(one: _Given) -> None:
    kind = one.type.lower()
    if kind == "sse":
        raise ToolSetupError(
            "its type `sse` is not supported; most servers also speak streamable HTTP, with "
            '`"type": "http"` and an address that often ends in /mcp.'
        )
    if kind not in ("", "stdio", *_HTTP):
        raise ToolSetupError(f"its type {one.type!r} is unknown; it is `stdio` or `http`.")
    if bool(one.command) == bool(one.url):
        both = "both" if one.command else "neither"
        raise ToolSetupError(f"it has {both} of `command` and `url`; exactly one is needed.")
    if kind and (kind == "stdio") != bool(one.command):
        needed = "a `command`" if kind == "stdio" else "a `url`"
        raise ToolSetupError(f"its type {one.type!r} needs {needed}.")


def _seconds(given: float | None) -> float | None:
    return given / 1000 if given is not None and given > _MOST_SECONDS else given


def _read(file: Path, must_exist: bool) -> dict[str, Any]:
    """Return the entries of a file by name.

    Raises:
        ToolSetupError: It cannot be read, or it is no such file.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        if not must_exist:
            return {}
        raise ToolSetupError("it does not exist (setting tools.mcp).") from error
    except UnicodeDecodeError as error:
        raise ToolSetupError("it is not in UTF-8; save it in that encoding.") from error
    except OSError as error:
        raise ToolSetupError(f"it cannot be read ({error.strerror or error}).") from error
    try:
        given = json.loads(_plain(text))
    except json.JSONDecodeError as error:
        raise ToolSetupError(
            f"line {error.lineno}, column {error.colno}: {error.msg}; it must be JSON."
        ) from error
    except RecursionError as error:
        raise ToolSetupError("it is nested too deeply.") from error
    servers = None
    if isinstance(given, dict):
        servers = given.get("mcpServers", given.get("servers"))
    if not isinstance(servers, dict):
        raise ToolSetupError('it has no servers; it must look like {"mcpServers": {"NAME": {…}}}.')
    return servers


def _plain(text: str) -> str:
    """Blank out comments and last commas, so that every other character stays where it was."""

    def blank(match: re.Match[str]) -> str:
        found = match.group()
        return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)

    return _LAST_COMMA.sub(blank, _NO_JSON.sub(blank, text))
