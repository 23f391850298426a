"""The lab's figures: intervals that hold what they promise, recall from audit draws, who moves and why, what a rule is worth."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from patrol.config import Config
from patrol.records import Band, Context
from patrol.scoring import Rulebook, assess, compile_rulebook
from patrol.scoring.backtest import LISTS, backtest
from patrol.scoring.decided import Decided
from patrol.scoring.intervals import hidden, wilson
from patrol.scoring.lab import with_drafts
from patrol.scoring.moving import Case, difference, differences
from patrol.scoring.recall import Outcome, estimate
from patrol.scoring.telling import difference_to_json, report_to_json

GENUINE = "Ancient Gandharan grey schist head of a Buddha 2nd-3rd century AD"
REPLICA = "Gandhara style Buddha head, museum replica, cast resin, new"
ORDINARY = "Kids tricycle, red, used twice"
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
Making = Callable[..., Decided]


class Without:
    """The shipped config with some rules changed or taken out."""

    def __init__(self, config: Config, drop: tuple[str, ...] = (), **status: str) -> None:
        self.rules = {
            name: rule.model_copy(update={"status": status.get(name.replace("-", "_"), rule.status)})
            for name, rule in config.rules.items()
            if name not in drop
        }
        self.lexicons, self.warninglists, self.laws = config.lexicons, config.warninglists, config.laws
        self.rates, self.settings, self.lines = config.rates, config.settings, config.lines


@pytest.fixture(scope="module")
def without_material(shipped: Config) -> Rulebook:
    return compile_rulebook(Without(shipped, drop=("gandhara-terms", "at-risk-culture", "at-risk-old", "at-risk-dated")))


@pytest.fixture
def decided(rulebook: Rulebook, offer: Any) -> Making:
    def make(title: str, truth: bool | None, **more: Any) -> Decided:
        listing = offer(title)
        before = assess(listing, rulebook)
        known = {"stream": "value", "probability": 1.0, "shown": before.band, "seconds": 30.0, "at": NOON, "left_out": None}
        return Decided(key=title, listing=listing, context=Context(), before=before, truth=truth, **(known | more))

    return make


def test_wilson_is_wide_where_little_is_known() -> None:
    assert wilson(0, 0) == (0, 1)
    low, high = wilson(9, 10)  # the textbook's 0.596 to 0.982
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert wilson(10, 10).high == pytest.approx(1)
    assert wilson(90, 100).low > low


@pytest.mark.parametrize(("size", "probability"), [(40, 0.05), (200, 0.02), (7, 0.5)])
def test_the_interval_behind_a_sample_holds_the_truth(size: int, probability: float) -> None:
    chance = random.Random(f"{size}")
    held = 0
    for _ in range(400):
        low, high = hidden(sum(chance.random() < probability for _ in range(size)), probability)
        held += low <= size <= high
    assert held >= 0.95 * 400


def test_what_a_sample_found_is_its_own_floor() -> None:
    assert hidden(4, 1) == (4, 4)
    assert hidden(0, 0.05).low == 0
    assert hidden(0, 0.05).high == 71  # 0.95 ** 71 is the last above 2.5 %
    assert hidden(0, 0.5).high < hidden(0, 0.05).high < hidden(2, 0.05).high


def audited(decided: Making, truth: bool, count: int) -> list[Decided]:
    rows = [decided(ORDINARY, truth, stream="audit", probability=0.1, shown=Band.NONE) for _ in range(count)]
    return [replace(row, key=f"{row.key} {truth} {number}") for number, row in enumerate(rows)]


def test_recall_weighs_each_audited_miss_by_its_draw(decided: Making) -> None:
    cases = [decided(GENUINE, True) for _ in range(30)] + audited(decided, True, 1) + audited(decided, False, 50)
    found = estimate([Outcome(case, case.was_flagged) for case in cases], {})
    assert found is not None
    assert found.value == pytest.approx(30 / (30 + 10))
    assert found.low < found.value < found.high <= 30 / 31
    assert [(one.band, one.decided, one.true, one.estimated) for one in found.strata] == [
        ("flagged", 30, 30, 30),
        ("none", 51, 1, 10),
    ]


def test_draws_that_nobody_has_decided_count_as_not_asked(decided: Making) -> None:
    outcomes = [Outcome(case, case.was_flagged) for case in (decided(GENUINE, True), *audited(decided, True, 1))]
    whole, half = estimate(outcomes, {}), estimate(outcomes, {"none": 0.5})
    assert whole is not None
    assert half is not None
    assert (whole.value, half.value) == (pytest.approx(1 / 11), pytest.approx(1 / 21))


def test_without_an_audit_nothing_is_said_of_recall(decided: Making) -> None:
    by_choice = decided(ORDINARY, True, stream="search", shown=Band.NONE)
    assert estimate([Outcome(decided(GENUINE, True), True), Outcome(by_choice, False)], {}) is None


def test_a_miss_that_somebody_came_upon_lowers_the_upper_bound(decided: Making) -> None:
    by_choice = decided(ORDINARY, True, stream="search", shown=Band.NONE)
    cases = [decided(GENUINE, True), *audited(decided, False, 5)]
    before = estimate([Outcome(case, case.was_flagged) for case in cases], {})
    after = estimate([Outcome(case, case.was_flagged) for case in (*cases, by_choice)], {})
    assert before is not None
    assert after is not None
    assert (before.high, after.high, after.value) == (1, 0.5, 0.5)


def test_backtest_counts_and_names_who_moves(decided: Making, rulebook: Rulebook, without_material: Rulebook) -> None:
    cases = [
        decided(GENUINE, True),
        decided(REPLICA, False),
        decided("Khmer sandstone head of Vishnu, Angkor, 12th century", False),
        decided(ORDINARY, None, left_out="technical"),
    ]
    same = backtest(cases, rulebook)
    assert (same.true, same.false, same.left_out, same.days) == (1, 2, {"technical": 1}, 1)
    assert (same.precision.hits, same.precision.trials, same.precision.few) == (1, 2, True)
    assert [len(same.lists[name]) for name in LISTS] == [0, 0, 0, 0]
    assert same.load is not None
    assert (same.load.flags, same.load.minutes) == (2, 1)

    other = backtest(cases, without_material)
    lost = other.lists["lost_true"]
    assert [row.key for row in lost] == [GENUINE]
    assert {"gandhara-terms"} <= {why.rule for why in lost[0].why if why.now is None}
    assert report_to_json(other)["lost_true"][0]["before"] == cases[0].before.score


def test_a_rule_is_told_what_it_did_and_what_it_could_not_do(decided: Making, rulebook: Rulebook) -> None:
    rules = {one.rule: one for one in backtest([decided(GENUINE, True), decided(ORDINARY, False)], rulebook).rules}
    assert (rules["gandhara-terms"].hits, rules["gandhara-terms"].true) == (1, 1)
    assert rules["gandhara-terms"].unreached == ()
    assert rules["register-match"].hits == 0
    assert "context" in rules["register-match"].unreached[0]
    assert rules["khmer-terms"].unreached


def test_a_rule_is_sole_only_where_nothing_of_its_group_would_step_in(shipped: Config, decided: Making) -> None:
    """Without the Khmer rule the listing is still one of a culture at risk, a few points lower."""
    title = "Khmer sandstone head of Vishnu, Angkor, 12th century"
    case = decided(title, True)
    rules = {one.rule: one for one in backtest([case, decided(ORDINARY, False)], compile_rulebook(shipped)).rules}
    assert (rules["khmer-terms"].hits, rules["khmer-terms"].beaten, rules["khmer-terms"].sole) == (1, 0, 0)
    assert (rules["at-risk-culture"].hits, rules["at-risk-culture"].beaten, rules["at-risk-culture"].sole) == (1, 1, 0)
    assert rules["at-risk-culture"].unreached == ()
    alone = {one.rule: one for one in backtest([case], compile_rulebook(Without(shipped, drop=("at-risk-culture",)))).rules}
    assert case.before is not None
    khmer = next(signal for signal in case.before.signals if signal.rule == "khmer-terms")
    assert alone["khmer-terms"].sole == (case.before.sum - khmer.points < 40)


def test_precision_of_a_rule_carries_wilsons_interval(rulebook: Rulebook, decided: Making) -> None:
    cases = [replace(decided(GENUINE, number < 9), key=str(number)) for number in range(10)]
    told = report_to_json(backtest(cases, rulebook))["rules"]
    row = next(row for row in told if row["rule"] == "gandhara-terms")
    assert (row["hits"], row["precision"]) == (
        10,
        {"hits": 9, "of": 10, "value": 0.9, "low": 0.5958, "high": 0.9821, "few": True},
    )


def test_all_four_lists_name_their_listings(rulebook: Rulebook, decided: Making) -> None:
    """By what the queue knew when it was decided, and what today's rules say."""
    cases = [
        decided(GENUINE, True, shown=Band.LOW),
        decided("Khmer sandstone lintel, Angkor, 12th century", False, shown=Band.NONE),
        decided(ORDINARY, True, shown=Band.REVIEW),
        decided("Oak garden chair", False, shown=Band.HIGH),
        decided(f"{GENUINE}, as before", True, shown=Band.HIGH),
        decided("Nobody knows any more how it was shown", True, shown=None),
    ]
    lists = {name: [row.key for row in rows] for name, rows in backtest(cases, rulebook).lists.items()}
    assert lists == {
        "gained_true": [GENUINE],
        "gained_false": ["Khmer sandstone lintel, Angkor, 12th century"],
        "lost_true": [ORDINARY],
        "lost_false": ["Oak garden chair"],
    }


def test_a_shadow_rule_counts_nothing_and_shows_what_it_would_do(shipped: Config, decided: Making) -> None:
    shadowed = compile_rulebook(
        Without(shipped, gandhara_terms="shadow", at_risk_culture="shadow", at_risk_old="retired", at_risk_dated="retired")
    )
    case = decided(GENUINE, True)
    live, shadow = case.before, assess(case.listing, shadowed)
    assert live is not None
    assert "gandhara-terms" in {signal.rule for signal in shadow.shadow}
    assert shadow.sum == sum(signal.points for signal in shadow.signals) < live.sum
    rules = {one.rule: one for one in backtest([case], shadowed).rules}
    told = rules["gandhara-terms"]
    assert (told.status, told.hits, told.sole) == ("shadow", 1, 0)
    assert told.if_live == {"gained_true": 1, "gained_false": 0, "lost_true": 0, "lost_false": 0}


def test_drafts_are_shown_and_retired_rules_are_not(shipped: Config, decided: Making) -> None:
    drafts = compile_rulebook(with_drafts(Without(shipped, gandhara_terms="draft", khmer_terms="retired")))
    rules = {one.rule: one.status for one in backtest([decided(GENUINE, True)], drafts).rules}
    assert rules["gandhara-terms"] == "shadow"
    assert "khmer-terms" not in rules
    kept = compile_rulebook(Without(shipped, gandhara_terms="draft", khmer_terms="retired"))
    assert {"gandhara-terms", "khmer-terms"}.isdisjoint(compiled.rule.name for compiled in kept.rules)


def test_diff_names_who_crosses_an_edge_and_what_was_edited(offer: Any, rulebook: Rulebook, without_material: Rulebook) -> None:
    cases = [Case(key=title, listing=offer(title), context=Context(), before=None) for title in (GENUINE, ORDINARY)]
    found = difference(cases, rulebook, without_material)
    assert (found.listings, found.changed, [one.key for one in found.crossings]) == (2, 1, [GENUINE])
    assert not found.crossings[0].rises
    assert "rule gandhara-terms: removed or at rest" in found.edits
    assert not difference(cases, rulebook, rulebook).crossings
    told = difference_to_json(found)
    assert sum(told["bands"].values()) == 2
    assert told["moved"][0]["why"][0]["now"] is None


def test_what_the_ledger_holds_is_not_scored_again(offer: Any, rulebook: Rulebook, without_material: Rulebook) -> None:
    held = replace(assess(offer(GENUINE), rulebook), sum=7, score=7, band=Band.LOW)
    found = difference([Case(key="1", listing=offer(GENUINE), context=Context(), before=held)], rulebook, without_material)
    assert found.bands == {("low", assess(offer(GENUINE), without_material).band.value): 1}


def test_differences_are_the_points_that_differ(offer: Any, rulebook: Rulebook, without_material: Rulebook) -> None:
    one, other = assess(offer(GENUINE), rulebook), assess(offer(GENUINE), without_material)
    told = differences(one, other)
    assert sum((why.now or 0) - (why.before or 0) for why in told) == other.sum - one.sum
    assert differences(one, one) == ()
