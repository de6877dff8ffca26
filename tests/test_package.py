"""The distribution as a whole: its layout, what importing costs, and what its files say."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGES = ("agent", "tools", "memory", "ui", "evals")
ROOT = Path(__file__).resolve().parent.parent
HEAVY = (
    *("langgraph", "langchain_core", "httpx", "xllamacpp", "trafilatura", "ddgs"),
    *("pydantic_settings", "prompt_toolkit", "jsonschema", "aiosqlite"),
)


def python(code, *arguments, **environment):
    """Run code in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_packages_lie_in_one_folder():
    folders = {
        Path(folder).resolve().parent
        for name in PACKAGES
        for folder in importlib.import_module(name).__path__
    }
    assert len(folders) == 1


def test_help_loads_no_heavy_library():
    code = """
import sys
from ui.cli import run
assert run(["--help"]) == 0
print(*sys.modules, file=sys.stderr)
import json
print("\\n" + json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    loaded = json.loads(python(code).splitlines()[-1])
    assert not set(HEAVY) & set(loaded)


def test_importing_everything_changes_nothing(tmp_path):
    code = """
import importlib, json, os, pkgutil, sys
before = dict(os.environ)
for package in sys.argv[1:]:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        if module.name.split(".")[1:2] != ["bench"]:
            importlib.import_module(module.name)
changed = {k for k in {*before, *os.environ} if before.get(k) != os.environ.get(k)}
print(json.dumps(sorted(changed)))
"""
    home = tmp_path / "home"
    home.mkdir()
    folders = {
        name: str(home / name.lower())
        for name in ("HOME", "ARRIERO_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    }
    assert json.loads(python(code, *PACKAGES, **folders)) == []
    assert list(home.iterdir()) == []


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs the list of tracked files")
def test_no_file_names_a_machine_or_a_registry():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    hosts = "|".join(("pypi", "pythonhosted", "piwheels", "anaconda"))
    unwanted = re.compile(
        rf"\b(?:[\w.-]+\.)?(?:{hosts})\.(?:org|com)\b"
        r"|(?<![\w/.}])/(?:home|Users)/[a-z]\w*/|(?<![\w.])/root/|(?<![\w.])/work/"
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.is_file() or path == Path(__file__).resolve():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [f"{name}: {hit.group()}" for hit in unwanted.finditer(text)]
    assert found == []
