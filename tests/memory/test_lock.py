"""A lock that one process has, that says who has it, and that ends with its process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from memory.lock import LockFile

KEEP = """
import sys
from pathlib import Path
from memory.lock import LockFile
lock = LockFile(Path(sys.argv[1]))
print(lock.take(), flush=True)
sys.stdin.read()
"""


def test_only_one_has_it_and_the_others_can_tell_who(tmp_path: Path) -> None:
    path = tmp_path / "home" / "a.lock"
    first, second = LockFile(path), LockFile(path)
    assert first.take()
    assert first.take()
    assert not second.take()
    assert not second.held
    holder = second.holder()
    assert holder is not None
    assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())


def test_it_can_be_given_back_and_taken_by_another(tmp_path: Path) -> None:
    first, second = LockFile(tmp_path / "a.lock"), LockFile(tmp_path / "a.lock")
    assert second.holder() is None
    assert first.take()
    first.release()
    first.release()
    assert second.holder() is None
    assert second.take()
    assert not first.take()
    second.release()


def test_a_killed_process_has_it_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    with subprocess.Popen(
        [sys.executable, "-c", KEEP, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        mine = LockFile(path)
        assert not mine.take()
        holder = mine.holder()
        assert holder is not None
        assert holder.pid == other.pid
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert mine.take()
    mine.release()


def test_nonsense_in_the_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    path.write_text("[1, 2")
    lock = LockFile(path)
    assert lock.holder() is None
    assert lock.take()
    assert lock.holder() is not None
    lock.release()
