"""Wrappers of langchain-community, for which a package of that name stands in."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.errors import ToolSetupError
from tools.search.engine import EngineError, Query, SearchEngine, open_engine
from tools.settings import NetSettings, SearchSettings

WRAPPERS = """
import json, os, time, warnings
warnings.warn("this package is being retired", DeprecationWarning)

class Listed:
    def results(self, query, num_results):
        return [{"title": f"{query} {n}", "link": f"https://x.example/{n}", "snippet": "S"}
                for n in range(num_results + 3)]

class Nested:
    def results(self, query):
        return {"organic": [{"name": "N", "url": "https://x.example/", "description": "D"}, 5]}

class Text:
    def run(self, query):
        return json.dumps([{"title": "T", "href": "https://x.example/", "body": query}])

class Prose:
    def run(self, query):
        return "The answer is 42."

class Nowhere:
    def results(self, query):
        return {"answer": 42}

class Keyless:
    def __init__(self):
        raise ValueError("Did not find key sk-very-secret-of-somebody")

class Failing:
    def results(self, query):
        raise RuntimeError("https://api.example/?key=sk-very-secret-of-somebody said no")

class Slow:
    def results(self, query):
        time.sleep(0.5)
        return []
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "langchain_community" / "utilities"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").write_text(WRAPPERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    for name in ("langchain_community", "langchain_community.utilities"):
        sys.modules.pop(name, None)


def engine(name: str, **given: float) -> SearchEngine:
    made = SearchSettings(engines=(f"langchain:{name}",), **given)
    return open_engine(made, NetSettings()).engines[0]


@pytest.mark.usefixtures("package")
async def test_what_wrappers_return_is_understood() -> None:
    found = await engine("Listed").search(Query("llama", 2, site="x.example"))
    assert [(r.title, r.url) for r in found] == [
        ("llama site:x.example 0", "https://x.example/0"),
        ("llama site:x.example 1", "https://x.example/1"),
    ]
    nested = (await engine("Nested").search(Query("llama")))[0]
    assert (nested.title, nested.snippet) == ("N", "D")
    assert (await engine("Text").search(Query("llama")))[0].snippet == "llama"
    assert isinstance(engine("Text"), SearchEngine)
    assert engine("Text").name == "langchain:Text"


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize(
    ("name", "why", "kind"),
    [
        ("Prose", "failed (JSONDecodeError)", "down"),
        ("Nowhere", "its answer holds no list of results", "malformed"),
        ("Keyless", "could not be set up (ValueError)", "key"),
        ("Failing", "failed (RuntimeError)", "down"),
        ("Absent", "has no class of that name", "key"),
        ("Slow", "no answer in 0.1 s", "slow"),
    ],
)
async def test_a_wrapper_that_fails_tells_no_secret(name: str, why: str, kind: str) -> None:
    with pytest.raises(EngineError) as caught:
        await engine(name, timeout=0.1 if name == "Slow" else 5.0).search(Query("llama"))
    assert why in caught.value.why
    assert caught.value.kind == kind
    assert "secret" not in caught.value.reason
    assert caught.value.__suppress_context__ or kind in ("slow", "malformed", "key")


def test_without_the_package_its_user_is_told() -> None:
    with pytest.raises(ToolSetupError) as caught:
        engine("GoogleSerperAPIWrapper")
    assert "needs a package that is not installed" in caught.value.message
    assert "pip install langchain-community" in caught.value.hint
    with pytest.raises(ToolSetupError, match="names no class"):
        engine("os.system")
