"""How the desk says things: money, moments, spans of time, bands, sizes. Filters of the templates and the exports' words.

Everything here takes a record or a plain value and gives text; nothing reads a clock, `now` is handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from patrol.ledger.history import HistoryRow
from patrol.records import Assessment, Estimate, Money

KINDS = {"asking": "", "starting": "start", "current": "bid", "hammer": "hammer"}
CLAIMS = {
    "provenance": "Provenance",
    "export_licence": "Export licence",
    "find": "Find",
    "authenticity": "Authenticity",
    "reproduction": "Reproduction",
}

VALUES = {
    "grade": {
        "none": "no date",
        "vague": "vague (“old collection”)",
        "post2000": "after 2000",
        "1970_2000": "1970 to 2000",
        "pre1970": "before 1970",
    },
    "support": {"none": "nothing said", "asserted": "only asserted", "cited": "sale or licence cited", "seen": "papers seen"},
    "desk": {"open": "undecided", "lead": "in a lead", "watch": "watched"},
}  # codes that say little by themselves, by the field of the search

LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
    "pl": "Polish",
    "ar": "Arabic",
    "fa": "Persian",
    "ur": "Urdu",
    "ps": "Pashto",
    "ru": "Russian",
    "uk": "Ukrainian",
    "tr": "Turkish",
    "zh": "Chinese",
    "ja": "Japanese",
    "ko": "Korean",
    "th": "Thai",
    "km": "Khmer",
    "vi": "Vietnamese",
    "hi": "Hindi",
    "el": "Greek",
    "he": "Hebrew",
}


def amount(value: Decimal | None, currency: str | None = None) -> str:
    """`1 250.00 EUR` with thin spaces between thousands; `–` for None."""
    if value is None:
        return "–"
    digits = f"{value:,.2f}" if value != value.to_integral_value() else f"{value:,.0f}"
    return f"{digits.replace(',', ' ')} {currency or ''}".strip()


def money(value: Money | None) -> str:
    return "–" if value is None else amount(value.amount, value.currency)


def price_kind(value: Money | None) -> str:
    return KINDS.get(value.kind.value, "") if value else ""


def estimate(value: Estimate) -> str:
    return f"{amount(value.low)} – {amount(value.high, value.currency)}"


def moment(value: datetime | None) -> str:
    return "–" if value is None else f"{value.astimezone(UTC):%d %b %Y, %H:%M} UTC"


def day(value: datetime | None) -> str:
    return "–" if value is None else f"{value.astimezone(UTC):%d %b %Y}"


def span(value: timedelta) -> str:
    """`6 h`, `3 days`, `12 min`: one unit, rounded down."""
    seconds = int(abs(value.total_seconds()))
    for size, one, many in ((86400, "day", "days"), (3600, "h", "h"), (60, "min", "min")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {one if count == 1 else many}"
    return f"{seconds} s"


def ago(value: datetime | None, now: datetime) -> str:
    return "–" if value is None else (f"{span(now - value)} ago" if value <= now else f"in {span(value - now)}")


def ends(value: datetime | None, now: datetime) -> str:
    """`ends in 6 h`, `ended 3 days ago`, empty for None."""
    if value is None:
        return ""
    return f"ends in {span(value - now)}" if value > now else f"ended {span(now - value)} ago"


def points(value: int) -> str:
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


def score(assessment: Assessment) -> str:
    """`78`, or `130, capped at 100`, or `-12, shown as 0`."""
    if assessment.sum > assessment.score:
        return f"{assessment.sum}, capped at {assessment.score}"
    if assessment.sum < assessment.score:
        return f"{points(assessment.sum)}, shown as {assessment.score}"
    return str(assessment.score)


def count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def plain(name: str) -> str:
    """A code or file name as words: `khmer-sculpture` → `khmer sculpture`."""
    return name.replace("_", " ").replace("-", " ")


def value(field: str, code: str) -> str:
    """One value of a field of the search: `pre1970` of a grade → `before 1970`, `de` of a language → `German`."""
    if field == "lang":
        return language(code)
    return VALUES.get(field, {}).get(code) or (code if field == "lead" else plain(code))


def number(value: int) -> str:
    """`12 345` with narrow spaces that don't break."""
    return f"{value:,}".replace(",", "\u202f")


def step(low: int, high: int | None, *, first: bool, whole: bool) -> str:
    """A step of a number from `low` to below `high` (None: open): `40 – 49`, `90 and more`; of what has fractions, `100 – 250`.

    What lies below the first step belongs to it.
    """
    if high is None:
        return f"{number(low)} and more"
    top = high - 1 if whole else high
    if low == top:
        return number(low)
    return f"below {number(high)}" if first else f"{number(low)} – {number(top)}"


def brief(value: int) -> str:
    """A number for an axis: `250`, `2.5k`, `12k`, `3M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if abs(value) >= size:
            return (f"{value / size:.1f}".removesuffix(".0") if abs(value) < 100 * size else f"{value / size:.0f}") + unit
    return str(value)


def years(start: int | None, end: int | None) -> str:
    if start is None and end is None:
        return "no date"
    if start == end:
        return str(start)
    return f"{start or '…'}–{end or '…'}"


def short(digest: str | None) -> str:
    """The first twelve figures of a digest, for the eye."""
    return "–" if not digest else f"{digest.removeprefix('sha256:')[:12]}…"


def size(number: int) -> str:
    for limit, unit in ((1_000_000, "MB"), (1_000, "kB")):
        if number >= limit:
            return f"{number / limit:.1f} {unit}"
    return f"{number} B"


def history(row: HistoryRow) -> str:
    """One change of a listing in words: `price: 900.00 EUR → 480.00 EUR`."""
    name = plain(row.field or "")
    if row.kind == "first":
        return f"first seen, {row.after}"
    if row.kind == "status":
        return f"{row.before} → {row.after}"
    if row.kind in ("joined", "parted"):
        return "grouped with other offers of the same object" if row.kind == "joined" else "parted from its group"
    if row.kind == "erased":
        return "erased"
    if row.kind == "seller":
        return "another seller is named"
    if row.kind == "pictures":
        return f"pictures: {len(row.before or ())} → {len(row.after or ())}"
    if row.field == "price":
        return f"price: {_json_money(row.before)} → {_json_money(row.after)}"
    if isinstance(row.before, str) and isinstance(row.after, str) and len(row.before) + len(row.after) <= 160:
        return f"{name}: “{row.before}” → “{row.after}”"
    if isinstance(row.before, int) and isinstance(row.after, int):
        return f"{name}: {row.before} → {row.after}"
    return f"{name} {'given' if not row.before else 'taken out' if not row.after else 'changed'}"


def _json_money(value: Mapping[str, Any] | None) -> str:
    return amount(Decimal(value["amount"]), value.get("currency")) if value and value.get("amount") else "none"


def was(rows: Sequence[HistoryRow]) -> str | None:
    """The price before the last change of it, where there was one."""
    changes = [row for row in rows if row.field == "price" and row.before]
    return _json_money(changes[-1].before) if changes else None


def language(code: str) -> str:
    """`de` as German; a code that isn't known stays as it is."""
    return LANGUAGES.get(code.partition("-")[0].lower(), code)
