"""Installing: what the installer refuses, and that every dependency is pinned."""

import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PINS = (ROOT / "constraints.txt").read_text()


@pytest.fixture
def installer():
    spec = importlib.util.spec_from_file_location("installer", ROOT / ".ci" / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_python_that_is_too_old_is_told_so(installer, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer.*is 3\.10"):
        installer.check_python()


def test_a_python_without_venv_is_told_what_to_install(installer, monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv"):
        installer.check_python()


def test_extras_within_extras_are_followed(installer):
    base, dev = installer.requirements([]), installer.requirements(["dev"])
    assert set(base) < set(dev)
    assert any(line.startswith("langchain>") for line in dev)
    assert not [line for line in dev if line.startswith("arriero")]


def test_every_requirement_is_pinned_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    lines = [line for group in groups for line in group]
    names = {re.match(r"[\w-]+", line).group().lower() for line in lines} - {"arriero"}
    pinned = dict(re.findall(r"(?m)^([a-z0-9._-]+)==.*\\\n\s+(--hash=sha256:)", PINS))
    assert {name.replace("_", "-") for name in names} <= set(pinned)


def test_pins_hold_names_versions_and_hashes_alone():
    kinds = r"[a-z0-9._-]+==[\w.+!]+(?: ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?"
    strange = [line for line in PINS.splitlines() if not re.fullmatch(kinds, line)]
    assert strange == []
