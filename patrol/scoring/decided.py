"""What the lab learns from: a listing as it was decided on, with the context it was scored in and what an officer said.

`triage.judging` makes these records out of the ledger, one a cluster; `backtest` and `differing` take them in. Nothing
here knows a person, a lead or a seller's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from patrol.records import Assessment, Band, Context, Listing

AUDIT = "audit"  # the stream of the random sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A listing to score again; `before` is the assessment that stands in the ledger, None where none was kept."""

    key: str
    listing: Listing
    context: Context
    before: Assessment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Case):
    """A cluster's latest decision on the version it was made on; `truth`: worth a lead, or not.

    `truth` None leaves it out of all figures, `left_out` says why: technical (too little to judge, gone) or undecided.
    `stream` and `probability` are those of the audit draw where the cluster was ever looked at in the audit, else of the
    latest decision. `shown` is the band that the officer's queue knew it by, None where that is not known any more.
    """

    truth: bool | None
    left_out: str | None
    stream: str
    probability: float | None
    shown: Band | None
    seconds: float | None
    at: datetime
    reason: int | None = None  # the desk's reason of a clear
    seller: str | None = None  # an opaque key, to count sellers by and for nothing else

    @property
    def sampled(self) -> bool:
        """Whether it speaks for others that were not drawn."""
        return self.stream == AUDIT and self.probability is not None and self.shown in (Band.NONE, Band.LOW)

    @property
    def was_flagged(self) -> bool:
        """Whether the queue knew it as flagged when it was decided."""
        return self.shown in (Band.REVIEW, Band.HIGH)
