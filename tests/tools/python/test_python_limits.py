"""What a run may take, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tools.python import limits, places, runner, scratch
from tools.python.runner import Job


def wait_until(true: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def processes_of(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize(
    "code",
    ["while True: pass", "import time; time.sleep(60)", "while True:\n  try: 1/0\n  except: pass"],
)
def test_no_run_takes_longer_than_it_may(code: str, run: Any) -> None:
    started = time.monotonic()
    ran = run(code, seconds=0.4)
    assert ran.end == "seconds"
    assert time.monotonic() - started < 5


def test_the_processor_is_limited_too(run: Any) -> None:
    # Two threads that leave the interpreter's lock use it up in half of the time.
    code = """
import hashlib, threading
def burn():
    while True: hashlib.pbkdf2_hmac('sha256', b'x', b'y', 200_000)
[threading.Thread(target=burn).start() for _ in range(2)]"""
    ran = run(code, seconds=1)
    assert ran.end in ("processor", "seconds")


def test_ignoring_the_signal_of_the_limit_helps_nothing(run: Any) -> None:
    code = "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    assert run(code, seconds=0.4).end == "seconds"


@pytest.mark.parametrize(
    "code",
    [
        "x = 'x' * 10**9",
        "x = [0]\nwhile True: x += x",
        "import numpy as np; np.ones(10**9)",
        "import mmap; mmap.mmap(-1, 10**9)",
        "x = []\nwhile True: x.append(bytearray(10**6))",
    ],
)
def test_memory_is_limited(code: str, run: Any) -> None:
    ran = run(code, memory_mb=300)
    assert ran.end in ("error", "memory")
    assert "MB of memory" in ran.text or "Cannot allocate" in ran.text or ran.end == "memory"


def test_threads_are_limited(run: Any) -> None:
    ran = run("""
import threading, time
threading.stack_size(32768)
while True:
    try: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError: pass""")
    assert ran.end == "threads"


def test_a_fork_bomb_makes_one_process(run: Any) -> None:
    ran = run("import os\nwhile True: os.fork()", readable=False)
    assert ran.end == "error"
    assert "Not allowed in here" in ran.text


def test_printing_without_end_is_ended(run: Any) -> None:
    ran = run("import os\nwhile True: os.write(1, b'x' * 65536)")
    assert ran.end == "output"
    assert len(ran.output) <= runner.HEAD_BYTES + runner.TAIL_BYTES


def test_much_output_keeps_its_head_and_its_end(run: Any) -> None:
    ran = run("print('first'); print('x' * 300_000); print('last')")
    assert ran.end == "done"
    assert ran.outcome.output.startswith("first\n")
    assert ran.outcome.tail.endswith("last\n")
    assert ran.outcome.left_out == 300_012 - runner.HEAD_BYTES - runner.TAIL_BYTES


@pytest.mark.parametrize(
    "code",
    [
        "with open('big', 'wb') as f:\n  for _ in range(100): f.write(b'x' * 100_000)",
        "open('sparse', 'wb').truncate(10**12)",
        "import os; os.posix_fallocate(os.open('f', os.O_RDWR | os.O_CREAT), 0, 10**8)",
    ],
)
def test_one_file_is_limited(code: str, run: Any) -> None:
    ran = run(code, file_mb=2)
    assert ran.end == "error"
    assert "All files together may have 2 MB." in ran.text
    assert sum(ran.files.values()) <= 2 * limits.MB


@pytest.mark.parametrize(
    "code",
    [
        "for n in range(9): open(f'{n}', 'wb').write(b'x' * 10**6)",
        "for n in range(9): open(f'{n}', 'wb').truncate(10**6)",
        "for n in range(2000): open(f'{n}', 'wb')",
        "import os\nfor n in range(700): os.mkdir(f'{n}')",
        "import os\nfor n in range(100): os.mkdir('d' * 200); os.chdir('d' * 200)",
        "import os, tempfile\nfor n in range(9):\n"
        "  with open(f'{tempfile.gettempdir()}/{n}', 'wb') as f: f.write(b'x' * 10**6)",
        "import os, time\nkept = []\nfor n in range(9):\n  kept.append(open('x', 'wb'))\n"
        "  kept[-1].write(b'x' * 10**6); kept[-1].flush(); os.remove('x')\ntime.sleep(9)",
    ],
)
def test_all_files_together_are_limited(code: str, run: Any) -> None:
    assert run(code, file_mb=2).end == "files"


def test_calls_without_end_crash_only_the_run(run: Any) -> None:
    ran = run(
        """
import sys
sys.setrecursionlimit(10**9)
class A:
    def __getattr__(self, name): return getattr(self, name + 'x')
def f(n): return [*map(f, [n + 1])]
f(0)""",
        seconds=10,
    )
    assert ran.end in ("crash", "memory", "error")


def test_ends_in_other_ways(run: Any) -> None:
    assert run("import os; os._exit(0)").end == "crash"
    assert run("import os; os.abort()").end == "crash"
    assert run("import ctypes; ctypes.string_at(0)").end == "crash"
    assert run("import sys; print(1); sys.exit()").end == "done"
    assert "ended itself with 3" in run("exit(3)").text
    closed = run("import os, time\nos.closerange(0, 64)\nwhile True: pass", seconds=0.4)
    assert closed.end == "seconds"


def test_folders_that_nobody_may_enter_are_deleted(run: Any) -> None:
    ran = run(
        "import os; os.makedirs('a/b/c'); os.mkdir('shut', 0); os.umask(0o777)\n"
        "os.mkdir('a/shut'); open('a/b/x', 'w')"
    )
    # Whoever is not root cannot see how much there is in them.
    assert ran.end == ("files" if os.getuid() else "done"), ran


def test_a_stopped_run_ends_at_once() -> None:
    place, stop = scratch.make(), threading.Event()
    ended: list[Any] = []
    thread = threading.Thread(
        target=lambda: ended.append(runner.run(Job("while True: pass"), place, stop))
    )
    thread.start()
    assert wait_until(lambda: bool(processes_of(os.getpid())))
    stop.set()
    thread.join(2)
    assert ended[0].end == "stopped"
    assert processes_of(os.getpid()) == []
    place.close()


@pytest.mark.parametrize("trick", ["", "import signal; signal.pthread_sigmask(0, range(1, 65))"])
def test_a_run_ends_with_the_process_that_started_it(
    trick: str, scratch_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"{trick}\nwhile True: pass"
    start = (
        f"import sys, tempfile; sys.path.insert(0, {places.source()!r})\n"
        f"tempfile.tempdir = {str(scratch_home)!r}\n"
        "from tools.python import runner, scratch\n"
        f"runner.run(runner.Job({code!r}), scratch.make())"
    )
    parent = subprocess.Popen([sys.executable, "-c", start])

    def at_work() -> bool:  # the code has begun when the layers are in force
        return any(
            "\nSeccomp:\t2" in Path(f"/proc/{pid}/status").read_text()
            for pid in processes_of(parent.pid)
        )

    assert wait_until(at_work)
    (child,) = processes_of(parent.pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not Path(f"/proc/{child}/cwd").exists())

    # Its folder is left, and the next start deletes it.
    assert len(list(scratch_home.iterdir())) == 1
    scratch.sweep()
    assert len(list(scratch_home.iterdir())) == 1
    monkeypatch.setattr(scratch, "STALE", 0.0)
    held = scratch.make()
    scratch.sweep()
    assert [path.name for path in scratch_home.iterdir()] == [held.path.name]
    held.close()
