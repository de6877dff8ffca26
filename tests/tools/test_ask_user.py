"""Asking back: what reaches the user, and what is sent back to the model instead."""

from __future__ import annotations

from typing import Any

import pytest

from tools.ask_user import ask_user_tool
from tools.declared import declared
from tools.errors import Question
from tools.invoke import Result, invoke
from tools.schema import spec_of, validate


async def ask(**arguments: Any) -> Result:
    return await invoke(ask_user_tool(), arguments, "c", seconds=5)


@pytest.mark.parametrize(
    ("arguments", "text", "options"),
    [
        ({"question": "Which day?"}, "Which day?", ()),
        ({"question": " Which\n day? ", "options": []}, "Which day?", ()),
        ({"question": "Which?", "options": ["Mon", "Tue ", "Mon"]}, "Which?", ("Mon", "Tue")),
        ({"question": "¿Qué día?", "options": None}, "¿Qué día?", ()),
        ({"question": "pay \u202eevil\u200b now?\x1b[2J"}, "pay evil now? [2J", ()),
    ],
)
async def test_a_question_stops_the_tool(
    arguments: dict[str, Any], text: str, options: tuple[str, ...]
) -> None:
    with pytest.raises(Question) as caught:
        await ask(**arguments)
    assert (caught.value.text, caught.value.options) == (text, options)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"question": " \n"}, "`question` is empty"),
        ({"question": "?!"}, "`question` is empty"),
        ({"question": "x" * 501}, "`question` has 501 characters; 500 are the most"),
        ({"question": "Which?", "options": list("abcdefg")}, "`options` has 7 answers; 6 are"),
        ({"question": "Which?", "options": ["a", " "]}, "`options` holds an empty answer"),
        ({"question": "Which?", "options": ["a" * 101]}, "an answer of 101 characters"),
        ({}, "`question` is missing"),
        ({"question": "Which?", "options": [{"a": 1}]}, "`options.0` was"),
    ],
)
async def test_an_unfit_question_goes_back(arguments: dict[str, Any], message: str) -> None:
    assert message in (await ask(**arguments)).error


def test_options_that_a_small_model_writes_are_mended() -> None:
    parameters = spec_of(ask_user_tool()).parameters
    for written in ("Mon", '["Mon"]', ["Mon"]):
        given, problems = validate({"question": "Which?", "options": written}, parameters)
        assert (given["options"], problems) == (["Mon"], ())


def test_the_answer_counts_as_the_users_word() -> None:
    policy = declared(ask_user_tool())
    assert policy.output == "trusted"
    assert policy.risk_of("ask_user", {}) == "reads"
    assert 3 <= len(policy.examples) <= 6
