"""Turns files into text, and text into files, without changing what was not asked for."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from tools.workspace import WorkspaceError

_WIDE = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# What no text holds: controls beside tab, line ends, form feed, backspace and escape.
_BINARY = re.compile(rb"[\x00-\x07\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 8192


@dataclass(frozen=True, slots=True)
class Text:
    """The content of a text file.

    Args:
        content: The text, with the line ends that the file has.
        coding: How its bytes are to be written again; empty where that would lose something.
        remark: What a reader should know of it; may be empty.
    """

    content: str
    coding: str = "utf-8"
    remark: str = ""


def text_of(path: str, data: bytes) -> Text:
    """Decode a file.

    Raises:
        WorkspaceError: It is no text.
    """
    for mark, coding in _WIDE:
        if data.startswith(mark):
            return Text(data.decode(coding, "replace"), "", " (UTF-16)")
    if _BINARY.search(data[:_SAMPLE]):
        raise WorkspaceError(
            f"{path!r} is no text but a binary file ({len(data):,} bytes), which cannot be read. "
            "Use another file."
        )
    coding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        return Text(data.decode(coding), coding)
    except UnicodeDecodeError:
        return Text(
            data.decode("cp1252", "replace"), "", " (not in UTF-8, so read as Windows-1252)"
        )


def edited(path: str, before: Text | None, content: str, *, replace: str) -> tuple[str, bytes]:
    """Return what was done in words, and the file's new bytes.

    Args:
        path: How the file is called.
        before: What it holds; None writes it anew.
        content: The text that goes in.
        replace: The text that it takes the place of; empty puts it at the end.

    Raises:
        WorkspaceError: The file cannot be changed in place, or does not hold that text just once.
    """
    if before is None:
        content = _ended(content)
        return f"Wrote {path} ({_lines(content)}).", _bytes(content, "utf-8")
    if not before.coding:
        raise WorkspaceError(f"{path!r} is not in UTF-8 and cannot be changed. Write it anew.")
    old, crlf = before.content, "\r\n" in before.content
    if crlf:
        content, replace = _windows(content), _windows(replace)
    if not replace:
        gap = ("\r\n" if crlf else "\n") if old and not old.endswith("\n") else ""
        new = _ended(f"{old}{gap}{content}", "\r\n" if crlf else "\n")
        return f"Added to {path} (now {_lines(new)}).", _bytes(new, before.coding)
    times = old.count(replace)
    if times != 1:
        what = "is not in the file" if not times else f"is {times} times in the file"
        advice = "Read the file and copy the text exactly" if not times else "Give a longer piece"
        raise WorkspaceError(f"`replace` {what} {path!r}. {advice}, so that it is there once.")
    new = old.replace(replace, content)
    return f"Changed {path} (now {_lines(new)}).", _bytes(new, before.coding)


def _bytes(text: str, coding: str) -> bytes:
    return text.encode(coding, "replace")


def _ended(text: str, end: str = "\n") -> str:
    return text if text.endswith("\n") else text + end


def _windows(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def _lines(text: str) -> str:
    count = len(text.splitlines())
    return f"{count} line{'' if count == 1 else 's'}"
