"""Turns through the whole machine, with a scripted model."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.assistant import Assistant, open_assistant
from agent.errors import ModelMissing, ServerFault, UsageError
from agent.events import (
    AnswerReset,
    Event,
    Notice,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from agent.models.base import RawCall
from agent.models.scripted import ScriptedModel, Step, call, calls, fail, say
from agent.settings import Budget, Settings

Opener = Callable[..., AbstractAsyncContextManager[Assistant]]


class Adder:
    """A tool that counts how often it ran."""

    def __init__(self) -> None:
        self.runs: list[tuple[int, int]] = []

    async def add(self, a: int, b: int) -> int:
        """Add two integers.

        Args:
            a: The first one.
            b: The second one.
        """
        self.runs.append((a, b))
        return a + b


@pytest.fixture
def adder() -> Adder:
    return Adder()


@pytest.fixture
def opened(tmp_path: Path, adder: Adder) -> Opener:
    @asynccontextmanager
    async def opener(
        steps: Sequence[Step], tools: Sequence[Any] | None = None, **options: Any
    ) -> AsyncIterator[Assistant]:
        budget = Budget(**options.pop("budget", {}))
        model = ScriptedModel(steps, **options)
        settings = Settings(home=tmp_path, builtin_tools=(), budget=budget)
        offered = [adder.add] if tools is None else tools
        async with open_assistant(settings, tools=offered, model=model) as assistant:
            yield assistant
        model.assert_finished()

    return opener


async def ask(assistant: Assistant, text: str = "hello") -> Any:
    return await assistant.ask(text, user_id="ana", thread_id="t")


async def events_of(assistant: Assistant, text: str = "hello") -> list[Event]:
    return [event async for event in assistant.stream(text, user_id="ana", thread_id="t")]


async def test_a_plain_question_costs_one_call_and_streams(opened: Opener) -> None:
    async with opened([say("Good morning to you.")]) as assistant:
        events = await events_of(assistant)
    assert isinstance(events[0], TurnStarted)
    assert isinstance(events[-1], TurnFinished)
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 1
    turn = events[-1].turn
    assert turn.answer == "".join(pieces) == "Good morning to you."
    assert (turn.stop_reason, turn.usage.calls, turn.steps) == ("answered", 1, ())


async def test_a_tool_runs_and_its_result_reaches_the_model(opened: Opener) -> None:
    seen_three = lambda messages: messages[-1]["content"] == "3"  # noqa: E731
    async with opened([call("add", a=1, b=2), say("It is 3.", match=seen_three)]) as assistant:
        turn = await ask(assistant)
    (step,) = turn.steps
    assert (step.name, step.arguments, step.output, step.error) == (
        "add",
        {"a": 1, "b": 2},
        "3",
        "",
    )
    assert turn.answer == "It is 3."
    assert turn.usage.calls == 2


async def test_independent_calls_run_side_by_side_and_keep_their_order(opened: Opener) -> None:
    barrier = asyncio.Barrier(3)

    async def meet(n: int) -> str:
        """Wait for the others.

        Args:
            n: A number.
        """
        await barrier.wait()
        return f"met {n}"

    asked = [RawCall("meet", {"n": n}) for n in (3, 1, 2)]
    async with opened([calls(*asked), say("done")], [meet]) as assistant:
        turn = await ask(assistant)
    assert [step.output for step in turn.steps] == ["met 3", "met 1", "met 2"]


async def test_an_unknown_tool_is_answered_with_the_valid_names(
    opened: Opener, adder: Adder
) -> None:
    def told(messages: Sequence[Any]) -> bool:
        return "multiply" in messages[-1]["content"] and "add" in messages[-1]["content"]

    steps = [call("multiply", a=1, b=2), call("add", a=1, b=2), say("3")]
    steps[1] = Step(calls=steps[1].calls, match=told)
    async with opened(steps) as assistant:
        events = await events_of(assistant)
    turn = events[-1].turn  # type: ignore[union-attr]
    assert turn.answer == "3"
    assert [bool(step.error) for step in turn.steps] == [True, False]
    assert adder.runs == [(1, 2)]
    assert any(isinstance(event, Notice) and event.kind == "repair" for event in events)


async def test_arguments_are_coerced_to_the_schema(opened: Opener, adder: Adder) -> None:
    async with opened([call("add", a="3", b="4"), say("7")]) as assistant:
        turn = await ask(assistant)
    assert turn.steps[0].arguments == {"a": 3, "b": 4}
    assert adder.runs == [(3, 4)]


async def test_after_one_repair_round_an_invalid_call_ends_the_turn_by_name(
    opened: Opener, adder: Adder
) -> None:
    steps = [call("add", a="x"), call("add", a="y"), say("I could not.")]
    async with opened(steps) as assistant:
        turn = await ask(assistant)
    assert (turn.stop_reason, turn.answer) == ("invalid_calls", "I could not.")
    assert turn.usage.calls == 3
    assert adder.runs == []


async def test_the_budget_of_steps_ends_the_turn_with_an_answer(opened: Opener) -> None:
    steps = [call("add", a=n, b=1) for n in range(3)] + [say("So far: 3.")]
    async with opened(steps, budget={"steps": 3}) as assistant:
        turn = await ask(assistant)
    assert (turn.stop_reason, turn.answer, len(turn.steps)) == ("step_limit", "So far: 3.", 3)


async def test_the_budget_of_calls_ends_the_turn_before_they_run(
    opened: Opener, adder: Adder
) -> None:
    many = calls(*(RawCall("add", {"a": n, "b": 1}) for n in range(5)))
    async with opened([many, say("Too many.")], budget={"calls": 4}) as assistant:
        turn = await ask(assistant)
    assert (turn.stop_reason, turn.answer, adder.runs) == ("step_limit", "Too many.", [])


async def test_the_budget_of_tokens_lists_what_was_found(opened: Opener) -> None:
    steps = [call("add", a=40, b=2)]
    async with opened(steps, budget={"tokens": 256, "answer_tokens": 64}) as assistant:
        turn = await ask(assistant, "a " * 600)
    assert turn.stop_reason == "token_limit"
    assert "limit on tokens" in turn.answer
    assert "add: 42" in turn.answer


async def test_the_budget_of_seconds_ends_a_hanging_tool_and_the_turn(opened: Opener) -> None:
    async def hang() -> str:
        """Wait for ever."""
        await asyncio.Event().wait()
        return ""

    steps = [calls(RawCall("hang", {}), RawCall("add", {"a": 1, "b": 2}))]
    adding = Adder()
    async with opened(steps, [hang, adding.add], budget={"seconds": 0.3}) as assistant:
        turn = await ask(assistant)
    assert turn.stop_reason == "time_limit"
    assert "add: 3" in turn.answer


async def test_a_model_that_never_ends_is_cut_at_the_seconds_with_its_partial_text(
    opened: Opener,
) -> None:
    class Endless(ScriptedModel):
        async def stream(self, request: Any) -> Any:
            async for chunk in super().stream(request):
                yield chunk
                await asyncio.Event().wait()

    model = Endless([say("Once upon a time there was")])
    settings = Settings(home=Path("unused"), builtin_tools=(), budget=Budget(seconds=0.3))
    async with opened([]) as other:
        settings = other.settings.model_copy(update={"budget": settings.budget})
    async with open_assistant(settings, model=model) as assistant:
        turn = await ask(assistant)
    assert turn.stop_reason == "time_limit"
    assert turn.answer.startswith("Once")


async def test_a_failing_tool_is_told_to_the_model_and_ends_nothing(opened: Opener) -> None:
    def broken() -> str:
        """Fail."""
        raise RuntimeError("no such luck")

    async with opened([call("broken"), say("It failed.")], [broken]) as assistant:
        turn = await ask(assistant)
    assert "no such luck" in turn.steps[0].error
    assert turn.answer == "It failed."


async def test_a_broken_stream_is_tried_again_and_its_text_taken_back(opened: Opener) -> None:
    broken = fail(ServerFault("The connection broke off.", transient=True), after="The half of")
    async with opened([broken, say("The whole answer.")]) as assistant:
        events = await events_of(assistant)
    kinds = [type(event) for event in events]
    assert kinds.index(AnswerReset) > kinds.index(TextDelta)
    after = events[kinds.index(AnswerReset) :]
    shown = "".join(event.text for event in after if isinstance(event, TextDelta))
    assert shown == events[-1].turn.answer == "The whole answer."  # type: ignore[union-attr]


async def test_a_model_that_stays_broken_raises_and_loses_nothing(opened: Opener) -> None:
    broken = fail(ServerFault("The connection broke off.", transient=True), after="The half of")
    async with opened([broken, broken, say("Here I am.")]) as assistant:
        with pytest.raises(ServerFault):
            await ask(assistant, "precious words")
        assert await assistant.interrupted(user_id="ana", thread_id="t") == "precious words"
        turn = await ask(assistant, "precious words")
        history = await assistant.history(user_id="ana", thread_id="t")
    assert turn.answer == "Here I am."
    assert [entry["role"] for entry in history] == ["user", "assistant"]


async def test_an_error_that_stays_is_not_tried_again(opened: Opener) -> None:
    async with opened([fail(ModelMissing("gone"))]) as assistant:
        with pytest.raises(ModelMissing):
            await ask(assistant)


async def test_an_empty_answer_is_asked_again_and_then_an_error(opened: Opener) -> None:
    async with opened([say(""), say("There.")]) as assistant:
        assert (await ask(assistant)).answer == "There."
    async with opened([say(""), say(""), say("")]) as assistant:
        with pytest.raises(ServerFault, match="empty"):
            await ask(assistant, "again")


async def test_an_answer_that_was_cut_says_so(opened: Opener) -> None:
    async with opened([say("This goes on and", finish="length")]) as assistant:
        turn = await ask(assistant)
    assert turn.stop_reason == "length"


async def test_a_call_that_was_cut_is_never_run(opened: Opener, adder: Adder) -> None:
    cut = calls(RawCall("add", {"a": 1, "b": 2}), finish="length")
    async with opened([cut, say("Sorry.")]) as assistant:
        turn = await ask(assistant)
    assert adder.runs == []
    assert "cut off" in turn.steps[0].error


async def test_stop_keeps_the_partial_answer_and_ends_the_model(tmp_path: Path) -> None:
    class Endless(ScriptedModel):
        async def stream(self, request: Any) -> Any:
            try:
                async for chunk in super().stream(request):
                    yield chunk
                    if len(self.requests) == 1:
                        await asyncio.Event().wait()
            finally:
                closed.append(len(self.requests))

    closed: list[int] = []
    model = Endless([say("A long tale"), say("Hi again.")])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, model=model) as assistant:
        events = []
        async for event in assistant.stream("tell", user_id="ana", thread_id="t"):
            events.append(event)
            if isinstance(event, TextDelta):
                assert await assistant.stop(user_id="ana", thread_id="t")
        turn = events[-1].turn
        assert (turn.stop_reason, closed) == ("stopped", [1])
        assert turn.answer
        assert "A long tale".startswith(turn.answer)
        assert await assistant.interrupted(user_id="ana", thread_id="t") is None
        await ask(assistant, "and now?")
        history = await assistant.history(user_id="ana", thread_id="t")
    assert [entry["role"] for entry in history] == ["user", "assistant"] * 2


async def test_leaving_the_stream_stops_the_model(tmp_path: Path) -> None:
    gate = asyncio.Event()
    model = ScriptedModel([say("never", gate=gate)])
    settings = Settings(home=tmp_path, builtin_tools=())
    async with open_assistant(settings, model=model) as assistant:
        stream = assistant.stream("tell", user_id="ana", thread_id="t")
        assert isinstance(await anext(stream), TurnStarted)
        for _ in range(1000):
            await asyncio.sleep(0.001)
            if model.requests:
                break
        await stream.aclose()
        assert model.interrupted == 1


async def test_users_with_the_same_thread_id_share_nothing(opened: Opener) -> None:
    async with opened([say("Hi Ana."), say("Hi Bob.")]) as assistant:
        await assistant.ask("I am Ana", user_id="ana", thread_id="t")
        await assistant.ask("I am Bob", user_id="bob", thread_id="t")
        model = assistant.model
        assert isinstance(model, ScriptedModel)
        assert "Ana" not in str(model.requests[1].messages)
        (thread,) = await assistant.threads(user_id="bob")
        assert thread.title == "I am Bob"
        assert await assistant.delete_thread(user_id="bob", thread_id="t")
        assert len(await assistant.history(user_id="ana", thread_id="t")) == 2
        assert await assistant.history(user_id="bob", thread_id="t") == []


async def test_keys_of_users_and_threads_never_run_into_each_other(opened: Opener) -> None:
    async with opened([say("one"), say("two")]) as assistant:
        await assistant.ask("one", user_id="a/b", thread_id="c")
        await assistant.ask("two", user_id="a", thread_id="b/c")
        assert len(await assistant.history(user_id="a/b", thread_id="c")) == 2


async def test_a_thread_survives_a_restart(opened: Opener) -> None:
    async with opened([say("Noted.")]) as assistant:
        await ask(assistant, "My name is Ana.")

    def knows(messages: Sequence[Any]) -> bool:
        return any("Ana" in message["content"] for message in messages)

    async with opened([say("Ana.", match=knows)]) as assistant:
        assert (await ask(assistant, "Who am I?")).answer == "Ana."
        (thread,) = await assistant.threads(user_id="ana")
    assert (thread.id, thread.title, thread.turns) == ("t", "My name is Ana.", 2)


async def test_a_thread_grows_with_the_conversation_and_not_with_its_square(
    opened: Opener, tmp_path: Path
) -> None:
    sizes = []
    async with opened([say("x" * 400, repeat=True)]) as assistant:
        for number in range(40):
            await ask(assistant, f"{number} " + "y" * 400)
    with sqlite3.connect(tmp_path / "threads.sqlite") as database:
        sizes = [len(row[0]) for row in database.execute("select checkpoint from checkpoints")]
    database.close()
    assert len(sizes) <= 6
    assert sizes[-1] < 40 * 2000


async def test_two_turns_on_one_thread_run_one_after_the_other(opened: Opener) -> None:
    gate = asyncio.Event()
    async with opened([say("first", gate=gate), say("second")]) as assistant:
        one = asyncio.create_task(ask(assistant, "one"))
        two = asyncio.create_task(ask(assistant, "two"))
        for _ in range(50):
            await asyncio.sleep(0)
        gate.set()
        answers = [(await one).answer, (await two).answer]
        history = await assistant.history(user_id="ana", thread_id="t")
    assert answers == ["first", "second"]
    assert [entry["content"] for entry in history] == ["one", "first", "two", "second"]


async def test_what_was_left_out_of_the_window_is_said(opened: Opener) -> None:
    async with opened([say("b" * 900, repeat=True)], context=2048) as assistant:
        notices = []
        for number in range(8):
            turn = await ask(assistant, f"{number} " + "a" * 900)
            notices += turn.notices
            model = assistant.model
            assert isinstance(model, ScriptedModel)
            assert any(f"{number} aaa" in m["content"] for m in model.requests[-1].messages)
    assert any("left out" in notice for notice in notices)


async def test_empty_input_is_refused_before_anything_is_kept(opened: Opener) -> None:
    async with opened([]) as assistant:
        with pytest.raises(UsageError):
            await ask(assistant, " \n\x00 ")
        assert await assistant.threads(user_id="ana") == []


async def test_the_system_prompt_and_tools_stay_the_same_over_a_conversation(
    opened: Opener,
) -> None:
    steps = [call("add", a=1, b=2), say("3"), say("fine")]
    async with opened(steps) as assistant:
        await ask(assistant, "one")
        await ask(assistant, "two")
        model = assistant.model
        assert isinstance(model, ScriptedModel)
        first, _, last = model.requests
    assert last.tools == first.tools
    assert list(last.messages[: len(first.messages)]) == list(first.messages)
