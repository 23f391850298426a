"""Scoring: `assess(listing, rulebook, context)` gives the Assessment that every other room shows, stores and sorts by.

The rulebook is compiled from config (`compile_rulebook`) or made again from the ledger's archive (`Rulebook.from_canonical`).
"""

from __future__ import annotations

from patrol.scoring.engine import assess
from patrol.scoring.rulebook import ENGINE, Rulebook, compile_rulebook

__all__ = ["ENGINE", "Rulebook", "assess", "compile_rulebook"]
