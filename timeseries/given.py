"""Series that a user gives in place of made ones: a CSV file, or a NetCDF file that ``yuqian series make`` wrote.

A CSV file has a column ``time`` (beginning of each step, local time UTC+8) and one column a series, named
``<asset>.<series>``, for example ``load_town.demand_mw``. All columns of a file are by the hour, or all are by the day. It must
hold every step of the calendar; what lies before and after is left out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from yuqian.assets.problems import Code, Mark, Problems, listed, rename_hint
from yuqian.models.clock import Clock, Floats, Rhythm, Timeline
from yuqian.models.kind import SeriesNeed
from yuqian.timeseries.resource import Needy
from yuqian.timeseries.series import RHYTHM_DIM, SeriesError
from yuqian.timeseries.store import format_of, read

TIME = "time"
HEADER_LINES = 1
SHOWN = 3
"""Problems of one sort that are told for one column."""

Stamps = npt.NDArray[np.datetime64]
Key = tuple[str, str]


@dataclass(frozen=True)
class Given:
    """Series from files.

    Attributes:
        values: by (asset, series name), each over all steps of its timeline.
        sources: file name and sha256 of each file, in the order given.
    """

    values: Mapping[Key, Floats] = field(default_factory=dict)
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Column:
    """One series as it stands in a file: texts or numbers, and the line of its first value (0: no lines)."""

    key: Key
    values: npt.NDArray[np.generic]
    number: int


@dataclass(frozen=True)
class _File:
    name: str
    stamps: Stamps
    columns: tuple[_Column, ...]
    first_line: int

    def mark(self, row: int | np.integer, column: int = 0) -> Mark:
        return Mark(self.name, self.first_line + int(row) if self.first_line else 0, column)


def read_given(paths: Sequence[Path], assets: Iterable[Needy], clock: Clock) -> Given:
    """Read and check series files; a later file wins over an earlier one.

    Raises:
        CatalogueError: with everything that is wrong in all files: file, line, column, what was found and what is allowed.
    """
    needs = {(asset.id, name): need for asset in assets for name, need in asset.series.items()}
    problems, values, sources = Problems(), {}, []
    for path in paths:
        for file in _files(path, problems):
            values.update(_checked(file, needs, clock, problems))
        if path.is_file():
            sources.append(f"{path.name} sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
    problems.raise_if_any()
    return Given(values, tuple(sources))


def clock_of(path: Path) -> Clock:
    """The days that a file of series by day holds, from its first to its last.

    Raises:
        CatalogueError: for a file that cannot be read, or that has no days.
    """
    problems = Problems()
    stamps = np.concatenate(
        [np.zeros(0, "datetime64[D]"), *(file.stamps.astype("datetime64[D]") for file in _files(path, problems))]
    )
    if not len(stamps) and not len(problems):
        _refuse(problems, Mark(str(path)), TIME, Code.WRONG_LENGTH, "no rows", "a row for each day", "write the days into it")
    problems.raise_if_any()
    first, last = stamps.min(), stamps.max()
    return Clock.of_days(first.astype(dt.date), int((last - first).astype(int)) + 1)


def _files(path: Path, problems: Problems) -> list[_File]:
    """What a path holds: one table by rhythm."""
    if not path.exists():
        _refuse(problems, Mark(str(path)), "file", Code.NOT_FOUND, "no such file", "a .csv or .nc file", "check the path")
        return []
    return _table(path, problems) if path.suffix.lower() == ".csv" else _stored(path, problems)


def _table(path: Path, problems: Problems) -> list[_File]:
    import pandas as pd  # type: ignore[import-untyped]

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as error:
        _refuse(
            problems, Mark(str(path)), "file", Code.SYNTAX, str(error).strip(), "a comma-separated table", "write it as CSV"
        )
        return []
    if TIME not in frame.columns:
        found = f"the columns {listed(map(str, frame.columns))}"
        _refuse(problems, Mark(str(path), 1), TIME, Code.MISSING_FIELD, found, f"a column '{TIME}'", "name the time column so")
        return []
    first = HEADER_LINES + 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        times = pd.to_datetime(frame[TIME], errors="coerce")
    if times.dt.tz is not None:
        times = times.dt.tz_convert("Etc/GMT-8").dt.tz_localize(None)
    for row in np.flatnonzero(times.isna())[:SHOWN]:
        what = f"'{frame[TIME].iloc[row]}'"
        allowed = "a time as 2030-01-01 00:00"
        _refuse(problems, Mark(str(path), first + int(row)), TIME, Code.WRONG_TYPE, what, allowed, "write the time so")
    if times.isna().any():
        return []
    columns = []
    for number, name in enumerate(map(str, frame.columns), start=1):
        if name != TIME:
            asset, _, series = name.partition(".")
            columns.append(_Column((asset, series), np.asarray(frame[name].to_numpy(dtype=object)), number))
    return [_File(str(path), times.to_numpy().astype("datetime64[s]"), tuple(columns), first)]


def _stored(path: Path, problems: Problems) -> list[_File]:
    try:
        format_of(path)
        series = read(path)
    except (SeriesError, OSError, ValueError) as error:
        next_step = "give a .csv, or a file that 'yuqian series make' wrote"
        _refuse(problems, Mark(str(path)), "file", Code.SYNTAX, str(error), "series of this package", next_step)
        return []
    if series.members > 1:
        found = f"{series.members} weather years"
        _refuse(problems, Mark(str(path)), "member", Code.NOT_ALLOWED, found, "one weather year", "write it with --years 1")
        return []
    files = []
    for dimension in RHYTHM_DIM.values():
        names = [str(name) for name, variable in series.dataset.data_vars.items() if dimension in variable.dims]
        columns = tuple(
            _Column((asset, name), series.of(asset, name), 0)
            for name in names
            for asset in map(str, series.dataset[f"asset_{name}"].values)
        )
        if columns:
            stamps = series.dataset[dimension].values.astype("datetime64[s]")
            files.append(_File(str(path), stamps, columns, 0))
    return files


def _checked(file: _File, needs: Mapping[Key, SeriesNeed], clock: Clock, problems: Problems) -> dict[Key, Floats]:
    """Columns that are right, cut to the calendar."""
    known = [column for column in file.columns if _is_known(file, column, needs, problems)]
    rhythms = {needs[column.key].rhythm for column in known}
    rows = {rhythm: _rows(file, clock.timeline(rhythm), problems) for rhythm in sorted(rhythms, key=lambda r: r.value)}
    found = {}
    for column in known:
        need = needs[column.key]
        at = rows[need.rhythm]
        if at is not None:
            values = _numbers(file, column, at, need, problems)
            if values is not None:
                found[column.key] = values
    return found


def _is_known(file: _File, column: _Column, needs: Mapping[Key, SeriesNeed], problems: Problems) -> bool:
    if column.key in needs:
        return True
    names = [".".join(key) for key in needs]
    name = ".".join(column.key)
    hint = rename_hint(name, names, "see 'yuqian series make' for the series that a scenario asks for")
    place = Mark(file.name, HEADER_LINES if file.first_line else 0, column.number)
    _refuse(problems, place, name, Code.UNKNOWN_ASSET, f"the series '{name}'", "<asset>.<series> of an asset in service", hint)
    return False


def _rows(file: _File, timeline: Timeline, problems: Problems) -> npt.NDArray[np.int64] | None:
    """Row of each step of the calendar; None, with the problems noted, where one is missing or comes twice."""
    wanted = timeline.stamps.astype("datetime64[s]")
    order = np.argsort(file.stamps, kind="stable")
    ordered = file.stamps[order]
    before = len(problems)
    steps = "hour" if timeline.rhythm is Rhythm.POWER else "day"
    for twice in order[1:][ordered[1:] == ordered[:-1]][:SHOWN]:
        found = f"{_text(file.stamps[twice])} a second time"
        _refuse(problems, file.mark(twice), TIME, Code.DUPLICATE_KEY, found, f"each {steps} once", "take one of the rows out")
    at = np.minimum(np.searchsorted(ordered, wanted), max(len(ordered) - 1, 0))
    missing = wanted[ordered[at] != wanted] if len(ordered) else wanted
    if len(missing):
        span = f"{_text(ordered[0])} to {_text(ordered[-1])}" if len(ordered) else "no rows"
        last = file.mark(max(int(np.searchsorted(ordered, missing[0])) - 1, 0))
        found = f"{len(file.stamps)} steps, {span}; {len(missing)} are missing, the first {_text(missing[0])}"
        allowed = f"every {steps} from {_text(wanted[0])} to {_text(wanted[-1])} ({len(wanted)} steps)"
        _refuse(problems, last, TIME, Code.WRONG_LENGTH, found, allowed, "fill them, or run the part of the year that is there")
    return order[at] if len(problems) == before else None


def _numbers(file: _File, column: _Column, rows: npt.NDArray[np.int64], need: SeriesNeed, problems: Problems) -> Floats | None:
    import pandas as pd

    texts = column.values[rows]
    values = np.asarray(pd.to_numeric(texts, errors="coerce"), dtype=float)
    allowed = f"a number from {need.low:g} to {need.high:g}"
    bad = np.flatnonzero(~((values >= need.low) & (values <= need.high)))
    for at in bad[:SHOWN]:
        code = Code.RANGE if np.isfinite(values[at]) else Code.NOT_FINITE
        more = f" (and {len(bad) - 1} more in this column)" if len(bad) > 1 and at == bad[0] else ""
        found = f"'{texts[at]}' at {_text(file.stamps[rows[at]])}{more}"
        _refuse(
            problems, file.mark(rows[at], column.number), ".".join(column.key), code, found, allowed, "mend the value"
        )  # fmt: skip
    return None if len(bad) else values


def _text(stamp: np.datetime64) -> str:
    return str(stamp.astype("datetime64[m]")).replace("T", " ")


def _refuse(problems: Problems, mark: Mark, where: str, code: Code, found: str, allowed: str, next_step: str) -> None:
    problems.add(mark, where, code, found=found, allowed=allowed, next_step=next_step)
