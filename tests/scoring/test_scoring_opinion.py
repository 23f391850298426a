"""The second opinion learns what decisions say, explains itself, and learns nothing that points to a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from patrol.errors import UsageError
from patrol.records import Seller
from patrol.scoring import Rulebook, assess
from patrol.scoring.learning import train
from patrol.scoring.opinion import Lesson, Opinion, features

Teaching = Callable[..., list[Lesson]]


@pytest.fixture
def taught(rulebook: Rulebook, offer: Any) -> Teaching:
    """Officers here clear whatever was photographed on blue cloth, which no rule knows."""

    def make(count: int = 60, text: str = "") -> list[Lesson]:
        lessons = []
        for number in range(count):
            cleared = number % 2 == 0
            base = "pictures taken on blue cloth" if cleared else "pictures taken on rough planks"
            listing = offer(
                f"Gandhara schist head no {number}", f"{base}. {text}", seller=Seller(name="Zarqovian"), location="Leeds"
            )
            lessons.append(
                Lesson(listing=listing, assessment=assess(listing, rulebook), truth=not cleared, seller=str(number % 7))
            )
        return lessons

    return make


def test_it_learns_what_no_rule_says_and_tells_why(taught: Teaching, rulebook: Rulebook, offer: Any) -> None:
    opinion = train(taught())
    assert opinion.area > 0.9 > opinion.area_of_score
    cloth, planks = offer("Schist head", "on blue cloth"), offer("Schist head", "on rough planks")
    said = [opinion.say(listing, assess(listing, rulebook)) for listing in (cloth, planks)]
    assert said[0].probability < 0.4 < 0.6 < said[1].probability
    assert said[0].reasons[0].weight < 0
    assert "blue" in " ".join(reason.feature for reason in said[0].reasons)
    again = Opinion.from_json(opinion.to_json())
    assert again.say(cloth, assess(cloth, rulebook)) == said[0]
    assert train(taught()).weights == opinion.weights


def test_too_few_decisions_are_said(taught: Teaching) -> None:
    with pytest.raises(UsageError, match="49 decisions"):
        train(taught(49))
    with pytest.raises(UsageError, match=r"60 decisions \(60 true\)"):
        train([Lesson(listing=one.listing, assessment=one.assessment, truth=True, seller=one.seller) for one in taught()])


def test_no_person_enters(taught: Teaching) -> None:
    lessons = taught(text="Call +44 7700 900123 or mail zarq@shop.example, see https://shop.example/zarq. Item AB1234.")
    one = lessons[0]
    own = Lesson(
        listing=type(one.listing)(
            marketplace="s", listing_id=None, url="s:", title="Greetings from Ottokar", description="Gandhara"
        ),
        assessment=one.assessment,
        truth=True,
        seller="only one",
    )
    weights = train([*lessons, own]).weights
    told = " ".join(weights)
    for word in ("zarqovian", "leeds", "zarq", "7700", "900123", "ab1234", "ottokar"):
        assert word not in told
    assert not any(any(sign.isdigit() for sign in name) for name in weights if not name.startswith("rule:"))


def test_words_of_one_seller_are_not_learnt(taught: Teaching) -> None:
    lessons = [Lesson(listing=one.listing, assessment=one.assessment, truth=one.truth, seller="the same") for one in taught()]
    assert all(name.startswith("rule:") for name in train(lessons).weights)


def test_what_points_to_the_seller_is_no_feature(rulebook: Rulebook, offer: Any) -> None:
    """Their name, their town, a signal on where they are or on their telephone: neither alone nor as half of a pair."""
    listing = offer(
        "Gandhara schist head",
        "Offered by Zarqov Antiques in Peshawar, WhatsApp +92 300 1234567. Ottokar writes.",
        location="Peshawar, Pakistan",
        seller=Seller(name="Zarqov Antiques", id="zq", location="Wesel"),
    )
    assessment = assess(listing, rulebook)
    assert {"dispatched-from-source", "source-country-phone"} <= {signal.rule for signal in assessment.signals}
    found = features(listing, assessment, {"ottokar"})
    told = " ".join(found)
    for word in ("zarqov", "antiques", "peshawar", "pakistan", "wesel", "ottokar", "dispatched-from-source", "phone", "300"):
        assert word not in told
    assert {"schist", "schist head", "offered by", "rule:gandhara-terms"} <= found
    assert not {"by in", "in whatsapp"} & found


def test_a_name_that_several_sellers_texts_hold_is_not_learnt_from_its_bearer(taught: Teaching) -> None:
    lessons = [replace(one, private=frozenset({"cloth"})) for one in taught()]
    assert "cloth" in train(taught()).weights
    assert "cloth" not in train(lessons).weights


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weights": {"head": "1"}}, "head"),
        ({"weights": {"head": True}}, "head"),
        ({"weights": []}, "weights"),
        ({"slope": None}, "slope"),
        ({"offset": 1e999}, "offset"),
        ({"rulebook": 7}, "rulebook"),
    ],
)
def test_nothing_but_numbers_is_read_back(taught: Teaching, change: dict[str, Any], says: str) -> None:
    row = train(taught()).to_json()
    with pytest.raises(ValueError, match=says):
        Opinion.from_json({**row, **change})
    with pytest.raises(ValueError, match=next(iter(change))):
        Opinion.from_json({name: value for name, value in row.items() if name not in change})


def test_features_are_words_pairs_and_rules(rulebook: Rulebook, offer: Any) -> None:
    listing = offer("Khmer head")
    found = features(listing, assess(listing, rulebook))
    assert {"khmer", "head", "khmer head"} <= found
    assert "rule:khmer-terms" in found
