"""A long-series study of the tiny region, whose demands are known."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.scenario import load_region
from yuqian.models.kind import UserClass
from yuqian.optimise.simulate import Calendar, Keep, class_row, simulate
from yuqian.reports.guarantee import Failure, Formula, guarantees
from yuqian.reports.long import LongResult, LongStudy, Supply
from yuqian.reports.long_tables import served
from yuqian.reports.results import read_results
from yuqian.timeseries.long_series import LongPlan

YEARS = 3


@pytest.fixture(scope="module")
def run(tiny_scenario: Path, tmp_path_factory: pytest.TempPathFactory) -> LongResult:
    study = LongStudy.of(load_region(tiny_scenario), LongPlan(years=YEARS))
    return study.run(runs=tmp_path_factory.mktemp("runs"))


def test_the_answer_is_audited_and_its_file_alone_is_enough(run: LongResult) -> None:
    assert run.audit.passes
    assert run.folder is not None
    again = read_results(run.folder / "results.nc")
    assert again.audit().passes
    assert again.clock.water.drops_leap_days
    assert np.all(again.clock.water.stamps == run.study.clock.water.stamps)
    assert "optimistic" in again.attributes["foresight"]


def test_users_get_what_they_ask_for(run: LongResult) -> None:
    town, factory = (next(row for row in served(run.supply) if row.name == name) for name in ("town", "industry"))
    assert town.demand_hm3_per_year == pytest.approx(0.125 * 365 * 0.0864, rel=1e-6)
    assert factory.demand_hm3_per_year == pytest.approx(31.536, rel=1e-6)
    assert (town.failed_years, town.by_year) == (0, YEARS / (YEARS + 1))
    assert town.periods == run.study.clock.water.count


def test_failures_are_counted_by_year_and_by_period() -> None:
    demand = np.full((2, 6), 1.0)
    supplied = demand.copy()
    supplied[0, 4] = 0.4
    supplied[1, 5] = 0.8
    supply = Supply(("a", "b"), ("town", "town"), demand, supplied, np.array([0, 0, 0, 1, 1, 1]))
    (row,) = served(supply)
    assert (row.failed_years, row.failed_periods, row.years, row.periods) == (1, 2, 2, 6)
    assert row.by_year == pytest.approx(1 / 3)
    assert row.by_period == pytest.approx(4 / 7)
    assert row.depth == pytest.approx(0.6 / 2)
    assert row.delivered_hm3_per_year == pytest.approx((12 - 0.8) / 2)
    assert row.by_volume == pytest.approx(1 - 0.8 / 12)
    # Of a step's demand of 2, 0.6 and then 0.2 are missing; a town may lack a tenth.
    assert row.deep_periods == 1
    (deep,) = served(supply, failure=Failure.DEEP, formula=Formula.PLAIN)
    assert deep.by_period == pytest.approx(5 / 6)


def test_traces_are_counted_together() -> None:
    demand, years = np.full((1, 4), 1.0), np.array([0, 0, 1, 1])
    whole = Supply(("a",), ("town",), demand, demand.copy(), years)
    none = Supply(("a",), ("town",), demand, np.zeros((1, 4)), years)
    (row,) = served(whole, none)
    assert (row.traces, row.failed_years, row.by_volume) == (2, 1.0, 0.5)
    assert row.by_year_interval[0] < row.by_year < row.by_year_interval[1]


def test_it_is_the_count_of_the_simulation_by_rule(run: LongResult) -> None:
    """One rule of counting: the same supply has the same rates, whoever ran it."""
    dry = {key: values * 0.03 for key, values in run.study.series.as_mapping().items() if key[1] == "inflow_m3_per_s"}
    series = {**run.study.series.as_mapping(), **dry}
    by_step, by_year = (
        simulate(run.study.side.assets, series, Calendar.of(run.study.clock), keep=keep) for keep in (Keep.STEP, Keep.YEAR)
    )
    supplied = np.array([by_step.delivered_hm3(user)[:, 0] for user in run.supply.users])
    ours = served(dataclasses.replace(run.supply, supplied_hm3=supplied))
    theirs = guarantees(by_year, [class_row(UserClass(row.name)) for row in ours])
    assert any(row.failed_periods for row in ours)
    for row, other in zip(ours, theirs, strict=True):
        for name in ("by_year", "by_year_interval", "by_period", "by_volume", "failed_periods", "deep_periods", "depth"):
            assert getattr(row, name) == pytest.approx(getattr(other, name), abs=1e-9), name
