"""An OpenAI-shaped server that answers at once, in a process of its own.

It asks for three tools when the last user message contains the word "three" and no result stands
behind it; otherwise it answers with one short sentence. Run as
`python -m evals.bench.instant`; it prints its port.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

TEXT = "Hello, how can I help?"
USAGE = {"prompt_tokens": 50, "completion_tokens": 6, "total_tokens": 56}


def reply(body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the assistant's message and the finish reason for a request."""
    last = body["messages"][-1]
    if last["role"] == "user" and "three" in str(last["content"]):
        calls = [
            {
                "id": f"call_{n}",
                "index": n,
                "type": "function",
                "function": {"name": "add", "arguments": json.dumps({"a": n, "b": 2})},
            }
            for n in range(3)
        ]
        return {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"
    return {"role": "assistant", "content": TEXT}, "stop"


def body_of(request: dict[str, Any]) -> tuple[bytes, str]:
    """Return the bytes of an answer and their content type, streamed or whole."""
    message, finish = reply(request)
    head = {"id": "c1", "created": 1, "model": "instant"}
    if not request.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": finish}
        whole = {**head, "object": "chat.completion", "choices": [choice], "usage": USAGE}
        return json.dumps(whole).encode(), "application/json"
    head["object"] = "chat.completion.chunk"
    pieces: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]},
        {**head, "choices": [], "usage": USAGE},
    ]
    lines = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
    return "".join([*lines, "data: [DONE]\n\n"]).encode(), "text/event-stream"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer requests on one connection until it is closed."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            match = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            data = await reader.readexactly(int(match[1])) if match else b""
            if head.startswith(b"POST"):
                status, (body, kind) = "200 OK", body_of(json.loads(data))
            else:
                status, body, kind = "404 Not Found", b"{}", "application/json"
            writer.write(
                f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n"
                f"content-length: {len(body)}\r\n\r\n".encode()
                + body
            )
            await writer.drain()
    writer.close()


async def main() -> None:
    """Serve on a free loopback port, and print it."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server beside this process and yield its base URL."""
    command = [sys.executable, "-m", "evals.bench.instant"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe, as asked for above
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
