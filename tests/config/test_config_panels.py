"""Panels of the overview: the shipped ones are valid, a unit's own stand instead, every fault has its file and line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_args

import pytest

from patrol.config import load, shipped
from patrol.config.home import Home
from patrol.config.panel import CHOICES, DateField, FilterField, NumberField, TermField
from patrol.errors import ConfigError
from patrol.search.fields import DATES, FIELDS, NUMBERS, Kind
from patrol.search.index import FACETS, HISTOGRAMS

PANEL = """\
place: 1
title: Flagged by culture
question: Which cultures?
aggregation:
  kind: terms
  field: culture
  where: {band: [review, high]}
chart: bars
"""


def faults(home: Path, text: str) -> list[str]:
    folder = home / "dashboards"
    folder.mkdir(exist_ok=True)
    (folder / "mine.yml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(Home(home))
    return [str(fault) for fault in caught.value.faults]


def test_a_home_without_panels_sees_the_shipped_ones_in_their_order(home: Path) -> None:
    panels = load(Home(home)).panels
    assert [panel.name for panel in panels] == sorted(
        (path.stem for path in shipped("dashboards").glob("*.yml")),
        key=lambda name: (next(panel.place for panel in panels if panel.name == name), name),
    )
    assert [panel.place for panel in panels] == sorted(panel.place for panel in panels)
    assert {panel.aggregation.kind for panel in panels} == {"count", "terms", "dates", "numbers"}


def test_a_units_own_panels_stand_instead(home: Path) -> None:
    shutil.copytree(shipped("dashboards"), home / "dashboards")
    for path in (home / "dashboards").glob("*.yml"):
        path.unlink()
    (home / "dashboards" / "mine.yml").write_text(PANEL)
    (panel,) = load(Home(home)).panels
    assert (panel.name, panel.title, panel.aggregation.where) == ("mine", "Flagged by culture", {"band": ("review", "high")})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("field: culture", "field: cultur"), "dashboards/mine.yml:6: "),
        (("kind: terms", "kind: pie"), "dashboards/mine.yml:4: "),
        (("  field: culture\n", ""), "dashboards/mine.yml:4: 'field' is missing"),
        (("where: {band: [review, high]}", "where: {band: [review, tall]}"), "dashboards/mine.yml:7: "),
        (("where: {band: [review, high]}", "where: {band: []}"), "dashboards/mine.yml:7: "),
        (("where: {band: [review, high]}", "where: {bend: [review]}"), "dashboards/mine.yml:7: "),
        (("where: {band: [review, high]}", "where: {culture: [k*]}"), "dashboards/mine.yml:7: "),
        (("where: {band: [review, high]}", "where: {culture: [nowhere]}"), "dashboards/mine.yml:7: no lexicon 'nowhere'"),
        (("where: {band: [review, high]}", "where: {rule: [none-such]}"), "dashboards/mine.yml:7: no rule 'none-such'"),
        (("where: {band: [review, high]}", "most: 0"), "dashboards/mine.yml:7: "),
        (("where: {band: [review, high]}", "interval: week"), "dashboards/mine.yml:7: unknown key 'interval'"),
        (("chart: bars", "chart: columns"), "dashboards/mine.yml:1: terms cannot be drawn as columns, only as bars"),
        (("chart: bars", "chart: bars\nquery: x"), "dashboards/mine.yml:9: unknown key 'query'"),
        (
            ("terms\n  field: culture", "numbers\n  field: score\n  edges: [0, 50, 40]"),
            "dashboards/mine.yml:7: aggregation.numbers.edges: must ascend, and 40 stands after 50",
        ),
    ],
)
def test_a_fault_has_its_file_and_line(home: Path, change: tuple[str, str], says: str) -> None:
    changed = PANEL.replace(*change)
    assert changed != PANEL
    found = faults(home, changed)
    assert len(found) == 1
    assert found[0].startswith(says), found


def test_the_fields_named_are_those_that_the_index_counts() -> None:
    assert get_args(TermField) == FACETS
    assert set(get_args(DateField)) == DATES
    assert set(get_args(NumberField)) == NUMBERS
    assert set(HISTOGRAMS) <= DATES | NUMBERS
    for name in get_args(FilterField):
        assert name in FIELDS
        if FIELDS[name].kind is not Kind.FLAG and name != "status":  # there the desk's words are a second field
            assert CHOICES.get(name, ()) == FIELDS[name].choices, name
    assert set(CHOICES["status"]) <= set(FIELDS["status"].choices)
