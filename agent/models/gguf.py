"""What the head of a GGUF file says of the weights behind it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from agent.errors import WeightsError
from agent.models.catalogue import identity_of

MAGIC = b"GGUF"
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS[12] = "d"
_STRING, _ARRAY = 8, 9
_LIMIT = 1 << 20
"""Bytes of one string of the head; a longer one means that the file is broken."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a GGUF file says of itself.

    Args:
        identity: Lower-case name of the weights, such as `qwen2.5-coder-1.5b`.
        name: `general.name`, as its maker wrote it; may be empty.
        context: Tokens that the model was trained for; 0 where the file does not say.
    """

    identity: str
    name: str
    context: int


def verified_gguf(path: Path) -> Path:
    """Return `path` if a GGUF file lies there.

    Raises:
        WeightsError: Nothing lies there, it cannot be read, or it is no GGUF file.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except FileNotFoundError:
        raise WeightsError(
            f"There is no file {path}.", "Check the path behind llamacpp:, or use a known name."
        ) from None
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror}.") from error
    if magic != MAGIC:
        raise WeightsError(
            f"{path} is not a GGUF file.",
            "llama.cpp reads GGUF alone; get the model's GGUF conversion.",
        )
    return path


def read_facts(path: Path) -> Facts:
    """Read what a GGUF file says of itself; the vocabulary and the weights are not touched.

    Raises:
        WeightsError: It is no GGUF file, or its head is cut short or garbled.
    """
    verified_gguf(path)
    try:
        with path.open("rb") as file:
            head = _head(file)
    except (OSError, ValueError, struct.error) as error:
        raise WeightsError(
            f"{path} is broken: its head cannot be read.",
            "It was probably cut short while it was copied; fetch it again.",
        ) from error
    return Facts(_identity(head, path), str(head.get("general.name", "")), _context(head))


def _identity(head: dict[str, Any], path: Path) -> str:
    base, label = head.get("general.basename"), head.get("general.size_label")
    if base and label:
        return identity_of(f"{base}-{label}")
    return identity_of(str(head.get("general.name") or path.name))


def _context(head: dict[str, Any]) -> int:
    value = head.get(f"{head.get('general.architecture')}.context_length", 0)
    return value if isinstance(value, int) else 0


def _head(file: BinaryIO) -> dict[str, Any]:
    file.seek(len(MAGIC))
    version, _tensors, pairs = struct.unpack("<IQQ", file.read(20))
    if not 2 <= version <= 9:
        raise ValueError(f"version {version}")
    head: dict[str, Any] = {}
    for _ in range(min(pairs, 4096)):
        key = _string(file)
        if key.startswith("tokenizer."):
            break
        head[key] = _value(file, *struct.unpack("<I", file.read(4)))
    return head


def _string(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    if length > _LIMIT:
        raise ValueError(f"a string of {length} bytes")
    data = file.read(length)
    if len(data) < length:
        raise ValueError("cut short")
    return data.decode("utf-8", errors="replace")


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        inner, count = struct.unpack("<IQ", file.read(12))
        if count > _LIMIT or inner == _ARRAY:
            raise ValueError(f"an array of {count} values")
        return [_value(file, inner) for _ in range(count)]
    if kind not in _SCALARS:
        raise ValueError(f"a value of kind {kind}")
    shape = "<" + _SCALARS[kind]
    return struct.unpack(shape, file.read(struct.calcsize(shape)))[0]
