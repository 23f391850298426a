"""Sums that might have been: every rule that fires on a listing with its points, before groups are settled, and their total.

`worth` and `reweighing` leave a rule out, give it other points or let a shadow rule count, and ask what the sum would be; the
engine's own sum is one of these totals.
"""

from __future__ import annotations

from collections.abc import Mapping

from patrol.records import Context, Listing
from patrol.scoring.engine import assess
from patrol.scoring.rulebook import Rulebook

Points = Mapping[str, int]  # by rule


class Raw:
    """A rulebook without groups; `groups` are those that were taken off."""

    def __init__(self, rulebook: Rulebook) -> None:
        rules = {compiled.rule.name: compiled.rule for compiled in rulebook.rules}
        self.groups = {name: rule.group for name, rule in rules.items()}
        pieces = rulebook.pieces
        self._rulebook = Rulebook(
            {name: rule.model_copy(update={"group": None}) for name, rule in rules.items()},
            pieces.lexicons,
            pieces.warninglists,
            pieces.laws,
            pieces.rates,
            rulebook.edges,
        )

    def points(self, listing: Listing, context: Context) -> tuple[dict[str, int], dict[str, int]]:
        """The points of the live rules that fire, and of the shadow rules."""
        found = assess(listing, self._rulebook, context)
        return {one.rule: one.points for one in found.signals}, {one.rule: one.points for one in found.shadow}

    def total(self, points: Points) -> int:
        """The sum as the engine makes it: of a group only the weightiest rule counts."""
        return sum(points[rule] for rule in self.counting(points))

    def counting(self, points: Points) -> set[str]:
        """The rules whose points count."""
        best: dict[str, tuple[int, str]] = {}
        for rule in points:
            group = self.groups.get(rule) or f"rule {rule}"
            best[group] = max(best.get(group, (0, "")), (abs(points[rule]), rule))
        return {rule for _, rule in best.values()}
