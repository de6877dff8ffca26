"""Ollama's models: list, describe, fetch, derive and embed with them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any

import httpx

from agent.errors import ModelError, ModelMissing, ServerDown, ServerFault
from agent.models.ollama_faults import broken, garbled, missing
from agent.models.ollama_http import ask, connection, host_of, keep_alive, objects, where_of
from agent.models.ollama_template import is_derived
from agent.models.settings import ModelSettings, Timeouts
from agent.models.wire import client

_DISK = Timeouts(first_byte=300.0, between_tokens=600.0)
"""A pull is silent while the server checks the digest of what may be 40 GB."""
_RESUMES = 5
_EMBED_BATCH = 64


@dataclass(frozen=True, slots=True)
class OllamaEntry:
    """A model that the server holds.

    Args:
        name: Its name with the tag.
        size: Bytes on disk.
        digest: What identifies this version of it.
        capabilities: The server's words, such as `completion`, `tools`, `embedding`.
        context: Tokens that it was made for; 0 where the server does not say.
        family: The family in its details, such as `llama`.
        parameters: Its size in words, such as `8.0B`.
        template: The template of its prompt.
        facts: The `model_info` of the server's description.
    """

    name: str
    size: int = 0
    digest: str = ""
    capabilities: tuple[str, ...] = ()
    context: int = 0
    family: str = ""
    parameters: str = ""
    template: str = ""
    facts: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is.

    Args:
        status: The server's words, such as `pulling manifest`.
        completed: Bytes of this layer that are there.
        total: Bytes of this layer; 0 where the step has none.
    """

    status: str
    completed: int = 0
    total: int = 0


async def is_up(settings: ModelSettings) -> str | None:
    """Return the server's version, or None when no Ollama answers within a second.

    Asks twice, because a first second can also pass while something else keeps this process busy.
    """
    quick = settings.timeouts.model_copy(update={"connect": min(1.0, settings.timeouts.connect)})
    for _ in range(2):
        with suppress(ModelError):
            async with client(host_of(settings), quick) as http:
                found = await ask(http, "GET", "/api/version", seconds=1.0)
                version = found.get("version")
                return version if isinstance(version, str) else None
    return None


async def tags(http: httpx.AsyncClient) -> dict[str, OllamaEntry]:
    """Return what the server holds, by full name, without capabilities."""
    found = await ask(http, "GET", "/api/tags")
    entries = [_from_tag(item) for item in found.get("models") or () if isinstance(item, dict)]
    return {entry.name: entry for entry in entries}


async def show(http: httpx.AsyncClient, name: str) -> OllamaEntry:
    """Describe one model.

    Raises:
        ModelMissing: The server does not hold it; the hint names models like it.
    """
    try:
        found = await ask(http, "POST", "/api/show", {"model": name})
    except ModelMissing:
        present = [other for other in await tags(http) if not is_derived(other)]
        raise missing(name, present) from None
    details = found.get("details") or {}
    facts = found.get("model_info") or {}
    context = facts.get(f"{facts.get('general.architecture')}.context_length")
    template = str(found.get("template") or "")
    capabilities = found.get("capabilities")
    if capabilities is None:
        capabilities = _guess_capabilities(str(details.get("family") or ""), template)
    return OllamaEntry(
        name=name,
        capabilities=tuple(str(word) for word in capabilities),
        context=context if isinstance(context, int) else 0,
        family=str(details.get("family") or ""),
        parameters=str(facts.get("general.size_label") or details.get("parameter_size") or ""),
        template=template,
        facts=facts,
    )


def full_name(name: str) -> str:
    """Return a name with its tag, as the server lists it."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def identity_of(entry: OllamaEntry) -> str:
    """Name the weights: `llama3.1:8b` for Llamas, `qwen2.5-coder-1.5b` for others.

    The size is read off the tag, else off the server's own words, with a whole number for Llamas,
    whose parameters are counted as `3.2B` in `llama3.2:3b`.
    """
    stem, _, tag = entry.name.rpartition("/")[2].lower().partition(":")
    stem = stem.removeprefix("arriero-")
    whole = re.sub(r"[-_.](gguf|instruct|chat|it)\b", "", stem)
    if re.search(r"-\d+(\.\d+)?[bm]\b", whole):
        return whole
    size = re.match(r"\d+(\.\d+)?[bm]\b", tag) or re.match(
        r"\d+(\.\d+)?[bm]\b", entry.parameters.lower()
    )
    if not size:
        return whole
    text = size.group()
    if whole.startswith("llama"):
        return f"{whole}:{re.sub(r'[.][0-9]+', '', text)}"
    return f"{whole}-{re.sub(r'[.]0(?=[bm])', '', text)}"


async def list_models(settings: ModelSettings, *, derived: bool = False) -> list[OllamaEntry]:
    """Return the server's models with their capabilities, in its own order.

    Args:
        settings: Where the server is.
        derived: Whether to list the models too that arriero derived for itself.

    Raises:
        ServerDown: No server answers.
    """
    async with connection(settings) as http:
        entries = [
            entry for entry in (await tags(http)).values() if derived or not is_derived(entry.name)
        ]
        gate = asyncio.Semaphore(8)

        async def describe(entry: OllamaEntry) -> OllamaEntry:
            async with gate:
                try:
                    known = await show(http, entry.name)
                except ModelError:
                    return entry  # removed meanwhile, or damaged: it is still listed
            return replace(known, size=entry.size, digest=entry.digest)

        return list(await asyncio.gather(*map(describe, entries)))


async def create(http: httpx.AsyncClient, payload: dict[str, Any]) -> None:
    """Create a model from another one.

    Raises:
        ModelError: The server refused, or ended without saying that it is done.
    """
    status = ""
    async with aclosing(objects(http, "/api/create", payload, _DISK)) as lines:
        async for line in lines:
            status = str(line.get("status") or "")
    if status != "success":
        raise broken(where_of(http))


async def pull(
    name: str, settings: ModelSettings, *, pause: float = 1.0
) -> AsyncIterator[PullProgress]:
    """Fetch a model and tell how far it is; a pull that breaks off is taken up again.

    The server keeps what it has, so a new request goes on where the last one stopped. Five
    breaks in a row that bring nothing new end it.

    Args:
        name: The model's name in Ollama's library.
        settings: Where the server is.
        pause: Seconds to wait before the first resumption; each further wait is longer by as much.

    Raises:
        ModelMissing: The library has no such model.
        ModelError: The server is down, its disk is full, or the pull broke off too often.
    """
    have: dict[str, int] = {}
    breaks = 0
    async with connection(settings) as http:
        while True:
            before = sum(have.values())
            try:
                async for progress in _pull_once(http, name, have):
                    yield progress
                return
            except ModelError as error:
                breaks = 1 if sum(have.values()) > before else breaks + 1
                worth = error.transient or isinstance(error, ServerDown)
                if not (have and worth) or breaks > _RESUMES:
                    raise
            yield PullProgress("the pull broke off; going on where it stopped")
            await asyncio.sleep(pause * breaks)


async def _pull_once(
    http: httpx.AsyncClient, name: str, have: dict[str, int]
) -> AsyncIterator[PullProgress]:
    status = ""
    payload = {"model": name, "stream": True}
    try:
        async with aclosing(objects(http, "/api/pull", payload, _DISK)) as lines:
            async for line in lines:
                status = str(line.get("status") or "")
                done, total = int(line.get("completed") or 0), int(line.get("total") or 0)
                if total:
                    layer = str(line.get("digest") or status)
                    have[layer] = max(done, have.get(layer, 0))
                yield PullProgress(status, done, total)
    except ServerFault as error:
        raise _pull_fault(error, name) from None
    if status != "success":
        raise broken(where_of(http))


def _pull_fault(error: ServerFault, name: str) -> ModelError:
    low = error.message.lower()
    if "file does not exist" in low or "invalid model name" in low:
        return ModelMissing(
            f"Ollama's library has no model '{name}'.",
            "Look for the right name on ollama.com/library, for example llama3.1:8b.",
        )
    if "no space left" in low:
        return ServerFault(
            f"The disk of the Ollama server is full: '{name}' does not fit.",
            "Free some space (`ollama rm NAME` removes a model) and pull again; what is there "
            "already is kept.",
        )
    if "newer version of ollama" in low:
        return ServerFault(f"'{name}' needs a newer Ollama than this server.", "Update Ollama.")
    if "pull model manifest" in low:
        return ServerFault(
            f"Ollama cannot reach its library: {error.message}",
            "Check the network of the machine that Ollama runs on.",
        )
    return error


async def embed(texts: Sequence[str], settings: ModelSettings) -> list[list[float]]:
    """Return one vector for each text, from the embedding model of the settings alone.

    Raises:
        ModelMissing: The embedding model is not there; the hint says how to fetch it.
        ModelUnfit: It makes no embeddings.
        ContextTooLong: A text is longer than the model reads.
    """
    name = settings.ollama.embedding_model
    vectors: list[list[float]] = []
    async with connection(settings) as http:
        for start in range(0, len(texts), _EMBED_BATCH):
            batch = list(texts[start : start + _EMBED_BATCH])
            payload = {
                "model": name,
                "input": batch,
                "truncate": False,
                "keep_alive": keep_alive(settings),
            }
            seconds = settings.timeouts.first_byte
            found = await ask(http, "POST", "/api/embed", payload, seconds=seconds)
            part = found.get("embeddings")
            if not isinstance(part, list) or len(part) != len(batch):
                raise garbled(where_of(http), json.dumps(found))
            vectors += part
    return vectors


def _from_tag(item: dict[str, Any]) -> OllamaEntry:
    details = item.get("details") or {}
    return OllamaEntry(
        name=str(item.get("name") or item.get("model") or ""),
        size=int(item.get("size") or 0),
        digest=str(item.get("digest") or ""),
        family=str(details.get("family") or ""),
        parameters=str(details.get("parameter_size") or ""),
    )


def _guess_capabilities(family: str, template: str) -> list[str]:
    """Read the capabilities off a server that is too old to list them."""
    if "bert" in family:
        return ["embedding"]
    return ["completion", "tools"] if ".Tools" in template else ["completion"]
