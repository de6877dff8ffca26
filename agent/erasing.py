"""Erase what was forgotten from the conversations in which it stands.

A record is forgotten with the sentences that it was taken from and with those that repeat it. In
the turns where it was said or given to the model, every sentence with one word of its value
goes; elsewhere in the user's threads only a sentence that holds the statement itself, a word of
it that is hardly ever used, or two of its telling words. The sentence's place is marked.
"""

from __future__ import annotations

import asyncio
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from agent.state import Entry
from memory.embeddings import unusual
from memory.records import Record
from tools.passages import sentences
from tools.ranking import words

if TYPE_CHECKING:
    from agent.threads import Threads
    from memory.store import Store
    from tools.journal import Journal

FORGOTTEN = "[forgotten]"
TYPED = "history"
"""The file of what was typed at the prompt, in the home folder."""
WAITING = 10_000
"""Messages still to be read that are looked through."""
LOGS = "logs"
"""The folder of logs of what was unexpected, in the home folder."""
LEAST = 4
"""Characters of a value or statement from which on its occurrence is telling."""
_WORD = re.compile(r"\w[\w.@+-]*\w|\w")
_REPEATED = re.compile(r"\[forgotten\](?:\s*\[forgotten\])+")
_PERSONS = frozenset(
    words(
        "I me my mine you your we our he him his she her they them their am been being would will "
        "can could should just very also not no yes like really go get got live work called name "
        "named new old now then there here one some any every remember user said"
    )
)

Clean = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells that a text repeats forgotten records.

    Args:
        phrases: Statements and values, folded.
        rare: Words, folded, that hardly stand in a text by chance.
        telling: The stems of the records' words that say something.
        values: Those of them that say what is to be forgotten: the values, where they are known.
        places: The threads and messages in which the records were said.
        ids: The records' numbers.
    """

    phrases: frozenset[str]
    rare: frozenset[str]
    telling: frozenset[str]
    values: frozenset[str]
    places: frozenset[tuple[str, str]]
    ids: frozenset[int]


def marks(records: Iterable[Record]) -> Marks:
    """Return what tells that a text repeats some records."""
    records = list(records)
    texts = [part for one in records for part in (one.text, one.quote, one.value) if part]
    found = {word for text in texts for word in _WORD.findall(text)}
    return Marks(
        phrases=frozenset(one for one in map(_fold, texts) if len(one) >= LEAST and " " in one),
        rare=frozenset(_fold(one) for one in found if _rare(one)),
        telling=frozenset(one for text in texts for one in words(text)) - _PERSONS,
        values=frozenset(
            stem for one in records for stem in words(one.value or f"{one.text} {one.quote}")
        )
        - _PERSONS,
        places=frozenset((one.thread_id, one.message) for one in records if one.thread_id),
        ids=frozenset(one.id for one in records),
    )


def near(told: Marks) -> Clean:
    """Return what cleans a text of a turn in which the records were said or used."""
    return lambda text: _clean(text, lambda one: _repeats(one, told, told.values, least=1))


def far(told: Marks) -> Clean:
    """Return what cleans any other text."""
    return lambda text: _clean(text, lambda one: _repeats(one, told, told.telling, least=2))


async def erase(
    gone: Iterable[Record],
    *,
    user_id: str,
    home: Path | None,
    threads: Threads,
    journal: Journal,
    store: Store,
) -> None:
    """Erase forgotten records from everything else that arriero keeps of a user.

    Args:
        gone: The records.
        user_id: Whose they were.
        home: The folder with what was typed at the prompt, and with logs; None for none.
        threads: The conversations.
        journal: The journal of side effects.
        store: The store, with messages that are still to be read.
    """
    if not (records := list(gone)):
        return
    told = await asyncio.to_thread(marks, records)
    await threads.erase(told, user_id=user_id)
    await journal.erase(partial(cleaned, clean=near(told)), user_id=user_id)
    clean = far(told)
    waiting = await store.inbox(user_id=user_id, limit=WAITING)
    if held := [one.id for one in waiting if any(clean(t) != t for t in (one.text, one.before))]:
        await store.done(held, user_id=user_id)
    if home is not None:
        await asyncio.to_thread(erase_typed, home / TYPED, told)
        for log in (home / LOGS).glob("*"):
            await asyncio.to_thread(erase_logged, log, told)


def erase_logged(path: Path, told: Marks) -> None:
    """Take out of a log file the lines that repeat forgotten records."""
    text = path.read_text("utf-8", errors="replace")
    clean = far(told)
    kept = "".join(clean(line) for line in text.splitlines(keepends=True))
    if kept != text:
        overwrite(path, kept)


def erase_typed(path: Path, told: Marks) -> None:
    """Take out of the file of what was typed at the prompt what repeats forgotten records.

    The file is that of prompt_toolkit's `FileHistory`: entries of lines with a plus in front,
    each behind a line with its time.
    """
    if not path.is_file():
        return
    text = path.read_text("utf-8", errors="replace")
    entries = re.split(r"(?=^# )", text, flags=re.MULTILINE)
    clean = far(told)
    kept = [one for one in entries if clean(plain := _typed(one)) == plain]
    if len(kept) == len(entries):
        return
    overwrite(path, "".join(kept))


def overwrite(path: Path, text: str) -> None:
    """Write a file anew in place: the old text is not to stay in a freed block of the disk."""
    new, before = text.encode("utf-8", "replace"), path.stat().st_size
    with path.open("r+b") as file:
        file.write(new + b"\0" * max(before - len(new), 0))
        file.flush()
        os.fsync(file.fileno())
        file.truncate(len(new))


def _typed(entry: str) -> str:
    lines = [line[1:] for line in entry.splitlines() if line.startswith("+")]
    return "\n".join(lines)


def erased(messages: Sequence[Entry], told: Marks, thread_id: str) -> list[Entry]:
    """Return a conversation without what its records said; the same entries where none do."""
    done: list[Entry] = []
    cleaner = far(told)
    for at, entry in enumerate(messages):
        if entry["role"] == "user":
            given = {one["id"] for one in entry.get("recalled", ())}
            close = (thread_id, str(at)) in told.places or bool(given & told.ids)
            cleaner = near(told) if close else far(told)
        done.append(_entry(entry, told, cleaner))
    return done


def _entry(entry: Entry, told: Marks, clean: Clean) -> Entry:
    kept: dict[str, Any] = {key: cleaned(value, clean) for key, value in entry.items()}
    if "recalled" in entry:
        kept["recalled"] = [one for one in entry["recalled"] if one["id"] not in told.ids]
    if "tool_calls" in entry:
        kept["tool_calls"] = [
            {**one, "arguments": cleaned(one["arguments"], clean)} for one in entry["tool_calls"]
        ]
    # Ids and names join entries; they are no text.
    for name in ("role", "tool_call_id", "name", "stop", "tools"):
        if name in entry:
            kept[name] = entry[name]
    return cast("Entry", kept)


def cleaned(value: Any, clean: Clean) -> Any:
    """Clean every text of plain data; the names of members and what stands under `id` stay."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: one if key == "id" else cleaned(one, clean) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(one, clean) for one in value]
    return value


def _clean(text: str, repeats: Callable[[str], bool]) -> str:
    """Put a mark in the place of every sentence that repeats what was forgotten."""
    if not text or not repeats(text):
        return text
    spans = [(a, b) for a, b in sentences(text) if repeats(text[a:b])]
    if not spans:
        return FORGOTTEN
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += [text[done:start], FORGOTTEN]
        done = end
    rest = "".join([*parts, text[done:]])
    # What runs over the bounds of sentences is left to no chance.
    return FORGOTTEN if repeats(rest) else _REPEATED.sub(FORGOTTEN, rest)


def _repeats(text: str, told: Marks, telling: frozenset[str], *, least: int) -> bool:
    folded = _fold(text)
    if any(phrase in folded for phrase in told.phrases):
        return True
    if any(word in folded for word in told.rare):
        return True
    return len(telling & set(words(text))) >= least


def _rare(word: str) -> bool:
    return len(word) >= LEAST and unusual(word)


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(bare.split())
