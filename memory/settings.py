"""What memory obeys."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class MemorySettings(BaseModel):
    """What is remembered, where it is searched, and how much of it an answer is given."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    write: Literal["all", "asked", "none"] = "all"
    """What is remembered of a conversation: `all` that lasts, only what is `asked` for with
    "remember that …", or `none`."""
    recall: bool = True
    """Whether an answer is given what is remembered."""
    tokens: int = Field(default=400, ge=0)
    """Tokens of a prompt that what is remembered may take in one turn."""
    project: str = ""
    """The project that conversations belong to: what is remembered in it is used only in it, beside
    what is remembered everywhere; empty for none."""
    embeddings: str = "minilm"
    """What turns texts into vectors: `minilm`, a small model that came with the installation;
    `hashed`, which knows words and no meaning; or `ollama:NAME`."""
    chroma: str = ""
    """The address of a Chroma server, such as `http://127.0.0.1:8000`; nothing keeps the index in
    the home folder, where one process at a time can use it."""
    summaries: bool = True
    """Whether threads that have been quiet for a week are summed up."""
