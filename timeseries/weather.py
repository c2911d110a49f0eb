"""The weather of a region: one latent daily state that sun, warmth, rain and wind share.

A daily index of heat and high pressure, partly slow, drives the latent deviates of clear-sky index, temperature, rain and wind;
each adds noise of its own and passes through its monthly margin (Gaussian copula). Hours and sites come from the days. Method
after Richardson 1981 (Water Resources Research 17) with a shared index in the place of fitted cross-correlations.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import Days, to_days
from yuqian.timeseries.field import Field
from yuqian.timeseries.margins import beta_margin, capped, rain_margin, smooth_hours, to_hours
from yuqian.timeseries.sky import Sky, hourly_irradiance, sky_of
from yuqian.timeseries.streams import Process, Streams, autoregressive
from yuqian.timeseries.stress import Stress
from yuqian.timeseries.tables import MONTHS, Tables, tables

T = TypeVar("T")
CLEAR_SKY_LOCAL_KM = 60.0
MEAN_PASSES = 8


class InflowEngine(enum.Enum):
    """How the totals of years of inflow are spread.

    SOIL leaves them as the soil store makes them; PEARSON brings them to Pearson III, each year keeping its rank and shape.
    """

    SOIL = "soil"
    PEARSON = "pearson"


@dataclass(frozen=True)
class WeatherPlan:
    """Which weather to make.

    Attributes:
        seed: of all random streams.
        member: independent runs of one seed.
        years: how many weather years are made, one after the other, on the calendar.
        keep_means: whether the months of the whole run are brought to the mean of the climate tables.
        stress: overlays, put on every year.
        inflow: how the totals of years of inflow are spread; PEARSON asks for ten years or more.
    """

    seed: int = 20_260
    member: int = 0
    years: int = 1
    keep_means: bool = True
    stress: tuple[Stress, ...] = ()
    inflow: InflowEngine = InflowEngine.SOIL


@dataclass(frozen=True, eq=False)
class Weather:
    """One run of weather. Made when first asked for, then kept.

    Attributes:
        days: the calendar, with the plan's years already repeated.
        plan: how it was made.
    """

    days: Days
    plan: WeatherPlan
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, days: Days, plan: WeatherPlan) -> Weather:
        """The weather of a plan on a calendar."""
        return cls(days.repeated(plan.years), plan)

    @cached_property
    def usual(self) -> Weather:
        """The same weather without stress."""
        return self if not self.plan.stress else Weather(self.days, replace(self.plan, stress=()))

    @cached_property
    def climate(self) -> Tables:
        return tables("climate")

    @cached_property
    def streams(self) -> Streams:
        return Streams(self.plan.seed, self.plan.member)

    def keep(self, key: Any, make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for each ``key``."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: T = self._kept[key]
        return kept

    def by_day(self, table: str) -> Floats:
        """A monthly climate table, spread over the days, shape (days.count,)."""
        return to_days(self.climate.months(table), self.days.positions)

    def stress_factor(self, name: str) -> Floats:
        """Product of all overlays' factor ``name``, shape (days.count,)."""
        total = np.ones(self.days.count)
        for overlay in self.plan.stress:
            total *= overlay.factor(name, self.days)
        return total

    def stress_added(self, name: str) -> Floats:
        """Sum of all overlays' ``name``, shape (days.count,)."""
        total = np.zeros(self.days.count)
        for overlay in self.plan.stress:
            total += overlay.added(name, self.days)
        return total

    def month_means(self, values: Floats) -> Floats:
        """Mean of daily values in each calendar month of the whole run, shape (12,)."""
        counts = np.bincount(self.days.months, minlength=MONTHS + 1)[1:]
        means: Floats = np.bincount(self.days.months, weights=values, minlength=MONTHS + 1)[1:] / counts
        return means

    # ---- the latent state

    @cached_property
    def heat(self) -> Floats:
        """Index of heat and high pressure, zero mean and unit variance but for stress, shape (days.count,)."""
        share = np.clip(self.by_day("heat_slow_share"), 0.0, 1.0)
        slow, fast = (
            autoregressive(self.streams.of(process), self.days.count, self.climate.number(f"heat_{name}_memory"))
            for process, name in ((Process.HEAT_SLOW, "slow"), (Process.HEAT_FAST, "fast"))
        )
        heat: Floats = np.sqrt(share) * slow + np.sqrt(1.0 - share) * fast + self.stress_added("heat_shift")
        return heat

    @property
    def heat_memory(self) -> float:
        """Lag-1 correlation of the heat index, mean over the year."""
        share = float(self.climate.months("heat_slow_share").mean())
        memory = share * self.climate.number("heat_slow_memory") + (1 - share) * self.climate.number("heat_fast_memory")
        return float(memory)

    def latent(self, name: str, process: Process) -> Floats:
        """Standard normal deviate of a variable by day, loaded on the heat index, shape (days.count,)."""
        loading = np.clip(self.by_day(f"{name}_loading"), -1.0, 1.0)
        own = autoregressive(self.streams.of(process), self.days.count, self.climate.number(f"{name}_memory"))
        return loading * self.heat + np.sqrt(1.0 - loading**2) * own

    # ---- sun

    @cached_property
    def _clear_sky_latent(self) -> Floats:
        return self.latent("clear_sky", Process.CLEAR_SKY)

    def sky(self, latitude_deg: float, longitude_deg: float, elevation_m: float) -> Sky:
        """The sky over a site."""
        site = (latitude_deg, longitude_deg, elevation_m)
        return self.keep(("sky", site), lambda: sky_of(*site))

    @cached_property
    def site_sky(self) -> Sky:
        """The sky over the site of the climate tables."""
        return self.sky(*(self.climate.number(name) for name in ("latitude_deg", "longitude_deg", "elevation_m")))

    def _clear_sky_margin(self, latent: Floats) -> Floats:
        """Beta margin of the clear-sky index, with the mean that the irradiation table asks for."""
        clear = self.site_sky.clear_day_kwh_per_m2()
        standard = Days(2025)
        month_clear = np.bincount(standard.months, weights=clear)[1:]
        mean = to_days(self.climate.months("irradiation_kwh_per_m2") / month_clear, self.days.positions)
        return beta_margin(latent, mean, self.by_day("clear_sky_index_sd"))

    @cached_property
    def _clear_sky_scale(self) -> Floats:
        """Factor of each month, shape (12,), that brings the run to the irradiation table."""
        scale = np.ones(MONTHS)
        if not self.plan.keep_means:
            return scale
        clear = self.site_sky.clear_day_kwh_per_m2()[self.days.positions]
        standard = Days(2025)
        wanted = self.climate.months("irradiation_kwh_per_m2") / np.bincount(standard.months)[1:]
        index = self._clear_sky_margin(self._clear_sky_latent)
        for _ in range(MEAN_PASSES):
            found = self.month_means(np.minimum(index * scale[self.days.months - 1], 1.0) * clear)
            scale = scale * wanted / found
        return scale

    def _clear_sky_of(self, latent: Floats) -> Floats:
        scale = self.usual._clear_sky_scale[self.days.months - 1] * self.stress_factor("clear_sky_factor")
        return np.minimum(self._clear_sky_margin(latent) * scale, 1.0)

    @cached_property
    def clear_sky_index(self) -> Floats:
        """Daily irradiation over clear-sky irradiation, for the region, shape (days.count,)."""
        return self._clear_sky_of(self._clear_sky_latent)

    @cached_property
    def _clear_sky_field(self) -> Field:
        memory = self.climate.number("clear_sky_memory")
        return Field(self.streams, Process.CLEAR_SKY_SITE, self.days.count, memory, CLEAR_SKY_LOCAL_KM)

    @cached_property
    def _clear_sky_hours(self) -> tuple[Floats, Field]:
        memory = self.climate.number("clear_sky_hour_memory")
        common = autoregressive(self.streams.of(Process.CLEAR_SKY_HOUR), self.days.hours, memory)
        return common, Field(self.streams, Process.CLEAR_SKY_SITE_HOUR, self.days.hours, memory, CLEAR_SKY_LOCAL_KM)

    def irradiance_w_per_m2(self, latitude_deg: float, longitude_deg: float, elevation_m: float) -> Floats:
        """Global horizontal irradiance at a site, hourly means, shape (days.hours,)."""
        shared = self.climate.number("clear_sky_site_correlation")
        own = self._clear_sky_field.at(latitude_deg, longitude_deg)
        index = self._clear_sky_of(np.sqrt(shared) * self._clear_sky_latent + np.sqrt(1.0 - shared) * own)
        shared = self.climate.number("clear_sky_site_hour_correlation")
        common, local = self._clear_sky_hours
        noise = np.sqrt(shared) * common + np.sqrt(1.0 - shared) * local.at(latitude_deg, longitude_deg)
        return self._irradiance(index, noise, self.sky(latitude_deg, longitude_deg, elevation_m))

    @cached_property
    def irradiance_region_w_per_m2(self) -> Floats:
        """Global horizontal irradiance at the site of the climate tables, shape (days.hours,)."""
        return self._irradiance(self.clear_sky_index, self._clear_sky_hours[0], self.site_sky)

    def _irradiance(self, index: Floats, noise: Floats, sky: Sky) -> Floats:
        spread, top = self.climate.number("clear_sky_hour_sd"), self.climate.number("clear_sky_index_max")
        return hourly_irradiance(index, noise, sky, self.days.positions, spread, top).reshape(-1)

    # ---- warmth

    @cached_property
    def _temperature_plain_c(self) -> Floats:
        deviate = self.latent("temperature", Process.TEMPERATURE)
        return self.by_day("temperature_c") + self.by_day("temperature_sd_c") * capped(
            deviate, self.climate.number("temperature_cap")
        )

    @cached_property
    def _temperature_shift_c(self) -> Floats:
        if not self.plan.keep_means:
            return np.zeros(MONTHS)
        return self.climate.months("temperature_c") - self.month_means(self._temperature_plain_c)

    @cached_property
    def temperature_c(self) -> Floats:
        """Daily mean temperature at the site of the climate tables, shape (days.count,)."""
        shift = self.usual._temperature_shift_c[self.days.months - 1]
        return self._temperature_plain_c + shift + self.stress_added("temperature_c")

    @cached_property
    def temperature_range_c(self) -> Floats:
        """Highest less lowest temperature of each day, shape (days.count,)."""
        return self.by_day("temperature_range_c") + self.by_day("temperature_range_per_clear_sky_c") * self.clear_sky_index

    @cached_property
    def temperature_hour_c(self) -> Floats:
        """Temperature by hour at the site of the climate tables, shape (days.hours,)."""
        return self._hours_of_temperature()

    def _hours_of_temperature(self) -> Floats:
        shape = self.climate.numbers("temperature_hour_shape")
        shape = (shape - shape.mean()) / np.ptp(shape)
        swing = np.outer(np.ones(self.days.count), shape) * self.temperature_range_c[:, None]
        return smooth_hours(self.temperature_c) + swing.reshape(-1)

    def temperature_at_c(self, elevation_m: float) -> Floats:
        """Temperature by hour at another height, shape (days.hours,)."""
        rise = elevation_m - self.climate.number("elevation_m")
        return self.temperature_hour_c - self.climate.number("temperature_lapse_c_per_m") * rise

    # ---- rain

    @cached_property
    def _rain_latent(self) -> Floats:
        return self.latent("rain", Process.RAIN)

    def _rain_margin(self, latent: Floats) -> Floats:
        """Dry below the quantile of the rain-day fraction, gamma above it."""
        amount = rain_margin(latent, self.by_day("rain_day_fraction"), self.climate.number("rain_gamma_shape"))
        return amount * to_days(self._rain_day_mm() / self.climate.months("rain_day_fraction"), self.days.positions)

    def _rain_day_mm(self) -> Floats:
        rain: Floats = self.climate.months("rain_mm") / np.bincount(Days(2025).months)[1:]
        return rain

    @cached_property
    def _rain_scale(self) -> Floats:
        if not self.plan.keep_means:
            return np.ones(MONTHS)
        return self._rain_day_mm() / self.month_means(self._rain_margin(self._rain_latent))

    def _rain_of(self, latent: Floats) -> Floats:
        scale = self.usual._rain_scale[self.days.months - 1]
        rain: Floats = self._rain_margin(latent) * scale * self.stress_factor("rain_factor")
        return rain

    @cached_property
    def rain_mm(self) -> Floats:
        """Rain of each day over the region, shape (days.count,)."""
        return self._rain_of(self._rain_latent)

    def rain_at_mm(self, key: int) -> Floats:
        """Rain of each day over a sub-basin, which has noise of its own by ``key``, shape (days.count,)."""
        shared = self.climate.number("rain_site_correlation")
        memory = self.climate.number("rain_memory")
        own = autoregressive(self.streams.of(Process.RAIN_SITE, key), self.days.count, memory)
        return self._rain_of(np.sqrt(shared) * self._rain_latent + np.sqrt(1.0 - shared) * own)

    # ---- wind

    @cached_property
    def _wind_fields(self) -> tuple[Field, Field]:
        wind = tables("wind")
        length = wind.number("correlation_length_km")
        return (
            Field(self.streams, Process.WIND_DAY, self.days.count, wind.number("daily_memory"), length),
            Field(self.streams, Process.WIND_HOUR, self.days.hours, wind.number("hourly_memory"), length),
        )

    def wind_latent(self, latitude_deg: float, longitude_deg: float) -> Floats:
        """Standard normal deviate of wind at a site by hour, shape (days.hours,)."""
        wind = tables("wind")
        daily, hourly = self._wind_fields
        share = wind.number("daily_share")
        loading = np.repeat(self.by_day("wind_loading"), HOURS_PER_DAY)
        own = np.sqrt(share) * to_hours(daily.at(latitude_deg, longitude_deg), daily.memory)
        own += np.sqrt(1.0 - share) * hourly.at(latitude_deg, longitude_deg)
        heat = self.keep("heat by hour", lambda: to_hours(self.heat, self.heat_memory))
        latent: Floats = loading * heat + np.sqrt(1.0 - loading**2) * own
        return latent
