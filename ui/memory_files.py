"""Carry what is remembered out and in, copy and check it; no model is needed."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import StorageError, UsageError
from ui.memory import stored
from ui.session import Options
from ui.terminal import Terminal

if TYPE_CHECKING:
    from memory.portable import Imported

STANDARD = "-"
"""What stands for stdin or stdout."""


def export(file: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Write all that is remembered of a user as JSON Lines.

    Args:
        file: Where to; `-` for stdout. Only its owner can read a file that is made.
        options: Whose memory it is.
        terminal: Where it is told.
        as_json: Whether that is told as JSON; stdout then cannot be the file.

    Raises:
        UsageError: The file cannot be written.
    """
    user_id = options.user_id()
    if as_json and file == STANDARD:
        raise UsageError("With --json, stdout tells how it went.", "Name a file to export to.")

    async def read() -> list[str]:
        from memory.portable import export_lines

        async with stored(options) as store:
            return [line async for line in export_lines(store, user_id=user_id)]

    lines = asyncio.run(read())
    number = len(lines) - 1
    if file == STANDARD:
        for line in lines:
            terminal.write(line)
    else:
        _write(Path(file), lines)
    if as_json:
        terminal.json({"exported": number, "file": file})
    else:
        terminal.note(f"Exported {_many(number)}{'' if file == STANDARD else f' to {file}'}.")
    return 0


def _write(path: Path, lines: list[str]) -> None:
    """Write lines beside a file and put them in its place when all of them are there."""
    # A pipe or a device has no place that could be taken.
    whole = path.is_file() or not path.exists()
    part = path.with_name(f".{path.name}.part") if whole else path
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.writelines(lines)
        if whole:
            part.replace(path)
    except OSError as error:
        if whole:
            part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def take_in(file: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Take in an export or a conversation: all of it, or nothing if a line is broken.

    Raises:
        UsageError: The file cannot be read, or a line is broken.
    """
    user_id = options.user_id()
    text = _text(file)

    async def add() -> Imported:
        from memory.portable import ImportRefused, import_lines

        async with stored(options) as store:
            try:
                # Not `splitlines`: JSON may hold line ends that are none of JSON Lines.
                return await import_lines(store, text.split("\n"), user_id=user_id)
            except ImportRefused as error:
                raise UsageError(
                    str(error), "Mend the line, and import the file once more."
                ) from error

    done = asyncio.run(add())
    added = [one.id for one in done.records]
    if as_json:
        terminal.json({"imported": len(added), "known": done.known, "ids": added})
        return 0
    known = f" {done.known:,} were there already." if done.known else ""
    terminal.line(f"Imported {_many(len(added))}.{known}")
    return 0


def _text(file: str) -> str:
    try:
        if file == STANDARD:
            return sys.stdin.buffer.read().decode("utf-8")
        return Path(file).read_bytes().decode("utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{file} is not UTF-8 text (byte {error.start + 1}). Nothing was imported."
        ) from error


def backup(file: Path, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Copy what is remembered of all users, safely while it is in use.

    Raises:
        UsageError: There is nothing to copy, or the copy cannot be made there.
    """
    place = file.expanduser()

    async def copy() -> None:
        async with stored(options) as store:
            if not store.database.exists():
                raise UsageError("There is nothing to copy yet: nothing is remembered.")
            if place.exists():
                raise UsageError(
                    f"{place} is there already, and nothing is overwritten.",
                    "Choose another name for the copy.",
                )
            if not place.parent.is_dir():
                raise UsageError(f"There is no folder {place.parent}.")
            await store.database.backup(place)

    asyncio.run(copy())
    size = place.stat().st_size
    if as_json:
        terminal.json({"file": str(place), "size": size})
    else:
        terminal.note(f"Copied {size:,} bytes to {place}; documents are in it, threads are not.")
    return 0


def check(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Tell whether the database is whole.

    Raises:
        StorageError: It is damaged.
    """

    async def look() -> list[str] | None:
        async with stored(options) as store:
            return await store.database.check() if store.database.exists() else None

    faults = asyncio.run(look())
    if faults:
        raise StorageError(
            f"The database of memory is damaged: {faults[0]}",
            "Put a backup in its place, or save what can be read: arriero memory export FILE",
        )
    if as_json:
        terminal.json({"whole": True, "exists": faults is not None})
    else:
        terminal.line("The database is whole." if faults is not None else "Nothing is kept yet.")
    return 0


def _many(number: int) -> str:
    return "1 memory" if number == 1 else f"{number:,} memories"
