"""Weights from the Hugging Face hub, resumed where a download broke off."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from agent.models.catalogue import HubFile, Weights
from agent.models.source import SourceDown, check_space, flush

CONNECT_SECONDS = 5.0
"""Seconds until a connection must stand: where the hub is out of reach, the next source waits."""
_READ_SECONDS = 30.0
_TRIES = 4
"""Attempts in a row that bring no byte before the hub is given up."""
_HOPS = 5
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Found:
    """What the hub says of a file.

    Args:
        url: Its address.
        size: Its bytes.
        sha256: Its checksum.
    """

    url: str
    size: int
    sha256: str


def endpoint() -> str:
    """Return HF_ENDPOINT, or the hub's own address."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def is_offline() -> bool:
    """Tell whether HF_HUB_OFFLINE forbids to ask the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in ("1", "true", "yes", "on")


def address(file: HubFile) -> str:
    """Return where a file of the hub is fetched."""
    return f"{endpoint()}/{file.repo}/resolve/main/{file.file}"


async def fetch(entry: Weights, path: Path, report: Callable[[int, int], None]) -> tuple[Path, str]:
    """Fetch an entry's file.

    Args:
        entry: What to fetch.
        path: The final path; what is downloaded lies beside it.
        report: Told of bytes that are there and bytes in all.

    Returns:
        The downloaded file, not yet checked, and the checksum that it must have.

    Raises:
        SourceDown: The hub does not deliver.
        WeightsError: The disk is too full.
    """
    timeout = httpx.Timeout(_READ_SECONDS, connect=CONNECT_SECONDS)
    headers = {"Accept-Encoding": "identity"}
    async with httpx.AsyncClient(timeout=timeout, headers=headers) as http:
        found = await _find(http, entry)
        part = path.with_name(f"{path.name}.{found.sha256[:12]}.part")
        check_space(path.parent, found.size - _size(part))
        await _download(http, found, part, report)
    return part, found.sha256


async def _find(http: httpx.AsyncClient, entry: Weights) -> Found:
    url = httpx.URL(address(entry.hub))
    try:
        for _ in range(_HOPS):
            reply = await http.head(url)
            target = httpx.URL(reply.headers.get("location", ""))
            # A renamed repository answers with a path; a full address leads to the store,
            # which knows nothing of the hub's checksums.
            if not reply.is_redirect or target.host:
                break
            url = url.join(target)
    except httpx.HTTPError as error:
        raise SourceDown(f"{endpoint()} does not answer ({type(error).__name__})") from error
    if reply.is_error:
        raise SourceDown(f"{endpoint()} answers {reply.status_code} for {entry.hub.repo}")
    size = reply.headers.get("x-linked-size") or reply.headers.get("content-length", "")
    etag = reply.headers.get("x-linked-etag") or reply.headers.get("etag", "")
    sha256 = etag.removeprefix("W/").strip('"').lower()
    if not _SHA256.fullmatch(sha256) or not size.isdigit():
        raise SourceDown(f"{endpoint()} gives no checksum of {entry.hub.file}")
    if entry.sha256 and sha256 != entry.sha256:
        raise SourceDown(f"{endpoint()} holds another version of {entry.hub.file}")
    return Found(str(url), int(size), sha256)


async def _download(
    http: httpx.AsyncClient, found: Found, part: Path, report: Callable[[int, int], None]
) -> None:
    tries = 0
    while (have := _size(part)) < found.size:
        try:
            await _stream(http, found, part, report)
            problem: Exception | None = None
        except httpx.TransportError as error:
            problem = error
        tries = 0 if _size(part) > have else tries + 1
        if tries == _TRIES:
            why = type(problem).__name__ if problem else "it ends too early"
            raise SourceDown(f"{endpoint()} broke off the download ({why})")
    if _size(part) > found.size:
        _drop(part)
        raise SourceDown(f"{endpoint()} sent more than it announced")


async def _stream(
    http: httpx.AsyncClient, found: Found, part: Path, report: Callable[[int, int], None]
) -> None:
    have = _size(part)
    headers = {"Range": f"bytes={have}-"} if have else {}
    async with http.stream("GET", found.url, headers=headers, follow_redirects=True) as reply:
        if reply.is_error:
            raise SourceDown(f"{endpoint()} answers {reply.status_code} to the download")
        resumed = reply.headers.get("content-range", "").startswith(f"bytes {have}-")
        with part.open("ab" if have and reply.status_code == 206 and resumed else "wb") as file:
            have = file.tell()
            async for piece in reply.aiter_raw():
                file.write(piece)
                have += len(piece)
                report(min(have, found.size), found.size)
                if have > found.size:
                    break
            flush(file)


def _drop(part: Path) -> None:
    part.unlink()


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
