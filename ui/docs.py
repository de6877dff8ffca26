"""Add, list, search and remove a user's documents; no model is needed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from agent.errors import UsageError
from ui.session import Options
from ui.terminal import Terminal
from ui.text import one_line, plain

if TYPE_CHECKING:
    from rich.table import Table

    from agent.settings import Settings
    from memory.documents import (
        Document,
        DocumentPassage,
        Documents,
        FoundPassage,
        Report,
        Teller,
        Told,
    )
    from memory.memories import Memories
    from tools.documents import Reader

T = TypeVar("T")
SECONDS = 20.0
"""Seconds that the index is given to let go of what was deleted."""
LEFT = (
    "Vectors of what was removed are still in the index, which holds no text; they go when it is "
    "opened next."
)
SIGNS = {"added": "+", "changed": "~", "unchanged": "=", "removed": "-", "unreadable": "!"}
"""What the line of a document begins with."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One user's documents and what reads them.

    Args:
        memories: What they are kept with.
        reader: What reads them.
        user_id: Whose they are.
    """

    memories: Memories
    reader: Reader
    user_id: str

    @property
    def documents(self) -> Documents:
        """The documents of all users."""
        return self.memories.documents


@asynccontextmanager
async def _opened(options: Options) -> AsyncIterator[Opened]:
    from tools.documents import Reader
    from tools.net import Net
    from ui.memory import opened_with

    settings, user_id = options.settings(), options.user_id()
    net = Net(settings.tools.net)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(net.aclose)
        memories = await stack.enter_async_context(opened_with(settings))
        yield Opened(memories, Reader(net), user_id)


def _run(options: Options, work: Callable[[Opened], Awaitable[T]]) -> T:
    """Do something with the user's documents.

    Raises:
        StorageError: The home folder cannot be used, or what is kept in it is damaged.
    """

    async def whole() -> T:
        async with _opened(options) as opened:
            return await work(opened)

    return asyncio.run(whole())


def add(places: Sequence[str], options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Read documents.

    Raises:
        UsageError: Nothing could be read.
    """
    from memory.documents import Report
    from memory.reading import Unreadable

    tell = _teller(terminal, as_json)

    async def work(opened: Opened) -> Report:
        told: list[Told] = []
        skipped: Counter[str] = Counter()
        for place in places:
            try:
                report = await opened.documents.add(
                    place, opened.reader, user_id=opened.user_id, tell=tell
                )
            except Unreadable as error:
                raise UsageError(f"{place}: {error.reason}") from error
            told += report.told
            skipped.update(report.skipped)
        return Report(told, dict(skipped))

    report = _run(options, work)
    if report.told and all(one.outcome == "unreadable" for one in report.told):
        first = report.told[0]
        raise UsageError(f"{first.place}: {first.reason}")
    return _sum_up(report, terminal, as_json)


def refresh(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Bring the documents up to date."""
    tell = _teller(terminal, as_json)

    async def work(opened: Opened) -> Report:
        return await opened.documents.refresh(opened.reader, user_id=opened.user_id, tell=tell)

    return _sum_up(_run(options, work), terminal, as_json)


def list_documents(options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """List the user's documents."""

    async def work(opened: Opened) -> tuple[Sequence[Document], Sequence[Document]]:
        key = {"user_id": opened.user_id}
        return await opened.documents.list(**key), await opened.documents.folders(**key)

    found, folders = _run(options, work)
    if as_json:
        told = {"documents": [asdict(one) for one in found], "folders": [f.place for f in folders]}
        terminal.json(told)
        return 0
    if found:
        terminal.show(table(found))
    else:
        terminal.note(f"{options.user_id()} has no documents yet. Add some: arriero docs add FILE")
    for folder in folders:
        terminal.note(f"Looked through for new files: {one_line(folder.place, 300)}")
    return 0


def show(name: str, options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Print what was read of a document.

    Raises:
        UsageError: The user has no such document.
    """

    async def work(opened: Opened) -> tuple[Document | None, Sequence[DocumentPassage]]:
        found = await opened.documents.find(name, user_id=opened.user_id)
        files = [one for one in found if one.kind != "folder"]
        if len(files) != 1:
            return None, []
        passages = await opened.documents.passages(files[0].id, user_id=opened.user_id)
        return files[0], passages

    document, passages = _run(options, work)
    if document is None:
        raise _missing(name, options)
    if as_json:
        terminal.json({**asdict(document), "passages": [asdict(one) for one in passages]})
        return 0
    terminal.line(f"{one_line(document.title)}\n{one_line(document.place, 500)}")
    page = 0
    for one in passages:
        if one.page != page:
            page = one.page
            terminal.line(f"\n(page {page})")
        terminal.line(f"\n{plain(one.text)}")
    return 0


def search(query: str, options: Options, terminal: Terminal, *, number: int, as_json: bool) -> int:
    """Print the passages that fit a query best."""

    async def work(opened: Opened) -> Sequence[FoundPassage]:
        await opened.documents.check(opened.reader, user_id=opened.user_id)
        return await opened.documents.search(query, user_id=opened.user_id, limit=number)

    found = _run(options, work)
    if as_json:
        terminal.json({"found": [_record(one) for one in found]})
    elif not found:
        terminal.note("Nothing in your documents matches.")
    for at, one in enumerate(() if as_json else found):
        record = _record(one)
        terminal.line("\n" * (at > 0) + f"{one_line(one.document.title)}  {record['link']}")
        terminal.line(plain(one.passage.text))
    return 0


def remove(names: Sequence[str], options: Options, terminal: Terminal, *, as_json: bool) -> int:
    """Forget documents.

    Raises:
        UsageError: The user has none of a name; then nothing is forgotten.
    """

    async def work(opened: Opened) -> tuple[Sequence[Document], Sequence[Document]]:
        chosen: dict[int, Document] = {}
        for name in names:
            found = await opened.documents.find(name, user_id=opened.user_id)
            if not found:
                raise _missing(name, options)
            chosen.update((one.id, one) for one in found)
        documents = list(chosen.values())
        left = await opened.documents.remove(documents, user_id=opened.user_id)
        await _settle(opened.memories, options.settings(), terminal)
        return documents, left

    gone, left = _run(options, work)
    if as_json:
        told = {"removed": [one.place for one in gone], "folders": [one.place for one in left]}
        terminal.json(told)
        return 0
    for one in gone:
        terminal.line(f"- {one_line(one.place, 500)}")
    for folder in left:
        terminal.note(f"Not looked through for new files any more: {one_line(folder.place, 300)}")
    return 0


async def _settle(memories: Memories, settings: Settings, terminal: Terminal) -> None:
    """Take what was deleted out of the index's files, too, where there is an index."""
    from ui.memory_status import has_index, index_status

    if not has_index(settings):
        return
    found = await index_status(memories, settings, SECONDS)
    if found.state != "open" or found.behind:
        terminal.note(f"{LEFT} {found.note}".strip(), style="yellow")


def _teller(terminal: Terminal, as_json: bool) -> Teller:
    def tell(told: Told) -> None:
        if not as_json and told.outcome != "unchanged":
            _line(told, terminal)

    return tell


def _line(told: Told, terminal: Terminal) -> None:
    line = f"{SIGNS[told.outcome]} {one_line(told.place, 500)}"
    if told.outcome == "unreadable":
        terminal.note(f"{line}: {one_line(told.reason, 300)}", style="yellow")
        return
    if told.document is not None:
        count = told.document.passages
        line += f" ({count} passage{'s' * (count != 1)})"
    terminal.line(f"{line}: {one_line(told.reason, 300)}" if told.reason else line)


def _sum_up(report: Report, terminal: Terminal, as_json: bool) -> int:
    if as_json:
        told = [
            {"place": one.place, "outcome": one.outcome, "reason": one.reason, "cause": one.cause,
             "document": asdict(one.document) if one.document else None}
            for one in report.told
        ]  # fmt: skip
        terminal.json({"documents": told, "skipped": dict(report.skipped)})
        return 0
    counts = Counter(one.outcome for one in report.told)
    done = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "Nothing to do"
    passed = ", ".join(f"{count} {reason}" for reason, count in report.skipped.items())
    terminal.note(f"{done}." + (f" Passed over: {passed}." if passed else ""))
    return 0


def _record(found: FoundPassage) -> dict[str, Any]:
    """Return a passage as plain data, with a link to its place."""
    from tools.own_documents import sources_of

    (source,) = sources_of([found])
    return {
        "document": asdict(found.document),
        **asdict(found.passage),
        "score": round(found.score, 4),
        "likeness": round(found.likeness, 4),
        "link": source.link(found.passage.name),
    }


def _missing(name: str, options: Options) -> UsageError:
    return UsageError(
        f"{options.user_id()} has no one document {name}.",
        "`arriero docs list` lists the documents there are.",
    )


def table(documents: Sequence[Document]) -> Table:
    """Draw the list of documents."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False)
    for heading in ("id", "title", "kind", "pages", "passages", "read", "place"):
        drawn.add_column(heading, no_wrap=heading != "place", overflow="fold")
    for one in documents:
        read = datetime.fromtimestamp(one.added).astimezone().strftime("%Y-%m-%d %H:%M")
        drawn.add_row(
            str(one.id),
            Text(one_line(one.title, 40)),
            one.kind,
            str(one.pages or ""),
            str(one.passages),
            read,
            Text(one_line(one.place, 500)),
        )
    return drawn
