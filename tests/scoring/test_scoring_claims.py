"""Claims as texts word them: years, places, support, and what they do to the score."""

from __future__ import annotations

from typing import Any

import pytest

from patrol.records import Assessment, Claim, ClaimKind
from patrol.scoring import Rulebook, assess

# text, grade, support, outside the source country since
PROVENANCE = [
    ("Provenance: Private collection, London, acquired before 1970.", "pre1970", "asserted", 1969),
    ("Ex German private collection, Munich, since the 1960s.", "pre1970", "asserted", 1969),
    ("Aus süddeutscher Privatsammlung, erworben vor 1970.", "pre1970", "asserted", 1969),
    ("Collection particulière parisienne, acquis avant 1972.", "1970_2000", "asserted", 1971),
    ("Collezione privata, Milano, anni '60.", "pre1970", "asserted", 1969),
    ("Colección privada, Madrid, adquirido en los años 60.", "pre1970", "asserted", 1969),
    ("Particuliere collectie, Amsterdam, verworven in de jaren zestig.", "pre1970", "asserted", 1969),
    ("Sammlung Dr. H. Müller, Zürich (1920-1998), erworben in den 1950er Jahren.", "pre1970", "asserted", 1959),
    ("Property of a Swiss gentleman, acquired in the early 1980s.", "1970_2000", "asserted", 1984),
    ("Ex collection Comte de X, Paris, 1955 - 1978.", "1970_2000", "asserted", 1978),
    ("Sotheby's, New York, 14 December 1978, lot 45; thence by descent.", "1970_2000", "cited", 1978),
    ("Auktion Gorny & Mosch 112, 2001, Los 234.", "post2000", "cited", 2001),
    ("Vente Drouot, Paris, 23 mai 1990, lot 312.", "1970_2000", "cited", 1990),
    ("Veiling Christie's Amsterdam, 5 juli 1995, kavel 234.", "1970_2000", "cited", 1995),
    ("Bought in Peshawar in the 1960s.", "pre1970", "asserted", None),
    ("Gekauft in Afghanistan in den 1970er Jahren.", "1970_2000", "asserted", None),
    ("Old European collection.", "vague", "asserted", None),
    ("From an old collection.", "vague", "asserted", None),
    ("In my family since 1950.", "pre1970", "asserted", None),
    ("Inv. no. 1234.", "vague", "cited", None),
    ("Ex. Honolulu collection.", "vague", "asserted", None),
    ("Copy of the invoice from 1992 is included.", "1970_2000", "asserted", None),
    ("Collecté dans les années 1950 par un ingénieur français.", "pre1970", "asserted", 1959),
    ("My uncle brought it home in 1946.", "pre1970", "asserted", None),
    ("Imported to Belgium in 2004.", "post2000", "asserted", 2004),
    ("Dealer stock from Afghanistan.", "none", "none", None),
    ("Private sale only.", "none", "none", None),
    ("The lady with the old necklace is Afghan work.", "none", "none", None),
    ("Provenance unknown.", "none", "none", None),
    ("No provenance.", "none", "none", None),
    ("Provenance: Gandhara, Swat Valley.", "none", "none", None),  # where it was found, not who owned it
    ("Comes with a certificate of authenticity and an Art Loss Register letter.", "none", "none", None),
    ("TL tested by Oxford Authentication in 1985.", "none", "none", None),
    ("Published: Arts of Asia, 1988, p. 34.", "none", "none", None),
    ("Bought at a flea market.", "none", "none", None),
    ("Height 20 cm. Shipping from 1970 stock numbers.", "none", "none", None),
]


def of(rulebook: Rulebook, offer: Any, description: str, title: str = "Gandharan Buddha head") -> Assessment:
    return assess(offer(title, description), rulebook)


def owned(assessment: Assessment) -> list[Claim]:
    return [claim for claim in assessment.claims if claim.kind is ClaimKind.PROVENANCE]


@pytest.mark.parametrize(("text", "grade", "support", "outside"), PROVENANCE)
def test_grade_support_and_place_are_read(
    rulebook: Rulebook, offer: Any, text: str, grade: str, support: str, outside: int | None
) -> None:
    assessment = of(rulebook, offer, text)
    assert (assessment.provenance_grade, assessment.provenance_support) == (grade, support)
    assert assessment.outside_source_since == outside


def test_the_contracts_example(rulebook: Rulebook, offer: Any) -> None:
    assessment = of(rulebook, offer, "Fine piece. It was bought in Peshawar in the 1960s by my uncle.")
    (claim,) = owned(assessment)
    assert (claim.span.quote, claim.from_year, claim.to_year, claim.place, claim.support) == (
        "bought in Peshawar in the 1960s",
        1960,
        1969,
        "Pakistan",
        "asserted",
    )
    (signal,) = [signal for signal in assessment.signals if signal.rule == "source-country-purchase"]
    assert signal.points > 0
    assert signal.span == claim.span


def test_each_change_of_hands_is_a_claim_of_its_own(rulebook: Rulebook, offer: Any) -> None:
    assessment = of(rulebook, offer, "Bought in Peshawar in the 1960s, then Christie's London, 12 June 1994, lot 12.")
    first, second = owned(assessment)
    assert (first.place, first.support, second.place, second.support) == ("Pakistan", "asserted", "United Kingdom", "cited")
    assert assessment.outside_source_since == 1994


def test_who_is_not_where(rulebook: Rulebook, offer: Any) -> None:
    claims = owned(of(rulebook, offer, "Estate of a Belgian diplomat stationed in Phnom Penh 1965-1970.", "Khmer head"))
    assert [claim.place for claim in claims] == ["Cambodia"]


@pytest.mark.parametrize(
    ("title", "text", "flagged"),
    [
        ("Khmer sandstone head", "Sotheby's, London, 12 June 1968, lot 123.", False),  # before 1993, cited
        ("Khmer sandstone head", "Private collection, London, since 1968.", True),  # merely asserted
        ("Khmer sandstone head", "Christie's, New York, 20 March 2002, lot 45.", True),  # too late
        ("Gandhara schist head", "Sotheby's, London, 12 June 1968, lot 123.", True),  # Pakistan: since 1947
        ("Gandhara schist head", "Sotheby's, London, 12 June 1938, lot 123.", False),
        ("Sumerian stone figure", "Hôtel Drouot, Paris, 3 mai 1985, lot 12.", False),  # Iraq: since 1990
        ("Egyptian ushabti", "Sotheby's, London, 9 July 1971, lot 7.", False),  # no row of its own: 1972
        ("Egyptian ushabti", "Sotheby's, London, 9 July 1973, lot 7.", True),
    ],
)
def test_only_a_cited_date_before_the_law_lowers(rulebook: Rulebook, offer: Any, title: str, text: str, flagged: bool) -> None:
    assert of(rulebook, offer, text, title).flagged is flagged


@pytest.mark.parametrize(
    ("title", "text", "rule"),
    [
        ("Gandhara schist head", "In a London collection since 1938. Exported from Pakistan in 1985.", "contradictory-export"),
        ("Khmer torso", "Galerie X, Paris, 1968; acheté à Phnom Penh en 1999.", "contradictory-export"),
        ("Gandhara schist head", "Bought in Peshawar in 1962. In a London collection since 1985.", None),
        ("Gandhara schist head", "In a London collection since 1960. Exported from France in 1985.", None),
        ("Halaf figurine, 5000 BC", "Metal detector find from Norfolk, England.", "contradictory-find-place"),
        ("Harappan terracotta bull", "Excavated in Germany in 1985.", "contradictory-find-place"),
        ("Gandhara head", "Dug up in a field near Peshawar.", None),
        ("Viking brooch", "Metal detector find from Norfolk, England.", None),
        ("Khmer bowl", "Found last year near the village. Old Belgian collection, 1960s.", "contradictory-history"),
        ("Khmer bowl", "Excavated in 1923. Old Belgian collection, 1960s.", None),
    ],
)
def test_contradictions_are_signals_of_their_own(rulebook: Rulebook, offer: Any, title: str, text: str, rule: str | None) -> None:
    found = [signal for signal in of(rulebook, offer, text, title).signals if signal.rule.startswith("contradictory-")]
    assert [signal.rule for signal in found] == ([rule] if rule else [])
    for signal in found:
        assert signal.points > 0
        assert signal.span is not None
        assert signal.span.quote in text


def test_the_pages_own_section_is_a_claim_as_a_whole(rulebook: Rulebook, offer: Any) -> None:
    (claim,) = assess(offer("Khmer head", None, provenance="Monsieur de V."), rulebook).claims
    assert (claim.kind, claim.span.quote, claim.span.field) == (ClaimKind.PROVENANCE, "Monsieur de V", "provenance")
    assert assess(offer("Khmer head", None, provenance="none given"), rulebook).provenance_support != "cited"
    dated = assess(offer("Khmer head", None, provenance="Galerie Kevorkian, Paris; Mr. B., Brussels, 1962"), rulebook)
    assert (dated.provenance_grade, dated.outside_source_since) == ("pre1970", 1962)


def test_finds_licences_and_papers_are_claims_of_their_kind(rulebook: Rulebook, offer: Any) -> None:
    text = "Found by a farmer while digging in 2019. Export licence no. 4567/1998. Certificate of authenticity."
    kinds = {claim.kind: claim for claim in of(rulebook, offer, text).claims}
    assert set(kinds) == {ClaimKind.FIND, ClaimKind.EXPORT_LICENCE, ClaimKind.AUTHENTICITY}
    assert kinds[ClaimKind.FIND].from_year == 2019
    assert kinds[ClaimKind.EXPORT_LICENCE].support == "cited"


AUTHENTICITY = [
    ("Museum-quality genuine Khmer head, not a replica", "", {"claimed_ancient", "unknown"}),
    ("Khmer head", "12th century. No copies, we sell originals.", {"claimed_ancient"}),
    ("Replica of a genuine Roman oil lamp", "", {"reproduction"}),
    ("Khmer head", "This is a replica, not an original.", {"reproduction"}),
    ("Khmer head", "Money back if it is proven to be a reproduction. 12th century.", {"claimed_ancient"}),
    ("Gandhara-Kopf, Museumskopie", "", {"reproduction"}),
    ("Tête khmère, moulage en résine", "", {"reproduction"}),
    ("Cabeza jemer, réplica", "", {"reproduction"}),
    ("Testa Gandhara, riproduzione", "", {"reproduction"}),
    ("Khmer kop, keine Replik", "12. Jahrhundert", {"claimed_ancient"}),
    ("Buddha head in the style of Gandhara", "", {"style_of"}),
    ("Roman style oil lamp", "", {"style_of"}),
    ("Buddhakopf im Stil der Gandhara-Kunst", "", {"style_of"}),
    ("Tête de Bouddha dans le goût du Gandhara", "", {"style_of"}),
    ("Khmer head, Baphuon style, 11th century", "", {"claimed_ancient"}),
    ("The Art of Gandhara, hardcover", "", {"modern"}),
    ("Egyptian tablet", "gelatin silver print\n1978", {"modern"}),
    ("Egyptian pendant, handmade sterling silver", "", {"modern"}),
    ("Egyptian limestone relief", "664-332 BC", {"claimed_ancient"}),
    ("Egyptian bronze cat on modern stand", "Late Period, 600 BC. New York collection.", {"claimed_ancient"}),
    ("Steel kettle", "", {"unknown"}),
    ("Achaemenid lion pendant, steel", "", {"modern"}),
    ("Achaemenid gold lion pendant, 5th century BC", "On a steel stand.", {"claimed_ancient"}),
    ("Borobudur Buddha head, lava stone, garden", "", {"modern"}),
    ("Borobudur Buddha head dug up in our garden, Java", "", {"unknown", "claimed_ancient"}),
    ("Gandhara Buddha statue decor", "", {"modern"}),
    ("Gandhara schist Buddha, decorative piece", "", {"unknown"}),
    ("Tang Dynastie Pferd, Porzellan, 60er Jahre", "", {"modern"}),
    ("Bactrian compartment seal, bronze stamp", "2000 BC", {"claimed_ancient"}),
    ("Egypt stamp 1925 Tutankhamun", "", {"modern"}),
]


@pytest.mark.parametrize(("title", "text", "expected"), AUTHENTICITY)
def test_scope_decides_what_it_is_offered_as(rulebook: Rulebook, offer: Any, title: str, text: str, expected: set[str]) -> None:
    assert assess(offer(title, text), rulebook).authenticity.value in expected
