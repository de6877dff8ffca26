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


@pytest.fixture
def script(tmp_path):
    """Write a script and return the spec of its model."""

    def write(*steps):
        path = tmp_path / "script.json"
        path.write_text(json.dumps(list(steps)), encoding="utf-8")
        return f"scripted:{path}"

    return write


def calling(name, **arguments):
    return {"calls": [{"name": name, "arguments": arguments}]}


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


def test_check_asks_a_model_for_the_cases(cli, folder, script):
    cases = [
        {"request": "How many llamas?", "tool": "herd_size", "arguments": {"animal": "llama"}},
        {"request": "How many mules?", "tool": "herd_size", "arguments": {"animal": "mule"}},
        {"request": "Hello!", "tool": None},
    ]
    (folder / "herd.eval.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")
    steps = [
        calling("herd_size", animal="Llama"),
        calling("note_herd", animal="mule"),
        {"text": "Hello!"},
    ]
    code, out, err = cli("check", "herd", "--model", script(*steps))
    assert code == 0
    assert '✓ \'How many llamas?\': herd_size({"animal": "Llama"})' in out
    assert '✗ \'How many mules?\': note_herd({"animal": "mule"}), not herd_size(' in out
    assert "✓ 'Hello!': an answer without a call" in out
    assert "2 of 3 cases right" in err
    assert "No tool has done anything" in cli("journal")[2]

    told = json.loads(cli("check", "herd", "--json", "--model", script(*steps))[1])
    assert [one["right"] for one in told["trials"]] == [True, False, True]
    assert told["trials"][2]["expected"] == {"tool": None, "arguments": {}}


def test_check_offers_a_file_that_lies_elsewhere(cli, tmp_path, script):
    cli("new", "herd_count", "--folder", tmp_path / "away")
    steps = [calling("herd_count", animal="llama")]
    code, out, _ = cli("check", tmp_path / "away", "--model", script(*steps))
    assert code == 0
    assert "✓" in out


def test_check_knows_the_other_tools(cli, folder):
    (folder / "twin.py").write_text(FILE.replace("herd_size", "herd_sizes"), encoding="utf-8")
    code, out, _ = cli("check", "twin")
    assert code == 1
    assert "note_herd: another tool has the same name" in out
    assert "herd_sizes: its name is near to that of herd_size" in out


def test_list_shows_a_risk_that_depends_on_an_argument(cli, folder):
    rows = {row["name"]: row for row in json.loads(cli("list", "--json")[1])["tools"]}
    assert (rows["files"]["risk"], rows["files"]["asks"]) == ("reads or writes", True)


def test_run_reads_arguments_from_a_file_or_stdin(cli, folder, tmp_path, monkeypatch):
    file = tmp_path / "args.json"
    file.write_text('{"animal": "llama"}', encoding="utf-8")
    assert cli("run", "herd_size", "--args-file", file)[:2] == (0, "12 of llama in 2\n")
    for option in ("--args", "--args-file"):
        stdin = io.TextIOWrapper(io.BytesIO(b'{"animal": "mule"}'))
        monkeypatch.setattr("sys.stdin", stdin)
        assert cli("run", "herd_size", option, "-")[:2] == (0, "12 of mule in 2\n")
    code, _, err = cli("run", "herd_size", "--args-file", tmp_path / "none.json")
    assert code == 2
    assert "cannot be read" in err
    assert cli("run", "herd_size", "--args", "{}", "--args-file", file)[0] == 2


@pytest.mark.parametrize("command", [("list",), ("check", "loud"), ("run", "loud_one"),
                                     ("schema", "loud_one")])  # fmt: skip
def test_what_a_tool_prints_stays_out_of_the_json(cli, folder, command):
    text = """
import sys

print("at import")
sys.stdout.write("past print")
POLICY = {"loud_one": {"risk": "reads"}}


def loud_one() -> str:
    \"\"\"Say something loudly.\"\"\"
    print("in the call")
    sys.stdout.write("past print")
    return "said"
"""
    (folder / "loud.py").write_text(text, encoding="utf-8")
    code, out, err = cli(*command, "--json")
    assert code == 0
    assert json.loads(out)
    assert "past print" in err


def test_schema_shows_one_protocol_or_the_models_own(cli, folder, script):
    native = cli("schema", "herd_size", "--protocol", "native")[1]
    assert '"type": "function"' in native
    assert "## herd_size" not in native
    prompted = cli("schema", "herd_size", "--protocol", "prompted")[1]
    assert "## herd_size" in prompted
    assert "root ::=" in prompted
    assert '"type": "function"' not in prompted
    told = json.loads(cli("schema", "herd_size", "--json", "--model", script({"text": "."}))[1])
    assert told["protocol"] == "native"
    assert told["tokens"]["native"] > 10
    assert cli("schema", "herd_size", "--protocol", "telepathy")[0] == 2


def test_schema_tells_the_name_as_it_is_sent(cli, folder):
    text = """
from langchain_core.tools import tool


@tool("herd.size")
def herd_size(animal: str) -> str:
    \"\"\"Tell how many animals of a kind there are.\"\"\"
    return "12"
"""
    (folder / "herd.py").write_text(text, encoding="utf-8")
    out = cli("schema", "herd.size")[1]
    assert "Sent as herd_size, since function calling takes no herd.size." in out
    assert "## herd.size" in out
