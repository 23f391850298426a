"""The Object ID sheet: eleven fields, each quoted from the listing or inferred, none made up."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from patrol.records import Listing
from patrol.reports.objectid import FIELDS, completeness, sheet


def values(**fields: object) -> dict[str, str | None]:
    listing = Listing(marketplace="m", listing_id="1", url="https://m.example/1", **fields)
    return {value.field: value.value for value in sheet(listing, None, 0)}


def test_an_empty_listing_fills_nothing() -> None:
    listing = Listing(marketplace="m", listing_id="1", url="https://m.example/1")
    found = sheet(listing, None, 0)
    assert tuple(value.field for value in found) == FIELDS
    assert completeness(found) == 0
    assert all(value.source is None for value in found)


def test_attributes_in_several_languages_find_their_field() -> None:
    found = values(
        attributes=MappingProxyType({"Höhe": "23 cm", "Matière": "schiste", "Epoche": "Kuschan", "Kultur": "Gandhara"})
    )
    assert found["Measurements"] == "23 cm"
    assert found["Materials and techniques"] == "schiste"
    assert found["Date or period"] == "Kuschan"
    assert found["Maker or culture"] == "Gandhara"


def test_sizes_and_dates_are_quoted_from_the_text() -> None:
    found = values(title="Relief, 2nd-3rd century AD", description="Maße 12,5 x 8 cm. Inscribed on the base. A chip at the rim.")
    assert found["Date or period"] == "2nd-3rd century AD"
    assert found["Measurements"] == "12,5 x 8 cm"
    assert found["Inscriptions and markings"] == "Inscribed on the base."
    assert found["Distinguishing features"] == "A chip at the rim."


@pytest.mark.parametrize(
    ("text", "date", "size"),
    [
        ("Coppa, III mill. a.C., altezza cm 8,5", "III mill. a.C.", "cm 8,5"),
        ("Relief, 2.-3. Jh. n. Chr., 12 x 8 cm", "2.-3. Jh. n. Chr.", "12 x 8 cm"),
        ("Tête, IIe siècle apr. J.-C., H. 14,5 cm", "IIe siècle apr. J.-C.", "14,5 cm"),
        ("Печать, 2 тыс. до н.э.", "2 тыс. до н.э.", None),
        ("Seal, c. 2200-1800 BC, 30mm", "c. 2200-1800 BC", "30mm"),
        ("4 chairs, 2 tables", None, None),
    ],
)
def test_dates_and_sizes_in_several_languages(text: str, date: str | None, size: str | None) -> None:
    found = values(title=text)
    assert (found["Date or period"], found["Measurements"]) == (date, size)


def test_what_is_not_there_stays_empty() -> None:
    found = values(title="Old stone", description="Nice.")
    assert found["Measurements"] is None
    assert found["Subject"] is None
    assert found["Date or period"] is None
