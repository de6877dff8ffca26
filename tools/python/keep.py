"""Files that code left behind, copied to the user's own under names that are safe."""

from __future__ import annotations

import mimetypes
import os
import tempfile
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from tools.paths import user_folder
from tools.python.scratch import content, files
from tools.scope import scope
from tools.sources import File

MOST_FILES = 20
NAME_CHARS = 50  # of up to four bytes each
_ANY = "application/octet-stream"
_SIGNS = frozenset(" ._-()+=,")


def keep(work: Path, folder: Path, limit: int) -> tuple[list[File], int]:
    """Copy the plain files of a scratch folder.

    Args:
        work: The scratch folder.
        folder: Where to; made only when there is something.
        limit: Bytes of all files together.

    Returns:
        The copies, and how many files were left out.
    """
    kept: dict[str, File] = {}
    left_out = 0
    for path in files(work, 10_000):
        data = content(path, limit) if len(kept) < MOST_FILES else None
        if data is None:
            left_out += 1
            continue
        limit -= len(data)
        name = _free(_safe(path.relative_to(work)), kept)
        _write(folder, name, data)
        kept[name] = File(str(folder / name), mimetypes.guess_type(name)[0] or _ANY)
    return list(kept.values()), left_out


def folder_of_call(home: Path, workspace: Path | None) -> Path:
    """Return the folder for the files of the running call.

    Args:
        home: The folder of everything that arriero keeps.
        workspace: The folder that the user chose for all files, if any.
    """
    try:
        now = scope()
    except LookupError:
        return home / "files" / "python" / uuid4().hex[:12]
    name = quote(now.call_id, safe="").replace(".", "%2E")
    if len(name) > NAME_CHARS:
        name = sha256(now.call_id.encode()).hexdigest()
    return (workspace or user_folder(home, now.user_id)) / "python" / (name or "call")


def _safe(path: Path) -> str:
    """Make one plain name of a path that could be anything."""
    given = "-".join(path.parts).encode("utf-8", "replace").decode()
    name = "".join(sign if sign.isalnum() or sign in _SIGNS else "_" for sign in given)
    name = name.strip(" .") or "file"
    stem, dot, ending = name.rpartition(".")
    if len(ending) > 10 or not dot:
        stem, dot, ending = name, "", ""
    return f"{stem[: NAME_CHARS - len(ending)].rstrip()}{dot}{ending}"


def _free(name: str, taken: dict[str, File]) -> str:
    stem, ending = os.path.splitext(name)
    number = 1
    folded = {other.casefold() for other in taken}
    while name.casefold() in folded:
        number += 1
        name = f"{stem}-{number}{ending}"
    return name


def _write(folder: Path, name: str, data: bytes) -> None:
    """Write a file anew; what was there, a link too, is replaced and not written through."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=folder)
    with open(descriptor, "wb") as file:
        file.write(data)
    os.replace(draft, folder / name)
