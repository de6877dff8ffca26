"""The commands for one's own documents: `arriero docs …`."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.arguments import Home, Json, User

docs_app = typer.Typer(
    help="Let answers draw on your own documents, which stay where they are.", rich_markup_mode=None
)

Places = Annotated[
    list[str], typer.Argument(metavar="FILE|FOLDER|URL", help="What is read; a folder wholly.")
]
Names = Annotated[
    list[str],
    typer.Argument(metavar="NAME", help="A number of the list, a path, an address or a folder."),
]


@docs_app.callback(invoke_without_command=True)
def docs(
    context: typer.Context, user: User = None, home: Home = None, as_json: Json = False
) -> int | None:
    """List your documents, unless another command follows."""
    if context.invoked_subcommand is not None:
        return None
    return docs_list(user, home, as_json)


@docs_app.command("add")
def docs_add(places: Places, user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Read PDF, Word, HTML, Markdown, text, code, tables and JSON, so that they can be searched."""
    from ui import docs as command
    from ui.session import Options
    from ui.terminal import standard

    return command.add(places, Options(home=home, user=user), standard(), as_json=as_json)


@docs_app.command("list")
def docs_list(user: User = None, home: Home = None, as_json: Json = False) -> int:
    """List your documents, and the folders that are looked through."""
    from ui import docs as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.list_documents(options, standard(), as_json=as_json)


@docs_app.command("show")
def docs_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A number, a path or an address.")],
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Print a document as it was read, passage by passage."""
    from ui import docs as command
    from ui.session import Options
    from ui.terminal import standard

    return command.show(name, Options(home=home, user=user), standard(), as_json=as_json)


@docs_app.command("search")
def docs_search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="What is looked for.")],
    number: Annotated[
        int, typer.Option("--number", "-n", metavar="N", min=1, help="Passages at most.")
    ] = 5,
    user: User = None,
    home: Home = None,
    as_json: Json = False,
) -> int:
    """Print the passages of your documents that fit best, without asking a model."""
    from ui import docs as command
    from ui.session import Options
    from ui.terminal import standard

    options = Options(home=home, user=user)
    return command.search(" ".join(query), options, standard(), number=number, as_json=as_json)


@docs_app.command("refresh")
def docs_refresh(user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Read again what has changed, remove what is gone, add what is new in your folders."""
    from ui import docs as command
    from ui.session import Options
    from ui.terminal import standard

    return command.refresh(Options(home=home, user=user), standard(), as_json=as_json)


@docs_app.command("remove")
def docs_remove(names: Names, user: User = None, home: Home = None, as_json: Json = False) -> int:
    """Forget documents without a trace; the files themselves stay."""
    from ui import docs as command
    from ui.session import Options
    from ui.terminal import standard

    return command.remove(names, Options(home=home, user=user), standard(), as_json=as_json)
