"""Series that a user gives: taken as they are, or refused with file, line, column and a next step, all at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from yuqian.assets.problems import CatalogueError, Code, Problem
from yuqian.models.clock import Clock, Rhythm
from yuqian.models.kind import SeriesNeed
from yuqian.timeseries.given import read_given
from yuqian.timeseries.make import make_series
from yuqian.timeseries.store import write

TWO_DAYS = Clock.of_days(dt.date(2030, 3, 1), 2)
LOAD = SimpleNamespace(id="town", series={"demand_mw": SeriesNeed("no such resource", Rhythm.POWER, high=1000.0)})
RIVER = SimpleNamespace(id="land", series={"inflow_m3_per_s": SeriesNeed("no such resource", Rhythm.WATER)})
ASSETS = (LOAD, RIVER)

Write = Callable[..., Path]


def hours(first: str = "2030-03-01", count: int = 48) -> list[str]:
    return [str(np.datetime64(first, "h") + step).replace("T", " ") + ":00" for step in range(count)]


@pytest.fixture
def table(tmp_path: Path) -> Write:
    def write_table(columns: dict[str, list[object]], name: str = "given.csv") -> Path:
        rows = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        path = tmp_path / name
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return path

    return write_table


def refused(*paths: Path, clock: Clock = TWO_DAYS) -> list[Problem]:
    with pytest.raises(CatalogueError) as caught:
        read_given(paths, ASSETS, clock)
    return list(caught.value.problems)


def test_given_series_stand_in_for_made_ones(table: Write) -> None:
    power = table({"time": hours(), "town.demand_mw": list(range(48))})
    water = table({"time": ["2030-03-01", "2030-03-02"], "land.inflow_m3_per_s": [3.5, 4.5]}, "water.csv")
    given = read_given([power, water], ASSETS, TWO_DAYS)
    series = make_series(ASSETS, TWO_DAYS, given=given)
    assert series.of("town", "demand_mw").tolist() == list(range(48))
    assert series.of("land", "inflow_m3_per_s").tolist() == [3.5, 4.5]
    assert "given.csv sha256 " in str(series.dataset.attrs["given"])


def test_rows_may_come_in_any_order_and_beyond_the_calendar(table: Write) -> None:
    times = hours("2030-02-28", 96)
    path = table({"time": times[::-1], "town.demand_mw": list(range(96))[::-1]})
    assert read_given([path], ASSETS, TWO_DAYS).values["town", "demand_mw"].tolist() == list(range(24, 72))


def test_what_was_made_can_be_given_back(table: Write, tmp_path: Path) -> None:
    power = table({"time": hours(), "town.demand_mw": list(range(48))})
    water = table({"time": ["2030-03-01", "2030-03-02"], "land.inflow_m3_per_s": [3.5, 4.5]}, "water.csv")
    made = make_series(ASSETS, TWO_DAYS, given=read_given([power, water], ASSETS, TWO_DAYS))
    again = read_given([write(made, tmp_path / "made.nc")], ASSETS, TWO_DAYS)
    assert {key: values.tolist() for key, values in again.values.items()} == {
        ("town", "demand_mw"): list(range(48)),
        ("land", "inflow_m3_per_s"): [3.5, 4.5],
    }


def test_a_series_too_short_is_refused_with_file_and_line(table: Write) -> None:
    path = table({"time": hours(count=40), "town.demand_mw": [1.0] * 40})
    (problem,) = refused(path)
    assert (problem.file, problem.line, problem.code) == (str(path), 41, Code.WRONG_LENGTH)
    assert "8 are missing, the first 2030-03-02 16:00" in problem.found
    assert "every hour from 2030-03-01 00:00 to 2030-03-02 23:00 (48 steps)" in problem.allowed


def test_a_gap_and_an_hour_that_comes_twice_are_told_at_once(table: Write) -> None:
    times = hours()
    times[10] = times[9]
    found = refused(table({"time": times, "town.demand_mw": [1.0] * 48}))
    assert {(problem.code, problem.line) for problem in found} == {(Code.WRONG_LENGTH, 12), (Code.DUPLICATE_KEY, 12)}


def test_every_wrong_number_is_told_with_line_and_column(table: Write) -> None:
    values: list[object] = [1.0] * 48
    values[3], values[5], values[7] = "", "NaN", -4
    found = refused(table({"time": hours(), "town.demand_mw": values}))
    assert [(problem.line, problem.column, problem.code) for problem in found] == [
        (5, 2, Code.NOT_FINITE), (7, 2, Code.NOT_FINITE), (9, 2, Code.RANGE),
    ]  # fmt: skip
    assert "'-4' at 2030-03-01 07:00" in found[2].found
    assert found[2].allowed == "a number from 0 to 1000"


def test_an_unknown_series_gets_the_nearest_name(table: Write) -> None:
    (problem,) = refused(table({"time": hours(), "twon.demand_mw": [1.0] * 48}))
    assert (problem.code, problem.next_step) == (Code.UNKNOWN_ASSET, "did you mean 'town.demand_mw'?")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("hour,town.demand_mw\n1,2\n", Code.MISSING_FIELD),
        ("time,town.demand_mw\nyesterday,2\n", Code.WRONG_TYPE),
        ("", Code.SYNTAX),
    ],
)
def test_what_is_no_table_of_series_is_refused(tmp_path: Path, text: str, code: Code) -> None:
    path = tmp_path / "odd.csv"
    path.write_text(text, encoding="utf-8")
    assert [problem.code for problem in refused(path)] == [code]


def test_files_that_are_not_there_or_no_series_are_refused_together(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello", encoding="utf-8")
    assert {problem.code for problem in refused(tmp_path / "none.csv", text)} == {Code.NOT_FOUND, Code.SYNTAX}
