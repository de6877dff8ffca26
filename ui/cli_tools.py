"""The commands for tool developers: `arriero tools …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.arguments import Home, Json, Model, Thread, User

tools_app = typer.Typer(help="List, make, check, run and explain tools.", rich_markup_mode=None)

ToolName = Annotated[str, typer.Argument(metavar="NAME", help="The tool.")]


@tools_app.callback(invoke_without_command=True)
def tools(context: typer.Context, home: Home = None, as_json: Json = False) -> int | None:
    """List the tools, unless another command follows."""
    if context.invoked_subcommand is not None:
        return None
    return tools_list(home, as_json)


@tools_app.command("list")
def tools_list(home: Home = None, as_json: Json = False) -> int:
    """List the tools: where they come from, what they may do, and what was left out."""
    from ui import tools as command
    from ui.session import Options
    from ui.terminal import standard

    return command.list_tools(Options(home=home), standard(), as_json=as_json)


@tools_app.command("new")
def tools_new(
    name: ToolName,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Not the tool folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    home: Home = None,
) -> int:
    """Write a working tool with its test and its evaluation case."""
    from ui import tools as command
    from ui.session import Options
    from ui.terminal import standard

    return command.new_tool(name, Options(home=home), standard(), folder=folder, force=force)


@tools_app.command("check")
def tools_check(
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="A file, a folder, or a tool's name.")
    ] = None,
    model: Model = None,
    execute: Annotated[
        bool, typer.Option("--run", help="Call in the cases what has side effects, too.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Say what is wrong with tool files, and what a small model will not understand.

    With --model, each evaluation case is asked of that model, and no tool is run.
    """
    from ui import tools_check as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(model, home)
    return command.check_tools(path, options, standard(), run=execute, as_json=as_json)


@tools_app.command("run")
def tools_run(
    name: ToolName,
    args: Annotated[
        str | None, typer.Option("--args", metavar="JSON", help="The arguments; `-` reads stdin.")
    ] = None,
    args_file: Annotated[
        str | None,
        typer.Option("--args-file", metavar="FILE", help="A file with them; `-` reads stdin."),
    ] = None,
    yes: Annotated[
        bool | None, typer.Option("--yes/--no", help="Approve, or reject, a side effect unasked.")
    ] = None,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Run a tool as a turn would."""
    if args is not None and args_file is not None:
        raise typer.BadParameter("--args and --args-file exclude each other")
    from ui import tools_run as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.run_tool(
        name, args, options, standard(), file=args_file, approve=yes, as_json=as_json
    )


@tools_app.command("schema")
def tools_schema(
    name: ToolName,
    protocol: Annotated[
        str | None, typer.Option("--protocol", metavar="NAME", help="native or prompted alone.")
    ] = None,
    model: Model = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Show exactly what each protocol tells a model of a tool.

    With --model, only that model's protocol is shown, and its own tokens are counted.
    """
    from ui import tools_schema as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(model, home)
    return command.show_schema(name, options, standard(), protocol=protocol, as_json=as_json)


@tools_app.command("journal")
def tools_journal(
    thread: Thread = None,
    number: Annotated[
        int, typer.Option("--number", "-n", metavar="N", min=1, help="The last N.")
    ] = 50,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Show what calls with side effects have done."""
    from ui import tools as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.show_journal(options, standard(), thread=thread, number=number, as_json=as_json)
