"""What leaves the desk as a file: a lead as spreadsheet, table, JSON, PDF dossier or Object ID sheet."""

from __future__ import annotations

from patrol.reports.export import FORMATS, Exported, Format, export_lead, lead_json

__all__ = ["FORMATS", "Exported", "Format", "export_lead", "lead_json"]
