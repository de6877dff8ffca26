"""Keeps secrets out of events and logs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tools.settings import ToolSettings

HIDDEN = "•••"
LEAST = 8
"""Characters from which on a value counts as a secret; shorter ones stand in ordinary words."""

_SECRET_NAME = re.compile(
    r"(?i)(^|[_\-.\s])(pass(word|wd|phrase)?|secret|token|api[_\-]?key|access[_\-]?key|"
    r"private[_\-]?key|authorization|credentials?|cvv|cvc)($|[_\-.\s])"
)
# Formats that providers document for their keys, JSON Web Tokens (RFC 7519), and PEM keys.
_FORMATS = re.compile(
    r"\b(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{16,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAKIA[0-9A-Z]{16}\b|\bAIza[0-9A-Za-z_-]{30,}"
    r"|\bhf_[A-Za-z0-9]{20,}|\bgsk_[A-Za-z0-9]{20,}|\btvly-[A-Za-z0-9-]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_HINTS = (
    *("sk", "pk", "rk", "gh", "github_", "glpat", "xox", "AKIA", "AIza", "hf_", "gsk", "tvly"),
    *("eyJ", "--"),
)


_WORDLIKE = ("sk", "pk", "rk", "hf_", "gsk_", "tvly-", "glpat-")
_MIXED = re.compile(r"(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]")
MIXED = 3
"""Changes between letters and digits from which on something is no word: keys are random."""


class Redactor:
    """Replace secrets in texts and plain data.

    Args:
        values: Values that are known to be secret: keys from settings and the environment.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        known = sorted({value for value in values if len(value) >= LEAST}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """Return a text without known secrets and without what has the form of a key."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        if any(hint in text for hint in _HINTS):
            text = _FORMATS.sub(_hidden, text)
        return text

    def data(self, value: Any, *, names: bool = True) -> Any:
        """Return plain data without secrets.

        Args:
            value: Text, numbers, mappings and lists.
            names: Hide what stands under a name such as `password`, too.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                key: HIDDEN if names and _hides(str(key), one) else self.data(one, names=names)
                for key, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.data(one, names=names) for one in value]
        return value


def _hidden(found: re.Match[str]) -> str:
    """Hide what has the form of a key, unless it is words: `sk-learn-contributors-guide`."""
    text = found[0]
    if text.startswith(_WORDLIKE) and len(_MIXED.findall(text)) < MIXED:
        return text
    return HIDDEN


def _hides(name: str, value: Any) -> bool:
    return bool(_SECRET_NAME.search(name)) and isinstance(value, (str, int)) and value != ""


def secret_values(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return the values of the environment's variables whose name says that they are secret."""
    found = os.environ if environment is None else environment
    return [value for name, value in found.items() if _SECRET_NAME.search(name)]


def redactor_for(settings: ToolSettings) -> Redactor:
    """Return a redactor that knows the keys of the environment and of the tools' settings."""
    return Redactor([*secret_values(), *settings.search.secrets])
