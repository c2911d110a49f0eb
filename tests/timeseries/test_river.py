"""Rivers in a weather year, and what dams must let pass."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from yuqian.models.ecological_rule import EcologicalRule
from yuqian.timeseries.days import Days
from yuqian.timeseries.ecological_flow import EcologicalFlow
from yuqian.timeseries.pearson import Pearson3
from yuqian.timeseries.resource import Context, ResourceError
from yuqian.timeseries.river import River, regional_runoff_mm
from yuqian.timeseries.statistics import by_year
from yuqian.timeseries.tables import tables
from yuqian.timeseries.weather import InflowEngine, Weather, WeatherPlan


def test_runoff_of_the_reference_year_stands_on_its_table(year: Context) -> None:
    depth = regional_runoff_mm(year.weather)
    share = [depth[year.days.months == month].sum() / 499.0 for month in range(1, 13)]
    assert share == pytest.approx(tables("river").months("runoff_month_share"))


def test_inflow_scales_with_area_and_is_never_negative(decade: Context, stand_ins: SimpleNamespace) -> None:
    flow = River().make(stand_ins.catchment(), decade)
    twice = River().make(stand_ins.catchment(area_km2=2000.0), decade)
    assert twice == pytest.approx(2.0 * flow)
    assert flow.min() > 0.0
    assert flow.mean() * 86.4 / 1000.0 * 365 == pytest.approx(499.0, rel=0.08)
    assert 0.08 < np.quantile(flow, 0.05) / flow.mean() < 0.18


def test_neighbours_rise_together_but_not_alike(decade: Context, stand_ins: SimpleNamespace) -> None:
    one, other = (River().make(stand_ins.catchment(name), decade) for name in ("a", "b"))
    assert 0.6 < np.corrcoef(one, other)[0, 1] < 0.99


def test_ecological_flow_is_the_rule_but_never_more_than_nature(decade: Context, stand_ins: SimpleNamespace) -> None:
    flow = EcologicalFlow().make(stand_ins.dam(), decade)
    mean = 499.0 * 1000.0 * 1000.0 / (365 * 86_400)
    natural = regional_runoff_mm(decade.weather) * 1000.0 / 86.4
    wet = np.isin(decade.days.months, range(5, 11))
    assert flow == pytest.approx(np.minimum(np.where(wet, 0.2, 0.1) * mean, natural))
    assert np.any(flow < np.where(wet, 0.2, 0.1) * mean)


def kept(decade: Context, stand_ins: SimpleNamespace, **rule: object) -> np.ndarray:
    dam = stand_ins.dam()
    vars(dam).update({"ecological_inflow_limited": False, **rule})
    return np.asarray(EcologicalFlow().make(dam, decade))


def test_the_wet_season_is_that_of_the_place(decade: Context, stand_ins: SimpleNamespace) -> None:
    """April to September, to the day; and a season that runs over the new year."""
    mean = 499.0 * 1000.0 * 1000.0 / (365 * 86_400)
    flow = kept(decade, stand_ins, ecological_wet_start="04-01", ecological_wet_end="10-01")
    assert flow == pytest.approx(np.where(np.isin(decade.days.months, range(4, 10)), 0.2, 0.1) * mean)
    over = kept(decade, stand_ins, ecological_wet_start="12-16", ecological_wet_end="02-01")
    dates = [str(date)[5:] for date in decade.days.dates]
    wet = np.array([date >= "12-16" or date < "02-01" for date in dates])
    assert over == pytest.approx(np.where(wet, 0.2, 0.1) * mean)


def test_a_stated_flow_is_kept_as_it_is_stated(decade: Context, stand_ins: SimpleNamespace) -> None:
    rule = {"ecological_rule": EcologicalRule.STATED}
    assert kept(decade, stand_ins, **rule, ecological_stated_m3_per_s=(2.5,)) == pytest.approx(2.5)
    by_month = tuple(float(month) for month in range(1, 13))
    flow = kept(decade, stand_ins, **rule, ecological_stated_m3_per_s=by_month)
    assert flow == pytest.approx(decade.days.months)


def test_annual_totals_can_follow_pearson(stand_ins: SimpleNamespace) -> None:
    plan = WeatherPlan(years=30, inflow=InflowEngine.PEARSON)
    context = Context(Weather.of(Days(2030), plan))
    totals = by_year(regional_runoff_mm(context.weather), context.days)
    assert totals.mean() == pytest.approx(499.0)
    wanted = Pearson3(1.0, 0.25, 0.625).exceeded(np.arange(1, 31) / 31.0)
    assert np.sort(totals)[::-1] / totals.mean() == pytest.approx(wanted / wanted.mean())
    soil = Context(Weather.of(Days(2030), WeatherPlan(years=30)))
    as_run = by_year(regional_runoff_mm(soil.weather), soil.days)
    assert np.array_equal(np.argsort(as_run), np.argsort(totals))


def test_pearson_totals_need_years(stand_ins: SimpleNamespace) -> None:
    context = Context(Weather.of(Days(2030), WeatherPlan(inflow=InflowEngine.PEARSON)))
    with pytest.raises(ResourceError, match="10 weather years"):
        River().make(stand_ins.catchment(), context)
