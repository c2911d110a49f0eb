"""Stress overlays."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from yuqian.timeseries.days import Days
from yuqian.timeseries.electric_load import ElectricLoad
from yuqian.timeseries.imports import Imports
from yuqian.timeseries.resource import Context
from yuqian.timeseries.river import River
from yuqian.timeseries.stress import Stress, Window, known_stresses, stress, stress_of
from yuqian.timeseries.sun import Sun
from yuqian.timeseries.tables import TableError
from yuqian.timeseries.thermal import Thermal
from yuqian.timeseries.weather import Weather, WeatherPlan
from yuqian.timeseries.wind import Wind


def stressed(name: str, years: int = 10) -> Context:
    return Context(Weather.of(Days(2030), WeatherPlan(years=years, stress=(stress(name),))))


def summer(values: np.ndarray, context: Context) -> np.ndarray:
    """July and August, mean of each year."""
    steps = len(values) // context.days.count
    months = np.repeat(context.days.months, steps)
    years = context.days.years_run[-1] + 1
    return np.asarray(values[np.isin(months, (7, 8))].reshape(years, -1).mean(axis=1))


def test_overlays_are_found() -> None:
    assert set(known_stresses()) == {"summer_2022", "summer_2006", "winter_2010", "flood_2020"}
    assert all(stress(name).windows and stress(name).source for name in known_stresses())


def test_summer_2022_is_hot_dry_sunny_and_short(decade: Context, stand_ins: SimpleNamespace) -> None:
    hot = stressed("summer_2022")
    assert hot.weather.temperature_hour_c.max() > 40.0
    assert np.median(summer(hot.weather.temperature_c, hot)) > np.median(summer(decade.weather.temperature_c, decade)) + 1.5
    assert np.all(summer(hot.weather.rain_mm, hot) < 0.6 * summer(decade.weather.rain_mm, decade))
    plant, farm = stand_ins.pv_plant(), stand_ins.wind_farm()
    assert np.all(summer(Sun().make(plant, hot), hot) > np.median(summer(Sun().make(plant, decade), decade)) * 0.9)
    assert np.median(summer(Sun().make(plant, hot), hot)) > 1.05 * np.median(summer(Sun().make(plant, decade), decade))
    assert np.all(summer(Wind().make(farm, hot), hot) < summer(Wind().make(farm, decade), decade))
    flow, usual = River().make(stand_ins.catchment(), hot), River().make(stand_ins.catchment(), decade)
    assert np.all(summer(flow, hot) < 0.75 * summer(usual, decade))
    assert np.median(summer(flow, hot)) < 0.6 * np.median(summer(usual, decade))
    peak = ElectricLoad().make(stand_ins.load(), hot).reshape(10, -1).max(axis=1)
    plain = ElectricLoad().make(stand_ins.load(), decade).reshape(10, -1).max(axis=1)
    assert np.all(peak > np.median(plain))
    assert Thermal().make(stand_ins.coal_unit(), hot).min() < Thermal().make(stand_ins.coal_unit(), decade).min()
    share = Imports().make(SimpleNamespace(id="tie"), hot).reshape(-1, 24)
    assert share[230, 18] == pytest.approx(0.3)
    assert share[230, 3] == pytest.approx(0.5)
    assert share[10].min() == 1.0


def test_the_rest_of_the_year_stays_as_it_is(decade: Context) -> None:
    hot = stressed("summer_2022")
    spring = hot.days.months <= 6
    assert np.array_equal(hot.weather.temperature_c[spring], decade.weather.temperature_c[spring])
    assert np.array_equal(hot.weather.rain_mm[spring], decade.weather.rain_mm[spring])


def test_winter_runs_over_the_new_year() -> None:
    cold = stressed("winter_2010", years=2)
    shift = cold.weather.stress_added("temperature_c").reshape(2, -1)
    assert np.all(shift[:, [0, 30, 348, 364]] == -2.5)
    assert np.all(shift[:, [100, 347]] == 0.0)


def test_flood_brings_water(decade: Context, stand_ins: SimpleNamespace) -> None:
    wet = stressed("flood_2020")
    usual = River().make(stand_ins.catchment(), decade).reshape(10, -1)[:, 165:190].max(axis=1)
    flood = River().make(stand_ins.catchment(), wet).reshape(10, -1)[:, 165:190].max(axis=1)
    assert np.all(flood > usual)
    assert np.median(flood) > 1.5 * np.median(usual)


def test_heat_shift_moves_everything_by_physics(decade: Context) -> None:
    shifted = Stress("shift", (Window("07-01", "08-31", heat_shift=1.5),))
    high = Context(Weather.of(Days(2030), WeatherPlan(years=10, stress=(shifted,))))
    assert summer(high.weather.temperature_c, high).mean() > summer(decade.weather.temperature_c, decade).mean() + 1.0
    assert summer(high.weather.rain_mm, high).mean() < 0.6 * summer(decade.weather.rain_mm, decade).mean()
    assert summer(high.weather.clear_sky_index, high).mean() > summer(decade.weather.clear_sky_index, decade).mean()


def test_several_overlays_add_up() -> None:
    both = WeatherPlan(stress=(stress("summer_2022"), stress("winter_2010")))
    factor = Weather.of(Days(2030), both).stress_factor("coal_factor")
    assert (factor[0], factor[230], factor[120]) == pytest.approx((0.7, 0.96, 1.0))


def test_wrong_overlays_are_refused() -> None:
    with pytest.raises(TableError, match=r"no stress overlay 'summer_1999'.*summer_2022"):
        stress("summer_1999")
    with pytest.raises(TableError, match="unknown fields"):
        stress_of("x", {"title": "", "source": "", "windows": [{"first": "07-01", "last": "07-02", "snow": 1.0}]})
    with pytest.raises(TableError, match="between 0 and 10"):
        Window("07-01", "07-02", rain_factor=-1.0)
    with pytest.raises(ValueError, match=r"13|month|parsing"):
        Window("13-01", "07-02")
