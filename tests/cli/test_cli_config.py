"""Faults of the config stop a command before it does anything: exit 2, each with file and line, nothing else said."""

import re

import processes
import pytest

CARD = """\
title: A shop
card:
  legal_basis: cleared
  approved_by: the unit's adviser
  approved_on: 2026-01-01
  expires: 2099-01-01
  contact_label: research contact
  retention_days: 30
hosts: [shop.example]
search:
  seeds: ["https://shop.example/all"]
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory, made):
    return processes.Unit(tmp_path_factory.mktemp("config") / "home", made)


@pytest.fixture
def config(shared):
    """The shared home; what a test writes into its config is taken back."""
    before = {path: path.read_bytes() for path in (shared.root / "config").rglob("*.yml")}
    yield shared
    for path in (shared.root / "config").rglob("*"):
        if path.is_file() and path not in before and path.suffix == ".yml":
            path.unlink()
    for path, body in before.items():
        path.write_bytes(body)


def places(text):
    return re.findall(r"config/[\w/.-]+:\d+", text)


def test_broken_yaml_is_named_with_its_line(config):
    config.config("rates.yml").write_text("date: 2026-01-02\nsource: [unclosed\neur: {USD: 0.9}\n")
    for words in (["rules", "check"], ["index", "status"], ["crawl", "practice-bazaar"], ["assess"]):
        ended = config.run(*words, stdin=b"{}").clear(2)
        assert places(ended.err) == ["config/rates.yml:3"]
        assert "not YAML" in ended.err
        assert ended.out == ""


def test_every_fault_of_every_file_is_named_at_once(config):
    with config.config("patrol.yml").open("a") as file:
        file.write("dsek: {port: 1}\n")
    config.shop(CARD + "reach: teleport\ncurrency: pounds\n")
    config.config("rules/mine.yml").write_text("status: live\ntitle: x\nbecause: y\npoints: many\nwhen: {}\n")
    ended = config.run("rules", "check").clear(2)
    lines = (config.root / "config" / "patrol.yml").read_text().count("\n")
    found = set(places(ended.err))
    assert {f"config/patrol.yml:{lines}", "config/marketplaces/shop.yml:12", "config/marketplaces/shop.yml:13"} <= found
    assert "config/rules/mine.yml:4" in found
    assert "unknown key 'dsek'" in ended.err


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (CARD.replace("2099-01-01", "2026-02-01"), "shop.yml:6", "expired on 2026-02-01"),
        (CARD.replace("2026-01-01", "2098-01-01"), "shop.yml:5", "approved only from 2098-01-01"),
        (
            CARD.replace("  contact_label: research contact\n  retention_days: 30\n", ""),
            "shop.yml:2",
            "contact_label, retention_days",
        ),
        (CARD.replace(CARD[CARD.index("card:") : CARD.index("hosts")], ""), "shop.yml:1", "no source card"),
        (CARD.replace(CARD[CARD.index("card:") : CARD.index("hosts")], "card: null\n"), "shop.yml:2", "no source card"),
    ],
    ids=["expired", "not-yet", "incomplete", "absent", "null"],
)
def test_without_a_valid_card_nothing_is_crawled(config, text, place, words):
    config.shop(text)
    ended = config.run("crawl", "shop").clear(2)
    assert place in ended.err
    assert words in ended.err
    assert ended.err.count("\n") == 1
    assert not list((config.root / "data" / "evidence").glob("runs/*"))


def test_a_card_given_as_a_file_is_named_as_it_was_given(config, tmp_path):
    card = tmp_path / "cleared.yml"
    card.write_text(CARD.replace("2099-01-01", "2026-02-01"))
    ended = config.run("crawl", "--url", "https://shop.example/item/1", "--card", card).clear(2)
    assert f"{card}:6: the source card expired" in ended.err
    card.write_text("title: [\n")
    assert f"{card}:" in config.run("crawl", "--url", "https://shop.example/item/1", "--card", card).clear(2).err
    assert (
        str(tmp_path / "none.yml")
        in config.run("crawl", "--url", "https://a.example/", "--card", tmp_path / "none.yml").clear(2).err
    )
    card.write_text(CARD)
    ended = config.run("crawl", "--url", "https://elsewhere.example/item/1", "--card", card).clear(2)
    assert "does not cover https://elsewhere.example/item/1" in ended.err


def test_names_that_no_file_bears_are_named(config):
    config.config("weeks").mkdir(exist_ok=True)
    week = "title: Week\nstarts: 2026-11-23\nends: 2026-11-27\nmarketplaces: [shop, nowhere]\nthemes: [khmer, atlantis]\n"
    config.config("weeks/xi.yml").write_text(week)
    config.shop(CARD)
    ended = config.run("rules", "check").clear(2)
    assert "config/weeks/xi.yml:4: no marketplace 'nowhere'" in ended.err
    assert "config/weeks/xi.yml:5: no lexicon 'atlantis'" in ended.err


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x01\xff", b"- a\n- b\n", b"title: \xe9\n", b"? [a]\n: b\n", b"a: &x [*x]\n", b"a: " + b"[" * 2000]
)
def test_no_content_of_a_file_breaks_the_loader(config, body):
    path = config.config("marketplaces/odd.yml")
    path.write_bytes(body)
    ended = config.run("rules", "check").clear(2)
    assert "config/marketplaces/odd.yml" in ended.err


def test_a_failing_sample_of_a_rule_is_a_fault_of_the_work(config):
    assert config.run("rules", "check").clear(0).out.count("\n") == 1
    path = next(config.config("rules").glob("*.yml"))
    path.write_text(path.read_text().split("\ntests:")[0] + "\ntests: {hit: [{title: garden hose}], miss: [{title: ladder}]}\n")
    ended = config.run("rules", "test", path.stem).clear(1)
    assert "garden hose" in ended.out
    assert "ladder" not in ended.out
