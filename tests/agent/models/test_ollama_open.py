"""Opening a model: what is read of it, and the model that is derived."""

import re

import pytest

from agent.models.ollama_template import is_stock_llama3, template_for
from tests.doubles.fixtures import OpenModel
from tests.doubles.ollama import OllamaDouble
from tests.doubles.ollama_world import STOCK_30, STOCK_31, balanced
from tests.doubles.talk import ADD, gather, user

KNOWN_TO_OLLAMA = {
    "System",
    "Tools",
    "Messages",
    "Role",
    "Content",
    "ToolCalls",
    "Function",
    "Name",
    "Arguments",
}


def creations(double: OllamaDouble) -> list[dict[str, object]]:
    return [one.body for one in double.journal if one.path == "/api/create"]


async def test_info_of_a_stock_llama(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    info = (await open_quick(context=6000)).info
    assert (info.spec, info.backend) == ("ollama:llama3.1:8b", "ollama")
    assert (info.name, info.identity) == ("arriero-llama3.1:8b", "llama3.1:8b")
    assert (info.context, info.tools, info.schema, info.grammar) == (6000, True, True, False)
    assert info.notes == ("Derived 'arriero-llama3.1:8b' from 'llama3.1:8b'; it costs no disk.",)


async def test_derived_model_is_made_once(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    await open_quick()
    again = await open_quick()
    assert again.info.name == "arriero-llama3.1:8b"
    assert again.info.notes == ()
    (made,) = creations(ollama_double)
    assert made["from"] == "llama3.1:8b"
    assert made["parameters"] == {"num_ctx": 8192}


async def test_derived_model_is_made_anew_for_a_new_base(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    await open_quick()
    ollama_double.world.models["llama3.1:8b"].version += 1
    await open_quick()
    first, second = creations(ollama_double)
    assert first["template"] != second["template"]


async def test_derived_model_is_made_anew_for_a_new_template(
    ollama_double: OllamaDouble, open_quick: OpenModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_quick()
    monkeypatch.setattr("agent.models.ollama_template.TEMPLATE_VERSION", 99)
    await open_quick()
    assert len(creations(ollama_double)) == 2


async def test_deriving_can_be_switched_off(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    model = await open_quick(derive=False)
    assert model.info.name == "llama3.1:8b"
    assert creations(ollama_double) == []


async def test_refused_derivation_is_told_and_the_base_used(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.refuse_create = "disk is read-only"
    model = await open_quick()
    assert model.info.name == "llama3.1:8b"
    (note,) = model.info.notes
    assert "disk is read-only" in note
    ollama_double.reply("Hello.")
    assert (await gather(model))[0] == "Hello."


async def test_old_llama_gains_tools(ollama_double: OllamaDouble, open_quick: OpenModel) -> None:
    model = await open_quick("llama3:8b")
    assert model.info.tools
    assert model.info.context == 8192
    ollama_double.reply(calls=[("add", {"a": 1, "b": 2})])
    _, calls, _ = await gather(model, tools=(ADD,))
    assert calls[0].arguments == {"a": 1, "b": 2}


async def test_template_of_ones_own_is_left_alone(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    mine = "<|start_header_id|>{{ range .Messages }}{{ .Content }}{{ end }}{{ .Tools }}"
    ollama_double.add("mine:latest", template=mine)
    model = await open_quick("mine")
    assert model.info.name == "mine"
    assert creations(ollama_double) == []


async def test_model_that_reads_less_than_the_setting(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.add("small:1b", context=2048, family="gemma", template="{{ .Prompt }}")
    model = await open_quick("small:1b")
    assert model.info.context == 2048
    assert "reads 2048 tokens, fewer than the 8192 set" in model.info.notes[0]


async def test_thinking_model_is_told_not_to_think_aloud(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.add("deep:8b", capabilities=("completion", "thinking"), family="qwen3")
    ollama_double.reply("Yes.", thinking="Hmm, let me see.")
    text, _, _ = await gather(await open_quick("deep:8b"))
    assert text == "Yes."
    assert ollama_double.chats[-1].body["think"] is False


@pytest.mark.parametrize(
    ("name", "parameters", "identity"),
    [
        ("llama3.1", "8.0B", "llama3.1:8b"),
        ("llama3.2:latest", "3.2B", "llama3.2:3b"),
        ("llama3.3:70b-instruct-q4_K_M", "70.6B", "llama3.3:70b"),
        ("qwen2.5-coder:1.5b", "1.5B", "qwen2.5-coder-1.5b"),
        ("qwen2.5-coder:1.5b-instruct-q8_0", "1.5B", "qwen2.5-coder-1.5b"),
        ("hf.co/someone/Llama-3.2-1B-Instruct-GGUF:Q4_K_M", "1.24B", "llama-3.2-1b"),
        ("mistral", "7.0B", "mistral-7b"),
    ],
)
async def test_identity_names_the_weights(
    ollama_double: OllamaDouble,
    open_quick: OpenModel,
    name: str,
    parameters: str,
    identity: str,
) -> None:
    full = name if ":" in name else f"{name}:latest"
    ollama_double.add(full, parameters=parameters, template="{{ .Prompt }}")
    assert (await open_quick(name)).info.identity == identity


async def test_tools_stay_visible_after_a_result_with_the_derived_model_alone(
    ollama_double: OllamaDouble, open_quick: OpenModel
) -> None:
    ollama_double.reply(calls=[("add", {"a": 2, "b": 3})], times=None)
    turn = [
        user("2+3, then add 4"),
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "name": "add", "arguments": {"a": 2, "b": 3}}],
        },
        {"role": "tool", "content": "5", "name": "add", "tool_call_id": "c1"},
    ]
    _, stock, _ = await gather(await open_quick(derive=False), *turn, tools=(ADD,))
    _, ours, _ = await gather(await open_quick(), *turn, tools=(ADD,))
    assert stock == []
    assert [call.name for call in ours] == ["add"]


def test_stock_templates_are_known() -> None:
    assert is_stock_llama3("llama", STOCK_31)
    assert is_stock_llama3("llama", STOCK_30)
    assert not is_stock_llama3("qwen2", STOCK_31)
    assert not is_stock_llama3("llama", template_for("sha256:1"))
    assert not is_stock_llama3("llama", "[INST] {{ .Prompt }} [/INST]")


def test_template_is_balanced_and_names_only_what_ollama_knows() -> None:
    template = template_for("sha256:1")
    assert balanced(template)
    assert not balanced(template.replace("{{- end }}", "", 1))
    actions = " ".join(re.findall(r"\{\{(.*?)\}\}", template, re.DOTALL))
    assert set(re.findall(r"\.([A-Z]\w*)", actions)) == KNOWN_TO_OLLAMA
    declared = set(re.findall(r"(\$\w+)(?=[^|=]*:=)", actions))
    assert set(re.findall(r"\$\w+", actions)) <= declared


def test_template_shows_the_functions_once_and_only_in_the_system_block() -> None:
    template = template_for("sha256:1")
    system, _, conversation = template.partition("{{- range $i")
    assert system.count("range .Tools") == 1
    assert ".Tools" not in conversation
    assert template.count("ipython<|end_header_id|>") == 1
    assert "user<|end_header_id|>\n\n{{ .Content }}<|eot_id|>" in conversation
