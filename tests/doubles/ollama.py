"""A double of the Ollama server, to be scripted, watched and broken on purpose.

    double.reply("Hello.")                        the model says this next
    double.reply(calls=[("add", {"a": 1, "b": 2})])   it calls a tool
    double.fault(21)                              the next reply ends without its last line
    double.journal[-1].body                       what it was sent

By hand: `python -m tests.doubles.ollama --port 11500 [--fault 2]`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from typing import Any, cast

from tests.doubles import ollama_v1
from tests.doubles.http import Exchange, LoopbackServer, Reply
from tests.doubles.ollama_admin import AdminPages
from tests.doubles.ollama_reply import STATUS, Action, Asked, Event, go_json, speak, spoil
from tests.doubles.ollama_script import FAULTS, Script, Step, fault_name
from tests.doubles.ollama_world import HeldModel, Runner, World, render, shared, tokens

CREATED = "2026-01-01T00:00:00Z"
_MS = 1_000_000
_INTEGERS = ("num_ctx", "num_predict", "seed", "num_batch", "num_gpu", "num_thread", "top_k")


class Refused(Exception):
    """An answer with an error status.

    Args:
        status: The HTTP status.
        text: The server's sentence.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status, self.text = status, text


class OllamaDouble(AdminPages, LoopbackServer):
    """The server.

    Args:
        num_parallel: Requests that one model answers at a time; more wait without a sign.
        default_context: The window where neither request nor model sets one.
        version: What /api/version says.
    """

    def __init__(
        self, *, num_parallel: int = 1, default_context: int = 4096, version: str = "0.33.0"
    ) -> None:
        super().__init__()
        self.world = World(num_parallel)
        self.script = Script()
        self.version = version
        self.default_context = default_context
        self.silent = 0
        self.refuse_create = ""
        self.pull_fault = ""
        self.pull_says = "max retries exceeded: unexpected EOF"
        self.pull_always_breaks = False
        self._turnstile = asyncio.Semaphore(num_parallel)

    def reply(self, text: str = "", **more: Any) -> Step:
        """Script one reply; keywords are those of `Step`."""
        step = Step(text, **more)
        self.script.add(step)
        return step

    def fault(self, which: int | str, **more: Any) -> Step | None:
        """Inject a fault, by number or name, into the next reply that is asked for.

        Swapping a model (18) happens at once; a broken pull (20) waits for the next pull.
        """
        name = fault_name(which)
        if name == "swapped":
            for model in self.world.models.values():
                model.version += 1
            return None
        if name in ("pull_error", "pull_cut"):
            self.pull_fault = name
            return None
        return self.reply(more.pop("text", ""), fault=name, **more)

    def add(self, name: str, **more: Any) -> HeldModel:
        """Hold one more model; keywords are those of `HeldModel`."""
        model = HeldModel(name, **more)
        self.world.models[name] = model
        return model

    @property
    def chats(self) -> list[Exchange]:
        """The requests for a chat that were sent so far."""
        return [one for one in self.journal if one.path in ("/api/chat", "/v1/chat/completions")]

    def assert_finished(self) -> None:
        """Fail when a request found no step, a step was not used, or the double broke.

        Raises:
            AssertionError: With a line for each of these.
        """
        unused = [f"unused: {step}" for step in self.script.unused()]
        if lines := [*self.problems, *unused]:
            raise AssertionError("\n".join(lines))

    async def handle(self, exchange: Exchange, reply: Reply) -> None:
        """Answer one request."""
        pages = {
            "/api/chat": self._chat,
            "/api/generate": self._generate,
            "/v1/chat/completions": self._v1_chat,
            **self.admin_pages(),
        }
        page = pages.get(exchange.path)
        if page is None:
            await reply.whole(404, b"404 page not found", "text/plain")
            return
        try:
            body = self._read(exchange)
            await page(body, exchange, reply)
        except Refused as refusal:
            error: Any = refusal.text
            if exchange.path.startswith("/v1/"):
                error = ollama_v1.error(refusal.status, refusal.text)
            await reply.whole(refusal.status, go_json({"error": error}))

    def _read(self, exchange: Exchange) -> dict[str, Any]:
        if exchange.method in ("GET", "HEAD"):
            return {}
        if not exchange.raw:
            raise Refused(400, "missing request body")
        try:
            body = exchange.body
        except ValueError:
            raise Refused(400, "invalid character in the request body") from None
        if not isinstance(body, dict):
            raise Refused(400, "json: cannot unmarshal the request body")
        if "messages" in body:  # clients leave out what is empty
            body["messages"] = [
                {**one, "content": one.get("content") or "", "role": one.get("role", "").lower()}
                for one in body["messages"] or ()
            ]
        return body

    async def _chat(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        messages = body.get("messages") or ()
        model = self._named(body)
        if not messages and body.get("keep_alive") in (0, "0", "0s"):
            self.world.loaded.pop(model.name, None)
            await reply.whole(200, self._idle(body, "unload"))
            return
        self._able(model, body)
        self._typed(body)
        if not messages:
            self.world.load(model, body, self.default_context)
            await reply.whole(200, self._idle(body, "load"))
            return
        if body.get("_debug_render_only"):
            text, _ = render(model.template, messages, body.get("tools") or [])
            shown = {"rendered_template": text}
            line = {"model": body["model"], "created_at": CREATED, "_debug_info": shown}
            await reply.whole(200, go_json(line))
            return

        def encode(event: Event) -> bytes:
            return go_json(_chat_line(str(body["model"]), event)) + b"\n"

        await self._talk(model, body, exchange, reply, encode)

    async def _generate(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        model = self._named(body)
        self._able(model, body, "generate")
        self._typed(body)
        prompt = body.get("prompt") or ""
        if not prompt:
            unload = body.get("keep_alive") in (0, "0", "0s")
            line = {"model": body["model"], "created_at": CREATED, "response": "", "done": True}
            line["done_reason"] = "unload" if unload else "load"
            await reply.whole(200, go_json(line))
            return
        messages = [{"role": "user", "content": prompt}]
        if body.get("system"):
            messages.insert(0, {"role": "system", "content": body["system"]})

        def encode(event: Event) -> bytes:
            line = _chat_line(str(body["model"]), event)
            line["response"] = line.pop("message")["content"]
            return go_json(line) + b"\n"

        await self._talk(model, {**body, "messages": messages}, exchange, reply, encode)

    async def _v1_chat(self, body: dict[str, Any], exchange: Exchange, reply: Reply) -> None:
        native = ollama_v1.as_native(body)
        model = self._named(native)
        self._able(model, native)
        wire = ollama_v1.Wire(str(body["model"]), body)
        await self._talk(model, native, exchange, reply, wire.encode, sse=wire)

    def _named(self, body: dict[str, Any]) -> HeldModel:
        name = str(body.get("model") or "")
        if not name:
            raise Refused(400, "model is required")
        model = self.world.find(name)
        if model is None:
            raise Refused(404, f"model '{name}' not found")
        return model

    def _able(self, model: HeldModel, body: dict[str, Any], what: str = "chat") -> None:
        name = body["model"]
        if body.get("think") and "thinking" not in model.capabilities:
            raise Refused(400, f'"{name}" does not support thinking')
        if body.get("tools") and "tools" not in model.capabilities:
            raise Refused(400, f"registry.ollama.ai/library/{model.name} does not support tools")
        if "completion" not in model.capabilities:
            raise Refused(400, f'"{name}" does not support {what}')

    def _typed(self, body: dict[str, Any]) -> None:
        for name, value in (body.get("options") or {}).items():
            if name in _INTEGERS and (
                isinstance(value, bool) or not isinstance(value, int | float)
            ):
                raise Refused(500, f'option "{name}" must be of type integer')

    def _idle(self, body: dict[str, Any], reason: str) -> bytes:
        return go_json(_chat_line(str(body["model"]), {"done": reason}))

    async def _talk(
        self,
        model: HeldModel,
        body: dict[str, Any],
        exchange: Exchange,
        reply: Reply,
        encode: Any,
        sse: ollama_v1.Wire | None = None,
    ) -> None:
        step = self.script.take(str(body["model"]), body["messages"])
        if step is None:
            last = json.dumps(body["messages"][-1], ensure_ascii=False)
            self.problems.append(f"no step for request {self.script.asked}, which ends in {last}")
            raise Refused(500, "the script has no step for this request")
        if step.fault in STATUS:
            status, text = STATUS[step.fault]
            raise Refused(status, text.format(model=body["model"]))
        async with self._turnstile:
            loaded = self.world.load(model, body, self.default_context)
            runner = self.world.loaded[model.name]
            asked, counts = self._prompt(model, runner, body, exchange)
            exchange.seen["loaded"] = loaded
            speech = speak(step, asked)
            done: Event = {"done": speech.reason, **counts, "eval_count": speech.count}
            done["load_duration"] = (1500 if loaded else 20) * _MS
            runner.slots[exchange.seen["slot"]] += tokens(speech.text)
            actions = spoil(step, speech, done, encode)
            if body.get("stream") is not False:
                kind = "text/event-stream" if sse else "application/x-ndjson"
                await _send(actions, reply, kind)
            elif blocked := [one for one in actions if isinstance(one, str)]:
                await _send(blocked[:1], reply, "application/json")
            else:
                whole = sse.whole(speech.events, done) if sse else _fold(actions)
                await reply.whole(200, go_json(whole))

    def _prompt(
        self, model: HeldModel, runner: Runner, body: dict[str, Any], exchange: Exchange
    ) -> tuple[Asked, dict[str, int]]:
        tools = body.get("tools") or []
        text, visible = self._fitted(model, runner, body)
        prompt = tokens(text)
        slot = max(range(len(runner.slots)), key=lambda n: shared(runner.slots[n], prompt))
        cached = min(shared(runner.slots[slot], prompt), len(prompt) - 1)
        runner.slots[slot] = prompt
        exchange.seen.update(
            prompt=text, tools=visible, slot=slot, cached=cached, prompt_tokens=len(prompt)
        )
        counts = {
            "prompt_eval_count": len(prompt),
            "prompt_eval_duration": (len(prompt) - cached) * _MS,
        }
        room = None if runner.shift else runner.context - len(prompt)
        limit = int((body.get("options") or {}).get("num_predict", -1))
        return Asked(tools, visible, room, limit), counts

    def _fitted(
        self, model: HeldModel, runner: Runner, body: dict[str, Any]
    ) -> tuple[str, tuple[str, ...]]:
        """Render the prompt; leave old messages out without a word, or refuse."""
        messages, tools = body["messages"], body.get("tools") or []
        kept = list(messages)
        while body.get("truncate") is not False and len(kept) > 1:
            text, _ = render(model.template, kept, tools)
            if len(tokens(text)) <= runner.context:
                break
            old = [i for i, one in enumerate(kept[:-1]) if one["role"] != "system"]
            if not old:
                break
            del kept[old[0]]
        text, visible = render(model.template, kept, tools)
        if len(tokens(text)) >= runner.context and not runner.shift:
            raise Refused(
                400,
                "the prompt is longer than the context length currently available to the model",
            )
        return text, visible


def _chat_line(model: str, event: Event) -> dict[str, Any]:
    """Return the line of /api/chat for an event; counts that are 0 are left out."""
    message: dict[str, Any] = {"role": "assistant", "content": event.get("content", "")}
    if "thinking" in event:
        message["thinking"] = event["thinking"]
    if "call" in event:
        message["tool_calls"] = [event["call"]]
    line: dict[str, Any] = {"model": model, "created_at": CREATED, "message": message}
    line["done"] = "done" in event
    if "done" in event:
        if event["done"]:
            line["done_reason"] = event["done"]
        line |= {k: v for k, v in event.items() if k.endswith(("_count", "_duration")) and v}
        line["total_duration"] = 2000 * _MS
    return line


def _fold(actions: Sequence[Action]) -> dict[str, Any]:
    """Join the lines of a stream into the one object of `"stream": false`."""
    lines = [json.loads(cast(bytes, one)) for one in actions if cast(bytes, one).strip()]
    whole: dict[str, Any] = lines[-1]
    if "response" in whole:
        whole["response"] = "".join(line["response"] for line in lines)
        return whole
    messages = [line["message"] for line in lines]
    whole["message"]["content"] = "".join(message["content"] for message in messages)
    if calls := [call for message in messages for call in message.get("tool_calls", ())]:
        whole["message"]["tool_calls"] = calls
    return whole


async def _send(actions: Sequence[Action], reply: Reply, kind: str) -> None:
    """Send what the script wants on the wire; headers go with the first byte."""
    for action in actions:
        if action == "stall":
            await asyncio.Event().wait()  # until the client hangs up or the double closes
        elif action in ("reset", "fin"):
            reply.break_off(reset=action == "reset")
            return
        else:
            await reply.start(kind)
            await reply.chunk(cast(bytes, action))
    await reply.start(kind)
    await reply.end()


def main() -> None:
    """Serve until interrupted; every chat gets the same answer unless told otherwise."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=11500)
    parser.add_argument("--text", default="I am a double of a model.")
    parser.add_argument("--fault", default="", help="number or name of a fault of every reply")
    options = parser.parse_args()
    double = OllamaDouble()
    if options.fault:
        which = int(options.fault) if options.fault.isdigit() else options.fault
        try:
            double.fault(which, times=None)
        except (KeyError, ValueError):
            names = ", ".join(f"{n} {'/'.join(words)}" for n, words in FAULTS.items())
            parser.error(f"no fault is called {options.fault}; there are: {names}")
    double.reply(options.text, times=None)
    double.start(options.port)
    print(f"{double.url} holds {', '.join(double.world.models)}; Ctrl-C ends it.", flush=True)
    try:
        while double._thread and double._thread.is_alive():
            double._thread.join(1)
    except KeyboardInterrupt:
        double.close()


if __name__ == "__main__":
    main()
