"""A measured year in the place of the generated weather."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from yuqian.models.clock import Clock
from yuqian.timeseries.days import Days
from yuqian.timeseries.make import make_series
from yuqian.timeseries.measured import Card, Measured
from yuqian.timeseries.measured_weather import measured_weather
from yuqian.timeseries.read import read_measured
from yuqian.timeseries.resource import Context, ResourceError
from yuqian.timeseries.stress import Stress, Window
from yuqian.timeseries.weather import WeatherPlan

YEAR = Clock.of_year(2030)


def taken(context: Context, start: str = "2030-01-01") -> Measured:
    """The generated year, as if it had been measured."""
    weather = context.weather
    stamps = np.datetime64(start, "ns") + np.arange(8760) * np.timedelta64(3_600_000_000_000, "ns")
    values = {
        "ghi_w_per_m2": weather.irradiance_region_w_per_m2,
        "temperature_c": weather.temperature_hour_c,
        "rain_mm_per_h": np.repeat(weather.rain_mm / 24.0, 24),
        "wind_m_per_s": np.abs(weather.wind_latent(28.7, 106.6)),
    }
    attrs = {"latitude_deg": 28.97, "longitude_deg": 106.65, "elevation_m": 300.0, "source": "own", "sha256": "0"}
    return Measured(xr.Dataset({name: ("time", one) for name, one in values.items()}, {"time": stamps}, attrs))


def test_what_was_measured_comes_back(year: Context) -> None:
    weather = measured_weather(taken(year), Days(2030), WeatherPlan())
    assert weather.temperature_hour_c == pytest.approx(year.weather.temperature_hour_c)
    assert weather.rain_mm == pytest.approx(year.weather.rain_mm)
    lit = weather.site_sky.clear_w_per_m2.reshape(-1) > 20.0
    assert weather.irradiance_region_w_per_m2[lit] == pytest.approx(year.weather.irradiance_region_w_per_m2[lit])
    assert weather.clear_sky_index == pytest.approx(year.weather.clear_sky_index, abs=0.02)
    assert weather.wind_latent(28.7, 106.6).std() == pytest.approx(1.0, abs=0.02)


def test_series_follow_the_file(year: Context, assets: list[SimpleNamespace]) -> None:
    made = make_series(assets, YEAR, measured=taken(year))
    own = make_series(assets, YEAR)
    assert list(made.pairs()) == list(own.pairs())
    assert made.dataset.attrs["weather_source"] == "own"
    sun, was = made.of("pv", "available_fraction"), own.of("pv", "available_fraction")
    assert np.corrcoef(sun.reshape(-1, 24).sum(axis=1), was.reshape(-1, 24).sum(axis=1))[0, 1] > 0.9
    load = made.of("load", "demand_mw")
    assert load.sum() == pytest.approx(1_000_000.0, rel=0.06)
    assert np.corrcoef(load, own.of("load", "demand_mw"))[0, 1] > 0.97
    assert made.of("catchment", "inflow_m3_per_s").mean() == pytest.approx(15.8, rel=0.3)


def test_what_the_file_lacks_is_generated(year: Context, assets: list[SimpleNamespace]) -> None:
    only_warmth = replace(taken(year), dataset=taken(year).dataset[["temperature_c"]])
    made = make_series(assets, YEAR, measured=only_warmth)
    assert np.all(np.isfinite(made.of("pv", "available_fraction")))
    only_sun = replace(taken(year), dataset=taken(year).dataset[["ghi_w_per_m2"]])
    assert make_series(assets, YEAR, measured=only_sun).of("load", "demand_mw").min() > 0.0


def test_stress_goes_on_top(year: Context) -> None:
    overlay = Stress("hot", (Window("07-01", "07-31", temperature_c=3.0, rain_factor=0.5),))
    plain = measured_weather(taken(year), Days(2030), WeatherPlan())
    hot = measured_weather(taken(year), Days(2030), WeatherPlan(stress=(overlay,)))
    july = plain.days.months == 7
    assert hot.temperature_c[july] - plain.temperature_c[july] == pytest.approx(3.0)
    assert hot.rain_mm[july] == pytest.approx(0.5 * plain.rain_mm[july])
    assert np.array_equal(hot.rain_mm[~july], plain.rain_mm[~july])


def test_leap_days_of_calendar_and_file(year: Context) -> None:
    weather = measured_weather(taken(year), Days(2028), WeatherPlan())
    assert len(weather.temperature_hour_c) == 8784
    leap = taken(year).dataset
    extra = leap.isel(time=slice(59 * 24, 60 * 24))
    whole = xr.concat([leap.isel(time=slice(0, 59 * 24)), extra, leap.isel(time=slice(59 * 24, None))], "time")
    stamps = np.datetime64("2028-01-01", "ns") + np.arange(8784) * np.timedelta64(3_600_000_000_000, "ns")
    ordinary = measured_weather(Measured(whole.assign_coords(time=stamps)), Days(2030), WeatherPlan())
    assert len(ordinary.temperature_hour_c) == 8760


def test_half_years_and_several_years_are_refused(year: Context) -> None:
    half = replace(taken(year), dataset=taken(year).dataset.isel(time=slice(0, 4000)))
    with pytest.raises(ResourceError, match="4000 h"):
        measured_weather(half, Days(2030), WeatherPlan())
    with pytest.raises(ResourceError, match="one weather year"):
        measured_weather(taken(year), Days(2030), WeatherPlan(years=2))
    nowhere = taken(year)
    nowhere.dataset.attrs.pop("latitude_deg")
    with pytest.raises(ResourceError, match="latitude_deg"):
        _ = measured_weather(nowhere, Days(2030), WeatherPlan()).clear_sky_index


def test_real_files_run_through(shared_data: Path, assets: list[SimpleNamespace]) -> None:
    card = Card("TMYx 2009-2023")
    file = shared_data / "weather" / "CHN_CQ_Chongqing.575160_TMYx.2009-2023.epw"
    made = make_series(assets, YEAR, measured=read_measured(file, card))
    assert made.of("pv", "available_fraction").mean() == pytest.approx(0.13, abs=0.02)
    assert 0.15 < made.of("wind", "available_fraction").mean() < 0.3
