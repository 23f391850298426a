"""The grade and the support of a listing's provenance, and whether it lies before the law of the source country.

`reading` hands in the statements that `claims` read. Grade (the earliest date claimed), support (how it is backed) and
the year outside the source country are kept apart: a date is no proof, and "bought in Peshawar in 1965" is no comfort.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from patrol.config.rulebook import Law
from patrol.records import ClaimKind, ProvenanceGrade, ProvenanceSupport
from patrol.scoring.claims import Statement


class Ownership(NamedTuple):
    """`before_law`: a cited claim outside the source country that precedes the gate of each possible source country."""

    grade: ProvenanceGrade
    support: ProvenanceSupport
    outside_since: int | None
    before_law: tuple[Statement, ...]
    from_source: tuple[Statement, ...]  # acquired in a source country when its law already asked for a licence
    left_late: tuple[Statement, ...]  # in the source country after its law, though it was outside before, as the text says too
    found_elsewhere: tuple[Statement, ...]  # a find in a country where none of the cultures named was at home


NOTHING = Ownership(ProvenanceGrade.NONE, ProvenanceSupport.NONE, None, (), (), (), ())


def ownership(
    statements: Sequence[Statement], countries: frozenset[str], laws: Sequence[Law], homes: frozenset[str] = frozenset()
) -> Ownership:
    """All of it from the claims of provenance; `countries` are the source countries of the cultures named, those at risk alone
    where there are any; `homes` those of all of them, empty where one is not known."""
    if not statements:
        return NOTHING
    owned = [statement for statement in statements if statement.claim.kind is ClaimKind.PROVENANCE]
    outside = [statement for statement in owned if statement.year is not None and _outside(statement, countries)]
    cited = [statement for statement in outside if statement.claim.support is ProvenanceSupport.CITED]
    return Ownership(
        grade=_grade(owned),
        support=_support(owned),
        outside_since=min((statement.year for statement in outside if statement.year is not None), default=None),
        before_law=_before_law(cited, countries, laws) if cited else (),
        from_source=tuple(statement for statement in owned if _from_source(statement, countries, laws)),
        left_late=_left_late(statements, outside, countries, laws),
        found_elsewhere=tuple(s for s in statements if homes and s.claim.kind is ClaimKind.FIND and _away(s, homes)),
    )


def _before_law(cited: Sequence[Statement], countries: frozenset[str], laws: Sequence[Law]) -> tuple[Statement, ...]:
    gate = min(_gate(country, laws) for country in countries) if countries else _gate(None, laws)
    return tuple(statement for statement in cited if statement.year is not None and statement.year < gate)


def grade_of(year: int | None) -> ProvenanceGrade:
    """The grade of one claimed year; `vague` without one."""
    if year is None:
        return ProvenanceGrade.VAGUE
    if year < 1970:
        return ProvenanceGrade.PRE1970
    return ProvenanceGrade.FROM_1970_TO_2000 if year < 2000 else ProvenanceGrade.POST2000


def _grade(owned: Sequence[Statement]) -> ProvenanceGrade:
    if not owned:
        return ProvenanceGrade.NONE
    return grade_of(min((statement.year for statement in owned if statement.year is not None), default=None))


def _support(owned: Sequence[Statement]) -> ProvenanceSupport:
    if not owned:
        return ProvenanceSupport.NONE
    cited = any(statement.claim.support is ProvenanceSupport.CITED for statement in owned)
    return ProvenanceSupport.CITED if cited else ProvenanceSupport.ASSERTED


def _outside(statement: Statement, countries: frozenset[str]) -> bool:
    """A place elsewhere; where none is named, a saleroom stands for one, for they lie in market countries."""
    place = statement.claim.place
    return place not in countries if place is not None else statement.saleroom


def _from_source(statement: Statement, countries: frozenset[str], laws: Sequence[Law]) -> bool:
    place = statement.claim.place
    if place is None or place not in countries:
        return False
    return statement.year is None or statement.year >= _gate(place, laws)


def _left_late(
    statements: Sequence[Statement], outside: Sequence[Statement], countries: frozenset[str], laws: Sequence[Law]
) -> tuple[Statement, ...]:
    """Bought in or exported from a source country, its law in force, later than another claim has the object outside."""
    since = min((statement.year for statement in outside if statement.year is not None), default=None)
    if since is None or not countries:
        return ()
    return tuple(
        statement
        for statement in statements
        if statement.claim.kind in (ClaimKind.PROVENANCE, ClaimKind.EXPORT_LICENCE)
        and statement.claim.place in countries
        and statement.year is not None
        and statement.year > since
        and statement.year >= _gate(statement.claim.place, laws)
    )


def _away(statement: Statement, homes: frozenset[str]) -> bool:
    return statement.claim.place is not None and statement.claim.place not in homes


def _gate(country: str | None, laws: Sequence[Law]) -> int:
    """The first year from which a claim for this country comes too late; its own row, else the general one."""
    own = [law.valid_from.year for law in laws if law.gate and law.country == country]
    return min(own or [law.valid_from.year for law in laws if law.gate and law.country is None])
