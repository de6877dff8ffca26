"""The way from a search to the first token: what is measured, and that no cache shortens it."""

from __future__ import annotations

import math

import pytest

from evals.bench import latency
from evals.web import Web

LOOPBACK = [f"127.0.0.{number}" for number in range(1, latency.PAGES + 1)]


@pytest.mark.allow_hosts(LOOPBACK)
async def test_every_kind_of_run_is_measured_beside_its_critical_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(latency, "DELAY", 0.05)
    rows = await latency.measure(runs=2)
    assert [row.items for row in rows] == [2, 2]
    for row in rows:
        assert row.values["path p50 s"] >= 0.1
        assert 0.05 <= row.values["p50 s"] <= row.values["p95 s"]
        assert not math.isnan(row.values["ratio p50"])


def test_every_topic_has_its_own_pages() -> None:
    pages = [latency.page(topic, at) for topic in ("Arvela", "Boshama") for at in range(5)]
    web = Web(pages, ["127.0.0.1:1"])
    for topic in ("Arvela", "Boshama"):
        found = web.found(latency.query(topic))
        assert len(found) == latency.PAGES
        assert {topic in str(one["title"]) for one in found} == {True}
    assert all(3000 < len(page.text) < 9000 for page in pages)
    assert all(len(page.text.splitlines()) == latency.PARAGRAPHS for page in pages)
