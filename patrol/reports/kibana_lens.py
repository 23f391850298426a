"""One panel as a Lens visualization of Kibana, and its filters in Kibana's query language.

`kibana.py` puts what `visualization` makes into a saved object. A field's numbers come out as at the desk: steps in the index's
own unit with labels in ours, values and dates by the same fields, and only listings that everyone may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from patrol.config.panel import CHOICES, YES_NO, Dates, Numbers, Panel, Terms
from patrol.reports import words
from patrol.search.elastic_mapping import Json, exact

OPEN_TO_ALL = "everyone : true and gone : false"
LAYER, BY, NUMBER = "listings", "by", "number"  # ids within a Lens panel


def kql(where: Mapping[str, Sequence[str]], further: str = "") -> str:
    """Filters in Kibana's query language, after what keeps to listings that are there and open to everyone."""
    parts = [OPEN_TO_ALL]
    for name, values in where.items():
        if CHOICES.get(name) == YES_NO:
            parts += [] if len(set(values)) > 1 else [f"{'not ' if values[0] == 'no' else ''}{name} : true"]
        else:
            quoted = " or ".join(_quoted(value if name in CHOICES else exact(value.lower())) for value in values)
            parts.append(f"{name if name in CHOICES else f'low.{name}'} : ({quoted})")
    return " and ".join([*parts, further] if further else parts)


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


# ---------------------------------------------------------------------------------------------------------------------
# one panel


def visualization(panel: Panel) -> Json:
    """The attributes of a `lens` object; its data view is referred to as `indexpattern-datasource-layer-<LAYER>`."""
    by = _by(panel)
    columns = {NUMBER: _number(panel)} if by is None else {BY: by, NUMBER: _number(panel)}
    layer = {"columns": columns, "columnOrder": list(columns), "incompleteColumns": {}, "sampling": 1}
    state = {
        "visualization": _figure() if by is None else _bars(panel),
        "query": {"query": kql(panel.aggregation.filters), "language": "kuery"},
        "filters": [],
        "datasourceStates": {"formBased": {"layers": {LAYER: layer}}},
        "internalReferences": [],
        "adHocDataViews": {},
    }
    return {
        "title": panel.title,
        "description": panel.question,
        "visualizationType": "lnsMetric" if by is None else "lnsXY",
        "state": state,
    }


def _number(panel: Panel) -> Json:
    return {
        "label": panel.title if panel.chart == "figure" else "Listings",
        "customLabel": True,
        "dataType": "number",
        "operationType": "count",
        "isBucketed": False,
        "scale": "ratio",
        "sourceField": "___records___",
        "params": {"emptyAsNull": False},
    }


def _by(panel: Panel) -> Json | None:
    asked = panel.aggregation
    if isinstance(asked, Terms):
        return _column(asked.field, "string", "terms", "ordinal", _terms(asked))
    if isinstance(asked, Dates):
        interval = {"day": "d", "week": "w", "month": "M"}[asked.interval]
        return _column(
            asked.field,
            "date",
            "date_histogram",
            "interval",
            {"interval": interval, "includeEmptyRows": True, "dropPartials": False},
        )
    return _column(asked.field, "string", "range", "ordinal", _ranges(asked)) if isinstance(asked, Numbers) else None


def _column(field: str, sort: str, operation: str, scale: str, params: Json) -> Json:
    return {
        "label": words.plain(field),
        "customLabel": True,
        "dataType": sort,
        "operationType": operation,
        "isBucketed": True,
        "scale": scale,
        "sourceField": field,
        "params": params,
    }


def _terms(asked: Terms) -> Json:
    return {
        "size": asked.most,
        "orderBy": {"type": "column", "columnId": NUMBER},
        "orderDirection": "desc",
        "otherBucket": False,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
        "include": [],
        "exclude": [],
        "includeIsRegex": False,
        "excludeIsRegex": False,
    }


def _ranges(asked: Numbers) -> Json:
    """Named steps in the index's own unit, the first and the last open: cents say euro that way."""
    unit = 100 if asked.field == "price_eur" else 1
    highs = [*asked.edges[1:], None]
    ranges = [
        {
            "from": low * unit if at else None,
            "to": None if high is None else high * unit,
            "label": words.step(low, high, first=not at, whole=unit == 1),
        }
        for at, (low, high) in enumerate(zip(asked.edges, highs, strict=True))
    ]
    shown = {"id": "range", "params": {"template": "arrow_right", "replaceInfinity": True}}
    return {"type": "range", "ranges": ranges, "maxBars": "auto", "parentFormat": shown}


def _figure() -> Json:
    return {"layerId": LAYER, "layerType": "data", "metricAccessor": NUMBER}


def _bars(panel: Panel) -> Json:
    series = "bar_horizontal" if panel.chart == "bars" else "bar"
    sides = {"x": False, "yLeft": False, "yRight": False}
    return {
        "legend": {"isVisible": False, "position": "right"},
        "valueLabels": "show",
        "fittingFunction": "None",
        "axisTitlesVisibilitySettings": sides,
        "tickLabelsVisibilitySettings": dict.fromkeys(sides, True),
        "labelsOrientation": dict.fromkeys(sides, 0),
        "gridlinesVisibilitySettings": sides | {"yLeft": True},
        "preferredSeriesType": series,
        "layers": [{"layerId": LAYER, "layerType": "data", "seriesType": series, "xAccessor": BY, "accessors": [NUMBER]}],
    }
