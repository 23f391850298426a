"""What `rules check` says of words and rules that repeat each other or do nothing, each at its line of a real home."""

from __future__ import annotations

from pathlib import Path

from patrol.config import Home, load
from patrol.scoring import lab

LEXICON = """\
title: Trial
kind: object
near: [trialamphora]
terms:
  - gloss: amphora of the trial
    en: [trialamphora, trialamphoras]
  - gloss: never
    unless: [museum]
    en: [trial museum piece]
"""
RULE = """\
status: live
title: A trial
because: It is tried.
points: 5
when:
  all:
    - terms: {lexicon: khmer}
  none:
    - authenticity: [reproduction]
false_positives: [none known]
tests:
  hit: [{title: "Khmer lintel"}]
  miss: [{title: "Kitchen chair"}]
"""


WANTED = {
    "config/lexicons/trial.yml:6": "'trialamphoras' (en) by 'trialamphora'",
    "config/lexicons/trial.yml:8": "it can never count",
    "config/lexicons/trial.yml:3": "take it out of `near`",
    "config/rules/trial.yml:9": "no sample under miss meets",
    "config/rules/trial-twin.yml:5": "asks for exactly what trial asks for",
}


def test_each_is_named_with_its_line_and_what_to_do(home: Path) -> None:
    config = home / "config"
    (config / "lexicons" / "trial.yml").write_text(LEXICON, encoding="utf-8")
    (config / "rules" / "trial.yml").write_text(RULE, encoding="utf-8")
    (config / "rules" / "trial-twin.yml").write_text(RULE, encoding="utf-8")
    told = [f"{one.file}:{one.line}: {one.message}" for one in lab.check(load(Home(home))) if "trial" in one.file]
    for place, words in WANTED.items():
        assert any(line.startswith(f"{place}: ") and words in line for line in told), (place, told)


def test_a_rule_whose_exceptions_are_tested_is_left_alone(home: Path) -> None:
    tested = RULE.replace('"Kitchen chair"', '"Khmer lintel, resin reproduction"')
    (home / "config" / "rules" / "trial.yml").write_text(tested, encoding="utf-8")
    assert not [one for one in lab.check(load(Home(home))) if one.file == "config/rules/trial.yml"]
