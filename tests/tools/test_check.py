"""What `arriero tools check` finds in a file, level by level."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.calls import registered
from tools.cases import Case
from tools.check import check_file
from tools.finding import Finding
from tools.registry import Registered, as_tool
from tools.scaffold import write_tool

GOOD = '''
POLICY = {"stock_level": {"risk": "reads"}}


def stock_level(article: str) -> str:
    """Tell how many pieces of an article there are.

    Args:
        article: Its name, such as "rope".
    """
    if article == "gone":
        raise ValueError("There is no such article.")
    return f"12 of {article}"
'''


def write(path: Path, text: str, cases: Any) -> None:
    path.write_text(text, encoding="utf-8")
    if cases is not None:
        path.with_suffix(".eval.json").write_text(json.dumps(cases), encoding="utf-8")


async def check(path: Path, text: str, cases: Any = None, others: Any = ()) -> list[Finding]:
    write(path, text, cases)
    return await check_file(path, others)


def one_case(**arguments: Any) -> dict[str, Any]:
    return {"cases": [{"request": "How many?", "tool": "stock_level", "arguments": arguments}]}


def other(name: str, **parameters: type) -> Registered:
    """Return another tool, its parameters typed as given."""

    def does(**given: Any) -> str:
        """Do something else altogether."""
        return ""

    does.__name__ = name
    kind = inspect.Parameter.KEYWORD_ONLY
    listed = [inspect.Parameter(one, kind, annotation=of) for one, of in parameters.items()]
    does.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    does.__annotations__ = {**parameters, "return": str}
    return registered(as_tool(does), "built-in")


def told(found: list[Finding], level: str, *, mend: bool = False) -> str:
    told = [one for one in found if one.level == level]
    return "\n".join(f"{one.where}: {one.what} {one.mend if mend else ''}" for one in told)


async def test_a_new_tool_has_no_finding(tmp_path: Path) -> None:
    _, files = write_tool("herd_size", tmp_path)
    assert await check_file(files[0]) == []


async def test_a_good_file_without_cases_gets_a_hint_alone(tmp_path: Path) -> None:
    (hint,) = await check(tmp_path / "stock.py", GOOD)
    assert hint.level == "hint"
    assert "no case" in hint.what


@pytest.mark.parametrize(
    ("before", "after", "level", "words"),
    [
        ('    """Tell how many', '    """This function tells how many', "warning", "begins with"),
        ("of an article there are.", "of it. " + "Very long. " * 40, "warning", "characters"),
        ("        article: Its", "        Its", "warning", "article is not described"),
        ("        article: Its", "        other: Its", "error", "Arg other in docstring not found"),
        ("article: str", "article", "error", "stock.py:5: the parameter article of stock_level"),
        ("(article: str)", "(article: str, **more: str)", "error", "**kwargs"),
        ("(article: str)", "(article: str, data: str = '')", "warning", "data says nothing"),
        ("(article: str)", "(article: str, rack: dict = {})", "warning", "rack is an object"),
        (
            "(article: str)",
            f"(article: str, {', '.join(f'row{n}: int = 0' for n in range(6))})",
            "warning",
            "7 parameters",
        ),
        ("(article: str)", "(article: str, qty: int = 1)", "hint", "Write it out: quantity"),
        ("(article: str)", "(article: str, type: str = '')", "hint", "type is a word of Python's"),
        ("(article: str)", "(article: str, days: int = 'x')", "error", "has the default 'x'"),
        ("(article: str)", "(article: str, rows: list[dict] = [])", "warning", "list of objects"),
        (
            "(article: str)",
            f"(article: str, row: __import__('typing').Literal[{', '.join('123456789')}, "
            "10, 11, 12, 13] = 1)",
            "warning",
            "row has 13 choices",
        ),
        ("stock_level", "process", "warning", "its name says nothing"),
        ("Tell how many pieces of an article there are.", "Stock.", "warning", "says only"),
        ("there are.", "there are. Never for prices.", "hint", "and not what instead"),
        (
            '"risk": "reads"',
            '"risk": {"argument": "action", "cases": {"write": "writes"}}',
            "error",
            "its risk depends on action",
        ),
        ('    if article == "gone"', "    subprocess.run(['x'])\n    if article == 'gone'",
         "warning", "stock.py:11: subprocess.run has no timeout"),
        ('"risk": "reads"', '"risc": "reads"', "error", "risc"),
        ('"risk": "reads"', '"risk": "harmless"', "error", "risk"),
        ('{"stock_level": {', '{"stock_levels": {', "error", "no tool of the file"),
        ('"risk": "reads"', "", "hint", "not declared; it counts as writes"),
        ('    """Tell', '    import time; time.sleep(0)\n    """Tell', "error", "no docstring"),
        ('    if article == "gone"', "    import time; time.sleep(0)\n    if article == 'gone'",
         "warning", "stock.py:11: time.sleep"),
        ('    if article == "gone"',
         "    def ask():\n        return requests.get('http://x')\n    if article == 'gone'",
         "warning", "stock.py:12: requests.get has no timeout"),
    ],
)  # fmt: skip
async def test_each_fault_is_found(
    tmp_path: Path, before: str, after: str, level: str, words: str
) -> None:
    assert before in GOOD
    found = await check(tmp_path / "stock.py", GOOD.replace(before, after))
    assert words in told(found, level, mend=True), found


async def test_a_call_with_a_timeout_is_fine(tmp_path: Path) -> None:
    text = GOOD + "\n\ndef _ask(requests):\n    return requests.get('http://x', timeout=3)\n"
    assert told(await check(tmp_path / "stock.py", text), "warning") == ""


async def test_names_are_compared_with_those_of_other_tools(tmp_path: Path) -> None:
    path = tmp_path / "stock.py"
    near = await check(path, GOOD, others=[other("stock_levels"), other("clock")])
    assert "near to that of stock_levels" in told(near, "warning")
    assert "clock" not in told(near, "warning")
    assert "same name" in told(await check(path, GOOD, others=[other("stock_level")]), "error")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def broken(:\n", "line 1"),
        ("\nimport no_such_package_here\n", "line 2: it needs the package no_such_package_here"),
        ("X = 1\n", "no function and no tool"),
    ],
)
async def test_a_file_that_cannot_be_read_is_an_error(
    tmp_path: Path, text: str, words: str
) -> None:
    found = await check(tmp_path / "stock.py", text)
    assert words in told(found, "error")


@pytest.mark.parametrize(
    ("cases", "words"),
    [
        (one_case(), "case 1: missing required argument 'article'"),
        (one_case(article="rope", rack=1), "unknown argument 'rack'"),
        (one_case(article="gone"), "There is no such article."),
        ({"cases": [{"request": "?", "tool": "nix", "arguments": {}}]}, "no tool 'nix'"),
        ({"case": []}, "is not what it should be"),
    ],
)
async def test_a_wrong_case_is_an_error(tmp_path: Path, cases: Any, words: str) -> None:
    assert words in told(await check(tmp_path / "stock.py", GOOD, cases), "error")


async def test_a_case_of_a_tool_that_writes_is_not_run(tmp_path: Path) -> None:
    text = GOOD.replace('"reads"', '"writes"')
    assert await check(tmp_path / "stock.py", text, one_case(article="gone")) == []


async def test_a_reader_is_tried_with_arguments_that_nobody_knows(tmp_path: Path) -> None:
    table = GOOD.replace(
        '    if article == "gone":', "    return {'rope': '12'}[article]\n    if 0:"
    )
    found = await check(tmp_path / "stock.py", table, one_case(article="rope"))
    assert "all that a model is told is: KeyError: '?!'" in told(found, "warning")
    assert told(found, "error") == ""


@pytest.mark.parametrize(
    ("returns", "level", "words"),
    [
        ("'x' * 9000", "warning", "its output is cut at"),
        ("'x' * 3000", "hint", "its output has 3000 characters"),
        ("''", "hint", "returned an empty text"),
        ("object()", "warning", "cannot be shown as text"),
    ],
)
async def test_what_a_tool_returns_is_looked_at(
    tmp_path: Path, returns: str, level: str, words: str
) -> None:
    text = GOOD.replace('f"12 of {article}"', returns)
    assert words in told(await check(tmp_path / "stock.py", text), level)


async def test_a_tool_that_takes_too_long_is_told_of(tmp_path: Path) -> None:
    text = GOOD.replace('"reads"}', '"reads", "timeout": 0.1}').replace(
        '    if article == "gone"', "    await asyncio.Event().wait()\n    if article == 'gone'"
    )
    text = "import asyncio\n" + text.replace("def stock_level", "async def stock_level")
    assert "had no answer after 0.1 seconds" in told(
        await check(tmp_path / "stock.py", text), "warning"
    )


async def test_a_side_effect_is_run_only_where_that_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "stock.py"
    text = GOOD.replace('"reads"', '"writes"')
    write(path, text, one_case(article="gone"))
    assert await check_file(path) == []
    assert "There is no such article." in told(await check_file(path, run=True), "error")


async def test_a_case_may_expect_no_call(tmp_path: Path) -> None:
    cases = one_case(article="rope")
    cases["cases"].append({"request": "Hello!", "tool": None})
    assert await check(tmp_path / "stock.py", GOOD, cases) == []


async def test_a_case_for_which_another_tool_is_found_first_is_told_of(tmp_path: Path) -> None:
    def book_room(hotel: str) -> str:
        """Book a hotel room for a night. Use it for every wish to stay somewhere overnight.

        Args:
            hotel: Its name.
        """
        return ""

    cases = one_case(article="rope")
    cases["cases"][0]["request"] = "Book me a hotel room in Cusco for tonight."
    found = await check(tmp_path / "stock.py", GOOD, cases, [registered(book_room)])
    assert "book_room is found before stock_level" in told(found, "warning")
    cases["cases"][0]["request"] = "How many pieces of rope are there?"
    found = await check(tmp_path / "stock.py", GOOD, cases, [registered(book_room)])
    assert "found before" not in told(found, "warning")


async def test_one_word_for_two_things_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "stock.py"
    found = await check(path, GOOD, others=[other("find_text", article=int)])
    assert "article is of type string, and of type integer in find_text" in told(found, "hint")
    assert "of type" not in told(await check(path, GOOD, others=[other("t", article=str)]), "hint")


async def test_a_finding_names_the_line_of_its_tool(tmp_path: Path) -> None:
    found = await check(tmp_path / "stock.py", GOOD.replace("Tell how", "This tool tells how"))
    (warning,) = [one for one in found if one.level == "warning"]
    assert warning.where == "stock.py:5: stock_level"


@pytest.mark.parametrize(
    ("given", "fits"),
    [
        ({"city": "LIMA "}, True),
        ({"city": "Lima", "day": "today"}, True),
        ({"city": "Cusco"}, False),
        ({}, False),
    ],
)
def test_a_call_is_likened_to_the_expected_one(given: dict[str, Any], fits: bool) -> None:
    case = Case("Weather in Lima?", "weather", {"city": "Lima"})
    assert case.fits("weather", given) is fits
    assert not case.fits("clock", given)


async def test_two_tools_of_one_name_in_a_file_are_told_of(tmp_path: Path) -> None:
    text = (
        "from langchain_core.tools import tool\n"
        + GOOD
        + (
            '\n\n@tool("stock_level")\ndef again(article: str) -> str:\n'
            '    """Tell it once more."""\n'
        )
    )
    found = await check(tmp_path / "stock.py", text)
    assert "a tool called stock_level stands above it" in told(found, "error")
