"""Every rule keeps its own promises, and the lab finds what is written but cannot work."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from patrol.config import Config
from patrol.config.rulebook import Lexicon, Rule
from patrol.errors import ConfigError, UsageError
from patrol.records import Context
from patrol.scoring import Rulebook, assess, compile_rulebook, lab
from patrol.scoring.checking import check
from patrol.scoring.rulebook import matcher_names

TODAY = date(2026, 11, 3)
RULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "config" / "rules").glob("*.yml"))


@pytest.fixture(scope="module")
def results(shipped: Config) -> dict[str, list[lab.TestResult]]:
    by_rule: dict[str, list[lab.TestResult]] = {}
    for result in lab.test(shipped, []):
        by_rule.setdefault(result.rule, []).append(result)
    return by_rule


@pytest.mark.parametrize("name", RULES)
def test_a_rule_passes_its_own_samples(name: str, results: dict[str, list[lab.TestResult]]) -> None:
    assert {result.wanted for result in results[name]} == {True, False}
    failed = [result for result in results[name] if not result.passed]
    assert not failed


def test_the_shipped_rulebook_has_no_serious_finding(shipped: Config) -> None:
    assert [finding for finding in check(shipped, TODAY) if finding.serious] == []


def test_every_matcher_is_used_by_a_rule_and_documented(shipped: Config) -> None:
    used = {word for rule in shipped.rules.values() for _, word, _ in rule.when.conditions()}
    assert used == set(matcher_names())


def changed(config: Config, **parts: Any) -> Config:
    return dataclasses.replace(config, **parts)


def rule(**fields: Any) -> Rule:
    base: dict[str, Any] = {
        "name": "trial",
        "status": "live",
        "title": "A trial",
        "because": "It is tried.",
        "points": 7,
        "when": {"all": [{"terms": {"lexicon": "khmer"}}]},
        "false_positives": ["none known"],
        "tests": {"hit": [{"title": "Khmer head"}], "miss": [{"title": "Roman lamp"}]},
    }
    return Rule.model_validate(base | fields)


def test_a_misspelt_condition_names_its_file_and_what_there_is(shipped: Config) -> None:
    broken = rule(when={"all": [{"term": {"lexicon": "khmer"}}], "none": [{"provenance": {"grades": ["none"]}}]})
    with pytest.raises(ConfigError) as caught:
        compile_rulebook(changed(shipped, rules={"trial": broken}))
    text = str(caught.value)
    assert "config/rules/trial.yml" in text
    assert "no matcher 'term'; there are: authenticity, context, facts, provenance, terms" in text
    assert "when.none.0.provenance: unknown key 'grades'; did you mean 'grade'?" in text


def test_the_lab_tells_dead_words_and_impossible_company(shipped: Config) -> None:
    lexicon = Lexicon.model_validate(
        {
            "name": "trial",
            "title": "Trial",
            "kind": "culture",
            "tier": 1,
            "basis": "red_list",
            "sources": ["a list"],
            "except": ["tryal"],
            "needs": ["nothing there"],
            "terms": [{"gloss": "trial", "en": ["tryal", "!!"]}],
        }
    )
    messages = [f.message for f in check(changed(shipped, lexicons={**shipped.lexicons, "trial": lexicon}), TODAY) if f.serious]
    assert any("'!!'" in message and "never be found" in message for message in messages)
    assert any("which is nothing known" in message for message in messages)
    assert any("a term and an exception at once" in message for message in messages)


def test_an_unknown_rule_is_a_usage_error(shipped: Config) -> None:
    with pytest.raises(UsageError, match="no rule nonsense"):
        lab.test(shipped, ["nonsense"])


def test_explain_adds_up_and_quotes(rulebook: Rulebook, offer: Any) -> None:
    listing = offer("Head of a Buddha", "Gandhara\n3rd century\nschist")
    text = lab.explain(listing, rulebook)
    assessment = assess(listing, rulebook)
    assert text.startswith(str(assessment.sum))
    for signal in assessment.signals:
        assert signal.rule in text
        assert signal.because in text
        if signal.span:
            assert f'"{signal.span.quote}"' in text


def test_of_a_group_only_the_largest_counts(shipped: Config, offer: Any) -> None:
    rules = {
        "small": rule(name="small", points=3, group="g"),
        "large": rule(name="large", points=9, group="g"),
        "alone": rule(name="alone", points=2),
        "shadow": rule(name="shadow", points=50, status="shadow"),
        "draft": rule(name="draft", points=50, status="draft"),
    }
    assessment = assess(offer("Khmer head"), compile_rulebook(changed(shipped, rules=rules)))
    assert [(signal.rule, signal.points) for signal in assessment.signals] == [("large", 9), ("alone", 2)]
    assert [signal.rule for signal in assessment.shadow] == ["shadow"]
    assert assessment.sum == 11


def test_points_may_go_by_weight_class(shipped: Config, offer: Any) -> None:
    weighted = rule(points={"rare": 20, "nation": 5})
    book = compile_rulebook(changed(shipped, rules={"trial": weighted}))
    assert assess(offer("Khmer head"), book).sum == 20
    assert assess(offer("Cambodian head"), book).sum == 5
    assert assess(offer("Angkor head"), book).signals == ()  # strong: no points for it here


def test_themes_lift_what_the_week_looks_for(rulebook: Rulebook, offer: Any) -> None:
    listing = offer("Roman bronze lamp, 1st century AD")
    assert not assess(listing, rulebook).flagged
    assert assess(listing, rulebook, Context(themes=("roman",))).flagged
    assert not assess(listing, rulebook, Context(themes=("greek",))).flagged


def test_a_register_match_is_shown_without_a_quote(rulebook: Rulebook, offer: Any) -> None:
    assessment = assess(offer("Bronze figure"), rulebook, Context(register_matches=("r:1",)))
    (signal,) = assessment.signals
    assert (signal.via, signal.span) == ("context", None)
    assert assessment.flagged
