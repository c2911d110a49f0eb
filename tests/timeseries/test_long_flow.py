"""Long series of flow, Pearson III, typical years and the critical period."""

from __future__ import annotations

import calendar
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from yuqian.timeseries.calibration_flow import flow_statistics
from yuqian.timeseries.dekads import PER_YEAR, dekad_clock, dekad_of_position, lengths, mean_over_dekads
from yuqian.timeseries.long_flow import FlowPlan, LongFlow
from yuqian.timeseries.pearson import Pearson3, empirical_share, fit
from yuqian.timeseries.tables import read_yaml
from yuqian.timeseries.typical_year import on_typical_year, sequent_peak, to_pearson_totals, typical_years


@pytest.fixture(scope="module")
def flow(stand_ins: SimpleNamespace) -> LongFlow:
    return LongFlow([stand_ins.catchment("a"), stand_ins.catchment("b", 500.0)], FlowPlan(traces=4, years=60))


def test_dekads_fill_the_year() -> None:
    assert lengths().sum() == 365
    assert len(lengths()) == PER_YEAR
    assert set(lengths().tolist()) == {8, 10, 11}
    assert dekad_of_position()[[0, 9, 10, 30, 31, 364]].tolist() == [0, 0, 1, 2, 3, 35]
    clock = dekad_clock(2030, 2)
    assert clock.water.count == 72
    assert clock.water.hours.sum() == 2 * 8760


@given(first=some.integers(1890, 2110), years=some.integers(1, 9))
def test_dekads_of_the_civil_calendar(first: int, years: int) -> None:
    """Ten, ten and what is left of the month, whatever the year: 8 to 11 days; each begins on the 1st, 11th or 21st."""
    clock = dekad_clock(first, years, drops_leap_days=False)
    wanted = [
        days
        for year in range(first, first + years)
        for month in range(1, 13)
        for days in (10, 10, calendar.monthrange(year, month)[1] - 20)
    ]
    assert (clock.water.hours / 24).tolist() == wanted
    days = [str(stamp)[8:10] for stamp in clock.water.stamps.astype("datetime64[D]")]
    assert days == ["01", "11", "21"] * (12 * years)
    standard = dekad_clock(first, years)
    assert standard.water.hours.sum() == years * 365 * 24
    split = dekad_clock(first, years, ("02-25", "05-05"), drops_leap_days=False)
    assert split.water.hours.sum() == clock.water.hours.sum()
    assert split.water.count == 38 * years


def test_days_add_up_to_dekads(flow: LongFlow) -> None:
    daily = flow.days_m3_per_s()
    assert daily.shape == (4, 2, 60 * 365)
    assert daily.dtype == np.float32
    assert daily.min() >= 0.0
    assert mean_over_dekads(daily) == pytest.approx(flow.dekads_m3_per_s, rel=1e-3)
    assert 0.05 < np.quantile(daily[0, 0], 0.05) / daily[0, 0].mean() < 0.2


def test_periods_meet_without_a_step(flow: LongFlow) -> None:
    daily = np.log(flow.days_m3_per_s()[:, 0].astype(float))
    jumps = np.abs(np.diff(daily, axis=1))
    starts = np.cumsum(np.tile(lengths(), 60))[:-1]
    inside = np.delete(jumps, starts - 1, axis=1)
    assert jumps[:, starts - 1].mean() < 1.6 * inside.mean()


def test_flow_keeps_its_statistics() -> None:
    targets = read_yaml("calibration")["targets"]
    found = flow_statistics(FlowPlan(traces=100, years=60))
    missed = {name: value for name, value in found.items() if not targets[name]["low"] <= value <= targets[name]["high"]}
    assert not missed


def test_same_seed_same_bits_and_each_site_alone(flow: LongFlow, stand_ins: SimpleNamespace) -> None:
    alone = LongFlow([stand_ins.catchment("b", 500.0)], FlowPlan(traces=2, years=60))
    assert np.array_equal(alone.dekads_m3_per_s[:, 0], flow.dekads_m3_per_s[:2, 1])
    assert np.array_equal(alone.days_m3_per_s()[:, 0], flow.days_m3_per_s()[:2, 1])
    other = LongFlow([stand_ins.catchment("b", 500.0)], FlowPlan(seed=1, traces=2, years=60))
    assert not np.array_equal(alone.dekads_m3_per_s, other.dekads_m3_per_s)


def test_dataset_says_what_it_holds(flow: LongFlow) -> None:
    dataset = flow.dataset()
    assert dict(dataset.sizes) == {"trace": 4, "catchment": 2, "dekad": 60 * 36}
    assert dataset["inflow_m3_per_s"].attrs["units"] == "m3/s"


@given(
    mean=some.floats(0.1, 100.0), variation=some.floats(0.1, 1.0), ratio=some.floats(2.0, 4.0), below=some.floats(0.01, 0.99)
)
@settings(max_examples=50, deadline=None)
def test_pearson_is_that_of_scipy(mean: float, variation: float, ratio: float, below: float) -> None:
    own = Pearson3(mean, variation, ratio * variation).quantile(below)
    theirs = stats.pearson3.ppf(below, ratio * variation, loc=mean, scale=mean * variation)
    assert float(own) == pytest.approx(float(theirs), rel=1e-6, abs=1e-9 * mean)
    assert own >= -1e-9


def test_design_values_of_a_handbook_table() -> None:
    # Kp of Cv 0.25, Cs = 2 Cv: 1.34 at 10 %, 0.98 at 50 %, 0.70 at 90 %, 0.63 at 95 %
    curve = Pearson3(1.0, 0.25, 0.5)
    assert curve.exceeded(np.array([0.10, 0.50, 0.90, 0.95])) == pytest.approx([1.33, 0.98, 0.70, 0.63], abs=0.011)


def test_fit_finds_what_was_drawn_and_refuses_little() -> None:
    drawn = Pearson3(100.0, 0.3, 0.75).quantile((np.arange(2000) + 0.5) / 2000)
    found = fit(drawn)
    assert (found.mean, found.variation, found.skew) == pytest.approx((100.0, 0.3, 0.75), rel=0.03)
    with pytest.raises(ValueError, match="at least ten"):
        fit(drawn[:9])
    with pytest.raises(ValueError, match="above 0"):
        Pearson3(1.0, -0.2, 0.5)


def test_plotting_position() -> None:
    assert empirical_share(np.array([3.0, 9.0, 5.0])).tolist() == [0.75, 0.25, 0.5]


def test_sequent_peak_by_hand() -> None:
    inflow = np.array([5.0, 1.0, 0.0, 2.0, 6.0, 4.0])
    period = sequent_peak(inflow, 3.0)
    assert period.storage == pytest.approx(6.0)
    assert (period.first, period.last) == (1, 3)


def test_sequent_peak_over_the_end_of_the_series() -> None:
    inflow = np.array([1.0, 6.0, 4.0, 5.0, 1.0, 1.0])
    period = sequent_peak(inflow, 3.0)
    assert period.storage == pytest.approx(6.0)
    assert (period.first, period.last) == (4, 0)
    assert sequent_peak(inflow, 3.0, cyclic=False).storage == pytest.approx(4.0)
    with pytest.raises(ValueError, match="more than the mean"):
        sequent_peak(inflow, 3.1)


def test_sequent_peak_is_enough_and_no_more() -> None:
    inflow = np.random.Generator(np.random.PCG64(3)).gamma(2.0, 1.0, 200)
    draft = 0.9 * inflow.mean()
    storage = sequent_peak(inflow, draft).storage

    def lowest(capacity: float) -> float:
        level, low = capacity, capacity
        for flow_in in np.concatenate((inflow, inflow)):
            level = min(level + flow_in - draft, capacity)
            low = min(low, level)
        return low

    assert lowest(storage) == pytest.approx(0.0, abs=1e-9)
    assert lowest(storage * 0.99) < 0.0


def test_typical_years_are_near_their_design(flow: LongFlow) -> None:
    by_year = flow.days_m3_per_s()[0, 0].reshape(60, 365).astype(float)
    chosen = typical_years(by_year)
    assert [one.share for one in chosen] == [0.25, 0.50, 0.75, 0.90, 0.95]
    assert all(abs(one.factor - 1.0) < 0.08 for one in chosen)
    assert np.all(np.diff([one.design for one in chosen]) < 0)
    for one in chosen:
        assert by_year[one.year].sum() * one.factor == pytest.approx(one.design)


def test_the_chinese_way_keeps_totals_and_shape() -> None:
    shape = np.array([1.0, 4.0, 2.0, 1.0])
    years = on_typical_year(shape, np.array([8.0, 16.0]))
    assert years.tolist() == [[1.0, 4.0, 2.0, 1.0], [2.0, 8.0, 4.0, 2.0]]
    scaled = to_pearson_totals(np.outer(np.arange(1.0, 21.0), shape), 0.25, 2.5)
    assert scaled.sum(axis=1).std(ddof=1) / scaled.sum(axis=1).mean() == pytest.approx(0.24, abs=0.02)
    assert np.all(np.diff(scaled.sum(axis=1)) > 0)


def test_flow_plans_need_a_trace() -> None:
    with pytest.raises(ValueError, match="at least"):
        FlowPlan(traces=0)
