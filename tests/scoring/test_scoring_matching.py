"""Terms as sellers write them: inflected, compounded, misspelt, disguised, in any script; and words that only look alike."""

from __future__ import annotations

from typing import Any

import pytest

from patrol.scoring import Rulebook, assess

FOUND = {
    "gandhara": [
        "Gandhara head",
        "Ghandara Buddha",
        "GANDHARAN schist",
        "Gandahran relief",
        "g a n d h a r a head",
        "Gandharakopf aus Schiefer",
        "gаndhаrа head",
        "ＧＡＮＤＨＡＲＡ",
        "Gāndhāra",
        "gan\u200bdhara",
        "tête gréco-bouddhique",
        "testa gandharica",
        "cabeza grecobudista",
        "gandharischer Kopf",
        "ガンダーラ 仏頭",
        "犍陀罗佛头",
        "голова Гандхара",
        "гандхарского искусства",
        "رأس غندهارة",
        "مجسمه گندهارا",
        "คันธาระ พระพุทธรูป",
        "Grieks-boeddhistische kop",
        "Swat stone figure, ancient",
        "Kushan terracotta",
    ],
    "bactria": [
        "Bactrian idol",
        "Bactrain weight",
        "baktrische Säule",
        "idole bactrienne",
        "statuetta battriana",
        "figura bactriana",
        "BMAC seal",
        "бактрийская печать",
        "バクトリア",
        "Baktrisches Gewicht",
    ],
    "khmer": [
        "Kmer head",
        "Kh mer bronze",
        "tête khmère",
        "cabeza jemer",
        "Khmerkopf aus Sandstein",
        "style du Baphuon",
        "Bayon style head",
        "クメール 石像",
        "ศิลปะเขมร",
        "រូបចម្លាក់ខ្មែរ",
        "кхмерская статуя",
    ],
    "indus": ["Indus Valley bowl", "Gefäß der Induskultur", "vallée de l'Indus", "Mehrgarh idol"],
    "iran": ["Luristan bronze", "Luristain dagger", "Achemenid bowl", "sasanidisches Siegel"],
    "egypt": ["Egyptian ushabti", "ägyptisches Uschebti", "oushebti égyptien", "statuetta egizia", "египетский скарабей"],
    "peru": ["vasija moche", "Chimu vessel", "Chancay doll", "vase Nazca"],
    "china": ["Tang dynasty horse", "Tang pottery horse", "唐三彩 马", "Han-Dynastie Gefäß"],
}
NOT_FOUND = {
    "gandhara": ["Gandharva statue", "Gandhara album vinyl", "SWAT team patch", "Swatch watch", "Gandalf figure"],
    "bactria": ["Bactrian camel", "bacterial culture", "bacterian test kit", "chameau de Bactriane"],
    "khmer": ["Khmer Rouge trial", "Angkor beer mug", "bayonet M1", "Kilmer poems", "Rote Khmer Buch"],
    "china": ["Han Solo figure", "Wu-Tang Clan shirt", "Tang toothpaste", "bone china plate"],
    "maya": ["Autodesk Maya licence", "Maya Angelou poems", "Biene Maya Figur"],
    "peru": ["Inca tern photo", "mochila escolar", "Inca Kola", "film moche"],
    "roman": ["Roman numeral clock", "Roman shade", "Roman Polanski DVD", "un roman policier", "Times New Roman"],
    "iran": ["Persian cat", "Persian rug", "Partie de cartes", "il parti hier"],
    "nok": ["NOK to EUR", "100 NOK banknote"],
    "ife_benin": ["Benin flag", "Republic of Benin stamp"],
    "greek": ["Greek yogurt", "Attic stairs", "found in our attic"],
    "india": ["Indian motorcycle", "Indian head penny"],
    "egypt": ["Egyptian cotton sheets", "Egyptian Mau kitten"],
}


@pytest.mark.parametrize(("culture", "title"), [(culture, title) for culture, titles in FOUND.items() for title in titles])
def test_a_culture_is_found(rulebook: Rulebook, offer: Any, culture: str, title: str) -> None:
    assert culture in assess(offer(title), rulebook).cultures


@pytest.mark.parametrize(("culture", "title"), [(culture, title) for culture, titles in NOT_FOUND.items() for title in titles])
def test_a_word_that_looks_alike_is_none(rulebook: Rulebook, offer: Any, culture: str, title: str) -> None:
    assert culture not in assess(offer(title), rulebook).cultures


def test_parts_of_a_compound_are_quoted_alone(rulebook: Rulebook, offer: Any) -> None:
    assessment = assess(offer("Schieferkopf eines Bodhisattva, Gandhara"), rulebook)
    assert assessment.materials == ("schist",)
    assert "sculpture" in assessment.object_types
    quotes = {span.quote for s in assessment.signals for span in ((s.span,) if s.span else ()) + s.also}
    assert {"Schiefer", "kopf", "Gandhara"} <= quotes


def test_a_foreign_term_carries_its_gloss(rulebook: Rulebook, offer: Any) -> None:
    assessment = assess(offer("犍陀罗佛头"), rulebook)
    (signal,) = [s for s in assessment.signals if s.rule == "gandhara-terms"]
    assert signal.span is not None
    assert (signal.span.quote, signal.span.gloss) == ("犍陀罗", "Gandhara")


def test_a_misspelling_says_how_near_it_is(rulebook: Rulebook, offer: Any) -> None:
    (signal,) = [s for s in assess(offer("Gandahran schist"), rulebook).signals if s.rule == "gandhara-terms"]
    assert signal.via.startswith("fuzzy:")
    assert int(signal.via.removeprefix("fuzzy:")) >= 80


def test_facts_are_filled_where_nothing_scores(rulebook: Rulebook, offer: Any) -> None:
    assessment = assess(offer("Glass vase", "Provenance: private collection, Paris, 1965."), rulebook)
    assert assessment.score == 0
    assert assessment.object_types == ("vessel",)
    assert assessment.materials == ("glass",)
    assert assessment.provenance_grade == "pre1970"


def test_text_of_other_places_counts_as_such(rulebook: Rulebook, offer: Any) -> None:
    assert assess(offer("Stone head", None, attributes={"Culture": "Khmer"}), rulebook).cultures == ("khmer",)
    assert assess(offer("Stone head", None, category=("Antiquities", "Khmer")), rulebook).cultures == ("khmer",)
    assert assess(offer("Stone head", None, location="Phnom Penh, Cambodia"), rulebook).cultures == ()
