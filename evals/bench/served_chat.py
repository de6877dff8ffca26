"""A langchain model on the server of a model of ours, for what is measured beside the assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from agent.errors import UsageError
from agent.models.base import ChatModel, Usage
from agent.models.embedded import EmbeddedModel
from agent.models.openai import OpenAIModel
from evals.bench.kept_http import KeptReplies
from evals.bench.read_back import reading_back

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

REPLY_TOKENS = 1024
"""Tokens that one reply may have."""
SECONDS = 900.0
"""Seconds that one request may take, where nothing else is said."""


@asynccontextmanager
async def chat_on(
    model: ChatModel, folder: Path, *, read_back: bool = False, seconds: float = SECONDS
) -> AsyncIterator[tuple[BaseChatModel, list[Usage]]]:
    """Open a langchain model on the server of a model, and the list of what its calls cost.

    Args:
        model: The model.
        folder: Where its replies are kept.
        read_back: Whether calls are read out of the text of replies that call nothing.
        seconds: How long one request may take.
    """
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    url, key = server_of(model)
    identity = f"{model.info.identity} {model.info.context}"
    kept = KeptReplies(httpx.AsyncHTTPTransport(), folder, identity)
    async with httpx.AsyncClient(transport=kept, timeout=seconds) as http:
        chat = (reading_back if read_back else ChatOpenAI)(
            model=model.info.name,
            base_url=url,
            api_key=SecretStr(key),
            temperature=0,
            max_completion_tokens=REPLY_TOKENS,
            http_async_client=http,
            default_headers={"Connection": "close"},
        )
        yield chat, kept.calls


def server_of(model: ChatModel) -> tuple[str, str]:
    """Return the address and the key of the server behind a model."""
    inner = model._inner if isinstance(model, EmbeddedModel) else model
    if not isinstance(inner, OpenAIModel):
        raise UsageError(
            f"create_agent cannot be put on the server of {model.info.spec}.",
            "Choose a model of llamacpp: or openai:, or leave it out with --no-native.",
        )
    key = inner._http.headers.get("Authorization", "Bearer none")
    return str(inner._http.base_url), key.removeprefix("Bearer ")
