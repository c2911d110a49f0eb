"""Calibration report: what the generated weather gives, against what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries import statistics as st
from yuqian.timeseries.calibration_flow import flow_statistics
from yuqian.timeseries.days import Days
from yuqian.timeseries.electric_load import ElectricLoad
from yuqian.timeseries.long_flow import FlowPlan
from yuqian.timeseries.resource import Context
from yuqian.timeseries.river import River, regional_runoff_mm
from yuqian.timeseries.sun import Sun, dc_share
from yuqian.timeseries.tables import read_yaml, tables
from yuqian.timeseries.weather import Weather, WeatherPlan
from yuqian.timeseries.wind import Wind

CALENDAR_YEAR = 2030
LONG_YEARS = 200
FLOW_TRACES = 100
HOT_C = 35.0
DRY_MM = 1.0
COMPOUND_RAIN = 0.45
COMPOUND_WARMER_C = 1.8


@dataclass(frozen=True)
class Check:
    """One statistic against its target.

    Attributes:
        name: key in the targets' file.
        title: in words.
        low, high: where it should lie.
        value: what the weather gives.
        source: whose figure the target is.
    """

    name: str
    title: str
    low: float
    high: float
    value: float
    source: str

    @property
    def passed(self) -> bool:
        return bool(self.low <= self.value <= self.high)


def calibration(plan: WeatherPlan | None = None) -> tuple[Check, ...]:
    """Check a run of weather years against all targets; those of rare events only where the run has 200 years or more.

    Args:
        plan: which weather; 60 years of the default seed when None.
    """
    plan = plan or WeatherPlan(years=60)
    context = Context(Weather.of(Days(CALENDAR_YEAR), plan))
    found = {**sun_statistics(context), **wind_statistics(context), **warmth_statistics(context)}
    found |= rain_statistics(context) | cross_statistics(context) | load_statistics(context)
    found |= flow_statistics(FlowPlan(seed=plan.seed, traces=FLOW_TRACES))
    if plan.years >= LONG_YEARS:
        found |= compound_statistics(context)
    targets = read_yaml("calibration")["targets"]
    return tuple(checks(found, targets))


def checks(found: dict[str, float], targets: dict[str, Any]) -> Iterable[Check]:
    """Statistics put beside their targets, in the order of the targets' file."""
    for name, target in targets.items():
        if name in found:
            low, high = float(target["low"]), float(target["high"])
            yield Check(name, target["title"], low, high, float(found[name]), target["source"])


def site(name: str) -> Any:
    """Stand-in assets that the targets are stated for: one, or a list."""
    content = read_yaml("calibration")["sites"][name]
    return [SimpleNamespace(**one) for one in content] if isinstance(content, list) else SimpleNamespace(**content)


def sun_statistics(context: Context) -> dict[str, float]:
    """Irradiation and photovoltaic yield."""
    weather, days = context.weather, context.days
    hourly = weather.irradiance_region_w_per_m2
    daily = hourly.reshape(-1, HOURS_PER_DAY).sum(axis=1) / 1000.0
    table = tables("climate").months("irradiation_kwh_per_m2")
    by_month = weather.month_means(daily) * np.bincount(days.months)[1:] / st.years(days)
    clear = weather.site_sky.clear_w_per_m2[days.positions].reshape(-1)
    lit = clear > 1.0
    plant = site("sun")
    return {
        "irradiation_month_error_max": float(np.abs(by_month / table - 1.0).max()),
        "irradiation_year_kwh_per_m2": float(by_month.sum()),
        "irradiation_year_variation": st.variation(st.by_year(daily, days)),
        "irradiation_over_clear_max": float((hourly[lit] / clear[lit]).max()),
        "sun_dc_fraction": float(dc_share(plant, context).mean()),
        "sun_ac_fraction": float(Sun().make(plant, context).mean()),
    }


def wind_statistics(context: Context) -> dict[str, float]:
    """Wind power at the stand-in sites."""
    power = np.array([Wind().make(one, context) for one in site("wind")])
    months = np.repeat(context.days.months, HOURS_PER_DAY)
    means = power.mean(axis=1)
    correlation = np.corrcoef(power)
    return {
        "wind_site_fraction_min": float(means.min()),
        "wind_site_fraction_max": float(means.max()),
        "wind_fleet_fraction": float(means.mean()),
        "wind_late_summer_ratio": float(power[:, np.isin(months, (7, 8, 9))].mean() / power.mean()),
        "wind_lag1": float(np.mean([st.lag1(one) for one in power])),
        "wind_correlation_near": float(correlation[0, 1]),
        "wind_correlation_far": float(correlation[0, 2]),
        "wind_correlation_falls": float(correlation[0, 1] - correlation[0, 2]),
    }


def warmth_statistics(context: Context) -> dict[str, float]:
    """Temperature of days and hours."""
    weather, days = context.weather, context.days
    hourly = weather.temperature_hour_c
    table = tables("climate").months("temperature_c")
    highest = hourly.reshape(-1, HOURS_PER_DAY).max(axis=1)
    return {
        "temperature_year_c": float(weather.temperature_c.mean()),
        "temperature_month_error_max_c": float(np.abs(weather.month_means(weather.temperature_c) - table).max()),
        "temperature_highest_c": float(highest[days.years_run < 30].max()),
        "temperature_lag1": st.lag1_within_months(weather.temperature_c, days, range(1, 13)),
        "clear_sky_lag1_summer": st.lag1_within_months(weather.clear_sky_index, days, st.SUMMER),
        "hot_spell_days": float(st.longest_run((highest >= HOT_C)[days.years_run < 60])),
    }


def rain_statistics(context: Context) -> dict[str, float]:
    """Rain and what rivers make of it."""
    weather, days = context.weather, context.days
    rain = weather.rain_mm
    by_year = st.by_year(rain, days)
    runoff = River().make(site("catchment"), context) / site("catchment").area_km2 * 86.4
    monthly = weather.month_means(runoff) * np.bincount(days.months)[1:]
    return {
        "rain_year_mm": float(by_year.mean()),
        "rain_may_september_share": float(rain[np.isin(days.months, (5, 6, 7, 8, 9))].sum() / rain.sum()),
        "rain_year_variation": st.variation(by_year),
        "rain_july_august_variation": st.variation(st.by_year(rain, days, (7, 8))),
        "dry_spell_days": float(st.longest_run((rain < DRY_MM)[days.years_run < 60])),
        "runoff_year_mm": float(st.by_year(runoff, days).mean()),
        "runoff_peak_month": float(np.argmax(monthly) + 1),
        "runoff_low_ratio": float(np.quantile(runoff, 0.05) / runoff.mean()),
        "runoff_year_variation": st.variation(st.by_year(runoff, days)),
    }


def cross_statistics(context: Context) -> dict[str, float]:
    """How sun, warmth, rain and load go together; worst decade where the sign must hold in each."""
    weather, days = context.weather, context.days
    sky, warmth, rain = weather.clear_sky_index, weather.temperature_c, np.log1p(weather.rain_mm)
    load = ElectricLoad().make(site("load"), context).reshape(-1, HOURS_PER_DAY).mean(axis=1)
    return {
        "summer_clear_sky_temperature": min(st.by_decade(sky, warmth, days, st.SUMMER)),
        "summer_clear_sky_log_rain": max(st.by_decade(sky, rain, days, st.SUMMER)),
        "summer_temperature_load": min(st.by_decade(warmth, load, days, st.SUMMER)),
        "winter_clear_sky_temperature": st.correlation(sky, warmth, days, st.WINTER),
        "winter_temperature_load": max(st.by_decade(warmth, load, days, st.WINTER)),
    }


def load_statistics(context: Context) -> dict[str, float]:
    """Shape of the load."""
    days = context.days
    hourly = ElectricLoad().make(site("load"), context).reshape(st.years(days), -1)
    dates, hours = days.months.reshape(st.years(days), -1), np.arange(hourly.shape[1]) % HOURS_PER_DAY
    peak, at = hourly.max(axis=1), hourly.argmax(axis=1)
    smelter = peak.mean() / 3.0
    months = np.repeat(dates, HOURS_PER_DAY, axis=1)
    winter = np.where(np.isin(months, st.WINTER), hourly, 0.0).max(axis=1)
    daily = hourly.reshape(st.years(days), -1, HOURS_PER_DAY).mean(axis=2)
    off = days.from_new_year.reshape(daily.shape)
    near = np.where(np.abs(off) <= 20, daily, np.inf)
    lowest = near.argmin(axis=1)
    rows = np.arange(len(lowest))
    january = np.array([one[month == 1].mean() for one, month in zip(daily, dates, strict=True)])
    shape = hourly.reshape(-1, HOURS_PER_DAY).mean(axis=0)
    return {
        "load_factor": float((hourly.mean(axis=1) / peak).mean()),
        "load_factor_with_smelter": float(((hourly.mean(axis=1) + smelter) / (peak + smelter)).mean()),
        "load_peak_summer_share": float(np.isin(months[rows, at], (7, 8)).mean()),
        "load_peak_hour_median": float(np.median(hours[at])),
        "load_winter_peak_ratio": float((winter / peak).mean()),
        "load_day_shape_correlation": float(np.corrcoef(shape, tables("load").numbers("hour_shape"))[0, 1]),
        "festival_ratio": float((near[rows, lowest] / january).mean()),
        "festival_day_error": float(np.quantile(np.abs(off[rows, lowest]), 0.95)),
    }


def compound_statistics(context: Context) -> dict[str, float]:
    """Summers that are hot and dry at once, and what comes with them."""
    days, weather = context.days, context.weather
    months = (7, 8)
    rain = st.by_year(weather.rain_mm, days, months)
    warmth = st.by_year(weather.temperature_c, days, months) / 62.0
    hit = (rain < COMPOUND_RAIN * rain.mean()) & (warmth > warmth.mean() + COMPOUND_WARMER_C)
    if not hit.any():
        return {"compound_return_years": float("inf")}
    sun = st.by_year(st.daily(Sun().make(site("sun"), context)), days, months)
    inflow = st.by_year(regional_runoff_mm(weather), days, months)
    peak: Floats = ElectricLoad().make(site("load"), context).reshape(st.years(days), -1).max(axis=1)
    return {
        "compound_return_years": st.years(days) / float(hit.sum()),
        "compound_load_above_median": float((peak[hit] > np.median(peak)).mean()),
        "compound_inflow_ratio_median": float(np.median(inflow[hit] / inflow.mean())),
        "compound_inflow_ratio_max": float((inflow[hit] / inflow.mean()).max()),
        "compound_sun_ratio_min": float((sun[hit] / sun.mean()).min()),
    }
