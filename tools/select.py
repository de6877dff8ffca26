"""Finds the tools that fit a request among many.

A tool is known by several short texts: its name with its arguments and its first sentence, its
further sentences, and its examples. A request is likened to them by embedding: to the middle of
the sentences, to the middle of all texts, and to the likest one. The mean of the three counts, and
words in common (BM25) add a little. A request of several parts is ranked part by part as well, so
that each part brings its tools.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from memory.embeddings import Embedder
from tools.ranking import words
from tools.spec import ToolSpec

WORDS = 0.01
"""What one unit of BM25 adds to a likeness, which is at most 1."""
PARTS = 4
"""Parts of a request that are looked at one by one."""
SENTENCES = 3
"""Sentences of a description that are looked at."""
SIGNS = 300
"""Characters of a sentence or an example that are looked at."""
KEPT = 4096
"""Vectors that are kept at most, so that tools that come back cost nothing."""
_AND = r"(?:and then|and also|and|then|also|plus|y|luego|und|dann|et|puis)\s+"
_PART = re.compile(rf"(?:(?<=[.!?])\s+|\s*[;\n]\s*|,\s+)(?:{_AND})?|\s+{_AND}", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")

Known = tuple[ToolSpec, Sequence[str]]


class ToolIndex:
    """Rank tools by a request; only what changed is embedded again.

    Args:
        embedder: Turns texts into vectors.
        folder: Where vectors are kept from one start to the next; None keeps them in memory.
        word_weight: What one unit of BM25 adds to a likeness.
    """

    def __init__(
        self, embedder: Embedder, folder: Path | None = None, word_weight: float = WORDS
    ) -> None:
        self._embedder = embedder
        self._word_weight = word_weight
        self._vectors = _Vectors(embedder, folder)
        self._known: list[Known] = []
        self._scorer: _Scorer | None = None
        self._lock = Lock()

    def update(self, known: Iterable[Known]) -> None:
        """Take over the tools that there are now, each with its examples.

        Raises:
            EmbedderError: The model cannot be loaded.
        """
        found: list[Known] = [(spec, tuple(examples)) for spec, examples in known]
        with self._lock:
            if found != self._known:
                self._scorer = _Scorer(found, self._vectors, self._word_weight) if found else None
                self._known = found

    def rank(self, query: str, limit: int) -> list[str]:
        """Return the names of the best tools for a request, the best first.

        Args:
            query: The request.
            limit: How many at most.

        Raises:
            EmbedderError: The model cannot be loaded.
        """
        scorer = self._scorer
        if scorer is None or limit < 1 or not query.strip():
            return []
        asked = [query, *parts(query)]
        vectors = self._embedder.embed(asked)
        rankings = [scorer.order(*one) for one in zip(asked, vectors, strict=True)]
        chosen: dict[str, None] = {}
        # The whole request leads; then each part brings its best, in turn.
        for places in zip(*rankings, strict=True):
            chosen.update(dict.fromkeys(scorer.names[place] for place in places))
            if len(chosen) >= limit:
                break
        return list(chosen)[:limit]


def parts(query: str) -> list[str]:
    """Return the parts of a request that asks for several things; none where it asks for one.

    Of many parts the first and the last are taken: what is asked stands before or behind a text
    that is brought along.
    """
    found = [part.strip() for part in _PART.split(query) if len(part.split()) > 1]
    if len(found) > PARTS:
        found = found[: PARTS // 2] + found[-PARTS // 2 :]
    return found if len(found) > 1 else []


class _Scorer:
    """The texts of some tools, ready to be likened to requests; never changed."""

    def __init__(self, known: Sequence[Known], vectors: _Vectors, word_weight: float) -> None:
        self.names = [spec.name for spec, _ in known]
        about = [_about(spec) for spec, _ in known]
        texts = [
            [one[:SIGNS] for one in (*said, *examples)]
            for said, (_, examples) in zip(about, known, strict=True)
        ]
        self._rows = vectors.get([text for several in texts for text in several])
        sizes = np.array([len(several) for several in texts])
        self._starts = np.cumsum(sizes) - sizes
        self._middles = np.stack(
            [
                _middle(self._rows[at : at + size]) + _middle(self._rows[at : at + len(said)])
                for at, size, said in zip(self._starts, sizes, about, strict=True)
            ]
        )
        self._words = _Words(
            " ".join([*_arguments(spec), *own]) for (spec, _), own in zip(known, texts, strict=True)
        )
        self._word_weight = word_weight

    def order(self, text: str, vector: Any) -> list[int]:
        """Return the tools' places in `names`, the best first."""
        best = np.maximum.reduceat(self._rows @ vector, self._starts)
        likeness = (self._middles @ vector + best) / 3
        total = likeness + self._word_weight * self._words.scores(text)
        places: list[int] = np.argsort(-total, kind="stable").tolist()
        return places


class _Words:
    """Passages counted once, to be scored by the words of many queries.

    The formula is that of `tools.ranking.scores`.
    """

    def __init__(self, passages: Iterable[str]) -> None:
        counted = [Counter(words(passage)) for passage in passages]
        lengths = [counts.total() for counts in counted]
        mean = sum(lengths) / len(lengths) or 1.0
        self._many = len(counted)
        holders: dict[str, list[tuple[int, float]]] = {}
        for place, (counts, length) in enumerate(zip(counted, lengths, strict=True)):
            for word, count in counts.items():
                share = count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length / mean))
                holders.setdefault(word, []).append((place, share))
        self._holders = holders

    def scores(self, query: str) -> Any:
        """Return a score for each passage."""
        total = np.zeros(self._many)
        for word in set(words(query)):
            holding = self._holders.get(word, [])
            rarity = math.log(1 + (self._many - len(holding) + 0.5) / (len(holding) + 0.5))
            for place, share in holding:
                total[place] += rarity * share
        return total


class _Vectors:
    """Vectors by the content of their texts, in memory and in a file that may be lost.

    The file holds a checksum, the keys and the rows; one that does not fit counts as none.
    """

    def __init__(self, embedder: Embedder, folder: Path | None) -> None:
        self._embedder = embedder
        self._file = (
            folder / f"tools-{_digest(embedder.name).hex()[:8]}.vectors" if folder else None
        )
        self._rows: dict[bytes, Any] | None = None

    def get(self, texts: Sequence[str]) -> Any:
        """Return the texts' vectors as an array [texts, dimensions]."""
        if self._rows is None:
            self._rows = self._read()
        wanted = {_digest(text)[:16]: text for text in texts}
        missing = [key for key in wanted if key not in self._rows]
        if missing:
            made = self._embedder.embed([wanted[key] for key in missing])
            # Half the bytes; rounded here too, so that ranks are the same after a restart.
            self._rows.update(zip(missing, made.astype(np.float16), strict=True))
            rest = [key for key in self._rows if key not in wanted]
            self._rows = {
                key: self._rows[key] for key in [*wanted, *rest][: max(KEPT, len(wanted))]
            }
            self._write(self._rows)
        return np.stack([self._rows[_digest(text)[:16]] for text in texts]).astype(np.float32)

    def _read(self) -> dict[bytes, Any]:
        raw = b""
        if self._file is not None:
            with suppress(OSError):
                raw = self._file.read_bytes()
        many, odd = divmod(len(raw) - 32, 16 + 2 * self._embedder.dimensions)
        if many < 1 or odd or hashlib.sha256(raw[32:]).digest() != raw[:32]:
            return {}
        rows = np.frombuffer(raw, np.float16, offset=32 + 16 * many).reshape(many, -1)
        return {raw[32 + 16 * at :][:16]: row for at, row in enumerate(rows)}

    def _write(self, rows: dict[bytes, Any]) -> None:
        if self._file is None:
            return
        body = b"".join(rows) + np.stack(list(rows.values())).tobytes()
        # The file saves time and nothing else: where it cannot be written, all works without it.
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            number, draft = tempfile.mkstemp(dir=self._file.parent, prefix=self._file.stem)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(hashlib.sha256(body).digest() + body)
                Path(draft).replace(self._file)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _middle(rows: Any) -> Any:
    total = rows.sum(axis=0)
    return total / max(float(np.linalg.norm(total)), 1e-9)


def _split(name: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(name))


def _arguments(spec: ToolSpec) -> list[str]:
    """Return a line on each argument."""
    given = spec.parameters.get("properties", {})
    return [
        f"{_split(name)} {about.get('description', '') if isinstance(about, Mapping) else ''}"
        for name, about in given.items()
    ]


def _about(spec: ToolSpec) -> list[str]:
    """Return the sentences on a tool, the first with its name and arguments."""
    sentences = _SENTENCE.split(" ".join(spec.description.split()))[:SENTENCES]
    arguments = ", ".join(_split(name) for name in spec.parameters.get("properties", {}))
    name = f"{_split(spec.name)} ({arguments})" if arguments else _split(spec.name)
    return [f"{name}: {sentences[0]}", *sentences[1:]]
