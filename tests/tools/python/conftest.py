"""Fixtures of the tests of confined Python."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.errors import ToolSetupError
from tools.python import runner, scratch
from tools.python.runner import Job, Outcome
from tools.python.tool import require_protection


@dataclass(frozen=True)
class Ran:
    """What became of a run, and the files that it left."""

    outcome: Outcome
    files: dict[str, int]

    @property
    def end(self) -> str:
        return self.outcome.end

    @property
    def text(self) -> str:
        return self.outcome.text

    @property
    def output(self) -> str:
        return self.outcome.output + self.outcome.tail


@pytest.fixture(autouse=True, scope="session")
def protection() -> None:
    try:
        require_protection()
    except ToolSetupError as error:
        pytest.skip(f"nothing can be confined here: {error.message}")


@pytest.fixture(autouse=True)
def scratch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep scratch folders where the test can see that none is left."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def run(scratch_home: Path) -> Callable[..., Ran]:
    def go(code: str, **limits: Any) -> Ran:
        with closing(scratch.make()) as place:
            outcome = runner.run(Job(code, **limits), place)
            left = scratch.files(place.work, 100) if outcome.end != "files" else []
            found = {str(path.relative_to(place.work)): path.lstat().st_size for path in left}
        assert list(scratch_home.iterdir()) == []
        return Ran(outcome, found)

    return go
