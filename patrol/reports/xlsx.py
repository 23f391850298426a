"""A lead as a workbook: a sheet for each table, the mark in every sheet's header and footer, no formula and no link."""

from __future__ import annotations

import io
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from patrol.reports.casefile import CaseFile
from patrol.reports.rows import Cell, Sheet, sheets

HEAD = PatternFill("solid", fgColor="E2EFF4")
WIDEST = 60


def workbook(case: CaseFile) -> bytes:
    """The XLSX file."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets(case):
        _fill(book.create_sheet(sheet.title), sheet, case)
    book.properties.title = f"{case.lead.number} {case.mark}"
    book.properties.creator = case.agency
    book.properties.created = book.properties.modified = case.made_at.replace(tzinfo=None)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(page: Worksheet, sheet: Sheet, case: CaseFile) -> None:
    page.append([f"{case.lead.number} · {case.mark} · {sheet.title}"])
    page["A1"].font = Font(bold=True)
    page.append(sheet.columns)
    for cell in page[2]:
        cell.font, cell.fill = Font(bold=True), HEAD
    for number, row in enumerate(sheet.rows, start=3):
        for column, value in enumerate(row, start=1):
            _write(page, number, column, value)
    page.freeze_panes = "A3"
    for column, name in enumerate(sheet.columns, start=1):
        longest = max([len(name), *(len(str(row[column - 1] or "")) for row in sheet.rows)])
        page.column_dimensions[get_column_letter(column)].width = min(WIDEST, longest + 2)
    page.page_setup.orientation = "landscape"
    for edge in (page.oddHeader, page.oddFooter):
        if edge is not None:
            edge.center.text = f"{case.mark} · {case.lead.number}"


def _write(page: Worksheet, row: int, column: int, value: Cell) -> None:
    cell = page.cell(row=row, column=column)
    if isinstance(value, str):
        cell.value = value
        cell.data_type = "s"  # never read as a formula, whatever it begins with
        cell.alignment = Alignment(vertical="top", wrap_text=len(value) > WIDEST)
    elif value is not None:
        cell.value = value
        cell.alignment = Alignment(vertical="top")
        if isinstance(value, Decimal):
            cell.number_format = "#,##0.00"
