"""Check the model that the settings name, without loading it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import ArrieroError
from ui.doctor import Check, existing
from ui.progress import size

if TYPE_CHECKING:
    from agent.models.ollama_admin import OllamaEntry
    from agent.models.settings import ModelSettings
    from agent.settings import Settings


async def check_model(settings: Settings) -> list[Check]:
    """Check the model server or the weights, whichever the spec needs."""
    from agent.models.open import parse_spec

    try:
        spec = parse_spec(settings.model)
        if spec.kind == "auto":
            return await _auto(settings.models)
        if spec.kind == "ollama":
            return await _ollama(spec.name, settings.models)
        if spec.kind == "llamacpp":
            return [_weights(spec.name, settings.models)]
        return [await _opened(settings)]
    except ArrieroError as error:
        return [_failed("model", error)]


def _failed(name: str, error: ArrieroError) -> Check:
    return Check(name, "problem", error.message, error.hint)


async def _auto(settings: ModelSettings) -> list[Check]:
    """Check what `auto` would take."""
    from agent.models.ollama import host_of, is_up
    from agent.models.open import DEFAULT_EMBEDDED, choose_ollama

    if await is_up(settings) is None:
        found = f"none answers at {host_of(settings)}; the embedded model is used instead"
        return [Check("ollama", "note", found), _weights(DEFAULT_EMBEDDED, settings)]
    chosen = await choose_ollama(settings)
    if chosen is None:
        found = "it answers but holds no chat model; the embedded model is used instead"
        mend = "arriero pull llama3.1:8b"
        return [Check("ollama", "note", found, mend), _weights(DEFAULT_EMBEDDED, settings)]
    return await _ollama(chosen[0], settings)


async def _ollama(name: str, settings: ModelSettings) -> list[Check]:
    from agent.models.ollama import host_of, is_up, list_models
    from agent.models.ollama_admin import full_name

    where = host_of(settings)
    version = await is_up(settings)
    if version is None:
        mend = "ollama serve; or choose the embedded model: --model llamacpp:qwen2.5-coder-1.5b"
        return [Check("ollama", "problem", f"no server answers at {where}", mend)]
    server = Check("ollama", "ok", f"version {version} answers at {where}")
    held = {entry.name: entry for entry in await list_models(settings, derived=True)}
    entry = held.get(full_name(name))
    if entry is None:
        there = ", ".join(sorted(held)) or "nothing"
        missing = f"{name} is not there; the server holds {there}"
        return [server, Check("model", "problem", missing, f"arriero pull {name}")]
    return [server, _capable(entry), _template(entry, held, settings)]


def _capable(entry: OllamaEntry) -> Check:
    told = ", ".join(entry.capabilities)
    if "completion" not in entry.capabilities:
        found = f"{entry.name} cannot chat (its capabilities: {told})"
        return Check("model", "problem", found, "arriero pull llama3.1:8b")
    if "tools" not in entry.capabilities:
        found = f"{entry.name} has no tool calls of its own; tools are described in the prompt"
        return Check("model", "note", found)
    return Check("model", "ok", f"{entry.name}, {size(entry.size)}, capabilities: {told}")


def _template(entry: OllamaEntry, held: dict[str, OllamaEntry], settings: ModelSettings) -> Check:
    """Check the model that is derived for its template."""
    from agent.models.ollama_admin import full_name
    from agent.models.ollama_template import derived_name, is_current, is_stock_llama3

    if not settings.ollama.derive:
        return Check("template", "note", "the model's own (models.ollama.derive is off)")
    if not is_stock_llama3(entry.family, entry.template):
        return Check("template", "ok", "the model's own")
    derived = held.get(full_name(derived_name(entry.name)))
    if derived is None:
        name = derived_name(entry.name)
        return Check("template", "ok", f"{name} is derived at first use, and costs no disk")
    if is_current(derived.template, entry.digest):
        return Check("template", "ok", f"{derived.name} keeps tools in sight at every step")
    return Check("template", "ok", f"{derived.name} is out of date and made anew at next use")


def _weights(name: str, settings: ModelSettings) -> Check:
    """Check a GGUF file of the catalogue, or one that is named by its path."""
    from agent.models.catalogue import find
    from agent.models.gguf import verified_gguf
    from agent.models.weights import is_ready, path_of

    entry = find(name)
    if entry is None:
        path = verified_gguf(Path(name).expanduser())
        return Check("weights", "ok", f"{path}, {size(path.stat().st_size)}")
    path = path_of(entry, settings)
    if is_ready(entry, settings):
        return Check("weights", "ok", f"{path}, {size(entry.size)}, its checksum was verified")
    fetch = f"arriero pull llamacpp:{entry.name}"
    if path.exists():
        found = f"{path} has no checksum yet, or was changed since; it is verified at next use"
        return Check("weights", "note", found, fetch)
    free = shutil.disk_usage(existing(path.parent)).free
    if free < entry.size:
        found = f"{entry.name} needs {size(entry.size)}, and {path.parent} has {size(free)} free"
        mend = "Free some space, or set models.llamacpp.weights_dir to a folder on another disk."
        return Check("weights", "problem", found, mend)
    found = f"{entry.name} ({size(entry.size)}) is fetched at first use into {path.parent}"
    return Check("weights", "note", found, fetch)


async def _opened(settings: Settings) -> Check:
    """Check any other model by opening it, which loads nothing here."""
    from agent.models.open import open_model

    model = await open_model(settings.model, settings.models)
    await model.aclose()
    info = model.info
    calls = "its own tool calls" if info.tools else "no tool calls of its own"
    return Check("model", "ok", f"{info.spec}, {info.context:,} tokens, {calls}")
