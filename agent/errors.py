"""Errors that reach the user: a message, a hint that mends it, an exit code.

    ArrieroError
    ├── UsageError              2  the request itself was wrong
    │   ├── SettingsError          a setting has a wrong name or value
    │   └── InputTooLong           the user's turn does not fit the model's window
    ├── ModelError              3  the model or its server failed
    │   ├── ServerDown             nothing answers at the address
    │   ├── ModelMissing           the server does not hold the model
    │   ├── ModelUnfit             the model cannot do what was asked (tools, chat, embeddings)
    │   ├── ServerBusy             the server's queue is full
    │   ├── ModelTimeout           no first byte, or a stall between tokens
    │   ├── ServerFault            the server answered with an error or broke the stream off
    │   ├── Unauthorized           the server wants a key, or another one
    │   └── ContextTooLong         the server says that the prompt does not fit
    ├── WeightsError            4  model weights could not be had, or are not what they should be
    ├── MissingExtra            5  an optional package is not installed
    └── StorageError            6  the home folder cannot be read or written

Errors that the *model* is told are values, not exceptions: see `tools.policy.Outcome` and
`agent.models.calls.Call.problem`.
"""

from __future__ import annotations


class ArrieroError(Exception):
    """Carry what went wrong, what to do about it, and the exit code of a command that ends so.

    Args:
        message: One sentence that says what went wrong.
        hint: What the user can do, preferably a command; may be empty.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def kind(self) -> str:
        """Name the class, for `--json` and logs."""
        return type(self).__name__


class UsageError(ArrieroError):
    """Say that the request itself was wrong."""

    exit_code = 2


class SettingsError(UsageError):
    """Say that a setting has a wrong name or value."""


class InputTooLong(UsageError):
    """Say that the user's turn does not fit the model's window."""


class ModelError(ArrieroError):
    """Say that the model or its server failed.

    Args:
        message: One sentence that says what went wrong.
        hint: What the user can do.
        transient: Whether the same request may succeed when it is sent again at once.
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "", *, transient: bool = False) -> None:
        super().__init__(message, hint)
        self.transient = transient


class ServerDown(ModelError):
    """Say that nothing answers at the model server's address."""


class ModelMissing(ModelError):
    """Say that the server does not hold the model."""


class ModelUnfit(ModelError):
    """Say that the model cannot do what was asked of it."""


class ServerBusy(ModelError):
    """Say that the model server's queue is full."""


class ModelTimeout(ModelError):
    """Say that the model sent no first byte in time, or stalled between tokens."""


class ServerFault(ModelError):
    """Say that the server answered with an error, or broke the stream off."""


class Unauthorized(ModelError):
    """Say that the server wants a key, or another one."""


class ContextTooLong(ModelError):
    """Say that the server refused a prompt as too long."""


class WeightsError(ArrieroError):
    """Say that model weights could not be had, or are not what they should be."""

    exit_code = 4


class MissingExtra(ArrieroError):
    """Say that an optional package is not installed."""

    exit_code = 5


class StorageError(ArrieroError):
    """Say that the home folder cannot be read or written."""

    exit_code = 6
