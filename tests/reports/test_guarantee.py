"""Guarantee rates against counts by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuqian.models.clock import Clock
from yuqian.models.industry import Industry
from yuqian.models.kind import Kind, UserClass
from yuqian.models.reservoir import Reservoir
from yuqian.models.river_node import RiverNode
from yuqian.optimise.simulate import Calendar, Keep, simulate
from yuqian.reports.guarantee import (
    Failure,
    Formula,
    counts_of_series,
    counts_of_simulation,
    guarantee_of,
    largest_that_can_be_shown,
    wilson,
    years_to_prove,
)
from yuqian.reports.operating_tables import indicators, standard_table, supply_table

HM3_A_DAY = 1e6 / 86_400


def test_what_a_number_of_years_can_show() -> None:
    assert largest_that_can_be_shown(60) == pytest.approx(0.9836, abs=5e-5)
    assert largest_that_can_be_shown(30) == pytest.approx(0.9677, abs=5e-5)
    assert largest_that_can_be_shown(60, Formula.PLAIN) == 1.0
    assert years_to_prove(0.97) == 33
    assert largest_that_can_be_shown(32) < 0.97 <= largest_that_can_be_shown(33)


def test_wilson_interval() -> None:
    """The example of Newcombe, Statistics in Medicine 17 (1998): 81 of 263."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_counts_by_hand() -> None:
    """Two years of six periods, 10 asked in each; short runs of two, one and one, the last two deep."""
    supply = np.array([10, 9.5, 9.5, 10, 10, 10, 10, 4, 10, 10, 2, 10.0])
    years = np.repeat([0, 1], 6)
    counts = counts_of_series(supply, np.full(12, 10.0), years, tolerance=0.01, depth=0.1)
    found = guarantee_of("users", counts)
    assert (found.years, found.periods, found.traces) == (2, 12, 1)
    assert found.by_year == 0.0
    assert found.by_period == pytest.approx(8 / 13)
    assert found.by_volume == pytest.approx(1 - 15 / 120)
    assert found.resilience == pytest.approx(3 / 4)
    assert found.vulnerability_hm3 == pytest.approx(5.0)
    assert (found.longest_periods, found.depth) == (2, pytest.approx(0.8))
    deep = guarantee_of("users", counts, Formula.PLAIN, Failure.DEEP)
    assert (deep.by_year, deep.by_period) == (pytest.approx(1 / 2), pytest.approx(10 / 12))


def test_a_failure_without_an_end_has_not_been_recovered_from() -> None:
    """Met, two failures, met, failed: one of three failed periods is followed by one that is met."""
    found = guarantee_of("users", counts_of_series(np.array([5, 0, 0, 5, 0.0]), np.full(5, 5.0), np.zeros(5, dtype=int)))
    assert found.resilience == pytest.approx(1 / 3)
    assert found.vulnerability_hm3 == pytest.approx(15 / 2)


@settings(max_examples=60)
@given(
    years=st.integers(1, 12), periods=st.integers(1, 36), traces=st.integers(1, 3), seed=st.integers(0, 2**31),
    tolerance=st.floats(0.0, 0.05), depth=st.floats(0.06, 0.6), formula=st.sampled_from(Formula),
    failure=st.sampled_from(Failure),
)  # fmt: skip
def test_rates_are_those_of_counting_one_by_one(
    years: int, periods: int, traces: int, seed: int, tolerance: float, depth: float, formula: Formula, failure: Failure
) -> None:
    random = np.random.default_rng(seed)
    demand = random.uniform(1, 9, (years * periods, traces))
    share = np.where(random.random(demand.shape) < 0.3, random.uniform(0, 1, demand.shape), 0.0)
    number = np.repeat(np.arange(years), periods)
    found = guarantee_of("users", counts_of_series(demand * (1 - share), demand, number, tolerance, depth), formula, failure)
    limit = tolerance if failure is Failure.SHORT else depth
    more = 1 if formula is Formula.WEIBULL else 0
    by_year, by_period, runs, ended, failed, lost = [], [], 0, 0, 0, 0.0
    for trace in range(traces):
        bad = [bool(one > limit) for one in share[:, trace]]
        good_years = sum(not any(bad[year * periods : (year + 1) * periods]) for year in range(years))
        by_year.append(good_years / (years + more))
        by_period.append((len(bad) - sum(bad)) / (len(bad) + more))
        short = [bool(one > tolerance) for one in share[:, trace]]
        for at, one in enumerate(short):
            runs += one and (at == 0 or not short[at - 1])
            ended += one and at + 1 < len(short) and not short[at + 1]
        failed += sum(short)
        lost += float((share * demand)[:, trace].sum())
    assert found.by_year == pytest.approx(np.mean(by_year))
    assert found.by_period == pytest.approx(np.mean(by_period))
    assert found.by_volume == pytest.approx(1 - lost / demand.sum())
    assert found.resilience == pytest.approx(ended / failed if failed else 1.0)
    assert found.vulnerability_hm3 == pytest.approx(lost / runs if runs else 0.0)
    assert found.depth == pytest.approx(share.max())


def test_spreading_a_shortage_thin_lowers_the_rate() -> None:
    years = np.arange(20)
    asked = np.full(20, 10.0)
    lumped, spread = asked.copy(), np.full(20, 9.5)
    lumped[3] = 0.0
    one, other = (guarantee_of("u", counts_of_series(s, asked, years)) for s in (lumped, spread))
    assert one.by_volume == pytest.approx(other.by_volume)
    assert one.by_year == pytest.approx(19 / 21)
    assert other.by_year == 0.0
    assert one.depth > other.depth


def _lake(demand: np.ndarray, days: int, keep: Keep, year_start: str = "01-01"):
    lake = Reservoir(
        id="lake", downstream="river", curve_level_m=(0.0, 100.0), curve_storage_hm3=(0.0, 500.0),
        curve_area_km2=(1.0, 1.1), level_dead_m=0.0, level_flood_limit_m=100.0, level_normal_m=100.0, level_max_m=100.0,
        flood_season_start="05-01", flood_season_end="09-01", refill_end="10-01", opening_storage_fraction=1.0,
        seepage_fraction_per_year=0.0, catchment_km2=1.0, runoff_depth_mm_per_year=1.0, ecological_dry_fraction=0.0,
        ecological_wet_fraction=0.0, ecological_shortage_price_yuan_per_m3=1.0, flood_excess_price_yuan_per_m3_day=1.0,
    )  # fmt: skip
    works = Industry(
        id="works", node="lake", user_class=UserClass.INDUSTRY, demand_hm3_per_year=1.0, shortage_share_fraction=(1.0,),
        shortage_price_yuan_per_m3=(1.0,), return_fraction=0.0,
    )  # fmt: skip
    assets: list[Kind] = [lake, works, RiverNode(id="river")]
    series = {
        ("lake", "evaporation_mm_per_day"): np.zeros(days),
        ("lake", "ecological_flow_m3_per_s"): np.zeros(days),
        ("works", "demand_m3_per_s"): demand * HM3_A_DAY,
    }
    clock = Clock.of_days(dt.date(2025, 1, 1), days)
    return simulate(assets, series, Calendar.of(clock, 1, year_start), keep=keep)


def test_years_that_are_not_whole_are_not_judged() -> None:
    """500 in store, 1 a day: the 500th day is the last that is served in full."""
    run = _lake(np.ones(730), 730, Keep.YEAR)
    counts = counts_of_simulation(run, "works")
    assert counts.failed[:, 0].tolist() == [0, 230]
    may = counts_of_simulation(_lake(np.ones(730), 730, Keep.YEAR, "05-01"), "works")
    # From May 2025 to April 2026 only: the days from 16 May 2026 on lie in a year that is cut off.
    assert may.failed[:, 0].tolist() == [0]
    assert may.periods.tolist() == [365]
    with pytest.raises(ValueError, match="kept by year"):
        counts_of_simulation(_lake(np.ones(730), 730, Keep.MONTH), "works")


def test_counts_of_a_simulation_equal_those_of_its_series() -> None:
    demand = np.where(np.arange(730) % 3 == 0, 2.0, 0.5)
    run, steps = _lake(demand, 730, Keep.YEAR), _lake(demand, 730, Keep.STEP)
    by_run = counts_of_simulation(run, "works")
    supply, asked = steps.delivered_hm3("works"), steps.demand_hm3("works")
    by_series = counts_of_series(supply, asked, run.calendar.years, *run.rules.allowances[UserClass.INDUSTRY])
    for name in ("failed", "deep", "events", "longest", "depth", "demand_hm3", "delivered_hm3"):
        assert getattr(by_series, name) == pytest.approx(getattr(by_run, name)), name


def test_standard_table_has_its_names() -> None:
    run = _lake(np.ones(730), 730, Keep.MONTH)
    table = standard_table(run)
    for name in ("来水", "蒸发渗漏", "生态下泄", "供水_一般工业", "缺水", "弃水", "月末库容", "月末水位", "是否破坏"):
        assert name in table
    assert len(table) == 24
    first = table.iloc[0]
    assert (first["供水_一般工业"], first["月末库容"], first["月末水位"]) == pytest.approx((31.0, 469.0, 93.8))
    assert not table["是否破坏"][:16].any()
    assert table["是否破坏"][17:].all()
    assert table["缺水"].sum() == pytest.approx(230.0)
    assert supply_table(run)["供水"].sum() == pytest.approx(500.0)
    found = indicators(_lake(np.ones(730), 730, Keep.YEAR)).iloc[0]
    assert found["多年平均供水量"] == pytest.approx(250.0)
