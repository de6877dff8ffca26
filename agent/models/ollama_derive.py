"""The model that arriero derives for itself from a Llama 3, with its own template."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import httpx

from agent.errors import ModelError
from agent.models.ollama_admin import OllamaEntry, create, full_name, show
from agent.models.ollama_template import (
    derived_name,
    is_current,
    is_derived,
    is_stock_llama3,
    template_for,
)
from agent.models.settings import ModelSettings


async def derive(
    http: httpx.AsyncClient,
    entry: OllamaEntry,
    base: OllamaEntry,
    context: int,
    settings: ModelSettings,
) -> tuple[OllamaEntry, str]:
    """Return the model to use, made anew where that is due, and a line for the user.

    Args:
        http: The client.
        entry: The base as `/api/show` describes it.
        base: The base as the server lists it, for its digest.
        context: The window that the derived model is given.
        settings: Whether to derive at all.
    """
    if not settings.ollama.derive or is_derived(entry.name):
        return entry, ""
    if not is_stock_llama3(entry.family, entry.template):
        return entry, ""
    name = derived_name(entry.name)
    with suppress(ModelError):
        known = await show(http, name)
        if is_current(known.template, base.digest):
            return known, ""
    payload = {
        "model": name,
        "from": entry.name,
        "template": template_for(base.digest),
        "parameters": {"num_ctx": context},
        "stream": True,
    }
    try:
        await create(http, payload)
        return await show(http, name), f"Derived '{name}' from '{entry.name}'; it costs no disk."
    except ModelError as error:
        return entry, (
            f"'{name}' could not be derived ({error.message}); going on with '{entry.name}', "
            "which sees its tools only right after your own messages."
        )


def listed(name: str, present: Mapping[str, OllamaEntry]) -> OllamaEntry:
    """Return the entry of the server's list that a name stands for."""
    return present.get(name) or present.get(full_name(name)) or OllamaEntry(full_name(name))
