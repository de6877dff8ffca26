"""The double's pages beside chat: lists, descriptions, pulls, derived models, embeddings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.doubles.http import Exchange, Reply
from tests.doubles.ollama_reply import go_json
from tests.doubles.ollama_world import HeldModel, World, balanced, tokens, vector

Page = Callable[[dict[str, Any], Exchange, Reply], Awaitable[None]]
_MODIFIED = "2026-01-01T00:00:00Z"


class AdminPages:
    """Mixed into the double."""

    world: World
    version: str
    silent: int
    refuse_create: str
    pull_fault: str
    pull_says: str
    pull_always_breaks: bool

    def admin_pages(self) -> dict[str, Page]:
        """Return the pages by path."""
        return {
            "/": self._root,
            "/api/version": self._version,
            "/api/tags": self._tags,
            "/api/show": self._show,
            "/api/ps": self._ps,
            "/api/embed": self._embed,
            "/api/pull": self._pull,
            "/api/create": self._create,
            "/api/copy": self._copy,
            "/api/delete": self._delete,
            "/v1/models": self._v1_models,
            "/v1/embeddings": self._v1_embeddings,
        }

    async def _root(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        await reply.whole(200, b"Ollama is running", "text/plain")

    async def _version(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        if self.silent:
            self.silent -= 1
            await asyncio.Event().wait()  # until the client hangs up
        await reply.whole(200, go_json({"version": self.version}))

    async def _tags(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        models = [
            {
                "name": model.name,
                "model": model.name,
                "modified_at": _MODIFIED,
                "size": model.size,
                "digest": model.digest,
                "details": model.details,
            }
            for model in self.world.models.values()
        ]
        await reply.whole(200, go_json({"models": models}))

    async def _show(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        name = str(body.get("model") or body.get("name") or "")
        model = self.world.find(name)
        if not name:
            await reply.whole(400, go_json({"error": "model is required"}))
        elif model is None:
            await reply.whole(404, go_json({"error": f"model '{name}' not found"}))
        else:
            await reply.whole(200, go_json(_described(model)))

    async def _ps(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        models = []
        for name, runner in self.world.loaded.items():
            model = self.world.models[name]
            models.append(
                {
                    "name": name,
                    "model": name,
                    "size": model.size,
                    "size_vram": 0,
                    "digest": model.digest,
                    "details": model.details,
                    "expires_at": _MODIFIED,
                    "context_length": runner.context,
                }
            )
        await reply.whole(200, go_json({"models": models}))

    async def _embed(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        status, found = self._vectors(body)
        await reply.whole(status, go_json(found))

    async def _v1_models(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        data = [
            {"id": name, "object": "model", "created": 1767225600, "owned_by": "library"}
            for name in self.world.models
        ]
        await reply.whole(200, go_json({"object": "list", "data": data}))

    async def _v1_embeddings(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        status, found = self._vectors(body)
        if status != 200:
            error = {"message": found["error"], "type": "api_error", "param": None, "code": None}
            await reply.whole(status, go_json({"error": error}))
            return
        data = [
            {"object": "embedding", "embedding": one, "index": index}
            for index, one in enumerate(found["embeddings"])
        ]
        count = found["prompt_eval_count"]
        usage = {"prompt_tokens": count, "total_tokens": count}
        answer = {"object": "list", "data": data, "model": body["model"], "usage": usage}
        await reply.whole(200, go_json(answer))

    def _vectors(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name = str(body.get("model") or "")
        model = self.world.find(name)
        if model is None:
            return 404, {"error": f'model "{name}" not found, try pulling it first'}
        if "embedding" not in model.capabilities:
            return 501, {"error": "this model does not support embeddings"}
        texts = body.get("input") or []
        texts = [texts] if isinstance(texts, str) else texts
        counts = [len(tokens(text)) for text in texts]
        if body.get("truncate") is False and any(count > model.context for count in counts):
            return 400, {"error": "the input length exceeds the context length"}
        found = {"model": name, "embeddings": [vector(text) for text in texts]}
        return 200, {**found, "prompt_eval_count": sum(counts)}

    async def _pull(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        name = str(body.get("model") or body.get("name") or "")
        kind = "application/x-ndjson"
        await reply.start(kind)
        await reply.chunk(go_json({"status": "pulling manifest"}) + b"\n")
        model = self.world.library.get(name) or self.world.find(name)
        if model is None:
            said = "pull model manifest: file does not exist"
            await reply.chunk(go_json({"error": said}) + b"\n")
            await reply.end()
            return
        layer = {"status": f"pulling {model.digest[:12]}", "digest": f"sha256:{model.digest}"}
        for percent in range(0, 101, 20):
            done = model.size * percent // 100
            if done < self.world.partial.get(name, 0):
                continue
            self.world.partial[name] = done
            line = {**layer, "total": model.size, "completed": done}
            await reply.chunk(go_json(line) + b"\n")
            if percent >= 60 and self.pull_fault:
                await self._break_pull(reply)
                return
        for status in ("verifying sha256 digest", "writing manifest", "success"):
            await reply.chunk(go_json({"status": status}) + b"\n")
        self.world.models[name] = model
        await reply.end()

    async def _break_pull(self, reply: Reply) -> None:
        name = self.pull_fault
        if not self.pull_always_breaks:
            self.pull_fault = ""
        if name == "pull_cut":
            reply.break_off(reset=False)
            return
        await reply.chunk(go_json({"error": self.pull_says}) + b"\n")
        await reply.end()

    async def _create(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        base = self.world.find(str(body.get("from") or ""))
        template = str(body.get("template") or "")
        error = self.refuse_create
        if base is None:
            error = error or "pull model manifest: file does not exist"
        elif template and not balanced(template):
            error = error or "template: :1: unexpected EOF"
        if error or base is None:
            await reply.whole(500, go_json({"error": error}))
            return
        options = body.get("parameters") or {}
        self.world.derive(str(body["model"]), base, template or base.template, options)
        await reply.start("application/x-ndjson")
        for status in ("using existing layer", "writing manifest", "success"):
            await reply.chunk(go_json({"status": status}) + b"\n")
        await reply.end()

    async def _copy(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        source = self.world.find(str(body.get("source") or ""))
        if source is None:
            error = {"error": f"model '{body.get('source')}' not found"}
            await reply.whole(404, go_json(error))
            return
        self.world.derive(str(body["destination"]), source, source.template, {})
        await reply.whole(200, b"")

    async def _delete(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        model = self.world.find(str(body.get("model") or body.get("name") or ""))
        if model is None:
            error = {"error": f"model '{body.get('model')}' not found"}
            await reply.whole(404, go_json(error))
            return
        del self.world.models[model.name]
        self.world.loaded.pop(model.name, None)
        await reply.whole(200, b"")


def _described(model: HeldModel) -> dict[str, Any]:
    """Return what /api/show tells of a model."""
    return {
        "modelfile": f"# Modelfile\nFROM {model.parent or model.name}\n",
        "parameters": "\n".join(f"{name:30} {value}" for name, value in model.options.items()),
        "template": model.template,
        "details": model.details,
        "model_info": {
            "general.architecture": model.family,
            f"{model.family}.context_length": model.context,
            f"{model.family}.embedding_length": 8,
        },
        "capabilities": list(model.capabilities),
        "modified_at": _MODIFIED,
    }
