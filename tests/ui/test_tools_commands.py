"""`arriero tools`: list, new, check, run, schema and journal, from command line to exit code."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ui.cli import run

ROOT = Path(__file__).parents[2]
FILE = '''
POLICY = {"herd_size": {"risk": "reads"}, "note_herd": {"risk": "writes"}}


def herd_size(animal: str, years: int = 1) -> str:
    """Tell how many animals of a kind there are.

    Args:
        animal: The kind, such as "llama".
        years: How many years to look back.
    """
    if animal == "camel":
        raise ValueError("There are no camels.")
    return f"12 of {animal} in {years + 1}"


def note_herd(animal: str) -> str:
    """Write an animal down.

    Args:
        animal: The kind.
    """
    return f"Noted {animal}."
'''


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.delenv("ARRIERO_DEBUG", raising=False)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path / "home"


@pytest.fixture
def folder(home):
    folder = home / "tools"
    folder.mkdir(parents=True)
    (folder / "herd.py").write_text(FILE, encoding="utf-8")
    return folder


@pytest.fixture
def cli(capsys):
    """Run a command line; return its exit code, stdout and stderr."""

    def call(*arguments):
        code = run(["tools", *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_list_tells_origin_risk_and_what_was_left_out(cli, folder):
    (folder / "bad.py").write_text("def broken(:\n", encoding="utf-8")
    code, out, err = cli()
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines()}
    assert "built-in" in rows["calculator"]
    assert "file herd.py" in rows["note_herd"]
    assert "writes" in rows["note_herd"]
    assert "asks" in rows["note_herd"]
    assert "asks" not in rows["herd_size"]
    assert "bad.py was left out: line 1" in err
    assert str(folder) in err
    assert "mcp.json" in err


def test_list_marks_a_risk_that_was_guessed(cli, folder):
    text = FILE.replace('"note_herd": {"risk": "writes"}', "")
    (folder / "herd.py").write_text(text, encoding="utf-8")
    code, out, _ = cli("list", "--json")
    told = json.loads(out)
    rows = {row["name"]: row for row in told["tools"]}
    assert (code, told["problems"], told["folder"]) == (0, [], str(folder))
    assert not rows["note_herd"]["declared"]
    assert rows["herd_size"]["declared"]
    assert "writes?" in cli("list")[1]


def test_a_new_tool_passes_its_own_test_and_the_check(cli, tmp_path):
    place = tmp_path / "new tools"
    code, out, err = cli("new", "herd_count", "--folder", place)
    assert code == 0
    assert sorted(path.name for path in place.iterdir()) == [
        "herd_count.eval.json",
        "herd_count.py",
        "test_herd_count.py",
    ]
    assert str(place / "herd_count.py") in out
    assert "arriero tools check" in err
    assert cli("check", place)[0] == 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_new_overwrites_nothing_unless_forced(cli, home):
    assert cli("new", "herd_count")[0] == 0
    path = home / "tools" / "herd_count.py"
    path.write_text("MINE = 1\n", encoding="utf-8")
    code, _, err = cli("new", "herd_count")
    assert code == 2
    assert "herd_count.py" in err
    assert path.read_text(encoding="utf-8") == "MINE = 1\n"
    assert cli("new", "herd_count", "--force")[0] == 0
    assert "def herd_count" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["two words", "class", "../up", "test_it", "_hidden", "7up"])
def test_new_refuses_what_is_no_name(cli, home, name):
    code, _, err = cli("new", name)
    assert code == 2
    assert "is no name for a tool" in err
    assert not (home / "tools").exists()


def test_a_new_tool_gives_way_to_a_built_in_one(cli, home):
    code, _, err = cli("new", "weather")
    assert code == 0
    assert "A built-in tool is called weather, so this one is called my_weather." in err
    assert cli("check", "weather")[0] == 0
    assert cli("run", "my_weather", "--args", '{"animal": "mule"}')[1].startswith("There are 3")


def test_new_refuses_a_name_that_hides_a_module(cli, home):
    code, _, err = cli("new", "json")
    assert code == 2
    assert "my_json" in err
    assert not (home / "tools").exists()


def test_check_ends_with_1_only_for_errors(cli, folder):
    code, _, err = cli("check", "herd")
    assert code == 0
    assert "fine" in err
    (folder / "bad.py").write_text("def broken(:\n", encoding="utf-8")
    code, out, _ = cli("check")
    assert code == 1
    assert "error: bad.py: line 1" in out.replace("was left out: ", "")
    code, out, _ = cli("check", folder / "bad.py", "--json")
    assert code == 1
    assert json.loads(out)["findings"][0]["level"] == "error"
    assert cli("check", "nothing.py")[0] == 2


def test_run_coerces_as_for_a_model_and_prints_the_output(cli, folder):
    code, out, _ = cli("run", "herd_size", "--args", '{"animal": "llama", "years": "3"}')
    assert (code, out) == (0, "12 of llama in 4\n")


def test_run_tells_a_tools_error(cli, folder):
    code, out, err = cli("run", "herd_size", "--args", '{"animal": "camel"}')
    assert (code, out) == (1, "")
    assert "There are no camels." in err


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("herd_size", "{", "--args is no JSON"),
        ("herd_size", "[1]", "--args is no object"),
        ("herd_size", "{}", "missing required argument 'animal'"),
        ("herd_size", '{"animal": "llama", "size": 1}', "unknown argument 'size'"),
        ("herd_sise", "{}", "Did you mean herd_size?"),
    ],
)
def test_run_refuses_a_wrong_request(cli, folder, name, given, words):
    code, _, err = cli("run", name, "--args", given)
    assert code == 2
    assert words in err


def test_a_side_effect_needs_yes_and_stands_in_the_journal(cli, folder):
    given = ("run", "note_herd", "--args", '{"animal": "mule"}')
    code, out, err = cli(*given)
    assert (code, out) == (7, "")
    assert "--yes" in err
    assert cli(*given, "--no")[0] == 1
    assert "No tool has done anything" in cli("journal")[2]

    assert cli(*given, "--yes")[:2] == (0, "Noted mule.\n")
    code, out, _ = cli("journal", "--json")
    (record,) = json.loads(out)["journal"]
    assert (code, record["tool"], record["state"]) == (0, "note_herd", "done")
    assert record["arguments"] == {"animal": "mule"}
    assert "note_herd" in cli("journal")[1]
    assert json.loads(cli("journal", "--json", "--user", "ben")[1]) == {"journal": []}
    assert json.loads(cli("journal", "--json", "--thread", "other")[1]) == {"journal": []}


def test_journal_shows_the_last_n(cli, folder):
    for animal in ("llama", "mule"):
        cli("run", "note_herd", "--args", json.dumps({"animal": animal}), "--yes")
    (record,) = json.loads(cli("journal", "-n", "1", "--json")[1])["journal"]
    assert record["arguments"] == {"animal": "mule"}


def test_schema_shows_what_each_protocol_tells_a_model(cli, folder):
    code, out, _ = cli("schema", "herd_size", "--json")
    told = json.loads(out)
    assert code == 0
    function = told["native"]["function"]
    assert function["name"] == "herd_size"
    assert function["parameters"]["required"] == ["animal"]
    assert "## herd_size" in told["prompted"]
    assert "herd_size" in told["grammar"]
    assert told["tokens"]["prompted"] > 10
    assert "- animal (string, required)" in cli("schema", "herd_size")[1]
    assert cli("schema", "herd_sise")[0] == 2
