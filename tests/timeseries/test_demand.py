"""Electric load, price, thermal availability, and the demand for water."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from yuqian.timeseries.days import Days
from yuqian.timeseries.electric_load import ElectricLoad
from yuqian.timeseries.evaporation import Evaporation
from yuqian.timeseries.flat_water_demand import FlatWaterDemand
from yuqian.timeseries.irrigation import Irrigation
from yuqian.timeseries.price import Price
from yuqian.timeseries.resource import Context, ResourceError
from yuqian.timeseries.tables import tables
from yuqian.timeseries.thermal import Thermal
from yuqian.timeseries.town_demand import TownDemand
from yuqian.timeseries.weather import Weather, WeatherPlan


def test_load_has_the_energy_of_its_year(year: Context, stand_ins: SimpleNamespace) -> None:
    assert ElectricLoad().make(stand_ins.load(), year).sum() == pytest.approx(1_000_000.0)
    grown = ElectricLoad().make(stand_ins.load(base_year=2025, growth=0.04), year)
    assert grown.sum() == pytest.approx(1_000_000.0 * 1.04**5)


def test_load_of_several_years_has_it_in_the_mean(decade: Context, stand_ins: SimpleNamespace) -> None:
    by_year = ElectricLoad().make(stand_ins.load(), decade).reshape(10, -1).sum(axis=1)
    assert by_year.mean() == pytest.approx(1_000_000.0)
    assert by_year.std() > 1000.0


def test_load_dips_at_the_new_year_and_at_weekends(year: Context, stand_ins: SimpleNamespace) -> None:
    daily = ElectricLoad().make(stand_ins.load(), year).reshape(-1, 24).mean(axis=1)
    january = daily[:31].mean()
    near = np.flatnonzero(np.abs(year.days.from_new_year) <= 20)
    lowest = near[daily[near].argmin()]
    assert abs(year.days.from_new_year[lowest]) <= 4
    assert 0.6 <= daily[lowest] / january <= 0.7
    calm = np.isin(year.days.months, (4, 10))
    weekday, sunday = calm & (year.days.weekdays < 5), calm & (year.days.weekdays == 6)
    assert daily[sunday].mean() < daily[weekday].mean()


def test_load_follows_heat_and_cold(year: Context, stand_ins: SimpleNamespace) -> None:
    daily = ElectricLoad().make(stand_ins.load(), year).reshape(-1, 24).mean(axis=1)
    months, warmth = year.days.months, year.weather.temperature_c
    summer, winter = np.isin(months, (6, 7, 8)), months == 1
    assert np.corrcoef(daily[summer], warmth[summer])[0, 1] > 0.55
    assert np.corrcoef(daily[winter], warmth[winter])[0, 1] < -0.25
    stiff = stand_ins.load()
    stiff.cooling_share_per_c = stiff.heating_share_per_c = 0.0
    flat = ElectricLoad().make(stiff, year).reshape(-1, 24).mean(axis=1)
    assert flat.std() < daily.std()


def test_price_steps_about_its_mean(year: Context, stand_ins: SimpleNamespace) -> None:
    price = Price().make(stand_ins.tie(), year).reshape(-1, 24)
    assert price.mean() == pytest.approx(400.0)
    assert price[0, [3, 9, 12, 21]].tolist() == pytest.approx([200.0, 400.0, 600.0, 600.0])
    seasonal = Price().make(stand_ins.tie(price_season_fraction=0.2), year).reshape(-1, 24)
    assert seasonal.mean() == pytest.approx(400.0, rel=1e-3)
    assert seasonal[15].mean() > 400.0 > seasonal[200].mean()


def test_thermal_plant_is_derated_in_heat(year: Context, stand_ins: SimpleNamespace) -> None:
    share = Thermal().make(stand_ins.coal_unit(), year)
    hot = year.weather.temperature_hour_c
    assert share[hot < 33.0] == pytest.approx(0.95)
    at = int(hot.argmax())
    assert share[at] == pytest.approx(0.95 * (1.0 - 0.003 * (hot[at] - 33.0)))


def test_town_uses_its_norm_in_the_mean_and_more_in_summer(year: Context, stand_ins: SimpleNamespace) -> None:
    flow = TownDemand().make(stand_ins.town(), year)
    assert flow.mean() == pytest.approx(100_000 * 160 * 1.25 / 1000 / 86_400)
    assert flow[year.days.months == 7].mean() > flow[year.days.months == 11].mean()


def test_flat_demand(year: Context, stand_ins: SimpleNamespace) -> None:
    flow = FlatWaterDemand().make(stand_ins.works(), year)
    assert flow == pytest.approx(1.0)


def test_irrigation_takes_its_quota_by_month(decade: Context, stand_ins: SimpleNamespace) -> None:
    district = stand_ins.district()
    flow = Irrigation().make(district, decade)
    by_month = np.array([flow[decade.days.months == month].sum() for month in range(1, 13)]) * 86_400 / 10
    wanted = 100_000 * 250.0 / 0.5 * np.asarray(district.month_share_fraction)
    assert by_month == pytest.approx(wanted)
    july = flow.reshape(10, -1)[:, decade.days.months[:365] == 7].sum(axis=1)
    rain = decade.weather.rain_mm.reshape(10, -1)[:, decade.days.months[:365] == 7].sum(axis=1)
    assert np.corrcoef(july, rain)[0, 1] < -0.5


def test_irrigation_shares_must_sum_to_one(year: Context, stand_ins: SimpleNamespace) -> None:
    district = stand_ins.district()
    district.month_share_fraction = (0.5,) * 12
    with pytest.raises(ResourceError, match="twelve shares"):
        Irrigation().make(district, year)


def test_evaporation_stands_on_its_table(year: Context, stand_ins: SimpleNamespace) -> None:
    depth = Evaporation().make(stand_ins.dam(), year)
    table = tables("water_demand").months("surface_evaporation_mm")
    assert [depth[year.days.months == month].sum() for month in range(1, 13)] == pytest.approx(table)
    assert 0.0 <= depth.min() < depth.max() < 15.0


def test_a_leap_year_ends_whole(stand_ins: SimpleNamespace) -> None:
    context = Context(Weather.of(Days(2028), WeatherPlan()))
    assert ElectricLoad().make(stand_ins.load(base_year=2028), context).sum() == pytest.approx(1_000_000.0)
    assert replace(WeatherPlan(), years=2).years == 2
