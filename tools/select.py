"""Finds the tools that fit a request among many.

Each tool is known by several short texts: its name with its first sentence, its arguments, and
each of its examples. A request is likened to all of them by embedding, the likest counts, and by
its words (BM25); both rankings are fused by reciprocal rank (Cormack, Clarke and Büttcher 2009).
A request of several parts is ranked part by part as well, so that each part brings its tools.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from memory.embeddings import Embedder
from tools.ranking import scores
from tools.spec import ToolSpec

FUSION = 10.0
"""The constant of reciprocal rank fusion; a small one trusts the first ranks more."""
PARTS = 4
"""Parts of a request that are looked at one by one."""
_PART = re.compile(r"(?<=[.!?;])\s+|\n+|,?\s+\b(?:and then|then|and also|and|also|y|und|et)\b\s+")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

Known = tuple[ToolSpec, Sequence[str]]


class ToolIndex:
    """Rank tools by a request; only what changed is embedded again.

    Args:
        embedder: Turns texts into vectors of unit length.
        folder: Where vectors are kept from one start to the next; None keeps them in memory.
    """

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        self._embedder = embedder
        self._file = folder / "tools.npz" if folder else None
        self._vectors: dict[str, Any] = self._read()
        self._names: tuple[str, ...] = ()
        self._texts: list[list[str]] = []
        self._matrix: Any = None
        self._owners: Any = None
        self._lock = threading.Lock()

    def update(self, known: Iterable[Known]) -> None:
        """Take over the tools that there are now, each with its examples."""
        with self._lock:
            found = list(known)
            texts = [_texts(spec, examples) for spec, examples in found]
            names = tuple(spec.name for spec, _ in found)
            if names == self._names and texts == self._texts:
                return
            self._names, self._texts = names, texts
            flat = [text for several in texts for text in several]
            self._matrix = self._embed(flat)
            self._owners = np.repeat(np.arange(len(texts)), [len(several) for several in texts])

    def rank(self, query: str, limit: int) -> list[str]:
        """Return the names of the best tools for a request, the best first.

        Args:
            query: The request.
            limit: How many at most.
        """
        with self._lock:
            if not self._names or not query.strip():
                return []
            parts = _parts(query)
            rankings = [self._order(part) for part in parts]
        if len(rankings) == 1:
            return [self._names[at] for at in rankings[0][:limit]]
        chosen: dict[int, None] = {}
        # The whole request leads; then each part brings its best, in turn.
        for depth in range(len(self._names)):
            for ranking in rankings:
                chosen.setdefault(ranking[depth])
            if len(chosen) >= limit:
                break
        return [self._names[at] for at in list(chosen)[:limit]]

    def _order(self, text: str) -> list[int]:
        """Return the tools' places, the best first."""
        likeness = self._matrix @ self._embedder.embed([text])[0]
        best = np.full(len(self._names), -1.0)
        np.maximum.at(best, self._owners, likeness)
        words = np.array(scores(text, [" ".join(several) for several in self._texts]))
        fused = _reciprocal(best) + _reciprocal(words) * (words > 0)
        return [int(at) for at in np.argsort(-fused, kind="stable")]

    def _embed(self, texts: Sequence[str]) -> Any:
        keys = [self._key(text) for text in texts]
        pairs = dict(zip(keys, texts, strict=True))
        missing = {key: text for key, text in pairs.items() if key not in self._vectors}
        if missing:
            made = self._embedder.embed(list(missing.values()))
            self._vectors.update(zip(missing, made, strict=True))
            self._vectors = {key: self._vectors[key] for key in dict.fromkeys(keys)}
            self._write()
        if not keys:
            return np.zeros((0, self._embedder.dimensions), dtype=np.float32)
        return np.stack([self._vectors[key] for key in keys])

    def _key(self, text: str) -> str:
        return hashlib.sha256(f"{self._embedder.name}\0{text}".encode()).hexdigest()[:32]

    def _read(self) -> dict[str, Any]:
        """Read the kept vectors; a file that is damaged or of another size counts as none."""
        if self._file is None or not self._file.exists():
            return {}
        with suppress(OSError, ValueError, KeyError, EOFError):
            with np.load(self._file, allow_pickle=False) as kept:
                keys, rows = kept["keys"].tolist(), kept["rows"]
            if rows.shape == (len(keys), self._embedder.dimensions):
                return dict(zip(keys, rows, strict=True))
        return {}

    def _write(self) -> None:
        if self._file is None:
            return
        # The file saves time and nothing else: where it cannot be written, all works without it.
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            draft = self._file.with_suffix(".draft.npz")
            np.savez(
                draft,
                keys=np.array(list(self._vectors)),
                rows=np.stack(list(self._vectors.values())),
            )
            draft.replace(self._file)


def _texts(spec: ToolSpec, examples: Sequence[str]) -> list[str]:
    """Return the texts that a tool is known by."""
    name = " ".join(word.lower() for word in _WORDS.findall(spec.name))
    about = " ".join(re.split(r"(?<=[.!?])\s+", " ".join(spec.description.split()))[:2])
    arguments = " ".join(
        " ".join(word.lower() for word in _WORDS.findall(one))
        for one in spec.parameters.get("properties", {})
    )
    return [f"{name}: {about}", f"{name} {arguments}".strip(), *examples]


def _parts(query: str) -> list[str]:
    """Return a request, and its parts where it has several."""
    whole = " ".join(query.split())
    parts = [part.strip() for part in _PART.split(query) if len(part.split()) >= 3]
    return [whole, *parts[:PARTS]] if len(parts) > 1 else [whole]


def _reciprocal(values: Any) -> Any:
    ranks = np.empty(len(values))
    ranks[np.argsort(-values, kind="stable")] = np.arange(len(values))
    return 1.0 / (FUSION + ranks)
