"""The panels of dashboards/ as Kibana's saved objects: one data view, searches, a Lens panel each, and a dashboard of them all.

`patrol dashboards export` writes what `saved_objects` makes; Kibana 9 takes the lines in at Stack Management → Saved Objects →
Import. They were checked against the shape of real exports, not against a running Kibana. Every query asks for what everyone may
see: Kibana knows nothing of our agencies, and whoever may read the index there can read all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from patrol.config.panel import Dates, Panel
from patrol.reports.kibana_lens import LAYER, kql, visualization
from patrol.search.documents import Shelf
from patrol.search.elastic_mapping import Json, Names

CORE = "8.8.0"  # versions of the shapes below; Kibana 9 brings what is older up to its own at import, and refuses what is newer
VERSIONS = {"index-pattern": "8.0.0", "search": "10.2.0", "lens": "8.9.0", "dashboard": "10.2.0"}
TIME = "first_seen"
FLAGGED: Mapping[str, Sequence[str]] = {"band": ("review", "high")}
WIDE, HIGH = 48, 14  # Kibana's grid: columns across, rows of a chart
FIGURE = 6  # rows of a figure
COLUMNS = ("text.title", "marketplace", "band", "score", "culture", "type", "grade", "price_eur", "ends_at", "key")
SEARCHES = (
    ("flagged", "Flagged listings", FLAGGED, ""),
    ("undecided", "Flagged and undecided", {**FLAGGED, "desk": ("open",)}, ""),
    ("ending", "Flagged, ending within a day", {**FLAGGED, "status": ("live",)}, "ends_at >= now and ends_at <= now+1d"),
)


def saved_objects(panels: Sequence[Panel], prefix: str) -> list[Json]:
    """All objects, each after those that it refers to; `prefix` is that of the index, and begins every id."""
    view = _data_view(prefix)
    searches = [_search(prefix, *search) for search in SEARCHES]
    lenses = [_lens(prefix, panel) for panel in panels]
    return [view, *searches, *lenses, _dashboard(prefix, panels, lenses, searches[1])]


def lines(objects: Sequence[Json]) -> bytes:
    """The objects as NDJSON, closed by the line of counts that Kibana's own exports end with."""
    closing = {
        "excludedObjects": [],
        "excludedObjectsCount": 0,
        "exportedCount": len(objects),
        "missingRefCount": 0,
        "missingReferences": [],
    }
    return b"".join(orjson.dumps(one) + b"\n" for one in (*objects, closing))


# ---------------------------------------------------------------------------------------------------------------------
# objects


def _object(kind: str, name: str, attributes: Json, references: Sequence[Json] = ()) -> Json:
    return {
        "id": name,
        "type": kind,
        "attributes": attributes,
        "references": list(references),
        "managed": False,
        "coreMigrationVersion": CORE,
        "typeMigrationVersion": VERSIONS[kind],
    }


def _reference(kind: str, to: str, name: str) -> Json:
    return {"id": to, "name": name, "type": kind}


def _text(value: object) -> str:
    """JSON within JSON, as Kibana keeps it."""
    return orjson.dumps(value).decode()


def _view_id(prefix: str) -> str:
    return f"{prefix}-data-view"


def _data_view(prefix: str) -> Json:
    """The alias of the listings. No field is shown as a link: an analyst's browser asks no marketplace for anything."""
    labels = {"price_eur": "price in euro cents", "text.title": "title (folded)", "first_seen": "first seen", "ends_at": "ends"}
    return _object(
        "index-pattern",
        _view_id(prefix),
        {
            "title": Names(prefix).alias(Shelf.LISTINGS),
            "name": f"Patrol listings ({prefix})",
            "timeFieldName": TIME,
            "sourceFilters": _text([{"value": "payload"}, {"value": "low.*"}, {"value": "text.all"}]),
            "fields": "[]",
            "fieldAttrs": _text({name: {"customLabel": label} for name, label in labels.items()}),
            "fieldFormatMap": "{}",
            "runtimeFieldMap": "{}",
            "typeMeta": "{}",
        },
    )


def _search(prefix: str, name: str, title: str, where: Mapping[str, Sequence[str]], further: str) -> Json:
    meta = "kibanaSavedObjectMeta.searchSourceJSON.index"
    source = {"query": {"query": kql(where, further), "language": "kuery"}, "filter": [], "indexRefName": meta}
    return _object(
        "search",
        f"{prefix}-search-{name}",
        {
            "title": f"Patrol: {title}",
            "description": "What everyone may see. Open a listing at the desk by its key.",
            "columns": list(COLUMNS),
            "sort": [[TIME, "desc"]],
            "grid": {},
            "hideChart": True,
            "isTextBasedQuery": False,
            "timeRestore": False,
            "kibanaSavedObjectMeta": {"searchSourceJSON": _text(source)},
        },
        [_reference("index-pattern", _view_id(prefix), meta)],
    )


def _lens(prefix: str, panel: Panel) -> Json:
    named = f"indexpattern-datasource-layer-{LAYER}"
    return _object(
        "lens", f"{prefix}-panel-{panel.name}", visualization(panel), [_reference("index-pattern", _view_id(prefix), named)]
    )


# ---------------------------------------------------------------------------------------------------------------------
# all of them


def _dashboard(prefix: str, panels: Sequence[Panel], lenses: Sequence[Json], search: Json) -> Json:
    figures = [one for one in zip(panels, lenses, strict=True) if one[0].chart == "figure"]
    charts = [one for one in zip(panels, lenses, strict=True) if one[0].chart != "figure"]
    placed: list[Json] = []
    references: list[Json] = []
    top = 0
    for row, across, high in ((figures, 4, FIGURE), (charts, 3, HIGH)):
        for at, (panel, lens) in enumerate(row):
            grid = {"x": at % across * (WIDE // across), "y": top + at // across * high, "w": WIDE // across, "h": high}
            placed.append(_placed(panel.name, "lens", grid, _embedded(panel)))
            references.append(_reference("lens", lens["id"], f"{panel.name}:panel_{panel.name}"))
        top += -(-len(row) // across) * high
    placed.append(_placed("listings", "search", {"x": 0, "y": top, "w": WIDE, "h": HIGH}, {"enhancements": {}}))
    references.append(_reference("search", search["id"], "listings:panel_listings"))
    options = {"useMargins": True, "syncColors": False, "syncCursor": True, "syncTooltips": False, "hidePanelTitles": False}
    return _object(
        "dashboard",
        f"{prefix}-dashboard",
        {
            "title": f"Patrol ({prefix})",
            "description": "The desk's overview, over listings that everyone may see. Made by `patrol dashboards export`.",
            "version": 2,
            "timeRestore": True,
            "timeFrom": "now-10y",
            "timeTo": "now",
            "refreshInterval": {"pause": True, "value": 60000},
            "optionsJSON": _text(options),
            "panelsJSON": _text(placed),
            "kibanaSavedObjectMeta": {"searchSourceJSON": _text({"query": {"query": "", "language": "kuery"}, "filter": []})},
        },
        references,
    )


def _placed(name: str, kind: str, grid: Json, embedded: Json) -> Json:
    return {
        "type": kind,
        "gridData": {**grid, "i": name},
        "panelIndex": name,
        "embeddableConfig": embedded,
        "panelRefName": f"panel_{name}",
    }


def _embedded(panel: Panel) -> Json:
    """A panel by date looks at its own stretch of time: the dashboard's ten years would be a comb."""
    asked = panel.aggregation
    if not isinstance(asked, Dates) or asked.field != TIME:
        return {"enhancements": {}}
    unit = {"day": "d", "week": "w", "month": "M"}[asked.interval]
    return {"enhancements": {}, "timeRange": {"from": f"now-{asked.most - 1}{unit}/{unit}", "to": "now"}}
