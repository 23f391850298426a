"""How the practice sites write money and times: as variously as real ones do.

Classified pages write prices the way their country does, with signs that mean several currencies; the auction house and
the shops write a number and a code. The templates call these by name.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

_SIGNS = {"GBP": "£", "USD": "$", "CAD": "$", "AUD": "AU $", "MXN": "$", "HKD": "HK$", "SGD": "S$", "THB": "฿"}
_POINT_GROUPS = ("de", "es", "it", "nl")  # 1.600,50


def _grouped(amount: Decimal, thousands: str, point: str) -> str:
    """Digits in groups of three; cents only where there are any."""
    text = f"{amount:,.2f}" if amount % 1 else f"{amount:,.0f}"
    return text.translate({ord(","): thousands, ord("."): point})


def local_price(amount: Decimal, currency: str, language: str) -> str:
    """`1.600 €`, `1 600 €`, `€ 1.600,-`, `£1,200`, `CHF 1'200`, `Rs 23,450`: by currency and the seller's language."""
    if currency == "EUR":
        return _euros(amount, language)
    if currency in _SIGNS:
        return _SIGNS[currency] + _grouped(amount, ",", ".")
    if currency == "CHF":
        return "CHF " + _grouped(amount, "'", ".")
    if currency == "INR":
        return "Rs " + _grouped(amount, ",", ".")
    return _grouped(amount, "\N{NO-BREAK SPACE}", ",") + f" {currency}"


def _euros(amount: Decimal, language: str) -> str:
    if language == "nl":
        return f"€ {_grouped(amount, '.', ',')}" + ("" if amount % 1 else ",-")
    if language == "fr":
        return _grouped(amount, "\N{NARROW NO-BREAK SPACE}", ",") + " €"
    if language in _POINT_GROUPS:
        return f"{_grouped(amount, '.', ',')} €"
    return f"€{_grouped(amount, ',', '.')}"


def coded_price(amount: Decimal, currency: str) -> str:
    """`EUR 1,600.00`."""
    return f"{currency} {amount:,.2f}"


def comma_price(amount: Decimal, currency: str) -> str:
    """`1.600,00 EUR`."""
    return _grouped(amount.quantize(Decimal("0.01")), ".", ",") + f" {currency}"


def iso(moment: datetime) -> str:
    """`2026-11-22T09:30:00Z` from a moment in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def millis(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def days_ago(days: int) -> str:
    return "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"


def before(now: datetime, *, days: int = 0, hours: int = 0) -> datetime:
    return now - timedelta(days=days, hours=hours)
