"""What the ending of a name says, and the factors against conversions done by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuqian.models import units
from yuqian.models.units import unit_of

UNITS = {
    "efficiency_fraction": "1",
    "unit_count": "1",
    "weibull_shape": "1",
    "dc_ac_ratio": "1",
    "spill_share": "1",
    "power_max_mw": "MW",
    "pump_kw": "kW",
    "energy_max_mwh": "MWh",
    "energy_gwh": "GWh",
    "energy_kwh": "kWh",
    "voltage_kv": "kV",
    "lag_h": "h",
    "storage_hm3": "hm3",
    "tank_m3": "m3",
    "rain_mm": "mm",
    "head_m": "m",
    "length_km": "km",
    "catchment_km2": "km2",
    "area_mu": "mu",
    "stock_max_t": "t",
    "fuel_tce": "tce",
    "fuel_gce": "gce",
    "cost_yuan": "yuan",
    "dose_l": "L",
    "mass_kg": "kg",
    "tilt_deg": "deg",
    "temperature_c": "degC",
    "population_persons": "persons",
    "base_year": "year",
    "days_of_cover_min": "day",
    "release_m3_per_s": "m3/s",
    "wind_mean_m_per_s": "m/s",
    "fuel_t_per_h": "t/h",
    "norm_l_per_person_day": "L/(person day)",
    "flood_excess_price_yuan_per_m3_day": "yuan/(m3 day)",
    "yield_mw_per_m3_per_s": "MW/(m3/s)",
    "yield_mw_per_hm3": "MW/hm3",
    "surface_slope_km2_per_hm3": "km2/hm3",
    "air_density_kg_per_m3": "kg/m3",
    "quota_net_m3_per_mu_year": "m3/(mu year)",
    "runoff_depth_mm_per_year": "mm/year",
    "evaporation_mm_per_day": "mm/day",
    "trains_max_per_day": "1/day",
    "heating_share_per_c": "1/degC",
    "hot_derate_fraction_per_c": "1/degC",
    "ramp_fraction_per_h": "1/h",
    "loss_fraction_per_year": "1/year",
    "price_yuan_per_mwh": "yuan/MWh",
    "price_yuan_per_t": "yuan/t",
    "cost_yuan_per_m3": "yuan/m3",
    "energy_kwh_per_t": "kWh/t",
    "energy_gwh_per_year": "GWh/year",
    "full_load_hours_h_per_year": "h/year",
    "demand_hm3_per_year": "hm3/year",
    "capacity_m3_per_day": "m3/day",
    "co2_t_per_tce": "t/tce",
    "coal_rate_net_gce_per_kwh": "gce/kWh",
    "coal_heat_tce_per_t": "tce/t",
    "cost_yuan_per_h": "yuan/h",
}


@pytest.mark.parametrize(("name", "unit"), UNITS.items())
def test_a_name_ends_in_its_unit(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_every_ending_is_shown_at_least_once() -> None:
    assert set(units._FIXED.values()) <= set(UNITS.values())
    # Counts of things and bare limits are the only endings that no name above ends in.
    assert set(units._QUANTITY.values()) - set(UNITS.values()) <= {"trains"}


@given(
    st.sampled_from(sorted(set(UNITS) - {"base_year"})),
    st.lists(st.sampled_from(["power", "upper", "net", "station"]), max_size=4),
)
def test_what_stands_in_front_does_not_change_the_unit(name: str, words: list[str]) -> None:
    assert unit_of("_".join([*words, name])) == UNITS[name]


@pytest.mark.parametrize("name", ["power", "", "power_max_horsepower", "mw_power", "price_yuan_per_furlong", "price_per_mwh"])
def test_a_name_without_a_known_unit_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' ends in no known unit"):
        unit_of(name)


def test_factors_by_hand() -> None:
    factors = {
        units.HM3_PER_M3_PER_S_HOUR * 24: 0.0864,
        units.HM3_PER_M3_PER_S_HOUR * units.HOURS_PER_YEAR: 31.536,
        # 100 m3/s falling 80 m.
        100.0 * 80.0 * units.MW_PER_M3_PER_S_M: 78.48,
        # 2 mm a day on 3 km2 are 6000 m3 a day.
        2.0 * 3.0 * units.M3_PER_S_PER_MM_PER_DAY_KM2: 6000 / 86_400,
        # 15 mu are a hectare.
        15 * units.M2_PER_MU: 10_000,
        units.DAYS_PER_YEAR * units.HOURS_PER_DAY: units.HOURS_PER_YEAR,
    }
    assert list(factors) == pytest.approx(list(factors.values()))
