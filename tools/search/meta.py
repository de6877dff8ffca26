"""Several engines as one: side by side within a deadline, merged, kept, and never dead.

The first few that are well are asked at once. Each that fails is replaced by the next, and left
alone for a while; what the others found is merged. When all fail, an answer that was kept is given
with its age.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from tools.errors import SearchError
from tools.search.breaker import Breakers, Health, State
from tools.search.cache import Kept, SearchCache
from tools.search.engine import EngineError, Kind, Operator, Query, Result, SearchEngine
from tools.search.freshness import lifetime
from tools.search.merge import merged
from tools.settings import SearchSettings

WANTED = 20
"""Results that each engine is asked for; what is kept serves later questions for more."""
ANSWERS = 2
"""Engines that have to answer before the others are not waited for any longer."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave, and how.

    Args:
        results: The results, the best first.
        asked: Engines that were asked, in that order; none where the answer was kept.
        answered: Engines that answered, with the number of their results.
        failed: Engines that failed, with the reason.
        resting: Engines that were left alone because they had failed, with the reason.
        cached: Whether the answer had been kept.
        age: Seconds since it came from the engines.
        stale: Whether it is older than it should be, and stands in because no engine answered.
        seconds: Wall-clock seconds of the search.
    """

    results: tuple[Result, ...]
    asked: tuple[str, ...] = ()
    answered: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    resting: Mapping[str, str] = field(default_factory=dict)
    cached: bool = False
    age: float = 0.0
    stale: bool = False
    seconds: float = 0.0


class AllFailed(SearchError):
    """Say that no engine answered, and no answer was kept.

    Args:
        reason: Why, engine by engine.
        found: Which engines were asked, and what became of them.
    """

    def __init__(self, reason: str, found: Found) -> None:
        super().__init__(reason)
        self.found = found


@dataclass
class _Round:
    """One fan-out while it runs."""

    waiting: Iterator[SearchEngine]
    started: float
    running: dict[asyncio.Task[list[Result]], tuple[SearchEngine, float]] = field(
        default_factory=dict
    )
    asked: list[SearchEngine] = field(default_factory=list)
    answers: dict[str, list[Result]] = field(default_factory=dict)
    errors: dict[str, EngineError] = field(default_factory=dict)
    extra: int = 0

    @property
    def good(self) -> int:
        """Engines that found something."""
        return sum(bool(results) for results in self.answers.values())

    @property
    def found(self) -> dict[str, list[Result]]:
        """What was found, in the order of preference and not of arrival."""
        return {one.name: self.answers[one.name] for one in self.asked if one.name in self.answers}


class MetaEngine:
    """Search with all engines of the settings.

    Args:
        engines: The engines, the preferred one first.
        settings: Deadline, and how long answers are kept.
        cache: Where answers are kept; None keeps none.
        clock: Tells seconds since the epoch, for the breakers.
    """

    name = "all"
    needs = ()
    sites = ()

    def __init__(
        self,
        engines: Sequence[SearchEngine],
        settings: SearchSettings,
        cache: SearchCache | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engines = tuple(engines)
        self._settings = settings
        self._breakers = Breakers(clock)
        self._loaded = cache is None
        self.cache = cache

    @property
    def engines(self) -> tuple[SearchEngine, ...]:
        """The engines, the preferred one first."""
        return self._engines

    @property
    def kinds(self) -> Set[Kind]:
        """Tell what some engine can search for."""
        return frozenset(kind for one in self._engines for kind in one.kinds)

    @property
    def operators(self) -> Set[Operator]:
        """Tell which limits some engine keeps."""
        return frozenset(operator for one in self._engines for operator in one.operators)

    async def health(self) -> dict[str, tuple[State, Health]]:
        """Tell the state of each engine's breaker."""
        await self._load()
        breakers = self._breakers
        return {
            one.name: (breakers.state(one.name), breakers.health(one.name)) for one in self._engines
        }

    async def answers_again(self, name: str) -> None:
        """Close the breaker of an engine that was seen to answer."""
        self._breakers.succeeded(name)
        await self._save()

    async def search(self, query: Query) -> list[Result]:
        """Return the merged results."""
        return list((await self.find(query)).results)

    async def find(self, query: Query) -> Found:
        """Return the merged results, and how they came about.

        Raises:
            AllFailed: No engine answered, and no answer was kept.
        """
        started = time.perf_counter()
        kept = await self.cache.get(query) if self.cache else None
        if kept is not None and kept.age <= lifetime(query, self._settings):
            return _kept(kept, query, started)
        await self._load()
        resting = self._resting(query)
        done = await self._fan_out(query)
        results = merged(done.found, max(WANTED, query.limit), query.site)
        if results and self.cache:
            await self.cache.put(query, results)
        found = Found(
            tuple(results[: query.limit]),
            tuple(one.name for one in done.asked),
            {name: len(listed) for name, listed in done.found.items()},
            {name: error.why for name, error in done.errors.items()},
            resting,
            seconds=time.perf_counter() - started,
        )
        if results or len(done.answers) > len(done.errors):
            return found
        if kept is not None:
            stale = _kept(kept, query, started)
            return replace(found, results=stale.results, cached=True, age=kept.age, stale=True)
        raise AllFailed(_reasons(found) or self._unfit(query), found)

    def _fit(self, query: Query) -> list[SearchEngine]:
        """Return the engines that can answer a query, those for its site first."""
        fit = [
            one
            for one in self._engines
            if query.kind in one.kinds
            and not (query.time_range and "time_range" not in one.operators)
            and not (query.site and not _covers(one, query.site))
        ]
        return sorted(fit, key=lambda one: not (query.site and one.sites))

    def _resting(self, query: Query) -> dict[str, str]:
        names = (one.name for one in self._fit(query))
        return {
            name: self._breakers.health(name).reason
            for name in names
            if self._breakers.state(name) == "open"
        }

    async def _fan_out(self, query: Query) -> _Round:
        """Ask engines until enough have answered, none is left, or the time is over."""
        loop = asyncio.get_running_loop()
        wide = replace(query, limit=max(WANTED, query.limit))
        ready = (one for one in self._fit(query) if self._breakers.admit(one.name))
        now = loop.time()
        done = _Round(ready, now)
        try:
            while True:
                self._fill(done, wide, loop.time())
                if not done.running or self._over(done, loop.time()):
                    break
                pause = max(0.0, self._next_look(done, loop.time()) - loop.time())
                arrived, _ = await asyncio.wait(
                    done.running, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                done.extra += not arrived  # they are slow: one more beside them
                for task in arrived:
                    self._settle(task, done)
            self._judge(done, loop.time())
        finally:
            self._leave(done)
        await self._save()
        return done

    def _fill(self, done: _Round, query: Query, now: float) -> None:
        """Ask the next engines, as many as are wanting."""
        if done.good >= ANSWERS:
            return
        while done.good + len(done.running) < self._settings.at_once + done.extra:
            engine = next(done.waiting, None)
            if engine is None:
                return
            done.asked.append(engine)
            done.running[asyncio.ensure_future(engine.search(query))] = (engine, now)

    def _over(self, done: _Round, now: float) -> bool:
        elapsed, enough = now - done.started, self._settings.enough
        return (
            elapsed >= self._settings.timeout
            or (done.good >= ANSWERS and elapsed >= enough)
            or (done.good > 0 and elapsed >= 2 * enough)
        )

    def _next_look(self, done: _Round, now: float) -> float:
        """Return when it is next decided whether to wait on, or to ask another."""
        enough = self._settings.enough
        looks = int((now - done.started) / enough + 1e-6) + 1
        return done.started + min(looks * enough, self._settings.timeout)

    def _settle(self, task: asyncio.Task[list[Result]], done: _Round) -> None:
        """Take an engine's answer or its error."""
        engine, _ = done.running.pop(task)
        error = task.exception()
        if error is None:
            done.answers[engine.name] = task.result()
        elif isinstance(error, EngineError):
            done.errors[engine.name] = error
        elif isinstance(error, SearchError):
            done.errors[engine.name] = EngineError(engine.name, error.reason, "down")
        else:
            raise error

    def _judge(self, done: _Round, now: float) -> None:
        """Tell the breakers how the engines did."""
        enough = self._settings.enough
        patience = min(2 * enough, self._settings.timeout / 2)
        for engine, since in done.running.values():
            if now - since >= (patience if done.good else self._settings.timeout / 2):
                why = f"no answer in {now - since:.3g} s"
                done.errors[engine.name] = EngineError(engine.name, why, "slow")
            elif done.good and now - since >= enough:
                self._breakers.weak(engine.name, "mostly slower than the others")
        offline = (
            not done.answers
            and len(done.errors) > 1
            and all(error.kind == "unreachable" for error in done.errors.values())
        )
        for error in done.errors.values():
            self._breakers.failed(error, offline=offline)
        for one in done.asked:
            if (results := done.answers.get(one.name)) is None:
                continue
            # An engine for one site has nothing on most questions.
            if not results and not one.sites and done.good:
                self._breakers.weak(one.name, "finds nothing where others do")
            else:
                self._breakers.succeeded(one.name)

    def _leave(self, done: _Round) -> None:
        """Stop waiting for engines that are still running, and end all trials."""
        for task in done.running:
            task.cancel()
        for engine in done.asked:
            self._breakers.released(engine.name)

    async def _load(self) -> None:
        """Learn once how the engines did in processes before this one."""
        if self.cache and not self._loaded:
            self._loaded = True
            self._breakers.restore(await self.cache.load_health())

    async def _save(self) -> None:
        changed, self._breakers.changed = self._breakers.changed, set()
        if self.cache and changed:
            known = {name: self._breakers.health(name) for name in sorted(changed)}
            await self.cache.save_health(known)

    def _unfit(self, query: Query) -> str:
        if not self._engines:
            return "none of the engines in tools.search.engines has what it needs"
        if query.kind not in self.kinds:
            return f"none of the engines in tools.search.engines can search for {query.kind}"
        return "none of the engines in tools.search.engines can search by that time or site"


def _kept(kept: Kept, query: Query, started: float) -> Found:
    return Found(
        kept.results[: query.limit],
        cached=True,
        age=kept.age,
        seconds=time.perf_counter() - started,
    )


def _covers(engine: SearchEngine, site: str) -> bool:
    """Tell whether an engine can find pages of a site."""
    if engine.sites:
        return any(site == one or site.endswith(f".{one}") for one in engine.sites)
    return "site" in engine.operators


def _reasons(found: Found) -> str:
    """Tell why nothing came, each reason once with the engines that gave it."""
    names: dict[str, list[str]] = {}
    told = {**found.resting, **found.failed, **dict.fromkeys(found.answered, "nothing found")}
    for name, why in told.items():
        names.setdefault(why, []).append(name)
    return "; ".join(f"{', '.join(who)}: {why}" for why, who in names.items())
