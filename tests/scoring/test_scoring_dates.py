"""Dates of making and years of ownership, as museums, dealers and families write them."""

from __future__ import annotations

import pytest

from patrol.scoring.dates import dates
from patrol.scoring.years import years
from patrol.text import fold

MAKING = [
    ("3rd century", 200, 299),
    ("664-332 BC", -664, -332),
    ("IIIe - IVe siècle ap. J.-C.", 200, 399),
    ("2.-3. Jh. n. Chr.", 100, 299),
    ("siglo III a.C.", -300, -201),
    ("secolo IV d.C.", 300, 399),
    ("4e eeuw v. Chr.", -400, -301),
    ("3rd-4th c. AD", 200, 399),
    ("A.D. 100-300", 100, 300),
    ("3. Jahrtausend v. Chr.", -3000, -2001),
    ("2e millénaire av. J.-C.", -2000, -1001),
    ("800 BCE - 200 CE", -800, 200),
    ("2000 years old", -100, 100),
    ("über 2.000 Jahre alt", -100, 100),
    ("V в. до н.э.", -500, -401),
    ("ca. 1880-90", 1880, 1890),
    ("1978", 1978, 1978),
    ("Late Classic, 800-900", 800, 900),
    ("Marajoara urn 1000-1400", 1000, 1400),
    ("terracotta plaque 2nd BC", -200, -101),
    ("bronze bull 1st BC-2nd AD", -100, 199),
    ("linteau, grès, XIIe", 1100, 1199),
    ("bronze, Bénin, XXe", 1900, 1999),
    ("figura 3000 aC", -3000, -3000),
    ("années 80", 1980, 1989),
    ("anni '70", 1970, 1979),
    ("60er Jahre", 1960, 1969),
]
NONE = [
    "no date",
    "art et vie, 3 kg",
    "my 2nd bicycle",
    "jaren lang",
    "sizes 36-42",
    "15 x 12 cm, 1200 g",
    "size 12 c. 5 cm",
    "lot 1200",
    "phone 020 7946 0123",
]
OWNED = [
    ("in the 1960s", 1960, 1969),
    ("avant 1972", None, 1971),
    ("vor 1970", None, 1969),
    ("anni '60", 1960, 1969),
    ("anni sessanta", 1960, 1969),
    ("since 1965", 1965, None),
    ("depuis 1950", 1950, None),
    ("1960er Jahre", 1960, 1969),
    ("années 1960", 1960, 1969),
    ("los años 60", 1960, 1969),
    ("jaren zestig", 1960, 1969),
    ("late 1960s", 1965, 1969),
    ("pre-1970", None, 1969),
    ("until April 1, 1973", None, 1973),
    ("12.06.1994, Los 1960", 1994, 1994),
    ("between 1950 and 1962", 1950, 1962),
    ("before the war", None, 1939),
    ("XIXe siècle", 1800, 1899),
    ("after 1970", 1971, None),
]


@pytest.mark.parametrize(("text", "low", "high"), MAKING)
def test_when_a_thing_was_made(text: str, low: int, high: int) -> None:
    found = list(dates(fold(text)))
    assert (min(date.from_year for date in found), max(date.to_year for date in found)) == (low, high)


@pytest.mark.parametrize("text", NONE)
def test_numbers_that_are_no_dates(text: str) -> None:
    assert list(dates(fold(text))) == []


@pytest.mark.parametrize(("text", "low", "high"), OWNED)
def test_when_it_was_owned(text: str, low: int | None, high: int | None) -> None:
    assert [(year.from_year, year.to_year) for year in years(fold(text))] == [(low, high)]


@pytest.mark.parametrize("text", ["[1898-1973]", "(1920–1998)", "lot 1960", "inv. 1965", "€ 1970", "1970 x 30 cm"])
def test_lives_lots_and_measures_are_no_years_of_ownership(text: str) -> None:
    assert years(fold(text)) == []
