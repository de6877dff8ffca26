"""What a run gave, in words for the model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from tools.python import limits, places
from tools.python.runner import Job, Outcome

MOST_PRINTED = 250
"""Characters of what was printed before an error; the error itself matters more."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|.|$)")
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n|$)", re.MULTILINE)
_KEPT = "\n\t"
# Signs that turn the direction of what follows, and so show another text than there is.
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str, folder: Path) -> str:
    """Take out what is for a terminal's eyes alone, and where things lie on this machine."""
    text = text.replace(f"{folder / 'work'}/", "").replace(str(folder / "work"), ".")
    text = text.replace(str(folder), "")
    for path in sorted((*places.importable(), places.source()), key=len, reverse=True):
        text = text.replace(f"{path}/", "")
    text = _OVERWRITTEN.sub("", _ESCAPES.sub("", text))
    if text.isascii() and text.isprintable():
        return text
    return "".join(sign for sign in text if _is_plain(sign))


def _is_plain(sign: str) -> bool:
    return sign in _KEPT or (unicodedata.category(sign) != "Cc" and sign not in _TURNS)


def answer(outcome: Outcome, made: Sequence[str], left_out: int, folder: Path, limit: int) -> str:
    """Say what a run gave that went well.

    Args:
        outcome: What became of it.
        made: Names of the files that were kept.
        left_out: How many were not.
        folder: The scratch folder.
        limit: Characters of the whole.
    """
    notes = []
    if made:
        notes.append(f"made {', '.join(made)}")
    if left_out:
        notes.append(f"{left_out} more {'file was' if left_out == 1 else 'files were'} left out")
    text = _printed(outcome, folder, max(100, limit - sum(map(len, notes)) - 50))
    if not text.strip():
        text = plain(outcome.text, folder)
    if not text.strip() and not made:
        notes.append("(The code ran and printed nothing. Print what you want to see.)")
    return "\n".join([*([text.rstrip()] if text.strip() else []), *notes])


def _printed(outcome: Outcome, folder: Path, limit: int) -> str:
    """Return what was printed, without its middle where it is too long."""
    head, tail = plain(outcome.output, folder), plain(outcome.tail, folder)
    if len(head) + len(tail) + (outcome.left_out > 0) <= limit:
        return head + tail
    whole = len(head) + len(tail) + outcome.left_out
    first = head[: limit * 2 // 3]
    last = (head[len(first) :] + tail)[-(limit // 3) :]
    return f"{first}\n… {whole - len(first) - len(last):,} characters left out …\n{last}"


def fault(outcome: Outcome, job: Job, folder: Path) -> str:
    """Say what was wrong with a run, and what would be right."""
    text = plain(outcome.text, folder).strip()
    words = {
        "error": text,
        "seconds": f"The code took more than {job.seconds:g} seconds and was ended. Look for an "
        "endless loop, or do less.",
        "processor": f"The code took more than {job.seconds:g} seconds of the processor and was "
        "ended. Look for an endless loop, or do less.",
        "memory": f"The code took more than {job.memory_mb} MB of memory and was ended. Work on "
        "less at a time.",
        "killed": "The code was ended by the system; it took too much memory or time. Do less.",
        "files": f"The code made more than {job.file_mb} MB of files, or more than "
        f"{limits.ENTRIES} of them, and was ended. Make fewer and smaller files.",
        "threads": f"The code started more than {limits.THREADS} threads and was ended. Do "
        "without threads.",
        "output": "The code printed without end and was ended. Print only the result.",
        "crash": "Python itself crashed or was made to end, as by calls within calls without end. "
        "Write it another way.",
        "refused": f"The code was not run, because it could not be confined: {text}.",
        "stopped": "The code was stopped before it had ended.",
    }[outcome.end]
    printed = plain(outcome.output + outcome.tail, folder).strip()
    if not printed:
        return words
    printed = printed if len(printed) <= MOST_PRINTED else f"…{printed[-MOST_PRINTED:]}"
    return f"{words}\nPrinted before that: {printed}"
