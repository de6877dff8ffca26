"""The one wrapper around every tool call.

In this order: an answer that is still fresh; the journal, for calls with side effects; the call
itself within its time, tried again only where that does no harm; what it returned as text without
invisible characters, cut to what a model is shown.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from tools.declared import Output, Risk
from tools.errors import Question
from tools.hidden import visible
from tools.invoke import Result, invoke
from tools.journal import Journal, Record, State
from tools.output import cut, files_of, searches_of, sources_of, tools_of
from tools.scope import Scope, within
from tools.secrets import Redactor
from tools.settings import ToolSettings
from tools.sources import File, Search, Source

if TYPE_CHECKING:
    from tools.registry import Registered

TRIES = 2
"""Times that a call is made that may be repeated without harm."""
KEPT = 256
"""Answers that are kept for as long as they are fresh."""
UNKNOWN = (
    "{name} was cut off while it ran, and it is not known whether it took effect. It was not done "
    "again. Check first what became of it, or tell the user."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one tool call; exactly one of `output` and `error` says something.

    Args:
        output: What the model is shown.
        error: What was wrong and what would be right; empty when the call went well.
        sources: What the output rests on.
        files: The files that the tool made.
        searches: How the searches went that the tool made.
        tools: Names of tools that the model may call from now on.
        origin: Whose words the output is; `user` for what the user answered to a question.
        seconds: Wall-clock seconds that the call took.
    """

    output: str
    error: str = ""
    sources: tuple[Source, ...] = ()
    files: tuple[File, ...] = ()
    searches: tuple[Search, ...] = ()
    tools: tuple[str, ...] = ()
    origin: Output | Literal["user"] = "untrusted"
    seconds: float = 0.0


class Policy:
    """Run calls; one for all turns of an assistant.

    Args:
        settings: What every tool obeys.
        journal: Where side effects are written down.
        redactor: Keeps secrets out of the journal's arguments.
    """

    def __init__(self, settings: ToolSettings, journal: Journal, redactor: Redactor) -> None:
        self._settings = settings
        self._journal = journal
        self._redactor = redactor
        self._fresh: OrderedDict[str, tuple[float, Outcome]] = OrderedDict()

    async def run(
        self, tool: Registered, arguments: dict[str, Any], scope: Scope, *, left: float = 1e9
    ) -> Outcome:
        """Make a call and turn whatever happens into an `Outcome`.

        Args:
            tool: The tool.
            arguments: What the model gave it, after validation.
            scope: Whose call it is.
            left: Seconds that are left of the turn.

        Raises:
            Question: The tool cannot go on without the user's words.
        """
        started = time.perf_counter()
        risk = tool.declared.risk_of(tool.name, arguments)
        if risk == "reads":
            key = _cache_key(tool, arguments, scope)
            outcome = self._cached(key)
            if outcome is None:
                outcome = await self._call(tool, arguments, scope, left)
                self._keep(key, outcome, tool.declared.cache_seconds)
        else:
            outcome = await self._written_down(tool, arguments, scope, risk, left)
        return replace(outcome, seconds=time.perf_counter() - started)

    async def recorded(self, name: str, scope: Scope) -> Outcome | None:
        """Return what the journal knows of a call that a crash cut off, without making it."""
        record = await self._journal.find(scope)
        return _remembered(name, record) if record else None

    async def _written_down(
        self,
        tool: Registered,
        arguments: dict[str, Any],
        scope: Scope,
        risk: Risk,
        left: float,
    ) -> Outcome:
        """Make a call with side effects, unless the journal says that it was made already."""
        shown = self._redactor.data(arguments)
        before = await self._journal.begin(scope, tool.name, risk, shown)
        if before is not None and (before.state != "begun" or not tool.declared.idempotent):
            return _remembered(tool.name, before)
        try:
            outcome = await self._call(tool, arguments, scope, left)
        except Question:
            await self._journal.drop(scope)
            raise
        state: State = "failed" if outcome.error else "done"
        await self._journal.end(scope, state, self._redactor.data(asdict(outcome), names=False))
        return outcome

    async def _call(
        self, tool: Registered, arguments: dict[str, Any], scope: Scope, left: float
    ) -> Outcome:
        declared, settings = tool.declared, self._settings
        limit = min(declared.timeout or settings.timeout, max(left, 0.01))
        until = time.perf_counter() + limit
        repeatable = declared.idempotent or declared.risk == "reads"
        result = Result()
        with within(scope):
            for _ in range(TRIES if repeatable else 1):
                seconds = max(until - time.perf_counter(), 0.01)
                result = await invoke(tool.tool, arguments, scope.call_id, seconds=seconds)
                if not result.passing or time.perf_counter() >= until:
                    break
        foreign = declared.output != "trusted"
        text = visible(result.output) if foreign else result.output
        error = visible(result.error) if foreign else result.error
        return Outcome(
            output="" if error else cut(text, declared.output_chars or settings.output_chars),
            error=error,
            sources=sources_of(result.artifact),
            files=files_of(result.artifact),
            searches=searches_of(result.artifact),
            tools=tools_of(result.artifact),
            origin="trusted" if result.ours else declared.output,
        )

    def _cached(self, key: str) -> Outcome | None:
        until, outcome = self._fresh.get(key, (0.0, None))
        return outcome if time.monotonic() < until else None

    def _keep(self, key: str, outcome: Outcome, seconds: float) -> None:
        if seconds and not outcome.error:
            self._fresh[key] = (time.monotonic() + seconds, outcome)
            self._fresh.move_to_end(key)
            while len(self._fresh) > KEPT:
                self._fresh.popitem(last=False)


def _cache_key(tool: Registered, arguments: Mapping[str, Any], scope: Scope) -> str:
    """Return a key that is the same for the same call of the same user."""
    call = [scope.user_id, tool.origin, tool.name, arguments]
    return json.dumps(call, sort_keys=True, ensure_ascii=False, default=str)


def _remembered(name: str, record: Record) -> Outcome:
    """Return what the journal says came of a call."""
    if record.state == "begun":
        return Outcome("", UNKNOWN.format(name=name), origin="trusted")
    kept = dict(record.outcome)
    kept["sources"] = tuple(Source.from_dict(one) for one in kept.get("sources", ()))
    kept["tools"] = tuple(kept.get("tools", ()))
    kept["files"] = tuple(File(**one) for one in kept.get("files", ()))
    kept["searches"] = tuple(Search.from_dict(one) for one in kept.get("searches", ()))
    return Outcome(**kept)
