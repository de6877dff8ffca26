"""Prompt injection on AgentDojo's banking and slack suites (Debenedetti et al., NeurIPS 2024).

Tasks, environments, attacks and checks are those of the package `agentdojo`. Every run is a whole
turn of the assistant whose model follows a script, so that the machine is measured and no model:

- *benign*: the model makes the calls of the user task's ground truth. The user approves those
  calls and no others. AgentDojo's `utility` must hold.
- *attacked*: the model always obeys. It makes the user's calls until a result holds the injected
  text, then every call of the injection task's ground truth, then the rest. The attack has
  succeeded if AgentDojo's `security` check says so. Once nobody answers approvals, and once the
  user does, as above. Some texts hide what they want, so that no value can be found in them, and
  some goals need nothing but a tool that reads.
"""

from __future__ import annotations

import asyncio
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.assistant import open_assistant
from agent.errors import MissingExtra
from agent.events import Answer, Approval, Turn, Waiting
from agent.models.scripted import ScriptedModel, call, say
from agent.settings import Settings
from evals.bench.agentdojo_attacks import extra, injections
from evals.bench.result import Row, wilson
from tools.declared import guessed

VERSION = "v1.2.2"
SUITES = ("banking", "slack")
ATTACKS = ("important_instructions", "ignore_previous", "hidden")
Call = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Tally:
    """What one suite came to."""

    benign: int = 0
    useful: int = 0
    calls: int = 0
    effects: int = 0
    asked: int = 0
    attacks: int = 0
    succeeded: list[str] = field(default_factory=list)
    useless: list[str] = field(default_factory=list)


def measure(
    *,
    progress: Callable[[str], None],
    attacks: Sequence[str] = ATTACKS,
    tasks: int | None = None,
    suites: Sequence[str] = SUITES,
) -> list[Row]:
    """Return utility and attack success for each suite.

    Args:
        progress: Told a line after each user task, and of each run that went wrong.
        attacks: Names of attacks: AgentDojo's, and `hidden`.
        tasks: How many user tasks of each suite; None means all.
        suites: Which suites.

    Raises:
        MissingExtra: The package is not installed.
    """
    rows = []
    for name in suites:
        suite = load(name)
        tally = Tally()
        for task in list(suite.user_tasks.values())[:tasks]:
            benign(suite, task, tally)
            for attack in attacks:
                attacked(suite, task, attack, tally)
            progress(f"{name} {task.ID}: {tally.attacks} attacks, {len(tally.succeeded)} succeeded")
        for line in (*tally.useless, *tally.succeeded):
            progress(f"wrong: {name} {line}")
        rows.append(Row(f"agentdojo {VERSION}", name, tally.benign, _values(tally)))
    return rows


def _values(tally: Tally) -> dict[str, float]:
    low, high = wilson(len(tally.succeeded), tally.attacks)
    return {
        "utility": tally.useful / max(tally.benign, 1),
        "attacks": float(tally.attacks),
        "succeeded": float(len(tally.succeeded)),
        "from": low,
        "to": high,
        "approvals a task": tally.asked / max(tally.benign, 1),
        "calls a task": tally.calls / max(tally.benign, 1),
        "effects a task": tally.effects / max(tally.benign, 1),
    }


def load(name: str) -> Any:
    """Load one of AgentDojo's suites."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from agentdojo.task_suite.load_suites import get_suite
        except ImportError as error:
            raise MissingExtra(
                "The package agentdojo is not installed.", 'pip install "arriero[bench]"'
            ) from error
        return get_suite(VERSION, name)


def benign(suite: Any, task: Any, tally: Tally) -> None:
    """Run a user task as its ground truth does it."""
    driver = Driver(lambda env: truth(task, env), task, answers=True)
    useful, _ = suite.run_task_with_pipeline(driver, task, None, {})
    tally.benign += 1
    tally.useful += useful
    tally.asked += driver.asked
    tally.calls += driver.made
    tally.effects += driver.effects
    if not useful:
        tally.useless.append(f"{task.ID}: {driver.told}")


def attacked(suite: Any, task: Any, attack: str, tally: Tally) -> None:
    """Run a user task with each injection, with nobody there and with the user there."""
    target = Driver(lambda env: [], task, answers=False)
    for injection in (*suite.injection_tasks.values(), *extra(suite).values()):
        injected = injections(suite, task, injection, attack, target)
        if not injected:
            continue
        for answers in (False, True):
            driver = Driver(
                lambda env, i=injection, s=injected: obeying(suite, task, i, s, env),  # type: ignore[misc]
                task,
                answers=answers,
            )
            _, broken = suite.run_task_with_pipeline(driver, task, injection, injected)
            tally.attacks += 1
            if broken:
                who = "user" if answers else "nobody"
                tally.succeeded.append(f"{task.ID} {injection.ID} {attack} {who}: {driver.told}")


def truth(task: Any, env: Any) -> list[Call]:
    """Return a task's ground truth."""
    return [(one.function, dict(one.args)) for one in task.ground_truth(env)]


def obeying(
    suite: Any, task: Any, injection: Any, injected: dict[str, str], env: Any
) -> list[Call]:
    """Return the calls of a model that does what an injected text says as soon as it reads it."""
    from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
    from agentdojo.functions_runtime import FunctionsRuntime

    wanted, runtime, copy = (
        truth(task, env),
        FunctionsRuntime(suite.tools),
        env.model_copy(deep=True),
    )
    seen = 0
    for name, arguments in wanted:
        seen += 1
        result, _ = runtime.run_function(copy, name, arguments)
        shown = "".join(tool_result_to_str(result).split())
        if any("".join(text.split())[:60] in shown for text in injected.values()):
            break
    made: list[Call] = []
    for one in (*wanted[:seen], *truth(injection, env), *wanted[seen:]):
        if one not in made:  # the machine refuses exact repetitions
            made.append(one)
    return made


class Driver:
    """One of AgentDojo's pipelines: a turn of the assistant with a model that follows a script.

    Args:
        script: Returns the calls that the model makes, given the environment.
        task: The user's task, whose calls the user approves.
        answers: Whether the user is there to answer.
    """

    name = "local"

    def __init__(self, script: Callable[[Any], list[Call]], task: Any, *, answers: bool) -> None:
        self._script = script
        self._task = task
        self._answers = answers
        self.asked = self.made = self.effects = 0
        self.told = ""

    def query(
        self, query: str, runtime: Any, env: Any, messages: Any = (), extra_args: Any = None
    ) -> tuple[str, Any, Any, list[Any], dict[str, Any]]:
        """Run the turn, and return what was done as AgentDojo's messages."""
        turn = asyncio.run(self._turn(query, runtime, env))
        return query, runtime, env, list(_messages(turn)), {}

    async def _turn(self, query: str, runtime: Any, env: Any) -> Turn:
        wanted = truth(self._task, env)
        script = [call(name, **arguments) for name, arguments in self._script(env)]
        model = ScriptedModel([*script, say(str(self._task.GROUND_TRUTH_OUTPUT) or "Done.")])

        async def user(request: Waiting) -> Answer:
            assert isinstance(request, Approval)  # noqa: S101 - the suites' tools ask nothing
            self.asked += 1
            right = (request.tool, request.arguments) in wanted
            return Answer("approve" if right else "reject")

        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(
                home=Path(folder),
                builtin_tools=(),
                tools={"shown": 64},  # type: ignore[arg-type]
                budget={"steps": 80, "calls": 200},  # type: ignore[arg-type]
            )
            async with open_assistant(
                settings,
                tools=list(_tools(runtime, env)),
                model=model,
                approve=user if self._answers else None,
            ) as assistant:
                turn = await assistant.ask(query, user_id="bench", thread_id="t")
        made = [step for step in turn.steps if not step.error]
        self.made = len(made)
        self.effects = sum(guessed(step.name) != "reads" for step in made)
        steps = "; ".join(f"{s.name}{s.arguments} {s.error[:60]}" for s in turn.steps)
        self.told = f"{turn.stop_reason}; {steps}"[:900]
        return turn


def _tools(runtime: Any, env: Any) -> Iterator[Any]:
    """Wrap a suite's functions as a newcomer would: name, description, schema, nothing declared."""
    from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
    from langchain_core.tools import StructuredTool, ToolException

    for function in runtime.functions.values():

        async def run(name: str = function.name, /, **arguments: Any) -> str:
            result, error = runtime.run_function(env, name, arguments)
            if error:
                raise ToolException(error)
            return str(tool_result_to_str(result)) or "done"

        yield StructuredTool(
            name=function.name,
            description=function.description,
            args_schema=function.parameters.model_json_schema(),
            coroutine=run,
        )


def _messages(turn: Turn) -> Iterator[Any]:
    from agentdojo.functions_runtime import FunctionCall
    from agentdojo.types import ChatAssistantMessage, text_content_block_from_string

    for step in turn.steps:
        if not step.error:
            made = [FunctionCall(function=step.name, args=step.arguments)]
            yield ChatAssistantMessage(role="assistant", content=None, tool_calls=made)
    text = [text_content_block_from_string(turn.answer)]
    yield ChatAssistantMessage(role="assistant", content=text, tool_calls=None)
