"""A process that reads pages and tells, as JSON, what came of each and how much memory it took.

Its argument is how many are read side by side; its input is addresses, each with the seconds that
an answer may take, one a line.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from tools.article import fetch_article
from tools.errors import NetError, UnreadablePage
from tools.net import Net
from tools.passages import passages
from tools.settings import NetSettings
from tools.threads import in_thread


async def read(net: Net, url: str) -> tuple[str, int, float]:
    """Return what came of a page, how many passages it has, and the seconds that it took."""
    started, count = time.monotonic(), 0
    try:
        _, article = await fetch_article(net, url)
        count = len(await in_thread(passages, article.text))
        came = "text" if count else "nothing"
    except (NetError, UnreadablePage) as error:
        came = error.kind
    except Exception as error:  # noqa: BLE001 - told to the test, which fails over it
        came = f"{type(error).__name__}: {error}"[:300]
    return came, count, time.monotonic() - started


def peak() -> float:
    """Return the most megabytes that this process has held; nothing of its parent's counts."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


async def main(lines: list[str], at_once: int) -> None:
    """Read the pages, and print what came of them."""
    wanted = [line.split() for line in lines]
    hosts = (urlsplit(wanted[0][0]).netloc,)
    nets = {
        seconds: Net(NetSettings(allow_hosts=hosts, timeout=float(seconds), per_host=at_once))
        for _, seconds in wanted
    }
    turns = asyncio.Semaphore(at_once)

    async def one(url: str, seconds: str) -> tuple[str, int, float]:
        async with turns:
            return await read(nets[seconds], url)

    found = await asyncio.gather(*(one(url, seconds) for url, seconds in wanted))
    for net in nets.values():
        await net.aclose()
    pages = {url: came for (url, _), came in zip(wanted, found, strict=True)}
    print(json.dumps({"peak": peak(), "pages": pages}))


if __name__ == "__main__":
    asyncio.run(main(sys.stdin.read().splitlines(), int(sys.argv[1])))
