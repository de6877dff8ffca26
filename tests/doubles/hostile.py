"""Web pages that break readers: each with how it is answered, and what a reader may say of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.doubles.hostile_pdf import pdfs
from tests.doubles.site import Handler, Request

MEGA = 1_000_000
WORDS = "The llama carries a load over the pass in the Andes. "
MUCH = f"<p>{WORDS * 3}</p>" * 8


@dataclass(frozen=True)
class Hostile:
    """One page.

    Args:
        name: Its family and its name.
        answer: Writes the answer.
        may: What may come of it: `text`, or kinds of errors.
    """

    name: str
    answer: Handler
    may: frozenset[str]


def said(
    name: str,
    body: bytes | str | Callable[[], bytes | str],
    may: str,
    content_type: str = "text/html",
    head: str = "",
    status: int = 200,
) -> Hostile:
    """Return a page that is answered in good form."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        made = body() if callable(body) else body
        data = made.encode("utf-8", "surrogatepass") if isinstance(made, str) else made
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        writer.write(
            f"HTTP/1.1 {status} Said\r\n{kind}{head}Content-Length: {len(data)}\r\n\r\n".encode()
        )
        writer.write(data)
        await writer.drain()

    return Hostile(name, answer, frozenset(may.split()))


def raw(name: str, data: bytes, may: str, then: str = "close") -> Hostile:
    """Return a page whose bytes are sent as they are; then the connection closes, hangs or more."""

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        if then == "hang":
            await asyncio.Event().wait()
        while then == "drip":
            writer.write(data[-1:])
            await writer.drain()
            await asyncio.sleep(0.05)
        while then == "flood":
            writer.write(data[-1:] * 65_536)
            await writer.drain()
        if then == "reset":
            writer.transport.abort()

    return Hostile(name, answer, frozenset(may.split()))


def html(body: str, head: str = "") -> str:
    return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>"


def repeated(unit: str, count: int, before: str = "", after: str = "") -> Callable[[], str]:
    """Return what makes a page of one thing many times, when it is asked for."""
    return lambda: html(f"{before}{unit * count}{after}")


def sizes() -> Iterator[Hostile]:
    ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    for kind in ("text/html", "text/plain", "application/json", "application/pdf", ""):
        yield said(f"ten megabytes of {kind}", lambda: b"a " * 5 * MEGA, "too_big", kind)
    units = {
        "word": "word ",
        "space": " ",
        "lines": "x\n",
        "angle": "<",
        "entity": "&amp;",
        "kanji": "駱駝",
        "paragraph": "<p>a b c</p>",
        "end": "</p>",
        "amp": "&",
        "quote": '"',
        "open": "<p ",
        "comment": "<!--",
        "cdata": "<![CDATA[",
        "pi": "<?x ",
    }
    for name, unit in units.items():
        size = 4_800_000 // len(unit.encode())
        yield said(f"huge {name}", repeated(unit, size), "text empty type tangled")
    for kind in ("text/plain", "application/json", "text/csv", "text/xml"):
        yield said(f"huge {kind}", lambda: "[1] a, b | c.\n" * 340_000, "text", kind)
    yield raw("endless", f"{ok}\r\n<p>a ".encode(), "too_big timeout", "flood")
    yield raw(
        "endless chunks",
        f"{ok}Transfer-Encoding: chunked\r\n\r\n5\r\nllama\r\n".encode(),
        "timeout connection",
        "hang",
    )
    yield raw("endless header", f"{ok}X: a".encode(), "connection timeout", "flood")
    yield raw("no answer", b"", "timeout", "hang")
    yield raw("slow body", f"{ok}\r\nllama".encode(), "timeout", "drip")
    yield raw("half a body", f"{ok}Content-Length: 900\r\n\r\n<p>llama".encode(), "timeout", "hang")
    for kind in ("reset", "close"):
        yield raw(f"{kind} at once", b"", "connection", kind)
        yield raw(f"{kind} in the head", ok.encode(), "connection", kind)
        yield raw(
            f"{kind} in the body",
            f"{ok}Content-Length: 900\r\n\r\n<p>llama".encode(),
            "connection",
            kind,
        )


def packed() -> Iterator[Hostile]:
    def bomb() -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        return b"".join(packer.compress(bytes(MEGA)) for _ in range(100)) + packer.flush()

    page = html(MUCH).encode()
    coded = "Content-Encoding: {}\r\n".format
    for kind in ("text/html", "text/plain", "application/pdf"):
        yield said(f"gzip bomb {kind}", bomb, "too_big", kind, coded("gzip"))
    yield said("nested gzip", lambda: gzip.compress(bomb()), "type", head=coded("gzip"))
    yield said(
        "gzip twice", gzip.compress(gzip.compress(page)), "bad_encoding", head=coded("gzip, gzip")
    )
    for at in (0, 5, 15, 40, -4):
        cut = gzip.compress(page)[:at]
        yield said(f"gzip cut at {at}", cut, "bad_encoding empty", head=coded("gzip"))
    yield said("no gzip", page, "bad_encoding", head=coded("gzip"))
    yield said("gzip and more", gzip.compress(page) + b"junk" * 99, "text", head=coded("gzip"))
    yield said("unlabelled gzip", gzip.compress(page), "type")
    for name in ("br", "deflate", "zstd", "compress", "x" * 5000, "gzip;q=1"):
        yield said(f"packed as {name[:9]}", page, "bad_encoding", head=coded(name))


def charsets() -> Iterator[Hostile]:
    text = f"<p>Größe: {WORDS * 6}</p>"
    labels = (
        "utf-8",
        "latin-1",
        "utf-16",
        "utf-32",
        "shift_jis",
        "koi8-r",
        "utf-7",
        "none-such",
        "\x00",
        "'",
        "x" * 3000,
    )
    for label in labels:
        for coding in ("utf-8", "cp1252"):
            body, kind = html(text).encode(coding), f"text/html; charset={label}"
            yield said(f"{coding} as {label[:9]!r}", body, "text connection", kind)
    for coding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "utf-7", "cp037"):
        yield said(f"unlabelled {coding}", html(text).encode(coding), "text type")
    yield said("bad utf-8", html(text).encode().replace(b"load", b"\xc3\x28\xff"), "text")
    yield said("halves of pairs", html(f"<p>{WORDS * 9}\ud800 \udfff</p>"), "text")
    yield said("nulls", html(MUCH).replace("a", "a\0"), "text")
    yield said("nothing but nulls", bytes(MEGA), "type empty")
    yield said("noise", bytes(range(256)) * 4000, "type text")


def markup() -> Iterator[Hostile]:
    tags = (
        "div",
        "span",
        "table",
        "ul",
        "b",
        "blockquote",
        "a",
        "section",
        "p",
        "select",
        "svg",
        "math",
        "object",
        "form",
        "dl",
        "template",
        "td",
        "h1",
        "font",
        "frameset",
    )
    for tag in tags:
        many = 100_000
        yield said(
            f"deep {tag}",
            repeated(f"<{tag}>", many, "", "x" + f"</{tag}>" * many),
            "text empty tangled",
        )
    for tag in ("b", "a", "p", "td", "dl", "h1", "form", "nothing"):
        yield said(f"open {tag}", repeated(f"<{tag}>a ", many, MUCH), "text empty tangled")
    for name in ("class", "id", "style", "href", "title", "data-x", "hidden", "x" * 999):
        yield said(
            f"giant {name[:9]}",
            repeated("a:b;", MEGA, f"<p {name}='", f"'>a</p>{MUCH}"),
            "text tangled",
        )
    yield said("many attributes", lambda: html(f"<p {'a=1 ' * MEGA}>a</p>{MUCH}"), "text")
    for unit in ("<br>", "<li>x", "<a href=/x>x</a>"):
        count = 4_800_000 // len(unit)
        yield said(f"only {unit}", repeated(unit, count), "text empty tangled")
    for tag in ("script", "style", "noscript", "svg", "iframe", "canvas", "textarea", "title"):
        yield said(f"only {tag}", html(f"<{tag}>{'a=1;' * 9999}</{tag}>"), "empty text javascript")
        yield said(f"half {tag}", html(f"{MUCH}<{tag}>{'a=1;' * 9999}"), "text empty javascript")
    sheet = "p>*+a:not(.b){color:red}" * 99_999
    yield said("styles", lambda: html(MUCH, f"<style>{sheet}</style>"), "text tangled")
    yield said("refresh", html("", "<meta http-equiv=refresh content='0;url=/x'>"), "empty")
    yield said("frames", "<frameset><frame src=/a><frame src=/b></frameset>", "empty")
    yield said("an app", html("<div id=root></div><script src=a.js></script>"), "javascript")
    for body in ("", " ", "\ufeff", "<!-- -->", "<!doctype html>", "&nbsp;", "\u200b" * 999, "<p>"):
        yield said(f"empty {body[:9]!r}", body, "empty")
    yield said("no type", html(MUCH), "text", "")
    yield said("json as html", json.dumps({"a": WORDS}), "text")
    yield said("deep json", "[" * MEGA, "text", "application/json")
    yield said("html as json", html(MUCH), "text", "application/json")
    yield said("html as text", html(MUCH), "text", "text/plain")
    laughs = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 30))
    for kind in ("text/xml", "application/xhtml+xml", "text/html"):
        bomb = f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'ha'>{laughs}]><p>&a29;</p>{MUCH}"
        yield said(f"entities {kind}", bomb, "text", kind)
    steal = "<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><p>&f;</p>"
    yield said("outer entity", steal + MUCH, "text", "application/xhtml+xml")
    for name, sign in {
        "bidi": "\u202e",
        "joiner": "\u200d",
        "tag": "\U000e0041",
        "mark": "a\u0301",
        "zalgo": "\u0334",
        "emoji": "👩\u200d",
        "line": "\u2028",
    }.items():
        yield said(f"spam of {name}", repeated(sign, 300_000, "<p>", f"</p>{MUCH}"), "text")


def types() -> Iterator[Hostile]:
    starts = {
        "png": b"\x89PNG\r\n\x1a\n",
        "jpeg": b"\xff\xd8\xff\xe0",
        "gif": b"GIF89a",
        "zip": b"PK\x03\x04",
        "elf": b"\x7fELF\x02",
        "webp": b"RIFF\0\0\0\0WEBP",
        "ogg": b"OggS\0",
        "exe": b"MZ\x90\0\x03",
        "random": b"\x00\x9d\x01\x85",
    }
    noise = struct.pack(">2000I", *(n * 2_654_435_761 % 2**32 for n in range(2000)))
    for name, start in starts.items():
        for kind in (f"image/{name}", "text/html", "application/pdf", "text/plain", ""):
            yield said(f"{name} as {kind}", start + noise, "type", kind)
    for kind in ("text/html;" * 999, "html", "/", "text", "\xff/\xff", "multipart/mixed"):
        yield said(f"type {kind[:20]!r}", html(MUCH), "text type", kind)


def headers() -> Iterator[Hostile]:
    page = html(MUCH).encode()
    ok = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    for length in (
        "9",
        "-5",
        "1e9",
        "0x10",
        "99999999999999999999",
        "",
        "5, 5",
        "5\r\nContent-Length: 9",
    ):
        yield raw(
            f"length {length!r}",
            f"{ok}Content-Length: {length}\r\n\r\n".encode() + page,
            "text empty connection too_big",
        )
    for size in ("ffffffffffffffff", "-1", "zz", "5;" + "a" * 99_999):
        yield raw(
            f"chunk of {size[:9]}",
            f"{ok}Transfer-Encoding: chunked\r\n\r\n{size}\r\n".encode() + page,
            "connection text",
        )
    yield raw(
        "many headers", ok.encode() + b"X: y\r\n" * 50_000 + b"\r\n" + page, "connection text"
    )
    for line in (
        "HTTP/9.9 200 OK",
        "HTTP/1.1 000 No",
        "HTTP/1.1 999 No",
        "200 OK",
        "\0\1\2",
        "GET /",
    ):
        yield raw(
            f"begins {line!r}", f"{line}\r\n\r\n".encode() + page, "connection text http_status"
        )
    yield raw("no head", page, "connection")
    yield raw("hints for ever", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 99_999, "connection timeout")
    for target in (
        "/self",
        "//",
        "file:///etc/passwd",
        "javascript:1",
        "http://10.0.0.1/",
        "data:,a",
        "http://[::1",
        "http://169.254.169.254/x",
        "\x01",
        "/" + "a" * 60_000,
    ):
        yield said(
            f"sent to {target[:12]!r}",
            "",
            "redirects bad_url refused connection http_status dns empty timeout",
            head=f"Location: {target}\r\n",
            status=302,
        )
    for status in (204, 304, 400, 401, 402, 403, 404, 410, 418, 429, 500, 502, 503, 504):
        yield said(
            f"status {status}",
            "" if status in (204, 304) else html("<p>Sorry.</p>"),
            "http_status empty",
            status=status,
        )
    human = html("<p>Please verify you are human to continue.</p><div id=px-captcha></div>")
    for status in (200, 401, 403, 429, 503):
        yield said(f"captcha with {status}", human, "captcha", status=status)
    yield raw(
        "endless error",
        b"HTTP/1.1 403 No\r\nContent-Type: text/html\r\n\r\n<p>a ",
        "http_status",
        "flood",
    )
    yield raw(
        "slow error",
        b"HTTP/1.1 403 No\r\nContent-Type: text/html\r\n\r\nno",
        "http_status timeout",
        "drip",
    )


def everything() -> dict[str, Hostile]:
    """Return all pages by their names."""
    made: dict[str, Hostile] = {}
    for family in (sizes, packed, charsets, markup, types, headers):
        for page in family():
            name = f"{family.__name__}: {page.name}"
            assert name not in made, name
            made[name] = page
    for name, (body, may) in pdfs().items():
        made[f"pdf: {name}"] = said(name, body, may, "application/pdf")
    return made
