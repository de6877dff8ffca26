"""Spec strings, and what `auto` chooses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from agent.errors import ServerDown, UsageError
from agent.models import embedded, ollama
from agent.models import open as opening
from agent.models.base import ChatModel, EndChunk, ModelRequest
from agent.models.langchain import LangChainModel
from agent.models.ollama_admin import OllamaEntry
from agent.models.open import Noted, Spec, as_chat_model, open_model, parse_spec
from agent.models.scripted import ScriptedModel, say
from agent.models.settings import ModelSettings

CHAT = ("completion",)
TOOLS = ("completion", "tools")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("auto", Spec("auto")),
        (" Auto ", Spec("auto")),
        ("ollama:llama3.1:8b", Spec("ollama", "llama3.1:8b")),
        ("llamacpp:/a b/m.gguf", Spec("llamacpp", "/a b/m.gguf")),
        (r"llamacpp:C:\m.gguf", Spec("llamacpp", r"C:\m.gguf")),
        ("openai:m@http://h:1/v1", Spec("openai", "m", "http://h:1/v1")),
        ("openai:@cf/meta/m@https://h/v1", Spec("openai", "@cf/meta/m", "https://h/v1")),
        ("openai:gpt-4o", Spec("openai", "gpt-4o")),
        ("Anthropic:claude", Spec("anthropic", "claude")),
        ("scripted:steps.json", Spec("scripted", "steps.json")),
    ],
)
def test_specs_are_taken_apart(spec: str, expected: Spec) -> None:
    assert parse_spec(spec) == expected


@pytest.mark.parametrize("spec", ["", "llama3.1", ":x", "ollama:", "openai:@http://h/v1"])
def test_a_wrong_spec_is_answered_with_examples(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_spec(spec)
    assert "ollama:llama3.1:8b" in caught.value.hint


async def test_a_script_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "steps.json"
    path.write_text(json.dumps([{"text": "Hello."}]))
    model = await open_model(f"scripted:{path}", ModelSettings())
    chunks = [chunk async for chunk in model.stream(ModelRequest([]))]
    assert isinstance(chunks[-1], EndChunk)
    assert model.info.spec == f"scripted:{path}"


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("openai:m@http://127.0.0.1:9/v1", ServerDown),
        ("openai:m@http://", UsageError),
        ("llamacpp:llama-900b", UsageError),
        ("oracle:x", UsageError),
    ],
)
async def test_specs_reach_their_back_end(spec: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await open_model(spec, ModelSettings())


def entry(name: str, capabilities: tuple[str, ...] = TOOLS, parameters: str = "") -> OllamaEntry:
    return OllamaEntry(name=name, capabilities=capabilities, parameters=parameters)


@pytest.mark.parametrize(
    ("held", "chosen"),
    [
        ([entry("llama3.3:70b"), entry("llama3.1:8b"), entry("qwen3:8b")], "llama3.1:8b"),
        ([entry("llama3.3:70b"), entry("llama3.1:latest", TOOLS, "8.0B")], "llama3.1:latest"),
        ([entry("llama3.1:70b"), entry("llama3.2:1b"), entry("llama3.2:3b")], "llama3.2:3b"),
        ([entry("llama3:8b", CHAT), entry("qwen3:8b")], "llama3:8b"),
        ([entry("llama3.2-vision:11b", CHAT), entry("qwen3:8b")], "qwen3:8b"),
        ([entry("llama2:7b", CHAT), entry("gemma:2b", CHAT), entry("qwen3:8b")], "qwen3:8b"),
        ([entry("gemma:2b", CHAT), entry("all-minilm", ("embedding",))], None),
        ([], None),
    ],
)
async def test_auto_prefers_llama_3_1_8b_then_the_best_llama_then_any_with_tools(
    monkeypatch: pytest.MonkeyPatch, held: list[OllamaEntry], chosen: str | None
) -> None:
    async def list_models(settings: ModelSettings) -> list[OllamaEntry]:
        return held

    monkeypatch.setattr(ollama, "list_models", list_models)
    found = await opening.choose_ollama(ModelSettings())
    assert (found[0] if found else None) == chosen


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is opened instead of opening it."""
    seen: list[str] = []

    async def open_ollama(name: str, settings: ModelSettings) -> ChatModel:
        seen.append(f"ollama:{name}")
        return ScriptedModel([say("Hi")])

    async def open_embedded(name: str, settings: ModelSettings, progress: Any) -> ChatModel:
        seen.append(f"llamacpp:{name}")
        return ScriptedModel([say("Hi")])

    monkeypatch.setattr(ollama, "open_ollama", open_ollama)
    monkeypatch.setattr(embedded, "open_embedded", open_embedded)
    return seen


@pytest.mark.parametrize(
    ("version", "held", "spec", "why"),
    [
        ("0.33", [entry("llama3.1:8b")], "ollama:llama3.1:8b", "Ollama holds it"),
        ("0.33", [], "llamacpp:qwen2.5-coder-1.5b", "holds no chat model"),
        (None, [], "llamacpp:qwen2.5-coder-1.5b", "no Ollama answers"),
    ],
)
async def test_auto_says_what_it_took_and_why(
    monkeypatch: pytest.MonkeyPatch,
    opened: list[str],
    version: str | None,
    held: list[OllamaEntry],
    spec: str,
    why: str,
) -> None:
    async def is_up(settings: ModelSettings) -> str | None:
        return version

    async def list_models(settings: ModelSettings) -> list[OllamaEntry]:
        return held

    monkeypatch.setattr(ollama, "is_up", is_up)
    monkeypatch.setattr(ollama, "list_models", list_models)
    model = await open_model("auto", ModelSettings())
    assert opened == [spec]
    [note] = model.info.notes
    assert spec in note
    assert why in note
    assert isinstance(model, ChatModel)


async def test_a_noted_model_is_the_model_behind_it() -> None:
    inner = ScriptedModel([say("Hi")])
    model = Noted(inner, "why")
    assert model.info.notes == ("why",)
    assert [chunk async for chunk in model.stream(ModelRequest([]))]
    assert await model.count_tokens([{"role": "user", "content": "x" * 40}])
    await model.aclose()
    assert inner.closed


def test_models_of_langchain_are_wrapped_and_ours_are_not() -> None:
    ours = ScriptedModel([])
    assert as_chat_model(ours) is ours
    assert isinstance(as_chat_model(FakeListChatModel(responses=["x"])), LangChainModel)
    with pytest.raises(UsageError, match="str is no chat model"):
        as_chat_model("ollama:llama3.1")
