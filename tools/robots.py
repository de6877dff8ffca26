"""What a site's robots.txt says about reading its pages (RFC 9309)."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.errors import NetError
from tools.per_host import PerHost
from tools.urls import short

if TYPE_CHECKING:
    import httpx

Get = Callable[["httpx.URL"], Awaitable[str]]

# RFC 9309, section 2.5: at least 500 KiB are read.
ROBOTS_BYTES = 512_000
LIFETIME = 3600.0
# A site that had no answer is asked again sooner.
FAILED_LIFETIME = 60.0
KEPT_SITES = 64
_AGENT_LINE = re.compile(r"\s*user[ -]?agent\s*[:\s]\s*([^#]*)", re.IGNORECASE)
_PRODUCT = re.compile(r"[A-Za-z_-]+")
_RULE_LINE = re.compile(r"\s*(allow|d[ialosw]+)\s*[:\s]", re.IGNORECASE)  # mistyped ones too


@dataclass(frozen=True, slots=True)
class _Rules:
    """What was found for one site.

    Args:
        until: When it has to be asked for again, on the monotonic clock.
        text: The lines that concern us; empty where everything may be read.
        failed: Why nothing may be read, or an empty string.
    """

    until: float
    text: str = ""
    failed: str = ""


class Robots:
    """Check pages against the robots.txt of their sites.

    Args:
        user_agent: What sites are told about who reads; its first word is looked for.
        get: Fetches a robots.txt as text.
        seconds: Time for one robots.txt.
        clock: Returns seconds that only grow.
    """

    def __init__(
        self,
        user_agent: str,
        get: Get,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        found = _PRODUCT.match(user_agent)
        self._product = found[0].lower() if found else "*"
        self._get = get
        self._seconds = seconds
        self._clock = clock
        self._sites: OrderedDict[str, _Rules] = OrderedDict()
        self._once = PerHost(1)

    async def check(self, target: httpx.URL) -> None:
        """Let a page pass that may be read.

        Raises:
            NetError: Its site asks programs not to read it, or has no answer to whether they may.
        """
        source = target.copy_with(raw_path=b"/robots.txt", fragment=None)
        async with self._once.turn(str(source)):
            rules = self._sites.get(str(source))
            if rules is None or rules.until <= self._clock():
                rules = await self._ask(source)
                self._keep(str(source), rules)
        where = f"{short(target)} was left unread"
        if rules.failed:
            raise NetError(
                "robots",
                f"{where}: {short(source)}, which says whether programs may read the site, "
                f"{rules.failed}.",
            )
        if rules.text and not self._permits(rules.text, str(target)):
            raise NetError("robots", f"{where}: {short(source)} asks programs not to read it.")

    async def _ask(self, source: httpx.URL) -> _Rules:
        """Fetch a robots.txt; one that does not exist allows everything, one that is down nothing.

        A site that takes no connection at all is none of its concern: that error is the page's.
        """
        now = self._clock()
        try:
            async with asyncio.timeout(self._seconds):
                text = await self._get(source)
        except TimeoutError:
            failed = f"did not come within {self._seconds:g} seconds"
            return _Rules(now + FAILED_LIFETIME, failed=failed)
        except NetError as error:
            if error.status >= 500:
                failed = f"could not be had (it answered {error.status})"
                return _Rules(now + FAILED_LIFETIME, failed=failed)
            return _Rules(now + (LIFETIME if error.status else FAILED_LIFETIME))
        return _Rules(now + LIFETIME, "\n".join(_concerning(text, self._product)))

    def _permits(self, text: str, url: str) -> bool:
        from protego import Protego

        return bool(Protego.parse(text).can_fetch(url, self._product))

    def _keep(self, source: str, rules: _Rules) -> None:
        self._sites[source] = rules
        self._sites.move_to_end(source)
        while len(self._sites) > KEPT_SITES:
            self._sites.popitem(last=False)


def _concerning(text: str, product: str) -> Iterator[str]:
    """Yield the groups for everybody and for us.

    The parser gives every rule to every name of its group, which a file of thousands of names
    would make very slow; the names and rules of others are therefore left out.
    """
    ours = ruled = False
    for line in text.splitlines():
        if agent := _AGENT_LINE.match(line):
            found = _PRODUCT.match(agent[1])
            word = found[0].lower() if found else agent[1].strip()
            ours = word in ("*", product) or (ours and not ruled)
            ruled = False
            if word in ("*", product):
                yield f"User-agent: {word}"
        elif _RULE_LINE.match(line):
            ruled = True
            if ours:
                yield line
