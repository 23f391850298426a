"""`patrol dashboards export`: lines for Kibana on stdout or in a file, and on stderr plainly what they were checked for."""

import json


def test_the_export_is_lines_of_saved_objects_and_says_what_it_was_checked_for(unit):
    ended = unit.run("dashboards", "export").clear(0)
    found = [json.loads(line) for line in ended.out.splitlines()]
    assert found[0]["type"] == "index-pattern"
    assert found[-1]["exportedCount"] == len(found) - 1
    assert found[0]["attributes"]["title"] == "patrol-listings"
    assert "1 data view, 3 searches" in ended.err
    assert "not against a running Kibana" in ended.err
    assert "No Elasticsearch is set" in ended.err


def test_the_data_view_names_the_units_own_index(unit, tmp_path):
    settings = unit.root / "config" / "patrol.yml"
    settings.write_text(settings.read_text().replace("index: null", "index: https://search.example:9200/unit-nl", 1))
    out = tmp_path / "kibana.ndjson"
    ended = unit.run("dashboards", "export", "--out", str(out)).clear(0)
    assert ended.out == ""
    assert str(out) in ended.err
    assert json.loads(out.read_text().splitlines()[0])["attributes"]["title"] == "unit-nl-listings"


def test_a_units_own_panel_with_a_fault_is_named(unit):
    folder = unit.root / "dashboards"
    folder.mkdir()
    (folder / "mine.yml").write_text("place: 1\ntitle: Mine\nquestion: Why?\naggregation: {kind: count}\nchart: pie\n")
    ended = unit.run("dashboards", "export").clear(2)
    assert "dashboards/mine.yml:5: " in ended.err
