"""A long-series study of the tiny region, whose demands are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.scenario import load_region
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
    town, factory = (next(row for row in served(run.supply) if row.user_class == name) for name in ("town", "industry"))
    assert town.demand_hm3 == pytest.approx(0.125 * 365 * 0.0864, rel=1e-6)
    assert factory.demand_hm3 == pytest.approx(31.536, rel=1e-6)
    assert (town.failed_years, town.by_year_fraction) == (0, YEARS / (YEARS + 1))
    assert town.steps == run.study.clock.water.count


def test_failures_are_counted_by_year_and_by_period() -> None:
    demand = np.full((2, 6), 1.0)
    supplied = demand.copy()
    supplied[0, 4] = 0.4
    supplied[1, 5] = 0.8
    supply = Supply(("a", "b"), ("town", "town"), demand, supplied, np.array([0, 0, 0, 1, 1, 1]))
    (row,) = served(supply)
    assert (row.failed_years, row.failed_steps, row.years, row.steps) == (1, 2, 2, 6)
    assert row.by_year_fraction == pytest.approx(1 / 3)
    assert row.by_period_fraction == pytest.approx(4 / 7)
    assert row.deepest_fraction == pytest.approx(0.8 / 6)
    assert row.supplied_hm3 == pytest.approx((12 - 0.8) / 2)
