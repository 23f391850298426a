"""All that one listing's text says, found once and handed to every rule: mentions, dates, claims, provenance, verdict.

`engine.assess` builds one per listing. What is dear (sentences, dates, claims) is worked out when somebody asks, so that
ordinary goods cost one look-up a word.
"""

from __future__ import annotations

from patrol.records import Authenticity, Claim, ClaimKind
from patrol.scoring import authenticity
from patrol.scoring.claims import Statement, statements
from patrol.scoring.dating import Dating
from patrol.scoring.lazy import Lazy
from patrol.scoring.mentions import Mentions
from patrol.scoring.provenance import Ownership, ownership


class Reading(Mentions):
    """The facts of one listing, as rules ask for them."""

    @Lazy
    def statements(self) -> list[Statement]:
        return statements(self)

    @Lazy
    def claims(self) -> tuple[Claim, ...]:
        return tuple(statement.claim for statement in self.statements)

    def claims_of(self, kind: ClaimKind) -> list[Statement]:
        return [statement for statement in self.statements if statement.claim.kind is kind]

    @Lazy
    def dating(self) -> Dating:
        return Dating(self, self.statements)

    @Lazy
    def ownership(self) -> Ownership:
        return ownership(self.statements, self.source_countries, self.pieces.laws, self.homes)

    @Lazy
    def verdict(self) -> tuple[Authenticity, authenticity.Evidence]:
        """What the object is offered as, and what shows it."""
        return authenticity.verdict(self, self.dating)

    def close(self) -> None:
        """Parts it from its dating, which knows it: what no circle holds is freed at once, without the collector."""
        self.__dict__.pop("dating", None)
