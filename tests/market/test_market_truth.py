"""The grading: what it counts as right, wrong, missed, missing and doubled."""

import pytest

from patrol.errors import ReadError
from patrol.market.truth import HALVES, grade, mistakes, verdicts


@pytest.fixture(scope="module")
def truth():
    return verdicts()


def told(truth, say):
    return [(name, number, say(verdict)) for (name, number), verdict in truth.items() if verdict.good.open]


def test_every_good_has_its_truth_and_the_halves_balance(truth):
    sizes = [sum(verdict.half == half for verdict in truth.values()) for half in HALVES]
    assert sum(sizes) == len(truth) >= 400
    assert abs(sizes[0] - sizes[1]) <= len(truth) / 10
    halves = {}
    for verdict in truth.values():
        halves.setdefault(verdict.good.object, set()).add(verdict.half)
    assert all(len(found) == 1 for found in halves.values())


def test_perfect_flags_are_perfect(truth):
    marks = grade(told(truth, lambda verdict: verdict.flag))
    assert (marks["precision"], marks["recall"]) == (1.0, 1.0)
    assert all((marks[half]["precision"], marks[half]["recall"]) == (1.0, 1.0) for half in HALVES)
    assert marks["missing"] == marks["doubled"] == marks["strangers"] == []
    assert marks["right"] == sum(marks[half]["right"] for half in HALVES)


def test_flagging_everything_costs_precision_only(truth):
    marks = grade(told(truth, lambda verdict: True))
    assert marks["recall"] == 1.0
    assert 0.1 < marks["precision"] < 0.9


def test_what_was_not_read_counts_as_missed_and_is_named(truth):
    rows = told(truth, lambda verdict: verdict.flag)
    lost = next(row for row in rows if row[2])
    marks = grade(row for row in rows if row != lost)
    assert marks["missing"] == [truth[lost[:2]].good.id]
    assert marks["missed"] == 1
    assert marks["recall"] < 1.0


def test_removed_goods_count_nowhere(truth):
    gone = [key for key, verdict in truth.items() if not verdict.good.open]
    assert gone
    assert not {truth[key].good.id for key in gone} & set(grade([])["missing"])


def test_doubles_and_strangers_are_named(truth):
    rows = told(truth, lambda verdict: verdict.flag)
    marks = grade([*rows, rows[0], ("practice-bazaar", "999", True)])
    assert marks["doubled"] == [truth[rows[0][:2]].good.id]
    assert marks["strangers"] == ["practice-bazaar 999"]
    assert marks["wrong"] == 1


def test_nothing_flagged_has_no_precision():
    marks = grade([])
    assert marks["precision"] is None
    assert marks["recall"] == 0.0


def test_mistakes_show_one_half_only(truth):
    wrong = mistakes(told(truth, lambda verdict: not verdict.flag), half="tune")
    assert wrong
    assert {verdict.half for verdict in wrong} == {"tune"}


def test_a_truth_without_its_good_is_refused(truth):
    with pytest.raises(ReadError):
        verdicts(goods=[verdict.good for verdict in list(truth.values())[1:]])
