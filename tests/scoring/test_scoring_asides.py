"""What a telling word is said of: the same word beside a stand, a paper or a repair, and said of the object itself."""

from __future__ import annotations

from typing import Any

import pytest

from patrol.records import Authenticity
from patrol.scoring import Rulebook, assess

ASIDE = [
    ("Gandhara schist head on a modern stand", None),
    ("Luristan bronze pin, the base is modern", None),
    ("Tête khmère en grès, socle moderne", None),
    ("Testa di Buddha, Gandhara, montata su base moderna", None),
    ("Gandhara-Kopf, Schiefer, auf neuem Holzsockel", None),
    ("Egyptian scarab set in modern gold", None),
    ("Moche vessel", "Spout filled with coloured resin. Peru, 400 AD."),
    ("Nok head, terracotta", "TL report (copy) on request."),
    ("Khmer lintel", "Eine Kopie der Ausfuhrgenehmigung liegt bei."),
    ("Ushabti, Egyptian faience", "Reproduction des photos interdite."),
    ("Mayan bowl", "Published in a catalogue of 1985 and illustrated in the book of the collection."),
    ("Khmer head, Bayon style, late 12th century", None),
    ("Rilievo in stile gandharico, II sec. d.C.", None),
    ("Gandhara relief with the old export paper", None),
    ("Nazca bowl", "Unlike the copies in the shops of Lima this one is old."),
    ("Bactrian axe", "Brought home by my uncle, who was there around 1962."),
]
SAID_OF_IT = [
    ("Modern Gandhara head on a stand", Authenticity.MODERN),
    ("Replica Luristan bronze pin", Authenticity.REPRODUCTION),
    ("Copy of a Sumerian tablet, certificate included", Authenticity.REPRODUCTION),
    ("Khmer Buddha, resin, on wooden base", Authenticity.REPRODUCTION),
    ("Cambodia Buddha bust resin wood base", Authenticity.REPRODUCTION),
    ("Bronze inspired by Gandhara, 2nd century look", Authenticity.STYLE_OF),
    ("Buddha head in the style of Gandhara", Authenticity.STYLE_OF),
    ("Khmer style Buddha made in the 1990s", Authenticity.STYLE_OF),
    ("The book of Gandhara, with plates", Authenticity.MODERN),
]


@pytest.mark.parametrize(("title", "description"), ASIDE)
def test_a_word_said_of_something_beside_the_object_is_no_verdict(
    rulebook: Rulebook, offer: Any, title: str, description: str | None
) -> None:
    assert assess(offer(title, description), rulebook).authenticity in (Authenticity.UNKNOWN, Authenticity.CLAIMED_ANCIENT)


@pytest.mark.parametrize(("title", "verdict"), SAID_OF_IT)
def test_the_same_word_said_of_the_object_is(rulebook: Rulebook, offer: Any, title: str, verdict: Authenticity) -> None:
    assert assess(offer(title), rulebook).authenticity is verdict


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("My cousin found it while working in the field.", True),
        ("Elle a été trouvée par un paysan dans son champ.", True),
        ("Lo encontró mi tío, encontrado en una cueva.", True),
        ("Gefunden von Bauern auf einem Acker.", True),
        ("Found at a flea market in Lyon.", False),
        ("I found it. The field of collecting is large.", False),
        ("It was not found in the ground.", False),
    ],
)
def test_a_find_needs_its_ground(rulebook: Rulebook, offer: Any, description: str, found: bool) -> None:
    signals = assess(offer("Khmer bowl", description), rulebook).signals
    assert any(signal.rule == "fresh-find" and signal.points == 25 for signal in signals) is found
