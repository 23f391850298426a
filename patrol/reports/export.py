"""One way out: a lead in the format asked for, with a file name, a media type and an entry in the audit trail.

The desk's lead page and `patrol lead export` call `export_lead`; nothing else hands a lead out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from patrol.errors import UsageError
from patrol.evidence import Archive
from patrol.fetch.browser import require_chromium
from patrol.ledger import Ledger
from patrol.ledger.viewer import Viewer
from patrol.reports.asjson import document, tree
from patrol.reports.casefile import CaseFile, gather
from patrol.reports.dossier import dossier
from patrol.reports.table import listings_csv, object_id_csv
from patrol.reports.xlsx import workbook


class Format(StrEnum):
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    DOSSIER = "dossier"
    OBJECTID = "objectid"


FORMATS = tuple(form.value for form in Format)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A finished file."""

    file_name: str
    media_type: str
    body: bytes


_KINDS: Mapping[Format, tuple[str, str]] = {
    Format.XLSX: (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    Format.CSV: (".csv", "text/csv; charset=utf-8"),
    Format.JSON: (".json", "application/json"),
    Format.DOSSIER: (".pdf", "application/pdf"),
    Format.OBJECTID: ("-objectid.csv", "text/csv; charset=utf-8"),
}
_MAKERS: Mapping[Format, Callable[[CaseFile], bytes]] = {
    Format.XLSX: workbook,
    Format.CSV: listings_csv,
    Format.JSON: document,
    Format.OBJECTID: object_id_csv,
}


def export_lead(
    ledger: Ledger,
    archive: Archive,
    viewer: Viewer,
    ref: str,
    form: str,
    *,
    reason: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Exported:
    """A lead (number or id) as this viewer may read it; the export is logged before the file is handed over.

    UsageError for an unknown format, RefusedError where there is no such lead for them, ReachError where a PDF is asked
    for and no browser is found (`environ`, by default the process's, may name one as PATROL_CHROMIUM).
    """
    if form not in FORMATS:
        raise UsageError(f"a lead is not exported as {form!r}", remedy=f"One of {', '.join(FORMATS)}")
    wanted = Format(form)
    case = gather(ref, viewer, ledger, archive)
    if wanted is Format.DOSSIER:
        body = dossier(case, archive, require_chromium(environ))
    else:
        body = _MAKERS[wanted](case)
    detail = {"format": wanted.value, "listings": len(case.entries), "bytes": len(body), "mark": case.lead.row.mark}
    ledger.audit.write(None, viewer, "export", "lead", case.lead.number, detail=detail, reason=reason)
    ending, media_type = _KINDS[wanted]
    mark = case.mark.replace(":", "-").replace("+", "-")
    return Exported(file_name=f"{case.lead.number}_{mark}{ending}", media_type=media_type, body=body)


def lead_json(ledger: Ledger, viewer: Viewer, ref: str, archive: Archive | None = None) -> dict[str, Any]:
    """A lead for reading on the spot, in the shape of the JSON export; it is logged as a view."""
    case = gather(ref, viewer, ledger, archive)
    ledger.audit.write(None, viewer, "view", "lead", case.lead.number, detail={"listings": len(case.entries)})
    return tree(case)
