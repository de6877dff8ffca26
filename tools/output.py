"""What a tool returned, as the text and the sources that a turn works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tools.sources import File, Search, Source
from tools.spec import ToolSpec

SNIPPET_CHARS = 300


class Unshowable(TypeError):
    """Say that a value cannot be shown to a model as text."""


def to_text(value: Any) -> str:
    """Turn any value that a tool returned into text.

    A string stays as it is; None is "done"; content blocks give their text; everything else is
    compact JSON.

    Raises:
        Unshowable: The value is bytes, or an object without a readable form.
    """
    if value is None:
        return "done"
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise Unshowable(f"{len(value):,} bytes, which cannot be shown as text")
    if isinstance(value, str):
        text = str(value)
    elif (blocks := _text_of_blocks(value)) is not None:
        text = blocks
    else:
        text = _to_json(value)
    # A lone surrogate would break every later encoding, so it is replaced at the door.
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text


def cut(text: str, limit: int) -> str:
    """Cut a text to a number of characters, with a note of how much was left out."""
    if len(text) <= limit:
        return text
    head = text[:limit]
    # The cut falls between words where one is near.
    space = max(head.rfind(" ", limit - 40), head.rfind("\n", limit - 40))
    head = head[:space] if space > 0 else head
    return f"{head.rstrip()}\n… {len(text) - len(head):,} characters left out"


def sources_of(artifact: Any) -> tuple[Source, ...]:
    """Pick the sources out of a tool's artifact; what is no source is passed over."""
    items = artifact if isinstance(artifact, (list, tuple)) else (artifact,)
    return tuple(source for item in items if (source := _source(item)) is not None)


def files_of(artifact: Any) -> tuple[File, ...]:
    """Pick the files out of a tool's artifact."""
    items = artifact if isinstance(artifact, (list, tuple)) else (artifact,)
    return tuple(item for item in items if isinstance(item, File))


def searches_of(artifact: Any) -> tuple[Search, ...]:
    """Pick the records of searches out of a tool's artifact."""
    items = artifact if isinstance(artifact, (list, tuple)) else (artifact,)
    return tuple(item for item in items if isinstance(item, Search))


def tools_of(artifact: Any) -> tuple[str, ...]:
    """Pick the names of tools that were found out of a tool's artifact."""
    items = artifact if isinstance(artifact, (list, tuple)) else (artifact,)
    return tuple(item.name for item in items if isinstance(item, ToolSpec))


def _source(item: Any) -> Source | None:
    if isinstance(item, Source):
        return item
    if isinstance(item, Mapping) and isinstance(item.get("url"), str):
        text = item.get("snippet") or item.get("content") or ""
        return Source(str(item.get("title") or item["url"]), item["url"], str(text)[:SNIPPET_CHARS])
    metadata, text = getattr(item, "metadata", None), getattr(item, "page_content", None)
    if isinstance(metadata, Mapping) and isinstance(text, str):  # a retriever's document
        url = str(metadata.get("url") or metadata.get("source") or "")
        return Source(str(metadata.get("title") or url), url, text[:SNIPPET_CHARS]) if url else None
    return None


def _text_of_blocks(value: Any) -> str | None:
    """Join the content blocks of a message, or return None where these are none."""
    if not isinstance(value, list) or not value or not all(_is_block(item) for item in value):
        return None
    return "\n".join(_block_texts(value))


def _is_block(item: Any) -> bool:
    return isinstance(item, Mapping) and (
        (item.get("type") == "text" and isinstance(item.get("text"), str))
        or item.get("type") in ("image", "image_url", "audio", "file", "resource")
    )


def _block_texts(blocks: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for block in blocks:
        yield block["text"] if block["type"] == "text" else f"({block['type']} left out)"


def _to_json(value: Any) -> str:
    from pydantic_core import PydanticSerializationError, to_json

    try:
        return to_json(value, fallback=_fallback, inf_nan_mode="constants").decode()
    except PydanticSerializationError as error:
        raise Unshowable(_last_words(error)) from error
    except ValueError as error:  # a value that contains itself
        raise Unshowable(f"a {type(value).__name__} that cannot be shown: {error}") from error


def _last_words(error: Exception) -> str:
    return (
        str(error).removeprefix("Error calling function `_fallback`: ").removeprefix("Unshowable: ")
    )


def _fallback(value: Any) -> str:
    text = str(value)
    if " at 0x" in text:  # no form of its own, only an address in memory
        raise Unshowable(f"a {type(value).__name__}, which cannot be shown as text")
    return text
