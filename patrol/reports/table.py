"""A lead's tables as CSV: the listings, or the Object ID sheets; UTF-8 with a mark, so that spreadsheets read it right."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from patrol.reports.casefile import CAVEAT, CaseFile
from patrol.reports.rows import Cell, Sheet, harmless, listings, object_id


def listings_csv(case: CaseFile) -> bytes:
    """One line a listing; mark and caveat stand in columns of their own, so that they survive sorting and cutting."""
    return _csv(listings(case), {})


def object_id_csv(case: CaseFile) -> bytes:
    """Eleven lines a listing, each with where its value comes from and whether it is fact or assessment."""
    return _csv(object_id(case), {"lead": case.lead.number, "mark": case.mark, "caveat": CAVEAT})


def _csv(sheet: Sheet, more: dict[str, str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow((*sheet.columns, *more))
    clean: Callable[[Cell], Cell] = harmless
    for row in sheet.rows:
        writer.writerow([clean(cell) for cell in (*row, *more.values())])
    return b"\xef\xbb\xbf" + text.getvalue().encode()
