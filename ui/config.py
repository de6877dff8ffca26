"""Parse the settings for a command, and tell where each of them came from."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.errors import SettingsError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from agent.settings import Settings

PREFIX = "ARRIERO_"
OTHER_VARIABLES = ("DEBUG", "TEST_MODEL")
"""Variables with our prefix that are no settings."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands.

    Args:
        name: Its dotted name, as in the file.
        value: Its value as text; a secret is masked.
        origin: `argument`, `variable NAME`, `file` or `default`.
        meaning: Its description.
    """

    name: str
    value: str
    origin: str
    meaning: str


def load_settings(**given: Any) -> Settings:
    """Parse the settings; arguments that are None count as not given.

    Raises:
        SettingsError: A name or value is wrong, or the file cannot be read.
    """
    from pydantic import ValidationError
    from pydantic_settings import SettingsError as SourceError

    from agent.settings import Settings

    arguments = given_only(given)
    refuse_unknown_variables(tuple(Settings.model_fields))
    try:
        return Settings(**arguments)
    except ValidationError as error:
        message = "; ".join(_problem(problem, Settings) for problem in error.errors())
        raise SettingsError(message, _look_at(arguments)) from None
    except SourceError as error:
        raise SettingsError(f"A variable cannot be read: {error}.", _look_at(arguments)) from None
    except OSError as error:
        raise SettingsError(f"{error.filename} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        # tomllib's own error and a wrong encoding both are.
        path = settings_path(arguments)
        raise SettingsError(f"{path} is not valid TOML: {error}.", "Mend or remove it.") from None


def given_only(given: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the arguments that were not given, and expand `~` in the home folder."""
    arguments = {name: value for name, value in given.items() if value is not None}
    if "home" in arguments:
        arguments["home"] = Path(arguments["home"]).expanduser()
    return arguments


def settings_path(arguments: Mapping[str, Any]) -> Path:
    """Return the path of the settings file that goes with the arguments."""
    from agent.settings import config_path, default_home

    return config_path(Path(arguments["home"]) if "home" in arguments else default_home())


def refuse_unknown_variables(fields: Sequence[str]) -> None:
    """Refuse an `ARRIERO_…` variable that sets nothing, for it was meant to set something.

    Raises:
        SettingsError: Naming the variable and those that it resembles.
    """
    known = {field.upper() for field in fields}
    for variable in sorted(os.environ):
        name = variable.upper()
        if not name.startswith(PREFIX):
            continue
        top = name.removeprefix(PREFIX).split("__")[0]
        if top not in known and top not in OTHER_VARIABLES:
            close = difflib.get_close_matches(top, known, 1)
            meant = f" Did you mean {PREFIX}{close[0]}?" if close else ""
            raise SettingsError(
                f"The variable {variable} is no setting of arriero.{meant}",
                "`arriero config` lists the settings once it is unset.",
            )


def _look_at(arguments: Mapping[str, Any]) -> str:
    return f"Look at the arguments, the {PREFIX}… variables and {settings_path(arguments)}."


def _problem(problem: Any, root: type[BaseModel]) -> str:
    path = [str(part) for part in problem["loc"]]
    name = ".".join(path)
    if problem["type"] != "extra_forbidden":
        return f"{name}: {problem['msg']}, not {_shown(problem['input'])}"
    model: type[BaseModel] | None = root
    for part in path[:-1]:
        model = _submodel(model, part) if model else None
    names = list(model.model_fields) if model else []
    close = difflib.get_close_matches(path[-1], names, 3, 0.5) or names
    return f"there is no setting {name}; did you mean {' or '.join(close)}?"


def _submodel(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    from pydantic import BaseModel

    field = model.model_fields.get(name)
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else text[:79] + "…"


def explain(settings: Settings, given: Mapping[str, Any]) -> list[Setting]:
    """List every setting with its value, its origin and its meaning."""
    arguments = given_only(given)
    sources = _sources(arguments)
    found = []
    for path, value, meaning in _leaves(settings):
        origin = _origin(path, arguments, sources)
        found.append(Setting(".".join(path), _text(value), origin, meaning))
    return found


def _sources(arguments: dict[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Read what the variables and the file say, in this order."""
    from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

    from agent.settings import Settings

    path = settings_path(arguments)
    file = TomlConfigSettingsSource(Settings, toml_file=path if path.is_file() else None)
    return EnvSettingsSource(Settings)(), file()


def _leaves(
    model: BaseModel, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    from pydantic import BaseModel

    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value, " ".join((field.description or "").split())


def _origin(
    path: tuple[str, ...],
    arguments: Mapping[str, Any],
    sources: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> str:
    variables, file = sources
    if _holds(arguments, path):
        return "argument"
    if _holds(variables, path):
        return f"variable {_variable(path)}"
    return "file" if _holds(file, path) else "default"


def _holds(values: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    here: Any = values
    for part in path:
        if not isinstance(here, Mapping) or part not in here:
            return False
        here = here[part]
    return True


def _variable(path: tuple[str, ...]) -> str:
    """Name the variable that sets a value: its own, or one of a whole section as JSON."""
    names = {name.upper() for name in os.environ}
    for length in range(len(path), 0, -1):
        name = PREFIX + "__".join(path[:length]).upper()
        if name in names:
            return name
    return PREFIX + "__".join(path).upper()


def _text(value: Any) -> str:
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    if isinstance(value, tuple):
        return json.dumps(list(value), ensure_ascii=False)
    if isinstance(value, bool):
        return str(value).lower()
    if value is None:
        return "(not set)"
    # A password in an address is a secret, too.
    return re.sub(r"(://[^/@:\s]*):[^/@\s]+@", r"\1:********@", str(value))
