"""A server on the bare protocol, which starts in a blink and behaves badly where it is told to.

Usage: bare.py [MODE …]; the modes are explained where they are used.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MODES = set(sys.argv[1:])
TOOLS = ["ping", "pid", "die", "hang", "odd", "vars"]


def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def answer(asked, **result):
    send(id=asked["id"], result=result)


def text(asked, words):
    answer(asked, content=[{"type": "text", "text": words}])


def tools(asked):
    listed = [
        {"name": name, "description": f"{name} it.", "inputSchema": {"type": "object"}}
        for name in TOOLS
    ]
    if "broken-tool" in MODES:
        listed.append({"name": "broken", "description": "No schema."})
    answer(asked, tools=listed)


def call(asked):
    name = asked["params"]["name"]
    if name == "pid":
        text(asked, str(os.getpid()))
    elif name == "die":
        os._exit(7)
    elif name == "hang":
        mark = asked["params"]["arguments"]["mark"]
        Path(mark).write_text(str(asked["id"]))
    elif name == "vars":
        text(asked, json.dumps(dict(os.environ)))
    elif name == "odd":
        send(method="notifications/of/ours", params={"a": 1})
        send(id="a", result={})
        send(id=901, method="sampling/createMessage", params={"messages": [], "maxTokens": 1})
        send(id=902, method="roots/list")
        send(id=903, method="of/ours")
        send(id=904, method="ping")
        given = [json.loads(sys.stdin.readline()) for _ in range(4)]
        text(asked, json.dumps({one["id"]: one.get("error", {}).get("code") for one in given}))
    else:
        text(asked, "pong")


def cancelled(note):
    """Answer a hung call only to tell that the word of its end has come."""
    Path(os.environ["CANCELLED"]).write_text(str(note["params"]["requestId"]))


def serve():
    for line in sys.stdin:
        asked = json.loads(line)
        match asked.get("method"):
            case "initialize":
                capabilities = {"tools": {"listChanged": True}}
                if "toolless" in MODES:
                    capabilities = {}
                answer(
                    asked,
                    protocolVersion="2025-06-18",
                    capabilities=capabilities,
                    serverInfo={"name": "bare", "version": "1"},
                )
            case "tools/list":
                tools(asked)
            case "tools/call":
                call(asked)
            case "notifications/cancelled":
                cancelled(asked)


if "note-start" in MODES:
    with open(os.environ["STARTS"], "a") as file:
        file.write(f"{os.getpid()}\n")
if "broken" in MODES:
    print("\x1b[31mno llama\x1b[0m in the stable", file=sys.stderr)
    sys.exit(3)
if "once" in MODES and len(Path(os.environ["STARTS"]).read_text().split()) > 1:
    print("I work only once", file=sys.stderr)
    sys.exit(4)
if "garbage" in MODES:
    print("Welcome to the stable!\n{}\n[1, 2]")
    sys.stdout.buffer.write(b"\xff\xfe\n")
    sys.stdout.flush()
if "silent" in MODES:
    print("thinking", file=sys.stderr, flush=True)
    time.sleep(600)
if "stubborn" in MODES:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "child" in MODES:
    child = subprocess.Popen(["sleep", "600"])
    Path(os.environ["CHILD"]).write_text(str(child.pid))
serve()
while "stubborn" in MODES:
    time.sleep(600)
