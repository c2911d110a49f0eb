"""A number over its range, and the driest years of a trace."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from yuqian.assets.scenario import load_region
from yuqian.reports.long import LongResult, LongStudy
from yuqian.reports.long_sweep import SweepError, ends_of, sweep
from yuqian.reports.long_tables import driest_years, long_as_data, served_in
from yuqian.timeseries.long_series import LongPlan

YEARS = 4


@pytest.fixture(scope="module")
def run(tiny_scenario: Path) -> LongResult:
    return LongStudy.of(load_region(tiny_scenario), LongPlan(years=YEARS)).run()


def test_the_driest_years_are_those_with_the_least_flow(run: LongResult) -> None:
    flow = run.study.series.of("hills", "inflow_m3_per_s") * run.study.clock.water.hm3_per_m3_per_s
    by_year = flow.reshape(YEARS, -1).sum(axis=1)
    driest = driest_years(run.study, 2)
    pairs = by_year[:-1] + by_year[1:]
    assert driest.start == int(np.argmin(pairs))
    assert len(driest) == 2
    part = served_in(run.supply, driest)
    assert all(row.years == 2 for row in part)
    data = long_as_data(run, 2)
    assert (data["drought"]["first_year"], data["drought"]["last_year"]) == (driest.start + 1, driest.stop)


def test_what_is_short_outside_the_drought_does_not_count_in_it(run: LongResult) -> None:
    supplied = run.supply.supplied_hm3.copy()
    supplied[:, run.supply.years == 0] = 0.0
    short = dataclasses.replace(run.supply, supplied_hm3=supplied)
    assert all(row.failed_years == 0 for row in served_in(short, range(1, 3)))
    assert all(row.failed_years == 1 for row in served_in(short, range(0, 2)))


@pytest.fixture
def ranged(tiny_scenario: Path, tmp_path: Path) -> Path:
    """The tiny region with a range on the factory's demand: nothing to speak of up to more than the hills bring."""
    path = tiny_scenario.parent / "ranged.yaml"
    path.write_text(
        "id: ranged\nname: {en: Ranged, zh: 变幅}\nbase: now\nassets:\n  factory:\n    demand_hm3_per_year:\n"
        "      {value: 31.536, source: guess, confidence: assumed, range: [1.0, 2000.0]}\n",
        encoding="utf-8",
    )
    return path


def test_a_number_is_swept_over_its_range(ranged: Path) -> None:
    assert ends_of(ranged, "factory.demand_hm3_per_year") == {"low": 1.0, "value": 31.536, "high": 2000.0}
    points = sweep(ranged, "factory.demand_hm3_per_year", LongPlan(years=2), drought_years=1)
    assert [point.end for point in points] == ["low", "value", "high"]
    demand = [next(row for row in point.served if row.name == "industry") for point in points]
    assert [row.demand_hm3_per_year for row in demand] == pytest.approx([1.0, 31.536, 2000.0], rel=1e-5)
    assert demand[0].failed_years == 0
    assert demand[2].failed_years == 2
    assert all(row.years == 1 for point in points for row in point.drought)


@pytest.mark.parametrize(
    ("path", "words"),
    [("factory.demand", "demand_hm3_per_year"), ("nobody.demand", "factory"), ("ditch.flow_max_m3_per_s", "no range")],
)
def test_what_cannot_be_swept_is_refused(ranged: Path, path: str, words: str) -> None:
    with pytest.raises(SweepError, match=words):
        ends_of(ranged, path)
