"""The files of a workspace: list, read, write and search them, and reach nothing else."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from tools.declared import declare
from tools.paths import BadPath, parts_of, user_folder
from tools.ranking import words
from tools.scope import scope
from tools.settings import ToolSettings
from tools.sources import File
from tools.textfiles import Text, edited, text_of
from tools.workspace import (
    Found,
    NoSuchFile,
    Parts,
    Workspace,
    WorkspaceError,
    open_workspace,
)

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

Action = Literal["list", "read", "write", "search"]

LISTED = 200
"""Files and folders that one listing shows."""
WALKED = 5000
"""Files and folders that a listing, a search or a suggestion looks at."""
MATCHES = 40
LINE_CHARS = 200
QUERY_CHARS = 200
SEARCHED_BYTES = 20_000_000
SEARCH_SECONDS = 5.0

EXAMPLES = (
    "Save this list as shopping.txt",
    "What is in my notes?",
    "Add milk to my shopping list file",
    "Which of my files mentions the dentist?",
    "Read me the draft of the letter",
)


def files_tool(settings: ToolSettings, home: Path) -> BaseTool:
    """Return the workspace as a tool.

    Args:
        settings: Where the workspace is, and how much is read and shown.
        home: The folder of everything that arriero keeps; each user's workspace is in it, unless
            the settings name another.
    """
    from langchain_core.tools import StructuredTool, ToolException

    most = settings.files.max_bytes

    def files(
        action: Action,
        path: str = "",
        content: str = "",
        query: str = "",
        line: Annotated[int, Field(ge=1)] = 1,
        replace: str = "",
        append: bool = False,
    ) -> tuple[str, list[File]]:
        """List, read, write or search the user's text files. Use it for notes, lists and drafts.

        Not for web pages, and not to remember facts about the user.

        Args:
            action: list shows the files, read shows one, write makes or changes one, search
                finds words in all of them.
            path: The file, such as "notes/todo.txt". Leave empty to list or search everything.
            content: Only to write: the text.
            query: Only to search: the words to look for.
            line: Only to read: the line to start at, for a long file.
            replace: Only to write: a text in the file that content takes the place of. Leave
                empty to write the whole file.
            append: Only to write: true puts content at the end of the file.
        """
        try:
            workspace = open_workspace(_root(settings, home))
            parts = parts_of(path)
            if action == "write":
                return _write(workspace, parts, content, replace, append, most)
            if action == "read":
                return _read(workspace, parts, line, most, settings.output_chars - 300), []
            if action == "search":
                return search(workspace, parts, query, most), []
            return listing(workspace, parts), []
        except (BadPath, WorkspaceError) as error:
            raise ToolException(str(error)) from error

    tool = StructuredTool.from_function(
        files, parse_docstring=True, response_format="content_and_artifact"
    )
    return declare(
        tool,
        risk={"argument": "action", "cases": {"write": "writes"}, "otherwise": "reads"},
        output="untrusted",
        examples=EXAMPLES,
    )


def _root(settings: ToolSettings, home: Path) -> Path:
    try:
        user_id = scope().user_id
    except LookupError:
        raise WorkspaceError("Files can be used only in a user's turn.") from None
    return settings.files.workspace or user_folder(home, user_id)


def listing(workspace: Workspace, parts: Parts) -> str:
    """List a folder and what is in its folders."""
    try:
        found = list(walk(workspace, parts, LISTED + 1))
    except NoSuchFile as error:
        raise WorkspaceError(f"{error}{suggestion(workspace, parts)}") from error
    where = f"{'/'.join(parts)}/" if parts else "The workspace"
    if not found:
        return f"{where} is empty."
    lines = [f"{one.path}/" if one.folder else f"{one.path} ({_size(one.size)})" for one in found]
    more = "\n… and more. List one folder by its path." if len(found) > LISTED else ""
    return f"{where} holds:\n" + "\n".join(lines[:LISTED]) + more


def _read(workspace: Workspace, parts: Parts, line: int, most: int, room: int) -> str:
    text = _text(workspace, parts, most)
    path, lines = "/".join(parts), text.content.splitlines()
    if not lines:
        return f"{path} is empty."
    if line > len(lines):
        raise WorkspaceError(f"`line` was {line}, but {path} has {len(lines)} lines.")
    shown: list[str] = []
    for one in lines[line - 1 :]:
        if room < len(one) + 1 and shown:
            break
        if room < len(one):
            cut = f"… {len(one) - room:,} characters of this line left out"
            one = one[: max(room, 0)] + cut
        shown.append(one)
        room -= len(one) + 1
    last = line - 1 + len(shown)
    head = f"{path}, lines {line} to {last} of {len(lines)}"
    left = f"\n… For more, call files with action read and line {last + 1}."
    body = "\n".join(shown)
    return f"{head}{text.remark}:\n{body}{left if last < len(lines) else ''}"


def _write(
    workspace: Workspace, parts: Parts, content: str, replace: str, append: bool, most: int
) -> tuple[str, list[File]]:
    if not parts:
        raise WorkspaceError("`path` is missing: name the file to write, such as notes/todo.txt.")
    if not content and not replace:
        raise WorkspaceError("`content` is empty: give the text to write.")
    if "\0" in content:
        raise WorkspaceError("`content` holds a NUL sign; only text can be written.")
    if replace and append:
        raise WorkspaceError("Give either `replace` or `append`, not both.")
    before: Text | None = None
    if replace or append:
        try:
            before = _text(workspace, parts, most)
        except NoSuchFile:
            if replace:
                raise
    done, new = edited("/".join(parts), before, content, replace=replace)
    if len(new) > most:
        raise WorkspaceError(
            f"`content` is too long: {len(new):,} bytes in the file; {most:,} are the most. Write "
            "less, or several files."
        )
    workspace.write(parts, new)
    kind = mimetypes.guess_type(parts[-1])[0] or "text/plain"
    return done, [File(str(workspace.root.joinpath(*parts)), kind)]


def search(workspace: Workspace, parts: Parts, query: str, most: int) -> str:
    """Find the lines that hold a phrase or all of its words, and the files named after it."""
    phrase = " ".join(query.split())[:QUERY_CHARS]
    wanted = set(words(phrase))
    if not phrase:
        raise WorkspaceError("`query` is empty: give the words to look for.")
    deadline = time.monotonic() + SEARCH_SECONDS
    hits: list[str] = []
    left, incomplete = SEARCHED_BYTES, ""
    for one in _files_below(workspace, parts):
        if len(hits) >= MATCHES or left <= 0 or time.monotonic() > deadline:
            incomplete = "\n… and perhaps more. Use rarer words, or the path of a folder."
            break
        if _fits(one.path, phrase, wanted):
            hits.append(f"{one.path} (its name)")
        left -= min(one.size, most)
        hits.extend(_hits(workspace, one, phrase, wanted, most))
    if not hits:
        return f"Nothing matches {phrase!r} in names or contents.{incomplete}"
    return "\n".join(hits[:MATCHES]) + incomplete


def _files_below(workspace: Workspace, parts: Parts) -> Iterator[Found]:
    """Yield the files of a folder, or the one file that the path names."""
    try:
        yield from (one for one in walk(workspace, parts, WALKED) if not one.folder)
    except NoSuchFile as error:
        raise WorkspaceError(f"{error}{suggestion(workspace, parts)}") from error
    except WorkspaceError:
        named = [one for one in workspace.entries(parts[:-1]) if one.path == "/".join(parts)]
        if not named:
            raise
        yield from named


def _hits(
    workspace: Workspace, one: Found, phrase: str, wanted: set[str], most: int
) -> Iterator[str]:
    try:
        text = text_of(one.path, workspace.read(one.path.split("/"), most))
    except WorkspaceError:  # not a text, too long, or gone: another file may match
        return
    for number, line in enumerate(text.content.splitlines(), start=1):
        if _fits(line[:10_000], phrase, wanted):
            shown = " ".join(line.split())
            yield f"{one.path}:{number}: {shown[:LINE_CHARS]}{'…' * (len(shown) > LINE_CHARS)}"


def _fits(text: str, phrase: str, wanted: set[str]) -> bool:
    if phrase.casefold() in text.casefold():
        return True
    return bool(wanted) and wanted <= set(words(text))


def _text(workspace: Workspace, parts: Parts, most: int) -> Text:
    if not parts:
        raise WorkspaceError("`path` is missing: name the file. Action list shows the files.")
    try:
        return text_of("/".join(parts), workspace.read(parts, most))
    except NoSuchFile as error:
        raise NoSuchFile(f"{error}{suggestion(workspace, parts, folders=False)}") from error


def walk(workspace: Workspace, parts: Parts, limit: int) -> Iterator[Found]:
    """Yield what is in a folder and below it, each folder before what it holds."""
    waiting = [list(reversed(workspace.entries(parts)))]
    while waiting and limit > 0:
        if not waiting[-1]:
            waiting.pop()
            continue
        one = waiting[-1].pop()
        limit -= 1
        yield one
        if one.folder:
            try:
                waiting.append(list(reversed(workspace.entries(one.path.split("/")))))
            except WorkspaceError:  # it may not be opened, or has gone
                continue


def suggestion(workspace: Workspace, parts: Parts, *, folders: bool = True) -> str:
    """Name the files, and perhaps folders, that may have been meant."""
    known = [one.path for one in walk(workspace, (), WALKED) if folders or not one.folder]
    wanted = "/".join(parts).casefold()
    spelled = {path.casefold(): path for path in known}
    spelled |= {path.rpartition("/")[2].casefold(): path for path in known}
    close = get_close_matches(wanted, spelled, n=3, cutoff=0.5)
    close += get_close_matches(parts[-1].casefold() if parts else "", spelled, n=3, cutoff=0.5)
    meant = list(dict.fromkeys(spelled[name] for name in close))[:3]
    if meant:
        return f" Did you mean {' or '.join(meant)}?"
    return " Use action list to see what there is." if known else " The workspace is empty."


def _size(count: int) -> str:
    return f"{count} bytes" if count < 10_000 else f"{count / 1000:,.0f} kB"
