"""Long series of a network: flow from a trace, demands from weather years as wet or dry."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.models.catchment import Catchment
from yuqian.models.irrigation_district import IrrigationDistrict
from yuqian.models.reservoir import Reservoir
from yuqian.models.town import Town
from yuqian.timeseries.dekads import PER_YEAR, lengths, mean_over_dekads
from yuqian.timeseries.long_flow import FlowPlan, LongFlow
from yuqian.timeseries.long_series import LongPlan, LongSeries

LAND = Catchment.example().asset
OTHER = LAND.model_copy(update={"id": "other", "area_km2": 300.0})
DAM = Reservoir.example().asset
FIELDS = IrrigationDistrict.example().asset
TOWN = Town.example().asset
ASSETS = (LAND, OTHER, DAM, FIELDS, TOWN)
YEARS = 12


@pytest.fixture(scope="module")
def made() -> LongSeries:
    return LongSeries(ASSETS, LongPlan(years=YEARS, trace=1), 2030, ("05-01",))


def test_the_flow_is_that_of_the_trace(made: LongSeries) -> None:
    flow = LongFlow([LAND, OTHER], FlowPlan(traces=2, years=YEARS))  # type: ignore[list-item]
    for site, asset in enumerate((LAND, OTHER)):
        assert made.series().of(asset.id, "inflow_m3_per_s") == pytest.approx(flow.dekads_m3_per_s[1, site], rel=1e-6)


def test_dry_years_of_the_trace_have_thirsty_fields(made: LongSeries) -> None:
    """Ranks of summer flow and of the fields' demand go against each other, as in the weather years they are borrowed from."""
    series = made.series()
    days = np.tile(lengths(), YEARS)
    year = np.arange(YEARS * PER_YEAR) // PER_YEAR
    flow = series.of(LAND.id, "inflow_m3_per_s") + series.of(OTHER.id, "inflow_m3_per_s")
    summer = np.isin(made.clock.water.months, (5, 6, 7, 8, 9, 10))
    wet = np.bincount(year, weights=flow * days * summer)
    need = np.bincount(year, weights=series.of(FIELDS.id, "demand_m3_per_s") * days)
    assert np.corrcoef(wet, need)[0, 1] < -0.3
    assert sorted(made.borrowed.tolist()) == list(range(YEARS))


def test_the_ecological_flow_is_capped_by_the_flow_of_the_trace(made: LongSeries) -> None:
    series = made.series()
    required = series.of(DAM.id, "ecological_flow_m3_per_s")
    mean = DAM.catchment_km2 * DAM.runoff_depth_mm_per_year * 1e3 / 365 / 86_400
    relative = (series.of(LAND.id, "inflow_m3_per_s") + series.of(OTHER.id, "inflow_m3_per_s")) / sum(
        asset.area_km2 * asset.runoff_depth_mm_per_year * 1e3 / 365 / 86_400 for asset in (LAND, OTHER)
    )
    assert np.all(required <= relative * mean * (1 + 1e-6))
    wet = np.isin(made.clock.water.months, (5, 6, 7, 8, 9, 10))
    rule = mean * np.where(wet, DAM.ecological_wet_fraction, DAM.ecological_dry_fraction)
    assert required == pytest.approx(np.minimum(rule, relative * mean), rel=1e-5)


def test_by_day_and_by_period_have_the_same_means() -> None:
    plans = [LongPlan(years=2, by_day=by_day) for by_day in (True, False)]
    daily, dekads = (LongSeries(ASSETS, plan, 2030).series() for plan in plans)
    for asset, name in daily.pairs():
        found, wanted = mean_over_dekads(daily.of(asset, name)), dekads.of(asset, name)
        if name == "ecological_flow_m3_per_s":
            # Capped day by day, it can only be less than capped by the mean.
            assert np.all(found <= wanted * (1 + 1e-5))
        else:
            assert found == pytest.approx(wanted, rel=1e-4, abs=1e-4 * found.max())


def test_the_calendar_is_cut_where_the_seasons_begin() -> None:
    made = LongSeries(ASSETS, LongPlan(years=2), 2030, ("05-05",))
    assert made.clock.water.count == 2 * (PER_YEAR + 1)
    assert made.series().of(LAND.id, "inflow_m3_per_s")[12] == made.series().of(LAND.id, "inflow_m3_per_s")[13]


def test_same_plan_same_numbers() -> None:
    once, again = (LongSeries(ASSETS, LongPlan(years=2), 2030).series() for _ in range(2))
    assert once.fingerprint == again.fingerprint
    assert LongSeries(ASSETS, LongPlan(years=2, trace=1), 2030).series().fingerprint != once.fingerprint
