"""Config faults: every one is shown at once, with file and line, and nothing is guessed."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from patrol.config import find_home, init, load, read_card, update
from patrol.config.home import Home
from patrol.config.marketplace import Marketplace
from patrol.errors import CardError, ConfigError, UsageError

CARD = """\
title: A test market
card:
  legal_basis: cleared for tests
  approved_by: the unit's adviser
  approved_on: 2026-01-01
  expires: 2026-12-31
  contact_label: research contact
  retention_days: 30
hosts: [www.example.org]
search:
  urls: ["https://www.example.org/s?q={query}"]
"""


def faults(home: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(Home(home))
    return [str(fault) for fault in caught.value.faults]


def test_the_shipped_config_is_valid(home: Path) -> None:
    config = load(Home(home))
    assert config.settings.bands.review == 40
    assert config.rules
    assert config.lexicons


def test_all_faults_at_once_with_file_and_line(home: Path) -> None:
    (home / "config" / "patrol.yml").write_text("desk:\n  port: 8321\n  prot: 1\nbands:\n  review: 90\n")
    (home / "config" / "marketplaces" / "broken.yml").write_text("title: [1, 2\nhosts: x\n")
    (home / "config" / "marketplaces" / "typo.yml").write_text(CARD.replace("expires:", "expired:"))
    found = faults(home)
    assert "config/patrol.yml:3: unknown key 'prot'; did you mean 'port'?" in found
    assert any(fault.startswith("config/patrol.yml:") and "must lie below high" in fault for fault in found)
    assert any(fault.startswith("config/marketplaces/broken.yml:2: not YAML") for fault in found)
    assert "config/marketplaces/typo.yml:6: unknown key 'expired'; did you mean 'expires'?" in found


def test_a_key_twice_is_a_fault(home: Path) -> None:
    (home / "config" / "marketplaces" / "twice.yml").write_text(CARD + "title: Again\n")
    assert any(fault.startswith("config/marketplaces/twice.yml:12: 'title' stands here twice") for fault in faults(home))


def test_yaml_is_1_2(home: Path) -> None:
    """`no` is a country, 010 is ten, and 2026-01-01 is a date only where one is wanted."""
    (home / "config" / "marketplaces" / "norway.yml").write_text(CARD.replace("hosts:", "language: no\nhosts:"))
    assert load(Home(home)).marketplaces["norway"].language == "no"


def test_a_name_that_no_file_bears(home: Path) -> None:
    (home / "config" / "marketplaces" / "odd.yml").write_text(CARD + "  queries:\n    lexicons: [khmer, nowhere]\n")
    assert faults(home) == [
        "config/marketplaces/odd.yml:13: no lexicon 'nowhere': make a file config/lexicons/nowhere.yml, or correct the name"
    ]


def test_a_file_name_that_is_no_id(home: Path) -> None:
    (home / "config" / "rules" / "My Rule.yml").write_text("title: x\n")
    assert any("lower-case letters" in fault for fault in faults(home))


def test_not_utf8_and_empty_files(home: Path) -> None:
    (home / "config" / "marketplaces" / "latin.yml").write_bytes(b"title: caf\xe9\n")
    (home / "config" / "marketplaces" / "empty.yml").write_text("")
    found = faults(home)
    assert any(fault.startswith("config/marketplaces/latin.yml:1: cannot be read") for fault in found)
    assert any(fault.startswith("config/marketplaces/empty.yml: holds no keys") for fault in found)


def market(tmp_path: Path, text: str) -> Marketplace:
    path = tmp_path / "shop.yml"
    path.write_text(text)
    return read_card(path)


def test_a_valid_card(tmp_path: Path) -> None:
    assert market(tmp_path, CARD).require_valid_card(date(2026, 6, 1)).contact_label == "research contact"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("  legal_basis: cleared for tests\n", ""), "lacks legal_basis"),
        (("  retention_days: 30\n", ""), "lacks retention_days"),
        (("expires: 2026-12-31", "expires: 2026-05-31"), "expired on 2026-05-31"),
        (("approved_on: 2026-01-01", "approved_on: 2026-09-01"), "approved only from 2026-09-01"),
    ],
)
def test_a_card_that_is_not_valid_says_which_part(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(CardError, match=says):
        market(tmp_path, CARD.replace(*change)).require_valid_card(date(2026, 6, 1))


def test_no_card_at_all(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="has no source card"):
        market(tmp_path, "title: x\nhosts: [www.example.org]\n").require_valid_card(date(2026, 6, 1))


def test_finding_the_home(tmp_path: Path) -> None:
    home = init(tmp_path / "unit")
    inside = home.root / "data" / "deep"
    inside.mkdir(parents=True)
    assert find_home(None, {}, inside).root == home.root
    assert find_home(None, {"PATROL_HOME": str(home.root)}, tmp_path).root == home.root
    with pytest.raises(UsageError, match="patrol init"):
        find_home(None, {}, tmp_path)
    with pytest.raises(UsageError, match="is no home"):
        find_home(tmp_path, os.environ, tmp_path)
    with pytest.raises(UsageError, match="--update"):
        init(home.root)


def test_an_update_keeps_what_was_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped folder changes between two releases: untouched files follow, edited ones stay and are named."""
    shipped = tmp_path / "shipped"
    (shipped / "rules").mkdir(parents=True)
    for name in ("patrol.yml", "rules/a.yml", "rules/b.yml"):
        (shipped / name).write_text("old\n")
    monkeypatch.setattr("patrol.config.home.shipped", lambda part: shipped)
    home = init(tmp_path / "unit")
    (home.config / "rules" / "a.yml").write_text("mine\n")
    (shipped / "rules" / "a.yml").write_text("new\n")
    (shipped / "rules" / "b.yml").write_text("new\n")
    (shipped / "rules" / "c.yml").write_text("new\n")
    done = update(home.root)
    assert (done.replaced, done.added, done.kept) == (("rules/b.yml",), ("rules/c.yml",), ("rules/a.yml",))
    assert (home.config / "rules" / "a.yml").read_text() == "mine\n"
    assert (home.config / "rules" / "b.yml").read_text() == "new\n"
    assert update(home.root).replaced == ()
