"""The commands for one's own documents, from the command line to the exit code."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doubles.hostile_pdf import encrypted, paper
from ui.cli import run

Cli = Callable[..., tuple[int, str, str]]
CONTRACT = "# Employment contract\n\n## Notice period\n\nNotice is three months.\n"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ARRIERO_MEMORY__EMBEDDINGS", "hashed")
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.delenv("ARRIERO_DEBUG", raising=False)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path / "home"


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command line; return its exit code, stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "docs"
    (made / "sub").mkdir(parents=True)
    (made / "contract.md").write_text(CONTRACT)
    (made / "sub" / "llamas.pdf").write_bytes(paper(trailer="/Info << /Title (On llamas) >>"))
    (made / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (made / ".secret").write_text("hidden")
    return made


def listed(cli: Cli, *more: str) -> list[str]:
    told = json.loads(cli("docs", "list", "--json", *more)[1])
    return [Path(one["place"]).name for one in told["documents"]]


def test_a_folder_is_added_listed_searched_and_shown(cli: Cli, folder: Path) -> None:
    code, out, err = cli("docs", "add", folder)
    assert code == 0
    assert out.splitlines() == [
        f"+ {folder / 'contract.md'} (1 passage)",
        f"+ {folder / 'sub' / 'llamas.pdf'} (1 passage)",
    ]
    assert "2 added. Passed over: 1 hidden, 1 no text." in err
    code, out, err = cli("docs")
    assert "Employment contract" in out
    assert "On llamas" in out
    assert str(folder) in err
    code, out, _ = cli("docs", "search", "notice", "period")
    assert (code, out.splitlines()[0]) == (
        0,
        f"Employment contract  {(folder / 'contract.md').as_uri()}",
    )
    assert "Notice is three months." in out
    assert f"{(folder / 'sub' / 'llamas.pdf').as_uri()}#page=1" in cli("docs", "search", "llama")[1]
    code, out, _ = cli("docs", "show", folder / "sub" / "llamas.pdf")
    assert code == 0
    assert "On llamas" in out
    assert "(page 1)" in out
    assert "domesticated animal" in out


def test_everything_is_told_as_json_too(cli: Cli, folder: Path) -> None:
    told = json.loads(cli("docs", "add", folder, "--json")[1])
    assert [one["outcome"] for one in told["documents"]] == ["added", "added"]
    assert told["skipped"] == {"hidden": 1, "no text": 1}
    found = json.loads(cli("docs", "search", "notice", "--json")[1])["found"]
    assert found[0]["document"]["title"] == "Employment contract"
    assert found[0]["link"].startswith("file://")
    number = found[0]["document"]["id"]
    shown = json.loads(cli("docs", "show", number, "--json")[1])
    assert [one["name"] for one in shown["passages"]] == ["p1"]
    assert json.loads(cli("docs", "refresh", "--json")[1]) == {
        "documents": [],
        "skipped": {"hidden": 1, "no text": 1},
    }
    gone = json.loads(cli("docs", "remove", number, "--json")[1])
    assert (gone["removed"], gone["folders"]) == ([str(folder / "contract.md")], [str(folder)])


def test_refreshing_tells_what_changed_came_and_went(cli: Cli, folder: Path) -> None:
    cli("docs", "add", folder)
    assert "Nothing to do." in cli("docs", "refresh")[2]
    (folder / "contract.md").write_text(CONTRACT.replace("three", "six"))
    os.utime(folder / "contract.md", (1, 1))
    (folder / "sub" / "llamas.pdf").unlink()
    (folder / "new.txt").write_text("The warranty is two years.")
    code, out, _ = cli("docs", "refresh")
    assert code == 0
    assert [line.split(" (")[0].split(": ")[0] for line in out.splitlines()] == [
        f"~ {folder / 'contract.md'}",
        f"- {folder / 'sub' / 'llamas.pdf'}",
        f"+ {folder / 'new.txt'}",
    ]
    assert "six months" in cli("docs", "search", "notice")[1]


def test_each_user_has_his_own(cli: Cli, folder: Path) -> None:
    cli("docs", "add", folder / "contract.md", "--user", "ben")
    assert listed(cli) == []
    assert listed(cli, "--user", "ben") == ["contract.md"]
    assert "Nothing in your documents matches" in cli("docs", "search", "notice")[2]
    assert cli("docs", "remove", folder / "contract.md")[0] == 2
    assert listed(cli, "--user", "ben") == ["contract.md"]


def test_what_was_removed_is_nowhere_in_the_home_folder(cli: Cli, folder: Path, home: Path) -> None:
    (folder / "secret.txt").write_text("Zanzibarquartz pays the ferryman.")
    cli("docs", "add", folder)
    assert "ferryman" in cli("docs", "search", "zanzibarquartz")[1]
    code, out, err = cli("docs", "remove", folder)
    assert (code, len(out.splitlines())) == (0, 4)
    assert "Not looked through" not in err
    for one in home.rglob("*"):
        if one.is_file():
            assert b"ferryman" not in one.read_bytes()
            assert b"anzibarquartz" not in one.read_bytes()
    assert (folder / "secret.txt").exists()
    assert listed(cli) == []


def test_a_folder_with_files_that_cannot_be_read_is_read_as_far_as_possible(
    cli: Cli, folder: Path
) -> None:
    (folder / "locked.pdf").write_bytes(encrypted("secret"))
    code, out, err = cli("docs", "add", folder)
    assert code == 0
    assert len(out.splitlines()) == 2
    assert f"! {folder / 'locked.pdf'}: The PDF asks for a password." in err
    assert "1 unreadable" in err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["add", "nowhere.txt"], "There is no such file."),
        (["add", "docs/picture.png"], "only binary data"),
        (["add", "https://127.0.0.1/x"], "127.0.0.1"),
        (["show", "7"], "ana has no one document 7"),
        (["show", "docs"], "ana has no one document docs"),
        (["remove", "nothing"], "ana has no one document nothing"),
        (["add"], "Missing argument"),
        (["list", "--user", " "], "--user is blank"),
    ],
)
def test_a_wrong_request_is_told(
    cli: Cli, folder: Path, line: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    code, out, err = cli("docs", *line)
    assert (code, out) == (2, "")
    assert words in err
    told = json.loads(cli("docs", *line, "--json")[1])
    assert words in told["error"]["message"]


def test_a_home_that_cannot_be_used_is_named(cli: Cli, folder: Path, home: Path) -> None:
    home.write_text("")
    code, out, err = cli("docs", "add", folder / "contract.md")
    assert (code, out) == (6, "")
    assert str(home) in err


def test_control_characters_of_documents_do_not_reach_the_terminal(
    cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("# Title\n\nThe cat\x1b[2J sat on the mat.\n")
    cli("docs", "add", tmp_path / "a.md")
    assert "\x1b" not in cli("docs", "search", "cat")[1] + cli("docs", "show", "1")[1]
