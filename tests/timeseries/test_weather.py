"""The weather state."""

from __future__ import annotations

import numpy as np
import pytest

from yuqian.timeseries.days import Days
from yuqian.timeseries.margins import beta_margin, rain_margin, smooth_hours, to_hours
from yuqian.timeseries.resource import Context
from yuqian.timeseries.streams import autoregressive
from yuqian.timeseries.tables import tables
from yuqian.timeseries.weather import Weather, WeatherPlan


def test_the_reference_year_stands_on_the_monthly_tables(year: Context) -> None:
    weather, days = year.weather, year.days
    climate = tables("climate")
    daily = weather.irradiance_region_w_per_m2.reshape(-1, 24).sum(axis=1) / 1000.0
    sums = [daily[days.months == month].sum() for month in range(1, 13)]
    assert sums == pytest.approx(climate.months("irradiation_kwh_per_m2"), rel=2e-3)
    rain = [weather.rain_mm[days.months == month].sum() for month in range(1, 13)]
    assert rain == pytest.approx(climate.months("rain_mm"))
    assert weather.month_means(weather.temperature_c) == pytest.approx(climate.months("temperature_c"))


def test_same_seed_same_bits_other_seed_other_weather() -> None:
    first, second = (Weather.of(Days(2030), WeatherPlan(seed=5)) for _ in range(2))
    assert np.array_equal(first.temperature_hour_c, second.temperature_hour_c)
    assert np.array_equal(first.wind_latent(28.7, 106.6), second.wind_latent(28.7, 106.6))
    other = Weather.of(Days(2030), WeatherPlan(seed=6))
    assert np.corrcoef(first.heat, other.heat)[0, 1] < 0.3
    member = Weather.of(Days(2030), WeatherPlan(seed=5, member=1))
    assert np.corrcoef(first.heat, member.heat)[0, 1] < 0.3


def test_a_longer_run_begins_with_the_shorter() -> None:
    short = Weather.of(Days(2030), WeatherPlan(years=1, keep_means=False))
    long = Weather.of(Days(2030), WeatherPlan(years=3, keep_means=False))
    assert np.array_equal(long.heat[:365], short.heat)
    assert np.array_equal(long.rain_mm[:365], short.rain_mm)
    assert np.array_equal(long.temperature_c[:365], short.temperature_c)


def test_years_run_on_without_a_seam() -> None:
    weather = Weather.of(Days(2030), WeatherPlan(years=40, keep_means=False))
    jumps = np.abs(np.diff(weather.temperature_c))
    seams = jumps[364::365]
    winter = jumps[np.isin(weather.days.months[:-1], (12, 1))]
    assert seams.mean() == pytest.approx(winter.mean(), rel=0.35)


def test_years_differ(decade: Context) -> None:
    by_year = decade.weather.rain_mm.reshape(10, -1).sum(axis=1)
    assert by_year.std() / by_year.mean() > 0.08


def test_irradiance_is_between_night_and_clear_sky(decade: Context) -> None:
    weather = decade.weather
    clear = weather.site_sky.clear_w_per_m2[decade.days.positions].reshape(-1)
    for light in (weather.irradiance_region_w_per_m2, weather.irradiance_w_per_m2(28.97, 106.65, 300.0)):
        assert np.all(light[clear <= 0] == 0)
        assert np.all(light <= 1.1 * clear + 1e-9)
        assert np.all(light >= 0)


def test_neighbouring_sites_share_their_sky(decade: Context) -> None:
    here = decade.weather.irradiance_w_per_m2(28.97, 106.65, 300.0).reshape(-1, 24).sum(axis=1)
    there = decade.weather.irradiance_w_per_m2(29.1, 106.9, 300.0).reshape(-1, 24).sum(axis=1)
    assert 0.85 < np.corrcoef(here, there)[0, 1] < 1.0


def test_heights_are_cooler(year: Context) -> None:
    valley, ridge = year.weather.temperature_at_c(300.0), year.weather.temperature_at_c(1300.0)
    assert valley - ridge == pytest.approx(5.8)


def test_margins() -> None:
    deviate = np.random.Generator(np.random.PCG64(1)).standard_normal(100_000)
    full = np.ones_like(deviate)
    beta = beta_margin(deviate, 0.4 * full, 0.2 * full)
    assert (beta.mean(), beta.std()) == pytest.approx((0.4, 0.2), abs=0.01)
    rain = rain_margin(deviate, 0.3 * full, 0.75)
    assert (rain > 0).mean() == pytest.approx(0.3, abs=0.01)
    assert rain[rain > 0].mean() == pytest.approx(1.0, abs=0.03)
    assert np.all(np.isfinite(rain_margin(np.array([40.0]), np.array([0.3]), 0.75)))


def test_smooth_hours_keep_the_mean_of_each_day() -> None:
    daily = np.random.Generator(np.random.PCG64(3)).normal(20.0, 3.0, 365)
    hourly = smooth_hours(daily)
    assert hourly.reshape(-1, 24).mean(axis=1) == pytest.approx(daily)
    assert np.abs(np.diff(hourly)).max() < 1.0
    assert smooth_hours(np.array([5.0])) == pytest.approx(5.0)


def test_temperature_has_no_step_at_midnight(year: Context) -> None:
    hourly = year.weather.temperature_hour_c
    assert hourly.reshape(-1, 24).mean(axis=1) == pytest.approx(year.weather.temperature_c)
    midnight = np.abs(np.diff(hourly))[23::24]
    assert midnight.max() < np.abs(np.diff(hourly)).max()


def test_hours_keep_the_variance_of_days() -> None:
    daily = autoregressive(np.random.Generator(np.random.PCG64(2)), 50_000, 0.5)
    hourly = to_hours(daily, 0.5)
    assert hourly.std() == pytest.approx(1.0, abs=0.02)
    assert np.abs(np.diff(hourly)).max() < 1.0
