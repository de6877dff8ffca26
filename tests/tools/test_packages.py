"""Tools of installed packages, found by their entry points."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.registry import Toolbox, open_registry
from tools.settings import ToolSettings

MODULE = '''
def herd_size(animal: str) -> str:
    """Tell how many animals there are."""
    return f"12 of {animal}"


def herd_place() -> str:
    """Tell where the herd is."""
    return "On the hill."


BOTH = [herd_size, herd_place]
POLICY = {"herd_size": {"risk": "reads"}}
'''
Install = Callable[[str, str], str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Lay out a package as an installer does; return the name of its module."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def make(points: str, text: str = MODULE) -> str:
        (tmp_path / "herd_for_test.py").write_text(text, encoding="utf-8")
        info = tmp_path / "herd_for_test-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: herd-for-test\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[arriero.tools]\n{points}\n")
        monkeypatch.delitem(sys.modules, "herd_for_test", raising=False)
        importlib.invalidate_caches()
        return "herd_for_test"

    return make


async def toolbox(home: Path) -> Toolbox:
    registry = await open_registry(ToolSettings(), home, [])
    await registry.aclose()
    return registry.toolbox


@pytest.mark.parametrize(
    ("point", "names"),
    [
        ("herd = herd_for_test", ("herd_size", "herd_place")),
        ("herd = herd_for_test:herd_place", ("herd_place",)),
        ("herd = herd_for_test:BOTH", ("herd_size", "herd_place")),
    ],
)
async def test_an_entry_point_names_a_module_a_function_or_a_list(
    tmp_path: Path, install: Install, point: str, names: tuple[str, ...]
) -> None:
    install(point, MODULE)
    box = await toolbox(tmp_path / "home")
    assert box.names == names
    assert {one.origin for one in box.tools.values()} == {"package herd-for-test"}
    assert box.problems == ()


async def test_the_policy_of_a_module_is_heeded(tmp_path: Path, install: Install) -> None:
    install("herd = herd_for_test", MODULE)
    box = await toolbox(tmp_path / "home")
    assert box.tools["herd_size"].declared.risk == "reads"
    assert box.tools["herd_place"].declared.risk is None


@pytest.mark.parametrize("text", ["raise SystemExit(1)\n", "import no_such_package_here\n"])
async def test_a_broken_package_is_named_and_left_out(
    tmp_path: Path, install: Install, text: str
) -> None:
    install("herd = herd_for_test", text)
    box = await toolbox(tmp_path / "home")
    assert box.names == ()
    assert "herd of herd-for-test was left out" in box.problems[0]
