"""Amounts as pages write them become decimals in ISO currencies; what nothing says stays open."""

from __future__ import annotations

from decimal import Decimal

import pytest

from patrol.extract.money import MoneyContext, estimate, money, quantise
from patrol.records import PriceKind

NOTHING = MoneyContext()


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.600 €", "1600.00", "EUR"),
        ("40 990 €", "40990.00", "EUR"),
        ("40\u202f990,50\u00a0€", "40990.50", "EUR"),
        ("€ 20,-", "20.00", "EUR"),
        ("€ 1.250,–", "1250.00", "EUR"),
        ("5,95 EUR", "5.95", "EUR"),
        ("3 000 грн.", "3000.00", "UAH"),
        ("¥6,000", "6000", "JPY"),
        ("15万円", "150000", "JPY"),
        ("GBP 11,19", "11.19", "GBP"),
        ("£5,100.00", "5100.00", "GBP"),
        ("US $12.50/ea", "12.50", "USD"),
        ("AU $99.95", "99.95", "AUD"),
        ("NT$ 2,320", "2320.00", "TWD"),
        ("1’299.– CHF", "1299.00", "CHF"),
        ("CHF 1'299.50", "1299.50", "CHF"),
        ("12.500 KWD", "12.500", "KWD"),
        ("12.500 EUR", "12500.00", "EUR"),
        ("1,234.56 USD", "1234.56", "USD"),
        ("€ 1.234.567,89", "1234567.89", "EUR"),
        ("Rs. 1,23,450 PKR", "123450.00", "PKR"),
        ("2,900원~", "2900", "KRW"),
        ("٢٣٬٤٥٠ ر.س", "23450.00", "SAR"),
        ("12 990 € 15 990 €", "12990.00", "EUR"),
        ("R$ 689,99", "689.99", "BRL"),
    ],
)
def test_written_amounts(text: str, amount: str, currency: str) -> None:
    found = money(text, NOTHING)
    assert found is not None
    assert (str(found.amount), found.currency, found.raw) == (amount, currency, text)


@pytest.mark.parametrize(
    ("text", "context", "currency"),
    [
        ("$60", MoneyContext(currency="CAD"), "CAD"),
        ("$60", MoneyContext(suffix="au"), "AUD"),
        ("$60", MoneyContext(currency="EUR", suffix="com"), "USD"),  # a dollar is no euro, whatever the site's default
        ("230 kr", MoneyContext(currency="DKK"), "DKK"),
        ("230 kr", NOTHING, None),  # three countries write it so
        ("Rs 23,450", MoneyContext(suffix="pk"), "PKR"),
        ("Rs 23,450", MoneyContext(suffix="in"), "INR"),
        ("120", MoneyContext(currency="EUR"), "EUR"),
        ("120", NOTHING, None),
        ("$5", MoneyContext(signs={"$": "ARS"}), "ARS"),
    ],
)
def test_what_a_sign_means_depends_on_the_place(text: str, context: MoneyContext, currency: str | None) -> None:
    found = money(text, context)
    assert found is not None
    assert found.currency == currency


def test_a_named_currency_beats_the_default_of_the_site() -> None:
    found = money("11,19 GBP", MoneyContext(currency="EUR", suffix="it"))
    assert found is not None
    assert (found.amount, found.currency) == (Decimal("11.19"), "GBP")


def test_objects_numbers_and_cents() -> None:
    assert money({"value": "31.49", "currency": "USD"}, NOTHING).amount == Decimal("31.49")  # type: ignore[union-attr]
    assert money(630000, MoneyContext(currency="EUR"), divide=100).amount == Decimal("6300.00")  # type: ignore[union-attr]
    assert money(0.1 + 0.2, MoneyContext(currency="EUR")).amount != Decimal("0.30")  # type: ignore[union-attr]  # nothing is rounded away
    assert money(float("nan"), NOTHING) is None
    assert money({"currency": "EUR"}, NOTHING) is None
    assert money("Price on request", NOTHING) is None
    assert money(True, NOTHING) is None
    assert money("£90", NOTHING, kind=PriceKind.STARTING).kind is PriceKind.STARTING  # type: ignore[union-attr]


def test_minor_units() -> None:
    assert str(quantise(Decimal(6000), "JPY")) == "6000"
    assert str(quantise(Decimal("12.5"), "KWD")) == "12.500"
    assert str(quantise(Decimal("12.5"), "EUR")) == "12.50"
    assert str(quantise(Decimal("12.345"), "EUR")) == "12.345"  # never rounded


def test_estimates() -> None:
    found = estimate("EUR 600 – 1.600", NOTHING)
    assert found is not None
    assert (str(found.low), str(found.high), found.currency) == ("600.00", "1600.00", "EUR")
    assert estimate({"low": 0, "high": 0, "currency": "EUR"}, NOTHING) is None
    assert estimate("Estimate on request", NOTHING) is None


def test_the_raw_text_of_a_price_stands_on_one_line() -> None:
    found = money("\n 10,75 €  \n\n  ", MoneyContext())
    assert found is not None
    assert found.raw == "10,75 €"
