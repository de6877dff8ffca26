"""A turn that is stopped keeps what was done until then, once."""

import asyncio

from agent.assistant import open_assistant
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, calls
from agent.settings import Settings


async def quick() -> str:
    """Answer at once."""
    return "done"


class Gate:
    """A tool that says when it was begun and never ends."""

    def __init__(self):
        self.begun = asyncio.Event()

    async def slow(self) -> str:
        """Wait for ever."""
        self.begun.set()
        await asyncio.Event().wait()
        return "never"


async def until_kept(assistant, key):
    """Wait until the thread holds the result of the call that has finished."""
    while not any(e["role"] == "tool" for e in await assistant.history(**key)):
        pass


async def test_a_step_that_finished_beside_a_stopped_one_counts_once(tmp_path):
    gate = Gate()
    key = {"user_id": "u", "thread_id": "t"}
    both = calls(RawCall("quick", {}), RawCall("slow", {}))
    settings = Settings(home=tmp_path, builtin_tools=())
    tools = [quick, gate.slow]
    async with open_assistant(settings, tools=tools, model=ScriptedModel([both])) as assistant:
        task = asyncio.create_task(assistant.ask("go", **key))
        await gate.begun.wait()
        await until_kept(assistant, key)
        history = await assistant.history(**key)
        assert [e["role"] for e in history] == ["user", "assistant", "tool"]
        assert await assistant.stop(**key)
        turn = await task
        history = await assistant.history(**key)
    assert turn.stop_reason == "stopped"
    assert [(step.name, step.output) for step in turn.steps] == [("quick", "done"), ("slow", "")]
    assert [e["role"] for e in history] == ["user", "assistant", "tool", "tool", "assistant"]
