"""`patrol rules backtest · diff · history` on a home with a decided listing, as processes and as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from patrol.cli.stores import open_stores
from patrol.ledger.decisions import Shown, Verdict
from patrol.records import Context, How, Item, Listing, Seller
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
    ended = worked.run("rules", "suggest").clear(0)
    assert "1 decisions, 0 of them true, suggest no change yet" in ended.err
    assert "no second opinion has been learnt yet" in ended.err
    assert ended.out == ""


def test_train_and_suggest_on_a_unit_that_has_decided_enough(unit):
    """Leads and cleared offers of several sellers on a marketplace whose card allows training, and one open listing."""
    with open_stores(unit.root) as stores:
        viewer = stores.ledger.people.add("nl", "Officer", "Desk NL", "officer", "hash").viewer
        for number in range(60):
            cleared = number % 2 == 0
            thing = "Gandhara Roadshow bronze head ancient" if cleared else "Ancient Gandharan grey schist head"
            key = kept(stores, f"{number}", f"{thing}, 2nd century AD", seller=f"Zarqov{number % 5}")
            verdict = Verdict(kind="clear", reason=3 if cleared else 0)
            stores.ledger.decisions.decide(viewer, key, verdict, Shown(stream="value", seconds=9), now=NOON)
        open_key = kept(stores, "open", "Gandharan bronze bowl, ancient", seller="other")
    told = unit.run("rules", "train").clear(0).out
    assert "learnt from 60 decisions" in told
    assert "second_opinion: true" in told
    digest = json.loads(unit.run("rules", "train", "--json").clear(0).out)["digest"]
    assert digest in told
    file = (unit.root / "data" / "opinion.json").read_text(encoding="utf-8")
    assert "zarqov" not in file.lower()
    rows = unit.run("rules", "suggest", "--json").clear(0).rows
    first = rows[0]
    assert (first["kind"], first["file"], first["gain"]) == ("exception", "config/lexicons/gandhara.yml", 30)
    assert "gandhara roadshow" in first["yaml"]
    assert len(first["changes"]) == 30
    assert [row["key"] for row in rows if row["kind"] == "unsure"] == [open_key]
    shown = unit.run("rules", "suggest").clear(0).out
    assert f"# exception: config/lexicons/gandhara.yml:{first['line']}: in place of `except:` (line {first['line']})" in shown
    path = unit.root / first["file"]
    path.write_text(replaced(path, first["line"], first["yaml"]), encoding="utf-8")
    assert "learnt under other rules than today's" in unit.run("rules", "suggest").clear(0).err
    assert len(json.loads(unit.run("rules", "backtest", "--json").clear(0).out)["lost_false"]) == 30


def kept(stores, page_id, title, seller):
    listing = Listing(
        marketplace="practice-souk", listing_id=page_id, url=f"https://shop.example/{page_id}", title=title, captured_at=NOON,
        seller=Seller(name=seller, id=seller),
    )  # fmt: skip
    run = stores.ledger.runs.start(
        marketplace="practice-souk", card="c", how=How.CRAWL, pid=1, host="h", rulebook=stores.rulebook.hash, parameters={}
    )
    context = Context(as_of=NOON)
    item = Item(
        listing=listing, id_space="souk", how=How.CRAWL, run_id=run.id, card="c", context=context,
        assessment=assess(listing, stores.rulebook, context),
    )  # fmt: skip

    def keep(conn):
        stores.ledger.listings.rulebook(conn, stores.rulebook.hash, stores.rulebook.canonical())
        return stores.ledger.listings.keep(conn, item, rulebook_hash=stores.rulebook.hash, now=NOON).key

    return stores.ledger.writer.run(keep)


def replaced(path, line, text):
    lines = path.read_text(encoding="utf-8").split("\n")
    return "\n".join([*lines[: line - 1], text, *lines[line:]])
