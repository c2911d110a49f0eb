"""The standard tables of long-series regulation: they close, carry their Chinese names, and come back from Excel."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.scenario import load_region
from yuqian.assets.workbook import read_workbook, write_workbook
from yuqian.reports.long import LongResult, LongStudy
from yuqian.reports.sheets import GUARANTEES
from yuqian.reports.standard_tables import (
    ECOLOGICAL,
    FAILED,
    GUIDE,
    INFLOW,
    LEVEL,
    LOSSES,
    REGION,
    SHORT,
    SPILL,
    STORAGE,
    SUPPLY,
    MonthlyTable,
    as_sheets,
    standard_tables,
)
from yuqian.timeseries.long_series import LongPlan

YEARS = 2


@pytest.fixture(scope="module")
def run(tiny_scenario: Path) -> LongResult:
    return LongStudy.of(load_region(tiny_scenario), LongPlan(years=YEARS)).run()


@pytest.fixture(scope="module")
def lake(run: LongResult) -> MonthlyTable:
    return next(table for table in standard_tables(run) if table.name == "lake")


def test_a_store_has_the_standard_columns(lake: MonthlyTable) -> None:
    assert list(lake.columns) == [INFLOW, LOSSES, ECOLOGICAL, SUPPLY, SHORT, SPILL, STORAGE, LEVEL, FAILED]
    assert all(len(values) == 12 * YEARS for values in lake.columns.values())
    assert lake.months.tolist() == [float(month) for month in range(1, 13)] * YEARS
    assert set(lake.columns[FAILED]) <= {"是", "否"}


def test_a_store_s_table_closes_every_month(run: LongResult, lake: MonthlyTable) -> None:
    columns = {name: np.asarray(values, dtype=float) for name, values in lake.columns.items() if name != FAILED}
    results = run.results.groups["results"]
    opening = float(results["reservoir__storage_hm3"].values[0, 0])
    gained = np.diff(np.concatenate(([opening], columns[STORAGE])))
    gone = columns[LOSSES] + columns[ECOLOGICAL] + columns[SUPPLY] + columns[SPILL]
    assert columns[INFLOW] == pytest.approx(gone + gained, abs=1e-6)
    assert np.all(columns[SPILL] >= -1e-9)


def test_inflow_and_levels_are_those_of_the_study(run: LongResult, lake: MonthlyTable) -> None:
    water = run.study.clock.water
    flow = run.study.series.of("hills", "inflow_m3_per_s") * water.hm3_per_m3_per_s
    january = (water.months == 1) & (np.arange(water.count) < water.count / YEARS)
    assert lake.columns[INFLOW][0] == pytest.approx(flow[january].sum(), rel=1e-9)
    model = run.study.region.asset("lake").model
    assert lake.columns[LEVEL] == pytest.approx(model.level_m_at(np.asarray(lake.columns[STORAGE])))  # type: ignore[attr-defined]


def test_the_region_s_table_adds_up_by_class(run: LongResult) -> None:
    region = standard_tables(run)[0]
    assert region.name == REGION
    town = np.asarray(region.columns["城镇生活供水"], dtype=float)
    assert town.sum() == pytest.approx(0.125 * 365 * YEARS * 0.0864, rel=1e-6)
    assert set(region.columns["城镇生活是否破坏"]) == {"否"}


def test_a_dry_month_of_a_class_is_a_failure(run: LongResult) -> None:
    supplied = run.supply.supplied_hm3.copy()
    months = run.study.clock.water.months
    supplied[:, (months == 7) & (run.supply.years == 1)] *= 0.5
    short = dataclasses.replace(run, supply=dataclasses.replace(run.supply, supplied_hm3=supplied))
    region = standard_tables(short)[0]
    failed = list(region.columns["城镇生活是否破坏"])
    assert [month for month, answer in enumerate(failed) if answer == "是"] == [12 + 6]
    assert region.columns["城镇生活缺水"][18] == pytest.approx(region.columns["城镇生活供水"][18])


def test_the_tables_come_back_from_excel(run: LongResult, tmp_path: Path) -> None:
    tables = standard_tables(run)
    write_workbook(tmp_path / "tables.xlsx", as_sheets(tables, run))
    sheets = read_workbook(tmp_path / "tables.xlsx")
    assert list(sheets) == [GUIDE, GUARANTEES, REGION, "甲"]
    for table in tables:
        assert sheets["甲" if table.name == "lake" else table.name] == [list(row) for row in table.rows()]
