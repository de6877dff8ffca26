"""The body of an answer: unpacked within a limit, and decoded whatever its label says."""

from __future__ import annotations

import asyncio
import codecs
import re
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from tools.errors import NetError
from tools.urls import short

if TYPE_CHECKING:
    import httpx

_META_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What a page calls Latin-1 or ASCII is Windows-1252 (WHATWG Encoding, section 4.2).
_WEB_NAMES = dict.fromkeys(("iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii"), "cp1252")
# A page with one of these statuses may say what is in the way: a CAPTCHA, for instance.
_TELLING = frozenset((401, 402, 403, 429, 503))
ERROR_BYTES = 64_000
ERROR_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered with.

    Args:
        url: The address after redirects.
        status: The HTTP status.
        content_type: The media type in lower case, without parameters; empty where none was sent.
        body: The body after decompression.
        charset: The character set that the header named, or an empty string.
    """

    url: str
    status: int
    content_type: str
    body: bytes
    charset: str = ""

    def text(self) -> str:
        """Decode the body by its byte order mark, its header, its own word, or as UTF-8.

        A character set that does not exist or does not fit is passed over; what cannot be decoded
        is replaced.
        """
        for name in self._charsets():
            try:
                return self.body.decode(_WEB_NAMES.get(name, name))
            except (LookupError, ValueError):
                continue
        return self.body.decode("utf-8", "replace")

    def _charsets(self) -> Iterator[str]:
        """Yield the character sets to try, the likeliest first."""
        yield from (name for bom, name in _BOMS if self.body.startswith(bom))
        yield from _without_mark(self.body[:2000])
        wide = self.charset.startswith(("utf-16", "utf-32"))
        if not wide and not self.body.isascii():
            yield "utf-8"  # text in another set is hardly ever valid UTF-8; a wrong label is common
        if self.charset and (not wide or b"\0" in self.body[:2000]):
            yield self.charset
        if named := _META_CHARSET.search(self.body[:2048]):
            yield named.group(1).decode().lower()
        yield "utf-8"
        yield "cp1252"


def _without_mark(start: bytes) -> Iterator[str]:
    """Yield the UTF-16 that a body is in without saying so: every second byte of it is a zero."""
    half = len(start) // 2
    for name, zeros, others in (("utf-16-le", start[1::2], start[::2]),
                                ("utf-16-be", start[::2], start[1::2])):  # fmt: skip
        if half >= 4 and zeros.count(0) > 0.6 * half and others.count(0) < 0.05 * half:
            yield name


async def read_body(
    target: httpx.URL, response: httpx.Response, limit: int, *, cut: bool = False
) -> Page:
    """Read the body of a good answer.

    Args:
        target: The address that answered.
        response: The answer, not yet read.
        limit: Bytes that the body may have, packed and unpacked.
        cut: Whether a longer body is cut rather than refused.

    Raises:
        NetError: The answer is no page, or the page is too long.
    """
    status = response.status_code
    if not 200 <= status < 300:
        reason = f"{short(target)} answered {_phrase(status)}."
        told = await _error_page(response) if status in _TELLING else ""
        raise NetError("http_status", reason, status=status, body=told)
    too_big = NetError("too_big", f"{short(target)} is longer than {limit:,} bytes.")
    if not cut and int(_digits(response.headers.get("content-length", ""))) > limit:
        raise too_big
    body = bytearray()
    async for piece in _decoded(response, limit):
        if piece is None or len(body) + len(piece) > limit:
            if not cut:
                raise too_big
            body += (piece or b"")[: limit - len(body)]
            break
        body += piece
    content_type, charset = _media_type(response.headers)
    return Page(str(target), status, content_type, bytes(body), charset)


async def _error_page(response: httpx.Response) -> str:
    """Return the beginning of the page that came with an error, as far as it can be had soon."""
    import httpx

    content_type, charset = _media_type(response.headers)
    body = bytearray()
    if "html" not in content_type:
        return ""
    try:
        async with asyncio.timeout(ERROR_SECONDS):
            async for piece in _decoded(response, ERROR_BYTES):
                body += (piece or b"")[:ERROR_BYTES]
                if piece is None or len(body) >= ERROR_BYTES:
                    break
    except (TimeoutError, NetError, httpx.HTTPError):
        pass  # the status tells enough
    return Page("", response.status_code, content_type, bytes(body[:ERROR_BYTES]), charset).text()


async def _decoded(response: httpx.Response, limit: int) -> AsyncIterator[bytes | None]:
    """Yield the body unpacked, never more than about the limit at once; None where it is endless.

    httpx's own decoders unpack a whole chunk at a time, which a few kilobytes of zeros can blow
    up a thousandfold. The packed bytes are counted too: a body can go on for ever and unpack to
    nothing.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise NetError("bad_encoding", f"The page is packed in an unknown way ({coding[:40]}).")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in coding else None
    received = 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        if unpacker is None:
            yield chunk
            continue
        try:
            yield unpacker.decompress(chunk, limit + 1) if received <= limit else None
        except zlib.error as error:
            raise NetError("bad_encoding", f"The page could not be unpacked ({error}).") from error
        if unpacker.eof:  # what follows would only be gathered, never unpacked
            return
    if unpacker and received and not unpacker.eof:
        raise NetError("bad_encoding", "The page could not be unpacked (it ends too early).")


def _media_type(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the media type and the character set of a Content-Type header."""
    kind, *parameters = headers.get("content-type", "").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return kind.strip(), value.strip(" \"'")
    return kind.strip(), ""


def _phrase(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase.lower()})"
    except ValueError:
        return str(status)


def _digits(value: str) -> str:
    return value if value.isascii() and value.isdigit() and len(value) < 20 else "0"
