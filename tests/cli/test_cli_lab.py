"""`patrol rules backtest · diff · history` on a home with a decided listing, as processes and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from patrol.cli.stores import open_stores
from patrol.ledger.decisions import Shown, Verdict
from patrol.records import Context, How, Item, Listing
from patrol.scoring import assess

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
TITLE = "Luristan bronze dagger, found last year"


@pytest.fixture
def worked(unit):
    """A home where one flagged listing was cleared as a replica."""
    with open_stores(unit.root) as stores:
        ledger = stores.ledger
        run = ledger.runs.start(
            marketplace="shop", card="card", how=How.CRAWL, pid=1, host="here", rulebook=stores.rulebook.hash, parameters={}
        )
        listing = Listing(marketplace="shop", listing_id="1", url="https://shop.example/1", title=TITLE, captured_at=NOON)
        item = Item(
            listing=listing, id_space="shop", how=How.CRAWL, run_id=run.id, card="card", context=Context(as_of=NOON),
            assessment=assess(listing, stores.rulebook, Context(as_of=NOON)),
        )  # fmt: skip

        def keep(conn):
            ledger.listings.rulebook(conn, stores.rulebook.hash, stores.rulebook.canonical())
            return ledger.listings.keep(conn, item, rulebook_hash=stores.rulebook.hash, now=NOON).key

        key = ledger.writer.run(keep)
        viewer = ledger.people.add("nl", "Officer", "Desk NL", "officer", "hash").viewer
        ledger.decisions.decide(viewer, key, Verdict(kind="clear", reason=1), Shown(stream="value", seconds=90), now=NOON)
    return unit


def test_backtest_diff_and_history_tell_one_story(worked):
    report = json.loads(worked.run("rules", "backtest", "--json").clear(0).out)
    assert (report["clusters"], report["false"], report["recall"]) == (1, 1, None)
    assert report["precision"] == {"hits": 0, "of": 1, "value": 0.0, "low": 0.0, "high": 0.7935, "few": True}
    assert report["load"] == {"flags_per_day": 1.0, "officer_minutes_per_day": 1.5}
    assert {"gained_true", "gained_false", "lost_true", "lost_false"} <= report.keys()

    rules = worked.root / "config" / "rules"
    for path in rules.glob("*.yml"):  # the unit trusts hardly a rule any more
        if path.stem != "no-provenance":
            path.write_text(path.read_text(encoding="utf-8").replace("status: live", "status: shadow", 1), encoding="utf-8")
    lost = json.loads(worked.run("rules", "backtest", "--json").clear(0).out)["lost_false"]
    assert [row["title"] for row in lost] == [TITLE]

    moved = json.loads(worked.run("rules", "diff", "r1", str(worked.root), "--json").clear(0).out)
    assert [row["title"] for row in moved["moved"]] == [TITLE]
    assert any("status" in edit for edit in moved["edits"])
    shown = worked.run("rules", "diff", "r1", str(worked.root)).clear(0).out
    assert TITLE in shown
    assert "-> silent" in shown

    worked.run("rescore").clear(0)
    first, second = map(json.loads, worked.run("rules", "history", "--json").clear(0).out.splitlines())
    assert (first["rulebook"], first["decisions"], first["today"]) == ("r1", 1, False)
    assert (second["rulebook"], second["decisions"], second["today"]) == ("r2", 0, True)
    assert second["changes"]


def test_backtest_speaks_to_a_person(worked):
    out = worked.run("rules", "backtest").clear(0).out
    assert "0 of 1, few" in out
    assert "no audited cluster has been decided" in out
    assert "can't be reached by this corpus" in out


def test_a_second_opinion_waits_for_enough_decisions_it_may_learn_from(worked):
    """One decision, on a marketplace without a card that allows it: nothing to learn from, and it is said."""
    assert "0 decisions (0 true) are too few" in worked.run("rules", "train").clear(2).err
    assert "no second opinion" in worked.run("rules", "suggest").clear(2).err
