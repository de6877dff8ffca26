"""Whose call is running: what a tool may know of the turn that it is called in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """The turn that a call belongs to.

    Args:
        user_id: Whose turn it is; never empty.
        thread_id: The thread.
        call_id: The call, unique within the thread.
        key: An idempotency key: the same for one call however often it is begun.
    """

    user_id: str
    thread_id: str
    call_id: str
    key: str


_scope: ContextVar[Scope] = ContextVar("scope")


def scope() -> Scope:
    """Return the scope of the running call.

    Raises:
        LookupError: No call is running.
    """
    return _scope.get()


@contextmanager
def within(scope: Scope) -> Iterator[None]:
    """Run a block, and the threads and tasks that it starts, within a scope."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)
