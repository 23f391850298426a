"""Kibana's saved objects: the shape of real exports, every reference leads to an object, every field is one of the mapping.

Nothing here asks a running Kibana. Where an Elasticsearch is given, each exported query and its buckets are run there and
give the numbers of the desk.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from search_backends import BACKENDS, dropped, elastic_address
from search_world import ANYONE, some_listings

from patrol.config import load
from patrol.config.home import Home
from patrol.config.panel import Panel
from patrol.records import ProvenanceSupport
from patrol.reports.kibana import VERSIONS, lines, saved_objects
from patrol.reports.kibana_lens import kql
from patrol.search.documents import Shelf
from patrol.search.elastic_client import Address, Credentials, connect
from patrol.search.elastic_mapping import mapping
from patrol.search.index import Index, Query
from patrol.web.panels import tally_of

ROOT = Path(__file__).resolve().parents[2]
PANELS = load(Home(ROOT)).panels
# what exports of Kibana carry of each sort, as far as we write it
KNOWN = {
    "index-pattern": {
        "title",
        "name",
        "timeFieldName",
        "sourceFilters",
        "fields",
        "fieldAttrs",
        "fieldFormatMap",
        "runtimeFieldMap",
        "typeMeta",
    },
    "search": {
        "title",
        "description",
        "columns",
        "sort",
        "grid",
        "hideChart",
        "isTextBasedQuery",
        "timeRestore",
        "kibanaSavedObjectMeta",
    },
    "lens": {"title", "description", "visualizationType", "state"},
    "dashboard": {
        "title",
        "description",
        "version",
        "timeRestore",
        "timeFrom",
        "timeTo",
        "refreshInterval",
        "optionsJSON",
        "panelsJSON",
        "kibanaSavedObjectMeta",
    },
}
STATE = {"visualization", "query", "filters", "datasourceStates", "internalReferences", "adHocDataViews"}
KIND_OF = {"terms": "keyword", "date_histogram": "date", "range": "long"}


@pytest.fixture(scope="module")
def exported() -> list[dict[str, Any]]:
    """The export read back as Kibana would read it."""
    return [json.loads(line) for line in lines(saved_objects(PANELS, "unit-nl")).splitlines()]


def objects(exported: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [one for one in exported if one.get("type") == kind]


def fields() -> dict[str, str]:
    """Every field of the listings' mapping and its type."""
    found: dict[str, str] = {}

    def walk(properties: dict[str, Any], above: str) -> None:
        for name, one in properties.items():
            if "type" in one:
                found[above + name] = one["type"]
            walk(one.get("properties", {}), f"{above}{name}.")

    walk(mapping(Shelf.LISTINGS)["properties"], "")
    return found


def test_one_data_view_searches_a_lens_panel_each_and_one_dashboard(exported: list[dict[str, Any]]) -> None:
    *found, closing = exported
    assert [len(objects(found, kind)) for kind in ("index-pattern", "search", "lens", "dashboard")] == [1, 3, len(PANELS), 1]
    assert closing == {
        "excludedObjects": [],
        "excludedObjectsCount": 0,
        "exportedCount": len(found),
        "missingRefCount": 0,
        "missingReferences": [],
    }
    assert objects(found, "index-pattern")[0]["attributes"]["title"] == "unit-nl-listings"
    assert {one["attributes"]["title"] for one in objects(found, "lens")} == {panel.title for panel in PANELS}


def test_every_object_has_the_shape_of_its_sort(exported: list[dict[str, Any]]) -> None:
    for one in exported[:-1]:
        assert one.keys() == {"id", "type", "attributes", "references", "managed", "coreMigrationVersion", "typeMigrationVersion"}
        assert one["attributes"].keys() == KNOWN[one["type"]]
        assert one["typeMigrationVersion"] == VERSIONS[one["type"]]
        for reference in one["references"]:
            assert reference.keys() == {"id", "name", "type"}
    for name in ("sourceFilters", "fieldAttrs", "fields", "fieldFormatMap", "runtimeFieldMap", "typeMeta"):
        json.loads(objects(exported, "index-pattern")[0]["attributes"][name])


def test_every_reference_leads_to_an_object_that_stands_before(exported: list[dict[str, Any]]) -> None:
    known: set[tuple[str, str]] = set()
    for one in exported[:-1]:
        for reference in one["references"]:
            assert (reference["type"], reference["id"]) in known, one["id"]
        assert (one["type"], one["id"]) not in known
        known.add((one["type"], one["id"]))
    assert len({name for _, name in known}) == len(known)


def test_ids_stay_the_same_so_that_a_second_import_replaces(exported: list[dict[str, Any]]) -> None:
    again = saved_objects(PANELS, "unit-nl")
    assert [one["id"] for one in again] == [one["id"] for one in exported[:-1]]
    assert not {one["id"] for one in again} & {one["id"] for one in saved_objects(PANELS, "unit-de")}


def test_the_dashboard_places_every_panel_without_overlap(exported: list[dict[str, Any]]) -> None:
    (dashboard,) = objects(exported, "dashboard")
    named = {reference["name"]: reference for reference in dashboard["references"]}
    panels = json.loads(dashboard["attributes"]["panelsJSON"])
    assert len(panels) == len(PANELS) + 1 == len(named)
    for panel in panels:
        assert panel["gridData"]["i"] == panel["panelIndex"]
        assert named[f"{panel['panelIndex']}:{panel['panelRefName']}"]["type"] == panel["type"]
        assert panel["gridData"]["x"] + panel["gridData"]["w"] <= 48
    for one, other in combinations([panel["gridData"] for panel in panels], 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    for name in ("optionsJSON", "panelsJSON"):
        json.loads(dashboard["attributes"][name])
    json.loads(dashboard["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])


def test_a_lens_panel_is_whole_in_itself(exported: list[dict[str, Any]]) -> None:
    known = fields()
    for one in objects(exported, "lens"):
        state = one["attributes"]["state"]
        assert state.keys() == STATE
        ((layer_id, layer),) = state["datasourceStates"]["formBased"]["layers"].items()
        assert [reference["name"] for reference in one["references"]] == [f"indexpattern-datasource-layer-{layer_id}"]
        columns = layer["columns"]
        assert sorted(layer["columnOrder"]) == sorted(columns)
        assert [columns[name]["isBucketed"] for name in layer["columnOrder"]] == sorted(
            (column["isBucketed"] for column in columns.values()), reverse=True
        )
        seen = state["visualization"]
        if one["attributes"]["visualizationType"] == "lnsMetric":
            assert (seen["layerId"], seen["metricAccessor"] in columns) == (layer_id, True)
        else:
            (drawn,) = seen["layers"]
            assert {drawn["xAccessor"], *drawn["accessors"]} == columns.keys()
            assert drawn["layerId"] == layer_id
            assert drawn["seriesType"] == seen["preferredSeriesType"]
        for column in columns.values():
            if column["operationType"] == "count":
                assert column["sourceField"] == "___records___"
            else:
                assert known[column["sourceField"]] == KIND_OF[column["operationType"]]
            if column["operationType"] == "terms":
                assert column["params"]["orderBy"]["columnId"] in columns


def test_every_field_that_is_asked_or_shown_is_in_the_mapping(exported: list[dict[str, Any]]) -> None:
    known = fields()
    queries = [one["attributes"]["state"]["query"] for one in objects(exported, "lens")]
    for one in objects(exported, "search"):
        source = json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
        assert source["indexRefName"] in {reference["name"] for reference in one["references"]}
        assert set(one["attributes"]["columns"]) <= known.keys()
        queries.append(source["query"])
    for query in queries:
        assert query["language"] == "kuery"
        assert query["query"].startswith("everyone : true and gone : false")
        for name in re.findall(r"([\w.]+) (?::|>=|<=)", query["query"]):
            assert name in known, query


def test_filters_in_kibanas_language() -> None:
    assert kql({}) == "everyone : true and gone : false"
    assert kql({"picture_match": ("no",), "changed": ("yes", "no")}).endswith("and not picture_match : true")
    assert kql({"rule": ('odd "name" \\',)}).endswith('low.rule : ("odd \\"name\\" \\\\")')


# ---------------------------------------------------------------------------------------------------------------------
# the same numbers as the desk


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Index, Any, str]]:
    place = tmp_path_factory.mktemp("kibana")
    address = Address.read(elastic_address(place))
    index = BACKENDS["elastic"](place)
    rnd = random.Random(8)
    recent = datetime.now(UTC)
    index.write(
        [
            replace(
                one,
                object_types=tuple(rnd.sample(["coin", "relief"], rnd.randint(0, 2))),
                provenance_support=rnd.choice(list(ProvenanceSupport)),
                score=rnd.randint(0, 100),
                first_seen=recent - timedelta(days=rnd.randint(0, 300)),
                price_eur=rnd.choice([None, rnd.randint(0, 9_000_000)]),
            )
            for one in some_listings(250, seed=5)
        ]
    )
    with connect(address, Credentials()) as client:
        yield index, client, f"{address.prefix}-listings"
    index.close()
    dropped(place)


def lucene(query: str) -> dict[str, Any]:
    """What we use of Kibana's query language, as Lucene's: the same words, written otherwise."""
    text = re.sub(r" (and|or|not) ", lambda found: found[0].upper(), re.sub(r" : ", ":", query))
    return {"query_string": {"query": re.sub(r" (>=|<=) ", r":\1", text)}}


@pytest.mark.elastic
@pytest.mark.parametrize("panel", PANELS, ids=[panel.name for panel in PANELS])
def test_an_exported_panel_counts_what_the_desk_counts(filled: tuple[Index, Any, str], panel: Panel) -> None:
    index, client, alias = filled
    (lens,) = [one for one in saved_objects((panel,), "x") if one["type"] == "lens"]
    state = lens["attributes"]["state"]
    column = state["datasourceStates"]["formBased"]["layers"]["listings"]["columns"].get("by")
    asked = lucene(state["query"]["query"])
    (counts,) = index.tally([tally_of(panel)], ANYONE)
    if column is None:
        assert client.count(index=alias, query=asked)["count"] == counts[0].count
        return
    interval = f"1{column['params'].get('interval')}"
    aggregation = {
        "terms": lambda: {"terms": {"field": column["sourceField"], "size": 1000}},
        "date_histogram": lambda: {"date_histogram": {"field": column["sourceField"], "calendar_interval": interval}},
        "range": lambda: {
            "range": {
                "field": column["sourceField"],
                "ranges": [
                    {edge: one[edge] for edge in ("from", "to") if one[edge] is not None} for one in column["params"]["ranges"]
                ],
            }
        },
    }[column["operationType"]]()
    answer = client.search(index=alias, size=0, query=asked, aggs={"by": aggregation})
    buckets = [bucket["doc_count"] for bucket in answer["aggregations"]["by"]["buckets"] if bucket["doc_count"]]
    assert sum(buckets) > 0
    assert sorted(buckets) == sorted(count.count for count in counts if count.value and count.count)


@pytest.mark.elastic
def test_an_exported_search_finds_what_the_desk_finds(filled: tuple[Index, Any, str]) -> None:
    index, client, alias = filled
    for one in saved_objects((), "x"):
        if one["type"] == "search" and one["id"] != "x-search-ending":
            query = json.loads(one["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])["query"]["query"]
            where = {"band": ("review", "high")} | ({"desk": ("open",)} if "desk" in query else {})
            found = client.count(index=alias, query=lucene(query))["count"]
            assert found == index.search(Query(where=where, limit=1), ANYONE).total > 0
