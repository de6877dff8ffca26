"""What a call is checked for before it runs, and what the model is told."""

import json

import pytest

from agent.models.base import RawCall
from agent.models.calls import check_calls
from tools.spec import ToolSpec


def spec(name, required=(), **properties):
    parameters = {"type": "object", "properties": {k: {"type": v} for k, v in properties.items()}}
    if required:
        parameters["required"] = list(required)
    return ToolSpec(name, f"The tool {name}.", parameters)


TOOLS = (
    spec("add", ("a", "b"), a="integer", b="integer"),
    spec("calculator", ("expression",), expression="string"),
    spec("web_search", ("query",), query="string", count="integer"),
    spec("clock", zone="string"),
    spec("math.hypot", ("x", "y"), x="number", y="number"),
    spec("Tag", ("names",), names="array"),
)


def check(name, arguments, tools=TOOLS):
    (call,) = check_calls([RawCall(name, arguments)], tools)
    return call


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("add", "add"),
        ("ADD", "add"),
        ('"add"', "add"),
        ("functions.add", "add"),
        ("add.call", "add"),
        ("webSearch", "web_search"),
        ("web-search", "web_search"),
        ("math_hypot", "math.hypot"),
        ("tag", "Tag"),
    ],
)
def test_mends_a_name_that_fits_one_tool(written, meant):
    assert check(written, {}).name == meant


def test_does_not_guess_between_two_tools():
    tools = (spec("get_time"), spec("getTime"))
    assert check("get_time", {}, tools).problem == ""
    assert "unknown tool 'get-time'" in check("get-time", {}, tools).problem


def test_finds_a_tool_whose_name_a_server_cut():
    long = "long." * 20
    assert check(("long_" * 20)[:64], {}, (spec(long),)).name == long


def test_tells_the_names_when_the_tool_is_unknown():
    call = check("lookup", {"q": 1})
    assert call.problem == (
        "unknown tool 'lookup'; tools are: add, calculator, web_search, clock, math.hypot, Tag"
    )
    assert call.arguments == {"q": 1}


@pytest.mark.parametrize(
    "arguments",
    [
        {"a": 1, "b": 2},
        '{"a": 1, "b": 2}',
        "{'a': 1, 'b': 2}",
        json.dumps(json.dumps({"a": "1", "b": 2.0})),
        {"arguments": {"a": 1, "b": 2}},
        {"type": "object", "properties": {"a": 1, "b": 2}, "required": ["a"]},
    ],
)
def test_reads_arguments_in_any_wrapping(arguments):
    call = check("add", arguments)
    assert (call.arguments, call.problem) == ({"a": 1, "b": 2}, "")


def test_gives_a_sole_value_to_a_sole_parameter():
    assert check("calculator", "1+2").arguments == {"expression": "1+2"}
    assert check("calculator", 7).arguments == {"expression": "7"}
    assert check("web_search", "llamas").arguments == {"query": "llamas"}


@pytest.mark.parametrize("nothing", [None, "", "  ", {}])
def test_takes_nothing_for_no_arguments(nothing):
    assert (check("clock", nothing).arguments, check("clock", nothing).problem) == ({}, "")


@pytest.mark.parametrize("broken", ['{"expression": "1+', [1, 2], "[1, 2]"])
def test_says_when_arguments_are_no_object(broken):
    call = check("calculator", broken)
    assert call.arguments == {}
    assert call.problem.startswith("the arguments must be a complete JSON object with the keys: e")


def test_joins_what_is_wrong():
    assert check("add", {"a": "three", "c": 1}).problem == (
        "unknown argument 'c'; arguments are: a, b; argument 'a' must be an integer, "
        "was 'three'; missing required argument 'b'"
    )


def test_drops_repetitions_but_not_other_calls():
    raw = [
        RawCall("add", {"a": 1, "b": 2}, "x"),
        RawCall("Add", '{"b": "2", "a": 1.0}', "y"),
        RawCall("add", {"a": 1, "b": 3}, "z"),
    ]
    calls = check_calls(raw, TOOLS)
    assert [(call.id, call.arguments["b"]) for call in calls] == [("x", 2), ("z", 3)]


def test_keeps_ids_that_are_unique_and_makes_the_others():
    raw = [RawCall("add", {"a": n, "b": n}, given) for n, given in enumerate(["k", "k", "", "m"])]
    first, second, third, fourth = (call.id for call in check_calls(raw, TOOLS))
    assert (first, fourth) == ("k", "m")
    for made in (second, third):
        assert made.startswith("call_")
        assert len(made) == 13
    assert second != third


def test_survives_whatever_a_server_reports():
    deep = {}
    for _ in range(3000):
        deep = {"a": deep}
    assert check("add", deep).problem == ("argument 'a' must be an integer, was nested too deeply")
    assert check("lookup", deep).arguments == {}
    assert check("add", {"a": float("nan"), "b": 1}).arguments == {"b": 1}
    assert check(None, None).problem.startswith("unknown tool 'None'")
    assert check("add", object()).problem
