"""Addresses, lists, pulls and embeddings."""

import pytest

from agent.errors import (
    ContextTooLong,
    ModelMissing,
    ModelUnfit,
    ServerDown,
    ServerFault,
    SettingsError,
    Unauthorized,
)
from agent.models.ollama import embed, host_of, is_up, list_models, pull
from agent.models.ollama_faults import error_text, fault, similar
from tests.doubles.ollama import OllamaDouble
from tests.doubles.talk import quick


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("example.org", "http://example.org:11434"),
        ("example.org:1234", "http://example.org:1234"),
        (" 'example.org' ", "http://example.org:11434"),
        ("http://example.org", "http://example.org:80"),
        ("https://example.org", "https://example.org:443"),
        ("https://example.org:8443/ollama/", "https://example.org:8443/ollama"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8080", "http://127.0.0.1:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("::1", "http://[::1]:11434"),
        ("[::]:8080", "http://[::1]:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_address_as_ollama_itself_reads_it(
    monkeypatch: pytest.MonkeyPatch, given: str, address: str
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", given)
    assert host_of(quick()) == address
    monkeypatch.setenv("OLLAMA_HOST", "elsewhere:1")
    if given.strip():
        assert host_of(quick(host=given)) == address


@pytest.mark.parametrize("given", ["host:port", "ftp://example.org", "host:99999"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(SettingsError) as caught:
        host_of(quick(host=given))
    assert given in caught.value.message
    assert "127.0.0.1:11434" in caught.value.hint


async def test_server_tells_its_version(ollama_double: OllamaDouble) -> None:
    assert await is_up(quick()) == "0.33.0"


async def test_a_busy_moment_of_our_own_is_not_taken_for_a_dead_server(
    ollama_double: OllamaDouble,
) -> None:
    ollama_double.silent = 1
    assert await is_up(quick()) == "0.33.0"
    assert [one.path for one in ollama_double.journal] == ["/api/version"] * 2


async def test_no_server_has_no_version() -> None:
    assert await is_up(quick(host="127.0.0.1:9")) is None


async def test_models_with_what_they_can_do(ollama_double: OllamaDouble) -> None:
    ollama_double.world.derive(
        "arriero-llama3.1:8b", ollama_double.world.models["llama3:8b"], "", {}
    )
    models = {model.name: model for model in await list_models(quick())}
    assert list(models) == ["llama3.1:8b", "llama3:8b", "nomic-embed-text:latest"]
    llama = models["llama3.1:8b"]
    assert llama.capabilities == ("completion", "tools")
    assert (llama.context, llama.size, llama.family) == (131072, 4_900_000_000, "llama")
    assert len(llama.digest) == 64
    assert models["nomic-embed-text:latest"].capabilities == ("embedding",)
    assert len(await list_models(quick(), derived=True)) == 4


async def test_listing_without_a_server_is_told() -> None:
    with pytest.raises(ServerDown):
        await list_models(quick(host="127.0.0.1:9"))


async def test_pull_tells_how_far_it_is(ollama_double: OllamaDouble) -> None:
    lines = [line async for line in pull("llama3.2:3b", quick())]
    assert lines[0].status == "pulling manifest"
    assert [line.completed for line in lines if line.total][-1] == 2_000_000
    assert lines[-1].status == "success"
    assert "llama3.2:3b" in ollama_double.world.models


async def test_pull_of_what_the_library_does_not_have(ollama_double: OllamaDouble) -> None:
    with pytest.raises(ModelMissing, match="library has no model 'lama'") as caught:
        _ = [line async for line in pull("lama", quick(), pause=0)]
    assert "llama3.1:8b" in caught.value.hint
    assert [one.path for one in ollama_double.journal] == ["/api/pull"]


async def test_pull_that_gets_no_further_gives_up(ollama_double: OllamaDouble) -> None:
    ollama_double.pull_always_breaks = True
    ollama_double.fault(20)
    seen: list[int] = []

    async def follow() -> None:
        async for line in pull("llama3.2:3b", quick(), pause=0):
            seen.append(line.completed)

    with pytest.raises(ServerFault, match="unexpected EOF"):
        await follow()
    assert max(seen) == 1_200_000
    assert len(ollama_double.journal) == 6


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("write /blobs/x: no space left on device", "disk of the Ollama server is full"),
        ("pull model manifest: dial tcp: lookup: no such host", "cannot reach its library"),
        ("this model requires a newer version of Ollama", "needs a newer Ollama"),
    ],
)
async def test_pull_that_cannot_work_says_why_at_once(
    ollama_double: OllamaDouble, said: str, told: str
) -> None:
    ollama_double.fault(20)
    ollama_double.pull_says = said
    with pytest.raises(ServerFault, match=told) as caught:
        _ = [line async for line in pull("llama3.2:3b", quick(), pause=0)]
    assert caught.value.hint
    assert len(ollama_double.journal) == 1


async def test_embeddings_come_from_the_embedding_model(ollama_double: OllamaDouble) -> None:
    texts = [f"text {number}" for number in range(70)]
    vectors = await embed(texts, quick())
    assert len(vectors) == 70
    assert vectors[3] == (await embed(["text 3"], quick()))[0]
    assert {one.body["model"] for one in ollama_double.journal} == {"nomic-embed-text"}


async def test_no_texts_cost_no_request(ollama_double: OllamaDouble) -> None:
    assert await embed([], quick()) == []
    assert ollama_double.journal == []


async def test_missing_embedding_model_says_how_to_fetch_it(ollama_double: OllamaDouble) -> None:
    del ollama_double.world.models["nomic-embed-text:latest"]
    with pytest.raises(ModelMissing) as caught:
        await embed(["hello"], quick())
    assert "arriero pull nomic-embed-text" in caught.value.hint


async def test_chat_model_makes_no_embeddings(ollama_double: OllamaDouble) -> None:
    with pytest.raises(ModelUnfit, match=r"'llama3\.1:8b' does not make embeddings"):
        await embed(["hello"], quick(embedding_model="llama3.1:8b"))


async def test_text_beyond_the_embedding_model_is_told(ollama_double: OllamaDouble) -> None:
    with pytest.raises(ContextTooLong):
        await embed(["mule " * 2000], quick())


@pytest.mark.parametrize(
    ("status", "text", "kind", "transient"),
    [
        (404, "model 'x' not found", ModelMissing, False),
        (404, "404 page not found", ServerFault, False),
        (400, '"x" does not support chat', ModelUnfit, False),
        (400, '"x" does not support thinking', ModelUnfit, False),
        (400, '"x" does not support generate', ModelUnfit, False),
        (400, "x does not support vision", ModelUnfit, False),
        (400, "x does not support tools", ModelUnfit, False),
        (400, "the input length exceeds the context length", ContextTooLong, False),
        (200, "request (9000 tokens) exceeds the available context size", ContextTooLong, False),
        (401, "unauthorized", Unauthorized, False),
        (500, "model requires more system memory (40 GiB) than is available", ServerFault, False),
        (500, "timed out waiting for llama runner to start", ServerFault, True),
        (500, 'option "num_ctx" must be of type integer', ServerFault, False),
        (500, "failed to parse grammar", ServerFault, False),
        (500, "", ServerFault, True),
        (400, "invalid duration", ServerFault, False),
    ],
)
def test_errors_by_their_words(
    status: int, text: str, kind: type[Exception], transient: bool
) -> None:
    error = fault(status, text, "x", "http://here")
    assert type(error) is kind
    assert error.transient is transient
    assert error.message
    assert error.hint


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('{"error":"no"}', "no"),
        ('{"error":{"message":"no","code":3}}', "no"),
        ("  plain words\n", "plain words"),
        ("[1]", "[1]"),
        ("", ""),
    ],
)
def test_error_bodies_of_all_shapes(body: str, text: str) -> None:
    assert error_text(body) == text


def test_similar_names_come_first_by_kin() -> None:
    present = ["phi3:mini", "llama3.1:8b", "llama3.1:70b", "user/llama3.1-mine:latest"]
    assert similar("llama3.1", present)[:2] == ["llama3.1:8b", "llama3.1:70b"]
    assert similar("lama3.1:8b", present)[0] == "llama3.1:8b"
    assert similar("zzz", present) == []
