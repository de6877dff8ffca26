"""The double's models: what it holds, what is loaded, prompts, tokens and the prefix cache."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

STOCK_31 = """\
{{- if or .System .Tools }}<|start_header_id|>system<|end_header_id|>
{{ .System }}<|eot_id|>{{ end }}
{{- range $i, $_ := .Messages }}{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}<|start_header_id|>user<|end_header_id|>
{{- if and $.Tools $last }} {{ range $.Tools }}{{ . }}{{ end }}{{ end }}
{{ .Content }}<|eot_id|>{{ else if eq .Role "tool" }}{{ .Content }}{{ end }}
{{- if .ToolCalls }}{{ range .ToolCalls }}{{ .Function.Name }}{{ end }}{{ end }}
{{- end }}"""
"""Enough of a stock template of Llama 3.1 to be known as one: tools in the last turn alone."""

STOCK_30 = """\
{{ if .System }}<|start_header_id|>system<|end_header_id|>
{{ .System }}<|eot_id|>{{ end }}<|start_header_id|>user<|end_header_id|>
{{ .Prompt }}<|eot_id|>{{ .Response }}<|eot_id|>"""

_RUNNER = ("num_ctx", "num_batch", "num_gpu", "num_thread", "use_mmap")
"""Options that reload the model when they change."""


@dataclass(slots=True)
class HeldModel:
    """A model that the double holds."""

    name: str
    capabilities: tuple[str, ...] = ("completion", "tools")
    template: str = STOCK_31
    context: int = 131072
    family: str = "llama"
    parameters: str = "8.0B"
    size: int = 4_900_000_000
    version: int = 1
    parent: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What identifies the model."""
        facts = repr((self.name, self.template, self.version, self.options))
        return hashlib.sha256(facts.encode()).hexdigest()

    @property
    def details(self) -> dict[str, Any]:
        """The details as several end points give them."""
        return {
            "parent_model": self.parent,
            "format": "gguf",
            "family": self.family,
            "families": [self.family],
            "parameter_size": self.parameters,
            "quantization_level": "Q4_K_M",
        }


def first_models() -> dict[str, HeldModel]:
    """Return what the double holds at the start: two Llamas and an embedding model."""
    models = [
        HeldModel("llama3.1:8b"),
        HeldModel("llama3:8b", ("completion",), STOCK_30, context=8192),
        HeldModel(
            "nomic-embed-text:latest",
            ("embedding",),
            "{{ .Prompt }}",
            context=2048,
            family="nomic-bert",
            parameters="137M",
            size=274_000_000,
        ),
    ]
    return {model.name: model for model in models}


@dataclass(slots=True)
class Runner:
    """A loaded model with the token prefixes that its slots hold."""

    key: tuple[Any, ...]
    context: int
    shift: bool
    keep_alive: Any
    slots: list[list[str]]


class World:
    """All state that outlives a request."""

    def __init__(self, num_parallel: int) -> None:
        self.num_parallel = num_parallel
        self.models = first_models()
        self.library = {"llama3.2:3b": HeldModel("llama3.2:3b", parameters="3.2B", size=2_000_000)}
        self.partial: dict[str, int] = {}
        self.loaded: dict[str, Runner] = {}
        self.loads = 0
        self.reloads = 0

    def find(self, name: str) -> HeldModel | None:
        """Return the model of a name, with or without its tag."""
        return self.models.get(name) or self.models.get(f"{name}:latest")

    def derive(self, name: str, base: HeldModel, template: str, options: dict[str, Any]) -> None:
        """Make a model from another one; a template that mentions tools gives the capability."""
        words = [word for word in base.capabilities if word != "tools"]
        if ".Tools" in template:
            words.append("tools")
        name = name if ":" in name else f"{name}:latest"
        self.models[name] = replace(
            base,
            name=name,
            capabilities=tuple(words),
            template=template,
            parent=base.name,
            options={**base.options, **options},
        )

    def load(self, model: HeldModel, body: dict[str, Any], default_context: int) -> bool:
        """Load a model as a request wants it; True when that took a (re)load."""
        options = {**model.options, **(body.get("options") or {})}
        shift = body.get("shift") is not False
        context = min(options.get("num_ctx", default_context), model.context)
        key = (model.digest, shift, *(options.get(name) for name in _RUNNER))
        old = self.loaded.get(model.name)
        if old and old.key == key:
            if "keep_alive" in body:
                old.keep_alive = body["keep_alive"]
            return False
        self.loads += 1
        self.reloads += old is not None
        slots: list[list[str]] = [[] for _ in range(self.num_parallel)]
        keep = body.get("keep_alive", "5m")
        self.loaded[model.name] = Runner(key, context, shift, keep, slots)
        return True


def tokens(text: str) -> list[str]:
    """Split a text into tokens, always the same way; closing braces stay together, as in Llama."""
    return re.findall(r"\w{1,5}|\}+|\W", text)


def shared(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the common prefix."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def render(
    template: str, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]
) -> tuple[str, tuple[str, ...]]:
    """Render a prompt the way the template would, and name the tools that it shows.

    Three kinds of template are told apart: no tools, tools in front of the last message if it is
    the user's (stock), tools in the system block (any other that mentions them). System messages
    are gathered at the top, and messages of one role in a row joined, as the server does it.
    """
    shown = "\n".join(json.dumps(tool, sort_keys=True) for tool in tools)
    names = tuple(tool["function"]["name"] for tool in tools)
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    turns = _collate([m for m in messages if m["role"] != "system"])
    late = re.search(r"\.Tools\s+\$last", template) is not None
    early = ".Tools" in template and not late
    if early and shown:
        system = f"{system}\n\n{shown}"
    parts = [f"<system>{system}</system>"] if system else []
    visible = early
    for index, turn in enumerate(turns):
        text = turn["content"]
        if late and shown and index == len(turns) - 1 and turn["role"] == "user":
            text, visible = f"{shown}\n{text}", True
        calls = "\n".join(map(_as_text, turn.get("tool_calls") or ()))
        text = "\n".join(filter(None, (text, calls)))
        closing = "" if index == len(turns) - 1 and turn["role"] == "assistant" else "</>"
        parts.append(f"<{turn['role']}>{text}{closing}")
    if not turns or turns[-1]["role"] != "assistant":
        parts.append("<assistant>")
    return "".join(parts), names if visible else ()


def call_text(name: str, arguments: Any) -> str:
    """Return a call as the model writes it."""
    return json.dumps({"name": name, "parameters": arguments})


def balanced(template: str) -> bool:
    """Tell whether every block of a Go template is closed."""
    depth = 0
    for action in re.findall(r"\{\{-?\s*(.*?)\s*-?\}\}", template, re.DOTALL):
        word = action.split(" ")[0]
        if word in ("if", "range", "with", "define", "block"):
            depth += 1
        elif word == "end":
            depth -= 1
        if depth < 0:
            return False
    return depth == 0


def vector(text: str) -> list[float]:
    """Return an embedding of length 1 that depends on the text alone."""
    raw = [byte - 127.5 for byte in hashlib.sha256(text.encode()).digest()[:8]]
    length = sum(value * value for value in raw) ** 0.5
    return [value / length for value in raw]


def _collate(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"] != "tool":
            turns[-1] = {**turns[-1], "content": f"{turns[-1]['content']}\n\n{message['content']}"}
        else:
            turns.append(message)
    return turns


def _as_text(call: dict[str, Any]) -> str:
    return call_text(call["function"]["name"], call["function"]["arguments"])
