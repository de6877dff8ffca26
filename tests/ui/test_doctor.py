"""What doctor and the model commands find on machines of different health."""

import asyncio
import json
import os

import pytest

from agent.models.catalogue import CATALOGUE
from tools.search import catalogue
from tools.search.cache import SearchCache
from tools.search.engine import EngineError, Query, Result
from tools.search.memory import MemoryEngine
from tools.search.meta import MetaEngine
from tools.settings import SearchSettings
from ui import doctor, doctor_models
from ui.cli import run


class Engine(MemoryEngine):
    """A search engine that fails if its name is in `silent`."""

    def __init__(self, name, silent):
        super().__init__([Result("Llama", "https://llama.example/")])
        self.name = name
        self.silent = silent

    async def search(self, query):
        if self.name in self.silent:
            raise EngineError(self.name, "refused to answer (429)", "blocked")
        if f"slow {self.name}" in self.silent:
            await asyncio.sleep(0.55)
        return await super().search(query)


@pytest.fixture
def silent():
    """The search engines that do not answer."""
    return set()


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path, silent):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ARRIERO_MODELS__LLAMACPP__WEIGHTS_DIR", str(tmp_path / "weights"))

    def public(backend):
        return catalogue.Entry(backend, lambda settings, net: Engine(backend, silent))

    alone = {
        name: catalogue.Entry(name, lambda settings, net, name=name: Engine(name, silent))
        for name in ("wikipedia", "gdelt", "arxiv")
    }
    monkeypatch.setattr(catalogue, "_public", public)
    monkeypatch.setattr(catalogue, "_ENTRIES", {**catalogue._ENTRIES, **alone})
    return tmp_path


@pytest.fixture
def nobody(monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")


@pytest.fixture
def diagnose(capsys):
    """Run doctor; return its exit code and the checks by name."""

    def call(*arguments):
        code = run(["doctor", "--json", *arguments])
        told = json.loads(capsys.readouterr().out)
        assert told["problems"] == sum(c["state"] == "problem" for c in told["checks"])
        assert code == (1 if told["problems"] else 0)
        return code, {check["name"]: check for check in told["checks"]}

    return call


@pytest.mark.usefixtures("nobody")
def test_without_ollama_the_embedded_model_is_enough(diagnose, machine):
    code, checks = diagnose()
    assert code == 0
    assert checks["ollama"]["state"] == "note"
    assert "embedded model is used" in checks["ollama"]["found"]
    assert checks["weights"]["mend"] == "arriero pull llamacpp:qwen2.5-coder-1.5b"
    assert checks["packages"]["state"] == checks["home"]["state"] == "ok"
    assert not (machine / "home").exists()


@pytest.mark.usefixtures("nobody")
def test_a_wanted_ollama_that_is_down_is_a_problem(diagnose):
    code, checks = diagnose("--model", "ollama:llama3.1:8b")
    assert (code, checks["ollama"]["state"]) == (1, "problem")
    assert "ollama serve" in checks["ollama"]["mend"]


def test_a_healthy_ollama(diagnose, ollama_double):
    code, checks = diagnose()
    assert code == 0
    assert "0.33.0" in checks["ollama"]["found"]
    assert "llama3.1:8b" in checks["model"]["found"]
    assert "tools" in checks["model"]["found"]
    assert "derived at first use" in checks["template"]["found"]


def test_a_model_that_is_not_there_is_named_with_the_command_that_fetches_it(
    diagnose, ollama_double
):
    code, checks = diagnose("--model", "ollama:llama3.2:3b")
    assert (code, checks["model"]["state"]) == (1, "problem")
    assert "llama3.1:8b" in checks["model"]["found"]
    assert checks["model"]["mend"] == "arriero pull llama3.2:3b"


def test_a_model_that_cannot_chat_is_a_problem(diagnose, ollama_double):
    code, checks = diagnose("--model", "ollama:nomic-embed-text")
    assert (code, checks["model"]["state"]) == (1, "problem")
    assert "cannot chat" in checks["model"]["found"]


def test_a_model_without_tools_is_told_of(diagnose, ollama_double):
    code, checks = diagnose("--model", "ollama:llama3:8b")
    assert (code, checks["model"]["state"]) == (0, "note")


def test_derivation_that_is_off_is_told_of(diagnose, ollama_double, monkeypatch):
    monkeypatch.setenv("ARRIERO_MODELS__OLLAMA__DERIVE", "false")
    assert "derive is off" in diagnose()[1]["template"]["found"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("nonsense", "does not name a model"),
        ("llamacpp:/nowhere.gguf", "There is no file"),
        ("scripted:/nowhere.json", "cannot be read"),
        ("openai:m@http://127.0.0.1:9/v1", "No model server answers"),
    ],
)
def test_a_model_that_cannot_be_opened_is_a_problem(spec, words, diagnose):
    code, checks = diagnose("--model", spec)
    assert (code, checks["model"]["state"]) == (1, "problem")
    assert words in checks["model"]["found"]
    assert checks["model"]["mend"]


def test_a_file_of_weights_is_looked_at(diagnose, machine):
    path = machine / "own.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    code, checks = diagnose("--model", f"llamacpp:{path}")
    assert (code, checks["weights"]["state"]) == (0, "ok")
    path.write_bytes(b"junk")
    code, checks = diagnose("--model", f"llamacpp:{path}")
    assert code == 1
    assert "is not a GGUF file" in checks["model"]["found"]


def test_weights_that_were_not_verified_are_told_of(diagnose, machine):
    entry = CATALOGUE[-1]
    (machine / "weights").mkdir()
    (machine / "weights" / entry.file).write_bytes(b"GGUF")
    _, checks = diagnose("--model", f"llamacpp:{entry.name}")
    assert checks["weights"]["state"] == "note"
    assert "no checksum yet" in checks["weights"]["found"]


@pytest.mark.usefixtures("nobody")
def test_a_full_disk_is_a_problem(diagnose, monkeypatch):
    usage = doctor.shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(doctor_models.shutil, "disk_usage", lambda path: usage)
    code, checks = diagnose()
    assert code == 1
    assert checks["disk"]["state"] == checks["weights"]["state"] == "problem"
    assert "weights_dir" in checks["weights"]["mend"]


@pytest.mark.usefixtures("nobody")
def test_some_silent_engines_are_passed_over(diagnose, silent):
    silent |= {"mojeek", "yahoo"}
    code, checks = diagnose()
    assert (code, checks["search"]["state"]) == (0, "ok")
    assert "passed over: mojeek, yahoo: refused to answer (429)" in checks["search"]["found"]


@pytest.mark.usefixtures("nobody")
def test_each_engine_is_shown_with_what_mends_it(diagnose, silent, monkeypatch, machine):
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__BACKENDS", '["duckduckgo", "mojeek", "yahoo"]')
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__ENOUGH", "0.5")
    silent |= {"mojeek", "slow yahoo"}
    _, checks = diagnose()
    assert checks["search duckduckgo"]["state"] == "ok"
    assert checks["search duckduckgo"]["found"].startswith("live: ")
    assert checks["search mojeek"]["found"] == "blocked: refused to answer (429)"
    assert "SearXNG" in checks["search mojeek"]["mend"]
    assert checks["search yahoo"]["found"].startswith("slow: ")
    assert "tools.search.enough" in checks["search yahoo"]["mend"]
    assert checks["search tavily"]["found"] == "needs tools.search.tavily_key"
    assert "Set ARRIERO_TOOLS__SEARCH__TAVILY_KEY;" in checks["search tavily"]["mend"]
    assert "1 January 2027" in checks["search google"]["found"]
    assert "the only way to Bing" in checks["search searxng"]["found"]
    assert checks["search cache"]["found"] == "empty"
    assert not (machine / "home").exists()


@pytest.mark.usefixtures("nobody")
def test_engines_that_are_left_alone_and_the_cache_are_shown(
    diagnose, silent, monkeypatch, machine
):
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__BACKENDS", '["duckduckgo", "mojeek"]')
    silent |= {"duckduckgo", "mojeek"}
    settings = SearchSettings()

    async def use():
        cache = SearchCache(machine / "home", settings)
        names = ("duckduckgo", "mojeek", "yahoo")
        made = MetaEngine([Engine(name, silent) for name in names], settings, cache)
        assert (await made.find(Query("llama"))).results

    asyncio.run(use())
    silent.remove("mojeek")
    _, checks = diagnose()
    assert "; left alone since " in checks["search duckduckgo"]["found"]
    assert ", asked again from " in checks["search duckduckgo"]["found"]
    assert checks["search mojeek"]["found"].startswith("live again, and is not left alone any")
    assert checks["search cache"]["found"].startswith("1 answer, from less than a minute to")
    assert diagnose()[1]["search mojeek"]["found"].startswith("live: ")


@pytest.mark.usefixtures("nobody")
def test_bing_is_told_to_go_through_searxng(diagnose, monkeypatch):
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__ENGINES", '["bing", "wikipedia"]')
    _, checks = diagnose()
    assert checks["search bing"]["found"].startswith(
        "needs tools.search.searxng_url; Bing is asked"
    )


@pytest.mark.usefixtures("nobody")
def test_an_engine_that_does_not_exist_is_a_problem(diagnose, monkeypatch):
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__ENGINES", '["gogle"]')
    code, checks = diagnose()
    assert (code, checks["search"]["state"]) == (1, "problem")
    assert "langchain:NAME" in checks["search"]["mend"]


@pytest.mark.usefixtures("nobody")
def test_no_key_is_shown_anywhere(monkeypatch, capsys):
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__BRAVE_KEY", "secret-of-brave")
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__ENGINES", '["wikipedia"]')
    run(["doctor"])
    run(["config", "--verbose"])
    shown = capsys.readouterr()
    assert "secret-of-brave" not in shown.out + shown.err
    assert "********" in shown.out


@pytest.mark.usefixtures("nobody")
def test_no_engine_at_all_is_a_problem(diagnose, monkeypatch, silent):
    silent |= {"brave"}
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__ENGINES", '["ddgs"]')
    monkeypatch.setenv("ARRIERO_TOOLS__SEARCH__BACKENDS", '["brave"]')
    code, checks = diagnose()
    assert (code, checks["search"]["state"]) == (1, "problem")


@pytest.mark.usefixtures("nobody")
def test_a_tool_that_does_not_exist_is_a_problem(diagnose, monkeypatch):
    monkeypatch.setenv("ARRIERO_BUILTIN_TOOLS", '["calculater"]')
    code, checks = diagnose()
    assert (code, checks["tools"]["state"]) == (1, "problem")
    assert "calculator" in checks["tools"]["mend"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_that_cannot_be_written_is_a_problem(diagnose, machine):
    (machine / "home").mkdir(mode=0o500)
    assert diagnose()[1]["home"]["state"] == "problem"


def test_a_home_that_is_a_file_is_a_problem(machine):
    (machine / "home").write_text("")
    assert doctor.check_home(machine / "home").state == "problem"


def test_packages_from_two_places_are_a_problem():
    check = doctor.check_layout(("agent", "json"))
    assert check.state == "problem"
    assert "json in" in check.found


@pytest.mark.usefixtures("nobody")
def test_the_report_for_people_names_what_mends_each_problem(capsys):
    assert run(["doctor", "--model", "ollama:x"]) == 1
    shown = capsys.readouterr()
    assert "✓ packages: " in shown.out
    assert "✗ ollama: no server answers" in shown.out
    assert "    → ollama serve" in shown.out
    assert shown.err.endswith("1 problem.\n")


def test_models_lists_what_ollama_holds_and_marks_what_auto_takes(ollama_double, capsys):
    assert run(["models", "--json"]) == 0
    rows = {row["spec"]: row for row in json.loads(capsys.readouterr().out)["models"]}
    assert rows["ollama:llama3.1:8b"]["auto"]
    assert rows["ollama:llama3.1:8b"]["there"]
    assert not rows["llamacpp:qwen2.5-coder-1.5b"]["auto"]
    assert "embedding" in rows["ollama:nomic-embed-text:latest"]["about"]


def test_pull_shows_how_far_it_is(ollama_double, capsys):
    assert run(["pull", "llama3.2:3b"]) == 0
    told = capsys.readouterr().err
    assert "llama3.2:3b: pulling manifest" in told
    assert "100 % of 2 MB" in told
    assert told.endswith("ollama:llama3.2:3b is there.\n")
    assert run(["models", "--json"]) == 0
    assert "ollama:llama3.2:3b" in capsys.readouterr().out


def test_a_pull_of_what_the_library_lacks_says_so(ollama_double, capsys):
    assert run(["pull", "ollama:nope", "--json"]) == 3
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "ModelMissing"
