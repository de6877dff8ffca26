"""What the documents name is there: files, commands, settings."""

import re
from pathlib import Path

import pytest
import typer

from ui.cli import app
from ui.config import explain, load_settings

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
    named = re.findall(r"`((?:models|budget|tools)\.[a-z_.]+(?<!\.py))`", page.read_text())
    modules = {name for name in named if (ROOT / (name.replace(".", "/") + ".py")).is_file()}
    assert set(named) - modules - known == set()


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
