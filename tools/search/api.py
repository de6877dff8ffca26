"""Asks an engine's interface for programs, and sorts what can go wrong.

Keys travel in headers, never in an address, and no error repeats what was sent or received.
"""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tools.body import read_body
from tools.errors import NetError
from tools.net import Net
from tools.search.engine import EngineError, Result
from tools.search.text import is_puzzle
from tools.settings import NetSettings

if TYPE_CHECKING:
    import httpx

BLOCKED = "refused to answer, which mostly means too many searches"
PUZZLE = "answered with a puzzle for humans"
QUOTA = "its quota is used up"
HINT_BYTES = 8192
_KEY = re.compile(r"api[ _-]?key|token|credential|unauthor", re.IGNORECASE)
_LIMIT = re.compile(r"quota|limit|exceeded|too many", re.IGNORECASE)


class Api:
    """Ask one engine's interface.

    Args:
        engine: The engine's name, for errors.
        net: Limits of the requests.
        seconds: How long one answer may take.
        hosts: Hosts that may be reached wherever they are.
        keyed: Whether a key is sent.
    """

    def __init__(
        self,
        engine: str,
        net: NetSettings,
        seconds: float,
        *,
        hosts: Sequence[str] = (),
        keyed: bool = False,
    ) -> None:
        self._engine = engine
        self._settings = net.model_copy(update={"timeout": seconds})
        self._hosts = tuple(hosts)
        self._keyed = keyed
        self._client: httpx.AsyncClient | None = None

    async def json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Any:
        """Return the JSON of an answer; with a body it is sent there as JSON.

        Raises:
            EngineError: There is none.
        """
        text = await self.text(
            url, params, headers={"Accept": "application/json", **(headers or {})}, body=body
        )
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            if is_puzzle(text):
                raise EngineError(self._engine, PUZZLE, "blocked") from error
            raise EngineError(self._engine, "its answer is not JSON", "malformed") from error

    async def text(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> str:
        """Return the text of an answer.

        Raises:
            EngineError: There is none.
        """
        import httpx

        seconds = self._settings.timeout
        try:
            async with asyncio.timeout(seconds):
                return await self._send(url, params, headers, body)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise EngineError(self._engine, f"no answer in {seconds:g} s", "slow") from error
        except NetError as error:
            raise EngineError(self._engine, "its answer could not be read", "malformed") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise EngineError(self._engine, "could not be reached", "unreachable") from error

    async def _send(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: Any,
    ) -> str:
        client = self._client = self._client or self._open()
        method = "GET" if body is None else "POST"
        async with client.stream(method, url, params=params, headers=headers, json=body) as found:
            if found.status_code != 200:
                raise self._refusal(found.status_code, await _hint(found), found.headers)
            page = await read_body(found.request.url, found, self._settings.max_bytes)
        return page.text()

    def _open(self) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(
            transport=Net(self._settings).transport(self._hosts),
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": "gzip"},
            timeout=self._settings.timeout,
            trust_env=False,
        )

    def _refusal(self, status: int, hint: str, headers: Mapping[str, str]) -> EngineError:
        """Return what a status other than 200 means."""
        wait = _seconds(headers.get("retry-after", ""))
        if status in (402, 432, 433) or (status == 403 and _LIMIT.search(hint)):
            return EngineError(self._engine, QUOTA, "blocked", retry_after=wait)
        if self._keyed and (status in (401, 403) or (status in (400, 422) and _KEY.search(hint))):
            return EngineError(self._engine, f"its key was refused ({status})", "key")
        if status in (202, 401, 403, 429):
            return EngineError(self._engine, f"{BLOCKED} ({status})", "blocked", retry_after=wait)
        if status in (400, 414, 422):
            return EngineError(self._engine, f"did not take this query ({status})", "query")
        if 300 <= status < 400:
            why = f"its address leads to another one ({status}): set that one"
            return EngineError(self._engine, why, "key")
        if status >= 500:
            return EngineError(self._engine, f"answered {status}", "down", retry_after=wait)
        return EngineError(self._engine, f"answered {status}", "malformed")


@contextmanager
def reading(engine: str, what: str) -> Iterator[None]:
    """Turn what a misshapen answer raises into an error of the engine.

    Raises:
        EngineError: The answer is not what it should be.
    """
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise EngineError(engine, f"its answer is not {what}", "malformed") from error


def listed(engine: str, items: Sequence[Any], results: Sequence[Result | None]) -> list[Result]:
    """Return the results that lead somewhere.

    Raises:
        EngineError: There were items, and none of them leads anywhere.
    """
    kept = [result for result in results if result is not None]
    if items and not kept:
        raise EngineError(engine, "its answer holds no addresses", "malformed")
    return kept


async def _hint(response: httpx.Response) -> str:
    """Return the beginning of a refusal's text, to tell a bad key from a used-up quota."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= HINT_BYTES:
            break
    data = bytes(body[:HINT_BYTES])
    if "gzip" in response.headers.get("content-encoding", ""):
        try:
            data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, HINT_BYTES)
        except zlib.error:
            return ""
    return data.decode("utf-8", "replace")


def _seconds(retry_after: str) -> float:
    return float(retry_after) if retry_after.isdigit() and len(retry_after) < 7 else 0.0
