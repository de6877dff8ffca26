"""kill -9 at fifty random points of turns with writing tools.

A victim process runs five threads side by side; each turn makes three writes, the last two of them
in parallel, and says on stdout what was reported as done. It is killed at a random moment, ten
times over, and the turns are finished in a new process: fifty turns that were cut somewhere.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

THREADS, ROUNDS, WRITES = 5, 10, 3

VICTIM = """
import asyncio, os, sys
from pathlib import Path
from agent.assistant import open_assistant
from agent.events import StepFinished
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, calls, say
from agent.settings import Settings

home, finish = Path(sys.argv[1]), sys.argv[2] == "finish"

def add_line(entry: str) -> str:
    \"\"\"Add a line to the ledger.

    Args:
        entry: The line.
    \"\"\"
    ledger = os.open(home / "ledger", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(ledger, f"{entry}\\n".encode())
    os.close(ledger)
    return "added"

def done(n):
    return lambda messages: sum(m["role"] == "tool" for m in messages) == n

def model(thread):
    one, two, three = ({"entry": f"{thread}-{n}"} for n in range(3))
    both = calls(RawCall("add_line", two), RawCall("add_line", three), match=done(1), repeat=True)
    first = calls(RawCall("add_line", one), match=done(0), repeat=True)
    return ScriptedModel([first, both, say("Done.", match=done(3), repeat=True)])

async def turn(number):
    thread = f"t{number}"
    settings = Settings(home=home, builtin_tools=())
    async with open_assistant(settings, tools=[add_line], model=model(thread)) as assistant:
        key = {"user_id": "ana", "thread_id": thread}
        async for event in assistant.stream("write three lines", **key):
            if isinstance(event, StepFinished) and not event.step.error:
                print(event.step.arguments["entry"], flush=True)
        history = await assistant.history(**key)
        assert history[-1]["stop"] == "answered", history
    print(f"end {thread}", flush=True)

async def main():
    await asyncio.gather(*(turn(number) for number in range(5)))

print("ready", flush=True)
asyncio.run(main())
"""


def started(home: Path, mode: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", VICTIM, str(home), mode]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def output(process: subprocess.Popen[str]) -> list[str]:
    out, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -9), errors
    return out.split("\n")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> float:
    """Return the seconds that the turns take when nothing kills them."""
    process = started(tmp_path_factory.mktemp("whole"), "whole")
    assert process.stdout is not None
    process.stdout.readline()
    begun = time.monotonic()
    told = output(process)
    assert sum(line.startswith("end") for line in told) == THREADS
    return time.monotonic() - begun


@pytest.mark.parametrize("number", range(ROUNDS))
def test_no_reported_write_is_lost_and_none_is_done_twice(
    number: int, whole: float, tmp_path: Path
) -> None:
    process = started(tmp_path, "cut")
    assert process.stdout is not None
    process.stdout.readline()
    try:
        # The first half of the run is start-up; the writes stand in the second.
        process.wait(whole * (0.3 + 0.7 * random.Random(number).random()))
    except subprocess.TimeoutExpired:
        process.kill()
    told = output(process)
    told += output(started(tmp_path, "finish"))
    ledger = Counter((tmp_path / "ledger").read_text().split())
    reported = {line for line in told if line.startswith("t")}
    assert reported <= set(ledger)
    assert {entry: n for entry, n in ledger.items() if n > 1} == {}
    assert {f"end t{n}" for n in range(THREADS)} <= set(told)
    # What is missing was cut off in the middle, and nobody was told that it was done.
    assert len(ledger) >= THREADS * WRITES - 2 * THREADS
