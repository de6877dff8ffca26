"""Reads the paths that a model writes: names below a folder, and nothing that leads out of it."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

MOST_PARTS = 10
NAME_BYTES = 200
_HOME = re.compile(r"~[^/]*")
_DRIVE = re.compile(r"[A-Za-z]:|[\\/]{2}")
_FORBIDDEN = re.compile(r'[<>:"|?*\\]')
_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(?:COM|LPT)\d)", re.IGNORECASE)
_WHOLE = ("", ".", "./")
# Names that a system with such habits would take for one another.
_FOLDS_CASE = os.name == "nt" or sys.platform == "darwin"
_PLAIN = frozenset(
    "abcdefghijklmnopqrstuvwxyz0123456789_.-~"
    + ("" if _FOLDS_CASE else "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
)


class BadPath(ValueError):
    """Say what is wrong with a path, and what would be right."""


def parts_of(path: str) -> tuple[str, ...]:
    """Split a path below the workspace into its names; the workspace itself has none.

    Everything that any system could read as a way out is refused on all of them, so that a
    workspace can be carried from one machine to another.

    Raises:
        BadPath: The path leads out, or no file can have it on every system.
    """
    path = unicodedata.normalize("NFC", path).strip()
    if path in _WHOLE:
        return ()
    shown = _shown(path)
    if path.startswith("/") or _DRIVE.match(path):
        raise BadPath(
            f"`path` was {shown}, which is absolute. Write it from the workspace on, such as "
            "notes/todo.txt."
        )
    if _HOME.match(path):
        raise BadPath(f"`path` was {shown}: ~ is not known here. Write it from the workspace on.")
    if "\\" in path:
        raise BadPath(f"`path` was {shown}: write / between folders, not \\.")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if len(parts) > MOST_PARTS:
        raise BadPath(f"`path` goes through {len(parts)} folders; {MOST_PARTS} are the most.")
    for part in parts:
        if reason := _wrong(part):
            raise BadPath(f"`path` was {shown}: {reason}")
    return parts


def _wrong(name: str) -> str:
    """Say what is wrong with one name of a path, or return an empty string."""
    plain = unicodedata.normalize("NFKC", unquote(name)).strip()
    if plain in (".", "..") or "/" in plain or "\\" in plain:
        return "it leads out of the workspace, where no file can be reached. Leave out .. and /."
    if any(unicodedata.category(sign)[0] == "C" for sign in name):
        return "it holds an invisible sign. Write letters, digits, spaces, -, _ and dots only."
    if found := _FORBIDDEN.search(name):
        return f"no file name may hold {found[0]}. Write letters, digits, spaces, -, _ and dots."
    if name.startswith("."):
        return "names that start with a dot are hidden and left alone. Use another name."
    if name != name.strip() or name.endswith("."):
        return "a name must not begin or end with a space, nor end with a dot."
    if _DEVICES.fullmatch(plain.partition(".")[0].strip()):
        return f"{_shown(name)} is the name of a device on some systems. Use another name."
    if len(name.encode()) > NAME_BYTES:
        return f"a name has at most {NAME_BYTES} characters. Use a shorter one."
    return ""


def _shown(path: str) -> str:
    text = ascii(path) if not path.isprintable() else repr(path)
    return text if len(text) <= 80 else f"{text[:79]}…"


def user_folder(home: Path, user_id: str) -> Path:
    """Return a user's own workspace; no two users have the same, and none is outside of `home`.

    Raises:
        ValueError: The user has no name.
    """
    if not user_id:
        raise ValueError("A workspace needs a user.")
    given = user_id.encode("utf-8", "surrogatepass")
    signs = [chr(byte) if chr(byte) in _PLAIN else f"%{byte:02X}" for byte in given]
    name = "".join(signs)
    if not name.strip("."):
        name = name.replace(".", "%2E")
    elif name.endswith(".") or _DEVICES.fullmatch(name.partition(".")[0]):
        name = f"{''.join(signs[:-1])}%{given[-1]:02X}"
    if len(name) > NAME_BYTES:
        # No name that was not cut has two % in a row.
        name = f"{name[: NAME_BYTES - 66]}%%{sha256(given).hexdigest()}"
    return home / "files" / name
