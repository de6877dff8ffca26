"""The outside: start a confined process for some code, watch it, and end it."""

from __future__ import annotations

import marshal
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Literal

from tools.python import places
from tools.python.scratch import Scratch
from tools.python.watch import LOOK, Watch

End = Literal[
    "done",
    "error",
    "seconds",
    "processor",
    "memory",
    "files",
    "threads",
    "output",
    "crash",
    "killed",
    "refused",
    "stopped",
]
"""How a run ended: well, by an error of the code, or by what it took too much of."""

HEAD_BYTES = 64_000
TAIL_BYTES = 16_000
OUTPUT_BYTES = 20_000_000
"""Bytes of output after which a run is ended, though most of them are thrown away."""
REPORT_BYTES = 20_000
_START = "import sys; sys.path.insert(0, sys.argv[1]); from tools.python.child import main; main()"


@dataclass(frozen=True)
class Job:
    """Code, and what it may take.

    Args:
        code: The code.
        seconds: On the clock, and of the processor.
        memory_mb: Of address space.
        file_mb: Of all files together.
        readable: Whether attempts to get out are answered in words; the kernel refuses them
            anyway.
    """

    code: str
    seconds: float = 20.0
    memory_mb: int = 1024
    file_mb: int = 20
    readable: bool = True


@dataclass(frozen=True)
class Outcome:
    """What became of a run.

    Args:
        end: How it ended.
        text: What was wrong, or the last value that was given a name.
        output: What was printed.
        tail: The end of what was printed, where something between is left out.
        left_out: Bytes between the two.
    """

    end: End
    text: str = ""
    output: str = ""
    tail: str = ""
    left_out: int = 0


@dataclass
class _Bytes:
    """The first and the last bytes of a stream, and how many there were."""

    most_head: int
    most_tail: int
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    size: int = 0

    def take(self, data: bytes) -> None:
        """Keep what there is room for."""
        self.size += len(data)
        room = self.most_head - len(self.head)
        self.head += data[:room]
        self.tail += data[room:]
        if len(self.tail) > self.most_tail:
            del self.tail[: len(self.tail) - self.most_tail]


def run(job: Job, scratch: Scratch, stop: threading.Event | None = None) -> Outcome:
    """Run code in a confined process until it ends or has taken too much.

    Args:
        job: The code and its limits.
        scratch: Its folder; what the code made is there afterwards.
        stop: Set from another thread, ends the run within a moment.
    """
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as report:
        try:
            process = _start(job, scratch, writing)
        finally:
            os.close(writing)
        printed, told = _Bytes(HEAD_BYTES, TAIL_BYTES), _Bytes(REPORT_BYTES, 0)
        try:
            _give(process, job, scratch, writing)
            watch = Watch(
                process.pid, scratch.path, job.seconds, job.file_mb, stop or threading.Event()
            )
            end = _follow(process, {_stream(process): printed, report: told}, watch)
        finally:
            _kill(process)
            _stream(process).close()
    return _outcome(process.returncode, end, bytes(told.head), printed)


def _stream(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None  # noqa: S101 - it was started with a pipe
    return process.stdout


def _start(job: Job, scratch: Scratch, report: int) -> subprocess.Popen[bytes]:
    quiet = "ignore:FigureCanvasAgg is non-interactive"
    options = ["-I", "-S", "-B", "-X", "utf8", "-W", quiet]
    return subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, *options, "-c", _START, places.source()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(report,),
        cwd=scratch.work,
        env=_environment(scratch),
        start_new_session=True,
    )


def _give(process: subprocess.Popen[bytes], job: Job, scratch: Scratch, report: int) -> None:
    """Hand the job to the process."""
    order = {
        "code": job.code,
        "seconds": job.seconds,
        "memory_mb": job.memory_mb,
        "file_mb": job.file_mb,
        "readable": job.readable,
        "report": report,
        "parent": os.getpid(),
        "path": [*places.importable(), str(scratch.work)],  # its own last: it hides no module
        "read": list(places.readable()),
        "write": [str(scratch.work), str(scratch.temporary), os.devnull],
        "sealed": str(scratch.sealed),
    }
    assert process.stdin is not None  # noqa: S101 - it was started with a pipe
    with suppress(BrokenPipeError), process.stdin as stream:
        stream.write(marshal.dumps(order))


def _environment(scratch: Scratch) -> dict[str, str]:
    """Return all the variables that the code sees: none of ours but the time zone."""
    threads = ("OPENBLAS", "OMP", "MKL", "NUMEXPR", "VECLIB")
    zone = {"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}
    return zone | {
        "HOME": str(scratch.temporary),
        "TMPDIR": str(scratch.temporary),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(scratch.temporary / "matplotlib"),
        "MALLOC_ARENA_MAX": "2",  # else each thread sets much of the memory aside
        **{f"{name}_NUM_THREADS": "1" for name in threads},
    }


def _follow(
    process: subprocess.Popen[bytes], streams: Mapping[IO[bytes], _Bytes], watch: Watch
) -> End | None:
    """Read what the process says until it ends; return why it must be ended, if it must."""
    with selectors.DefaultSelector() as selector:
        for stream, kept in streams.items():
            selector.register(stream, selectors.EVENT_READ, kept)
        while selector.get_map():
            for key, _ in selector.select(LOOK):
                data = os.read(key.fd, 65536)
                key.data.take(data)
                if not data:
                    selector.unregister(key.fileobj)
            if sum(kept.size for kept in streams.values()) > OUTPUT_BYTES:
                return "output"
            if excess := watch.look():
                return excess
    # Both streams are closed, which the code can also do while it goes on.
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(LOOK)
            return watch.last_look()
        if excess := watch.look():
            return excess


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that is in its session."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _outcome(code: int, end: End | None, told: bytes, printed: _Bytes) -> Outcome:
    """Put together what became of a run; how the process ended is beyond the code's reach."""
    reports = [report.decode("utf-8", "replace").partition("\n") for report in told.split(b"\0")]
    output = printed.head.decode("utf-8", "replace")
    word, _, text = reports[0]
    if word != "ready":
        return Outcome(end or "refused", text or output[-300:] or f"Python ended with {code}")
    word, _, text = reports[1] if len(reports) > 1 else ("", "", "")
    end = end or _ended(code, word)
    return Outcome(
        end,
        text if end in ("done", "error") else "",
        output,
        printed.tail.decode("utf-8", "replace"),
        printed.size - len(printed.head) - len(printed.tail),
    )


def _ended(code: int, word: str) -> End:
    """Say how a process ended that nobody had to end."""
    if code == -signal.SIGXCPU:
        return "processor"
    if code == -signal.SIGKILL:
        return "killed"
    if code == 0 and word in ("done", "error", "memory"):
        return word  # type: ignore[return-value]
    return "crash"
