"""The second opinion at the desk: off unless the unit says so, told with its reasons, and without a word in score and band."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from web_world import World

from patrol.config.settings import Settings
from patrol.scoring.opinion import Opinion
from patrol.triage.second import keep
from patrol.web import create_app


@pytest.fixture
def opinion(world: World) -> Opinion:
    return Opinion(
        weights={"planks": 4.0, "cloth": -4.0, "rule:gandhara-terms": 0.5}, intercept=0.0, slope=1.0, offset=0.0, learnt_from=60,
        area=0.9, area_of_score=0.5, log_loss=0.3, rulebook=world.rulebook.hash,
    )  # fmt: skip


@pytest.fixture
def advised(world: World, opinion: Opinion) -> Callable[[], TestClient]:
    """A signed-in browser on the same desk, where the unit lets the opinion order the queue."""

    def make() -> TestClient:
        queue = world.config.settings.queue.model_copy(update={"second_opinion": True})
        settings = world.config.settings.model_copy(update={"queue": queue})
        world.app.state.desk.darkroom.close()
        world.app = create_app(
            config=replace(world.config, settings=settings), ledger=world.ledger, index=world.index, archive=world.archive,
            rulebook=world.rulebook, home=world.home, environ={"PATROL_CHROMIUM": "no-browser", "PATH": ""},
        )  # fmt: skip
        return world.signed("nl")

    keep(world.home.opinion, opinion)
    return make


def titles(page: str) -> list[str]:
    return re.findall(r'dir="auto" title="([^"]+)"', page)


def told(page: str) -> list[str]:
    """Score, band, signals and highlights, as the page prints them."""
    return re.findall(r'<div class="(?:big|band)[^>]*>([^<]*)<|<td class="points[^>]*>([^<]*)<|<mark[^>]*>([^<]*)<', page)


def test_off_by_default(world: World, opinion: Opinion) -> None:
    assert Settings().queue.second_opinion is False
    keep(world.home.opinion, opinion)
    world.listing("1", "Gandharan head on planks")
    page = world.signed("nl").get("/queue").text
    assert "econd opinion" not in page


def test_it_orders_the_queue_says_why_and_changes_nothing_else(world: World, advised: Callable[[], TestClient]) -> None:
    cloth = world.listing("1", "Gandharan head on cloth", seller="one")
    planks = world.listing("2", "Gandharan head on planks", seller="two")
    plain, before = world.signed("nl"), {}
    order = titles(plain.get("/queue").text)
    for key in (cloth, planks):
        before[key] = told(plain.get(f"/listing/{key}").text), plain.get(f"/api/listings/{key}").json()
    client = advised()
    page = client.get("/queue").text
    assert titles(page) == ["Gandharan head on planks", "Gandharan head on cloth"]
    assert sorted(order) == sorted(titles(page))
    assert "second opinion" in page.split('id="queue-line"')[1].split("</span>")[0]
    shown = client.get(f"/listing/{planks}").text
    assert "Second opinion: 99 in 100 like this were worth a lead" in shown
    part = shown.split('class="second"')[1].split("</details>")[0]
    assert "“planks”" in part
    assert "rule: Gandharan words" in part
    assert "60 of this unit's decisions" in part
    assert "Second opinion: 3 in 100" in client.get(f"/listing/{cloth}").text
    for key in (cloth, planks):
        assert (told(client.get(f"/listing/{key}").text), client.get(f"/api/listings/{key}").json()) == before[key]
    assert client.get(f"/listing/{cloth}").status_code == client.get("/search?q=cloth").status_code == 200
    assert "cloth" in client.get("/search?q=cloth").text


def test_blind_hides_it_too(world: World, advised: Callable[[], TestClient]) -> None:
    key = world.listing("1", "Gandharan head on planks")
    client = advised()
    client.post("/blind", data={"on": "1"})
    assert "in 100 like this" not in client.get(f"/listing/{key}").text


def test_one_that_fits_no_more_is_said_and_the_work_goes_on(
    world: World, advised: Callable[[], TestClient], opinion: Opinion
) -> None:
    world.listing("1", "Gandharan head on planks")
    client = advised()
    keep(world.home.opinion, replace(opinion, rulebook="sha256:" + "9" * 64))
    page = client.get("/queue").text
    assert titles(page) == ["Gandharan head on planks"]
    assert "ordered by score alone: the second opinion was learnt under other rules than today" in page
    assert "patrol rules train" in page
    assert "in 100 like this" not in page
    world.home.opinion.unlink()
    assert "no second opinion has been learnt yet" in client.get("/queue").text
