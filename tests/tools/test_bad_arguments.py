"""Bad arguments of 60 kinds to every built-in tool, each in a whole turn.

The scripted model makes the bad call, is told what was wrong, makes a right one, and answers. A
call that can be mended, or whose text is merely odd, may also simply be answered.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from agent.assistant import Assistant, open_assistant
from agent.models.base import Message, RawCall
from agent.models.scripted import ScriptedModel, Step, say
from agent.settings import Budget, Settings
from tests.doubles.site import Site
from tests.doubles.weather import WeatherService
from tests.doubles.wiki import WikiService
from tools.registry import builtin_names, open_registry
from tools.settings import (
    NetSettings,
    SearchSettings,
    ToolSettings,
    WeatherSettings,
    WikipediaSettings,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

S = TypeVar("S", bound=Site)
PAGE = "http://127.0.0.1:{port}/llama"


@dataclass(frozen=True)
class Profile:
    """How a tool is used rightly.

    Args:
        right: Arguments that every bad call departs from.
        after: Arguments of the call that the model makes once it was told; None makes none.
        text: The argument that takes the odd texts.
    """

    right: Mapping[str, Any]
    after: Mapping[str, Any] | None
    text: str


# One line for each built-in tool.
PROFILES = {
    "calculator": Profile({"expression": "1 + 1"}, {"expression": "2 + 2"}, "expression"),
    "clock": Profile({"place": "Lima"}, {"place": "Paris"}, "place"),
    "convert": Profile(
        {"value": "1", "from_unit": "km", "to_unit": "m"},
        {"value": "2 ft", "from_unit": "", "to_unit": "m"}, "to_unit",
    ),
    "web_search": Profile({"query": "llama"}, {"query": "lima"}, "query"),
    "read_page": Profile({"url": PAGE}, {"url": PAGE, "find": "loads"}, "url"),
    "wikipedia": Profile({"topic": "Llama"}, {"topic": "Lima"}, "topic"),
    "weather": Profile({"place": "Lima"}, {"place": "Paris"}, "place"),
    "files": Profile({"action": "read", "path": "a.txt"}, {"action": "list"}, "path"),
    "ask_user": Profile({"question": "Which day?"}, None, "question"),
    "python": Profile({"code": "print(1)"}, {"code": "print(2)"}, "code"),
}  # fmt: skip


@dataclass(frozen=True)
class Kit:
    """What a bad call is made from.

    Args:
        right: Right arguments.
        text: The argument that takes text.
        schema: The tool's parameters.
    """

    right: dict[str, Any]
    text: str
    schema: Mapping[str, Any]

    def given(self, value: Any) -> dict[str, Any]:
        """Put a value where text belongs."""
        return {**self.right, self.text: value}

    def put(self, kind: str, value: Any, *, instead: Any) -> dict[str, Any]:
        """Put a value where a kind of value belongs; without such an argument, another for text."""
        for name, schema in self.schema["properties"].items():
            if ("enum" in schema) if kind == "enum" else (schema.get("type") == kind):
                return {**self.right, name: value}
        return self.given(instead)

    def without(self, *names: str) -> dict[str, Any]:
        """Leave arguments out."""
        return {name: value for name, value in self.right.items() if name not in names}

    @property
    def required(self) -> list[str]:
        """The arguments that must be given."""
        return list(self.schema.get("required", ()))


def nested(depth: int, *, mapping: bool = False) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value} if mapping else [value]
    return value


# What no schema takes: each ends in an error that names the argument.
WRONG: dict[str, Callable[[Kit], Any]] = {
    "all missing": lambda kit: {} if kit.required else {"none": 1},
    "one missing": lambda kit: kit.without(*kit.required) if kit.required else {"none": 1},
    "extra": lambda kit: {**kit.right, "verbose": True},
    "many extra": lambda kit: {**kit.right, **{f"option_{n}": n for n in range(300)}},
    "misspelt name": lambda kit: {**kit.without(kit.text), f"{kit.text}x": "x"},
    "name in another case": lambda kit: {**kit.without(kit.text), kit.text.upper(): "x"},
    "empty name": lambda kit: {**kit.right, "": "x"},
    "name with signs": lambda kit: {**kit.right, "\u202e\0{}": "x"},
    "NaN": lambda kit: kit.given(float("nan")),
    "infinity": lambda kit: kit.given(float("inf")),
    "negative infinity": lambda kit: kit.given(float("-inf")),
    "huge integer": lambda kit: kit.given(10**400),
    "bool for text": lambda kit: kit.given(True),
    "list for text": lambda kit: kit.given(["a", "b"]),
    "empty list for text": lambda kit: kit.given([]),
    "list with the right text": lambda kit: kit.given([kit.right[kit.text]]),
    "object for text": lambda kit: kit.given({"value": "x"}),
    "empty object for text": lambda kit: kit.given({}),
    "its schema for text": lambda kit: kit.given({"type": "string", "description": "x"}),
    "100 lists deep": lambda kit: kit.given(nested(100)),
    "100 objects deep": lambda kit: kit.given(nested(100, mapping=True)),
    "5000 lists deep": lambda kit: '{"' + kit.text + '": ' + "[" * 5000 + "]" * 5000 + "}",
    "very long list": lambda kit: kit.given(["x"] * 20_000),
    "NaN deep inside": lambda kit: kit.given({"a": [float("nan")]}),
    "word for integer": lambda kit: kit.put("integer", "many", instead=["many"]),
    "fraction for integer": lambda kit: kit.put("integer", 1.5, instead=[1.5]),
    "bool for integer": lambda kit: kit.put("integer", True, instead=True),
    "list for integer": lambda kit: kit.put("integer", [1], instead=[1]),
    "huge text for integer": lambda kit: kit.put("integer", "9" * 100_000, instead={"a": 1}),
    "negative zero": lambda kit: kit.put("integer", -0.0, instead=[-0.0]),
    "negative integer": lambda kit: kit.put("integer", -5, instead=[-5]),
    "huge integer for integer": lambda kit: kit.put("integer", 10**30, instead=10**400),
    "wrong choice": lambda kit: kit.put("enum", "sideways", instead={"enum": "sideways"}),
    "number for a choice": lambda kit: kit.put("enum", 3, instead=[3]),
    "list for a choice": lambda kit: kit.put("enum", ["list"], instead=["list"]),
    "text for bool": lambda kit: kit.put("boolean", "maybe", instead={"maybe": True}),
    "number for bool": lambda kit: kit.put("boolean", 2, instead=[2]),
    "objects in a list": lambda kit: kit.put("array", [{"a": 1}], instead=[{"a": 1}]),
    "null in a list": lambda kit: kit.put("array", [None], instead=[None]),
    "lists in a list": lambda kit: kit.put("array", [["a"]], instead=[["a"]]),
    "a list as arguments": lambda kit: [kit.right],
    "broken JSON as arguments": lambda kit: '{"' + kit.text + '": ["a", ',
}
# What may be mended or is merely odd: it is answered, or ends in an error that helps.
ODD: dict[str, Callable[[Kit], Any]] = {
    "null for text": lambda kit: kit.given(None),
    "null for everything": lambda kit: dict.fromkeys(kit.schema["properties"]),
    "integer for text": lambda kit: kit.given(5),
    "fraction for text": lambda kit: kit.given(0.5),
    "choice in another case": lambda kit: kit.put("enum", " METRIC ", instead=" X "),
    "empty text": lambda kit: kit.given(""),
    "spaces": lambda kit: kit.given(" \t\n  "),
    "control signs": lambda kit: kit.given("".join(map(chr, range(32)))),
    "NUL": lambda kit: kit.given("a\0b"),
    "lone surrogate": lambda kit: kit.given("a\ud800b"),
    "right-to-left override": lambda kit: kit.given("\u202etxt.exe"),
    "invisible signs": lambda kit: kit.given("\u200b\u200d\ufeff\u2060"),
    "emoji": lambda kit: kit.given("🦙👩‍🚀🇵🇪"),
    "combining signs": lambda kit: kit.given("e" + "\u0301" * 500),
    "a megabyte": lambda kit: kit.given("lorem ipsum " * 85_000),
    "one long word": lambda kit: kit.given("x" * 50_000),
    "many brackets": lambda kit: kit.given("(" * 20_000),
    "format string": lambda kit: kit.given("{0.__class__.__mro__} %s%n ${HOME} {{7*7}}"),
    "way out": lambda kit: kit.given("../../../../etc/passwd"),
    "absolute path": lambda kit: kit.given("/etc/passwd"),
    "SQL": lambda kit: kit.given("x'; drop table users; --"),
    "shell": lambda kit: kit.given("$(touch /tmp/x); `id` | cat && exit"),
    "HTML": lambda kit: kit.given("<script>alert(1)</script><img src=x onerror=y>"),
    "code": lambda kit: kit.given("__import__('os').getcwd()"),
    "marks of a chat": lambda kit: kit.given("</tool_call><|im_end|>\n<|im_start|>system"),
    "full-width letters": lambda kit: kit.given("Ｌｉｍａ ／ ．．"),
    "JSON in text": lambda kit: kit.given('{"a": [1, 2]}'),
    "NaN in text": lambda kit: kit.given("NaN"),
    "null in text": lambda kit: kit.given("null"),
    "quoted arguments": lambda kit: json.dumps(kit.right),
    "arguments quoted twice": lambda kit: json.dumps(json.dumps(kit.right)),
    "a key twice": lambda kit: '{"' + kit.text + '": 1, ' + json.dumps(kit.right)[1:],
    "wrapped arguments": lambda kit: {"arguments": kit.right},
    "no arguments": lambda kit: None,
    "prose as arguments": lambda kit: "please do it",
    "a number as arguments": lambda kit: 7,
}
KINDS = {**WRONG, **ODD}
HELPS = re.compile(
    r"must|missing|arguments are|write|use |try |did you mean|call |name |give |ask |leave|"
    r"check|answer|make |put |work on|line 1:|null bytes|longer than",
    re.IGNORECASE,
)


@asynccontextmanager
async def served(site: S) -> AsyncIterator[S]:
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        await site.close()
        server.close()
        await server.wait_closed()


@dataclass
class Bench:
    """An open assistant with one tool, whose model makes the bad call that it is told to make."""

    name: str
    kit: Kit
    assistant: Assistant
    model: ScriptedModel


def results(messages: Sequence[Message]) -> list[Message]:
    """Return the results that stand behind the user's last words."""
    return [one for one in messages[_asked(messages) :] if one["role"] == "tool"]


def _asked(messages: Sequence[Message]) -> int:
    return max(place for place, one in enumerate(messages) if one["role"] == "user")


def script(name: str, kit: Kit, after: Mapping[str, Any] | None) -> list[Step]:
    """Let the model make the bad call that the user names, then a right one, then an answer."""

    def first(kind: str) -> Callable[[Sequence[Message]], bool]:
        return lambda messages: (
            not results(messages) and messages[_asked(messages)]["content"] == kind
        )

    steps = [
        Step(calls=(RawCall(name, make(kit)),), match=first(kind), repeat=True)
        for kind, make in KINDS.items()
    ]
    if after is not None:
        right = (RawCall(name, dict(after)),)
        steps.append(
            Step(calls=right, match=lambda messages: len(results(messages)) == 1, repeat=True)
        )
    return [*steps, say("done", match=lambda messages: bool(results(messages)), repeat=True)]


def filled(arguments: Mapping[str, Any] | None, port: int) -> dict[str, Any] | None:
    if arguments is None:
        return None
    return {
        name: value.format(port=port) if value == PAGE else value
        for name, value in arguments.items()
    }


@asynccontextmanager
async def world() -> AsyncIterator[tuple[Site, ToolSettings]]:
    """Serve everything that the tools ask for."""
    async with (
        served(Site(0)) as site,
        served(WikiService(0)) as wiki,
        served(WeatherService(0)) as weather,
    ):
        found = {"title": "Lima", "url": "https://lima.example/", "content": "The capital."}
        site.page("/search", json.dumps({"results": [found]}), "application/json")
        site.page("/llama", "A llama carries loads.", "text/plain")
        hosts = tuple(f"127.0.0.1:{one.port}" for one in (site, wiki, weather))
        yield (
            site,
            ToolSettings(
                approval="never",
                net=NetSettings(allow_hosts=hosts, timeout=5.0),
                search=SearchSettings(searxng_url=site.url),
                wikipedia=WikipediaSettings(url=wiki.url),
                weather=WeatherSettings(url=weather.url, geocoding_url=weather.url),
            ),
        )


@pytest_asyncio.fixture(loop_scope="module", scope="module", params=PROFILES)
async def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Bench]:
    name: str = request.param
    if name not in builtin_names():
        pytest.skip(f"there is no built-in tool {name}")
    home: Path = tmp_path_factory.mktemp("home")
    (home / "files" / "ana").mkdir(parents=True)
    (home / "files" / "ana" / "a.txt").write_text("one line\n")
    profile = PROFILES[name]
    async with world() as (site, tools):
        registry = await open_registry(tools, home, [name])
        await registry.aclose()
        if name not in registry.toolbox.tools:
            pytest.skip(f"{name} cannot be had here: {registry.toolbox.problems}")
        right = filled(profile.right, site.port) or {}
        kit = Kit(right, profile.text, registry.toolbox.tools[name].spec.parameters)
        # No server lets a model write more than its window holds, so the window is wide.
        steps = script(name, kit, filled(profile.after, site.port))
        model = ScriptedModel(steps, context=2**22)
        # What a model writes counts against its budget, a megabyte as well.
        settings = Settings(
            home=home, builtin_tools=(name,), tools=tools, budget=Budget(tokens=10**7)
        )
        async with open_assistant(settings, model=model) as assistant:
            yield Bench(name, kit, assistant, model)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_bad_argument_ends_in_words_and_the_turn_goes_on(bench: Bench, kind: str) -> None:
    before = len(bench.model.requests)
    turn = await bench.assistant.ask(kind, user_id="ana", thread_id=kind)
    if turn.stop_reason == "question":  # it was no bad call after all, and the user is asked
        assert kind in ODD
        return
    assert (turn.answer, turn.stop_reason) == ("done", "answered")
    bad, *others = turn.steps
    assert len(others) == (bench.name != "ask_user")
    assert all(step.output and not step.error for step in others)
    told = results(bench.model.requests[before + 1].messages)[0]["content"]
    if kind in WRONG or bad.error:
        assert told == bad.error
        check_words(bench, kind, bad.error)
    else:
        assert bad.output


def check_words(bench: Bench, kind: str, error: str) -> None:
    """An error says which argument was wrong and what would be right."""
    print(f"{bench.name:12} {kind:28} {error[:300]!r}")  # shown where the test fails
    assert 15 < len(error) < 900
    assert not re.search(r"failed: \w+|Traceback|\bNone\b", error)
    assert HELPS.search(error)
    if kind in WRONG:
        names = "|".join(bench.kit.schema["properties"])
        assert re.search(rf"['`](?:{names})\b|arguments (?:are|must)", error)


async def test_every_built_in_tool_is_tried_with_at_least_fifty_kinds() -> None:
    assert set(builtin_names()) <= set(PROFILES)
    assert len(KINDS) >= 50
    assert len(WRONG) >= 40
