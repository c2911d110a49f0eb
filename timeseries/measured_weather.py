"""A measured or typical year in the place of the generated weather: the same resources then work from a real file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import special, stats

from yuqian.models.clock import Floats
from yuqian.models.units import HOURS_PER_DAY
from yuqian.timeseries.days import STANDARD_YEAR, Days
from yuqian.timeseries.measured import Measured
from yuqian.timeseries.resource import ResourceError
from yuqian.timeseries.sky import Sky
from yuqian.timeseries.weather import Weather, WeatherPlan

CLIMATE_YEARS = 10
CLEAR_MIN_W_PER_M2 = 20.0
YEAR_HOURS = 8760


@dataclass(frozen=True, eq=False)
class MeasuredWeather(Weather):
    """Weather whose sun, warmth, rain and wind come from a file of one year, as far as the file holds them.

    What is usual, against which load, rivers and fields are scaled, is the generated climate. All sites share the file's sky
    (under their own sun) and the rank of its wind; what the file lacks is generated.

    Attributes:
        measured: a year from 1 January; a 29 February is left out.
    """

    measured: Measured = field(kw_only=True)

    @cached_property
    def usual(self) -> Weather:
        return Weather.of(self.days, WeatherPlan(seed=self.plan.seed, member=self.plan.member, years=CLIMATE_YEARS))

    def _file(self, name: str) -> Floats | None:
        """A quantity on the calendar, shape (days.count, 24); None where the file lacks it."""
        if name not in self.measured.dataset:
            return None
        on_days: Floats = _year(self.measured, name)[self.days.positions]
        return on_days

    @cached_property
    def _file_sky(self) -> Sky:
        place = self.measured.place
        if place is None:
            raise ResourceError("the file's irradiance needs latitude_deg and longitude_deg in its side-car")
        return self.sky(*place)

    def _light(self, sky: Sky) -> Floats | None:
        """Measured irradiance under the sun of another site, shape (days.hours,)."""
        light = self._file("ghi_w_per_m2")
        if light is None:
            return None
        here, there = self._file_sky.clear_w_per_m2[self.days.positions], sky.clear_w_per_m2[self.days.positions]
        ratio = np.where(here > CLEAR_MIN_W_PER_M2, there / np.maximum(here, CLEAR_MIN_W_PER_M2), 0.0)
        brighter = self.stress_factor("clear_sky_factor")[:, None]
        seen: Floats = np.minimum(light * ratio * brighter, self.climate.number("clear_sky_index_max") * there)
        return seen.reshape(-1)

    @cached_property
    def clear_sky_index(self) -> Floats:
        light = self._light(self.site_sky)
        if light is None:
            return self._clear_sky_of(self._clear_sky_latent)
        clear = self.site_sky.clear_w_per_m2[self.days.positions].sum(axis=1)
        index: Floats = np.minimum(light.reshape(-1, HOURS_PER_DAY).sum(axis=1) / clear, 1.0)
        return index

    def irradiance_w_per_m2(self, latitude_deg: float, longitude_deg: float, elevation_m: float) -> Floats:
        light = self._light(self.sky(latitude_deg, longitude_deg, elevation_m))
        return super().irradiance_w_per_m2(latitude_deg, longitude_deg, elevation_m) if light is None else light

    @cached_property
    def irradiance_region_w_per_m2(self) -> Floats:
        light = self._light(self.site_sky)
        return self._irradiance(self.clear_sky_index, self._clear_sky_hours[0], self.site_sky) if light is None else light

    @cached_property
    def _file_warmth(self) -> Floats | None:
        """Temperature at the height of the climate tables, with stress, shape (days.count, 24)."""
        warmth = self._file("temperature_c")
        if warmth is None:
            return None
        height = self.measured.place[2] if self.measured.place else self.climate.number("elevation_m")
        rise = height - self.climate.number("elevation_m")
        return warmth + self.climate.number("temperature_lapse_c_per_m") * rise + self.stress_added("temperature_c")[:, None]

    @cached_property
    def temperature_c(self) -> Floats:
        if self._file_warmth is None:
            return self._temperature_plain_c + self.stress_added("temperature_c")
        return np.asarray(self._file_warmth.mean(axis=1))

    @cached_property
    def temperature_range_c(self) -> Floats:
        if self._file_warmth is None:
            return self.by_day("temperature_range_c") + self.by_day("temperature_range_per_clear_sky_c") * self.clear_sky_index
        return np.asarray(np.ptp(self._file_warmth, axis=1))

    @cached_property
    def temperature_hour_c(self) -> Floats:
        if self._file_warmth is None:
            return self._hours_of_temperature()
        return self._file_warmth.reshape(-1)

    @cached_property
    def rain_mm(self) -> Floats:
        rain = self._file("rain_mm_per_h")
        if rain is None:
            return self._rain_margin(self._rain_latent) * self.stress_factor("rain_factor")
        return np.asarray(rain.sum(axis=1) * self.stress_factor("rain_factor"))

    def rain_at_mm(self, key: int) -> Floats:
        return super().rain_at_mm(key) if "rain_mm_per_h" not in self.measured.dataset else self.rain_mm

    def wind_latent(self, latitude_deg: float, longitude_deg: float) -> Floats:
        if "wind_m_per_s" not in self.measured.dataset:
            return super().wind_latent(latitude_deg, longitude_deg)
        ranks = stats.rankdata(_year(self.measured, "wind_m_per_s")).reshape(-1, HOURS_PER_DAY)
        deviate: Floats = special.ndtri((ranks - 0.5) / ranks.size)[self.days.positions]
        return deviate.reshape(-1)


def measured_weather(measured: Measured, days: Days, plan: WeatherPlan) -> MeasuredWeather:
    """Weather from a file, on a calendar.

    Raises:
        ResourceError: if the file does not hold a year from 1 January, or the plan asks for several weather years.
    """
    if plan.years != 1:
        raise ResourceError(f"a measured year is one weather year, the plan asks for {plan.years}")
    stamps = measured.stamps[_ordinary(measured)]
    start = stamps[0].astype("datetime64[Y]").astype("datetime64[s]")
    if len(stamps) != YEAR_HOURS or stamps[0] != start:
        raise ResourceError(f"a year from 1 January is needed ({YEAR_HOURS} h), the file has {len(stamps)} h from {stamps[0]}")
    return MeasuredWeather(days, plan, measured=measured)


def _ordinary(measured: Measured) -> np.ndarray:
    """Which hours do not lie on a 29 February."""
    day = measured.stamps.astype("datetime64[D]")
    in_month = (day - day.astype("datetime64[M]")).astype(np.int64) + 1
    month = day.astype("datetime64[M]").astype(np.int64) % 12 + 1
    ordinary: np.ndarray = ~((month == 2) & (in_month == 29))
    return ordinary


def _year(measured: Measured, name: str) -> Floats:
    """A quantity of the file, shape (365, 24)."""
    by_day: Floats = measured.values(name)[_ordinary(measured)].reshape(len(Days(STANDARD_YEAR).dates), HOURS_PER_DAY)
    return by_day
