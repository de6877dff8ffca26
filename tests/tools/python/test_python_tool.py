"""The tool as the model and the user meet it."""

from __future__ import annotations

import asyncio
import os
import stat
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import BaseTool, ToolException

from tools.declared import declared
from tools.invoke import Result, invoke, is_plain
from tools.python.tool import python_tool
from tools.schema import spec_of
from tools.scope import Scope, within
from tools.settings import FileSettings, PythonSettings, ToolSettings


@pytest.fixture
def tool(tmp_path: Path) -> BaseTool:
    return python_tool(ToolSettings(python=PythonSettings(seconds=15)), tmp_path / "home")


@pytest.fixture
def turn() -> Iterator[None]:
    with within(Scope("ana/../x", "thread", "call-1", "key")):
        yield


def result_of(tool: BaseTool, code: str) -> Result:
    return asyncio.run(invoke(tool, {"code": code}, "c", seconds=60))


async def answer(tool: BaseTool, code: str) -> str:
    result = await invoke(tool, {"code": code}, "c", seconds=30)
    assert not result.error, result.error
    return result.output


async def fault(tool: BaseTool, code: str) -> str:
    result = await invoke(tool, {"code": code}, "c", seconds=30)
    assert result.error, result.output
    return result.error


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("2**100", "1267650600228229401496703205376"),
        ("print('a')\nprint('b')", "a\nb"),
        ("print('a')\n1 + 1", "a\n2"),
        ("x = [1, 2]\nx.append(3)\nx", "[1, 2, 3]"),
        ("def f(n):\n    return n * 2\n\nf(21)", "42"),
        ("total = sum(range(101))", "total = 5050"),
        ("'text'", "'text'"),
        ("None", "(The code ran and printed nothing. Print what you want to see.)"),
        ("", "(The code ran and printed nothing. Print what you want to see.)"),
        ("```python\n1 + 1\n```", "2"),
        ("if __name__ == '__main__':\n    print('main')", "main"),
        ("'ñandú 🦙'", "'ñandú 🦙'"),
        ("import sys; print('quiet', file=sys.stderr)", "quiet"),
        ("import numpy as np\nnp.mean([1, 2, 3, 4.5])", "2.625"),
        ("import numpy as np\nnp.arange(3) * 2", "array([0, 2, 4])"),
        (
            "from datetime import datetime\nfrom zoneinfo import ZoneInfo\n"
            "datetime(2026, 1, 1, tzinfo=ZoneInfo('America/Lima')).utcoffset().total_seconds()",
            "-18000.0",
        ),
        (
            "import os\nopen('a', 'w').write('x')\nprint(open('a').read())\nos.remove('a')",
            "x",
        ),
        ("print('\\x1b[31mred\\x1b[0m \\x1b]0;title\\x07\\x9b\\x00end\\u202e')", "red end"),
        ("print('10%\\r20%\\rdone')", "done"),
        ("import dataclasses, typing, json, re, collections, itertools, decimal, sqlite3\n1", "1"),
    ],
)
async def test_code_answers(code: str, output: str, tool: BaseTool) -> None:
    assert await answer(tool, code) == output


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "def f(x):\n    return 1 / x\n\nprint('so far')\nf(0)",
            "ZeroDivisionError: division by zero\n  line 5: f(0)\n  line 2, in f: return 1 / x\n"
            "Printed before that: so far",
        ),
        ("x = = 3", "SyntaxError: invalid syntax\n  line 1: x = = 3"),
        ("import json\njson.loads('{')", "line 2: json.loads('{')"),
        ("import nothing_like_it", "Only the standard library, numpy"),
        ("input('name?')", "Nobody can type in here"),
        ("def f(): f()\nf()", "A function calls itself without end."),
        ("open('data.csv')", "FileNotFoundError"),
        ("raise ValueError('\\x1b[2Jcleared')", "ValueError: cleared\n"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "E: (no message)"),
        ("x = 10**5000\nx", "Exceeds the limit"),
        ("while True: pass", "more than 15 seconds"),
    ][:-1],
)
async def test_a_fault_is_told(code: str, words: str, tool: BaseTool) -> None:
    told = await fault(tool, code)
    assert words in told
    assert "tools/python" not in told
    assert "site-packages" not in told


async def test_a_missing_module_names_its_extra(tool: BaseTool) -> None:
    told = await fault(tool, "import sys; sys.modules['pandas'] = None\nimport pandas")
    assert 'pip install "arriero[data]"' in told


async def test_tables_and_warnings(tool: BaseTool) -> None:
    text = await answer(
        tool,
        """
import pandas as pd, numpy as np
np.log(np.zeros(1))
pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})""",
    )
    assert "RuntimeWarning: divide by zero" in text
    assert text.endswith("   a  b\n0  1  x\n1  2  y")


def test_plots_come_back_as_pictures(tool: BaseTool, tmp_path: Path, turn: None) -> None:
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])\nplt.title('é')\nplt.show()"
    result = result_of(tool, code)

    assert result.output == "made plot.png"
    (file,) = result.artifact
    assert file.media_type == "image/png"
    assert Path(file.path).parent.parts[-2:] == ("python", "call-1")
    data = Path(file.path).read_bytes()
    assert data.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width > 300
    assert height > 300
    assert list((tmp_path / "home" / "cache" / "matplotlib").glob("*/fontlist-*.json"))

    saved = "import matplotlib.pyplot as plt\nplt.bar([1, 2], [3, 4])\nplt.savefig('bars.svg')"
    assert result_of(tool, saved).output == "made bars.svg"
    two = "import matplotlib.pyplot as plt\nfor n in (1, 2): plt.figure(); plt.plot([n])"
    assert result_of(tool, two).output == "made plot-1.png, plot-2.png"


async def test_files_come_back_to_their_user(tool: BaseTool, tmp_path: Path, turn: None) -> None:
    code = "import os\nos.makedirs('out')\nopen('out/a.csv', 'w').write('x,y')\nopen('b.txt', 'w')"
    result = await invoke(tool, {"code": code}, "c", seconds=30)

    assert "made b.txt, out-a.csv" in result.output
    paths = [Path(file.path) for file in result.artifact]
    assert [file.media_type for file in result.artifact] == ["text/plain", "text/csv"]
    assert paths[1].read_text() == "x,y"
    assert {path.parent.parent.parent.parent for path in paths} == {tmp_path / "home" / "files"}


async def test_files_go_to_the_workspace_that_was_chosen(tmp_path: Path, turn: None) -> None:
    settings = ToolSettings(files=FileSettings(workspace=tmp_path / "mine"))
    await answer(python_tool(settings, tmp_path / "home"), "open('a.txt', 'w').write('x')")
    assert (tmp_path / "mine" / "python" / "call-1" / "a.txt").read_text() == "x"


@pytest.mark.parametrize("call_id", ["../../up", "..", "/abs", "a\nb", "x" * 500, "%2E%2E", "\0"])
def test_no_call_puts_files_elsewhere(call_id: str, tool: BaseTool, tmp_path: Path) -> None:
    with within(Scope("..", "t", call_id, "k")):
        result = result_of(tool, "open('a.txt', 'w')")
    (file,) = result.artifact
    path = Path(file.path).resolve()
    base = (tmp_path / "home" / "files").resolve()
    assert base in path.parents
    assert len(path.relative_to(base).parts) == 4


async def test_outside_of_a_call_files_have_a_folder_too(tool: BaseTool, tmp_path: Path) -> None:
    result = await invoke(tool, {"code": "open('a.txt', 'w')"}, "c", seconds=30)
    assert (tmp_path / "home" / "files" / "python") in Path(result.artifact[0].path).parents


async def test_names_of_files_are_made_safe(tool: BaseTool, turn: None) -> None:
    code = r"""
names = ['a\nb.txt', '-rf', '.hidden', 'x' * 250 + '.csv', '..hm', 'ñ.txt', 'a\x1b[31m.txt',
         'A.txt', 'a.txt', 'c:d|e', ' .', '🦙' * 60, 'q\udcff.txt']
for n in names:
    open(n, 'w').write('x')"""
    result = await invoke(tool, {"code": code}, "c", seconds=30)
    assert not result.error, result.error
    names = [Path(file.path).name for file in result.artifact]
    assert len({name.casefold() for name in names}) == 13
    for name in names:
        assert name.isprintable()
        assert not name.startswith(".")
        assert not set(name) & set('/\\:|<>"?*\n\x1b')
        assert len(name.encode()) <= 220
    folder = Path(result.artifact[0].path).parent
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)


def test_what_was_there_is_not_written_through(tool: BaseTool, tmp_path: Path, turn: None) -> None:
    first = result_of(tool, "open('a.txt', 'w').write('x')")
    kept, canary = Path(first.artifact[0].path), tmp_path / "canary"
    canary.write_text("unchanged")
    kept.unlink()
    kept.symlink_to(canary)
    result_of(tool, "open('a.txt', 'w').write('new')")
    assert canary.read_text() == "unchanged"
    assert kept.read_text() == "new"
    assert stat.S_ISREG(kept.lstat().st_mode)


async def test_only_so_many_files_are_kept(tool: BaseTool, turn: None) -> None:
    code = "for n in range(30): open(f'{n:02}.txt', 'w')"
    result = await invoke(tool, {"code": code}, "c", seconds=30)
    assert len(result.artifact) == 20
    assert "10 more files were left out" in result.output


async def test_long_output_keeps_both_ends(tmp_path: Path) -> None:
    tool = python_tool(ToolSettings(output_chars=500), tmp_path)
    text = await answer(tool, "for n in range(10_000): print(n)\nopen('a.txt', 'w').write('x')")
    assert text.startswith("0\n1\n")
    assert text.endswith("9999\n1\nmade a.txt")
    assert "characters left out" in text
    assert len(text) <= 560


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("while True: pass", "The code took more than 0.5 seconds"),
        ("import time\nprint('begun')\ntime.sleep(60)", "Printed before that: begun"),
        ("x = [1]\nwhile True: x = x + x", "The code may take 200 MB of memory"),
        ("for n in range(9): open(f'{n}', 'wb').write(b'x' * 10**6)", "more than 3 MB of files"),
        ("import os\nos.abort()", "Python itself crashed"),
    ],
)
async def test_what_took_too_much_is_told(code: str, words: str, tmp_path: Path) -> None:
    limits = PythonSettings(seconds=0.5, memory_mb=200, file_mb=3)
    tool = python_tool(ToolSettings(python=limits), tmp_path)
    assert words in await fault(tool, code)


async def cancelled(tool: BaseTool, begun: Callable[[], bool]) -> None:
    task = asyncio.ensure_future(tool.ainvoke({"code": "while True: pass"}))
    for _ in range(1000):
        await asyncio.sleep(0.01)
        if begun():
            break
    task.cancel()
    await task


def test_a_cancelled_call_leaves_nothing(tool: BaseTool, scratch_home: Path) -> None:
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled(tool, lambda: bool(list(scratch_home.glob("*/sealed")))))
    assert list(scratch_home.iterdir()) == []
    with pytest.raises(ChildProcessError):  # there is no child any more
        os.waitpid(-1, os.WNOHANG)


async def test_runs_side_by_side_do_not_disturb_each_other(tool: BaseTool) -> None:
    code = """
import os
open('same.txt', 'w').write('{0}')
assert os.listdir('.') == ['same.txt']
sum(range(10**5))
print(open('same.txt').read())
os.remove('same.txt')"""
    texts = await asyncio.gather(*(answer(tool, code.format(n)) for n in range(8)))
    assert texts == [str(n) for n in range(8)]


def test_it_can_be_called_without_a_loop(tool: BaseTool) -> None:
    assert tool.invoke({"code": "6 * 7"}) == "42"
    with pytest.raises(ToolException, match="ZeroDivisionError"):
        tool.invoke({"code": "1 / 0"})


def test_what_the_model_sees(tool: BaseTool) -> None:
    spec = spec_of(tool)
    assert spec.name == "python"
    assert list(spec.parameters["properties"]) == ["code"]
    assert is_plain(tool)
    policy: Any = declared(tool)
    assert policy.risk == "runs_code"
    assert policy.confined
    assert policy.timeout > 15
