"""Leaves engines alone that failed, for a while that grows, and gives them one trial after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tools.search.engine import EngineError, FailureKind

State = Literal["closed", "open", "half-open"]

PAUSES: dict[FailureKind, float] = {
    "blocked": 60.0,
    "slow": 30.0,
    "unreachable": 30.0,
    "down": 30.0,
    "malformed": 60.0,
    "key": 600.0,
}
"""Seconds of the first pause; each further one is twice as long."""
LONGEST = 3600.0
OFFLINE = 5.0
"""Seconds of the pause after no engine at all could be reached: that is the own connection."""
WEAK = 2
"""Times in a row that an engine may be late or find nothing where others found something."""


@dataclass(slots=True)
class Health:
    """How an engine did lately.

    Args:
        opened: Times in a row that its breaker opened.
        weak: Times in a row that it was late or empty.
        since: When it opened, in seconds since the epoch.
        until: When the engine may be tried again.
        reason: What was wrong.
        trying: Whether its trial is running.
    """

    opened: int = 0
    weak: int = 0
    since: float = 0.0
    until: float = 0.0
    reason: str = ""
    trying: bool = False


class Breakers:
    """One circuit breaker for each engine.

    Args:
        clock: Tells seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[str, Health] = {}
        self.changed: set[str] = set()

    def health(self, name: str) -> Health:
        """Return how an engine did lately."""
        return self._known.setdefault(name, Health())

    def state(self, name: str) -> State:
        """Return the state of an engine's breaker."""
        health = self.health(name)
        if not health.opened:
            return "closed"
        # A pause cannot be longer than the longest: the clock was set back.
        waiting = 0 < health.until - self._clock() <= LONGEST
        return "open" if waiting else "half-open"

    def admit(self, name: str) -> bool:
        """Tell whether an engine may be asked now; after its pause, once until it has answered."""
        state = self.state(name)
        if state == "half-open":
            health = self.health(name)
            if health.trying:
                return False
            health.trying = True
        return state != "open"

    def succeeded(self, name: str) -> None:
        """Close the breaker of an engine that answered."""
        if self.health(name) != Health():
            self._known[name] = Health()
            self.changed.add(name)

    def failed(self, error: EngineError, *, offline: bool = False) -> None:
        """Open the breaker of an engine that failed; a query that it does not take is no failure.

        Args:
            error: What went wrong.
            offline: Whether no engine at all could be reached.
        """
        name = error.engine
        if error.kind == "query":
            self.released(name)
        elif offline:
            self._open(name, error.why, OFFLINE, grow=False)
        else:
            self._open(name, error.why, PAUSES[error.kind], error.retry_after)
        if error.kind == "key":
            # Not for other processes: the next one may have been given a better key.
            self.changed.discard(name)

    def weak(self, name: str, why: str) -> None:
        """Count that an engine was late or empty where others were not; open after some times."""
        health = self.health(name)
        health.weak += 1
        if health.weak >= WEAK or health.opened:
            self._open(name, why, PAUSES["slow"])
        self.changed.add(name)

    def released(self, name: str) -> None:
        """End a trial that told nothing."""
        self.health(name).trying = False

    def restore(self, known: Mapping[str, Health]) -> None:
        """Take over what another process knew."""
        for name, health in known.items():
            self._known.setdefault(name, health)

    def _open(
        self, name: str, why: str, pause: float, at_least: float = 0.0, *, grow: bool = True
    ) -> None:
        before = self.health(name)
        opened = before.opened + 1 if grow else max(before.opened, 1)
        grown = pause * 2 ** min(opened - 1, 12) if grow else pause
        now = self._clock()
        since = before.since if before.opened else now
        until = now + min(max(grown, at_least), LONGEST)
        self._known[name] = Health(opened, 0, since, until, why)
        self.changed.add(name)
