"""Stand-in assets and weather for the tests of the series."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from yuqian.models.clock import Rhythm
from yuqian.models.ecological_rule import EcologicalRule
from yuqian.models.kind import SeriesNeed
from yuqian.timeseries.days import Days
from yuqian.timeseries.resource import Context
from yuqian.timeseries.weather import Weather, WeatherPlan

SHARED = Path(__file__).parents[3] / "shared"


def wind_farm(name: str = "wind", latitude_deg: float = 28.7, longitude_deg: float = 106.6) -> SimpleNamespace:
    return SimpleNamespace(
        id=name, hub_height_m=100.0, wind_mean_m_per_s=5.8, weibull_shape=1.95, air_density_kg_per_m3=1.07,
        power_curve="vestas_v126_3300", loss_fraction=0.13, latitude_deg=latitude_deg, longitude_deg=longitude_deg,
        elevation_m=1200.0, series={"available_fraction": SeriesNeed("wind", Rhythm.POWER, high=1.0)},
    )  # fmt: skip


def pv_plant(name: str = "pv") -> SimpleNamespace:
    return SimpleNamespace(
        id=name, dc_ac_ratio=1.2, tilt_deg=15.0, azimuth_deg=180.0, system_loss_fraction=0.14,
        temperature_coefficient_per_c=-0.0035, latitude_deg=28.97, longitude_deg=106.65, elevation_m=300.0,
        series={"available_fraction": SeriesNeed("sun", Rhythm.POWER, high=1.0)},
    )  # fmt: skip


def load(name: str = "load", base_year: int = 2030, growth: float = 0.0) -> SimpleNamespace:
    return SimpleNamespace(
        id=name, energy_gwh_per_year=1000.0, base_year=base_year, growth_fraction_per_year=growth,
        heating_share_per_c=0.028, cooling_share_per_c=0.052,
        series={"demand_mw": SeriesNeed("electric_load", Rhythm.POWER)},
    )  # fmt: skip


def coal_unit(name: str = "coal") -> SimpleNamespace:
    return SimpleNamespace(
        id=name, outage_fraction=0.05, hot_derate_fraction_per_c=0.003, hot_derate_above_c=33.0,
        series={"available_fraction": SeriesNeed("thermal", Rhythm.POWER, high=1.0)},
    )  # fmt: skip


def tie(name: str = "tie", **more: float) -> SimpleNamespace:
    return SimpleNamespace(
        id=name, price_mean_yuan_per_mwh=400.0, price_swing_fraction=0.5, **more,
        series={"price_yuan_per_mwh": SeriesNeed("price", Rhythm.POWER)},
    )  # fmt: skip


def catchment(name: str = "catchment", area_km2: float = 1000.0) -> SimpleNamespace:
    return SimpleNamespace(
        id=name, area_km2=area_km2, runoff_depth_mm_per_year=499.0,
        series={"inflow_m3_per_s": SeriesNeed("river", Rhythm.WATER)},
    )  # fmt: skip


def dam(name: str = "dam") -> SimpleNamespace:
    return SimpleNamespace(
        id=name, catchment_km2=1000.0, runoff_depth_mm_per_year=499.0, ecological_dry_fraction=0.1,
        ecological_wet_fraction=0.2, ecological_rule=EcologicalRule.TENNANT, ecological_inflow_limited=True,
        ecological_wet_start="05-01", ecological_wet_end="11-01", ecological_stated_m3_per_s=(),
        series={
            "ecological_flow_m3_per_s": SeriesNeed("ecological_flow", Rhythm.WATER),
            "evaporation_mm_per_day": SeriesNeed("evaporation", Rhythm.WATER),
        },
    )  # fmt: skip


def town(name: str = "town") -> SimpleNamespace:
    return SimpleNamespace(
        id=name, population_persons=100_000.0, norm_l_per_person_day=160.0, public_use_fraction=0.25,
        summer_share_per_c=0.012, series={"demand_m3_per_s": SeriesNeed("town_demand", Rhythm.WATER)},
    )  # fmt: skip


def works(name: str = "works") -> SimpleNamespace:
    return SimpleNamespace(
        id=name, demand_hm3_per_year=31.536, series={"demand_m3_per_s": SeriesNeed("flat_water_demand", Rhythm.WATER)}
    )


def district(name: str = "district") -> SimpleNamespace:
    shares = (0.0, 0.0, 0.0, 0.1, 0.2, 0.2, 0.25, 0.2, 0.05, 0.0, 0.0, 0.0)
    return SimpleNamespace(
        id=name, area_mu=100_000.0, quota_net_m3_per_mu_year=250.0, canal_efficiency_fraction=0.5,
        month_share_fraction=shares, series={"demand_m3_per_s": SeriesNeed("irrigation", Rhythm.WATER)},
    )  # fmt: skip


def everything() -> list[SimpleNamespace]:
    return [wind_farm(), pv_plant(), load(), coal_unit(), tie(), catchment(), dam(), town(), works(), district()]


@pytest.fixture(scope="session")
def assets() -> list[SimpleNamespace]:
    """One stand-in for each resource."""
    return everything()


@pytest.fixture(scope="session")
def year() -> Context:
    """The reference year, on the calendar of 2030."""
    return Context(Weather.of(Days(2030), WeatherPlan()))


@pytest.fixture(scope="session")
def decade() -> Context:
    """Ten weather years in a row."""
    return Context(Weather.of(Days(2030), WeatherPlan(years=10)))


@pytest.fixture(scope="session")
def stand_ins() -> SimpleNamespace:
    """Makers of stand-in assets."""
    return SimpleNamespace(
        wind_farm=wind_farm, pv_plant=pv_plant, load=load, coal_unit=coal_unit, tie=tie, catchment=catchment, dam=dam,
        town=town, works=works, district=district,
    )  # fmt: skip


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Data files beside the checkout, which the repository must not hold."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the folder 'shared/data' with real weather and load files is not beside this checkout")
    return folder
