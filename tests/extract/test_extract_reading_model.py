"""An adapter with a fault is refused with words that name it; one that is right round-trips from YAML."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from patrol.config.reading import Reading


def layout(**more: Any) -> dict[str, Any]:
    return {"layouts": [{"name": "item", "when": {"css": "h1"}, **more}]}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"listing_url": ["/item/(\\d+)"]}, "(?P<id>"),
        ({"listing_url": ["/item/(?P<id>\\d+"]}, "regular expression"),
        (layout(fields={"titel": "h1"}), "titel"),
        (layout(fields={"title": "h1["}), "CSS"),
        (layout(fields={"title": {"state": "a.["}}), "JMESPath"),
        (layout(fields={"title": {"css": "h1", "state": "a"}}), "exactly one"),
        (layout(fields={"title": {"match": "x"}}), "exactly one"),
        (layout(results={"link": "a::attr(href)"}), "either cards"),
        ({"removed": [{}]}, "without any sign"),
        ({"price_kind": "cheap"}, "price_kind"),
        ({"lay_outs": []}, "lay_outs"),
        (layout(fields={"price": {"css": ".p", "kind": "dear"}}), "kind"),
    ],
)
def test_faults_are_named(content: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as fault:
        Reading.model_validate(content)
    assert words in str(fault.value)


def test_short_forms() -> None:
    reading = Reading.model_validate(
        layout(fields={"title": "h1", "price": [{"state": "p"}, ".price"]}) | {"removed": "gone for good"}
    )
    assert reading.layouts[0].fields["title"][0].css == "h1"
    assert [way.css for way in reading.layouts[0].fields["price"]] == [None, ".price"]
    assert reading.removed[0].contains == "gone for good"
