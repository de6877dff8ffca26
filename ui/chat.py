"""Chat in the terminal."""

from __future__ import annotations

import asyncio
import difflib
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

from agent.erasing import TYPED
from agent.errors import ArrieroError, StorageError, UsageError
from ui.approve import asker, read_line
from ui.remembered import record_line, written_lines
from ui.session import Options, new_thread, session, show_turn, view_for
from ui.terminal import Terminal
from ui.text import one_line, plain
from ui.threads import conversation, table

if TYPE_CHECKING:
    from agent.assistant import Assistant
    from agent.settings import Settings
    from memory.memories import Memories

HELP = """\
/help         this list
/new          begin a new thread
/threads      list your threads
/open ID      go on with a thread
/resume       finish an answer that was cut off
/model SPEC   change the model; without SPEC, tell which one answers
/depth NAME   how deep is searched: quick, normal or deep; without NAME, tell
/tools        list the tools
/memory       what is remembered of you, the newest first; /memory WORDS searches it
/forget N     delete memory N for good, wherever it stands
/undo         take back what your last message made me remember
/temporary    begin a thread that leaves nothing behind
/quit         leave (Ctrl-D does, too)

Enter sends, Alt-Enter begins a new line, Ctrl-C stops the answer."""

Reader = Callable[[], Awaitable[str]]
"""Reads one message; raises EOFError at the end of the input."""


def chat(options: Options, terminal: Terminal, *, thread: str | None = None) -> int:
    """Chat until the user leaves, and return the exit code."""
    user_id = options.user_id()
    settings = options.settings()
    place = Place(user_id, thread, options.temporary)
    reader = _prompt(settings, place) if sys.stdin.isatty() else _lines
    return asyncio.run(_sessions(options, settings, terminal, place, reader))


@dataclass(slots=True)
class Place:
    """Whose chat it is, and in which thread; None is a thread that begins with the next words.

    What is typed into a temporary thread is not kept either.
    """

    user_id: str
    thread_id: str | None = None
    temporary: bool = False


async def _sessions(
    options: Options, settings: Settings, terminal: Terminal, place: Place, reader: Reader
) -> int:
    """Chat with one model and depth after the other, as the user changes them."""
    working: tuple[Options, Settings] | None = None
    while True:
        try:
            async with session(settings, terminal) as assistant:
                chat = Chat(assistant, terminal, place, reader)
                if place.temporary:
                    await chat.begin_temporary()
                change = await chat.talk(first=working is None)
                working = options, settings
        except ArrieroError as error:
            if working is None or settings == working[1]:
                raise
            terminal.fail(error.message, error.hint)
            options, settings = working
            terminal.note(f"Back to {settings.model}.")
            continue
        if change is None:
            return 0
        options = replace(options, **change)
        settings = options.settings()


class Chat:
    """One conversation with one open assistant."""

    def __init__(
        self, assistant: Assistant, terminal: Terminal, place: Place, reader: Reader
    ) -> None:
        self._lasting = assistant
        self._assistant = assistant
        self._terminal = terminal
        self._place = place
        self._read = reader
        self._wanted: dict[str, Any] | None = None
        self._done = False
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "/help": self._help,
            "/new": self._new,
            "/threads": self._threads,
            "/open": self._open,
            "/resume": self._resume,
            "/model": self._model,
            "/depth": self._depth,
            "/tools": self._tools,
            "/memory": self._memory,
            "/forget": self._forget,
            "/undo": self._undo,
            "/temporary": self.begin_temporary,
            "/quit": self._quit,
        }

    async def talk(self, *, first: bool) -> dict[str, Any] | None:
        """Read and answer until the user leaves, or changes the model or the depth.

        Args:
            first: Whether this is the chat's beginning, where the user is welcomed.

        Returns:
            The option that the user changes and its new value, or None if the user left.
        """
        if first:
            await self._welcome()
        while not self._done and self._wanted is None:
            try:
                line = (await self._read()).strip()
            except EOFError:
                break
            except KeyboardInterrupt:
                self._terminal.note("Ctrl-D or /quit leaves.")
                continue
            self._tell_written()
            if line:
                await self._obey(line)
        return self._wanted

    async def _obey(self, line: str) -> None:
        try:
            word, _, rest = line.partition(" ")
            if line.startswith("/") and "/" not in word[1:]:
                await self._command(word, rest.strip())
            else:
                await self._turn(line)
        except StorageError:
            raise
        except ArrieroError as error:
            self._terminal.fail(error.message, error.hint)

    async def _command(self, word: str, rest: str) -> None:
        command = self._commands.get(word)
        if command is None:
            close = difflib.get_close_matches(word, self._commands, 1)
            meant = f" Did you mean {close[0]}?" if close else ""
            raise UsageError(f"There is no command {word}.{meant}", "/help lists the commands.")
        await command(rest)

    async def _turn(self, text: str | None) -> None:
        place = self._place
        place.thread_id = place.thread_id or new_thread()
        view = view_for(self._terminal)
        await show_turn(
            self._assistant,
            text,
            view,
            user_id=place.user_id,
            thread_id=place.thread_id,
            ask=asker(self._terminal, read_line),
        )

    async def _welcome(self) -> None:
        place = self._place
        if place.thread_id:
            await self._open(place.thread_id)
            return
        self._terminal.note("Type a question. /help lists the commands, Ctrl-D leaves.")
        latest = (await self._assistant.threads(user_id=place.user_id))[:1]
        for thread in latest:
            cut = await self._interrupted(thread.id)
            if cut is not None:
                self._terminal.note(f'Your last chat was cut off at "{one_line(cut, 60)}".')
                self._terminal.note(f"/open {thread.id} goes back to it.")

    async def _interrupted(self, thread_id: str) -> str | None:
        return await self._assistant.interrupted(user_id=self._place.user_id, thread_id=thread_id)

    async def _help(self, rest: str) -> None:
        self._terminal.note(HELP, style="")

    async def _memory(self, rest: str) -> None:
        memory, user_id = self._remembered(), self._place.user_id
        if rest:
            found = await memory.recall(rest, user_id=user_id, limit=20, everything=True)
            records = [one.record for one in found]
        else:
            records = await memory.store.list(user_id=user_id, limit=20)
        for record in records:
            self._terminal.note(record_line(record), style="")
        if not records:
            self._terminal.note("Nothing is remembered of that." if rest else "Nothing yet.")

    async def _forget(self, rest: str) -> None:
        numbers = rest.replace("#", " ").replace(",", " ").split()
        if not numbers or not all(one.isdecimal() for one in numbers):
            raise UsageError("Which memory?", "/memory lists them: /forget NUMBER.")
        gone = await self._assistant.forget(
            [int(one) for one in numbers], user_id=self._place.user_id
        )
        self._terminal.note(f"Deleted for good: {gone}." if gone else "There is no such memory.")

    async def _undo(self, rest: str) -> None:
        memory, user_id = self._remembered(), self._place.user_id
        last = await memory.last_written(user_id=user_id, thread_id=self._place.thread_id or "")
        undone = await memory.undo(last, user_id=user_id)
        for change in undone:
            self._terminal.note(f"Taken back: #{change.record_id} {change.action}.")
        if not undone:
            self._terminal.note("There is nothing to take back.")

    def _remembered(self) -> Memories:
        memory = self._assistant.memory
        if memory is None:
            raise UsageError("A temporary thread remembers nothing.", "/new leaves it.")
        return memory

    def _tell_written(self) -> None:
        """Tell what was remembered of the last message, which is read behind its answer."""
        place = self._place
        if place.thread_id:
            told = self._assistant.written(user_id=place.user_id, thread_id=place.thread_id)
            for line in written_lines(told):
                self._terminal.note(line)

    async def begin_temporary(self, rest: str = "") -> None:
        """Go on in a thread that leaves nothing behind."""
        self._assistant = await self._lasting.temporary()
        self._place.temporary = True
        self._place.thread_id = None
        self._terminal.note("A temporary thread begins with your next words; /new leaves it.")

    def _leave_temporary(self) -> None:
        self._assistant = self._lasting
        self._place.temporary = False

    async def _new(self, rest: str) -> None:
        self._leave_temporary()
        self._place.thread_id = None
        self._terminal.note("A new thread begins with your next words.")

    async def _threads(self, rest: str) -> None:
        threads = await self._lasting.threads(user_id=self._place.user_id)
        self._terminal.show(table(threads))

    async def _open(self, rest: str) -> None:
        if not rest:
            raise UsageError("Which thread?", "/threads lists them: /open ID.")
        place = self._place
        self._leave_temporary()
        history = await self._assistant.history(user_id=place.user_id, thread_id=rest)
        if not history:
            raise UsageError(f"You have no thread {rest}.", "/threads lists yours.")
        place.thread_id = rest
        conversation(history, self._terminal)
        if await self._interrupted(rest) is not None:
            self._terminal.note("The last answer was cut off; /resume finishes it.", style="yellow")

    async def _resume(self, rest: str) -> None:
        if not self._place.thread_id:
            raise UsageError("Nothing was cut off here.", "/open ID opens an older thread.")
        await self._turn(None)

    async def _model(self, rest: str) -> None:
        if rest:
            self._wanted = {"model": rest}
        else:
            self._terminal.note(self._assistant.model.info.spec, style="")

    async def _depth(self, rest: str) -> None:
        search = self._assistant.settings.tools.search
        now, known = search.depth, get_args(type(search).model_fields["depth"].annotation)
        if not rest:
            self._terminal.note(now, style="")
        elif rest not in known:
            raise UsageError(f"There is no depth {rest}.", f"There are {', '.join(known)}.")
        elif rest != now:
            self._wanted = {"depth": rest}

    async def _tools(self, rest: str) -> None:
        for spec in self._assistant.toolbox.specs:
            told = one_line(spec.description.split("\n\n")[0], 90)
            self._terminal.note(f"{spec.name}: {told}", style="")
        if not self._assistant.toolbox.specs:
            self._terminal.note("There are no tools.", style="")

    async def _quit(self, rest: str) -> None:
        self._done = True


async def _lines() -> str:
    """Read a message from a pipe: each line is one."""
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return plain(line)


def _prompt(settings: Settings, place: Place) -> Reader:
    """Open the line editor, with its history in the home folder."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent
    from prompt_toolkit.output.defaults import create_output

    class Typed(FileHistory):
        def store_string(self, string: str) -> None:
            if not place.temporary:
                super().store_string(string)

    keys = KeyBindings()

    @keys.add("enter")
    def send(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    path = settings.home / TYPED
    try:
        if not place.temporary:
            settings.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
    except OSError as error:
        raise StorageError(
            f"The history in {path} cannot be written: {error.strerror}.",
            "Check the folder's permissions, or choose another with --home.",
        ) from error
    prompt: PromptSession[str] = PromptSession(
        history=Typed(os.fspath(path)),
        key_bindings=keys,
        multiline=True,
        prompt_continuation="  ",
        # What is typed is no result: stdout stays for the answers.
        output=create_output(stdout=sys.stderr),
    )

    async def read() -> str:
        return await prompt.prompt_async("> ")

    return read
