"""What every client may rely on, of the double and of a real server alike.

The double is always asked. A real server is asked too where OLLAMA_HOST names one; then
ARRIERO_TEST_MODEL names the model, else it is the first one there that can chat.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from agent.errors import ModelMissing
from agent.models.base import Message
from agent.models.ollama import embed, host_of, is_up, list_models
from agent.models.ollama_template import derived_name
from tests.conformance.ollama_clients import Client, as_functions, open_client
from tests.doubles.ollama import OllamaDouble
from tests.doubles.ollama_world import shared
from tests.doubles.talk import ADD, quick, user

REAL = os.environ.get("OLLAMA_HOST", "")
"""Read before any test points OLLAMA_HOST at a double."""
MODEL = os.environ.get("ARRIERO_TEST_MODEL", "")
WINDOW = 4096
CLIENTS = ("ollama", "langchain-ollama", "arriero")


@dataclass(slots=True)
class Place:
    """A server to be asked."""

    url: str
    model: str
    double: OllamaDouble | None = None

    def reply(self, text: str = "", **more: object) -> None:
        """Script the double; a real model says what it likes."""
        if self.double:
            self.double.reply(text, **more)


def _places() -> list[object]:
    host = urlsplit(host_of(quick(host=REAL))).hostname or "" if REAL else "127.0.0.1"
    marks = [
        pytest.mark.server,
        pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost", host]),
        pytest.mark.skipif(not REAL, reason="OLLAMA_HOST names no server"),
    ]
    return ["double", pytest.param("real", marks=marks)]


@pytest.fixture(params=_places())
async def place(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    """The double, or the real server; what is derived on the latter is removed again."""
    if request.param == "double":
        double = request.getfixturevalue("ollama_double")
        yield Place(double.url, "llama3.1:8b", double)
        return
    monkeypatch.setenv("OLLAMA_HOST", REAL)
    settings = quick()
    if await is_up(settings) is None:
        pytest.skip(f"no Ollama answers at {REAL}")
    able = [one.name for one in await list_models(settings) if "completion" in one.capabilities]
    if not able and not MODEL:
        pytest.skip(f"the server at {REAL} holds no chat model")
    model = MODEL or able[0]
    before = {one.name for one in await list_models(settings, derived=True)}
    yield Place(host_of(settings), model)
    if derived_name(model) not in before:
        async with httpx.AsyncClient(base_url=host_of(settings), trust_env=False) as http:
            await http.request("DELETE", "/api/delete", json={"model": derived_name(model)})


@pytest.fixture(params=CLIENTS)
async def client(request: pytest.FixtureRequest, place: Place) -> AsyncIterator[Client]:
    """Each client in turn."""
    found = await open_client(request.param, place.url, place.model, WINDOW)
    yield found
    await found.close()


async def test_plain_answer(client: Client, place: Place) -> None:
    place.reply("Hello to you.")
    said = await client.chat([user("Say hello.")])
    assert said.text.strip()
    assert said.calls == []
    assert said.finish == "stop"
    assert said.prompt_tokens > 0
    assert said.completion_tokens > 0


async def test_text_survives_the_wire(client: Client, place: Place) -> None:
    text = "1 < 2 & 3 > 2, „grüße“ 🐴\u2028end"
    place.reply(text)
    said = await client.chat([user("Answer with exactly this: 1 < 2 & 3 > 2")])
    assert said.text.strip()
    assert "\\u00" not in said.text
    if place.double:
        assert said.text == text


async def test_a_next_line_character_does_not_break_a_line_in_two(place: Place) -> None:
    if not place.double:
        pytest.skip("a real model cannot be made to write U+0085")
    place.reply("one\u0085two")
    client = await open_client("arriero", place.url, place.model, WINDOW)
    said = await client.chat([user("hi")])
    await client.close()
    assert said.text == "one\u0085two"


async def test_limit_ends_with_length(client: Client, place: Place) -> None:
    place.reply("one two three four five six seven eight nine ten")
    said = await client.chat([user("Count from one to a hundred in words.")], limit=4)
    assert said.finish == "length"
    assert said.completion_tokens <= 5


async def test_schema_is_kept(client: Client, place: Place) -> None:
    place.reply('{"city":"Lima"}')
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    said = await client.chat(
        [user('What is the capital of Peru? Answer as JSON: {"city": …}')], schema=schema, limit=64
    )
    assert isinstance(json.loads(said.text)["city"], str)


async def test_calls_name_a_tool_and_carry_an_object(client: Client, place: Place) -> None:
    place.reply(calls=[("add", {"a": 2, "b": 3})])
    said = await client.chat([user("Use the tool add to add 2 and 3.")], tools=[ADD], limit=128)
    assert said.calls or said.text.strip()
    for name, arguments in said.calls:
        assert name == "add"
        assert isinstance(arguments, dict)
    if place.double:
        assert said.calls == [("add", {"a": 2, "b": 3})]


async def test_results_of_tools_are_taken(client: Client, place: Place) -> None:
    place.reply("2 and 3 make 5.")
    turn: list[Message] = [
        user("Use the tool add to add 2 and 3."),
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_1", "name": "add", "arguments": {"a": 2, "b": 3}}],
        },
        {"role": "tool", "content": "5", "name": "add", "tool_call_id": "call_1"},
    ]
    said = await client.chat(turn, tools=[ADD], limit=128)
    assert said.text.strip() or said.calls


async def test_several_turns_keep_the_window(client: Client, place: Place) -> None:
    history: list[Message] = [{"role": "system", "content": "Answer in one word."}]
    for question in ("Name a colour.", "Another one.", "One more."):
        place.reply("Blue.")
        history.append(user(question))
        said = await client.chat(history, limit=16)
        history.append({"role": "assistant", "content": said.text})
    if place.double:
        assert place.double.world.reloads == 0


@pytest.mark.parametrize("kind", CLIENTS)
async def test_missing_model_is_an_error_in_every_client(kind: str, place: Place) -> None:
    async def ask() -> None:
        client = await open_client(kind, place.url, "no-such-model:1b", WINDOW)
        try:
            await client.chat([user("hi")])
        finally:
            await client.close()

    with pytest.raises(Exception, match="no-such-model") as caught:
        await ask()
    if kind == "arriero":
        assert isinstance(caught.value, ModelMissing)


async def test_derived_template_shows_the_tools_after_a_result(place: Place) -> None:
    client = await open_client("arriero", place.url, place.model, WINDOW)
    name = client.model.info.name  # type: ignore[attr-defined]
    await client.close()
    if name == place.model:
        pytest.skip(f"{place.model} is no stock Llama 3, so nothing is derived from it")
    call = {"function": {"name": "add", "arguments": {"a": 2, "b": 3}}}
    turn = [
        {"role": "user", "content": "Add 2 and 3."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "5", "tool_name": "add"},
    ]
    prompts = []
    async with httpx.AsyncClient(base_url=place.url, timeout=120, trust_env=False) as http:
        for length in (1, 3):
            body = {
                "model": name,
                "messages": turn[:length],
                "tools": as_functions([ADD]),
                "options": {"num_ctx": WINDOW},
                "_debug_render_only": True,
            }
            answer = await http.post("/api/chat", json=body)
            prompts.append(answer.json()["_debug_info"]["rendered_template"])
    first, second = prompts
    assert "Add two integers." in second
    kept = shared(first, second)
    assert len(first) - kept < 60, "only the started assistant turn may differ"


async def test_embeddings_are_vectors_of_one_length(place: Place) -> None:
    settings = quick(first_byte=120.0, host=place.url)
    able = [one.name for one in await list_models(settings) if "embedding" in one.capabilities]
    if not able:
        pytest.skip("the server holds no embedding model")
    vectors = await embed(
        ["a mule", "a llama"], quick(first_byte=120.0, host=place.url, embedding_model=able[0])
    )
    assert len({len(vector) for vector in vectors}) == 1
    assert vectors[0] != vectors[1]
