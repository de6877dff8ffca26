"""The command line. Every command is a few lines; what it does stands in a module of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from ui.arguments import (
    Depth,
    Home,
    Json,
    Model,
    NoTools,
    Project,
    Protocol,
    Quiet,
    Temporary,
    Thread,
    ThreadId,
    User,
)
from ui.cli_docs import docs_app
from ui.cli_memory import memory_app
from ui.cli_tools import tools_app

EXIT_CODES = """\
Exit codes: 0 fine; 1 unexpected, or problems found by doctor; 2 wrong request or setting;
3 the model or its server failed; 4 weights cannot be had; 5 an optional package is missing;
6 the home folder cannot be used; 7 the turn waits for your approval or answer;
130 stopped with Ctrl-C."""

app = typer.Typer(
    name="arriero",
    help="An assistant on your own machine. Without a command it starts to chat.",
    epilog=EXIT_CODES,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
threads_app = typer.Typer(help="List, show and delete your threads.", rich_markup_mode=None)
config_app = typer.Typer(help="Show the settings and their origin.", rich_markup_mode=None)
app.add_typer(threads_app, name="threads")
app.add_typer(memory_app, name="memory")
app.add_typer(tools_app, name="tools")
app.add_typer(docs_app, name="docs")
app.add_typer(config_app, name="config")


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code; this never raises."""
    from ui import boundary
    from ui.terminal import standard

    _reopen()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that lacks a letter shows a question mark in its place.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    command = typer.main.get_command(app)

    def invoke() -> int:
        if boundary.COMPLETION in os.environ:
            command.main(arguments, prog_name="arriero")
        # Not `command.main`: it would end Ctrl-C and closed pipes in its own way.
        try:
            with command.make_context("arriero", list(arguments)) as context:
                code = command.invoke(context)
        except typer.Exit as ending:
            code = ending.exit_code
        return code if isinstance(code, int) else 0

    return boundary.run(invoke, arguments, standard())


def _reopen() -> None:
    """Put nothing in the place of streams that were closed before the start."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    model: Model = None,
    user: User = None,
    home: Home = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> int | None:
    """Chat, unless a command follows."""
    if version:
        from ui.version import version as installed

        typer.echo(f"arriero {installed()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        return chat(model=model, user=user, home=home)
    given = {"--model": model, "--user": user, "--home": home}
    for name, value in given.items():
        if value is not None:
            raise typer.BadParameter(f"write {name} behind the command, not before it")
    return None


@app.command()
def ask(
    question: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUESTION]", help="The question; `-` or nothing reads stdin."),
    ] = None,
    model: Model = None,
    user: User = None,
    home: Home = None,
    thread: Thread = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish the thread's interrupted answer.")
    ] = False,
    protocol: Protocol = None,
    depth: Depth = None,
    no_tools: NoTools = False,
    project: Project = None,
    temporary: Temporary = False,
    as_json: Json = False,
    stream: Annotated[
        bool | None,
        typer.Option("--stream/--no-stream", help="Print as it comes; default on a terminal."),
    ] = None,
    yes: Annotated[
        bool | None,
        typer.Option(
            "--yes/--no", help="Approve, or reject, every call that has side effects, unasked."
        ),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Answer one question. Text on stdin is put behind it."""
    from ui import ask as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(model, home, protocol, not no_tools, user, depth, project, temporary)
    return command.ask(
        question or [],
        options,
        standard(quiet=quiet),
        thread=thread,
        resume=resume,
        as_json=as_json,
        stream=stream,
        approve=yes,
    )


@app.command()
def chat(
    model: Model = None,
    user: User = None,
    home: Home = None,
    thread: Thread = None,
    protocol: Protocol = None,
    depth: Depth = None,
    no_tools: NoTools = False,
    project: Project = None,
    temporary: Temporary = False,
) -> int:
    """Chat in the terminal."""
    from ui import chat as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(model, home, protocol, not no_tools, user, depth, project, temporary)
    return command.chat(options, standard(), thread=thread)


@app.command()
def models(model: Model = None, home: Home = None, as_json: Json = False) -> int:
    """List the models that are there or can be had."""
    from ui import models as command
    from ui.session import Options
    from ui.terminal import standard

    return command.list_models(Options(model, home), standard(), as_json=as_json)


@app.command()
def pull(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A model of Ollama's, or llamacpp:NAME.")
    ],
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Fetch a model's weights; a broken download goes on where it stopped."""
    from ui import models as command
    from ui.session import Options
    from ui.terminal import standard

    return command.pull(name, Options(home=home), standard(), as_json=as_json)


@app.command()
def doctor(model: Model = None, home: Home = None, as_json: Json = False) -> int:
    """Check everything that an answer needs, and say how to mend it."""
    from ui import doctor as command
    from ui.session import Options
    from ui.terminal import standard

    return command.doctor(Options(model, home), standard(), as_json=as_json)


@app.command()
def mcp(
    model: Model = None,
    user: User = None,
    home: Home = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="Serve HTTP on 127.0.0.1, not stdio."
        ),
    ] = None,
) -> int:
    """Be an MCP server: ask, search, read_page, remember and recall for any MCP client."""
    from ui import mcp as command
    from ui.session import Options
    from ui.terminal import standard

    return command.serve(Options(model, home, user=user), standard(), port=port)


@threads_app.callback(invoke_without_command=True)
def threads(
    context: typer.Context, user: User = None, home: Home = None, as_json: Json = False
) -> int | None:
    """List your threads, unless `show` or `delete` follows."""
    if context.invoked_subcommand is not None:
        return None
    return threads_list(user, home, as_json)


@threads_app.command("list")
def threads_list(user: User = None, home: Home = None, as_json: Json = False) -> int:
    """List your threads, the newest first."""
    from ui import threads as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.list_threads(options, standard(), as_json=as_json)


@threads_app.command("show")
def threads_show(
    thread: ThreadId, user: User = None, home: Home = None, as_json: Json = False
) -> int:
    """Print a thread's conversation."""
    from ui import threads as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.show_thread(thread, options, standard(), as_json=as_json)


@threads_app.command("delete")
def threads_delete(
    thread: ThreadId, user: User = None, home: Home = None, as_json: Json = False
) -> int:
    """Delete a thread for good."""
    from ui import threads as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.delete_thread(thread, options, standard(), as_json=as_json)


@config_app.callback(invoke_without_command=True)
def config(
    context: typer.Context,
    model: Model = None,
    home: Home = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what each setting means.")
    ] = False,
    as_json: Json = False,
) -> int | None:
    """Print each setting, its value and where that came from; `path` tells where the file is."""
    if context.invoked_subcommand is not None:
        return None
    from ui import settings as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(model, home)
    return command.show(options, standard(), verbose=verbose, as_json=as_json)


@config_app.command("path")
def config_path(home: Home = None, as_json: Json = False) -> int:
    """Print where the settings file is, or would be."""
    from ui import settings as command
    from ui.session import Options
    from ui.terminal import standard

    return command.path(Options(home=home), standard(), as_json=as_json)


if __name__ == "__main__":
    main()
