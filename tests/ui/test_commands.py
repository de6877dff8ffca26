"""The commands, from the command line to the exit code, with a scripted model."""

import asyncio
import io
import json
import queue
import sys
import threading
from functools import partial

import pytest

from evals.web import Document, open_web
from ui.cli import run

CALCULATE = {"calls": [{"name": "calculator", "arguments": {"expression": "17.5% of 2340"}}]}


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LOGNAME", "ana")
    monkeypatch.delenv("ARRIERO_DEBUG", raising=False)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    return tmp_path / "home"


@pytest.fixture
def script(tmp_path):
    """Write a script and return the spec of its model."""

    def write(*steps):
        path = tmp_path / "script.json"
        path.write_text(json.dumps([s if isinstance(s, dict) else {"text": s} for s in steps]))
        return f"scripted:{path}"

    return write


@pytest.fixture
def cli(capsys):
    """Run a command line; return its exit code, stdout and stderr."""

    def call(*arguments):
        code = run([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_ask_prints_the_answer_on_stdout_and_the_steps_on_stderr(cli, script):
    code, out, err = cli("ask", "What is it?", "--model", script(CALCULATE, "It is 409.5."))
    assert (code, out) == (0, "It is 409.5.\n")
    assert "✓ calculator(expression='17.5% of 2340')" in err
    assert "\x1b" not in out + err


def test_ask_with_json_prints_the_turn(cli, script):
    code, out, _ = cli("ask", "What is it?", "--json", "-m", script(CALCULATE, "It is 409.5."))
    told = json.loads(out)
    assert code == 0
    assert (told["answer"], told["stop_reason"], told["user_id"]) == (
        "It is 409.5.",
        "answered",
        "ana",
    )
    (step,) = told["steps"]
    assert step["name"] == "calculator"
    assert "409.5" in step["output"]
    assert told["usage"]["calls"] == 2
    assert told["thread_id"]


def test_each_ask_begins_a_thread_unless_one_is_named(cli, script):
    model = script("One.")
    threads = {
        json.loads(cli("ask", "hi", "--json", "-m", model, *more)[1])["thread_id"]
        for more in ([], [], ["--thread", "mine"], ["--thread", "mine"])
    }
    assert len(threads) == 3
    listed = json.loads(cli("threads", "--json")[1])["threads"]
    assert {thread["id"]: thread["turns"] for thread in listed}["mine"] == 2


@pytest.mark.parametrize(
    ("words", "stdin", "asked"),
    [
        ([], "from stdin\n", "from stdin"),
        (["-"], "from stdin", "from stdin"),
        (["Sum", "up:", "-"], "the text", "Sum up:\n\nthe text"),
        (["two", "words"], "", "two words"),
    ],
)
def test_the_question_is_put_together(words, stdin, asked, cli, script, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
    cli("ask", *words, "-t", "t", "-m", script("Fine."))
    messages = json.loads(cli("threads", "show", "t", "--json")[1])["messages"]
    assert messages[0]["content"] == asked


def test_a_file_on_stdin_is_put_behind_the_question(cli, script, monkeypatch, tmp_path):
    (tmp_path / "notes").write_text("llamas hum")
    with (tmp_path / "notes").open() as notes:
        monkeypatch.setattr("sys.stdin", notes)
        cli("ask", "Sum up", "-t", "t", "-m", script("Fine."))
    messages = json.loads(cli("threads", "show", "t", "--json")[1])["messages"]
    assert messages[0]["content"] == "Sum up\n\nllamas hum"


def test_stdin_that_is_no_text_is_refused(cli, script, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9 au lait")))
    code, out, err = cli("ask", "-m", script("Fine."))
    assert (code, out) == (2, "")
    assert "not UTF-8 text (byte 4)" in err


def test_a_home_that_cannot_be_used_is_named(cli, script, home):
    home.write_text("")
    for line in (["ask", "hi"], ["chat"]):
        code, out, err = cli(*line, "-m", script("Hello."))
        assert (code, out) == (6, "")
        assert str(home) in err
    assert cli("threads")[0] == 6


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (["ask", ""], 2, "The question is empty"),
        (["ask", "hi", "-m", "nonsense"], 2, "does not name a model"),
        (["ask", "hi", "-m", "scripted:/nowhere.json"], 2, "cannot be read"),
        (["ask", "hi", "-m", "llamacpp:/nowhere.gguf"], 4, "There is no file"),
        (["ask", "hi", "--protocol", "natif"], 2, "'native'"),
        (["ask", "hi", "--depth", "shallow"], 2, "'quick', 'normal' or 'deep', not 'shallow'"),
        (["ask", "hi", "--user", " "], 2, "--user is blank"),
        (["ask", "--resume"], 2, "--resume finishes the interrupted"),
        (["ask", "hi", "--bogus"], 2, "No such option: --bogus"),
        (["--model", "x", "ask", "hi"], 2, "behind the command"),
        (["threads", "show", "nope"], 2, "ana has no thread nope"),
        (["threads", "delete", "nope"], 2, "ana has no thread nope"),
        (["pull", "llamacpp:nope"], 2, "The catalogue has no nope"),
        (["pull", "openai:x"], 2, "cannot be fetched"),
        (["chat", "-m", "nonsense"], 2, "does not name a model"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_a_mistake_is_answered_in_words(line, code, words, cli, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    ended, out, err = cli(*line)
    assert (ended, out) == (code, "")
    assert words in err
    assert "Traceback" not in err
    ended, out, err = cli(*line, *([] if line[0].startswith("-") else ["--json"]))
    assert ended == code


def test_a_failing_model_ends_with_its_code_and_one_object(cli, script):
    failing = {"error": "ServerDown", "message": "Nobody is there.", "hint": "Start it."}
    code, out, _ = cli("ask", "hi", "--json", "-m", script(failing))
    told = {"kind": "ServerDown", "message": "Nobody is there.", "hint": "Start it."}
    assert (code, json.loads(out)) == (3, {"error": told})


def test_a_turn_that_failed_can_be_finished(cli, script):
    failing = {"error": "ServerDown", "message": "Nobody is there."}
    model = script(CALCULATE, {**failing, "match": "409.5", "repeat": True})
    code, out, _ = cli("ask", "What is it?", "-t", "t", "-m", model)
    assert (code, out) == (3, "")
    code, out, err = cli("ask", "--resume", "-t", "t", "-m", script("It is 409.5."))
    assert (code, out) == (0, "It is 409.5.\n")
    assert "calculator" not in err
    code, _, err = cli("ask", "--resume", "-t", "t", "-m", script("Again."))
    assert code == 2
    assert "no interrupted turn" in err


def test_a_tool_that_does_not_exist_is_named(cli, script, home):
    home.mkdir()
    (home / "config.toml").write_text("builtin_tools = ['calculater']")
    code, _, err = cli("ask", "hi", "-m", script("Hello."))
    assert code == 2
    assert "calculater" in err


def test_no_tools_offers_none(cli, script):
    code, out, _ = cli("ask", "hi", "--no-tools", "--json", "-m", script("Hello."))
    assert (code, json.loads(out)["answer"]) == (0, "Hello.")


def test_threads_belong_to_their_user(cli, script):
    cli("ask", "my secret", "-t", "t", "-m", script("Noted."))
    assert "my secret" in cli("threads")[1]
    assert "Noted." in cli("threads", "show", "t")[1]
    for line in (["threads"], ["threads", "list"]):
        assert "my secret" not in "".join(cli(*line, "--user", "ben")[1:])
    assert cli("threads", "show", "t", "--user", "ben")[0] == 2
    assert cli("threads", "delete", "t", "--user", "ben")[0] == 2
    assert cli("threads", "delete", "t")[0] == 0
    assert cli("threads", "show", "t")[0] == 2


def chatting(monkeypatch, *lines):
    typed = "".join(f"{line}\n" for line in lines).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed)))


def test_chat_answers_line_by_line(cli, script, monkeypatch):
    chatting(monkeypatch, "hi", "", "again", "/quit", "never read")
    code, out, _ = cli("chat", "-m", script("One.", "Two."))
    assert (code, out) == (0, "One.\nTwo.\n")
    assert [t["turns"] for t in json.loads(cli("threads", "--json")[1])["threads"]] == [2]


def test_arriero_alone_chats(cli, script, monkeypatch):
    chatting(monkeypatch, "hi")
    assert cli("-m", script("One."))[:2] == (0, "One.\n")


def test_chat_commands(cli, script, monkeypatch):
    cli("ask", "Where do llamas live?", "-t", "old", "-m", script("In the Andes."))
    chatting(
        *(monkeypatch, "/help", "/model", "/tools", "/threads", "/open old", "And why?", "/new"),
        *("Hello", "/opne x", "/open nope", "/open", "/resume"),
    )
    code, out, err = cli("chat", "-m", script("They like it.", "Hi."))
    assert code == 0
    for told in ("/threads      list", "scripted:", "calculator: ", "Did you mean /open?"):
        assert told in err
    assert "You have no thread nope." in err
    assert "Which thread?" in err
    assert "Where do llamas live?" in out
    assert "In the Andes." in out
    listed = json.loads(cli("threads", "--json")[1])["threads"]
    assert sorted(thread["turns"] for thread in listed) == [1, 2]


def test_chat_changes_the_model_and_goes_back_if_it_cannot(cli, script, monkeypatch, tmp_path):
    first = script("First.", "First again.")
    second = tmp_path / "second.json"
    second.write_text(json.dumps([{"text": "Second."}]))
    chatting(monkeypatch, "a", "/model nonsense", f"/model scripted:{second}", "b")
    code, out, err = cli("chat", "-m", first)
    assert (code, out) == (0, "First.\nSecond.\n")
    assert f"Back to {first}." in err
    assert [t["turns"] for t in json.loads(cli("threads", "--json")[1])["threads"]] == [2]


@pytest.fixture
def web(home):
    """Serve a small web on loopback, and search it; each request is noted in `asked`."""
    opened = queue.Queue()
    text = "Lima is the capital of Peru. It was founded in 1535.\n" + "Llamas hum softly. " * 20

    async def serve():
        async with open_web([Document("Lima", text)]) as web:
            leave = asyncio.Event()
            opened.put((web, partial(asyncio.get_running_loop().call_soon_threadsafe, leave.set)))
            await leave.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    web, leave = opened.get(timeout=10)
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(
        f"[tools.search]\nengines = ['searxng']\nsearxng_url = '{web.url}'\ncache_days = 0\n"
        f"[tools.net]\nallow_hosts = {list(web.hosts)}\n"
    )
    yield web
    leave()
    thread.join()


def pages_read(web):
    """Tell how many pages were asked for since the last time."""
    asked = [one for one in web.asked if not one.startswith(("/search", "/robots.txt"))]
    web.asked.clear()
    return len(asked)


FOUNDED = "When was Lima founded?"


def test_depth_says_whether_pages_are_read(cli, script, web):
    model = script({"text": "Lima was founded in 1535 [1].", "repeat": True})
    for more, pages in ([], 1), (["--depth", "quick"], 0), (["--depth", "normal"], 1):
        code, out, _ = cli("ask", FOUNDED, *more, "-m", model)
        assert (code, pages_read(web)) == (0, pages)
        assert out.startswith("Lima was founded in 1535 [1].\n\nSources:\n[1] Lima")


def test_depth_leaves_no_tools_as_it_is(cli, script, web):
    cli("ask", FOUNDED, "--no-tools", "--depth", "quick", "-m", script("In 1535."))
    assert web.asked == []


def test_chat_changes_the_depth_and_keeps_the_thread(cli, script, monkeypatch, web):
    model = script({"text": "Lima was founded in 1535 [1].", "repeat": True})
    chatting(monkeypatch, "/depth", "/depth shallow", "/depth quick", FOUNDED, "/depth", FOUNDED)
    code, out, err = cli("chat", "--depth", "deep", "-m", model)
    assert code == 0
    assert err.index("deep\n") < err.index("There is no depth shallow.") < err.index("quick\n")
    assert "There are quick, normal, deep." in err
    assert pages_read(web) == 0
    assert out.count("1535 [1].") == 2
    assert [t["turns"] for t in json.loads(cli("threads", "--json")[1])["threads"]] == [2]


def test_chat_goes_back_to_a_model_that_worked_and_then_changes_the_depth(
    cli, script, monkeypatch, web
):
    chatting(monkeypatch, "hi", "/model nonsense", "/depth quick", "/depth", "hi")
    code, out, err = cli("chat", "-m", script("Hello."))
    assert (code, out) == (0, "Hello.\nHello.\n")
    assert err.count("does not name a model") == 1
    assert "quick\n" in err


def test_json_holds_what_was_searched_read_and_cited(cli, script, web):
    model = script({"text": "Lima was founded in 1535 [7].", "repeat": True})
    told = json.loads(cli("ask", FOUNDED, "--json", "-m", model)[1])
    assert (told["answer"], told["basis"]) == ("Lima was founded in 1535 [1].", "sources")
    (source,), (citation,), (search,) = told["sources"], told["citations"], told["searches"]
    assert (source["number"], source["kind"]) == (1, "web")
    assert source["link"].startswith(f"{source['url']}#:~:text=Lima%20is")
    assert citation["passages"] == [f"1:{source['passages'][0]['id']}"]
    assert (citation["verdict"], citation["given"], citation["sources"]) == ("corrected", [7], [1])
    assert search["read"] == [source["url"]]


def test_chat_goes_on_after_a_failed_turn(cli, script, monkeypatch):
    failing = {"error": "ServerFault", "message": "It broke off.", "hint": "Ask again."}
    chatting(monkeypatch, "a", "/resume")
    code, out, err = cli("chat", "-m", script(failing, "Whole."))
    assert (code, out) == (0, "Whole.\n")
    assert "It broke off." in err


def test_chat_tells_of_an_answer_that_was_cut_off(cli, script, monkeypatch):
    cli("ask", "Where?", "-t", "t", "-m", script({"error": "ServerFault", "message": "Broke."}))
    chatting(monkeypatch, "/open t", "/resume")
    code, out, err = cli("chat", "-m", script("Here."))
    assert code == 0
    assert 'cut off at "Where?"' in err
    assert "/resume finishes it" in err
    assert out.endswith("Here.\n")


def test_models_lists_the_catalogue_when_ollama_is_down(cli, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    code, out, err = cli("models", "--json")
    rows = {row["spec"]: row for row in json.loads(out)["models"]}
    assert code == 0
    assert rows["llamacpp:qwen2.5-coder-1.5b"]["auto"]
    assert rows["llamacpp:llama-3.1-8b"]["about"].startswith("Llama 3.1 Community License")
    code, out, err = cli("models")
    assert "llamacpp:smollm2-135m" in out
    assert "No Ollama server answers" in err


def test_config_prints_values_and_origins(cli, home):
    code, out, _ = cli("config", "--model", "ollama:x", "--verbose")
    assert code == 0
    assert "= ollama:x  (argument)" in out
    assert "Seconds that the turn may take." in out
    assert cli("config", "path")[1] == f"{home / 'config.toml'}\n"
    told = json.loads(cli("config", "--json")[1])["settings"]
    assert {"name": "home", "value": str(home)}.items() <= told[1].items()


def test_version_and_help(cli):
    assert cli("--version")[1].startswith("arriero ")
    code, out, _ = cli("--help")
    assert code == 0
    assert "Exit codes:" in out


def test_a_stdin_without_a_file_behind_it_is_not_waited_for(cli, script, monkeypatch):
    assert not sys.stdin.isatty()
    assert cli("ask", "hi", "-m", script("Hello."))[:2] == (0, "Hello.\n")
