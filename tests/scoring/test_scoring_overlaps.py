"""What `rules check` says of words, lists and rules that repeat each other or do nothing, each at its line of a real home."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from patrol.config import Home, load
from patrol.scoring.checking import Finding, check

TODAY = date(2026, 11, 3)
LEXICON = """\
title: Trial
kind: object
near: [trialamphora, trialbowl]
except: [old trialjug]
terms:
  - gloss: amphora of the trial
    en: [trialamphora, trialamphoras]
  - gloss: never
    unless: [museum]
    en: [trial museum piece]
  - gloss: several amphoras
    en: [Trialamphoras]
  - {gloss: other weight, weight: ambiguous, needs: [atlantis], en: [trialamphora, "!!"]}
  - gloss: jug
    en: [old trialjug]
  - {gloss: of its own, en: [trialplate, trialplates], nl: [trialbord]}
"""
TWIN = """\
title: Trial twin
kind: object
terms:
  - {gloss: plate, en: [trialplate]}
"""
NEGATION = """\
title: Trial negation
kind: claim
claim: negation
terms:
  - {gloss: by no means, en: [trialnever, trialnevers]}
"""
LIST = """\
title: Trial list
owner: the trial's owner
reason: It is tried.
expires: 2026-11-02
patterns: [trial wording, Trial-wording]
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
FILES = {
    "lexicons/trial.yml": LEXICON,
    "lexicons/trial-twin.yml": TWIN,
    "lexicons/trial-negation.yml": NEGATION,
    "warninglists/trial.yml": LIST,
    "rules/trial.yml": RULE,
    "rules/trial-twin.yml": RULE,
    "rules/trial-nothing.yml": RULE.replace("points: 5", "points: 0")
    .replace("khmer", "maya")
    .replace("Kitchen chair", "Khmer lintel"),
}
WANTED = {  # place: (words of the message, serious, harmless)
    "lexicons/trial.yml:3": ("'trialamphora' is also a term of this lexicon", False, False),
    "lexicons/trial.yml:4": ("'old trialjug' is a term and an exception at once", True, False),
    "lexicons/trial.yml:7": ("could go: 'trialamphoras' (en) by 'trialamphora'", False, True),
    "lexicons/trial.yml:9": ("cancels it: it can never count", True, False),
    "lexicons/trial.yml:11": ("the whole term 'several amphoras' is already covered, by 'amphora of the trial'", False, False),
    "lexicons/trial.yml:13": ("needs the company of 'atlantis', which is nothing known", True, False),
    "lexicons/trial.yml:13 ": ("'!!' has no letters and can never be found", True, False),
    "lexicons/trial.yml:13  ": ("stands already under 'amphora of the trial' (strong): keep it under one", False, False),
    "lexicons/trial.yml:16": ("'trialplates' (en) by 'trialplate'", False, True),
    "lexicons/trial-twin.yml:4": ("'trialplate' stands in the lexicon trial too", False, False),
    "warninglists/trial.yml:1": ("no rule names this list", False, False),
    "warninglists/trial.yml:4": ("expired on 2026-11-02 and counts no longer: the trial's owner", False, False),
    "warninglists/trial.yml:5": ("'Trial-wording' stands already in the warning list trial", False, False),
    "rules/trial.yml:9": ("no sample under miss meets", False, False),
    "rules/trial-twin.yml:5": ("asks for exactly what trial asks for", True, False),
    "rules/trial-nothing.yml:4": ("make it `status: shadow`", False, False),
    "rules/trial-nothing.yml:13": ("the first hit and the first miss are the same sample", True, False),
}


@pytest.fixture(scope="module")
def findings(root: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    home = tmp_path_factory.mktemp("check")
    for path in (root / "config").rglob("*.yml"):
        target = home / "config" / path.relative_to(root / "config")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    for name, text in FILES.items():
        (home / "config" / name).write_text(text, encoding="utf-8")
    return [one for one in check(load(Home(home)), TODAY) if "trial" in one.file]


@pytest.mark.parametrize("place", WANTED)
def test_each_is_named_with_its_line_and_what_to_do(place: str, findings: list[Finding]) -> None:
    words, serious, harmless = WANTED[place]
    found = [one for one in findings if str(one).startswith(f"config/{place.strip()}: ") and words in one.message]
    assert [(one.serious, one.harmless) for one in found] == [(serious, harmless)], "\n".join(map(str, findings))


def test_words_that_are_looked_up_as_written_are_not_called_covered(findings: list[Finding]) -> None:
    assert not [one for one in findings if "trialnever" in one.message]


def test_a_list_counts_through_its_last_day(home: Path) -> None:
    path = home / "config" / "warninglists" / "trial.yml"
    path.write_text(LIST.replace("2026-11-02", "2026-11-03"), encoding="utf-8")
    assert not [one for one in check(load(Home(home)), TODAY) if "expired" in one.message and "trial" in one.file]


def test_a_weight_that_no_rule_pays_for_is_said(home: Path) -> None:
    path = home / "config" / "lexicons" / "trial.yml"
    culture = "title: T\nkind: culture\ntier: 1\nbasis: red_list\nsources: [a list]\n"
    culture += "terms:\n  - {gloss: Trialan, weight: plain, en: [Trialan]}\n"
    path.write_text(culture, encoding="utf-8")
    told = [str(one) for one in check(load(Home(home)), TODAY) if "trial" in one.file]
    assert len(told) == 1
    assert told[0].startswith("config/lexicons/trial.yml:7: 'Trialan' is plain, which no rule pays for here: take one of ")
    path.write_text(culture.replace("plain", "rare"), encoding="utf-8")
    assert not [one for one in check(load(Home(home)), TODAY) if "trial" in one.file]


def test_a_rule_whose_exceptions_are_tested_is_left_alone(home: Path) -> None:
    tested = RULE.replace('"Kitchen chair"', '"Khmer lintel, resin reproduction"')
    (home / "config" / "rules" / "trial.yml").write_text(tested, encoding="utf-8")
    assert not [one for one in check(load(Home(home)), TODAY) if one.file == "config/rules/trial.yml"]
