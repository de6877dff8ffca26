"""What servers say of their tools is shown, distrusted, and turned into words."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import ToolException

from tests.tools.mcp_client.world import World, sdk
from tools.declared import declared
from tools.schema import spec_of
from tools.sources import Source


def policies(world: World) -> dict[str, dict[str, Any]]:
    return {
        one.tool.name: declared(one.tool).model_dump(exclude_unset=True)
        for one in world.servers.tools
    }


async def test_tools_of_all_pages_are_listed_and_taken_for_the_worst(world: World) -> None:
    policy = {"look_up": {"risk": "reads", "output": "trusted", "core": True}}
    await world.open(pages=sdk("pages", timeout=5, policy=policy))
    assert world.servers.problems == ()
    assert policies(world) == {
        "look_up": {"risk": "reads", "output": "trusted", "timeout": 5, "core": True},
        "read_news": {"risk": "reads", "output": "outside", "timeout": 5},
        # Its name says otherwise, so it is not believed.
        "send_news": {"risk": "sends", "output": "untrusted", "timeout": 5},
        "put_away": {"risk": "writes", "idempotent": True, "output": "untrusted", "timeout": 5},
        "show": {"risk": "writes", "output": "outside", "timeout": 5},
    }
    assert world.tool("look_up").description == "Look a word up"
    assert spec_of(world.tool("show")).parameters == {
        "type": "object",
        "properties": {"what": {"type": "string", "description": "What to show."}},
        "required": ["what"],
    }


async def test_a_server_that_is_trusted_is_believed(world: World) -> None:
    await world.open(pages=sdk("pages", trust=True, policy={"gone": {}}))
    risks = {name: policy.get("risk") for name, policy in policies(world).items()}
    assert risks == {
        "look_up": "reads",
        "read_news": "reads",
        "send_news": "reads",
        "put_away": None,  # taken for a write, as its name tells nothing
        "show": "reads",
    }
    (said,) = world.servers.problems
    assert "`policy` names 'gone', which is no tool of it" in said


async def test_tools_that_change_are_listed_again(world: World) -> None:
    await world.open(pages=sdk("pages"))
    before = world.servers.tools
    assert await world.call("put_away") == "put away"
    assert await world.servers.refresh()
    assert world.servers.tools[:-1] == before
    assert world.names[-1] == "pages.take_out"
    assert not await world.servers.refresh()


async def test_every_kind_of_content_becomes_words(world: World) -> None:
    await world.open(pages=sdk("pages"))
    shown = {
        "text": "one\ntwo",
        "image": "(image left out: image/png, 1,234 bytes)",
        "audio": "(audio left out: audio/wav, 1,234 bytes)",
        "resource": "the page\n(file left out: application/zip, 1,234 bytes, file:///b.zip)",
        "link": "A page: https://example.org/a\nnotes: file:///notes (mine)",
        "nothing": "done",
        "structured": '{"kilos":3}',
    }
    for what, text in shown.items():
        assert await world.call("show", what=what) == text
    page = "https://example.org/a"
    _, sources = await world.tool("show").coroutine(what="link")
    assert sources == [Source("A page", page)]
    _, sources = await world.tool("show").coroutine(what="resource")
    assert sources == [Source(page, page, "the page")]
    with pytest.raises(ToolException, match=r"^no such thing; show text$"):
        await world.call("show", what="error")
    with pytest.raises(ToolException, match=r"^show failed and did not say why.$"):
        await world.call("show", what="silent error")
