"""What a turn costs beside the model: arriero against `create_agent`, same model, same run.

The model is one langchain `ChatOpenAI` object that talks to a server that answers at once. Both
agents keep their threads in SQLite; `create_agent` without any storage stands beside them as the
lower bound of what it can do. Turns of the contestants alternate, so that noise hits them alike.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from evals.bench.instant import running
from evals.bench.result import Row

Ask = Callable[[str, str], Awaitable[Any]]
KINDS = {"plain": "Hello there", "three tools": "Please add three times"}
WARM_UP = 10


async def add(a: int, b: int) -> int:
    """Add two integers.

    Args:
        a: The first one.
        b: The second one.
    """
    return a + b


async def measure(turns: int = 200) -> list[Row]:
    """Return p50 and p95 of a turn for each contestant and each kind of turn.

    Args:
        turns: Turns of each kind and contestant, each on a new thread.
    """
    rows = []
    with running() as url, tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            asks = await contestants(url, Path(folder), stack)
            for kind, text in KINDS.items():
                times = await _race(asks, text, turns)
                rows += _rows(kind, times)
    return rows


async def contestants(url: str, folder: Path, stack: AsyncExitStack) -> dict[str, Ask]:
    """Open every contestant on the same model object."""
    from langchain.agents import create_agent
    from langchain_openai import ChatOpenAI
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from pydantic import SecretStr

    from agent.assistant import open_assistant
    from agent.settings import Settings

    model = ChatOpenAI(model="instant", base_url=url, api_key=SecretStr("none"), temperature=0)
    stack.push_async_callback(model.root_async_client.close)
    saver = await stack.enter_async_context(
        AsyncSqliteSaver.from_conn_string(str(folder / "peer.sqlite"))
    )
    await saver.setup()
    settings = Settings(home=folder / "home", builtin_tools=())
    ours = await stack.enter_async_context(open_assistant(settings, tools=[add], model=model))
    own = await stack.enter_async_context(
        open_assistant(
            Settings(home=folder / "own", builtin_tools=(), model=f"openai:instant@{url}"),
            tools=[add],
        )
    )
    stored = create_agent(model, [add], checkpointer=saver)
    bare = create_agent(model, [add])

    def peer(agent: Any) -> Ask:
        async def ask(text: str, thread: str) -> Any:
            config = {"configurable": {"thread_id": thread}}
            message = {"role": "user", "content": text}
            return await agent.ainvoke({"messages": [message]}, config)

        return ask

    async def ask_ours(text: str, thread: str) -> Any:
        return await ours.ask(text, user_id="bench", thread_id=thread)

    async def ask_own(text: str, thread: str) -> Any:
        return await own.ask(text, user_id="bench", thread_id=thread)

    return {
        "create_agent, stored": peer(stored),
        "create_agent, not stored": peer(bare),
        "arriero": ask_ours,
        "arriero, own client": ask_own,
    }


async def _race(asks: dict[str, Ask], text: str, turns: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in asks}
    for turn in range(turns + WARM_UP):
        for name, ask in asks.items():
            begin = time.perf_counter()
            await ask(text, f"{text}{turn}")
            if turn >= WARM_UP:
                times[name].append((time.perf_counter() - begin) * 1000)
    return times


def _rows(kind: str, times: dict[str, list[float]]) -> list[Row]:
    def at(name: str, share: float) -> float:
        ordered = sorted(times[name])
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    reference = "create_agent, stored"
    rows = []
    for name, values in times.items():
        rows.append(
            Row(
                bench="overhead",
                case=f"{kind}: {name}",
                items=len(values),
                values={
                    "p50 ms": statistics.median(values),
                    "p95 ms": at(name, 0.95),
                    "p50 ratio": statistics.median(values) / statistics.median(times[reference]),
                    "p95 ratio": at(name, 0.95) / at(reference, 0.95),
                },
            )
        )
    return rows
