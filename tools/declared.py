"""What a tool declares of itself beside name, docstring and types: plain data, no import of ours.

A langchain tool carries the data as `metadata={"arriero": {...}}`; a file in the tool folder has a
module-level `POLICY = {"tool_name": {...}}`. The keys are the attributes of `Declared`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tools.errors import ToolSetupError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Risk = Literal["reads", "writes", "runs_code", "spends", "sends"]
"""The worst that a call can do; everything but `reads` is a side effect."""
Output = Literal["trusted", "untrusted", "outside"]
"""Whose words a tool returns: our own or the user's; data that others may have written; pages and
messages that anybody can write."""

KEY = "arriero"
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_READS = (
    "calculate check compare compute convert count describe diff fetch find get has info is list "
    "look lookup preview query read search show status tail validate view what where who"
)
_SENDS = (
    "announce call dm email forward invite mail message notify post publish reply respond send "
    "share sms submit text tweet upload"
)
_SPENDS = (
    "bid book buy charge donate invest order pay purchase refund rent sell spend subscribe "
    "transfer withdraw"
)
_RUNS = "eval exec execute run shell"
_WRITES = (
    "accept add append apply approve archive assign ban block cancel change clear close commit "
    "copy create delete disable drop edit enable insert install kick kill lock log merge mkdir "
    "modify move mv open patch remove rename replace reschedule reset restore rm save schedule "
    "set start stop store toggle touch unlock update write"
)
_VERBS: dict[str, Risk] = {
    **dict.fromkeys(_READS.split(), "reads"),
    **dict.fromkeys(_SENDS.split(), "sends"),
    **dict.fromkeys(_SPENDS.split(), "spends"),
    **dict.fromkeys(_RUNS.split(), "runs_code"),
    **dict.fromkeys(_WRITES.split(), "writes"),
}


class RiskBy(BaseModel):
    """A risk that depends on one argument.

    Args are fields: with `argument="action"` and `cases={"write": "writes"}`, a call with
    `action="write"` writes, and any other has the risk `otherwise`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    argument: str
    cases: dict[str, Risk]
    otherwise: Risk = "reads"


class Declared(BaseModel):
    """What is known of a tool beyond its schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    risk: Risk | RiskBy | None = None
    """The worst that a call can do: `reads`, `writes`, `runs_code`, `spends` or `sends`; nothing
    leaves it to be guessed from the tool's name."""
    confined: bool = False
    """Whether a call can touch nothing outside of a place made for it, so that nobody has to be
    asked."""
    timeout: float | None = Field(default=None, gt=0)
    """Seconds that one call may take; nothing means `tools.timeout`."""
    output_chars: int | None = Field(default=None, ge=200)
    """Characters of the output that the model is shown; nothing means `tools.output_chars`."""
    cache_seconds: float = Field(default=0.0, ge=0)
    """Seconds for which the same call is answered from memory; only for `reads`."""
    idempotent: bool = False
    """Whether the same call twice does no more than once, so that it may be tried again."""
    output: Output = "untrusted"
    """Whose words the tool returns: `trusted`, `untrusted` or `outside`."""
    examples: tuple[str, ...] = ()
    """Requests in a user's words that this tool answers; they help to find it among many."""
    core: bool = False
    """Whether it is always shown, however many tools there are."""

    def risk_of(self, name: str, arguments: Mapping[str, Any]) -> Risk:
        """Return the risk of one call; where none is declared, that of the tool's name.

        A name that tells nothing counts as `writes`, because a write that is taken for a read
        would be done again after a crash.
        """
        if isinstance(self.risk, RiskBy):
            given = arguments.get(self.risk.argument)
            return self.risk.cases.get(str(given), self.risk.otherwise)
        return self.risk or guessed(name) or "writes"


def guessed(name: str) -> Risk | None:
    """Guess a risk from the verbs in a tool's name, or return None where it tells nothing.

    The first verb counts: `get_order` reads, `send_message` sends.
    """
    words = (word.lower() for word in _WORD.findall(name.replace("_", " ")))
    return next((_VERBS[word] for word in words if word in _VERBS), None)


def parse(given: Mapping[str, Any]) -> Declared:
    """Check what a tool declares.

    Raises:
        ToolSetupError: A key or value is wrong; the message says which.
    """
    try:
        return Declared.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ToolSetupError(
            f"its policy is wrong: {place}: {first['msg']}",
            f"The keys are: {', '.join(Declared.model_fields)}.",
        ) from error


Tool = TypeVar("Tool", bound="BaseTool")


def declare(tool: Tool, **policy: Any) -> Tool:
    """Attach a policy to a tool, and return the tool.

    Raises:
        ToolSetupError: A key or value is wrong.
    """
    parse(policy)
    tool.metadata = {**(tool.metadata or {}), KEY: policy}
    return tool


def declared(tool: BaseTool) -> Declared:
    """Return what a tool declares.

    Raises:
        ToolSetupError: A key or value is wrong.
    """
    given = (tool.metadata or {}).get(KEY, {})
    if not isinstance(given, Mapping):
        raise ToolSetupError(f"its policy is no mapping but a {type(given).__name__}")
    return parse(given)
