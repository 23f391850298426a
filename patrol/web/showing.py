"""What an officer was shown, carried by the browser under the desk's seal and kept with the decision that follows.

The queue seals a Place for each of its rows, an opened listing adds the versions that stood on the screen; a decision opens
the seal again and hands the ledger its `Shown`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from patrol.errors import UsageError
from patrol.ledger.decisions import Shown
from patrol.ledger.stored import StoredListing
from patrol.web.desk import Desk

PURPOSE = "shown"
LONGEST_LOOK = 12 * 3600.0  # seconds; a longer time open is a forgotten tab


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one listing stood when it was shown: stream and rank in the queue, place in the cluster, what was on screen."""

    key: str
    cluster_id: str | None = None
    stream: str = "search"
    probability: float | None = None
    rank: int | None = None
    place: int | None = None
    size: int | None = None
    blind: bool = False
    version_id: str | None = None
    assessment_id: str | None = None
    sighting_id: int | None = None

    def opened(self, stored: StoredListing, *, blind: bool) -> Place:
        """The same place, with what the ledger gave for the screen."""
        return replace(
            self,
            cluster_id=stored.cluster_id,
            version_id=stored.version_id,
            assessment_id=stored.assessed.id if stored.assessed else None,
            sighting_id=stored.sighting_id,
            blind=blind,
        )

    def shown(self, *, seconds: float | None, examined: bool) -> Shown:
        values: dict[str, Any] = asdict(self)
        del values["key"]
        return Shown(**values, seconds=seconds, examined=examined)


def sealed(desk: Desk, place: Place) -> str:
    return desk.seal(PURPOSE, {name: value for name, value in asdict(place).items() if value is not None})


def unsealed(desk: Desk, token: str) -> Place:
    """The place behind a token of `sealed`; UsageError where it was changed."""
    values = desk.open_seal(PURPOSE, token)
    try:
        return Place(**values)
    except TypeError as error:
        raise UsageError("this form is from another version of the desk", remedy="Open the page again") from error


def seconds_open(raw: str) -> float | None:
    """The time on screen as the browser measured it; None where it gave none, or nonsense."""
    try:
        value = float(raw)
    except ValueError:
        return None
    return value if 0 <= value <= LONGEST_LOOK else None
