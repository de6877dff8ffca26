"""The tool `python`: code that the model wrote, run in a process that can harm nothing.

What it protects from. The process has no network and no sockets of any kind; it starts no other
program or process and signals none; it has no rights of root, even if root started it; it sees no
variable, descriptor or input of ours; it reads nothing but Python itself, installed packages,
shared libraries, fonts and time zones; it writes nothing but an empty scratch folder, which is
deleted afterwards; it is limited in time, memory, threads, output and files; and it ends with the
process that started it. Two layers of Linux see to this whatever the code does, also in machine
code: Landlock for files, and a seccomp filter, an allow list, for everything else. Before the code
is run, the process tries to get out, and refuses to go on if it can.

What it does not protect from. Faults of the kernel itself (a virtual machine would help there, as
would keeping the kernel up to date), side channels between processes on one processor, and time
and memory within the limits, times the number of runs. The code can read every installed package,
so secrets do not belong there; and it can tell whether a path exists and how large and old a file
is, which Landlock does not hide. What the code computes goes back to the model as it is.

Where these layers are missing (macOS, Windows, Linux before 5.13, other processors), there is no
such tool rather than a weaker one.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tools.declared import declare
from tools.errors import ToolSetupError
from tools.settings import ToolSettings
from tools.sources import File
from tools.threads import in_thread

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

# Seconds beside those of the code: for starting, and once for finding fonts.
MARGIN = 30.0
# Seconds that a stopped run has to tidy up, before its thread is left to do it alone.
TIDYING = 0.4
_FENCE = "```"


def python_tool(settings: ToolSettings, home: Path) -> BaseTool:
    """Return the tool that runs Python code.

    Args:
        settings: What every tool obeys.
        home: The folder of everything that arriero keeps.

    Raises:
        ToolSetupError: This system cannot confine a process.
    """
    from langchain_core.tools import StructuredTool

    require_protection()

    from tools.python.scratch import sweep  # which needs a system that can confine

    sweep()

    def python(code: str) -> tuple[str, list[File]]:
        """Run Python code and return what it prints. Use it for data, plots and longer sums.

        Numpy, pandas and matplotlib can be imported. There is no network, and no file or variable
        of an earlier run; write the data into the code.

        Args:
            code: The whole program, such as "import math; print(math.lcm(12, 18))".
        """
        return run_code(code, settings, home, threading.Event())

    async def confined(code: str) -> tuple[str, list[File]]:
        stop = threading.Event()
        task = asyncio.ensure_future(in_thread(run_code, code, settings, home, stop))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            stop.set()
            await asyncio.wait((task,), timeout=TIDYING)
            if task.done() and not task.cancelled():
                task.exception()  # that it was stopped is no news
            raise

    tool = StructuredTool.from_function(
        python, confined, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(
        tool,
        risk="runs_code",
        confined=True,
        # No outside data can get in: what comes out, the model itself has written or derived.
        output="trusted",
        timeout=settings.python.seconds + MARGIN,
        examples=(
            "plot these numbers as a bar chart",
            "what is the standard deviation of 3, 5, 8, 13",
            "simulate 10,000 rolls of two dice",
            "run this Python code",
            "sort this table by price and make a CSV file",
        ),
    )


def require_protection() -> None:
    """Check that this system can confine a process.

    Raises:
        ToolSetupError: It cannot; the message says what is missing.
    """
    hint = "Python code is only run where it can do no harm: on Linux 5.13 or later with Landlock."
    try:
        from tools.python import kernel, landlock, seccomp

        kernel.machine()
        library = kernel.libc()
        if landlock.version(library) < 1:
            raise kernel.Unprotected("the kernel has no Landlock")
        if not seccomp.available(library):
            raise kernel.Unprotected("the kernel does not filter system calls")
    except kernel.Unprotected as error:
        raise ToolSetupError(f"code cannot be confined on this system: {error}", hint) from error


def run_code(
    code: str, settings: ToolSettings, home: Path, stop: threading.Event
) -> tuple[str, list[File]]:
    """Run code in a scratch folder, and keep the files that it made.

    Returns:
        The text for the model, and the files.

    Raises:
        ToolException: The code has a fault, took too much, or could not be confined.
    """
    from langchain_core.tools import ToolException

    from tools.python import fonts, runner, scratch, words
    from tools.python.keep import folder_of_call, keep

    limits = settings.python
    job = runner.Job(unfenced(code), limits.seconds, limits.memory_mb, limits.file_mb)
    with closing(scratch.make()) as place:
        fonts.give(job.code, place, home, stop)
        outcome = runner.run(job, place, stop)
        if outcome.end != "done":
            raise ToolException(words.fault(outcome, job, place.path))
        folder = folder_of_call(home, settings.files.workspace)
        files, left_out = keep(place.work, folder, limits.file_mb * 1_048_576)
    made = [Path(file.path).name for file in files]
    return words.answer(outcome, made, left_out, place.path, settings.output_chars), files


def unfenced(code: str) -> str:
    """Take code out of the fence that models put it in."""
    text = code.strip()
    if not text.startswith(_FENCE) or not text.endswith(_FENCE) or "\n" not in text:
        return code
    return text.partition("\n")[2].removesuffix(_FENCE)
