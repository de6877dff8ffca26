"""What the documents name is there: files, commands, settings."""

import json
import re
from pathlib import Path

import pytest
import typer

from agent.citations import Citation
from agent.events import Memory, Step, Turn
from agent.models.base import Usage
from tools.sources import Passage, Search, Source
from ui.cli import app
from ui.config import explain, load_settings
from ui.render import record

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).is_file()]
    assert missing == []


def test_commands_exist(page):
    known = set(typer.main.get_command(app).commands)
    text = page.read_text()
    blocks = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL))
    named = re.findall(r"^arriero ([a-z]+)", blocks, re.MULTILINE)
    named += re.findall(r"`arriero ([a-z]+)", text)
    assert set(named) <= known


def test_settings_exist(page, monkeypatch, tmp_path):
    monkeypatch.setenv("ARRIERO_HOME", str(tmp_path))
    known = {setting.name for setting in explain(load_settings(), {})}
    form = r"`((?:models|budget|tools|memory)\.[a-z_.]+(?<!\.py)(?<!\.sqlite))`"
    named = re.findall(form, page.read_text())
    modules = {name for name in named if (ROOT / (name.replace(".", "/") + ".py")).is_file()}
    assert set(named) - modules - known == set()


def test_the_json_of_ask_is_as_it_is_told():
    told = (ROOT / "docs" / "users.md").read_text().partition("## The JSON of `ask`")[2]
    shown = json.loads(re.search(r"```json\n(.*?)```", told, re.DOTALL)[1])
    source = Source("Lima", "https://example.org/lima", passages=(Passage("p2", "Lima."),))
    turn = record(
        Turn(
            answer="",
            sources=(source,),
            steps=(Step("1", "web_search", {}),),
            memories=(Memory(1, ""),),
            usage=Usage(),
            citations=(Citation("", "supported"),),
            searches=(Search(""),),
        )
    )
    assert list(shown) == list(turn)
    assert list(shown["usage"]) == list(turn["usage"])
    for name in ("sources", "steps", "memories", "citations", "searches"):
        assert list(shown[name][0]) == list(turn[name][0])
    assert list(shown["sources"][0]["passages"][0]) == list(turn["sources"][0]["passages"][0])


def test_every_file_of_the_packages_is_in_the_architecture():
    told = (ROOT / "docs" / "architecture.md").read_text()
    named = {
        name.replace(".", r"\.").replace("*", ".*") for name in re.findall(r"`([\w*]+\.py)`", told)
    }
    pattern = re.compile("|".join(named))
    files = {
        path.name
        for package in ("agent", "tools", "memory", "ui")
        for path in (ROOT / package).rglob("*.py")
        if not path.name.startswith("__") and path.parent.name not in ("nodes", "search")
    }
    assert {name for name in files if not pattern.fullmatch(name)} == set()


def test_verbs_exist(page):
    verbs = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    text = page.read_text()
    blocks = "\n".join(re.findall(r"```\n(.*?)```", text, re.DOTALL))
    named = re.findall(r"^make ([a-z]+)", blocks, re.MULTILINE)
    named += re.findall(r"`make ([a-z]+)", text)
    assert set(named) <= verbs
