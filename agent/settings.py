"""The assistant's settings: arguments over `ARRIERO_*` variables over a TOML file over defaults.

The file is `config.toml` in the home folder. A nested setting is written with two underscores in
a variable: `ARRIERO_TOOLS__TIMEOUT=10` is `timeout = 10` under `[tools]` in the file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from agent.models.settings import ModelSettings
from memory.settings import MemorySettings
from tools.settings import ToolSettings

ProtocolName = Literal["auto", "native", "prompted", "text"]


class Budget(BaseModel):
    """What one turn may cost before it is ended with the best answer so far."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    steps: int = Field(default=12, ge=1)
    """Times that the model may decide in one turn."""
    calls: int = Field(default=24, ge=0)
    """Tool calls in one turn."""
    tokens: int = Field(default=60_000, ge=256)
    """Tokens that the turn's model calls may take, prompts included, cached tokens not."""
    seconds: float = Field(default=600.0, gt=0)
    """Seconds that the turn may take."""
    answer_tokens: int = Field(default=1024, ge=16)
    """Tokens of the window that are kept free for one reply."""


class Settings(BaseSettings):
    """Everything that can be set.

    Raises:
        pydantic.ValidationError: A name or value is wrong; faces turn it into a `SettingsError`.
    """

    model_config = SettingsConfigDict(
        env_prefix="ARRIERO_",
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    model: str = "auto"
    """Which model answers: `auto`, `ollama:NAME`, `llamacpp:NAME-or-PATH`, `openai:NAME@URL` or
    `PROVIDER:NAME`."""
    home: Path = Field(default_factory=lambda: default_home())
    """The folder of everything that arriero keeps."""
    protocol: ProtocolName = "auto"
    """How tools are shown to the model; `auto` looks the model up in the table of measured
    results."""
    look_up: Literal["facts", "model"] = "facts"
    """What is searched for before the model is asked: `facts`, every question of fact, so that its
    answer can be checked; `model` leaves it to the model."""
    check: Literal["words", "model"] = "model"
    """How citations are checked: by `words` and closeness of meaning alone, or besides by asking
    the `model` about up to three sentences that have no number or date."""
    instructions: str = ""
    """Your own words to the assistant, put behind its system prompt."""
    builtin_tools: tuple[str, ...] | None = None
    """Names of the built-in tools to offer; nothing set means all of them, an empty list none."""
    budget: Budget = Budget()
    """What one turn may cost."""
    models: ModelSettings = ModelSettings()
    """What all model back ends share."""
    tools: ToolSettings = ToolSettings()
    """What every tool obeys."""
    memory: MemorySettings = MemorySettings()
    """What is remembered, and how much of it an answer is given."""

    @field_validator("home", mode="after")
    @classmethod
    def _expand(cls, home: Path) -> Path:
        """Take `~` for the user's own folder, wherever the value came from."""
        return home.expanduser()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank arguments over variables over the TOML file."""
        given = init_settings().get("home")
        path = config_path(Path(given) if given else default_home())
        toml = TomlConfigSettingsSource(settings_cls, toml_file=path if path.is_file() else None)
        return init_settings, env_settings, toml


def default_home() -> Path:
    """Return ARRIERO_HOME, or the user's data folder for arriero."""
    value = os.environ.get("ARRIERO_HOME", "")
    return Path(value).expanduser() if value else user_data_path("arriero", appauthor=False)


def config_path(home: Path) -> Path:
    """Return the path of the settings file in a home folder."""
    return home / "config.toml"


def describe(error: Any) -> str:
    """Say in one line each what a pydantic `ValidationError` found wrong."""
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"])
        lines.append(f"{name}: {problem['msg']} (was {problem.get('input')!r})")
    return "; ".join(lines)
