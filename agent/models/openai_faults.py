"""What an OpenAI-compatible server says when it cannot, as the errors that the user is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.errors import (
    ContextTooLong,
    ModelError,
    ModelMissing,
    ModelTimeout,
    ModelUnfit,
    ServerBusy,
    ServerFault,
    Unauthorized,
)
from agent.models.base import ModelInfo, ModelRequest
from agent.models.wire import StatusFault

_CONTEXT = (
    "exceed_context_size",
    "context_length_exceeded",
    "maximum context",
    "context length",
    "context size",
    "context window",
    "prompt is too long",
    "too many tokens",
)


def error_text(body: str) -> str:
    """Return the sentence in an error body, or the body cut short where it holds none."""
    try:
        found = json.loads(body)
    except ValueError:
        return " ".join(body.split())[:300]
    return sentence(found)[:300]


def sentence(found: Any) -> str:
    """Return the sentence in an error object of any of the known shapes."""
    for key in ("error", "message", "detail"):
        if isinstance(found, dict) and key in found:
            return sentence(found[key])
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def is_loading(fault: StatusFault) -> bool:
    """Tell whether llama.cpp said that it is still loading the model."""
    return fault.status == 503 and "loading model" in fault.body.lower()


def fault(
    status: int, body: str, model: str, where: str, request: ModelRequest, retry_after: str = ""
) -> ModelError:
    """Map an error reply to the error that the user is told.

    Args:
        status: HTTP status, or the code of an error inside a stream.
        body: The error's body.
        model: The model that was asked for.
        where: The server's address.
        request: What was asked.
        retry_after: The `Retry-After` header, empty where there is none.
    """
    text = error_text(body)
    if status in (401, 403):
        return Unauthorized(
            f"The server at {where} refused the request: {text or 'no key, or a wrong one'}",
            "Set the key in ARRIERO_MODELS__API_KEY or OPENAI_API_KEY.",
        )
    if status in (429, 503, 529):
        wait = f"Try again in {retry_after} seconds." if retry_after else "Try again in a moment."
        return ServerBusy(f"The server at {where} is busy: {text}", wait, transient=True)
    if status >= 500:
        return ServerFault(
            f"The server at {where} failed ({status}): {text}",
            "Ask again; if it happens again, look at the server's log.",
            transient=True,
        )
    return _refused(status, body, text, model, where, request)


def _refused(
    status: int, body: str, text: str, model: str, where: str, request: ModelRequest
) -> ModelError:
    low = body.lower()
    if status == 413 or any(sign in low for sign in _CONTEXT):
        return ContextTooLong(
            f"The prompt does not fit the window of {model}: {text}",
            "Shorten the request or start a new thread, or give the server a larger window.",
        )
    if request.tools and "tool" in low:
        return ModelUnfit(
            f"The server at {where} does not take tools for '{model}': {text}",
            "Use --protocol prompted.",
        )
    if request.schema is not None and ("response_format" in low or "schema" in low):
        return ModelUnfit(
            f"The server at {where} does not take this JSON schema: {text}",
            "Use --protocol text, or another server.",
        )
    return ServerFault(
        f"The server at {where} refused the request ({status}): {text}",
        "Check the model's name and the address; `arriero doctor` tells more.",
    )


def missing(model: str, where: str, present: Sequence[str], text: str) -> ModelError:
    """Say that a model is not there, or that nothing is at the address (status 404).

    Args:
        model: The name that was asked for.
        where: The server's address.
        present: The names that the server holds; empty where it does not tell.
        text: What the server said.
    """
    if present:
        return ModelMissing(
            f"The server at {where} has no model '{model}'.",
            f"It has: {', '.join(present[:8])}{' …' if len(present) > 8 else ''}",
        )
    if "model" in text.lower():
        return ModelMissing(
            f"The server at {where} has no model '{model}': {text}", "Check the name before the @."
        )
    return ServerFault(
        f"No OpenAI-compatible service at {where} (404).",
        "Such addresses usually end in /v1: openai:NAME@http://HOST:PORT/v1",
    )


def unfit(info: ModelInfo, request: ModelRequest) -> ModelUnfit | None:
    """Say what a request asks that this model cannot do, or return None."""
    if request.tools and not info.tools:
        return ModelUnfit(
            f"'{info.name}' has no function calling of its own.", "Use --protocol prompted."
        )
    asked = (
        (request.schema is not None and not info.schema, "a JSON schema"),
        (request.grammar is not None and not info.grammar, "a grammar"),
        (request.logprobs > 0 and not info.logprobs, "token probabilities"),
    )
    for wrong, what in asked:
        if wrong:
            return ModelUnfit(
                f"'{info.name}' cannot be asked for {what} at this server.",
                "Use another --protocol, or a model under llama.cpp.",
            )
    return None


def still_loading(where: str, seconds: float) -> ModelTimeout:
    """Say that the server has been loading its model for too long."""
    return ModelTimeout(
        f"The server at {where} has been loading its model for {seconds:g} seconds.",
        "Wait for it, or raise models.timeouts (ARRIERO_MODELS__TIMEOUTS__FIRST_BYTE).",
        transient=True,
    )


def broken(where: str) -> ServerFault:
    """Say that a stream ended without a finish reason."""
    return ServerFault(
        f"The server at {where} broke off before the answer was whole.",
        "Ask again; if it happens again, look at the server's log.",
        transient=True,
    )


def garbled(where: str, line: str) -> ServerFault:
    """Say that a line of a stream cannot be read."""
    return ServerFault(
        f"The server at {where} sent a line that cannot be read: {line[:80]!r}",
        "Check that the address is an OpenAI-compatible server's; it usually ends in /v1.",
        transient=True,
    )
