"""llama.cpp in the process, with the smallest real model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from agent.errors import ContextTooLong, UsageError, WeightsError
from agent.models.base import Chunk, EndChunk, Message, ModelRequest, TextChunk
from agent.models.catalogue import find
from agent.models.embedded import EmbeddedModel, open_embedded
from agent.models.settings import ModelSettings
from agent.models.weights import fetch, is_ready, path_of

SETTINGS = ModelSettings(context=2048)
TALK: list[Message] = [
    {"role": "system", "content": "You are a terse assistant."},
    {"role": "user", "content": "Count from one to one thousand, in words, one by one. " * 4},
]


@pytest.mark.parametrize("name", ["llama-900b", "tiny"])
async def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        await open_embedded(name, SETTINGS)
    assert "smollm2-135m" in caught.value.hint


async def test_a_missing_or_wrong_file_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_bytes(b"<html>")
    for path in (page, tmp_path / "none.gguf"):
        with pytest.raises(WeightsError, match=path.name):
            await open_embedded(str(path), SETTINGS)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def weights() -> Path:
    entry = find("smollm2-135m")
    assert entry is not None
    if is_ready(entry, SETTINGS):
        return path_of(entry, SETTINGS)
    try:
        return await fetch(entry.name, SETTINGS)
    except WeightsError as error:
        pytest.skip(error.message)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(weights: Path) -> AsyncIterator[EmbeddedModel]:
    opened = await open_embedded("smollm2-135m", SETTINGS)
    yield opened
    await opened.aclose()


async def run(model: EmbeddedModel, messages: list[Message], limit: int = 4) -> list[Chunk]:
    return [one async for one in model.stream(ModelRequest(messages, max_tokens=limit))]


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.model
async def test_it_says_what_it_is(model: EmbeddedModel) -> None:
    info = model.info
    assert (info.spec, info.backend) == ("llamacpp:smollm2-135m", "llamacpp")
    assert (info.identity, info.context) == ("smollm2-135m", 2048)
    assert (info.tools, info.grammar, info.logprobs) == (False, True, True)


@pytest.mark.model
async def test_the_count_of_tokens_is_the_servers_own(model: EmbeddedModel) -> None:
    *texts, end = await run(model, TALK)
    assert isinstance(end, EndChunk)
    assert end.finish == "length"
    assert end.usage.completion_tokens == 4
    assert all(isinstance(one, TextChunk) for one in texts)
    assert await model.count_tokens(TALK) == end.usage.prompt_tokens


@pytest.mark.model
async def test_a_conversation_finds_its_prefix_again_beside_others(model: EmbeddedModel) -> None:
    text = ""
    for chunk in await run(model, TALK):
        text += chunk.text if isinstance(chunk, TextChunk) else ""
    before = await model.count_tokens(TALK)
    await run(model, [TALK[0], {"role": "user", "content": "Something else: which day is it?"}])
    talk: list[Message] = [
        *TALK,
        {"role": "assistant", "content": text},
        {"role": "user", "content": "Go on."},
    ]
    end = (await run(model, talk))[-1]
    assert isinstance(end, EndChunk)
    assert before is not None
    assert end.usage.cached_tokens >= before - 1


@pytest.mark.model
async def test_closing_the_stream_ends_the_generation(model: EmbeddedModel) -> None:
    chunks = model.stream(ModelRequest(TALK))
    assert isinstance(await anext(chunks), TextChunk)
    assert await busy(model)
    began = time.monotonic()
    await chunks.aclose()
    for _ in range(1000):
        if not await busy(model):
            break
        await asyncio.sleep(0.005)
    # On a machine at rest it takes a tenth of a second; an unstopped reply takes a minute.
    assert time.monotonic() - began < 8.0


async def busy(model: EmbeddedModel) -> bool:
    http: httpx.AsyncClient = model._inner._http
    slots = (await http.get(str(http.base_url).replace("/v1/", "/slots"))).json()
    return any(slot["is_processing"] for slot in slots)


@pytest.mark.model
async def test_a_grammar_binds_and_alternatives_are_those_before_it(model: EmbeddedModel) -> None:
    request = ModelRequest(
        [{"role": "user", "content": "Is water wet?"}],
        grammar='root ::= "yes" | "no"',
        logprobs=3,
        max_tokens=4,
    )
    chunks = [one async for one in model.stream(request)]
    texts = [one for one in chunks if isinstance(one, TextChunk)]
    assert "".join(one.text for one in texts) in ("yes", "no")
    assert len(texts[0].logprobs[0].top) == 3


@pytest.mark.model
async def test_a_started_reply_is_continued_and_not_repeated(model: EmbeddedModel) -> None:
    request = ModelRequest(
        [{"role": "user", "content": "Say the colours of the flag of France."}],
        prefill="The colours are blue,",
        max_tokens=3,
    )
    text = "".join([one.text async for one in model.stream(request) if isinstance(one, TextChunk)])
    assert text.startswith(" ")


@pytest.mark.model
async def test_a_prompt_beyond_the_window_is_refused(model: EmbeddedModel) -> None:
    with pytest.raises(ContextTooLong):
        await run(model, [{"role": "user", "content": "word " * 3000}])


@pytest.mark.model
async def test_nobody_else_gets_in(model: EmbeddedModel) -> None:
    http: httpx.AsyncClient = model._inner._http
    assert http.base_url.host == "127.0.0.1"
    async with httpx.AsyncClient() as stranger:
        reply = await stranger.post(f"{http.base_url}chat/completions", json={"messages": TALK})
    assert reply.status_code == 401


@pytest.mark.model
async def test_a_file_cut_short_is_refused_by_its_path(
    weights: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.gguf"
    with weights.open("rb") as whole:
        cut.write_bytes(whole.read(4_000_000))
    with pytest.raises(WeightsError, match=r"cannot load .*cut\.gguf"):
        await open_embedded(str(cut), SETTINGS)
    assert capfd.readouterr() == ("", "")


@pytest.mark.model
async def test_instructions_are_read_once_and_found_at_the_next_start(
    weights: Path, tmp_path: Path
) -> None:
    settings = ModelSettings.model_validate(
        {"context": 1024, "llamacpp": {"weights_dir": tmp_path, "slots": 1}}
    )
    system: Message = {"role": "system", "content": "Be as terse and as helpful as you can. " * 28}
    cached = []
    for text in ("Hello, who are you?", "What time is it?"):
        opened = await open_embedded(str(weights), settings)
        end = (await run(opened, [system, {"role": "user", "content": text}], limit=1))[-1]
        assert isinstance(end, EndChunk)
        cached.append(end.usage.cached_tokens)
        await opened.aclose()
    assert cached[0] == 0
    assert cached[1] > end.usage.prompt_tokens - 20 > 200
    assert len(list((tmp_path / "prefixes").iterdir())) == 1


@pytest.mark.model
async def test_a_second_model_opens_beside_the_first_and_is_freed(
    model: EmbeddedModel, weights: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    second = await open_embedded(str(weights), SETTINGS)
    assert second.info.spec == f"llamacpp:{weights}"
    address = second._inner._http.base_url
    await run(second, TALK, limit=1)
    await second.aclose()
    async with httpx.AsyncClient() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(address)
    assert capfd.readouterr() == ("", "")
