"""Open the model that a spec string names."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from agent.errors import ModelError, UsageError
from agent.models.base import ChatModel, Chunk, Message, ModelInfo, ModelRequest, Watched
from agent.models.settings import ModelSettings
from tools.spec import ToolSpec

if TYPE_CHECKING:
    from agent.models.ollama_admin import OllamaEntry

Progress = Callable[[int, int, str], None]
"""Told of a download: bytes that are there, bytes in all, and what is being fetched."""

DEFAULT_EMBEDDED = "qwen2.5-coder-1.5b"
PREFERRED = (3.1, 8.0)
"""Version and billions of parameters of the Llama that `auto` takes before any other."""
EXAMPLES = (
    "ollama:llama3.1:8b, llamacpp:qwen2.5-coder-1.5b, llamacpp:/path/to/model.gguf, "
    "openai:NAME@http://127.0.0.1:8080/v1, anthropic:NAME, or auto"
)


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec string, taken apart.

    Args:
        kind: `auto`, `ollama`, `llamacpp`, `openai`, `scripted`, or a provider of langchain.
        name: The model's name or path; empty for `auto`.
        url: The server's address; only with `openai`.
    """

    kind: str
    name: str = ""
    url: str = ""


def parse_spec(spec: str) -> Spec:
    """Take a spec string apart.

    Raises:
        UsageError: It has none of the known forms.
    """
    text = spec.strip()
    if text.lower() == "auto":
        return Spec("auto")
    kind, _, name = (part.strip() for part in text.partition(":"))
    kind, url = kind.lower(), ""
    if kind == "openai" and "@http" in name:
        name, _, rest = name.partition("@http")
        url = "http" + rest
    if not kind or not name.strip():
        raise UsageError(f"'{spec}' does not name a model.", f"Write one of {EXAMPLES}.")
    return Spec(kind, name.strip(), url)


async def open_model(
    spec: str, settings: ModelSettings, *, progress: Progress | None = None
) -> ChatModel:
    """Open the model that `spec` names; its weights are fetched first where they must be.

    Args:
        spec: `auto`, `ollama:NAME`, `llamacpp:NAME-or-PATH`, `openai:NAME@URL`, `scripted:PATH`
            or `PROVIDER:NAME`.
        settings: What all back ends share.
        progress: Told of downloads.

    Raises:
        UsageError: The spec is wrong.
        ModelError: The server is down, or does not hold the model.
        WeightsError: The weights cannot be had.
        MissingExtra: A package for the provider is not installed.
    """
    found = parse_spec(spec)
    if found.kind == "auto":
        return await _auto(settings, progress)
    if found.kind == "ollama":
        from agent.models.ollama import open_ollama

        return await open_ollama(found.name, settings)
    if found.kind == "llamacpp":
        from agent.models.embedded import open_embedded

        return await open_embedded(found.name, settings, progress)
    if found.kind == "openai":
        from agent.models.openai import open_openai

        return await open_openai(found.name, found.url, settings)
    if found.kind == "scripted":
        from agent.models.script_file import load

        return load(found.name)
    from agent.models.langchain import open_provider

    return await open_provider(found.kind, found.name, settings)


def as_chat_model(model: Any) -> ChatModel:
    """Return `model` itself if it is one of ours, or an adapter around a langchain chat model.

    Raises:
        UsageError: It is neither.
    """
    if isinstance(model, ChatModel):
        return model
    from langchain_core.language_models import BaseChatModel

    if isinstance(model, BaseChatModel):
        from agent.models.langchain import LangChainModel

        return LangChainModel(model)
    raise UsageError(
        f"{type(model).__name__} is no chat model.",
        "Pass a langchain chat model, or an object that has the methods of ChatModel.",
    )


class Noted:
    """A model with lines for the user added to what it says of itself.

    Args:
        inner: The model.
        notes: Lines to put in front of its own.
    """

    def __init__(self, inner: ChatModel, *notes: str) -> None:
        self._inner = inner
        self._info = replace(inner.info, notes=(*notes, *inner.info.notes))

    @property
    def info(self) -> ModelInfo:
        """Describe the model."""
        return self._info

    def stream(self, request: ModelRequest) -> AsyncGenerator[Chunk, None]:
        """Generate a reply with the model behind."""
        return self._inner.stream(request)

    async def count_tokens(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> int | None:
        """Count with the model behind."""
        return await self._inner.count_tokens(messages, tools)

    async def changed(self) -> str | None:
        """Ask the model behind, if it can tell."""
        return await self._inner.changed() if isinstance(self._inner, Watched) else None

    async def aclose(self) -> None:
        """Close the model behind."""
        await self._inner.aclose()


async def _auto(settings: ModelSettings, progress: Progress | None) -> ChatModel:
    from agent.models.ollama import is_up

    if await is_up(settings) is None:
        return await _embedded(settings, progress, "no Ollama answers")
    chosen = await choose_ollama(settings)
    if chosen is None:
        return await _embedded(settings, progress, "Ollama answers but holds no chat model")
    from agent.models.ollama import open_ollama

    name, why = chosen
    return Noted(await open_ollama(name, settings), f"auto: ollama:{name}, because {why}.")


async def _embedded(settings: ModelSettings, progress: Progress | None, why: str) -> ChatModel:
    from agent.models.embedded import open_embedded

    model = await open_embedded(DEFAULT_EMBEDDED, settings, progress)
    return Noted(model, f"auto: llamacpp:{DEFAULT_EMBEDDED} inside this process, because {why}.")


async def choose_ollama(settings: ModelSettings) -> tuple[str, str] | None:
    """Choose among what Ollama holds as `auto` does.

    Returns:
        The model's name and why it was taken, or None where nothing there can chat.
    """
    from agent.models.ollama import list_models

    try:
        entries = await list_models(settings)
    except ModelError:
        return None
    able = [entry for entry in entries if "completion" in entry.capabilities]
    ranks = {entry.name: rank for entry in able if (rank := _llama_rank(entry))}
    for name, rank in ranks.items():
        if rank == PREFERRED:
            return name, "Ollama holds it"
    if ranks:
        return max(ranks, key=lambda name: ranks[name]), "it is the best Llama that Ollama holds"
    tooled = [entry for entry in able if "tools" in entry.capabilities]
    if tooled:
        return tooled[0].name, "it is the first model in Ollama that uses tools"
    return None


def _llama_rank(entry: OllamaEntry) -> tuple[float, float] | None:
    """Return a Llama's version and billions of parameters, or None for any other model."""
    import re

    stem, _, tag = entry.name.rpartition("/")[2].lower().partition(":")
    version = re.match(r"llama-?(\d+(?:\.\d+)?)", stem)
    # llama3.2-vision does not run in today's Ollama.
    if not version or float(version.group(1)) < 3 or "vision" in stem:
        return None
    size = re.search(r"(\d+(?:\.\d+)?)b", f"{tag} {entry.parameters.lower()}")
    return float(version.group(1)), float(size.group(1)) if size else 0.0
