"""Times as pages write them, in UTC: epoch seconds or milliseconds, ISO 8601, and words in many languages.

The adapter and the schema.org readers hand values in; a time whose zone nobody names comes back as None with a warning,
for an hour that may be another hour is worse than none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

import dateparser
from dateparser.conf import SettingValidationError

_EPOCH = re.compile(r"^\d{9,17}(?:\.\d+)?$")
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?\s?(?:Z|[+-]\d{2}:?\d{2}(?::\d{2})?)?$")
_OFFSET = re.compile(r"(?:Z|[+-]\d{2}:?\d{2}|\b(?:UTC|GMT|CES?T|E[SD]T|P[SD]T|C[SD]T|M[SD]T|BST|JST|MSK|WES?T|EES?T|AES?T))\W*$")
_LATEST = 4102444800  # the year 2100: what is later is no time


def moment(
    value: Any, zone: tzinfo | None, *, languages: tuple[str, ...] = (), now: datetime | None = None
) -> tuple[datetime | None, str | None]:
    """(time in UTC or None, warning or None). `now` is the capture's time, against which words like "heute" are read.

    Where that is unknown (an old saved page), such words and days without a year give no time.
    """
    if value is None or isinstance(value, bool) or value == "":
        return None, None
    text = str(value).strip()
    if _EPOCH.match(text):
        return _epoch(float(text)), None
    if _ISO.match(text):
        return _iso(text, zone)
    return _words(text, zone, languages, now)


def _epoch(number: float) -> datetime | None:
    while number > _LATEST:
        number /= 1000
    return datetime.fromtimestamp(number, UTC)


def _iso(text: str, zone: tzinfo | None) -> tuple[datetime | None, str | None]:
    try:
        found = datetime.fromisoformat(text.replace(",", ".").replace(" Z", "Z"))
    except ValueError:
        return None, f"time {text!r} cannot be read"
    if found.tzinfo is not None:
        return found.astimezone(UTC), None
    return _placed(found, text, zone)


def _placed(found: datetime, text: str, zone: tzinfo | None) -> tuple[datetime | None, str | None]:
    if zone is None:
        return None, f"time {text[:60]!r} has no known zone: left out"
    return found.replace(tzinfo=zone).astimezone(UTC), None


def _words(
    text: str, zone: tzinfo | None, languages: tuple[str, ...], now: datetime | None
) -> tuple[datetime | None, str | None]:
    base = now.astimezone(zone or UTC).replace(tzinfo=None) if now else None
    order = "MDY" if str(zone).startswith("America/") else "DMY"
    settings: dict[str, Any] = {"DATE_ORDER": order, "REQUIRE_PARTS": ["day", "month"]}
    if base is not None:
        settings["RELATIVE_BASE"] = base
    else:  # nobody knows which day "today" was, nor which year a day without one lay in
        settings |= {"PARSERS": ["custom-formats", "absolute-time"], "REQUIRE_PARTS": ["day", "month", "year"]}
    try:
        found = dateparser.parse(text[:100], languages=list(languages) or None, settings=settings)
    except (SettingValidationError, ValueError, OverflowError):  # an unknown language, or digits that are no date
        found = None
    if found is None:
        return None, f"time {text[:60]!r} cannot be read"
    if found.tzinfo is not None and _OFFSET.search(text):
        return found.astimezone(UTC), None
    return _placed(found.replace(tzinfo=None), text, zone)
