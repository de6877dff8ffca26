"""What Ollama says when it cannot, as the errors that the user is told."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence

from agent.errors import (
    ContextTooLong,
    ModelError,
    ModelMissing,
    ModelUnfit,
    ServerBusy,
    ServerDown,
    ServerFault,
    Unauthorized,
)

_CONTEXT = (
    "context length",
    "context size",
    "available context",
    "context window",
    "input length exceeds",
    "prompt is too long",
)
_BUSY = ("server busy", "maximum pending requests")
_HOPELESS = ("must be of type", "grammar", "schema", "unknown model architecture")
_MEMORY = ("out of memory", "more system memory", "cudamalloc", "failed to allocate")
_ABILITIES = ("thinking", "vision", "audio", "insert", "image generation")


def error_text(body: str) -> str:
    """Return the sentence in an error body: `{"error": …}` in its known shapes, or the text."""
    try:
        found = json.loads(body)
    except ValueError:
        return body.strip()
    error = found.get("error", body) if isinstance(found, dict) else body
    if isinstance(error, dict):
        error = error.get("message", body)
    return str(error).strip()


def sentence(text: str) -> str:
    """Return a server's words with a full stop at their end."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def fault(status: int, text: str, model: str, where: str) -> ModelError:
    """Map an error of the server to the one that the user is told.

    Args:
        status: HTTP status; 200 for an error inside a stream.
        text: The server's sentence, as `error_text` returns it.
        model: The model that was asked for.
        where: The server's address.
    """
    low = text.lower()
    if "not found" in low and "model" in low:
        return missing(model, ())
    if "does not support" in low:
        return _unfit(low, model)
    if any(sign in low for sign in _CONTEXT):
        return ContextTooLong(
            f"The prompt does not fit the window of {model}: {sentence(text)}",
            "Shorten the request or start a new thread; a larger window is set with "
            "models.context (ARRIERO_MODELS__CONTEXT).",
        )
    if status == 503 or any(sign in low for sign in _BUSY):
        return ServerBusy(
            f"Ollama at {where} has too many requests waiting.",
            "Try again in a moment; OLLAMA_MAX_QUEUE and OLLAMA_NUM_PARALLEL of the server "
            "set how many it takes.",
            transient=True,
        )
    if status in (401, 403):
        return Unauthorized(
            f"Ollama at {where} refused the request: {sentence(text)}",
            "Sign in with `ollama signin`, or choose a model that runs on this machine.",
        )
    return _server_fault(status, text, model, where)


def missing(model: str, present: Sequence[str]) -> ModelMissing:
    """Say that a model is not there, and name what is.

    Args:
        model: The name that was asked for.
        present: The names that the server holds.
    """
    hint = f"Fetch it with `arriero pull {model}`"
    near = similar(model, present)
    if near:
        hint += f", or use one that is there: {', '.join(near)}"
    return ModelMissing(f"Ollama has no model '{model}'.", hint + ".")


def similar(model: str, present: Sequence[str]) -> list[str]:
    """Return up to five of the names that are there, the likest first."""
    stem = model.rpartition("/")[2].partition(":")[0].lower()
    kin = [name for name in present if stem and stem in name.lower()]
    near = difflib.get_close_matches(model, present, n=5, cutoff=0.4)
    return list(dict.fromkeys([*kin, *near]))[:5]


def down(where: str) -> ServerDown:
    """Say that no server answers, and how to start one or do without."""
    return ServerDown(
        f"No Ollama server answers at {where}.",
        "Start it with `ollama serve`, set OLLAMA_HOST if it runs elsewhere, or do without it: "
        "--model llamacpp:qwen2.5-coder-1.5b",
    )


def broken(where: str) -> ServerFault:
    """Say that a stream ended without its last line."""
    return ServerFault(
        f"The connection to Ollama at {where} broke off before the answer was whole.",
        "Ask again; if it happens again, look at the server's log (`ollama serve`).",
        transient=True,
    )


def garbled(where: str, line: str) -> ServerFault:
    """Say that a line of a stream cannot be read."""
    return ServerFault(
        f"Ollama at {where} sent a line that cannot be read: {line[:80]!r}.",
        "Check that the address is Ollama's own and that nothing in between rewrites answers.",
        transient=True,
    )


def unexplained(where: str, reason: object) -> ServerFault:
    """Say that a reply ended without a reason that is known."""
    given = f"with the unknown reason {reason!r}" if reason else "without saying why"
    return ServerFault(
        f"Ollama at {where} ended the answer {given}, so it may not be whole.",
        "Ask again; if it happens again, update the server.",
        transient=True,
    )


def _unfit(low: str, model: str) -> ModelUnfit:
    if "tools" in low:
        return ModelUnfit(
            f"Ollama does not offer tool calls for '{model}'.",
            "Use --protocol prompted, or a model with tools such as llama3.1:8b.",
        )
    if any(word in low for word in ("chat", "generate", "completion")):
        return not_for_chat(model)
    if "embed" in low:
        return ModelUnfit(
            f"'{model}' does not make embeddings.",
            "Set models.ollama.embedding_model to an embedding model: "
            "`arriero pull nomic-embed-text`.",
        )
    ability = next((word for word in _ABILITIES if word in low), "what was asked for")
    return ModelUnfit(
        f"'{model}' does not support {ability}.",
        "Choose another model; `arriero models` lists what each can do.",
    )


def not_for_chat(model: str) -> ModelUnfit:
    """Say that a model is for something else than conversation."""
    return ModelUnfit(
        f"'{model}' cannot chat; it is an embedding model or made for something else.",
        "Choose a chat model, for example `arriero pull llama3.1:8b`.",
    )


def _server_fault(status: int, text: str, model: str, where: str) -> ServerFault:
    low = text.lower()
    if any(sign in low for sign in _MEMORY):
        return ServerFault(
            f"The server has too little memory for '{model}': {sentence(text)}",
            "Choose a smaller model, or a smaller window with models.context.",
        )
    said = f": {sentence(text)}" if text else "."
    if status == 404 or (status != 200 and status < 500):
        return ServerFault(
            f"Ollama at {where} refused the request with status {status}{said}",
            "Check that the address is Ollama's own (models.ollama.host, OLLAMA_HOST) and that "
            "the server is up to date.",
        )
    return ServerFault(
        f"Ollama at {where} failed{'' if status == 200 else f' with status {status}'}{said}",
        "Ask again; if it happens again, look at the server's log (`ollama serve`).",
        transient=not any(sign in low for sign in _HOPELESS),
    )
