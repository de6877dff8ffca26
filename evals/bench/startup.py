"""What starting costs, in CPU seconds of a new process."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from evals.bench.result import Row


def measure(runs: int = 5) -> list[Row]:
    """Return the CPU seconds of `--help`, and of a whole `ask` with a model that is there at once.

    Args:
        runs: Processes of each kind; the median counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "steps.json"
        script.write_text(json.dumps([{"text": "Hello."}]), encoding="utf-8")
        ask = ["ask", "hi", "--model", f"scripted:{script}", "--home", folder]
        cases = {
            "python alone": ["-c", "pass"],
            "arriero --help": ["-m", "ui", "--help"],
            "arriero ask, scripted model": ["-m", "ui", *ask],
        }
        return [_row(case, arguments, runs) for case, arguments in cases.items()]


def _row(case: str, arguments: list[str], runs: int) -> Row:
    seconds = []
    for _ in range(runs):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        seconds.append(used)
    return Row("startup", case, runs, {"CPU s": statistics.median(seconds)})
