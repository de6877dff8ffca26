"""The catalogue of weights, and what names and files say of the weights behind them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from agent.errors import WeightsError
from agent.models.catalogue import CATALOGUE, find, identity_of
from agent.models.gguf import read_facts, verified_gguf


def test_names_and_aliases_are_unique() -> None:
    names = [name for entry in CATALOGUE for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))
    assert len({entry.file for entry in CATALOGUE}) == len(CATALOGUE)


def test_entries_say_what_is_needed_to_fetch_and_to_judge_them() -> None:
    for entry in CATALOGUE:
        assert entry.licence
        assert entry.size > 1_000_000
        assert entry.file.endswith(".gguf")
        # Wheels come from anybody: without a checksum of our own they are not to be trusted.
        assert entry.wheels is None or len(entry.sha256) == 64


def test_an_entrys_name_is_the_identity_of_its_file() -> None:
    for entry in CATALOGUE:
        assert identity_of(entry.file) == entry.name
        assert identity_of(entry.hub.file) == entry.name


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("/x/Qwen2.5-Coder-1.5B-Instruct-Q4_K_M.gguf", "qwen2.5-coder-1.5b"),
        (r"C:\models\Qwen2.5-Coder-1.5B-Instruct-Q8_0.gguf", "qwen2.5-coder-1.5b"),
        ("Qwen/Qwen2.5-Coder-1.5B-Instruct-AWQ", "qwen2.5-coder-1.5b"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "llama-3.1-8b"),
        ("meta-llama/Llama-3.2-1B-Instruct", "llama-3.2-1b"),
        ("llama-3.1-8b-instant", "llama-3.1-8b"),
        ("llama3.1:8b", "llama3.1:8b"),
        ("gemma-3-1b-it-q8_0", "gemma-3-1b"),
        ("Big-IQ4_XS-00001-of-00003.gguf", "big"),
        ("gpt-4o", "gpt-4o"),
        ("q4_0.gguf", "q4_0"),
    ],
)
def test_identity_is_the_name_of_the_weights_alone(name: str, identity: str) -> None:
    assert identity_of(name) == identity


def test_entries_are_found_by_alias_in_any_case() -> None:
    found = find(" Llama3.1:8B ")
    assert found is not None
    assert found.name == "llama-3.1-8b"
    assert find("llama-9") is None


def head(*pairs: tuple[str, str | int | list[str]]) -> bytes:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    out = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    for key, value in pairs:
        out += text(key)
        if isinstance(value, int):
            out += struct.pack("<II", 4, value)
        elif isinstance(value, str):
            out += struct.pack("<I", 8) + text(value)
        else:
            out += struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
    return out


def test_a_file_tells_its_name_whatever_it_is_called(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(
        head(
            ("general.architecture", "llama"),
            ("general.tags", ["x", "y"]),
            ("general.name", "Something Else"),
            ("general.basename", "Meta-Llama-3.1"),
            ("general.size_label", "8B"),
            ("llama.context_length", 131072),
            ("tokenizer.ggml.model", "gpt2"),
        )
    )
    facts = read_facts(path)
    assert (facts.identity, facts.context) == ("llama-3.1-8b", 131072)
    path.write_bytes(head(("general.name", "Tiny Thing 1B Instruct")))
    assert read_facts(path).identity == "tiny-thing-1b"
    path.write_bytes(head())
    assert read_facts(path).identity == "a"


def test_what_is_no_gguf_file_is_refused_with_its_path(tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_bytes(b"<html>Not found</html>")
    for path, words in (
        (page, "not a GGUF file"),
        (tmp_path / "none.gguf", "no file"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(WeightsError, match=words) as caught:
            verified_gguf(path)
        assert str(path) in caught.value.message


@pytest.mark.parametrize("cut", [5, 20, 30, 60, 90])
def test_a_head_that_is_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.gguf"
    path.write_bytes(
        head(("general.architecture", "llama"), ("general.tags", ["x", "y", "z"]))[:cut]
    )
    with pytest.raises(WeightsError, match="broken"):
        read_facts(path)


@pytest.mark.parametrize("wild", [(8, 1 << 60), (9, 1 << 60), (77, 0)])
def test_wild_numbers_in_a_head_are_refused(tmp_path: Path, wild: tuple[int, int]) -> None:
    kind, size = wild
    path = tmp_path / "wild.gguf"
    start = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k"
    inner = struct.pack("<I", 4) if kind == 9 else b""
    path.write_bytes(start + struct.pack("<I", kind) + inner + struct.pack("<Q", size))
    with pytest.raises(WeightsError, match="broken"):
        read_facts(path)
