"""Show what a model is told of a tool, protocol by protocol."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from agent.errors import UsageError
from ui.session import Options
from ui.terminal import Terminal
from ui.tools import find, opened

if TYPE_CHECKING:
    from agent.settings import Settings
    from tools.spec import ToolSpec

PROTOCOLS = ("native", "prompted")


def show_schema(
    name: str, options: Options, terminal: Terminal, *, protocol: str | None, as_json: bool
) -> int:
    """Show what each protocol tells a model of a tool.

    Args:
        name: The tool.
        options: With a model in them, that model's protocol alone is shown, and its tokens counted.
        terminal: Where it is printed.
        protocol: The only protocol to show; None for all, or for the model's.
        as_json: Print one JSON object.

    Raises:
        UsageError: There is no such tool or protocol.
    """
    if protocol not in (None, *PROTOCOLS):
        raise UsageError(f"No tool is shown with {protocol}.", "Write native or prompted.")
    settings = options.settings()

    async def read() -> tuple[ToolSpec, dict[str, Any]]:
        async with opened(settings) as toolbox:
            spec = find(name, toolbox).spec
        told = _told(spec)
        return spec, await _counted(spec, settings, told) if options.model else told

    spec, told = asyncio.run(read())
    shown = [protocol] if protocol else [told["protocol"]] if "protocol" in told else PROTOCOLS
    if as_json:
        terminal.json(told)
        return 0
    about = "" if "protocol" in told else "about "
    for one in shown:
        if one not in PROTOCOLS:
            terminal.line("text: the model is told of no tools.")
            continue
        terminal.line(f"{one}: {about}{told['tokens'][one]} tokens\n")
        (_show_native if one == "native" else _show_prompted)(spec, told, terminal)
    return 0


def _told(spec: ToolSpec) -> dict[str, Any]:
    from agent.models.grammar import decision_grammar, decision_schema
    from agent.models.meter import estimate
    from agent.models.protocol import Native
    from tools.describe import describe

    (sent,) = Native().sent((spec,))
    function = {
        "name": sent.name,
        "description": sent.description,
        "parameters": dict(sent.parameters),
    }
    native = {"type": "function", "function": function}
    prompt = describe(spec)
    return {
        "native": native,
        "prompted": prompt,
        "grammar": decision_grammar((spec,)),
        "schema": decision_schema((spec,)),
        "tokens": {"native": estimate(json.dumps(native)), "prompted": estimate(prompt)},
    }


async def _counted(spec: ToolSpec, settings: Settings, told: dict[str, Any]) -> dict[str, Any]:
    """Add which protocol the model gets, and count with its tokenizer where that can be asked."""
    from agent.models.open import open_model
    from agent.models.protocol import Native
    from agent.models.table import protocol_for

    model = await open_model(settings.model, settings.models)
    try:
        plain = await model.count_tokens([{"role": "system", "content": ""}])
        prompted = await model.count_tokens([{"role": "system", "content": told["prompted"]}])
        native = None
        if model.info.tools:
            sent = Native().sent((spec,))
            native = await model.count_tokens([{"role": "system", "content": ""}], sent)
    finally:
        await model.aclose()
    tokens = dict(told["tokens"])
    for name, counted in (("native", native), ("prompted", prompted)):
        if counted is not None and plain is not None:
            tokens[name] = counted - plain
    protocol = protocol_for(model.info, settings.protocol).name
    return {**told, "tokens": tokens, "model": model.info.spec, "protocol": protocol}


def _show_native(spec: ToolSpec, told: dict[str, Any], terminal: Terminal) -> None:
    sent = told["native"]["function"]["name"]
    if sent != spec.name:
        terminal.line(f"Sent as {sent}, since function calling takes no {spec.name}.\n")
    terminal.line("What the server is sent:\n")
    terminal.line(json.dumps(told["native"], indent=2, ensure_ascii=False) + "\n")


def _show_prompted(spec: ToolSpec, told: dict[str, Any], terminal: Terminal) -> None:
    terminal.line("What stands in the prompt:\n")
    terminal.line(told["prompted"] + "\n")
    terminal.line("The grammar of a decision, were it the only tool:\n")
    terminal.line(told["grammar"].strip() + "\n")
    terminal.line("The same as JSON Schema, for servers that take no grammar:\n")
    terminal.line(json.dumps(told["schema"], ensure_ascii=False))
