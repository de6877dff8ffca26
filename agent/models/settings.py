"""Settings of the model back ends."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Timeouts(_Frozen):
    """How long a model server may keep silent, in seconds."""

    connect: float = Field(default=5.0, gt=0)
    """Seconds until a connection must stand."""
    first_byte: float = Field(default=600.0, gt=0)
    """Seconds until the first byte of a reply; loading, queueing and reading the prompt count."""
    between_tokens: float = Field(default=60.0, gt=0)
    """Seconds between two pieces of a reply."""


class OllamaSettings(_Frozen):
    """Where Ollama is and how it is asked."""

    host: str = ""
    """Address of the server; empty means OLLAMA_HOST, or http://127.0.0.1:11434."""
    derive: bool = True
    """Make `arriero-NAME` from a Llama 3 model, with a template that keeps tools always visible
    and the prompt's prefix stable. It shares the weights and costs no disk."""
    keep_alive: str = "30m"
    """How long the model stays loaded after a request."""
    embedding_model: str = "nomic-embed-text"
    """The model that makes embeddings; a chat model cannot."""


class LlamaCppSettings(_Frozen):
    """How the embedded llama.cpp runs."""

    weights_dir: Path | None = None
    """Where GGUF files are kept; empty means the user's cache folder, shared between checkouts."""
    threads: int = Field(default=0, ge=0)
    """Threads; 0 means one for each physical core."""
    slots: int = Field(default=2, ge=1)
    """Conversations whose prefix is kept at the same time."""
    prefix_cache_mb: int = Field(default=512, ge=0)
    """Megabytes on disk for instructions that were read already, so that the next start need not
    read them again; 0 keeps none. Nothing that a user wrote is kept."""
    gpu_layers: int = -1
    """Layers to put on a GPU, -1 for as many as fit; without a GPU it changes nothing."""


class ModelSettings(_Frozen):
    """What all back ends share."""

    context: int = Field(default=8192, ge=1024)
    """Tokens of the window (num_ctx). One value for every request: another one would reload the
    model."""
    timeouts: Timeouts = Timeouts()
    """How long a model server may keep silent."""
    temperature: float = Field(default=0.0, ge=0, le=2)
    """Sampling temperature; 0 always takes the likeliest token."""
    seed: int = 0
    """Seed of the sampler."""
    api_key: SecretStr = SecretStr("")
    """Key for `openai:` servers; empty means OPENAI_API_KEY."""
    ollama: OllamaSettings = OllamaSettings()
    """Where Ollama is and how it is asked."""
    llamacpp: LlamaCppSettings = LlamaCppSettings()
    """How the embedded llama.cpp runs."""
