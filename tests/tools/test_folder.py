"""The tool folder: what its files bring, and what is said of those that cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.assistant import open_assistant
from agent.models.scripted import ScriptedModel, call, say
from agent.settings import Settings
from tools.folder import Folder
from tools.registry import Toolbox, open_registry
from tools.settings import ToolSettings

TOOL = '''
def {name}() -> str:
    """Tell the number."""
    return "{number}"
'''


def write(folder: Path, name: str, number: int = 1) -> Path:
    path = folder / f"{name}.py"
    path.write_text(TOOL.format(name=name, number=number), encoding="utf-8")
    return path


async def toolbox(folder: Path) -> Toolbox:
    registry = await open_registry(ToolSettings(folder=folder), folder / "home", [])
    await registry.aclose()
    return registry.toolbox


async def test_new_changed_and_deleted_files_are_noticed(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert not [offer.label for offer in folder.offers]
    await folder.refresh()
    path = write(tmp_path, "number", 1)
    assert await folder.refresh()
    assert not await folder.refresh()
    assert folder.offers[0].make().invoke({}) == "1"

    # As large as before, and within the same second.
    second = path.stat().st_mtime_ns // 10**9 * 10**9
    write(tmp_path, "number", 2)
    os.utime(path, ns=(second + 5, second + 5))
    assert await folder.refresh()
    assert folder.offers[0].make().invoke({}) == "2"

    path.unlink()
    assert await folder.refresh()
    assert folder.offers == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("X = 1\ndef broken(:\n", "bad.py was left out: line 2:"),
        (
            "\nimport no_such_package_here.part\n",
            "line 2: it needs the package no_such_package_here, which is not installed",
        ),
        ("raise SystemExit(3)\n", "line 1: it tried to end the program"),
        ("X = {}\nX['key']\n", "line 2: "),
        ("TOOLS = 7\n", "TOOLS must be a list"),
        ("POLICY = 7\n", "POLICY must be a dictionary"),
        (TOOL.format(name="fine", number=1) + "POLICY = {'fien': {}}\n", "POLICY names 'fien'"),
        (TOOL.format(name="fine", number=1) + "POLICY = {'fine': {'risk': 1}}\n", "risk"),
        ("def silent(city: str) -> str:\n    return city\n", "no docstring"),
    ],
)
async def test_a_bad_file_is_named_and_the_others_work(
    tmp_path: Path, text: str, words: str
) -> None:
    write(tmp_path, "good")
    (tmp_path / "bad.py").write_text(text, encoding="utf-8")
    box = await toolbox(tmp_path)
    assert "good" in box.names
    assert words in "\n".join(box.problems)


async def test_tests_and_private_files_and_functions_are_passed_over(tmp_path: Path) -> None:
    for name in ("_help", "test_it"):
        write(tmp_path, name)
    text = "from os.path import join\n" + TOOL.format(name="_inner", number=1)
    text += TOOL.format(name="outer", number=1)
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    box = await toolbox(tmp_path)
    assert box.names == ("outer",)
    assert box.problems == ()


async def test_tools_names_what_is_offered_and_policy_what_it_may_do(tmp_path: Path) -> None:
    text = TOOL.format(name="one", number=1) + TOOL.format(name="two", number=2)
    text += "TOOLS = [two]\nPOLICY = {'two': {'risk': 'sends', 'timeout': 3}}\n"
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    box = await toolbox(tmp_path)
    assert box.names == ("two",)
    assert box.tools["two"].declared.risk == "sends"
    assert box.tools["two"].declared.timeout == 3
    assert box.tools["two"].origin == "file mine.py"


async def test_a_folder_that_was_named_must_exist(tmp_path: Path) -> None:
    box = await toolbox(tmp_path / "nowhere")
    assert "nowhere does not exist (setting tools.folder)" in box.problems[0]


async def test_an_open_assistant_takes_a_changed_tool_in_its_next_turn(tmp_path: Path) -> None:
    folder = tmp_path / "tools"
    folder.mkdir()
    model = ScriptedModel(
        [say("None yet."), call("number"), say("One."), call("number"), say("Two.")]
    )
    settings = Settings(home=tmp_path / "home", builtin_tools=(), tools=ToolSettings(folder=folder))
    async with open_assistant(settings, model=model) as assistant:
        await assistant.ask("Which number?", user_id="ana", thread_id="t")
        write(folder, "number", 1)
        first = await assistant.ask("And now?", user_id="ana", thread_id="t")
        write(folder, "number", 2)
        second = await assistant.ask("And now?", user_id="ana", thread_id="t")
    assert first.steps[0].output == "1"
    assert "New tools: number." in str(first.notices)
    assert second.steps[0].output == "2"


async def test_what_a_file_prints_stays_out_of_stdout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "print('at import')\n" + TOOL.format(name="loud", number=1).replace(
        '    return "1"', "    print('in a call')\n    return '1'"
    )
    (tmp_path / "loud.py").write_text(text, encoding="utf-8")
    box = await toolbox(tmp_path)
    assert box.tools["loud"].tool.invoke({}) == "1"
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "at import\nin a call\n")


async def test_a_function_and_the_tool_made_of_it_are_one(tmp_path: Path) -> None:
    text = TOOL.format(name="number", number=1) + (
        "from langchain_core.tools import StructuredTool\n"
        "tool = StructuredTool.from_function(number, description='Tell it.')\n"
    )
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    box = await toolbox(tmp_path)
    assert [spec.description for spec in box.specs] == ["Tell it."]
    assert box.problems == ()


async def test_of_two_files_with_one_tool_the_first_stays(tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.py").write_text(TOOL.format(name="number", number=number))
    box = await toolbox(tmp_path)
    assert box.tools["number"].tool.invoke({}) == "1"
    assert "b.py: number was left out: another tool has the same name (file a.py)" in box.problems


async def test_a_file_that_never_ends_is_named_and_the_others_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.folder.SECONDS", 0.2)
    write(tmp_path, "good")
    (tmp_path / "stuck.py").write_text("import threading\nthreading.Event().wait()\n")
    box = await toolbox(tmp_path)
    assert box.names == ("good",)
    assert "stuck.py was left out: importing it took longer than 0.2 seconds" in box.problems
