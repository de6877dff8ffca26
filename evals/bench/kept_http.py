"""An HTTP transport that keeps a model server's replies by the content of the request."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import httpx

from agent.models.base import Usage


class KeptReplies(httpx.AsyncBaseTransport):
    """Answer a request that was answered before from disk, and note what each reply cost.

    Args:
        inner: The transport that reaches the server.
        folder: Where replies are kept, one file each.
        identity: What identifies the model and its window; replies of another are not taken.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, folder: Path, identity: str) -> None:
        self._inner, self._folder, self._identity = inner, folder, identity
        self.calls: list[Usage] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the kept reply, or fetch one and keep it if it is no error."""
        body = await request.aread()
        key = hashlib.sha256(f"{self._identity}\n{request.url.path}\n".encode() + body).hexdigest()
        path = self._folder / f"{key}.json"
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
        else:
            began = time.monotonic()
            reply = await self._inner.handle_async_request(request)
            content = await reply.aread()
            await reply.aclose()
            if reply.status_code != 200:
                return httpx.Response(reply.status_code, content=content, request=request)
            kept = {"seconds": time.monotonic() - began, "body": json.loads(content)}
            self._keep(path, kept)
        self.calls.append(_cost(kept["body"].get("usage") or {}, kept["seconds"]))
        return httpx.Response(200, json=kept["body"], request=request)

    async def aclose(self) -> None:
        """Close the transport behind."""
        await self._inner.aclose()

    def _keep(self, path: Path, kept: dict[str, object]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(kept), encoding="utf-8")
        part.replace(path)


def _cost(usage: dict[str, object], seconds: float) -> Usage:
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    prompt, generated = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return Usage(
        calls=1,
        prompt_tokens=prompt if isinstance(prompt, int) else 0,
        cached_tokens=cached if isinstance(cached, int) else 0,
        completion_tokens=generated if isinstance(generated, int) else 0,
        seconds=seconds,
    )
