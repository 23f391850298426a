"""The Object ID sheet of one listing: eleven fields of the museum standard, each with where its value comes from.

The desk shows how many of the eleven are filled, exports print the sheet. Values are quoted from the listing (a statement
of whoever offers) or drawn from its text by scoring (an assessment); nothing is guessed, an absent field stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from patrol.records import Assessment, Listing
from patrol.text import fold

FIELDS = (
    "Photographs",
    "Type of object",
    "Measurements",
    "Materials and techniques",
    "Inscriptions and markings",
    "Date or period",
    "Maker or culture",
    "Subject",
    "Title",
    "Distinguishing features",
    "Description",
)
LONGEST = 600  # characters of one value on the sheet

# Names of attributes as marketplaces write them, folded; the beginning of a word is enough.
_WORDS = {
    "Type of object": "object type, type, objekt, art des, gegenstand, tipo, soort",
    "Measurements": (
        "dimension, measure, size, height, width, length, diameter, depth, weight, masse, mass, grosse, hohe, "
        "breite, lange, gewicht, durchmesser, hauteur, largeur, longueur, poids, taille, altezza, larghezza, "
        "peso, dimensioni, dimensiones, altura, ancho, medidas, afmeting, hoogte, breedte"
    ),
    "Materials and techniques": "material, technique, technik, matiere, materiau, materiale, materiaal, tecnica, medium",
    "Inscriptions and markings": "inscription, mark, signature, signed, inschrift, signatur, iscrizione, inscripcion, opschrift",
    "Date or period": (
        "date, period, age, century, era, epoch, datierung, epoche, zeit, jahrhundert, siecle, epoque, "
        "datation, periodo, epoca, secolo, siglo, periode, tijdperk, eeuw, year"
    ),
    "Maker or culture": (
        "culture, maker, artist, civilization, civilisation, kultur, kunstler, cultura, cultuur, artista, kunstenaar"
    ),
    "Subject": "subject, motif, theme, motiv, thema, sujet, soggetto, tema, onderwerp",
    "Distinguishing features": "feature, condition, damage, restoration, zustand, etat, condizion, estado, staat, conservazione",
}
_NAMED = {name: tuple(words.split(", ")) for name, words in _WORDS.items()}

_NUMBER = r"\d+(?:[.,]\d+)?"
_UNIT = r"(?:cm|mm|m|in(?:ch(?:es)?)?|\"|″|ft|kg|g(?:r(?:ams?)?)?|lbs?|oz)"
_TIMES = rf"(?:\s*[x×*]\s*{_NUMBER}(?:\s*{_UNIT})?){{0,2}}"
_COUNT = r"(?:\d{1,2}(?:st|nd|rd|th|\.|er?)?|[IVX]{1,5}(?:er?|è|ème)?)"
_AGE = (
    r"(?:century|centuries|c\.|millennium|Jahrhunderts?|Jh\.?|Jahrtausends?|Jtsd\.?|siècle|millénaire|sec(?:olo|\.)"
    r"|mill(?:ennio|\.)|siglo|milenio|eeuw|века?|тыс\.?)"
)
_ERA = (
    r"(?:BCE?|CE|AD|a\.?\s?C\.?|d\.?\s?C\.?|av\.?\s?J\.?-?\s?C\.?|apr?\.?\s?J\.?-?\s?C\.?|v\.?\s?Chr\.?|n\.?\s?Chr\.?"
    r"|до\s?н\.?\s?э\.?|н\.?\s?э\.?)"
)
_QUOTED = {
    "Measurements": re.compile(
        rf"{_NUMBER}(?:\s*{_UNIT})?{_TIMES}\s*{_UNIT}(?!\w)|\b(?:cm|mm)\.?\s*{_NUMBER}{_TIMES}", re.IGNORECASE
    ),
    "Date or period": re.compile(
        rf"\b{_COUNT}(?:\s*[-–/]\s*{_COUNT})?\s*{_AGE}(?:\s*{_ERA}(?!\w))?"
        rf"|\b(?:c(?:irca|a)?\.?\s*)?\d{{1,4}}(?:\s*[-–]\s*\d{{1,4}})?\s*{_ERA}(?!\w)",
        re.IGNORECASE,
    ),
}
_SENTENCES = {
    "Inscriptions and markings": re.compile(
        r"inscri|signed|signature|inschrift|signiert|iscrizion|firmat|firmad|opschrift|hallmark|stamped", re.IGNORECASE
    ),
    "Distinguishing features": re.compile(
        r"\b(?:chip|crack|repair|restor|damage|missing|loss(?:es)?\b|broken|fragment|encrust|patina|riss|bruch|beschädig|bestoß|fehl(?:t|en|stelle)"
        r"|ébréch|fissur|manque|cassé|rotura|grieta|crepa|scheggi|beschadig|barst)",
        re.IGNORECASE,
    ),
}
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?=\s|$)|\n|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One field of the sheet; `source` in words, `fact` True where the listing itself states it, False where it was inferred."""

    field: str
    value: str | None
    source: str | None
    fact: bool


def sheet(listing: Listing, assessment: Assessment | None, pictures: int) -> tuple[Value, ...]:
    """All eleven fields in the standard's order; `pictures` is the number held in the store."""
    return tuple(_value(name, listing, assessment, pictures) for name in FIELDS)


def completeness(values: Sequence[Value]) -> int:
    """How many of the eleven have a value."""
    return sum(value.value is not None for value in values)


def _value(name: str, listing: Listing, assessment: Assessment | None, pictures: int) -> Value:
    for value, source, fact in _candidates(name, listing, assessment, pictures):
        if value and value.strip():
            text = " ".join(value.split()) if name != "Description" else value.strip()
            return Value(field=name, value=text[:LONGEST] + ("…" if len(text) > LONGEST else ""), source=source, fact=fact)
    return Value(field=name, value=None, source=None, fact=False)


def _candidates(
    name: str, listing: Listing, assessment: Assessment | None, pictures: int
) -> Iterator[tuple[str | None, str, bool]]:
    """Values for one field with their source, the best first."""
    if name == "Photographs":
        yield (f"{pictures} held" if pictures else None), "pictures of the listing, by content hash", True
        return
    if name == "Title":
        yield listing.title, "listing, title", True
        return
    if name == "Description":
        yield listing.description, "listing, description", True
        return
    yield from _from_attributes(name, listing)
    yield from _from_scoring(name, assessment)
    yield from _from_text(name, listing)
    if name == "Distinguishing features":
        yield listing.condition, "listing, condition", True


def _from_attributes(name: str, listing: Listing) -> Iterator[tuple[str, str, bool]]:
    named = [(key, value) for key, value in listing.attributes.items() if fold(key).strip().startswith(_NAMED.get(name, ()))]
    if named:
        joined = "; ".join(f"{key}: {value}" if len(named) > 1 else value for key, value in named)
        yield joined, f"listing, {', '.join(key for key, _ in named)}", True


def _from_scoring(name: str, assessment: Assessment | None) -> Iterator[tuple[str, str, bool]]:
    if assessment is None:
        return
    found: dict[str, Iterable[str]] = {
        "Type of object": assessment.object_types,
        "Materials and techniques": assessment.materials,
        "Maker or culture": assessment.cultures,
    }
    if found.get(name):
        yield ", ".join(value.replace("-", " ").replace("_", " ") for value in found[name]), "terms in the text", False


def _from_text(name: str, listing: Listing) -> Iterator[tuple[str, str, bool]]:
    texts = (("title", listing.title or ""), ("description", listing.description or ""))
    for field, text in texts:
        if name in _QUOTED:
            quotes = list(dict.fromkeys(match.group().strip() for match in _QUOTED[name].finditer(text)))[:4]
            yield "; ".join(quotes), f"listing, {field}, quoted", True
        if name in _SENTENCES:
            sentences = [match.group().strip() for match in _SENTENCE.finditer(text) if _SENTENCES[name].search(match.group())]
            yield " ".join(sentences[:3]), f"listing, {field}, quoted", True
