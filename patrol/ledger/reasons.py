"""Why a listing is cleared: the ten reasons of the desk, what each asks for, and how it counts.

`decisions` checks a decision against them, the desk prints them on its second key, and a rule's precision leaves the
technical ones out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """`asks` names the text that must be given; `technical` reasons say nothing of the rule, `true_flag` speaks for it."""

    digit: int
    label: str
    asks: str | None = None
    technical: bool = False
    true_flag: bool = False


REASONS: tuple[Reason, ...] = (
    Reason(digit=0, label="claimed genuine but looks fake", true_flag=True),
    Reason(digit=1, label="openly sold as replica or modern"),
    Reason(digit=2, label="documented provenance or licence seen", asks="which document"),
    Reason(digit=3, label="not cultural property"),
    Reason(digit=4, label="duplicate of a decided item or known to another unit", asks="which item or unit"),
    Reason(digit=5, label="out of scope"),
    Reason(digit=6, label="too little information", technical=True),
    Reason(digit=7, label="gone and nothing kept", technical=True),
    Reason(digit=8, label="known licensed stock"),
    Reason(digit=9, label="other", asks="what"),
)
