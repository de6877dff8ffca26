"""The commands for what is remembered: `arriero memory …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.arguments import Home, Json, User

memory_app = typer.Typer(
    help="See, change, forget and carry away what is remembered of you.", rich_markup_mode=None
)

Number = Annotated[str, typer.Argument(metavar="ID", help="The memory, as the list names it.")]
Past = Annotated[
    bool, typer.Option("--past", help="Show what no longer holds and what was wrong, too.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@memory_app.callback(invoke_without_command=True)
def memory(
    context: typer.Context, user: User = None, home: Home = None, as_json: Json = False
) -> int | None:
    """List what is remembered, unless another command follows."""
    if context.invoked_subcommand is not None:
        return None
    return memory_list(user=user, home=home, as_json=as_json)


@memory_app.command("list")
def memory_list(
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="NAME",
            help="fact, preference, event, relation, instruction or summary.",
        ),
    ] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="NAME", help="Whom it is about; you: user.")
    ] = None,
    past: Past = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=1, help="At most N.")
    ] = 50,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """List what is remembered, the newest first."""
    from ui import memory as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.list_memories(
        options,
        standard(),
        kind=kind,
        subject=subject,
        past=past,
        limit=limit,
        as_json=as_json,
    )


@memory_app.command("search")
def memory_search(
    query: Annotated[
        list[str], typer.Argument(metavar="QUERY", help="A question, or a few words.")
    ],
    past: Past = False,
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="At most N.")] = 8,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Search what is remembered, as an answer would, the best first."""
    from ui import memory as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.search(
        " ".join(query), options, standard(), past=past, limit=limit, as_json=as_json
    )


@memory_app.command("show")
def memory_show(number: Number, user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Print all that is kept of one memory."""
    from ui import memory as command
    from ui.session import Options
    from ui.terminal import standard

    return command.show(number, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("why")
def memory_why(number: Number, user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Tell where a memory came from, what it replaced, and what became of it."""
    from ui import memory as command
    from ui.session import Options
    from ui.terminal import standard

    return command.why(number, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("edit")
def memory_edit(
    number: Number,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", help="What is remembered.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="NAME", help="What it is.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="NAME", help="Whom it is about; you: user.")
    ] = None,
    value: Annotated[
        str | None, typer.Option("--value", metavar="TEXT", help="The value of its property.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Since when it holds, or none.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Until when it holds, or none.")
    ] = None,
    importance: Annotated[
        float | None,
        typer.Option("--importance", metavar="X", min=0, max=1, help="How much it matters."),
    ] = None,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Change a memory; the old words are gone for good."""
    from ui import memory_change as command
    from ui.session import Options
    from ui.terminal import standard

    given = {
        "text": text,
        "kind": kind,
        "subject": subject,
        "value": value,
        "since": since,
        "until": until,
        "importance": importance,
    }
    return command.edit(number, given, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("forget")
def memory_forget(
    numbers: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Memories, as the list names them."),
    ] = None,
    match: Annotated[
        str | None, typer.Option("--match", metavar="TEXT", help="Those that hold these words.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything of the user: threads and documents, too.")
    ] = False,
    yes: Yes = False,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Delete memories for good, wherever they stand."""
    from ui import memory_forget as command
    from ui.session import Options
    from ui.terminal import standard

    return command.forget(
        numbers or [],
        Options(home=home, user=user),
        standard(),
        match=match,
        everything=everything,
        yes=yes,
        as_json=as_json,
    )


@memory_app.command("undo")
def memory_undo(
    last: Annotated[
        bool, typer.Option("--last", help="The last one of all, as without it.")
    ] = False,
    thread: Annotated[
        str | None, typer.Option("--thread", "-t", metavar="ID", help="The last one of a thread.")
    ] = None,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Take back the last thing that was remembered; what it had ended holds again."""
    if last and thread is not None:
        raise typer.BadParameter("--last and --thread exclude each other")
    from ui import memory_change as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.undo(options, standard(), thread=thread, as_json=as_json)


@memory_app.command("pause")
def memory_pause(user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Remember nothing of what is said, until `resume`."""
    from ui import memory_change as command
    from ui.session import Options
    from ui.terminal import standard

    return command.pause(True, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("resume")
def memory_resume(user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Go on remembering."""
    from ui import memory_change as command
    from ui.session import Options
    from ui.terminal import standard

    return command.pause(False, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("export")
def memory_export(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Where to; nothing or `-` is stdout.")
    ] = "-",
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Write all that is remembered as JSON Lines."""
    from ui import memory_files as command
    from ui.session import Options
    from ui.terminal import standard

    return command.export(file, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("import")
def memory_import(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="What `export` wrote, or a conversation; `-`.")
    ],
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Take in an export or a conversation: all of it, or nothing if a line is broken."""
    from ui import memory_files as command
    from ui.session import Options
    from ui.terminal import standard

    return command.take_in(file, Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("status")
def memory_status(user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Tell how much is remembered, where it lies, and how its index does."""
    from ui import memory_status as command
    from ui.session import Options
    from ui.terminal import standard

    return command.status(Options(home=home, user=user), standard(), as_json=as_json)


@memory_app.command("rebuild")
def memory_rebuild(home: Home = None, as_json: Json = False) -> int:
    """Make the index anew, for all users."""
    from ui import memory_status as command
    from ui.session import Options
    from ui.terminal import standard

    return command.rebuild(Options(home=home), standard(), as_json=as_json)


@memory_app.command("backup")
def memory_backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; it must not exist.")],
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Copy what is remembered of all users, safely while it is in use."""
    from ui import memory_files as command
    from ui.session import Options
    from ui.terminal import standard

    return command.backup(file, Options(home=home), standard(), as_json=as_json)


@memory_app.command("check")
def memory_check(home: Home = None, as_json: Json = False) -> int:
    """Tell whether the database is whole."""
    from ui import memory_files as command
    from ui.session import Options
    from ui.terminal import standard

    return command.check(Options(home=home), standard(), as_json=as_json)
