"""The double of Ollama behaves like the server that it stands in for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from agent.models.ollama_template import template_for
from tests.conformance.ollama_clients import as_functions
from tests.doubles.ollama import OllamaDouble
from tests.doubles.ollama_calls import read_calls
from tests.doubles.ollama_world import tokens
from tests.doubles.talk import ADD

TOOLS = as_functions([ADD])
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
def http(ollama_double: OllamaDouble) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=ollama_double.url, timeout=5, trust_env=False) as client:
        yield client


def chat(http: httpx.Client, **body: Any) -> httpx.Response:
    return http.post("/api/chat", json={"model": "llama3.1:8b", "stream": False, **body})


def refused(http: httpx.Client, **body: Any) -> tuple[int, str]:
    answer = chat(http, **body)
    return answer.status_code, answer.json()["error"]


def test_checks_come_in_the_servers_order(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    wrong = {"think": True, "tools": TOOLS, "options": {"num_ctx": "many"}, "messages": HI}
    empty = http.post("/api/chat", content=b"")
    assert (empty.status_code, empty.json()["error"]) == (400, "missing request body")
    assert refused(http, **{**wrong, "model": ""}) == (400, "model is required")
    assert refused(http, **{**wrong, "model": "x"}) == (404, "model 'x' not found")
    name = "nomic-embed-text"
    assert refused(http, **{**wrong, "model": name}) == (
        400,
        f'"{name}" does not support thinking',
    )
    del wrong["think"]
    assert refused(http, **{**wrong, "model": "llama3:8b"}) == (
        400,
        "registry.ollama.ai/library/llama3:8b does not support tools",
    )
    del wrong["tools"]
    assert refused(http, **{**wrong, "model": name}) == (400, f'"{name}" does not support chat')
    assert refused(http, **wrong) == (500, 'option "num_ctx" must be of type integer')


def test_no_messages_load_and_unload(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    assert chat(http, messages=[]).json()["done_reason"] == "load"
    (loaded,) = http.get("/api/ps").json()["models"]
    assert (loaded["name"], loaded["context_length"]) == ("llama3.1:8b", 4096)
    assert chat(http, messages=[], keep_alive=0).json()["done_reason"] == "unload"
    assert http.get("/api/ps").json() == {"models": []}


def test_lines_are_escaped_as_go_does_it(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    ollama_double.reply("<&>\u2028\u0085")
    raw = chat(http, messages=HI, stream=True)
    assert raw.headers["content-type"] == "application/x-ndjson"
    assert rb"\u003c" in raw.content
    assert rb"\u0026" in raw.content
    assert rb"\u2028" in raw.content
    assert "\u0085".encode() in raw.content
    lines = [json.loads(line) for line in raw.content.split(b"\n") if line]
    assert "".join(line["message"]["content"] for line in lines) == "<&>\u2028\u0085"
    assert lines[-1]["done_reason"] == "stop"
    assert all("done_reason" not in line for line in lines[:-1])


def test_another_window_reloads_and_empties_the_prefix_cache(
    ollama_double: OllamaDouble, http: httpx.Client
) -> None:
    ollama_double.reply("yes", times=4)
    counts = []
    for window in (4096, 4096, 8192, 8192):
        answer = chat(http, messages=HI, options={"num_ctx": window}).json()
        counts.append(answer["prompt_eval_duration"])
    assert (ollama_double.world.loads, ollama_double.world.reloads) == (2, 1)
    assert counts[0] == counts[2] > counts[1] == counts[3]


def test_truncation_drops_old_messages_without_a_word(
    ollama_double: OllamaDouble, http: httpx.Client
) -> None:
    ollama_double.reply("yes", times=2)
    system = {"role": "system", "content": "Be kind."}
    long = [{"role": "user", "content": "mule " * 600}, {"role": "assistant", "content": "ok"}]
    messages = [system, *long, *HI]
    options = {"num_ctx": 512}
    assert chat(http, messages=messages, options=options).status_code == 200
    prompt = ollama_double.chats[-1].seen["prompt"]
    assert "Be kind." in prompt
    assert "mule" not in prompt
    body = {"messages": messages, "options": options, "truncate": False, "shift": False}
    assert chat(http, **body).status_code == 400


def test_stock_template_hides_the_tools_after_a_result(
    ollama_double: OllamaDouble, http: httpx.Client
) -> None:
    ollama_double.reply("yes", times=4)
    call = {"function": {"name": "add", "arguments": {}}}
    turn = [
        *HI,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "content": "5"},
    ]
    http.post(
        "/api/create",
        json={"model": "ours", "from": "llama3.1:8b", "template": template_for("1")},
    )
    seen = {}
    for model in ("llama3.1:8b", "ours"):
        for messages in (HI, turn):
            chat(http, model=model, messages=messages, tools=TOOLS)
            seen[model, len(messages)] = ollama_double.chats[-1].seen["tools"]
    assert seen == {
        ("llama3.1:8b", 1): ("add",),
        ("llama3.1:8b", 3): (),
        ("ours", 1): ("add",),
        ("ours", 3): ("add",),
    }


def test_steps_are_matched_by_what_they_ask_for(
    ollama_double: OllamaDouble, http: httpx.Client
) -> None:
    ollama_double.reply("third", nth=3)
    ollama_double.reply("to a tool", role="tool")
    ollama_double.reply("to the old one", model="llama3:8b")
    ollama_double.reply("to a mule", pattern="mul[ei]")

    def said(**body: Any) -> str:
        return str(chat(http, **{"messages": HI, **body}).json()["message"]["content"])

    assert said(messages=[{"role": "user", "content": "A mule?"}]) == "to a mule"
    assert said(model="llama3:8b") == "to the old one"
    assert said() == "third"
    assert said(messages=[*HI, {"role": "tool", "content": "5"}]) == "to a tool"


def test_unused_and_unmatched_steps_fail_the_test() -> None:
    double = OllamaDouble()
    double.start()
    with httpx.Client(base_url=double.url, trust_env=False) as http:
        double.reply("never", pattern="nobody says this")
        assert chat(http, messages=HI).status_code == 500
    double.close()
    with pytest.raises(AssertionError) as caught:
        double.assert_finished()
    assert "no step for request 1" in str(caught.value)
    assert "unused: Step(text='never'" in str(caught.value)


CALL = '{"name": "add", "parameters": {"a": 1}}'
ADDED = ("add", {"a": 1})


@pytest.mark.parametrize(
    ("written", "calls", "text"),
    [
        (CALL, [ADDED], ""),
        ("\n\n" + CALL, [ADDED], "\n\n"),
        (CALL.replace("parameters", "arguments"), [ADDED], ""),
        (f"{CALL}; {CALL}", [ADDED, ADDED], ""),
        (f"{CALL}\n{CALL}", [ADDED, ADDED], ""),
        ('{"name": "add", "parameters": "{\\"a\\": 1}"}', [ADDED], ""),
        (f"{CALL} That is it.", [ADDED], ""),
        ('{"answer":"use add"}', [("add", {"answer": "use add"})], ""),
        (f"Sure: {CALL}", [], f"Sure: {CALL}"),
        (f"```json\n{CALL}\n```", [], f"```json\n{CALL}\n```"),
        (f"<|python_tag|>{CALL}", [], f"<|python_tag|>{CALL}"),
        (f"[{CALL}]", [], f"[{CALL}]"),
        (CALL.replace("add", "sub"), [], CALL.replace("add", "sub")),
        ('{"name": "add"}', [], '{"name": "add"}'),
        (CALL.replace("1", "True"), [], CALL.replace("1", "True")),
        (CALL.replace('"', "'"), [], CALL.replace('"', "'")),
        (CALL[:-2], [], CALL[:-2]),
    ],
)
def test_calls_are_read_as_the_server_reads_them(
    written: str, calls: list[object], text: str
) -> None:
    assert read_calls(tokens(written), ["add"]) == (calls, text)


def test_text_of_a_script_goes_through_the_same_reading(
    ollama_double: OllamaDouble, http: httpx.Client
) -> None:
    ollama_double.reply(CALL)
    ollama_double.reply(CALL, leak=True)
    ollama_double.reply(CALL)
    read, leaked, plain = (
        chat(http, messages=HI, **more).json()["message"]
        for more in ({"tools": TOOLS}, {"tools": TOOLS}, {})
    )
    assert read["tool_calls"][0]["function"]["arguments"] == {"a": 1}
    assert leaked["content"] == plain["content"] == CALL


def test_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no fault is called 'hiccup'"):
        OllamaDouble().fault("hiccup")


async def test_busy_model_lets_requests_wait_without_a_sign(ollama_double: OllamaDouble) -> None:
    ollama_double.fault("stall", pattern="first", after=1)
    ollama_double.reply("second", pattern="second")
    async with httpx.AsyncClient(base_url=ollama_double.url, timeout=5, trust_env=False) as http:
        async with http.stream("POST", "/api/chat", json=_body("first")) as first:
            pieces = first.aiter_bytes()
            await anext(pieces)
            waiting = asyncio.ensure_future(http.post("/api/chat", json=_body("second")))
            await ollama_double.until(lambda: len(ollama_double.chats) == 2)
            done, _ = await asyncio.wait({waiting}, timeout=0.1)
            assert not done
            assert ollama_double.chats[1].status == 0
        answer = await waiting
        assert answer.status_code == 200
        assert ollama_double.chats[0].disconnected


def test_openai_chat_streams_and_calls(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    ollama_double.reply(calls=[("add", {"a": 1, "b": 2})])
    ollama_double.reply("Hello.")
    body = {"model": "llama3.1:8b", "messages": HI, "tools": TOOLS}
    whole = http.post("/v1/chat/completions", json=body).json()["choices"][0]
    assert whole["finish_reason"] == "tool_calls"
    assert json.loads(whole["message"]["tool_calls"][0]["function"]["arguments"]) == {
        "a": 1,
        "b": 2,
    }
    streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
    text = http.post("/v1/chat/completions", json=streamed).text
    events = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert events[-1] == "[DONE]"
    chunks = [json.loads(event) for event in events[:-1]]
    pieces = [c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]]
    assert "".join(pieces) == "Hello."
    assert chunks[-1]["usage"]["total_tokens"] > 0


def test_openai_errors_and_lists(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    missing = http.post("/v1/chat/completions", json={"model": "x", "messages": HI})
    assert missing.status_code == 404
    assert missing.json()["error"]["message"] == "model 'x' not found"
    names = [one["id"] for one in http.get("/v1/models").json()["data"]]
    assert "llama3.1:8b" in names
    body = {"model": "nomic-embed-text", "input": "hello"}
    assert len(http.post("/v1/embeddings", json=body).json()["data"][0]["embedding"]) == 8


def test_generate_speaks_and_loads(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    ollama_double.reply("Once upon a time.")
    body = {"model": "llama3.1:8b", "prompt": "Tell.", "stream": False}
    assert http.post("/api/generate", json=body).json()["response"] == "Once upon a time."
    assert http.post("/api/generate", json={**body, "prompt": ""}).json()["done_reason"] == "load"


def test_models_are_copied_and_deleted(ollama_double: OllamaDouble, http: httpx.Client) -> None:
    body = {"source": "llama3.1:8b", "destination": "mine"}
    assert http.post("/api/copy", json=body).status_code == 200
    assert http.post("/api/show", json={"model": "mine"}).status_code == 200
    assert http.request("DELETE", "/api/delete", json={"model": "mine"}).status_code == 200
    assert http.post("/api/show", json={"model": "mine"}).status_code == 404
    assert http.request("DELETE", "/api/delete", json={"model": "mine"}).status_code == 404


def test_pages_without_a_model(http: httpx.Client) -> None:
    assert http.get("/").text == "Ollama is running"
    assert http.head("/").status_code == 200
    assert http.get("/api/version").json() == {"version": "0.33.0"}
    assert http.get("/api/nothing").text == "404 page not found"


def _body(text: str) -> dict[str, Any]:
    return {"model": "llama3.1:8b", "messages": [{"role": "user", "content": text}]}
