"""The list of this machine's fonts, which matplotlib would otherwise search for in each run."""

from __future__ import annotations

import os
import tempfile
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tools.python import runner
from tools.python.runner import Job
from tools.python.scratch import Scratch, content, files, make

SECONDS = 60.0
MOST_BYTES = 5_000_000
_WORDS = ("matplotlib", "plot", "hist", "seaborn")


def give(code: str, scratch: Scratch, home: Path, stop: threading.Event) -> None:
    """Put the list into a run's scratch folder, if its code is about plots.

    It is made once for each version of matplotlib, in a confined run of its own that sees nothing
    of any model's code, and each run gets a copy, so that none can change it for the next.
    """
    if not any(word in code for word in _WORDS):
        return
    try:
        folder = home / "cache" / "matplotlib" / version("matplotlib")
    except PackageNotFoundError:
        return
    if not (known := files(folder, 10)):
        known = _make(folder, stop)
    target = scratch.temporary / "matplotlib"
    target.mkdir()
    for path in known:
        (target / path.name).write_bytes(path.read_bytes())


def _make(folder: Path, stop: threading.Event) -> list[Path]:
    """Let matplotlib search for fonts, and keep what it wrote; nothing where it fails."""
    scratch = make()
    try:
        job = Job("import matplotlib.font_manager", seconds=SECONDS)
        runner.run(job, scratch, stop)
        for path in files(scratch.temporary / "matplotlib", 10):
            if path.name.startswith("fontlist-") and (data := content(path, MOST_BYTES)):
                folder.mkdir(parents=True, exist_ok=True)
                descriptor, draft = tempfile.mkstemp(dir=folder.parent)
                with open(descriptor, "wb") as file:
                    file.write(data)
                os.replace(draft, folder / path.name)  # two may do this at once
    finally:
        scratch.close()
    return files(folder, 10)
