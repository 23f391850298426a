"""What is hidden, what is marked, and how things are said: pure functions of the desk."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.reports import words
from patrol.web.highlight import Mark, highlighted
from patrol.web.masking import masked, pseudonym


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("call +92 300 1234567 now", "+92 300 1234567"),
        ("0092-300-1234567", "0092-300-1234567"),
        ("WhatsApp: 3001234567", "3001234567"),
        ("Tel. 020 / 123 45 67 (after six)", "020 / 123 45 67"),
        ("واتساپ ۰۳۰۰۱۲۳۴۵۶۷", "۰۳۰۰۱۲۳۴۵۶۷"),
        ("mail khan.art@example.org please", "khan.art@example.org"),
        ("khan (at) example (dot) org", "khan (at) example (dot) org"),
        ("see wa.me/923001234567", "wa.me/923001234567"),
        ("insta @khan_art_pk", "@khan_art_pk"),
    ],
)
def test_contacts_are_hidden_character_for_character(text: str, secret: str) -> None:
    hidden = masked(text)
    start = text.index(secret)
    assert len(hidden) == len(text)
    assert not any(char.isalnum() for char in hidden[start : start + len(secret)])
    assert hidden[:start] == text[:start]


@pytest.mark.parametrize(
    "text",
    [
        "1st-3rd century AD, H 23 x 12.5 x 8 cm, 1200 g",
        "sold 03-04-2020, lot 012345",
        "c. 1200-1300, formerly inv. 1923.456",
        "EUR 1 250 000",
        "looked at museum. dot painted",
        "ISBN 9780500",
    ],
)
def test_sizes_dates_and_numbers_stay(text: str) -> None:
    assert masked(text) == text


def test_the_sellers_name_is_hidden_as_a_word_only() -> None:
    assert masked("Ask Khan, not Khanate", ["khan"]) == "Ask ••••, not Khanate"


@pytest.mark.parametrize(("name", "shown"), [("khan_antiques", "k•••"), ("Ömer", "ö•••"), (None, "•••"), ("_9x", "9•••")])
def test_pseudonyms_tell_one_letter(name: str | None, shown: str) -> None:
    assert pseudonym(name) == shown


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70))))
def test_marks_never_change_the_text(text: str, spans: list[tuple[int, int]]) -> None:
    marked = str(highlighted(text, [Mark(start=start, end=end, kind="raise", tip='a "tip"') for start, end in spans]))
    assert unescape(re.sub(r"</?mark[^>]*>", "", marked)) == text


def test_overlapping_marks_say_both_reasons() -> None:
    marked = str(
        highlighted(
            "schist head", [Mark(start=0, end=11, kind="raise", tip="one"), Mark(start=7, end=11, kind="claim", tip="two")]
        )
    )
    assert '<mark class="raise claim" tabindex="0" data-tip="one — two">head</mark>' in marked


NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (words.amount(Decimal(1250), "EUR"), "1 250 EUR"),
        (words.amount(Decimal("0.50"), "GBP"), "0.50 GBP"),
        (words.amount(Decimal("1250.5"), None), "1 250.50"),
        (words.ends(NOW + timedelta(hours=6, minutes=5), NOW), "ends in 6 h"),
        (words.ends(NOW - timedelta(days=3), NOW), "ended 3 days ago"),
        (words.points(-12), "−12"),
        (words.years(1960, 1969), "1960–1969"),
        (words.count(1, "listing"), "1 listing"),
    ],
)
def test_things_are_said_plainly(said: str, wanted: str) -> None:
    assert said == wanted
