"""The user's tool folder: every Python file in it may bring tools.

A file's public functions with type hints and a docstring are tools, and so are langchain tools
that stand at its top level. `TOOLS = [...]` names them instead, and `POLICY = {"name": {...}}` says
what they may do (see `tools.declared`). Files whose name begins with `_` or `test_` are passed
over.
"""

from __future__ import annotations

import asyncio
import builtins
import inspect
import linecache
import sys
import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.errors import ToolSetupError
from tools.offers import Offer, reason_of
from tools.threads import in_thread
from tools.wrap import label_of, with_policies

SECONDS = 10.0
"""Seconds that importing one file may take."""
Stamp = tuple[int, int, int]


class Folder:
    """Offer the tools of a folder's files; changed files are read again.

    Args:
        path: The folder.
        must_exist: Whether it is a problem that the folder is missing.
    """

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        self._path = path
        self._must_exist = must_exist
        self._stamps: dict[Path, Stamp] | None = None
        self._offers: dict[Path, tuple[Offer, ...]] = {}
        self._faults: dict[Path, tuple[str, ...]] = {}

    @property
    def offers(self) -> tuple[Offer, ...]:
        """The tools, file by file in the order of their names."""
        return tuple(offer for path in sorted(self._offers) for offer in self._offers[path])

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with files."""
        found = [fault for path in sorted(self._faults) for fault in self._faults[path]]
        if self._must_exist and not self._path.is_dir():
            found.append(f"The tool folder {self._path} does not exist (setting tools.folder).")
        return tuple(found)

    async def refresh(self) -> bool:
        """Read files that are new or changed, and let go of those that are gone."""
        stamps = self._look()
        before = self._stamps
        if stamps == before:
            return False
        self._stamps = stamps
        for gone in set(before or ()) - set(stamps):
            self._offers.pop(gone, None)
            self._faults.pop(gone, None)
        for path, stamp in stamps.items():
            if (before or {}).get(path) != stamp:
                self._offers[path], self._faults[path] = await read_file(path)
        return True

    async def aclose(self) -> None:
        """Do nothing: files hold nothing open."""

    def _look(self) -> dict[Path, Stamp]:
        found: dict[Path, Stamp] = {}
        try:
            paths = sorted(self._path.glob("*.py"))
        except OSError:
            return found
        for path in paths:
            if path.name.startswith(("_", ".", "test_")):
                continue
            try:
                stat = path.stat()
            except OSError:
                continue
            found[path] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found


async def read_file(path: Path) -> tuple[tuple[Offer, ...], tuple[str, ...]]:
    """Import a file; return its tools, and what is wrong with it, one sentence each."""
    try:
        async with asyncio.timeout(SECONDS):
            module = await in_thread(load, path)
        items, policies = items_of(module)
    except TimeoutError:
        why = f"importing it took longer than {SECONDS:g} seconds"
    except (ImportError, SyntaxError, ToolSetupError) as error:
        why = _import_reason(error, path)
    # The tool boundary: a file may do anything when it is imported, and the others still work.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        why = _import_reason(error, path)
    else:
        offers = tuple(
            Offer(
                f"{path.name}: {name}", partial(with_policies, item, policies), f"file {path.name}"
            )
            for name, item in items
        )
        known = {label_of(item) for _, item in items}
        faults = tuple(
            f"{path.name}: POLICY names {name!r}, which is no tool of the file."
            for name in policies
            if name not in known
        )
        return offers, faults
    return (), (f"{path.name} was left out: {why}",)


def load(path: Path) -> ModuleType:
    """Run a file as a module of its own.

    Its source is compiled each time: cached bytecode would hide a change that left time and size
    the same, and nothing is written into the user's folder. What it prints goes to stderr.
    """
    source = path.read_bytes()
    name = f"arriero_tools.{path.stem}"
    module = ModuleType(name)
    module.__file__ = str(path)
    module.__dict__["__builtins__"] = {**vars(builtins), "print": _print}
    linecache.checkcache(str(path))
    code = compile(source, str(path), "exec", dont_inherit=True)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        exec(code, module.__dict__)  # noqa: S102 - the user's own file, put there to be run
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def _print(*values: Any, file: Any = None, **how: Any) -> None:
    """Print what a file or its tools print to stderr: stdout is for answers."""
    print(*values, file=sys.stderr if file is None else file, **how)


def items_of(module: ModuleType) -> tuple[list[tuple[str, Any]], Mapping[str, Any]]:
    """Return a module's tools under their names, and its policies.

    Raises:
        ToolSetupError: `TOOLS` or `POLICY` is of the wrong form, or there is no tool in it.
    """
    from langchain_core.tools import BaseTool

    policies = getattr(module, "POLICY", {})
    if not isinstance(policies, Mapping):
        raise ToolSetupError("POLICY must be a dictionary of tool names")
    named = getattr(module, "TOOLS", None)
    if named is not None:
        if not isinstance(named, (list, tuple)):
            raise ToolSetupError("TOOLS must be a list of functions and tools")
        return [(label_of(item), item) for item in named], policies
    found = [
        (name, item)
        for name, item in vars(module).items()
        if not name.startswith("_")
        and (
            isinstance(item, BaseTool)
            or (inspect.isfunction(item) and item.__module__ == module.__name__)
        )
    ]
    # A function that a tool at the top level was made of is offered as that tool.
    made = {id(getattr(item, way, None)) for _, item in found for way in ("func", "coroutine")}
    found = [(name, item) for name, item in found if id(item) not in made - {id(None)}]
    if not found:
        raise ToolSetupError("there is no function and no tool in it")
    return found, policies


def _import_reason(error: BaseException, path: Path) -> str:
    """Say where and why importing a file failed."""
    if isinstance(error, ToolSetupError):
        return reason_of(error)
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno}: {error.msg}"
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
    where = f"line {lines[-1]}: " if lines else ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return (
            f"{where}it needs the package {package}, which is not installed (pip install {package})"
        )
    if isinstance(error, SystemExit):
        return f"{where}it tried to end the program"
    return where + reason_of(error)
