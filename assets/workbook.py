"""Tables as files that a spreadsheet opens: an Excel workbook of sheets, or one CSV file.

Same tables, same bytes: an Excel file is a zip archive, whose clock is stopped here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Cell = str | int | float | bool | None
Rows = Sequence[Sequence[Cell]]

EXCEL, CSV = ".xlsx", ".csv"
_STOPPED = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(<)")


class WorkbookError(ValueError):
    """A file that is no workbook or CSV, or a part of the installation that is missing; the message says what to do."""


def write_workbook(path: Path, sheets: Mapping[str, Rows], widths: Sequence[int] = ()) -> None:
    """Write sheets, by name, into one Excel file; the first row of each is its header.

    Args:
        widths: of the columns, in characters.

    Raises:
        WorkbookError: without openpyxl, which the extra ``excel`` installs.
    """
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cell in sheet[1] if rows else ():
            cell.font = openpyxl.styles.Font(bold=True)
        sheet.freeze_panes = "A2"
        for number, width in enumerate(widths, start=1):
            sheet.column_dimensions[openpyxl.utils.get_column_letter(number)].width = width
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(_with_stopped_clock(held.getvalue()))


def read_workbook(path: Path) -> dict[str, list[list[Cell]]]:
    """Rows of every sheet, header first; a CSV file is one sheet that is called like the file.

    Raises:
        WorkbookError: for a file that is neither, or cannot be read.
    """
    if path.suffix.lower() == CSV:
        return {path.stem: _read_csv(path)}
    if path.suffix.lower() != EXCEL:
        raise WorkbookError(f"{path.name}: found a file '{path.suffix}'; allowed: .xlsx or .csv; do: save it as one of them")
    openpyxl = _openpyxl()
    try:
        book = openpyxl.load_workbook(path, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, openpyxl.utils.exceptions.InvalidFileException) as error:
        raise WorkbookError(
            f"{path.name}: found a file that Excel could not have written ({error}); do: save it again"
        ) from error
    return {sheet.title: [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)] for sheet in book}


def write_csv(path: Path, rows: Rows) -> None:
    """Write one table, in UTF-8 with the mark that Excel knows Chinese by."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(["" if cell is None else cell for cell in row] for row in rows)


def column_letter(number: int) -> str:
    """Name of a column in a spreadsheet: 1 is A, 27 is AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _read_csv(path: Path) -> list[list[Cell]]:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return [[_number_or_text(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]
    raise WorkbookError(f"{path.name}: found text that is neither UTF-8 nor GB 18030; do: save it as 'CSV UTF-8'")


def _number_or_text(text: str) -> Cell:
    text = text.strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if re.fullmatch(r"[-+]?\d+", text) else number


def _cell(value: object) -> Cell:
    if isinstance(value, str):
        return value.strip() or None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    return str(value)


def _openpyxl() -> Any:
    try:
        import openpyxl
        import openpyxl.styles
        import openpyxl.utils.exceptions
    except ImportError as error:
        raise WorkbookError(
            "Excel files need openpyxl; do: install the extra, pip install 'yuqian[excel]', or use .csv"
        ) from error
    return openpyxl


def _with_stopped_clock(archive: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "docProps/core.xml":
                data = _MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z\g<3>", data)
            item = zipfile.ZipInfo(name, _STOPPED)
            item.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(item, data)
    return out.getvalue()
